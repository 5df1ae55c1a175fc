package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/microvmapi/control"
	"microspend/collector/prices"
)

// sourceFile is a file of the program itself.
type sourceFile struct {
	name string // from the root of the repository
	file *ast.File
}

// sourceFiles are all of them, parsed once for all tests: no tests, no fakes of AWS and no tools of the tests.
var sourceFiles = sync.OnceValues(func() (all []sourceFile, err error) {
	tools := regexp.MustCompile(`^internal/(fake|bench|chdb|browsertest|clickhousetest|collectplans|terminal|frametest|framesvg|` +
		`ledgertest|sampleledger|spendtest|emftest|racing)`)
	err = filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator)))
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (tools.MatchString(name) || entry.Name() == "testdata" || entry.Name() == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		all = append(all, sourceFile{name, file})
		return err
	})
	return all, err
})

// ourCode gives all nodes of the program's own code, with the package that they are in.
func ourCode(t *testing.T, take func(pkg string, node ast.Node)) {
	t.Helper()
	all, err := sourceFiles()
	require.NoError(t, err)
	for _, s := range all {
		ast.Inspect(s.file, func(n ast.Node) bool {
			take(path.Dir(s.name), n)
			return true
		})
	}
}

// literal is the text of a string in the code, "" where an expression is none.
func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		text, _ := strconv.Unquote(l.Value)
		return text
	}
	return ""
}

// The folders that docs/operate.md names are those that the code asks for: each base folder with its default.
func TestWhereDataIs(t *testing.T) {
	operate := docPage(t, "docs/operate.md")
	table := section(t, operate, "## Where data is")
	bases, temporary := map[string]string{}, map[string]bool{}
	ourCode(t, func(_ string, n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		_, given := call.Args[0].(*ast.BasicLit)
		switch of, _ := selector.X.(*ast.Ident); {
		case selector.Sel.Name == "userFolder":
			bases[literal(call.Args[0])] = literal(call.Args[1])
		case of != nil && of.Name == "os" && (selector.Sel.Name == "MkdirTemp" || selector.Sel.Name == "CreateTemp") &&
			given && literal(call.Args[1]) != "":
			temporary[literal(call.Args[1])] = true // in the folder for temporary files
		}
	})
	require.Len(t, bases, 3)
	documented := regexp.MustCompile("`\\$(XDG_\\w+)/microspend/[^`]*`, by default `~/([^`]*)/microspend/").FindAllStringSubmatch(table, -1)
	named := map[string]string{}
	for _, row := range documented {
		named[row[1]] = row[2]
	}
	require.Equal(t, bases, named)
	for name := range temporary {
		require.True(t, strings.HasPrefix(name, "microspend-"), name)
	}
	uninstall := section(t, operate, "## Uninstall")
	for _, folder := range bases {
		require.Contains(t, uninstall, "rm -rf ~/"+folder+"/microspend ")
	}

	home := t.TempDir()
	a := &app{process: process{environ: []string{"HOME=" + home}}}
	require.Equal(t, filepath.Join(home, ".local/share/microspend/rates"), a.cardFolder())
	require.Equal(t, []string{"microspend.yaml", filepath.Join(home, ".config/microspend/microspend.yaml")}, a.configFiles())
	name, err := a.ledgerName()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(home, ".local/share/microspend/ledger"), name)
	for _, place := range []string{a.cardFolder(), a.configFiles()[1], name} {
		require.Contains(t, table, "`~/"+strings.TrimPrefix(place, home+"/")+"`")
	}
}

// Nothing connects to a host that docs/operate.md does not name, and no package makes connections but those it is about.
func TestWhatItConnectsTo(t *testing.T) {
	text := section(t, docPage(t, "docs/operate.md"), "## What it connects to")
	connecting := map[string]bool{}
	ourCode(t, func(pkg string, n ast.Node) {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return
		}
		of, _ := selector.X.(*ast.Ident)
		if of != nil && slices.Contains([]string{
			"http.Client", "http.DefaultClient", "http.DefaultTransport", "http.Get", "http.Post", "http.Head", "outbound.Client",
			"net.Dial", "net.Dialer", "net.DialTimeout", "tls.Dial", "awshttp.NewBuildableClient",
		}, of.Name+"."+selector.Sel.Name) {
			connecting[pkg] = true
		}
	})
	for folder, host := range map[string]string{
		"collector/awssource": "monitoring.REGION", "collector/microvmapi/control": "lambda.REGION",
		"collector/prices": hostOf(t, prices.AWS), "ledger/bucket": "BUCKET.s3.REGION", "ledger/clickhouse": "clickhouse://",
		"collector/meter": "the meter (`--chain`, `--at`)",
	} {
		require.True(t, connecting[folder], folder)
		require.Contains(t, text, host)
		delete(connecting, folder)
	}
	delete(connecting, "internal/outbound") // which makes the clients of the others
	require.Empty(t, connecting, "packages that connect to something the page does not name")
	require.Contains(t, text, strings.Replace(hostOf(t, control.Endpoint("REGION")), "region", "REGION", 1))
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Host
}

// The sizes of docs/operate.md follow from what docs/scale.md measured and docs/ledger.md promises.
func TestSizes(t *testing.T) {
	sizes := section(t, docPage(t, "docs/operate.md"), "## Sizes")
	row := regexp.MustCompile(`(?m)^\| parts \| \d+ MB \| (\d+) MB \|`).FindStringSubmatch(docPage(t, "docs/scale.md"))
	require.NotNil(t, row, "what 10 million rows take")
	megabytes, err := strconv.ParseFloat(row[1], 64)
	require.NoError(t, err)
	require.Contains(t, sizes, fmt.Sprintf("20 bytes or less, %.1f measured", megabytes*1e6/10e6))
	require.Contains(t, docPage(t, "docs/ledger.md"), "at most 20 bytes a row on disk")
	const day = 24 * time.Hour
	records := func(length time.Duration) float64 { return float64(30 * day / length) }
	require.Contains(t, sizes, fmt.Sprintf("%.0f kB with records of 5 minutes (8,640 of them), %.0f kB of an hour",
		records(5*time.Minute)*20/1000, records(time.Hour)*20/1000))
	require.InDelta(t, 8640, records(5*time.Minute), 0)
}
