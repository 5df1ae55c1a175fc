package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/internal/racing"
)

// TestDocs holds every sample of README.md and docs/ to the program: what is shown as output is what a command prints,
// command lines are accepted and, where they need nothing from outside, work; files are read as what they are. What
// no test can run is in notRun, with why.
func TestDocs(t *testing.T) {
	if racing.Enabled {
		t.Skip("commands run one after the other; the same paths run under the race detector in their own tests")
	}
	shared, root := docsFolder(t), absolute(repositoryRoot)
	for _, page := range documentation(t) {
		if page.name == referencePage {
			continue // the examples in it are those of help
		}
		t.Run(page.name, func(t *testing.T) {
			folder := enterDocs(t, shared, page)
			checkConsoleBlocks(t, folder, root, page)
			for _, block := range page.blocks {
				checkBlock(t, folder, block)
			}
			checkInlineCommands(t, page)
		})
	}
	t.Run("examples of help", func(t *testing.T) { runHelpExamples(t, shared, root) })
}

// notRun are the blocks and commands that are neither run nor read here, by page and beginning, with why.
var notRun = []struct{ page, begins, because string }{
	{"docs/agent-budget.md", "COPY microspend-meter", dockerBuild},
	{"docs/meter.md", "COPY microspend-meter", dockerBuild},

	{"docs/agent-budget.md", "import json", "run by TestDocumentedAgents of collector/meter"},
	{"docs/tenants.md", "match,value,tenant", "read by TestTheDocumentedFileIsInOrder of config"},
	{"docs/ledger.md", "SELECT tenant, dt", byEngines},
	{"docs/ledger.md", "SELECT tenant, toDate(", byEngines},
	{"docs/tenants.md", "microspend tenant-proof --new-key", "makes a key, which is there already"},

	{"docs/bucket.md", "CREATE EXTERNAL TABLE", "needs Athena"},
	{"docs/ledger.md", "CREATE EXTERNAL TABLE", "needs Athena"},
	{"docs/ledger.md", "usage = spark.read.parquet", "needs Spark"},
	{"docs/clickhouse.md", "SELECT tenant, toDate(", clickHouse},
	{"docs/clickhouse.md", "CREATE USER", clickHouse},
	{"docs/clickhouse.md", "ALTER TABLE", clickHouse},
	{"docs/clickhouse.md", "<clickhouse>", clickHouse},
	{"docs/serve.md", "scrape_configs:", "a configuration of Prometheus, which no test starts"},
	{"docs/collect.md", "[Service]", "a unit of systemd, which no test starts"},
	{"docs/dash.md", "# ~/.tmux.conf", "a configuration of tmux"},
	{"docs/dash.md", "# ~/.config/starship.toml", "a configuration of starship"},
	{"docs/tenants.md", "import hashlib", "calls a client of AWS that no test has"},

	{"docs/closing.md", "closed month", "output on a ledger that the page does not have"},
	{"README.md", " in the MicroVM", picture},
	{"docs/ledger.md", "<ledger>/usage/", picture},
	{"docs/rates.md", "us-west-2@2026-11-01.yaml", picture},
	{"docs/rates.md", "offers/v1.0/aws/", picture},

	{"docs/idle.md", "microspend idle --trace", azureTrace},
	{"docs/reconcile.md", "microspend spend --basis billed", noBill},
}

// isNotRun reports whether notRun excuses what a page has.
func isNotRun(page, text string) bool {
	return slices.ContainsFunc(notRun, func(one struct{ page, begins, because string }) bool {
		return one.page == page && strings.HasPrefix(text, one.begins)
	})
}

const (
	dockerBuild = "a part of a Dockerfile, which takes a build of images"
	byEngines   = "run by TestDocumentedQueries of ledger/parquet"
	clickHouse  = "needs a server of ClickHouse"
	picture     = "shows how files lie in folders"
	azureTrace  = "reads a published trace of some hundred MB"
	noBill      = "needs a bill that reconcile has stored"
)

