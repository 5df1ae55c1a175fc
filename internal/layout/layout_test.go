// Package layout holds no code, only the test that the packages of this module import each other in one direction.
package layout

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "microspend"

// shared are the packages below internal that any package may import: they know nothing of the domain but its prices.
var shared = []string{
	"internal/arn", "internal/atomicfile", "internal/civil", "internal/figures", "internal/inputfile", "internal/intern",
	"internal/lazyregexp",
	"internal/nearest", "internal/outbound", "internal/ownfile", "internal/parquetcolumn", "internal/progress", "internal/scalar", "internal/secretfile",
	"internal/strictyaml", "internal/tabular",
}

// particular are the packages below internal that those may import whose lines name them: they know the domain.
var particular = []string{
	"internal/cardstore", "internal/cgroup", "internal/commandline", "internal/emf", "internal/licenses", "internal/simulate", "internal/tenantproof",
	"internal/webserver",
}

// anything is allowed to packages whose imports say nothing about the design.
var anything = []string{"..."}

// allowed says what the packages of this module may import of it. The most specific pattern counts; "x/..." is x and
// all below it. It has only what is needed: a new import is a decision about the design, which belongs in a review.
//
// cmd → tui, serve → report → view, spend, scenarios, idle, collector → ledger → usage → pricing
var allowed = map[string][]string{
	"cmd/microspend":       anything,
	"cmd/microspend-meter": {"collector/meter"},

	"tui/...": own(
		"tui/...",
		"fleet",
		"collector/watch",
		"report",
		"view/...",
		"spend/...",
		"ledger",
		"ledger/lifecycle",
		"usage",
		"pricing/...",
	),
	"serve": own("internal/webserver", "report/...", "view/...", "spend/...", "ledger", "usage", "pricing/..."),
	"fleet": own("collector/watch", "spend/...", "ledger/...", "usage", "pricing/..."),
	// The front door of the library.
	".":      own("config", "ledger", "ledger/stores", "spend", "pricing"),
	"config": own("collector/events", "collector/sources", "ledger", "ledger/doubt", "spend/..."),
	"report/...": own(
		"report/...",
		"collector/watch",
		"fleet",
		"view/...",
		"spend/...",
		"scenarios",
		"idle",
		"collector",
		"collector/prices",
		"collector/status",
		"ledger/...",
		"usage",
		"pricing/...",
	),
	// A renderer knows values, columns and documents, and nothing of what they are about.
	"view/...":  {"view/...", "pricing", "internal/figures"},
	"view/xlsx": {"view", "internal/atomicfile"},

	"spend/...": own(
		"spend/...",
		"idle",
		"ledger",
		"ledger/parquet",
		"ledger/audit",
		"ledger/doubt",
		"ledger/lifecycle",
		"usage",
		"pricing/...",
	),
	// The rule of comparisons knows amounts and time alone, so that whatever compares can ask it.
	"spend/compare": {"pricing", "internal/civil", "internal/figures"},
	"scenarios":     own("idle", "pricing/..."),
	"idle":          own("usage", "pricing/..."),
	"collector": own(
		"ledger",
		"ledger/stores",
		"ledger/audit",
		"ledger/doubt",
		"usage",
	), // the runner knows no source by name
	"collector/...": own("collector/...", "internal/emf", "internal/tenantproof", "ledger/...", "usage", "pricing/..."),
	// What collect --listen serves: the runs of any source, and no source by name.
	"collector/exporter": own("collector", "collector/status", "internal/webserver", "ledger"),
	"collector/status":   own("collector", "ledger", "internal/commandline"),
	// What a look at the fleet finds, in words of no AWS package.
	"collector/watch": {"usage"},
	// Prices as AWS publishes them: fetched like usage, and of it knowing nothing.
	"collector/prices": own("internal/cardstore", "pricing/..."),
	// The meter runs inside MicroVMs, where every megabyte counts.
	"collector/meter": {
		"collector/microvmapi/control", "internal/arn", "internal/commandline", "internal/emf", "internal/inputfile",
		"internal/outbound", "internal/secretfile", "usage",
		"pricing/...", "internal/figures",
	},
	// What the meter asks of AWS: a signer, and nothing else of ours.
	"collector/microvmapi/control": {"internal/arn", "internal/outbound"},

	"ledger/...": own("ledger/...", "usage", "pricing"),
	// What every store must pass, for their tests.
	"ledger/conformance": own("ledger", "ledger/audit", "internal/ledgertest", "usage", "pricing"),
	"usage":              {"pricing", "internal/civil", "internal/figures", "internal/intern", "internal/nearest", "internal/tabular"},
	// Whoever wants the prices alone gets them alone: no I/O, no clock, and of ours only what works on texts.
	"pricing":            {"pricing/assumption", "internal/figures", "internal/lazyregexp", "internal/nearest", "internal/strictyaml"},
	"pricing/assumption": {},
	"pricing/pricelist":  {"pricing", "internal/lazyregexp"},

	"internal/...":        anything, // test support; see testSupport
	"internal/arn":        {},
	"internal/atomicfile": {"internal/lazyregexp"},
	"internal/cardstore":  {"pricing", "internal/atomicfile", "internal/inputfile", "internal/ownfile"},
	"internal/emf": {
		"usage",
		"pricing/...",
	}, // the meter's line
	"internal/simulate": {
		"collector/watch",
		"internal/civil",
		"ledger/lifecycle",
		"usage",
		"pricing",
	}, // the demo's fleet
	"internal/webserver":     {}, // of serve, and of collect's metrics
	"internal/cgroup":        {},
	"internal/civil":         {},
	"internal/commandline":   {"internal/lazyregexp"},
	"internal/inputfile":     {},
	"internal/secretfile":    {"internal/inputfile"},
	"internal/tenantproof":   {"internal/emf", "internal/secretfile", "usage"},
	"internal/ownfile":       {"internal/atomicfile", "internal/inputfile"},
	"internal/intern":        {},
	"internal/lazyregexp":    {},
	"internal/licenses":      {},
	"internal/parquetcolumn": {},
	"internal/figures":       {},
	"internal/nearest":       {},
	"internal/progress":      {"internal/figures"},
	"internal/strictyaml":    {},
	"internal/tabular":       {},
	"internal/scalar":        {"pricing", "internal/figures"},
}

