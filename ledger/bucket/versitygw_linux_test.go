package bucket

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"microspend/ledger/conformance"
)

// versitygwBinary names the program; see docs/bucket.md. It takes minutes to build, so tests do not.
const versitygwBinary = "MICROSPEND_VERSITYGW"

// versitygw runs another server than gofakes3, by other people, over a folder of this machine.
func versitygw(t *testing.T) string {
	t.Helper()
	credentials(t)
	if testing.Short() {
		t.Skip("the race detector sees the same code on gofakes3")
	}
	program := os.Getenv(versitygwBinary)
	if program == "" {
		t.Skip("no versitygw: set " + versitygwBinary + " to the program, version 1.8.0")
	}
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "usage"), 0o755))
	if err := unix.Setxattr(dir, "user.microspend", []byte("x"), 0); err != nil {
		t.Skipf("the file system of %s has no extended attributes: %v", dir, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	where := listener.Addr().String()
	require.NoError(t, listener.Close())
	server := exec.Command(program, "--port", where, "--access", "test-key", "--secret", "test-secret", "posix", dir)
	server.Dir = dir
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	for range 200 {
		if answer, err := http.Get("http://" + where); err == nil {
			_ = answer.Body.Close()
			return "http://" + where
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Fail(t, "versitygw does not answer")
	return ""
}

func TestWritersOnVersityGateway(t *testing.T) {
	loseNothing(t, address(versitygw(t), "ledger"))
}

func TestPromisesOnVersityGateway(t *testing.T) {
	conformance.Run(t, ledgersOn(versitygw(t)))
}
