//go:build unix

package ownfile

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNoLinkIsFollowed puts a link to a file of the user's where the program is going to work. The file stays as it is.
func TestNoLinkIsFollowed(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(path string) error
	}{
		{"Open", func(path string) error { _, err := Open(path); return err }},
		{"ReadFile", func(path string) error { _, err := ReadFile(path); return err }},
		{"OpenFile, as a lock", func(path string) error {
			_, err := Place(filepath.Dir(path)).OpenFile(path, os.O_RDWR|os.O_CREATE)
			return err
		}},
		{"OpenFile, to append", func(path string) error {
			_, err := Place(filepath.Dir(path)).OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND)
			return err
		}},
		{"OpenFile, anew", func(path string) error {
			_, err := Place(filepath.Dir(path)).OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
			return err
		}},
		{"Create", func(path string) error {
			_, err := Place(filepath.Dir(path)).Create(path, filepath.Dir(path))
			return err
		}},
		{"Write", func(path string) error { return Place(filepath.Dir(path)).Write(path, []byte("new")) }},
		{"Export", func(path string) error {
			return Place(filepath.Dir(path)).Export(path, 0o666, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err })
		}},
		{"Folder", func(path string) error { return Place(filepath.Dir(path)).Folder(path) }},
		{"Folder below", func(path string) error { return Place(filepath.Dir(path)).Folder(filepath.Join(path, "below")) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			at := func(name string) string { return filepath.Join(dir, name) }
			require.NoError(t, os.WriteFile(at("precious"), []byte("old"), 0o600))
			require.NoError(t, os.Mkdir(at("folder"), 0o700))
			require.NoError(t, os.Symlink(at("precious"), at("link")))
			require.NoError(t, os.Symlink(at("nothing"), at("dangling")))
			require.NoError(t, os.Symlink(at("folder"), at("link-to-folder")))
			require.NoError(t, syscall.Mkfifo(at("fifo"), 0o600))
			for _, name := range []string{"link", "dangling", "link-to-folder", "fifo"} {
				done := make(chan error, 1)
				go func() { done <- tc.do(at(name)) }()
				select {
				case err := <-done:
					require.Error(t, err, name)
				case <-time.After(10 * time.Second):
					t.Fatalf("%s hangs", name)
				}
			}
			text, err := os.ReadFile(at("precious"))
			require.NoError(t, err)
			require.Equal(t, "old", string(text))
			require.NoFileExists(t, at("nothing"))
			below, err := os.ReadDir(at("folder"))
			require.NoError(t, err)
			require.Empty(t, below, "nothing is made where the link leads")
		})
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(dir, path))
	require.EqualError(t, Place(filepath.Dir(path)).Write(path, nil), path+" is a symbolic link, which microspend did not make there, and is not used; "+
		"look into who did, and remove it")
}

// TestModesFollowTheFolder shows how a ledger is private, and how it is shared, whatever the umask.
func TestModesFollowTheFolder(t *testing.T) {
	mode := func(path string) fs.FileMode {
		info, err := os.Lstat(path)
		require.NoError(t, err)
		return info.Mode().Perm()
	}
	for _, tc := range []struct {
		name                                  string
		outer, folder, private, file, journal fs.FileMode
	}{
		{"new", 0, 0o700, 0o700, 0o600, 0o600},
		{"private", 0o700, 0o700, 0o700, 0o600, 0o600},
		{"of a group that reads", 0o750, 0o750, 0o750, 0o640, 0o640},
		{"of a group that writes", 0o770 | fs.ModeSetgid, 0o770, 0o770, 0o660, 0o660},
		{"of earlier versions", 0o755, 0o755, 0o700, 0o644, 0o600},
		{"open to everybody", 0o777, 0o775, 0o700, 0o664, 0o600},
	} {
		for _, umask := range []int{0o022, 0o077, 0} {
			before := syscall.Umask(umask)
			dir := filepath.Join(t.TempDir(), "ledger")
			if tc.outer != 0 {
				require.NoError(t, os.Mkdir(dir, 0o700))
				require.NoError(t, os.Chmod(dir, tc.outer))
			}
			place := Place(dir)
			require.NoError(t, place.Folder(filepath.Join(dir, "usage", "dt=2026-11-01")))
			require.NoError(t, place.PrivateFolder(filepath.Join(dir, ".collect", "logs")))
			file, journal := filepath.Join(dir, "usage", "dt=2026-11-01", "part"), filepath.Join(dir, ".collect", "logs", "journal")
			require.NoError(t, place.Write(file, []byte("one")))
			opened, err := place.OpenFile(journal, os.O_RDWR|os.O_CREATE)
			require.NoError(t, err)
			require.NoError(t, opened.Close())
			moved, err := place.Create(filepath.Join(dir, ".collect", "part"), filepath.Join(dir, "usage"))
			require.NoError(t, err)
			require.NoError(t, moved.Close())
			syscall.Umask(before)
			require.Equal(t, tc.folder, mode(filepath.Dir(file)), tc.name)
			require.Equal(t, tc.private, mode(filepath.Dir(journal)), tc.name)
			require.Equal(t, tc.file, mode(file), tc.name)
			require.Equal(t, tc.journal, mode(journal), tc.name)
			require.Equal(t, tc.file, mode(moved.Name()), "it is going to lie in usage")
			require.NoError(t, os.Chmod(file, 0o640))
			require.NoError(t, place.Write(file, []byte("two")))
			require.Equal(t, fs.FileMode(0o640), mode(file), "what exists keeps its mode")
		}
	}
}
