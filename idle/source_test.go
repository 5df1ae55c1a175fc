package idle

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Money never touches a float here, what is random comes from a seed, and no clock or file is read: the package's own
// source is looked through.
func TestNoFloatsNoClockNoFiles(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		require.NoError(t, err)
		for _, imported := range file.Imports {
			require.NotContains(t, []string{
				`"os"`, `"math/rand"`, `"net/http"`, `"microspend/scenarios"`,
				`"microspend/report"`,
			}, imported.Path.Value, name)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				require.NotContains(t, []string{
					"float32", "float64", "NewFromFloat", "Float64", "InexactFloat64", "ParseFloat",
					"Div", "DivRound",
				},
					n.Name, "%s", set.Position(n.Pos()))
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" {
					require.NotContains(t, []string{"Now", "Since", "Until"}, n.Sel.Name, "%s", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}
