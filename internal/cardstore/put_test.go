package cardstore

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func read(t *testing.T, store Store, name string) string {
	text, err := fs.ReadFile(store.FS(), name)
	require.NoError(t, err)
	return string(text)
}

func generation(of string) map[string][]byte {
	return map[string][]byte{
		"prices/ec2/us-east-1/ec2.yaml": []byte(of), "prices/ebs/us-east-1/ec2.yaml": []byte(of), "fetched/us-east-1.json": []byte(of),
	}
}

// TestPutIsWhole looks at the store at each moment at which a program may have been killed.
func TestPutIsWhole(t *testing.T) {
	dir := t.TempDir()
	store := In(dir)
	require.NoError(t, store.Put(generation("old")))
	names := []string{"prices/ec2/us-east-1/ec2.yaml", "prices/ebs/us-east-1/ec2.yaml", "fetched/us-east-1.json"}
	all := func(want, reason string) {
		t.Helper()
		for _, name := range names {
			require.Equal(t, want, read(t, store, name), "%s: %s", name, reason)
		}
		require.Len(t, store.Prices(), 2)
	}
	all("old", "put")

	require.NoError(t, store.stage(filepath.Join(dir, staging), generation("new")))
	all("old", "killed before the rename that makes them count")
	require.NoError(t, os.Rename(filepath.Join(dir, staging), filepath.Join(dir, pending)))
	all("new", "killed after it")
	require.NoError(t, os.Rename(filepath.Join(dir, pending, names[0]), filepath.Join(dir, names[0])))
	all("new", "killed while they are moved to their places")
	require.NoError(t, store.Save(nil))
	require.NoError(t, store.settle())
	require.NoDirExists(t, filepath.Join(dir, pending))
	all("new", "the next one moves the rest")

	require.NoError(t, os.MkdirAll(filepath.Join(dir, staging, "prices"), 0o755)) // of a killed one
	require.NoError(t, store.Put(generation("newer")))
	all("newer", "after a kill")
	for _, left := range []string{staging, pending} {
		require.NoDirExists(t, filepath.Join(dir, left))
	}
}

func TestPutRefuses(t *testing.T) {
	for _, name := range []string{"../outside.yaml", "/etc/x", "prices/../../x", ".lock", "prices/.hidden", ""} {
		dir := t.TempDir()
		require.Error(t, In(dir).Put(map[string][]byte{name: nil, "fetched/a.json": nil}), name)
		require.Empty(t, files(t, dir), "%q leaves nothing behind", name)
	}
	require.ErrorIs(t, Store{}.Put(generation("x")), errNoFolder)
}

// TestPutOnAFullDisk keeps the present files, on a file system that is full.
func TestPutOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "none", dir).Run(); err != nil {
		t.Skip("cannot mount a small file system here")
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	store := In(dir)
	require.NoError(t, store.Put(generation("old")))
	err := store.Put(generation(strings.Repeat("x", 60<<10)))
	require.ErrorContains(t, err, "no space left on device; the present rates are kept")
	require.Equal(t, "old", read(t, store, "prices/ec2/us-east-1/ec2.yaml"))
	require.NoDirExists(t, filepath.Join(dir, staging))
}

func TestLockWaits(t *testing.T) {
	store := In(t.TempDir())
	release, err := store.Lock(context.Background(), func() { t.Error("nobody has it") })
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	waited := 0
	_, err = store.Lock(ctx, func() { waited++ })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, 1, waited)
	release()
	again, err := store.Lock(context.Background(), func() {})
	require.NoError(t, err)
	again()
}
