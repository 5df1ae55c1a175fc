package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// freeText are flags that no values are offered for, by why: there is no list of what they may be.
var freeText = map[string][]string{
	"a figure": {
		"ask", "at", "budget", "connections", "days", "demo tenants", "depth", "discount", "expect", "fail-above",
		"gb-seconds", "height", "limit", "max-api-cost", "max-faults", "max-resumes-per-hour", "min", "min-saving",
		"parallel", "port", "read-gb", "rows", "seed", "sensitivity by", "series", "storage-gb-hours", "tenants",
		"tolerance", "top", "validate", "vcpu-seconds", "width", "write-gb", "image-size", "state", "state-size",
	},
	"a length of time": {
		"at-timeout", "chain-timeout", "collect period", "collect-every", "current", "drain", "every", "idle period",
		"idle-timeout", "jump", "launch-latency", "lookback", "max-added-latency", "max-age", "max-life", "max-running",
		"overlap", "poll", "refresh", "reread", "resolution", "resume-latency", "run-timeout", "sample", "settle",
		"stale-after", "suspended-duration", "timeout", "timeouts", "trace-length", "watch",
	},
	"a day or a moment, any of which will do": {"as-of", "day"},
	"the user's own words":                    {"acknowledge", "because", "billing-account-name", "reason"},
	"a name that another service knows": {
		"backfill", "external-id", "log-group", "namespace", "profile", "role", "role-arn", "payload-keys",
		"tenant-proof", "image-version",
	},
	"a name that the user makes up":                  {"import source"},
	"an address":                                     {"address", "budget-address", "chain", "endpoint-url", "hook-host", "host", "listen"},
	"a secret, of which a shell should know nothing": {"token"},
}

// Whoever presses Tab gets what there is to choose from. A new flag needs an entry in flagOffers, or in freeText.
func TestEveryFlagCompletes(t *testing.T) {
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	root := a.rootCommand()
	a.completion(root)
	free := map[string]bool{}
	for _, names := range freeText {
		for _, name := range names {
			free[name] = true
		}
	}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			_, offered := cmd.GetFlagCompletionFunc(f.Name)
			takesNone := f.Value.Type() == "bool" || f.Hidden
			require.True(t, takesNone || offered || free[f.Name] || free[path+" "+f.Name],
				"%s --%s offers no values; give it some in flagOffers, or a reason in freeText", path, f.Name)
		})
		takesArguments := cmd.Args == nil || cmd.Args(cmd, []string{"x"}) == nil || cmd.Args(cmd, []string{"x", "y"}) == nil
		if takesArguments && cmd.Name() != "help" {
			require.NotNil(t, cmd.ValidArgsFunction, "%s offers no arguments; give it some in argumentOffers", path)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// completionLedger makes a ledger with the usage of tenants in September and November, and a tenants file.
func completionLedger(t *testing.T, tenants ...string) (flags []string) {
	t.Helper()
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds," +
		"read_gb,write_gb,storage_gb_hours\n")
	for i, tenant := range tenants {
		name := `"` + strings.ReplaceAll(tenant, `"`, `""`) + `"`
		for _, month := range []string{"09", "11"} {
			rows.WriteString("2026-" + month + "-02T00:00:00Z,3600,eu-west-1,mvm-" + month + strconv.Itoa(i) +
				",sandbox-node," + name + ",1,2,0,0,0\n")
		}
	}
	file, ledger := filepath.Join(dir, "usage.csv"), filepath.Join(dir, "ledger")
	require.NoError(t, os.WriteFile(file, []byte(rows.String()), 0o666))
	config := filepath.Join(dir, "microspend.yaml")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tenants.csv"), []byte("match,value,tenant,group\nimage,x,listed,Sales/EU\n"), 0o666))
	require.NoError(t, os.WriteFile(config, []byte("tenants: tenants.csv\n"), 0o666))
	out, code := runLine(t, "import", file, "--ledger", ledger)
	require.Equal(t, exitDone, code, out)
	return []string{"--ledger", ledger, "--config", config}
}

// runLine runs a command line, and returns what it printed.
func runLine(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var printed bytes.Buffer
	code = run(context.Background(), args, process{
		in: strings.NewReader(""), out: &printed, err: &printed, environ: []string{"HOME=" + t.TempDir()},
		now: func() time.Time { return scriptDay },
	})
	return printed.String(), code
}

