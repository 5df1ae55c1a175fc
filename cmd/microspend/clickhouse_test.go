package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/clickhousetest"
)

// TestCommandsOnClickHouse runs the same commands on a folder and on a real ClickHouse: what they print is the same.
func TestCommandsOnClickHouse(t *testing.T) {
	server := clickhousetest.Ledger(t)
	dir := t.TempDir()
	folder, csv := filepath.Join(dir, "ledger"), filepath.Join(dir, "usage.csv")
	writeUsage(t, csv, 0)
	late := filepath.Join(dir, "late.csv")
	writeUsage(t, late, 1)
	bill := filepath.Join(dir, "bill.csv")
	require.NoError(t, os.WriteFile(bill, []byte(strings.Join([]string{
		"lineItem/LineItemType,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageStartDate,lineItem/UsageAmount,lineItem/UnblendedCost",
	}, "\n")+"\n"), 0o600))
	output := func(args ...string) string {
		cmd := exec.Command("microspend", args...)
		text, _ := cmd.CombinedOutput() // an exit code of 1 is an answer, too
		return strings.NewReplacer(folder, "LEDGER", server, "LEDGER").Replace(string(text)) + cmd.ProcessState.String()
	}
	commands := [][]string{{"import", csv}, {"import", csv}}
	for _, by := range []string{
		"tenant", "tenant,day", "image", "region", "account", "source", "role", "microvm", "arch", "kind", "day", "tenant-by",
	} {
		commands = append(commands, []string{"spend", "--by", by, "--from", "2026-10-01", "--to", "2026-11-01", "--format", "csv"})
	}
	commands = append(commands,
		[]string{"spend", "--by", "tenant,day", "--from", "2026-10-01", "--to", "2026-11-01", "--tz", "Asia/Kathmandu", "--format", "csv"},
		[]string{"spend", "close", "2026-10"},
		[]string{"import", late},
		[]string{"spend", "--from", "2026-10-01", "--to", "2026-11-01", "--format", "json"},
		[]string{"spend", "close", "--list"},
		[]string{"reconcile", bill, "--month", "2026-10"},
		[]string{"ledger", "export", "--format", "csv"},
		[]string{"report", "--from", "2026-10-01", "--to", "2026-11-01", "--format", "json"},
	)
	for _, command := range commands {
		want, got := output(append(command, "--ledger", folder)...), output(append(command, "--ledger", server)...)
		require.Equal(t, want, got, "%v", command)
	}
	info := output("ledger", "info", "--ledger", server)
	require.Contains(t, info, "Ledger in LEDGER")
	require.Contains(t, output("ledger", "audit", "--ledger", server), "the log verifies")
	missing := output("spend", "--ledger", server+"_none")
	require.Contains(t, missing, "no ledger; fill one with microspend collect")
}
