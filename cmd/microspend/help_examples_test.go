package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// examplesNotRun are the examples that a test cannot run, by what their command lines begin with or contain, with the reason.
// They are checked like the others, short of running.
var examplesNotRun = []struct{ words, reason string }{
	{"collect", "reads from AWS"},
	{"top", "reads from AWS, or plays the demo's fleet, whose first look takes as long as all other examples"},
	{"rates update", "reads from AWS or a mirror"},
	{"demo", "the ledger of this test is one, and more of them take as long as all other examples"},
	{"dash", "needs a terminal"},
	{"serve", "runs until it is stopped"},
	{"meter", "runs until it is stopped, or asks a meter that does"},
	{"ledger move", "the folders that it names are others'"},
	{"s3://", "reads a bucket"},
	{"fleet/", "the ledger of another example, which is not run"},
	{"advise --explain", "the ID is that of another ledger's advice"},
	{"advise dismiss", "the ID is that of another ledger's advice"},
	{"advise restore", "the ID is that of another ledger's advice"},
	{"ledger audit --expect", "the hash is that of another ledger's log"},
	{"reconcile cur-", "the shell finds the files that the pattern is about"},
	{"spend --basis billed", "the bill of the test is of four days, which are not a whole month"},
}

// runAnyway are those of them that can be run.
var runAnyway = []string{"collect status", "collect gaps", "dash --once", "dash --line"}

// reasonNotToRun is why an example is not run, "" where it is.
func reasonNotToRun(args []string) string {
	line := strings.Join(args, " ")
	for _, words := range runAnyway {
		if strings.HasPrefix(line, words) && !strings.HasPrefix(line, "collect gaps accept 3") {
			return ""
		}
	}
	for _, not := range examplesNotRun {
		if strings.HasPrefix(line, not.words) || strings.HasSuffix(not.words, "/") && strings.Contains(line, not.words) {
			return not.reason
		}
	}
	return ""
}

// TestHelpExamples checks the examples of every command without running them: each command has some, of which one is
// about it; commands and flags exist under these names, values and arguments are such as they take.
func TestHelpExamples(t *testing.T) {
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	for _, cmd := range withSubcommands(a.rootCommand()) {
		require.NotEmpty(t, cmd.Example, cmd.CommandPath())
		commands, err := microspendCommands(cmd.Example)
		require.NoError(t, err, cmd.CommandPath())
		about := false
		for _, example := range commands {
			require.NoError(t, refusal(example.args), "%s: %s", cmd.CommandPath(), example.text)
			about = about || strings.HasPrefix("microspend "+strings.Join(example.args, " ")+" ", cmd.CommandPath()+" ")
		}
		require.True(t, about, "no example of %s is about it", cmd.CommandPath())
		for _, line := range exampleLines(cmd.Example) {
			comment, ok := strings.CutPrefix(line, "#")
			require.True(t, !ok || strings.HasPrefix(comment, " "), line)
		}
	}
}

// runHelpExamples runs those that need no AWS, terminal or server, in the folder of the documentation's samples. They
// change its ledger: run them last.
func runHelpExamples(t *testing.T, shared, root string) {
	folder := enterDocs(t, shared, documentPage{})
	makeExampleFiles(t, folder, root)
	ran := 0
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	for _, cmd := range withSubcommands(a.rootCommand()) {
		commands, err := microspendCommands(cmd.Example)
		require.NoError(t, err)
		for _, example := range commands {
			if reasonNotToRun(example.args) != "" {
				continue
			}
			if strings.Join(example.args, " ") == "init" {
				_ = os.Remove("workload.yaml") // which examples of several commands make
			}
			code, out, errs := inDocsFolder(folder, example.args...)
			assert.LessOrEqual(t, code, exitCheckFailed, "%s: %s%s", example.text, out, errs)
			ran++
		}
	}
	require.Greater(t, ran, 60, "of the examples")
}

// makeExampleFiles makes the files that examples name and samples of the documentation don't, in the current folder.
func makeExampleFiles(t *testing.T, folder, root string) {
	t.Helper()
	for name, of := range map[string]string{
		"bill.json": "testdata/bills/cost-explorer.json", "products.json": "pricing/pricelist/testdata/offer.json",
		"before.yaml": "scenarios/examples/s2-always-on.yaml", "after.yaml": "scenarios/examples/s1-personal-dev-tool.yaml",
		"api.yaml": "scenarios/examples/c-playwright.yaml", "jobs.yaml": "scenarios/examples/b-ci-runner.yaml",
	} {
		require.NoError(t, os.Symlink(filepath.Join(root, of), name))
	}
	require.NoError(t, os.Remove("tenant.key")) // an example makes one
	code, _, errs := inDocsFolder(folder, "ledger", "export", "--from", "2026-11-21", "--to", "2026-11-22", "-o", "usage.csv")
	require.Zero(t, code, errs)
	require.NoError(t, os.Symlink("usage.csv", "october.csv"))
	for name, text := range map[string]string{
		"sandboxes.csv": "time,sandbox_id,tenant,event\n2026-09-10T09:00:00Z,sb1,acme,provisioned\n" +
			"2026-09-10T09:20:00Z,sb1,acme,terminated\n",
		"sessions.csv": "sandbox_id,tenant,memory,start,end\nsb2,acme,2GB,2026-09-10T09:00:00Z,2026-09-10T09:20:00Z\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}
