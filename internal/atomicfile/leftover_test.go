package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// halted starts a process that has written half of a file and then waits; see TestMain.
func halted(t *testing.T, path string) (child *exec.Cmd, finish io.Closer) {
	t.Helper()
	child = exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "ATOMICFILE_TEST_HALT="+path)
	finish, err := child.StdinPipe()
	require.NoError(t, err)
	said, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	t.Cleanup(func() { _ = child.Process.Kill() })
	_, err = io.ReadFull(said, make([]byte, 1))
	require.NoError(t, err)
	return child, finish
}

func kill(t *testing.T, child *exec.Cmd) {
	t.Helper()
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
}

func skipWithoutLocks(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("leftovers stay for a minute")
	}
}

// The next writer of a target removes what any number of killed ones left, and of those that live nothing.
func TestKilledWritersLeaveNothing(t *testing.T) {
	skipWithoutLocks(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "report.csv")
	require.NoError(t, Write(path, []byte("old"), 0o600))
	killed := make([]*exec.Cmd, 3)
	for i := range killed {
		killed[i], _ = halted(t, path)
	}
	alive, finish := halted(t, path)
	require.Len(t, names(t, dir), 5, "the target and what each of the four has written")
	for _, child := range killed {
		kill(t, child)
	}
	require.Equal(t, "old", content(t, path))

	require.NoError(t, Write(path, []byte("new"), 0o600))
	require.Equal(t, "new", content(t, path))
	require.Len(t, names(t, dir), 2, "the target and what the one that lives has written")
	require.NoError(t, finish.Close())
	require.NoError(t, alive.Wait())
	require.Equal(t, "whole", content(t, path), "the one that lives is not disturbed")
	require.Equal(t, []string{"report.csv"}, names(t, dir))
}

// What only looks like a leftover, or is another target's, stays.
func TestOthersFilesStay(t *testing.T) {
	skipWithoutLocks(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "report.csv")
	theirs := []string{
		".report.csv.1a2b3c4d.tmp", ".report.csv.tmp", ".report.csv.0.microspend.tmp.bak", "report.csv.0.microspend.tmp",
		".report.csv.x.microspend.tmp", ".report.csv.swp",
	}
	for _, name := range theirs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("theirs"), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".report.csv.0.microspend.tmp"), 0o700))
	require.NoError(t, os.Symlink(theirs[0], filepath.Join(dir, ".report.csv.1.microspend.tmp")))
	other, _ := halted(t, filepath.Join(dir, "other.csv"))
	kill(t, other)
	before := names(t, dir)

	require.NoError(t, Write(path, []byte("new"), 0o600))
	require.ElementsMatch(t, append(before, "report.csv"), names(t, dir))
	for _, name := range theirs {
		require.Equal(t, "theirs", content(t, filepath.Join(dir, name)))
	}
	alive, finish := halted(t, filepath.Join(dir, "alive.csv"))
	Tidy(dir)
	require.Subset(t, names(t, dir), append(theirs, ".alive.csv.0.microspend.tmp"))
	require.NotContains(t, names(t, dir), ".other.csv.0.microspend.tmp")
	require.NoError(t, finish.Close())
	require.NoError(t, alive.Wait())
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	text := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	require.NoError(t, Create(path, 0o600, text("first")))
	require.ErrorIs(t, Create(path, 0o600, text("second")), fs.ErrExist)
	broken := errors.New("broken")
	require.Same(t, broken, Create(path+"2", 0o600, func(io.Writer) error { return broken }))
	err := Create(path+"3", 0o600, func(w io.Writer) error { return os.WriteFile(path+"3", []byte("theirs"), 0o600) })
	require.ErrorIs(t, err, fs.ErrExist, "somebody else was faster")
	require.Equal(t, "theirs", content(t, path+"3"))
	require.Equal(t, "first", content(t, path))
	require.Equal(t, []string{"file", "file3"}, names(t, dir))
}

// A file that is open, as standard output is when a shell redirects it, goes on where it was and stays the same file.
func TestOpenFiles(t *testing.T) {
	skipWithoutLocks(t)
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, []byte("before "), 0o600))
	shell := exec.Command("sh", "-c", `exec >>"$1"; ATOMICFILE_TEST_WRITE=/dev/stdout "$0"
		ATOMICFILE_TEST_WRITE=/dev/fd/1 "$0"; echo after`, os.Args[0], path)
	out, err := shell.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "before whole whole after\n", content(t, path))
}

func TestScratch(t *testing.T) {
	skipWithoutLocks(t)
	t.Setenv("TMPDIR", t.TempDir())
	first, remove, err := Scratch()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(first, "large"), bytes.Repeat([]byte{1}, 100), 0o600))
	child, _ := halted(t, "scratch")
	require.Len(t, names(t, os.TempDir()), 2)
	kill(t, child)
	second, removeSecond, err := Scratch()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{filepath.Base(first), filepath.Base(second)}, names(t, os.TempDir()),
		"what the killed one had is gone, and what is in use is not")
	remove()
	removeSecond()
	require.Empty(t, names(t, os.TempDir()))
}

// haltMidway is the child of halted.
func haltMidway(path string) {
	wait := func() {
		_, _ = os.Stdout.Write([]byte{'.'})
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
	if path == "scratch" {
		if _, _, err := Scratch(); err != nil {
			panic(err)
		}
		wait()
		return
	}
	err := Replace(path, 0o600, func(w io.Writer) error {
		wait()
		_, err := io.WriteString(w, "whole")
		return err
	})
	if err != nil {
		panic(err)
	}
}

// Many at once make scratch folders while each looks for leftovers of the others.
func TestScratchAtOnce(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				dir, remove, err := Scratch()
				if !assert.NoError(t, err) {
					return
				}
				assert.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
				remove()
			}
		})
	}
	all.Wait()
	require.Empty(t, names(t, os.Getenv("TMPDIR")))
}
