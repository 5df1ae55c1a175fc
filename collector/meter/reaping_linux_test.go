package meter

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFirstProcess: as the first process of a system the meter inherits what others leave behind, and leaves no
// zombies.
func TestFirstProcess(t *testing.T) {
	program, err := os.Executable()
	require.NoError(t, err)
	// A hundred orphans end while the command runs on.
	const script = `i=0; while [ $i -lt 100 ]; do (sleep 0.01 &) ; i=$((i+1)); done; echo up; sleep 60`
	cmd := exec.Command(program, "--port", freePort(t), "--address", "127.0.0.1", "--", "sh", "-c", script)
	cmd.Env = append(os.Environ(), asProcess+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	var out, errs syncBuffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Skip("cannot make a namespace of processes here: ", err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	require.Eventually(t, func() bool { return out.String() == "up\n" }, 20*time.Second, 5*time.Millisecond, &errs)
	require.Eventually(t, func() bool {
		children := childrenOf(t, cmd.Process.Pid)
		return len(children) == 1 && !strings.Contains(children[0], " Z ")
	}, 10*time.Second, 20*time.Millisecond, "the command alone is left")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, 128+15, exitOf(cmd.Wait()))
}

// childrenOf lists the processes whose parent is the given one, each as its line in /proc.
func childrenOf(t testing.TB, parent int) (children []string) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := bytes.Cut(text, []byte(") "))
		var state string
		var ppid int
		if _, err := fmt.Sscan(string(after), &state, &ppid); err == nil && ppid == parent {
			children = append(children, " "+string(after))
		}
	}
	return children
}
