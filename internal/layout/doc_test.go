package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
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
	root := filepath.Join("..", "..")
	docs := map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (name == "testdata" || name != ".." && strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		if pkg := path.Dir(filepath.ToSlash(relative)); parsed.Name.Name != "main" {
			docs[pkg] += comment(parsed)
		}
		return nil
	})
	require.NoError(t, err)
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

func comment(file *ast.File) string {
	if file.Doc == nil {
		return ""
	}
	return file.Doc.Text()
}
