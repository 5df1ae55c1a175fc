//go:build unix

package meter

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/charmbracelet/x/term"
)

// The exit codes of a command that could not be run, and the base of those of one that a signal ended, as in a shell.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
	exitSignalled     = 128
)

// passedOnSignals are those that a supervisor of processes, or a person at a terminal, means for the command.
var passedOnSignals = []os.Signal{
	syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
	syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGALRM,
}

// supervise runs a command with the process's own standard streams until it ends, passes signals on to it, and reaps
// every process that is left to it, as the first process of a system must; kids are told of theirs. What comes from
// ours is sent to the command, too. It returns the command's exit code.
func supervise(ctx context.Context, command []string, kids *children, ours <-chan os.Signal) (int, error) {
	path, err := exec.LookPath(command[0])
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return exitNotFound, err
		}
		return exitNotExecutable, err
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, passedOnSignals...)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	defer signal.Stop(signals)
	defer signal.Stop(children)

	process, err := os.StartProcess(path, command, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return exitNotExecutable, err
	}
	pid := process.Pid
	_ = process.Release() // it is reaped below, with all others
	// A terminal tells its signals to the whole group of processes, the command among them.
	atTerminal := term.IsTerminal(os.Stdin.Fd())
	done := ctx.Done()
	for {
		select {
		case <-done:
			done = nil
			_ = syscall.Kill(pid, syscall.SIGTERM)
		case s := <-signals:
			if atTerminal && (s == syscall.SIGINT || s == syscall.SIGQUIT || s == syscall.SIGTSTP || s == syscall.SIGWINCH) {
				continue
			}
			_ = syscall.Kill(pid, s.(syscall.Signal)) // it may have ended
		case s := <-ours:
			_ = syscall.Kill(pid, s.(syscall.Signal))
		case <-children:
			if status, ended := kids.reap(pid); ended {
				return exitCode(status), nil
			}
		}
	}
}

// reap takes every child that has ended, and reports whether one of them is the command.
func (c *children) reap(command int) (status syscall.WaitStatus, ended bool) {
	for {
		var s syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &s, syscall.WNOHANG, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil || pid <= 0:
			return status, ended
		case pid == command && (s.Exited() || s.Signaled()):
			status, ended = s, true
		case s.Exited() || s.Signaled():
			c.ended(pid, s)
		}
	}
}

func exitCode(s syscall.WaitStatus) int {
	if s.Signaled() {
		return exitSignalled + int(s.Signal())
	}
	return s.ExitStatus()
}
