//go:build unix

package inputfile

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOnlyRegularFilesAreRead opens what never ends or never begins. A hang fails the test, not the whole run.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, syscall.Mkfifo(at("fifo"), 0o600))
	require.NoError(t, os.WriteFile(at("file"), []byte("text"), 0o600))
	require.NoError(t, os.Symlink(at("file"), at("link")))
	require.NoError(t, os.Symlink(at("fifo"), at("link-to-fifo")))
	require.NoError(t, os.Symlink("/dev/zero", at("link-to-zero")))
	listener, err := net.Listen("unix", at("socket"))
	require.NoError(t, err)
	defer listener.Close()
	for _, tc := range []struct{ path, reason, fault string }{
		{at("file"), "a regular file", ""},
		{at("link"), "Kubernetes mounts files as links", ""},
		{at("fifo"), "nobody writes to it", "PATH is a named pipe; give a file"},
		{at("link-to-fifo"), "nor to what a link leads to", "PATH is a named pipe; give a file"},
		{"/dev/zero", "it never ends", "PATH is a device; give a file"},
		{at("link-to-zero"), "nor does this", "PATH is a device; give a file"},
		{at("socket"), "it cannot be opened", "PATH is a socket; give a file"},
		{dir, "it has no text", "PATH is a directory; give a file"},
		{at("missing"), "the usual error", "open PATH: no such file or directory"},
	} {
		done := make(chan error, 1)
		var text []byte
		go func() {
			var err error
			text, err = Read(tc.path, 10)
			done <- err
		}()
		select {
		case err := <-done:
			if tc.fault == "" {
				require.NoError(t, err, tc.reason)
				require.Equal(t, "text", string(text))
				continue
			}
			require.EqualError(t, err, strings.ReplaceAll(tc.fault, "PATH", tc.path), tc.reason)
		case <-time.After(10 * time.Second):
			t.Fatalf("%s hangs: %s", tc.path, tc.reason)
		}
	}
}

func TestSizesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, make([]byte, 2048), 0o600))
	text, err := Read(path, 2048)
	require.NoError(t, err)
	require.Len(t, text, 2048)
	_, err = Read(path, 2047)
	require.EqualError(t, err, path+" is larger than 1 KiB, the most that is read of such a file")
	require.NoError(t, os.Truncate(path, 1<<40)) // as sparse a file as an attacker may make in no time
	_, err = Read(path, 64<<20)
	require.EqualError(t, err, path+" is larger than 64 MiB, the most that is read of such a file")
}

// A pipe that the shell made is read: microspend report --config <(command).
func TestPipesOfTheShell(t *testing.T) {
	out, in, err := os.Pipe()
	require.NoError(t, err)
	defer out.Close()
	go func() {
		time.Sleep(50 * time.Millisecond) // it is not there yet when the file is opened
		_, _ = io.WriteString(in, "text")
		_ = in.Close()
	}()
	text, err := Read("/dev/fd/"+strconv.Itoa(int(out.Fd())), 10)
	require.NoError(t, err)
	require.Equal(t, "text", string(text))
}
