package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMoveKilledAtAnyMoment kills moves, some of them several times, and runs them to their end: the target is what it
// would have been, and its audit log holds.
func TestMoveKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	times := 10
	if testing.Short() {
		times = 3
	}
	dir := t.TempDir()
	usage, source, whole := filepath.Join(dir, "usage.csv"), filepath.Join(dir, "source"), filepath.Join(dir, "whole")
	writeUsage(t, usage, 0)
	microspend(t, "import", usage, "--ledger", source)
	microspend(t, "spend", "close", "2026-10", "--ledger", source)
	writeUsage(t, usage, 1)
	microspend(t, "import", usage, "--ledger", source) // after which the month is another than it was closed with
	start := time.Now()
	microspend(t, "ledger", "move", source, whole)
	full := time.Since(start)
	want, closed := usageFilesIn(t, whole), usageFilesIn(t, filepath.Join(whole, "closed", "2026-10"))
	require.Equal(t, usageFilesIn(t, source), want)
	require.Equal(t, usageFilesIn(t, filepath.Join(source, "closed", "2026-10")), closed)

	random := rand.New(rand.NewPCG(5, 6))
	killed, moves := 0, 0
	for n := range times {
		target := filepath.Join(dir, fmt.Sprint("target", n))
		for range 1 + n%3 {
			moves++
			cmd := exec.Command("microspend", "ledger", "move", source, target)
			require.NoError(t, cmd.Start())
			timer := time.AfterFunc(time.Duration(random.Int64N(int64(full))), func() { _ = cmd.Process.Kill() })
			if err := cmd.Wait(); err != nil {
				require.ErrorContains(t, err, "killed")
				killed++
			}
			timer.Stop()
		}
		microspend(t, "ledger", "move", source, target)
		require.Equal(t, want, usageFilesIn(t, target))
		require.Equal(t, closed, usageFilesIn(t, filepath.Join(target, "closed", "2026-10")))
		text, err := os.ReadFile(filepath.Join(target, "closed", "2026-10", "closing.json"))
		require.NoError(t, err)
		kept, err := os.ReadFile(filepath.Join(source, "closed", "2026-10", "closing.json"))
		require.NoError(t, err)
		require.Equal(t, string(kept), string(text))
		microspend(t, "ledger", "check", "--ledger", target)
		microspend(t, "ledger", "audit", "--ledger", target)
	}
	t.Logf("%d of %d moves were killed", killed, moves)
	require.Positive(t, killed)
}
