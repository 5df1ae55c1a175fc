package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Users read of workloads. A scenario is what the package that prices them, and JSON fields of old, are called, and what
// published posts call theirs.
func TestUsersReadOfWorkloads(t *testing.T) {
	word := regexp.MustCompile(`(?i)\bscenarios?\b`)
	field := regexp.MustCompile(`^(scenarios?|\w+/.*)$`)
	ours := regexp.MustCompile(`(\./)?scenarios(\.[A-Z]|/|: |$)`)
	posts := regexp.MustCompile(`(?i)(published post[^|.]*, scenario|its other scenarios)`)
	require.Regexp(t, word, "the scenario")

	eachFile(t, parser.SkipObjectResolution, func(_ string, files *token.FileSet, parsed *ast.File) {
		ast.Inspect(parsed, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			if !field.MatchString(text) && !strings.HasPrefix(literal.Value, "`yaml:\"") {
				require.NotRegexp(t, word, ours.ReplaceAllString(text, ""), files.Position(literal.Pos()))
			}
			return true
		})
	})

	code := regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	for _, pattern := range []string{"README.md", "docs/*.md", "scenarios/examples/*.yaml", "pricing/*/*.yaml"} {
		files, err := filepath.Glob(filepath.Join("..", "..", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			prose := posts.ReplaceAllString(code.ReplaceAllString(string(text), ""), "")
			require.NotRegexp(t, word, prose, file)
		}
	}
}
