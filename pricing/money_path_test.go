package pricing_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// multiplying are the functions outside package pricing that multiply, with what they multiply. None multiplies a
// rate, a price, a discount or an amount that is charged: those go through Rate, Bill, Curve, Prorate and Cost. A
// limit that is derived from an amount, for comparing and never for charging, is not money that is charged.
var multiplying = map[string]string{
	// Quantities, sizes and times of a scenario.
	"input.move":                "an input by how far it is moved",
	"Estimate.inputs":           "users by days",
	"Market.Sensitivity":        "an input by how far it is moved",
	"input.scaled":              "an input by how far it is moved",
	"Market.cheapestInstance":   "stretches by the longest time that a function runs",
	"Scenario.breakEven":        "users by hours",
	"Scenario.demand":           "users by days",
	"Scenario.hoursPerDay":      "seconds by days",
	"Scenario.lifeWarnings":     "users by days",
	"Scenario.neededLaunches":   "stretches by the longest life",
	"Scenario.neverSentence":    "users by seconds",
	"Scenario.resolveTimes":     "a figure by how often it happens in a month",
	"Scenario.runsContinuously": "users by days by seconds",
	"Scenario.times":            "users by days",
	"Scenario.rerun":            "a running time by vCPU, or by a time that was measured",
	"Scenario.resolveAmount":    "work by how often it happens in a month",
	"Scenario.resolveMeasured":  "a time by how often it happens in a month",
	"Scenario.resolveRunning":   "a time by how often it happens in a month",
	"vcpuTime.ParseScalar":      "vCPU-hours and vCPU-minutes to vCPU-seconds",
	"busyVCPU":                  "the share of a burst by the vCPU it adds",
	"agreement":                 "a printed figure by how far it may be off",

	// Measured usage, gaps and their units.
	"FactsOf":             "milliseconds by MiB per GB",
	"Memoryless.Effect":   "suspends and pauses by a factor",
	"fleet.freshLaunches": "resumes and seconds by bytes",
	"fleet.reuses":        "launches by bytes, and a size by bytes per GB",
	"idleCase.shorter":    "suspends by seconds",
	"reused":              "milliseconds by a whole multiple of a part of a dollar, by which launches are ranked and not charged",
	"storedFor":           "bytes by seconds",
	"Effect.On":           "times by sizes",
	"resized":             "measured units by a factor",
	"pauseGroup.share":    "running time by a number of suspends",
	"run.metered":         "billed units by small units",
	"usageMetrics":        "small units by their size",
	"countedOf":           "small units by their size",
	"csvRow.longAmount":   "small units by their size",

	// Usage as it is collected: sizes, periods and their units.
	"Converter.convertSlowly": "a measured value to small units",
	"Metric.Converter":        "a unit's factor by a period and a scale",
	"Reader.bytes":            "GB to bytes",
	"bytesOf":                 "GB to bytes",
	"epoch.UnmarshalJSON":     "seconds to nanoseconds",
	"parseBytes":              "GB to bytes",
	"quotaMemory.ParseScalar": "GB to MiB",
	"unitsOf":                 "units of memory",

	// Gaps between requests.
	"Limits.latencyHolds": "a wait by the number of requests",
	"Limits.resumes":      "a wait by the number of requests",
	"Limits.waits":        "MicroVMs by hours",
	"Model.validate":      "a share by a period",
	"drawnWaits":          "a wait by how likely it is",
	"firstByNumber":       "a share by a number of steps",
	"scale.cheaper":       "whole multiples of a part of a dollar, by which policies are ranked and not charged",

	// Limits that amounts are compared with.
	"Budget.Limit":            "a budget by the share of it at which a check fails",
	"Tolerance.of":            "a bill by the part of it that may differ",
	"evidence.quantityReason": "what was not seen by a margin",
	"habit.usual":             "a usual day by how far from it a day stands out",
	"median":                  "halves the sum of the two in the middle",
	"neverIsAbove":            "the top of a picture",

	// Shares that add up to the amount that is shared out.
	"allocate": "an amount by weights, with what is left over going to the largest remainders",

	// Pictures.
	"bar":        "a bar by its width",
	"costCurves": "hours to seconds",
	"curveEnd":   "hours by how much further the picture goes",
	"sampled":    "hours to seconds",
}

// A number that is charged is made in package pricing. The test cannot see types, so it takes the strictest reading:
// each call of Mul outside the package, on decimals or big numbers, is in a function that is listed with its reason.
func TestOnlyPricingMultipliesMoney(t *testing.T) {
	used := map[string]bool{}
	eachFunction(t, func(place func(ast.Node) string, name string, body ast.Node) {
		ast.Inspect(body, func(n ast.Node) bool {
			if method, ok := methodCalled(n); ok && method == "Mul" {
				used[name] = true
				if multiplying[name] == "" {
					t.Errorf("%s: %s multiplies; if it is money, ask package pricing for the result, otherwise list the "+
						"function with what it multiplies", place(n), name)
				}
			}
			return true
		})
	})
	for name := range multiplying {
		require.True(t, used[name], "%s is listed but multiplies nothing", name)
	}
}

// pricing.Divide names its precision and rounds half-even; decimal's own divisions do neither as money needs it.
func TestOnlyPricingDivides(t *testing.T) {
	banned := []string{"Div", "DivRound", "Avg"}
	eachFunction(t, func(place func(ast.Node) string, name string, body ast.Node) {
		ast.Inspect(body, func(n ast.Node) bool {
			if method, ok := methodCalled(n); ok && slices.Contains(banned, method) {
				t.Errorf("%s: %s calls %s; use pricing.Divide, and numbers made from strings", place(n), name, method)
			}
			return true
		})
	})
}

// methodCalled is the name of the method or function that a node calls through a selector.
func methodCalled(n ast.Node) (name string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", false
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	return selector.Sel.Name, true
}

// eachFunction calls visit for each function of the program outside package pricing, and for each declared variable, by
// name: F, or T.F for a method of T or *T. Tests, test support in internal/ and the benchmark are left out.
func eachFunction(t *testing.T, visit func(place func(ast.Node) string, name string, body ast.Node)) {
	t.Helper()
	root, seen := os.DirFS(".."), 0
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{"internal", "testdata", "docs", "deploy"}, file) ||
				strings.HasPrefix(path.Base(file), ".") && file != "." {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || path.Dir(file) == "pricing" {
			return nil
		}
		text, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen++
		place := func(n ast.Node) string { return set.Position(n.Pos()).String() }
		for _, decl := range parsed.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				visit(place, functionName(decl), decl)
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if value, ok := spec.(*ast.ValueSpec); ok {
						visit(place, value.Names[0].Name, value)
					}
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, seen, 200, "the program's sources lie beside this package")
}

func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	for {
		switch wrapped := receiver.(type) {
		case *ast.StarExpr:
			receiver = wrapped.X
			continue
		case *ast.IndexExpr: // a generic type
			receiver = wrapped.X
			continue
		case *ast.Ident:
			return wrapped.Name + "." + f.Name.Name
		}
		return f.Name.Name
	}
}
