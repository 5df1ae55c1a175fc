package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// shellCommand is a command of a shell script, as a test can check it.
type shellCommand struct {
	text string   // as written, for messages
	args []string // of microspend, without its name
	// alone is false inside a pipeline, a substitution or a loop, or with a redirection or a variable: what it then prints
	// or does depends on the rest of the script.
	alone bool
}

// someValue stands for what a variable or a substitution comes to: a day is what most flags take.
const someValue = "2026-11-01"

// microspendCommands lists the calls of microspend in a shell script, wherever in it they are. Placeholders such as
// FILE… are words like any other.
func microspendCommands(script string) ([]shellCommand, error) {
	file, err := syntax.NewParser().Parse(strings.NewReader(script), "")
	if err != nil {
		return nil, err
	}
	simple := map[*syntax.CallExpr]bool{}
	for _, statement := range file.Stmts {
		if call, ok := statement.Cmd.(*syntax.CallExpr); ok {
			simple[call] = len(statement.Redirs) == 0 && len(call.Assigns) == 0 && !statement.Background
		}
	}
	var found []shellCommand
	// Variables and substitutions become a word, whose value no test knows.
	unknown := &expand.Config{
		Env: expand.FuncEnviron(func(name string) string {
			if name == "IFS" {
				return ""
			}
			return someValue
		}),
		CmdSubst: func(w io.Writer, _ *syntax.CmdSubst) error { _, err := io.WriteString(w, someValue); return err },
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 || call.Args[0].Lit() != "microspend" {
			return true
		}
		args, failed := expand.Fields(unknown, call.Args...)
		if failed != nil {
			err = failed
			return false
		}
		alone := simple[call]
		for _, word := range call.Args {
			syntax.Walk(word, func(part syntax.Node) bool {
				switch part.(type) {
				case *syntax.ParamExp, *syntax.CmdSubst:
					alone = false
				}
				return true
			})
		}
		var text strings.Builder
		if failed := syntax.NewPrinter().Print(&text, call); failed != nil {
			err = failed
		}
		found = append(found, shellCommand{text: text.String(), args: args[1:], alone: alone})
		return true
	})
	return found, err
}

// refusal is why a command line would be refused before it reads or writes anything: an unknown command or flag, a value
// that a flag doesn't take, arguments missing or too many, or a flag by a name that is no longer shown. Nothing is run.
func refusal(args []string) error { return parsedOnly(args, false) }

// refusalOfMention is that of a command line that a sentence shortens: arguments and required flags may be missing.
func refusalOfMention(args []string) error {
	var kept []string
	for i, arg := range args {
		if arg != "…" || i > 0 && strings.HasPrefix(args[i-1], "--") { // as a flag's value it stands for one
			kept = append(kept, arg)
		}
	}
	err := parsedOnly(kept, true)
	if err != nil && strings.HasPrefix(kept[len(kept)-1], "--") {
		return parsedOnly(append(kept, "…"), true) // a flag whose value is left out
	}
	return err
}

func parsedOnly(args []string, shortened bool) error {
	a := &app{
		process: process{
			in: strings.NewReader(""), out: io.Discard, err: io.Discard, now: func() time.Time { return scriptDay },
		},
		parsed: map[*cobra.Command][]parsedFlag{},
	}
	root := a.rootCommand()
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if missing := a.missingFlags(cmd); len(missing) > 0 && !shortened {
			return errors.Join(missing...)
		}
		return oldName(cmd, args)
	}
	var stub func(cmd *cobra.Command)
	stub = func(cmd *cobra.Command) {
		if cmd.RunE != nil {
			cmd.DisableFlagParsing = false   // the meter parses its own, and is held to the same
			readsFirst := cmd.PreRunE != nil // idle reads rates, which its flags are about
			cmd.PreRunE = nil
			cmd.RunE = func(cmd *cobra.Command, _ []string) error {
				if readsFirst || shortened && slices.Contains(args, "…") { // or a value is left out
					return nil
				}
				return a.parseFlags(cmd)
			}
			if shortened && !cmd.HasSubCommands() {
				cmd.Args = cobra.ArbitraryArgs
				cmd.Flags().VisitAll(func(flag *pflag.Flag) { flag.Annotations = nil }) // which flags are required
			}
		}
		for _, sub := range cmd.Commands() {
			stub(sub)
		}
	}
	stub(root)
	root.SetArgs(args)
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	return root.ExecuteContext(context.Background())
}

// oldName is an error where a flag is given by a name that it had: such names work, and are not what we teach.
func oldName(cmd *cobra.Command, args []string) (err error) {
	var given []string
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if name, ok := strings.CutPrefix(arg, "--"); ok {
			name, _, _ = strings.Cut(name, "=")
			given = append(given, name)
		}
	}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if flag.Hidden || flag.Deprecated != "" {
			err = fmt.Errorf("--%s is hidden or deprecated", flag.Name)
		}
		given = slices.DeleteFunc(given, func(name string) bool { return name == flag.Name })
	})
	if len(given) > 0 && err == nil {
		return fmt.Errorf("--%s is not the flag's name", given[0])
	}
	return err
}

func TestMicrospendCommands(t *testing.T) {
	for _, test := range []struct {
		name, script string
		want         []shellCommand
	}{
		{"a comment is not an argument", "microspend spend --by day   # days", []shellCommand{
			{"microspend spend --by day", []string{"spend", "--by", "day"}, true},
		}},
		{"a line goes on", "microspend \\\n  spend", []shellCommand{{"microspend \\\n\tspend", []string{"spend"}, true}}},
		{"quotes", "microspend top 'age>7h'", []shellCommand{{"microspend top 'age>7h'", []string{"top", "age>7h"}, true}}},
		{"others' commands are not ours", "duckdb -c x", nil},
		{"a pipeline and a substitution", "microspend spend | f $(microspend budget)", []shellCommand{
			{"microspend spend", []string{"spend"}, false}, {"microspend budget", []string{"budget"}, false},
		}},
		{"a variable", "microspend spend --tenant $T", []shellCommand{
			{"microspend spend --tenant $T", []string{"spend", "--tenant", someValue}, false},
		}},
	} {
		got, err := microspendCommands(test.script)
		require.NoError(t, err, test.name)
		require.Equal(t, test.want, got, test.name)
	}
}

func TestRefusal(t *testing.T) {
	for _, test := range []struct{ name, line, want string }{
		{"a command as it is", "estimate FILE…", ""},
		{"one below another", "budget check --by tenant", "unknown flag"},
		{"no such command", "estimat FILE", `"estimat"`},
		{"no such flag", "estimate --explan FILE", "unknown flag"},
		{"a value that a flag does not take", "estimate --format yaml FILE", "yaml"},
		{"an argument too few", "estimate", "needs"},
		{"a required flag missing", "price", "--region"},
		{"an argument too many", "compare a.yaml b.yaml", "needs"},
	} {
		err := refusal(strings.Fields(test.line))
		if test.want == "" {
			require.NoError(t, err, test.name)
			continue
		}
		require.ErrorContains(t, err, test.want, test.name)
	}
}

func TestRefusalOfMention(t *testing.T) {
	require.NoError(t, refusalOfMention([]string{"idle", "…"}))
	require.NoError(t, refusalOfMention([]string{"price", "--region", "R", "…"}))
	require.NoError(t, refusalOfMention([]string{"rates", "update"}))
	require.Error(t, refusalOfMention([]string{"rates", "upgrade"}))
	require.Error(t, refusalOfMention([]string{"idle", "--no-such"}))
}
