package conformance

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every promise in bold is tested.
func TestEveryPromiseHasATest(t *testing.T) {
	text, err := os.ReadFile("../../docs/ledger.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "\n## What is promised\n")
	section, _, _ = strings.Cut(section, "\nWhat is not:")
	plain := func(s string) string {
		return strings.Join(strings.Fields(strings.NewReplacer("**", "", "`", "").Replace(s)), " ")
	}
	paragraphs := regexp.MustCompile(`(?m)^- \*\*`).Split(section, -1)[1:]
	require.NotEmpty(t, paragraphs)
	for _, paragraph := range paragraphs {
		tested := false
		for _, p := range promises() {
			tested = tested || strings.Contains(plain(paragraph), p.sentence)
		}
		require.True(t, tested, "nothing tests: %s", plain(paragraph))
	}
}
