package parquet

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A disk that is full at any point of an import leaves the ledger as it was, or with some days new; once there is room
// the same import completes it.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
		t.Skipf("no small disk to fill: mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	w := openWriter(t, dir)
	upsert(t, w, generation(0))
	failed := 0
	for free := 4 << 10; free < 400<<10; free += 12 << 10 {
		fill(t, dir, free)
		n, err := w.Upsert(context.Background(), batches(generation(1), 50))
		require.NoError(t, os.Remove(filepath.Join(dir, "filler")))
		generations(t, dir, 0)
		if err == nil {
			break
		}
		failed++
		assert.ErrorIs(t, err, syscall.ENOSPC)
		if len(n.Days) == 0 {
			assert.Equal(t, reference(generation(0)), content(t, dir))
		}
		require.NoError(t, w.Close())
		w = openWriter(t, dir)
		upsert(t, w, generation(0))
	}
	assert.Positive(t, failed)
	upsert(t, w, generation(1))
	assert.Equal(t, reference(generation(1)), content(t, dir))
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
