package assumption_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"microspend/pricing/assumption"
)

var update = flag.Bool("update", false, "write docs/assumptions.md from the register")

// entries are the names of the register, in its order, and the comments that head its parts.
func entries(t *testing.T) (names []assumption.ID, headings map[assumption.ID]string) {
	t.Helper()
	text, err := os.ReadFile("register.yaml")
	require.NoError(t, err)
	var root yaml.Node
	require.NoError(t, yaml.Load(text, &root))
	headings = map[assumption.ID]string{}
	for i := 0; i < len(root.Content[0].Content); i += 2 {
		key := root.Content[0].Content[i]
		name := assumption.ID(key.Value)
		names = append(names, name)
		if lines := strings.Split(key.HeadComment, "\n"); key.HeadComment != "" {
			headings[name] = strings.TrimSuffix(strings.TrimPrefix(lines[len(lines)-1], "# "), ".")
		}
	}
	return names, headings
}

func TestEveryEntryIsComplete(t *testing.T) {
	names, _ := entries(t)
	require.Greater(t, len(names), 90)
	own := map[string]assumption.ID{}
	for _, name := range names {
		facts := name.Facts()
		require.NotEmpty(t, facts.Text, name)
		require.NotEmpty(t, facts.Moves, name)
		require.NotEmpty(t, facts.Warning || facts.Source != "", "%s: an assumption says what is known", name)
		for _, text := range []string{facts.Text, facts.Measured} {
			require.False(t, strings.HasSuffix(text, "."), "%s: a clause has no full stop", name)
			require.NotContains(t, strings.ReplaceAll(text, "%s", ""), "%", name)
		}
		if facts.ID != string(name) {
			require.Contains(t, names, assumption.ID(facts.ID), "%s words an assumption that is not registered", name)
		}
		require.NotContains(t, own, facts.Text, name)
		if strings.ReplaceAll(facts.Text, "%s", "") != "" { // an entry that passes on what somebody else says
			own[facts.Text] = name
		}
	}
}

// constants are the ids that assumption.go declares.
func constants(t *testing.T) map[assumption.ID]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "assumption.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	found := map[assumption.ID]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				require.False(t, found[assumption.ID(text)], "%s is declared twice", text)
				found[assumption.ID(text)] = true
			}
		}
		return true
	})
	return found
}

func TestConstantsAndEntriesMatch(t *testing.T) {
	names, _ := entries(t)
	declared := constants(t)
	for _, name := range names {
		require.True(t, declared[name], "%s has no constant", name)
		delete(declared, name)
	}
	require.Empty(t, declared, "constants without an entry")
}

// A note is made from the register alone: nothing else gives a note an id, as its ID or Tag, or begins a line with
// one. The same words as flags or keys of files are other things.
func TestIDsAreWrittenOnce(t *testing.T) {
	names, _ := entries(t)
	ids := map[string]bool{}
	for _, name := range names {
		ids[name.Facts().ID] = strings.Contains(string(name), "-") // other ids are words of other fields too
	}
	text := func(lit *ast.BasicLit) string {
		if lit == nil || lit.Kind != token.STRING {
			return ""
		}
		value, err := strconv.Unquote(lit.Value)
		require.NoError(t, err)
		return value
	}
	seen, root := 0, os.DirFS("../..")
	require.NoError(t, fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (file == "pricing/assumption" || path.Base(file) == "testdata") {
			return fs.SkipDir
		}
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen++
		ast.Inspect(parsed, func(n ast.Node) bool {
			if made, ok := n.(*ast.CompositeLit); ok && len(made.Elts) == 2 {
				if lit, ok := made.Elts[0].(*ast.BasicLit); ok && ids[text(lit)] {
					t.Errorf("%s: the id %s is written out; use package assumption", set.Position(n.Pos()), lit.Value)
				}
			}
			lit, ok := n.(*ast.BasicLit)
			if pair, isPair := n.(*ast.KeyValueExpr); isPair {
				if key, named := pair.Key.(*ast.Ident); named && (key.Name == "ID" || key.Name == "Tag") {
					if lit, ok = pair.Value.(*ast.BasicLit); ok && ids[text(lit)] {
						t.Errorf("%s: the id %s is written out; use package assumption", set.Position(n.Pos()), lit.Value)
					}
				}
				return true
			}
			if id, _, begins := strings.Cut(text(lit), ": "); ok && begins && ids[id] {
				t.Errorf("%s: the note %s is worded here; use package assumption", set.Position(n.Pos()), id)
			}
			return true
		})
		return nil
	}))
	require.Greater(t, seen, 200)
}

func TestNotes(t *testing.T) {
	for _, test := range []struct {
		reason string
		got    assumption.Note
		want   string
	}{
		{
			"a sentence ends", assumption.NoFreeTier.Note(),
			"no-free-tier: no free tier or Savings Plan applies; AWS states none for MicroVMs.",
		},
		{
			"a clause does not", assumption.NoFreeTier.Clause(),
			"no-free-tier: no free tier or Savings Plan applies; AWS states none for MicroVMs",
		},
		{
			"figures are put in", assumption.StaleRates.Note("eu-west-1", "2026-01-01", 200),
			"stale-rates: the rates of eu-west-1 were read on 2026-01-01, 200 days ago; AWS may have changed them (microspend rates update fetches the rates of today).",
		},
		{
			"an entry may word another's assumption", assumption.SandboxDiskUnpriced.Clause("E2B"),
			"sandbox-disk: no price of disk is known for E2B; its disk is left out",
		},
		{
			"measured usage is worded differently", assumption.LaunchRead.Measured().Sentence(),
			"launch-read: A launch reads as many GB as were recorded for it; how many AWS counts for one is not established.",
		},
		{
			"a sentence has one full stop", assumption.NoFreeTier.Note().Sentence(),
			"no-free-tier: No free tier or Savings Plan applies; AWS states none for MicroVMs.",
		},
	} {
		require.Equal(t, test.want, test.got.String(), test.reason)
	}
}

// docs/assumptions.md is the register for readers.
func TestPage(t *testing.T) {
	const file = "../../docs/assumptions.md"
	page := page(t)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(page), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), page, "go test ./pricing/assumption -update writes it")
}

func page(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("# Assumptions and warnings\n\n" +
		"Every figure that rests on an assumption names it by one of these ids, in every output. `…` stands for a value that the\n" +
		"output fills in. Warnings are about your input. This page is generated from `pricing/assumption/register.yaml`.\n")
	names, headings := entries(t)
	for _, name := range names {
		if heading, starts := headings[name]; starts {
			fmt.Fprintf(&out, "\n## %s\n\n| id | what is assumed | what it moves | what is known |\n|---|---|---|---|\n",
				heading)
		}
		facts := name.Facts()
		text := facts.Text
		if facts.Measured != "" {
			text += "; of measured usage: " + facts.Measured
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", facts.ID, strings.ReplaceAll(text, "%s", "…"), facts.Moves,
			facts.Source)
	}
	return out.String()
}
