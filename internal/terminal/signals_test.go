package terminal_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// emptyDash is a shell that runs the dashboard over a ledger that is empty, writes its process id into a file, and
// stays.
func emptyDash(t *testing.T) (shell session, command string) {
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(folder+"/ledger", 0o700))
	return start(t, 100, 30, "PS1='shell$ ' bash --norc --noprofile -i"),
		"XDG_STATE_HOME=" + folder + " " + built(t) + " dash --ledger " + folder + "/ledger; echo e''nded"
}

// requireTerminalBack makes sure that the terminal is as it was: its first screen, a cursor, no mouse, keys echoed.
func (s session) requireTerminalBack() {
	s.t.Helper()
	require.Equal(s.t, "0", s.value("alternate_on"))
	require.Equal(s.t, "1", s.value("cursor_flag"))
	require.Equal(s.t, "0", s.value("mouse_any_flag"))
	s.write("stty -a | grep -o -- '-\\?icanon'; echo asked\n").shows("asked\n")
	screen, err := s.Screen()
	require.NoError(s.t, err)
	require.NotContains(s.t, screen, "\n-icanon")
}

// dashPID is the process id of the dashboard that runs in the shell.
func (s session) dashPID() int {
	s.t.Helper()
	out, err := exec.Command("pgrep", "-P", s.value("pane_pid"), "-f", " dash --ledger").Output()
	require.NoError(s.t, err)
	var pid int
	for _, digit := range strings.TrimSpace(string(out)) {
		pid = pid*10 + int(digit-'0')
	}
	return pid
}

// TestSuspendAndResume stops the dashboard for its shell and brings it back, twice.
func TestSuspendAndResume(t *testing.T) {
	s, command := emptyDash(t)
	s.write(command + "\n").shows("has no usage")
	for range 2 {
		s.press("C-z").shows("Stopped")
		s.requireTerminalBack()
		s.write("clear; fg\n").shows("1 overview", "has no usage")
		require.Equal(t, "1", s.value("alternate_on"))
		s.press("2").shows("No usage in this period")
		s.press("C-l").shows("No usage in this period")
		s.press("1").shows("has no usage")
	}
	pid := s.dashPID()
	s.press("q")
	requireGone(t, pid)
	s.requireTerminalBack()
}

// TestSuspendWithoutAShell: where nobody could bring it back, it stays and says so.
func TestSuspendWithoutAShell(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(folder+"/ledger", 0o700))
	s := start(t, 100, 30, "XDG_STATE_HOME="+folder+" "+built(t)+" dash --ledger "+folder+"/ledger")
	s.shows("has no usage")
	s.press("C-z").shows("there is no shell to go back to")
	s.press("2").shows("No usage in this period")
}

// TestSignalsGiveTheTerminalBack ends the dashboard from outside: the terminal is the shell's again, and no process is
// left.
func TestSignalsGiveTheTerminalBack(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			s, command := emptyDash(t)
			s.write(command + "\n").shows("has no usage")
			pid := s.dashPID()
			require.NoError(t, syscall.Kill(pid, signal))
			s.shows("ended")
			s.requireTerminalBack()
			requireGone(t, pid)
		})
	}
}

// TestClosedTerminalLeavesNoProcess closes the terminal under the dashboard.
func TestClosedTerminalLeavesNoProcess(t *testing.T) {
	s, command := emptyDash(t)
	s.write(command + "\n").shows("has no usage")
	pid := s.dashPID()
	s.Close()
	requireGone(t, pid)
}

func requireGone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH }, patience, 20*time.Millisecond)
}