// own are some packages and the shared ones.
func own(patterns ...string) []string { return append(patterns, shared...) }

// thirdParty says which packages may import a library of others, by its path's beginning. The most specific one counts;
// libraries that are not listed are free.
var thirdParty = map[string][]string{
	"github.com/aws/": {"collector/...", "ledger/bucket", "internal/..."},
	"charm.land/":     {"tui/...", "view/...", "cmd/microspend"},
	"github.com/charmbracelet/": {
		"tui/...",
		"view/...",
		"cmd/microspend",
		"internal/frametest",
		"internal/framesvg",
	},
	"github.com/charmbracelet/x/term": {"cmd/microspend", "collector/meter", "internal/progress"},
	"github.com/xuri/excelize":        {"view/xlsx"},
	"github.com/prometheus/":          {"serve", "collector/exporter"},
	"github.com/parquet-go/":          {"ledger/...", "spend/bill", "report/focus", "internal/parquetcolumn"},
	"github.com/spf13/cobra":          {"cmd/microspend"},
	"github.com/shopspring/decimal":   anything,
	"go.yaml.in/yaml/": {
		"pricing",
		"pricing/assumption",
		"pricing/pricelist",
		"internal/strictyaml",
		"scenarios",
	},
	"github.com/stretchr/testify": {"internal/...", "ledger/conformance"},
}

// matches reports whether a package is one of the patterns.
func matches(pkg string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		below, tree := strings.CutSuffix(pattern, "...")
		return pkg == pattern || tree && (strings.HasPrefix(pkg, below) || pkg == strings.TrimSuffix(below, "/"))
	})
}

// ruleFor is the most specific pattern of a package.
func ruleFor(pkg string) (pattern string, ok bool) {
	if _, ok := allowed[pkg]; ok {
		return pkg, true
	}
	for dir := pkg; dir != "."; dir = path.Dir(dir) {
		if _, ok := allowed[dir+"/..."]; ok {
			return dir + "/...", true
		}
	}
	return "", false
}

