package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
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
