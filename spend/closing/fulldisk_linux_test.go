package closing_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAFullDiskClosesNothing: a close that runs out of space leaves the ledger as it was, and nothing of itself.
func TestAFullDiskClosesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("no small disk to fill: mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	p := &place{t: t, dir: dir, config: before, tenants: "match,value,tenant\n"}
	p.put(everyDay(t, "2026-10", "acme", 100_000)...)
	failed := 0
	for free := 4 << 10; ; free += 32 << 10 {
		var disk syscall.Statfs_t
		require.NoError(t, syscall.Statfs(dir, &disk))
		filler := filepath.Join(dir, "filler")
		require.NoError(t, os.WriteFile(filler, make([]byte, int(disk.Bavail)*int(disk.Bsize)-free), 0o600))
		_, err := p.tryClose("2026-10", "2026-11-02", false)
		require.NoError(t, os.Remove(filler))
		if err == nil {
			break
		}
		failed++
		require.ErrorIs(t, err, syscall.ENOSPC)
		entries, _ := os.ReadDir(filepath.Join(dir, "closed"))
		require.Empty(t, entries)
		requireTotal(t, "93", p.report().Total.Amount)
	}
	require.Positive(t, failed)
	require.Len(t, p.report().Closed, 1)
	requireTotal(t, "93", p.report().Total.Amount)
}