// offeredTo are the words that a shell is offered after a command line.
func offeredTo(t *testing.T, args ...string) (words []string) {
	t.Helper()
	out, code := runLine(t, append([]string{"__complete"}, args...)...)
	require.Equal(t, exitDone, code, out)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, ":") {
			return words
		}
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		words = append(words, word)
	}
	t.Fatalf("no directive: %s", out)
	return nil
}

func TestCompletion(t *testing.T) {
	at := completionLedger(t, "acme", "acorn", "birch")
	workload := filepath.Join(t.TempDir(), "workload.yaml")
	_, code := runLine(t, "init", "--output", workload)
	require.Equal(t, exitDone, code)
	for _, test := range []struct {
		reason, line string // LEDGER is the ledger and its configuration, WORKLOAD a workload's file
		want         []string
	}{
		{"tenants of the ledger and of the file", "spend LEDGER --tenant ", []string{"acme", "acorn", "birch", "listed"}},
		{"what begins so", "report LEDGER --tenant ac", []string{"acme", "acorn"}},
		{"the other way to give a value", "spend LEDGER --tenant=ac", []string{"acme", "acorn"}},
		{"groups of the tenants file", "spend LEDGER --group ", []string{"Sales", "Sales/EU"}},
		{"images", "spend LEDGER --image s", []string{"sandbox-node"}},
		{"MicroVMs of late only", "spend LEDGER --microvm ", []string{"mvm-110", "mvm-111", "mvm-112"}},
		{"the last of a list", "spend --by tenant,d", []string{"tenant,day"}},
		{"nothing twice", "spend --by day,day", nil},
		{"months that are over", "spend close LEDGER ", []string{"2026-09", "2026-10"}},
		{"a closed set", "dash --theme ", []string{"auto", "dark", "light"}},
		{"regions", "rates show eu-w", []string{"eu-west-1"}},
		{"what the audit log has", "ledger audit LEDGER --action ", []string{"import"}},
		{"states", "top state=r", []string{"state=running"}},
		{"columns", "top --sort te", []string{"tenant"}},
		{"flags that the meter parses itself", "meter --metrics ", []string{"billed", "all", "none"}},
		{"workloads by their extension", "estimate ", []string{"yaml", "yml"}},
		{"usage by its extension", "import ", []string{"csv", "csv.gz", "tsv", "txt", "parquet"}},
		{"fields of the workload named before", "sweep WORKLOAD --vary image.", []string{"image.size=", "image.count="}},
		{"nothing of a workload that is not there", "sweep none.yaml --vary ", nil},
		{"nothing for figures", "spend --top ", nil},
	} {
		var args []string
		for word := range strings.SplitSeq(test.line, " ") {
			switch word {
			case "LEDGER":
				args = append(args, at...)
			case "WORKLOAD":
				args = append(args, workload)
			default:
				args = append(args, word)
			}
		}
		require.Equal(t, test.want, offeredTo(t, args...), test.reason)
	}
}

// Names come from whoever runs MicroVMs, and shells run what they find on their command lines.
func TestCompletionLeavesOutHostileNames(t *testing.T) {
	at := completionLedger(t, "acme", "ü-日本", "arn:aws:iam::1", "$(touch pwned)", "`id`", "a b", "a'b", `a"b`, "a;b", "a|b",
		"a&b", "a>b", "a*", "a?b", "a[b]", "a{b,c}", "a\\b", "~root", "-rf", "=ls", "!1", "#x", "a\u202eb", "a^b",
		strings.Repeat("x", longestName+1))
	require.Equal(t, []string{"acme", "arn:aws:iam::1", "listed", "ü-日本"},
		offeredTo(t, append(append([]string{"spend"}, at...), "--tenant", "")...))
}

func TestCompletionAsksNoNetwork(t *testing.T) {
	for _, ledger := range []string{"s3://bucket/ledger", "clickhouse://127.0.0.1:9/db"} {
		require.Empty(t, offeredTo(t, "spend", "--ledger", ledger, "--tenant", ""), ledger)
	}
}
