package main

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"microspend/internal/commandline"
)

// helpOf is what a command line prints in a terminal of a width.
func helpOf(t *testing.T, columns int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), append(args, "--help"), process{
		in: strings.NewReader(""), out: &out, err: &errs, environ: []string{"COLUMNS=" + strconv.Itoa(columns)},
		now: func() time.Time { return scriptDay },
	})
	require.Equal(t, exitDone, code, "%v: %s", args, errs.String())
	return out.String()
}

// everyCommand lists the command lines of all commands, the root's being empty.
func everyCommand() (lines [][]string) {
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	for _, cmd := range withSubcommands(a.rootCommand()) {
		lines = append(lines, strings.Fields(cmd.CommandPath())[1:])
	}
	return lines
}

// withSubcommands lists a command and all below it, in the order of help.
func withSubcommands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, group := range commandGroups(cmd) {
		for _, sub := range group.commands {
			all = append(all, withSubcommands(sub)...)
		}
	}
	return all
}

func TestHelpFitsTheTerminal(t *testing.T) {
	commands := everyCommand()
	require.Greater(t, len(commands), 30)
	for _, args := range commands {
		for _, columns := range []int{60, 80, 120} {
			for line := range strings.SplitSeq(helpOf(t, columns, args...), "\n") {
				if columns < 80 && len(flagsWithValues(shellWords(strings.TrimSuffix(line, ` \`)))) == 1 {
					continue // an address is not broken, nor is what is quoted
				}
				require.LessOrEqual(t, ansi.StringWidth(line), columns, "%v at %d columns: %q", args, columns, line)
			}
		}
	}
}

func TestHelpLosesNothing(t *testing.T) {
	for _, args := range everyCommand() {
		words := func(columns int) string {
			whole := strings.NewReplacer(" \\\n", " ", "\n  # ", " ").Replace(helpOf(t, columns, args...))
			return strings.Join(strings.Fields(whole), " ")
		}
		require.Equal(t, words(100), words(60), "%v", args)
	}
}

func TestFitted(t *testing.T) {
	for _, test := range []struct{ name, reason, text, want string }{
		{"a paragraph", "its lines flow anew", "one two three\nfour five six seven", "one two three four five six\nseven"},
		{"a heading", "it stands alone", "Flags:\n  -h, --help   help", "Flags:\n  -h, --help   help"},
		{
			"a flag", "its words hang under each other", "  --by N   how far each input moves",
			"  --by N   how far each input\n           moves",
		},
		{
			"a long flag", "its words come below", "  --region-and-account REGION   the region to read",
			"  --region-and-account REGION\n          the region to read",
		},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, fitted(test.text, 30), test.reason) })
	}
}

func TestFittedExamples(t *testing.T) {
	for _, test := range []struct{ name, reason, text, want string }{
		{
			"a long line", "it can be pasted, and a flag stays with its value", "  microspend sweep workload.yaml --vary a=1..2/1",
			"  microspend sweep \\\n      workload.yaml \\\n      --vary a=1..2/1",
		},
		{
			"quotes", "a break within them would be part of the value", `  microspend x --because "a reason of words" y`,
			"  microspend x \\\n      --because \"a reason of words\" \\\n      y",
		},
		{"a line that was broken", "it is broken for this width instead", "  a \\\n    b", "  a b"},
		{
			"comments", "each begins a paragraph; those that are long stay comments", "  # one two three four five' six\n  x\n  # y\n  z",
			"  # one two three four five'\n  # six\n  x\n\n  # y\n  z",
		},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, fittedExamples(test.text, 30), test.reason) })
	}
}

func TestPlainDefaults(t *testing.T) {
	for given, want := range map[string]string{
		`FORMAT (default "table")`: "FORMAT (default table)",
		`DOLLARS (default "0")`:    "DOLLARS",
		`AGE (default 6h0m0s)`:     "AGE (default 6h)",
		`AGE (default 1m0s)`:       "AGE (default 1m)",
		`AGE (default 1m30s)`:      "AGE (default 1m30s)",
		`AGE (default 10s)`:        "AGE (default 10s)",
		`AGE (default 1h30m0s)`:    "AGE (default 1h30m)",
		`--v P[="50%"]   words`:    "--v[=P]          words",
		`PORT (default 8080)`:      "PORT (default 8080)",
	} {
		require.Equal(t, want, commandline.PlainDefaults(given), given)
	}
}

func TestDocsPages(t *testing.T) {
	anchors := map[string]map[string]bool{}
	for _, page := range documentation(t) {
		anchors[page.name] = page.anchors()
	}
	paths := map[string]bool{}
	for _, args := range everyCommand() {
		paths[strings.Join(args, " ")] = true
	}
	for command, link := range docsPages {
		require.True(t, paths[command], "there is no command %q", command)
		page, anchor, _ := strings.Cut(link, "#")
		require.Contains(t, anchors, page, "the page of %q", command)
		require.True(t, anchor == "" || anchors[page][anchor], "the page of %q has no heading #%s", command, anchor)
	}
	require.Contains(t, helpOf(t, 80, "spend", "close"), "\nDocumentation: docs/closing.md\n")
	require.Contains(t, helpOf(t, 80, "ledger", "info"), "\nDocumentation: docs/ledger.md\n", "the page of the command above it")
}

func TestDocsLink(t *testing.T) {
	for module, want := range map[string]string{
		"microspend":                    "docs/spend.md#groups",
		"":                              "docs/spend.md#groups",
		"github.com/acme/microspend":    "https://github.com/acme/microspend/blob/main/docs/spend.md#groups",
		"github.com/acme/microspend/v2": "https://github.com/acme/microspend/blob/main/docs/spend.md#groups",
	} {
		require.Equal(t, want, docsLink(module, "docs/spend.md#groups"), module)
	}
}
