package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("ATOMICFILE_TEST_REPLACE"); path != "" {
		// The child of TestKill: replaces the file for as long as it lives, halting midway so that a kill finds it there.
		for n := 0; ; n++ {
			_ = Replace(path, 0o644, func(w io.Writer) error {
				_, err := w.Write(bytes.Repeat([]byte{byte('a' + n%26)}, 200_000))
				time.Sleep(time.Millisecond)
				return err
			})
		}
	}
	if path := os.Getenv("ATOMICFILE_TEST_HALT"); path != "" {
		haltMidway(path)
		return
	}
	if path := os.Getenv("ATOMICFILE_TEST_WRITE"); path != "" {
		if err := Write(path, []byte("whole "), 0o600); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, Write(path, []byte("one"), 0o640))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&^0o640, "a new file gets the mode asked for, less the umask")
	require.NoError(t, os.Chmod(path, 0o604))
	require.NoError(t, Write(path, []byte("two"), 0o640))
	require.Equal(t, "two", content(t, path))
	info, err = os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o604), info.Mode().Perm(), "a file that is replaced keeps its mode")
	require.Equal(t, []string{"file"}, names(t, dir))
}

func TestLongName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("é", 127))
	require.NoError(t, Write(path, []byte("text"), 0o600))
	require.Equal(t, "text", content(t, path))
}

func TestErrorWhileWriting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, Write(path, []byte("old"), 0o600))
	broken := errors.New("broken halfway")
	err := Replace(path, 0o600, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		require.NoError(t, err)
		return broken
	})
	require.Same(t, broken, err, "an error of the caller is returned as it is")
	require.Equal(t, "old", content(t, path))
	require.Equal(t, []string{"file"}, names(t, dir), "nothing is left behind")
}

func TestLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(target, link))
	require.EqualError(t, Write(link, nil, 0o600), "cannot write "+link+": it is a link to nothing")
	require.NoError(t, os.WriteFile(target, []byte("old"), 0o600))
	require.NoError(t, Write(link, []byte("new"), 0o600))
	require.Equal(t, "new", content(t, target))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&fs.ModeSymlink, "the link is still one")
}

func TestErrorsNameTheTarget(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing", "file")
	err := Write(missing, nil, 0o600)
	require.EqualError(t, err, "cannot write "+missing+": no such file or directory")
	require.ErrorIs(t, err, fs.ErrNotExist)

	folder := filepath.Join(dir, "folder")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "within"), 0o700))
	require.EqualError(t, Write(folder, nil, 0o600), "cannot write "+folder+": it is a folder")
	require.Equal(t, []string{"folder"}, names(t, dir))
	require.NoError(t, Write(os.DevNull, []byte("gone"), 0o600), "what is not a regular file is written to")

	if os.Getuid() == 0 {
		return // permissions don't bind this user
	}
	require.NoError(t, os.Chmod(folder, 0o500))
	t.Cleanup(func() { _ = os.Chmod(folder, 0o700) })
	require.ErrorIs(t, Write(filepath.Join(folder, "file"), nil, 0o600), fs.ErrPermission)
}

func TestStage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, Write(path, []byte("old"), 0o600))
	write := func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }
	first, err := Stage(path, 0o600, write)
	require.NoError(t, err)
	second, err := Stage(path, 0o600, write)
	require.NoError(t, err)
	require.Equal(t, "old", content(t, path), "nothing is replaced before it is committed")
	require.Len(t, names(t, dir), 3)
	for _, name := range names(t, dir) {
		require.Equal(t, name != "file", IsLeftover(name, "file"))
		require.False(t, IsLeftover(name, "fil"))
	}
	first.Discard()
	require.NoError(t, second.Commit())
	second.Discard()
	require.Equal(t, "new", content(t, path))
	require.Equal(t, []string{"file"}, names(t, dir))
}

func TestConcurrentWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	var writers sync.WaitGroup
	for n := range 8 {
		writers.Go(func() {
			for range 20 {
				if err := Write(path, bytes.Repeat([]byte{byte('a' + n)}, 10_000), 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	text := content(t, path)
	require.Equal(t, strings.Repeat(text[:1], 10_000), text, "the file is of one writer")
	require.Equal(t, []string{"file"}, names(t, dir))
}

// TestKill kills a process that does nothing but replace a file: whatever the moment, the file is whole.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, Write(path, bytes.Repeat([]byte{'a'}, 200_000), 0o644))
	for n := range 5 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "ATOMICFILE_TEST_REPLACE="+path)
		require.NoError(t, child.Start())
		time.Sleep(time.Duration(30+n*7) * time.Millisecond)
		require.NoError(t, child.Process.Kill())
		require.Error(t, child.Wait())
		text := content(t, path)
		require.Equal(t, strings.Repeat(text[:1], 200_000), text)
	}
	for _, name := range names(t, dir) {
		require.True(t, name == "file" || IsLeftover(name, "file"), name)
	}
	require.NoError(t, Write(path, []byte("after"), 0o644), "what the killed left does not disturb the next writer")
	require.Equal(t, "after", content(t, path))
	if runtime.GOOS != "windows" {
		require.Equal(t, []string{"file"}, names(t, dir))
	}
}

func TestFullDisk(t *testing.T) {
	err := writeTo(full{}, "report.csv", func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		return err
	})
	require.EqualError(t, err, "cannot write report.csv: no space left on device")
	err = writeTo(full{}, "report.csv", func(w io.Writer) error { _, err := fmt.Fprint(w, "short"); return err })
	require.EqualError(t, err, "cannot write report.csv: no space left on device",
		"also where only the flush reaches the disk")
}

type full struct{}

// Write implements [io.Writer].
func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/tmp/.report.csv.0.tmp", Err: errors.New("no space left on device")}
}
