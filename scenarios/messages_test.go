package scenarios

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// place is where a message says that a fault is.
type place struct{ line, column int }

func (p place) before(q place) bool {
	return p.line < q.line || (p.line == q.line && p.column < q.column)
}

var placeForm = regexp.MustCompile(`^[\w.-]+\.yaml:(\d+):(\d+): `)

func placeOf(message string) (place, bool) {
	m := placeForm.FindStringSubmatch(message)
	if m == nil {
		return place{}, false
	}
	line, _ := strconv.Atoi(m[1])
	column, _ := strconv.Atoi(m[2])
	return place{line, column}, true
}

// sources are the files whose messages are about what a scenario file says.
var sources = []string{
	"scenario.go", "compare_file.go", "comparison.go", "documented.go", "estimate.go", "values.go",
	"../internal/scalar/scalar.go", "choices.go",
	"../internal/strictyaml/decode.go", "../internal/strictyaml/parse.go", "../pricing/size.go", "../pricing/decimal.go",
}

// notInFiles are messages of the sources that no file in testdata/bad can bring about, each with the reason.
var notInFiles = map[string]string{
	"is larger than %d KiB, the most that is read": "a file that large has no place in the repository; see TestLoadWithFiles",
	"%s: %w": "a stream that cannot be read; see TestLoadWithFiles",
	"%d MiB is not a MicroVM size; sizes are %s":           "asked of numbers, never of text",
	"%.60q is not an amount of dollars such as 12 or 0.50": "asked of flags; amounts in files are rates and prices",
}

// TestEveryMessageHasABadFile looks up every message in the sources and wants an .err file that shows it, so that
// nobody adds a fault without having read how it looks to a user.
func TestEveryMessageHasABadFile(t *testing.T) {
	var shown strings.Builder
	goldens, err := filepath.Glob("testdata/bad/*.err")
	require.NoError(t, err)
	for _, golden := range goldens {
		text, err := os.ReadFile(golden)
		require.NoError(t, err)
		shown.Write(text)
	}
	for _, source := range sources {
		for _, format := range messages(t, source) {
			t.Run(filepath.Base(source)+" "+format, func(t *testing.T) {
				if reason := notInFiles[format]; reason != "" {
					t.Skip(reason)
				}
				require.Regexp(t, messagePattern(format), shown.String())
			})
		}
	}
}

// verbForm is a verb of package fmt.
var verbForm = regexp.MustCompile(`%[.\d]*[a-z]`)

// messagePattern makes of a format what its messages look like.
func messagePattern(format string) string {
	parts := verbForm.Split(strings.ReplaceAll(format, "%%", "\x00"), -1)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(strings.ReplaceAll(part, "\x00", "%"))
	}
	return strings.Join(parts, ".*")
}

// messages finds the formats that a source file makes messages of.
func messages(t *testing.T, source string) []string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	require.NoError(t, err)
	var found []string
	ast.Inspect(tree, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		argument, makes := messageArgument(call)
		if !makes || argument >= len(call.Args) {
			return true
		}
		if format, constant := literal(call.Args[argument]); constant && strings.Trim(format, "%s: ") != "" {
			found = append(found, format)
		}
		return true
	})
	slices.Sort(found)
	return slices.Compact(found)
}

// messageArgument says which argument of a call is the format of a message.
func messageArgument(call *ast.CallExpr) (index int, makes bool) {
	name := ""
	switch function := call.Fun.(type) {
	case *ast.SelectorExpr:
		if of, ok := function.X.(*ast.Ident); !ok || of.Name != "lazyregexp" { // whose patterns are no messages
			name = function.Sel.Name
		}
	case *ast.Ident:
		name = function.Name
	}
	index, makes = map[string]int{
		"Fault": 1, "fault": 2, "add": 2, "refuse": 2, "Errorf": 0, "New": 0,
	}[name]
	return index, makes
}

// literal is the value of a text that may be put together from pieces.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, alsoOK := literal(e.Y)
		return left + right, ok && alsoOK
	case *ast.CallExpr: // refuse(0, 0, fmt.Sprintf(...))
		if len(e.Args) > 0 {
			return literal(e.Args[0])
		}
	}
	return "", false
}
