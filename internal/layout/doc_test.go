package layout

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// library are the packages that programs may build on: stable, and documented as such.
var library = []string{".", "pricing", "scenarios", "usage", "ledger", "spend", "idle"}

// Whoever imports a package reads its first paragraph, and has to find there whether it may change tomorrow.
func TestPackagesSayWhetherTheyArePublic(t *testing.T) {
	const notice = "It is the program's own and promises nothing."
	docs := map[string]string{}
	eachFile(t, parser.PackageClauseOnly|parser.ParseComments, func(pkg string, _ *token.FileSet, parsed *ast.File) {
		if parsed.Name.Name != "main" {
			docs[pkg] += parsed.Doc.Text() // "" where there is none
		}
	})
	require.Greater(t, len(docs), 60)
	for pkg, doc := range docs {
		if strings.HasPrefix(pkg, "internal/") {
			continue
		}
		first, _, _ := strings.Cut(doc, "\n\n")
		own := strings.Contains(strings.Join(strings.Fields(first), " "), notice)
		require.NotEmpty(t, doc, "%s has no package comment", pkg)
		require.Equal(t, !slices.Contains(library, pkg), own, "the first paragraph of package %s", pkg)
	}
}

// Whoever imports the library knows of a name what its comment says, and of a field's type what is exported of it.
func TestTheLibrarysNamesAreDocumented(t *testing.T) {
	eachFile(t, parser.ParseComments|parser.SkipObjectResolution, func(pkg string, files *token.FileSet, parsed *ast.File) {
		if !slices.Contains(library, pkg) {
			return
		}
		for _, decl := range parsed.Decls {
			for name, docs := range exported(decl) {
				require.NotEmpty(t, docs.Text(), "%s: %s has no comment", files.Position(decl.Pos()), name)
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && !spec.Name.IsExported() {
				return false
			}
			if _, ok := n.(*ast.BlockStmt); ok {
				return false
			}
			structure, ok := n.(*ast.StructType)
			if !ok {
				return true
			}
			for _, field := range structure.Fields.List {
				for _, name := range field.Names {
					hidden := hiddenType(field.Type)
					require.False(t, name.IsExported() && hidden != "",
						"%s: the field %s is of the type %s, which is not exported", files.Position(field.Pos()), name, hidden)
				}
			}
			return true
		})
	})
}

// Each package of the library shows how it is used, in examples that tests run.
func TestTheLibraryHasExamples(t *testing.T) {
	for _, pkg := range library {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(pkg), "example_test.go"))
		require.NoError(t, err)
		require.Contains(t, string(text), "func Example", pkg)
		require.Contains(t, string(text), "\t// Output:", pkg)
	}
}

// exported are the exported names that a declaration makes, each with its comment: its own, or that of its group.
func exported(decl ast.Decl) map[string]*ast.CommentGroup {
	names := map[string]*ast.CommentGroup{}
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Name.Name != "Error" && decl.Name.IsExported() && (decl.Recv == nil || hiddenType(decl.Recv.List[0].Type) == "") {
			names[decl.Name.Name] = decl.Doc
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					names[spec.Name.Name] = cmp.Or(spec.Doc, decl.Doc)
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if name.IsExported() {
						names[name.Name] = cmp.Or(spec.Doc, spec.Comment, decl.Doc)
					}
				}
			}
		}
	}
	return names
}

// hiddenType is the name of an unexported type of the package that a type is made of, "" where there is none.
func hiddenType(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.Ident:
		if of.IsExported() || types.Universe.Lookup(of.Name) != nil {
			return ""
		}
		return of.Name
	case *ast.StarExpr:
		return hiddenType(of.X)
	case *ast.ArrayType:
		return hiddenType(of.Elt)
	case *ast.MapType:
		return hiddenType(of.Value)
	case *ast.IndexExpr:
		return hiddenType(of.Index)
	default:
		return ""
	}
}
