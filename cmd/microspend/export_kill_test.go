package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKilledExports kills each kind of export as soon as it has begun its file: what was there before stays as it was,
// and the next run leaves nothing but what was asked for.
func TestKilledExports(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a process for each kind of export")
	}
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("leftovers stay for a minute")
	}
	dir := t.TempDir()
	csv, ledger := filepath.Join(dir, "usage.csv"), filepath.Join(dir, "ledger")
	writeUsage(t, csv, 1)
	microspend(t, "import", csv, "--ledger", ledger)
	period := []string{"--from", "2026-10-01", "--to", "2026-10-07", "--ledger", ledger}
	for _, tc := range []struct {
		name string
		args []string // the target comes behind
	}{
		{"spend as JSON", []string{"spend", "--by", "microvm,day,component", "--format", "json", "--output"}},
		{"spend as CSV", []string{"spend", "--by", "microvm,day,component", "--format", "csv", "--output"}},
		{"a workbook", []string{"spend", "--format", "xlsx", "--output"}},
		{"FOCUS", []string{"spend", "--format", "focus-parquet", "--billing-account", "111122223333", "--output"}},
		{"a page", []string{"report", "--output"}},
		{"a folder of pages", []string{"report", "--per-tenant"}},
		{"records as CSV", []string{"ledger", "export", "--output"}},
		{"records as Parquet", []string{"ledger", "export", "--format", "parquet", "--output"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			folder := filepath.Join(dir, strings.ReplaceAll(tc.name, " ", "-"))
			require.NoError(t, os.Mkdir(folder, 0o755))
			target := filepath.Join(folder, "target")
			args := append(append(tc.args[:len(tc.args):len(tc.args)], target), period...)
			looked := folder
			if tc.args[1] == "--per-tenant" {
				require.NoError(t, os.Mkdir(target, 0o755))
				looked = target
			}
			killed := false
			for try := 0; try < 10 && !killed; try++ {
				if looked == folder { // anew, as a run may have ended before it was killed
					require.NoError(t, os.WriteFile(target, []byte("before"), 0o600))
				}
				cmd := exec.Command("microspend", args...)
				require.NoError(t, cmd.Start())
				ended := make(chan struct{})
				go func() { _ = cmd.Wait(); close(ended) }()
				awaitHidden(looked, ended)
				_ = cmd.Process.Kill()
				<-ended
				killed = len(hiddenIn(t, looked)) > 0
			}
			require.True(t, killed, "no run was killed midway")
			if looked == folder {
				text, err := os.ReadFile(target)
				require.NoError(t, err)
				require.Equal(t, "before", string(text))
			}
			microspend(t, args...)
			require.Empty(t, hiddenIn(t, looked))
		})
	}
}

// awaitHidden waits until there is a hidden file in a folder, or a process has ended.
func awaitHidden(folder string, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(50 * time.Microsecond):
		}
		if hidden, _ := filepath.Glob(filepath.Join(folder, ".*")); len(hidden) > 0 {
			return
		}
	}
}

func hiddenIn(t *testing.T, folder string) []string {
	t.Helper()
	hidden, err := filepath.Glob(filepath.Join(folder, ".*"))
	require.NoError(t, err)
	return hidden
}
