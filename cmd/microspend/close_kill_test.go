package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCloseKilledAtAnyMoment kills the program while it closes a month: the month is closed or it is not, spend is the
// same before and after, and the next close leaves nothing of those before.
func TestCloseKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	usage := filepath.Join(dir, "usage.csv")
	writeUsage(t, usage, 1)
	whole := filepath.Join(dir, "whole")
	microspend(t, "import", usage, "--ledger", whole)
	start := time.Now()
	microspend(t, "spend", "close", "2026-10", "--ledger", whole, "--as-of", "2026-11-02")
	full := time.Since(start)
	spend := func(ledger string) string {
		out, err := exec.Command("microspend", "spend", "--ledger", ledger, "--from", "2026-10-01", "--format", "csv").Output()
		require.NoError(t, err)
		return string(out)
	}
	want := spend(whole)

	random, killed := rand.New(rand.NewPCG(7, 8)), 0
	target := filepath.Join(dir, "ledger")
	microspend(t, "import", usage, "--ledger", target)
	for range 12 {
		cmd := exec.Command("microspend", "spend", "close", "2026-10", "--ledger", target, "--as-of", "2026-11-02")
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(random.Int64N(int64(full))))
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err != nil {
			killed++
		}
		require.Equal(t, want, spend(target))
		if _, err := os.Stat(filepath.Join(target, "closed", "2026-10", "closing.json")); err == nil {
			microspend(t, "spend", "close", "--reopen", "2026-10", "--ledger", target)
		}
	}
	require.Positive(t, killed)
	microspend(t, "spend", "close", "2026-10", "--ledger", target, "--as-of", "2026-11-02")
	require.Equal(t, want, spend(target))
	entries, err := os.ReadDir(filepath.Join(target, "closed"))
	require.NoError(t, err)
	left, err := filepath.Glob(filepath.Join(target, "closed", "2026-10", ".*"))
	require.NoError(t, err)
	require.Empty(t, left)
	for _, entry := range entries {
		require.False(t, strings.HasPrefix(entry.Name(), "."), entry.Name())
	}
}

// TestTwoClosesAtOnce: one of them closes the month, the other finds it closed or is told to wait.
func TestTwoClosesAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	usage, target := filepath.Join(dir, "usage.csv"), filepath.Join(dir, "ledger")
	writeUsage(t, usage, 1)
	microspend(t, "import", usage, "--ledger", target)
	type ended struct {
		said string
		err  error
	}
	results := make(chan ended, 2)
	for range 2 {
		go func() {
			out, err := exec.Command("microspend", "spend", "close", "2026-10", "--ledger", target, "--as-of", "2026-11-02").
				CombinedOutput()
			results <- ended{string(out), err}
		}()
	}
	closed := 0
	for range 2 {
		switch r := <-results; {
		case r.err == nil:
			closed++
		default:
			require.Contains(t, r.said, "another writer is at work on the ledger")
		}
	}
	require.Positive(t, closed)
	entries, err := os.ReadDir(filepath.Join(target, "closed"))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}
