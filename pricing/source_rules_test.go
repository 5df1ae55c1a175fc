package pricing_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sources parses the package's own files, without its tests.
func sources(t *testing.T) (*token.FileSet, []*ast.File) {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	set := token.NewFileSet()
	var files []*ast.File
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, entry.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	require.Greater(t, len(files), 5, "the sources lie beside this test")
	return set, files
}

// names are the identifiers in a piece of code. Comments have none.
func names(node ast.Node) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			found[id.Name] = true
		}
		return true
	})
	return found
}

// A GB-month of storage has 720 hours, an instance's month 730. Nothing converts one through the other, because no
// declaration knows both: neither a function nor the value of a constant or variable.
func Test720And730NeverMeet(t *testing.T) {
	storage := []string{"HoursPerGBMonth", "PerGBMonth"}
	instance := []string{"HoursPerInstanceMonth", "hoursPerInstanceMonth"}
	set, files := sources(t)
	seen := map[string]bool{}
	check := func(what string, node ast.Node) {
		used := names(node)
		maps.Copy(seen, used)
		uses := func(name string) bool { return used[name] }
		require.False(t, slices.ContainsFunc(storage, uses) && slices.ContainsFunc(instance, uses),
			"%s: %s mixes the month of storage with the month of instances", set.Position(node.Pos()), what)
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				check(decl.Name.Name, decl)
			case *ast.GenDecl:
				for _, spec := range decl.Specs { // one const block may declare both; no one of its values may use both
					check("a declaration", spec)
				}
			}
		}
	}
	for _, name := range slices.Concat(storage, instance) {
		require.True(t, seen[name], "%s is gone; this test guards a name that no longer exists", name)
	}
}

// The figures themselves are written once each; anywhere else a bare 720 or 730 would go round the test above.
func TestMonthsAreWrittenOnce(t *testing.T) {
	set, files := sources(t)
	written := map[string][]string{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && (lit.Value == "720" || lit.Value == "730") {
				written[lit.Value] = append(written[lit.Value], set.Position(lit.Pos()).String())
			}
			return true
		})
	}
	require.Len(t, written["720"], 1, "%v", written["720"])
	require.Len(t, written["730"], 1, "%v", written["730"])
}

// Money never touches a float, nor a division that does not name its precision and rounding.
func TestNoFloatsAndOneDivision(t *testing.T) {
	banned := []string{
		"float32", "float64", "NewFromFloat", "NewFromFloat32", "NewFromFloatWithExponent", "Float64", "InexactFloat64",
		"ParseFloat", "BigFloat", "Float", "Div", "DivRound", "Pow", "Avg", "Round", "RoundBank", "RoundUp", "RoundDown",
	}
	set, files := sources(t)
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				require.NotContains(t, banned, id.Name, "%s", set.Position(id.Pos()))
			}
			if lit, ok := n.(*ast.BasicLit); ok {
				require.NotEqual(t, token.FLOAT, lit.Kind, "%s: a literal %s is a float", set.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

// The package is pure: no clock, no environment, no network, nothing random; the files it reads are embedded.
func TestImportsArePure(t *testing.T) {
	allowed := []string{
		"bytes", "cmp", "embed", "errors", "fmt", "io", "io/fs", "maps", "math/big", "math/bits", "path", "regexp", "slices", "strings",
		"sync", "time",
		"github.com/shopspring/decimal", "go.yaml.in/yaml/v4",
		// As pure: decimals in, text out.
		"microspend/pricing/assumption", "microspend/internal/figures", "microspend/internal/lazyregexp",
		"microspend/internal/nearest", "microspend/internal/strictyaml",
	}
	set, files := sources(t)
	for _, file := range files {
		for _, imported := range file.Imports {
			require.Contains(t, allowed, strings.Trim(imported.Path.Value, `"`), "%s", set.Position(imported.Pos()))
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "time" {
					require.NotContains(t, []string{"Now", "Since", "Until", "Local", "LoadLocation"}, call.Sel.Name, "%s",
						set.Position(call.Pos()))
				}
			}
			return true
		})
	}
}