// fault is what is wrong with an import, "" if nothing is.
func fault(pkg, imported string) string {
	if imported, ours := strings.CutPrefix(imported, module+"/"); ours {
		rule, ok := ruleFor(pkg)
		switch {
		case !ok:
			return fmt.Sprintf("%s has no line in the table of allowed imports", pkg)
		case !matches(imported, allowed[rule]):
			return fmt.Sprintf("%s must not import %s: %s may import %s", pkg, imported, rule, strings.Join(allowed[rule], ", "))
		case testSupport(imported) && !testSupport(pkg) && !strings.HasPrefix(pkg, "internal/"):
			return fmt.Sprintf("%s must not import %s, which is for tests", pkg, imported)
		}
		return ""
	}
	library := ""
	for prefix := range thirdParty {
		if strings.HasPrefix(imported, prefix) && len(prefix) > len(library) {
			library = prefix
		}
	}
	if library != "" && !matches(pkg, thirdParty[library]) {
		return fmt.Sprintf("%s must not import %s: only %s may", pkg, imported, strings.Join(thirdParty[library], ", "))
	}
	return ""
}

// testSupport reports whether a package is for tests and the benchmark only.
func testSupport(pkg string) bool {
	return pkg == "ledger/conformance" ||
		strings.HasPrefix(pkg, "internal/") && !slices.Contains(shared, pkg) && !slices.Contains(particular, pkg)
}

// eachFile parses every file of the module that is not a test, as far as a mode says.
func eachFile(t *testing.T, mode parser.Mode, look func(pkg string, files *token.FileSet, parsed *ast.File)) {
	root := filepath.Join("..", "..")
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
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, mode)
		if err == nil {
			look(filepath.ToSlash(filepath.Dir(relative)), files, parsed)
		}
		return err
	})
	require.NoError(t, err)
}

func TestImportsRunOneWay(t *testing.T) {
	seen := 0
	eachFile(t, parser.ImportsOnly, func(pkg string, files *token.FileSet, parsed *ast.File) {
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			seen++
			if text := fault(pkg, imported); text != "" {
				t.Errorf("%s: %s", files.Position(spec.Pos()), text)
			}
		}
	})
	require.Greater(t, seen, 1000, "the whole module was looked at")
}

// TestTheTableRefuses shows that the table would notice what it is there for.
func TestTheTableRefuses(t *testing.T) {
	for _, tc := range []struct{ pkg, imported, reason string }{
		{"pricing", module + "/usage", "prices know nothing of measured usage"},
		{"pricing", module + "/internal/civil", "of internal, only what is pure"},
		{"view", module + "/spend", "a renderer imports no domain"},
		{"view/chart", module + "/scenarios", "nor do charts"},
		{"report", module + "/tui/draw", "reports do not depend on the dashboard"},
		{"ledger", module + "/spend/budget", "storage does not depend on analysis"},
		{"tui/data", "github.com/aws/aws-sdk-go-v2/aws", "the dashboard never sees AWS types"},
		{"report", "github.com/aws/aws-sdk-go-v2/aws", "nor do reports"},
		{"collector", module + "/collector/cloudwatch", "the runner knows no source by name"},
		{"scenarios", "charm.land/lipgloss/v2", "an estimate does not draw"},
		{"spend", module + "/internal/ledgertest", "test support stays out of the program"},
		{"reports", module + "/view", "a package without a line must get one"},
	} {
		require.NotEmpty(t, fault(tc.pkg, tc.imported), "%s imports %s: %s", tc.pkg, tc.imported, tc.reason)
	}
	require.Empty(t, fault("tui/view/listing", module+"/tui/draw"))
	require.Empty(t, fault("internal/bench", module+"/internal/terminal"))
}

// TestTheTableIsCurrent fails for lines of packages that are gone.
func TestTheTableIsCurrent(t *testing.T) {
	for pattern := range allowed {
		_, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(strings.TrimSuffix(pattern, "/..."))))
		require.NoError(t, err, pattern)
	}
}
