package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocumentation holds docs/dash.md to the keymap; -update rewrites it.
func TestDocumentation(t *testing.T) {
	file := filepath.Join("..", "docs", "dash.md")
	text, err := os.ReadFile(file)
	require.NoError(t, err)

	var keys strings.Builder
	for _, group := range newKeyMap().groups() {
		if len(group.Keys) == 0 {
			continue
		}
		fmt.Fprintf(&keys, "| %s | |\n| --- | --- |\n", group.Title)
		for _, binding := range group.Keys {
			name := binding.Help().Key
			if !strings.HasPrefix(name, ":") || name == ":" {
				name = strings.ReplaceAll(name, " ", "` `")
			}
			fmt.Fprintf(&keys, "| `%s` | %s |\n", name, binding.Help().Desc)
		}
		keys.WriteString("\n")
	}
	want := between(string(text), "keys", strings.TrimSuffix(keys.String(), "\n"))
	if updating() {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "run go test ./tui -update")
}

// between puts a text between a mark and its end, which is added where it is not there yet.
func between(text, mark, inside string) string {
	begin, end := "<!-- "+mark+" -->\n", "<!-- end -->\n"
	whole := regexp.MustCompile(regexp.QuoteMeta(begin) + `(?s:\n.*?` + regexp.QuoteMeta(end) + `)?`)
	return whole.ReplaceAllLiteralString(text, begin+"\n"+inside+"\n"+end)
}

// TestEveryKeyIsDocumentedOnce makes sure that no key does two things and that each says what it does.
func TestEveryKeyIsDocumentedOnce(t *testing.T) {
	taken := map[string]string{}
	for _, binding := range newKeyMap().all() {
		require.NotEmpty(t, binding.Help().Desc)
		for _, name := range binding.Keys() {
			require.Empty(t, taken[name], "%s also does %s", name, taken[name])
			taken[name] = binding.Help().Desc
		}
	}
	for _, name := range []string{
		"1", "2", "3", "4", "5", "t", "b", "g", "G", "s", "e", "r", "p", "q", "?", "/", "enter", "esc",
		"j", "k", "h", "l", "up", "down", "left", "right",
	} {
		require.NotEmpty(t, taken[name], "the key %s does something", name)
	}
}
