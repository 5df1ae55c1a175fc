package cloudwatch

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector"

	"microspend/internal/fakecloudwatch"
)

// A disk that is full at any point of a run leaves a ledger that is right as far as it goes; once there is room, the
// next run completes it.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("no small disk to fill: mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(w.now.Add(-30*time.Hour), w.now, 12)
	w.timing.Lookback = 24 * time.Hour
	w.ledger = filepath.Join(dir, "ledger")
	w.options.Ledger = collector.In(w.ledger, "")
	failed := 0
	for free := 4 << 10; free < 1<<20; free += 24 << 10 {
		fill(t, dir, free)
		s, err := w.tryRun(context.Background())
		require.NoError(t, os.Remove(filepath.Join(dir, "filler")))
		if err == nil && len(s.Gaps) == 0 {
			break
		}
		failed++
		assert.ErrorIs(t, err, syscall.ENOSPC)
		if _, statErr := os.Stat(w.ledger); statErr == nil {
			for key, r := range w.content() {
				want, known := w.truth(key, w.now)
				require.True(t, known)
				require.Equal(t, want, r)
			}
		}
	}
	assert.Positive(t, failed)
	require.Empty(t, w.run().Gaps)
	require.NoError(t, w.holdsTruth(w.now.Add(-24*time.Hour), w.now.Add(-10*time.Minute), w.now))
}

// fill writes a file that leaves about so many bytes of the disk free.
func fill(t *testing.T, dir string, free int) {
	t.Helper()
	var disk syscall.Statfs_t
	require.NoError(t, syscall.Statfs(dir, &disk))
	size := int(disk.Bavail)*int(disk.Bsize) - free
	require.Positive(t, size)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "filler"), make([]byte, size), 0o600))
}
