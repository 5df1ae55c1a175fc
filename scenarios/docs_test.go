package scenarios

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryAlternativeIsDocumented: docs/compare.md has a section for each alternative with a row for each of its keys,
// and a row for each trait.
func TestEveryAlternativeIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/compare.md")
	require.NoError(t, err)
	page := string(text)
	for field := range reflect.TypeFor[CompareFile]().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		_, section, found := strings.Cut(page, "\n### `"+key+"`")
		require.True(t, found, "there is no section on %s", key)
		section, _, _ = strings.Cut(section, "\n##")
		for inner := range field.Type.Elem().Fields() {
			name, _, _ := strings.Cut(inner.Tag.Get("yaml"), ",")
			require.Contains(t, rowHeads(section), "`"+name+"`", "%s.%s has no row", key, name)
		}
	}
	for _, trait := range traits() {
		require.Contains(t, rowHeads(page), "`"+trait+"`", "there is no row on the trait %s", trait)
	}
	require.Contains(t, rowHeads(page), "`3600 vcpu-seconds`")
}

// rowHeads are the first cells of a page's tables.
func rowHeads(page string) string {
	var heads []string
	for line := range strings.SplitSeq(page, "\n") {
		if cell, ok := strings.CutPrefix(line, "| "); ok {
			cell, _, _ = strings.Cut(cell, " |")
			heads = append(heads, cell)
		}
	}
	return strings.Join(heads, "\n")
}
