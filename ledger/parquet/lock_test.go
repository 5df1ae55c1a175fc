package parquet

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOneWriterAtATime(t *testing.T) {
	dir := t.TempDir()
	options := ledger.Options{Command: "microspend import", Now: func() time.Time { return firstDay }}
	w, err := OpenForWriting(dir, options)
	require.NoError(t, err)
	_, err = OpenForWriting(dir, ledger.Options{})
	var held *ledger.HeldError
	require.ErrorAs(t, err, &held)
	host, err := os.Hostname()
	require.NoError(t, err)
	assert.Regexp(t, `^pid [0-9]+ on `+host+`, command "microspend import", since 2026-10-01T00:00:00Z$`, held.Holder)
	assert.ErrorContains(t, held, held.Holder)
	_, err = Open(dir, ledger.Options{})
	require.NoError(t, err, "readers need no lock")

	require.NoError(t, w.Close())
	require.NoError(t, w.Close(), "closing twice is no fault")
	w, err = OpenForWriting(dir, ledger.Options{})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	_, err = w.AcceptLoss(t.Context(), firstDay)
	assert.ErrorIs(t, err, errClosed)
	_, err = w.Repair(t.Context())
	assert.ErrorIs(t, err, errClosed)
}

func TestReadOnlyFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights are of another kind on Windows")
	}
	dir := t.TempDir()
	records := generation(0)
	w := openWriter(t, dir)
	upsert(t, w, records)
	require.NoError(t, w.Close())
	before := filesOf(t, dir)
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
			return os.Chmod(path, 0o555)
		}
		return os.Chmod(path, 0o444)
	}))
	assert.Equal(t, reference(records), content(t, dir))
	assert.Equal(t, before, filesOf(t, dir))
	if os.Getuid() == 0 {
		t.Log("root may write to read-only folders, so that a writer is not tried")
		return
	}
	_, err := OpenForWriting(dir, ledger.Options{})
	assert.ErrorIs(t, err, os.ErrPermission)
}