// checkBlock holds a block to what its language says that it is.
func checkBlock(t *testing.T, folder string, block docsBlock) {
	t.Helper()
	where := block.page + ": " + block.firstLine()
	if isNotRun(block.page, block.firstLine()) && block.language != "sh" && block.language != "" {
		return
	}
	switch block.language {
	case "console": // see checkConsoleBlocks
	case "go": // see TestDocsGo
	case "sh", "":
		checkShell(t, folder, block, where)
	case "crontab":
		block.text = cronTime.ReplaceAllString(block.text, "")
		checkShell(t, folder, block, where)
	case "yaml":
		checkYAML(t, folder, block, where)
	case "json":
		checkJSON(t, folder, block, where)
	default:
		assert.Fail(t, "a block that no test runs", "%s (%s): run it, or say in notRun why not", where, block.language)
	}
}

var cronTime = regexp.MustCompile(`(?m)^([0-9*/,-]+ +){5}`)

// TestNotRunIsInUse: an entry for a block that is gone would excuse the next one that begins like it.
func TestNotRunIsInUse(t *testing.T) {
	there := map[string][]string{}
	for _, page := range documentation(t) {
		for _, block := range page.blocks {
			there[page.name] = append(there[page.name], block.firstLine())
			if block.language == "sh" || block.language == "" {
				commands, _ := microspendCommands(block.text) // TestDocs tells what is not a shell's
				for _, command := range commands {
					there[page.name] = append(there[page.name], command.text)
				}
			}
		}
	}
	for _, one := range notRun {
		require.True(t, slices.ContainsFunc(there[one.page], func(text string) bool {
			return strings.HasPrefix(text, one.begins)
		}), "%s has nothing that begins %q", one.page, one.begins)
		require.NotEmpty(t, one.because)
	}
}

var consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```")

// checkConsoleBlocks runs the commands whose output a page shows and compares what they print. With -update it is
// rewritten.
func checkConsoleBlocks(t *testing.T, folder, root string, page documentPage) {
	t.Helper()
	want := consoleBlock.ReplaceAllStringFunc(page.text, func(block string) string {
		command, _, _ := strings.Cut(strings.TrimPrefix(block, "```console\n"), "\n")
		line, ok := strings.CutPrefix(command, "$ ")
		line, last, tailed := strings.Cut(line, " | tail -n ")
		require.True(t, ok, "a console block starts with a command: %s", command)
		found, err := microspendCommands(line)
		require.NoError(t, err, command)
		require.Len(t, found, 1, command)
		assert.NoError(t, refusal(found[0].args), command)
		code, out, errs := inDocsFolder(folder, found[0].args...)
		require.LessOrEqual(t, code, exitCheckFailed, "%s: %s", command, errs)
		if tailed {
			count, err := strconv.Atoi(last)
			require.NoError(t, err, command)
			lines := strings.SplitAfter(out, "\n")
			out = strings.Join(lines[max(0, len(lines)-1-count):], "")
		}
		return "```console\n" + command + "\n" + out + "```"
	})
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join(root, page.name), []byte(want), 0o644))
		return
	}
	require.Equal(t, want, page.text)
}

// offline are the commands that samples run: those that read, take milliseconds, and need nothing from outside.
var offline = []string{
	"estimate", "compare", "breakeven", "sweep", "sensitivity", "diff", "price", "examples", "init", "schema", "version",
	"spend", "budget", "idle", "config", "tenant-proof", "rates list", "rates show", "ledger info", "ledger files",
}

func isOffline(command shellCommand) bool {
	return !strings.Contains(command.text, "://") && slices.ContainsFunc(offline, func(name string) bool {
		return strings.HasPrefix(strings.Join(command.args, " ")+" ", name+" ")
	})
}

// checkShell holds each call of microspend in a script to the flags and arguments that there are, and runs those that
// can be run.
func checkShell(t *testing.T, folder string, block docsBlock, where string) {
	t.Helper()
	if !block.fenced && !strings.HasPrefix(block.text, "microspend ") {
		return // a formula, or a picture of folders
	}
	commands, err := microspendCommands(block.text)
	assert.NoError(t, err, "%s is not a shell's", where)
	for _, command := range commands {
		assert.NoError(t, refusal(command.args), "%s: %s", block.page, command.text)
		if !command.alone || !isOffline(command) || isNotRun(block.page, command.text) {
			continue
		}
		code, _, errs := inDocsFolder(folder, command.args...)
		assert.LessOrEqual(t, code, exitCheckFailed, "%s: %s\n%s", block.page, command.text, errs)
	}
}

// jsonOf prints the documents that pages show in part, by their schema. The meter's is held to its page by
// TestDocumentedBudget of collector/meter.
var jsonOf = map[string][]string{"microspend.advise/v1": {"advise", "--format", "json"}}

// checkJSON holds a block to be JSON and, where it shows a document, its keys to those that the document has.
func checkJSON(t *testing.T, folder string, block docsBlock, where string) {
	t.Helper()
	var shown, printed any
	require.NoError(t, json.Unmarshal([]byte(block.text), &shown), where)
	document, _ := shown.(map[string]any)
	schema, _ := document["schema"].(string)
	command := jsonOf[schema]
	if command == nil {
		return
	}
	code, out, errs := inDocsFolder(folder, command...)
	require.Equal(t, exitDone, code, errs)
	require.NoError(t, json.Unmarshal([]byte(out), &printed))
	require.Subset(t, keysWithin(printed), keysWithin(shown), where)
}

// keysWithin are the keys of all objects in a document.
func keysWithin(document any) (keys []string) {
	switch value := document.(type) {
	case map[string]any:
		for key, inner := range value {
			keys = append(append(keys, key), keysWithin(inner)...)
		}
	case []any:
		for _, inner := range value {
			keys = append(keys, keysWithin(inner)...)
		}
	}
	return keys
}

var (
	inlineSpan = regexp.MustCompile("`([^`\n]+)`")
	bareFlag   = regexp.MustCompile(`^--([a-z-]+)`)
)

// checkInlineCommands holds the commands and flags that a page's sentences name to those that there are: microspend idle
// …, collect --dry-run, --state-size.
func checkInlineCommands(t *testing.T, page documentPage) {
	t.Helper()
	names, flags := knownWords()
	for _, match := range inlineSpan.FindAllStringSubmatch(page.prose, -1) {
		text := match[1]
		if flag := bareFlag.FindStringSubmatch(text); flag != nil {
			assert.Contains(t, flags, flag[1], "%s: there is no flag %s", page.name, text)
			continue
		}
		first, rest, _ := strings.Cut(text, " ")
		if slices.Contains(names, first) && strings.HasPrefix(rest, "--") {
			text = "microspend " + text
		}
		if !strings.HasPrefix(text, "microspend ") {
			continue
		}
		commands, err := microspendCommands(text)
		require.NoError(t, err, "%s: %s", page.name, text)
		for _, command := range commands {
			assert.NoError(t, refusalOfMention(command.args), "%s: %s", page.name, command.text)
		}
	}
}

// knownWords are the names of the commands below the root, and of all flags.
func knownWords() (commands []string, flags map[string]bool) {
	flags = map[string]bool{"help": true, "version": true}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		collect := func(flag *pflag.Flag) {
			if !flag.Hidden { // a name that is not shown any more works, and is not what we teach
				flags[flag.Name] = true
			}
		}
		cmd.Flags().VisitAll(collect)
		cmd.PersistentFlags().VisitAll(collect)
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	root := (&app{parsed: map[*cobra.Command][]parsedFlag{}}).rootCommand()
	walk(root)
	for _, cmd := range root.Commands() {
		commands = append(commands, cmd.Name())
	}
	return commands, flags
}
