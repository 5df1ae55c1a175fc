//go:build unix

package meter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// children are the commands that the meter runs at thresholds. The supervisor reaps every process there is, these
// among them, so that what one ended with comes from whoever was first.
type children struct {
	mu       sync.Mutex
	starting int                               // commands that run and have no place below yet
	early    map[int]syscall.WaitStatus        // what ended while some were starting
	running  map[int]chan<- syscall.WaitStatus // by process id
}

// run runs a command without a shell, its output going to standard error, and waits for it. When ctx is done, it and
// what it has started are killed.
func (c *children) run(ctx context.Context, command, env []string) error {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer nothing.Close()
	c.mu.Lock()
	c.starting++
	c.mu.Unlock()
	process, err := os.StartProcess(path, command, &os.ProcAttr{
		Env: env, Files: []*os.File{nothing, os.Stderr, os.Stderr}, Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	ended := make(chan syscall.WaitStatus, 1)
	if started := err == nil; !c.started(process, ended) || !started {
		return err
	}
	go func() {
		if state, err := process.Wait(); err == nil { // else the supervisor has reaped it
			c.ended(process.Pid, state.Sys().(syscall.WaitStatus))
		}
	}()
	select {
	case status := <-ended:
		return endedWith(status)
	case <-ctx.Done():
		c.kill(process.Pid)
		return errors.New("killed, as it took too long")
	}
}

// started gives a command its place, and reports whether there is one: there is none for a command that was not
// started.
func (c *children) started(process *os.Process, ended chan<- syscall.WaitStatus) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.starting--
	if process != nil {
		if c.running == nil {
			c.running = map[int]chan<- syscall.WaitStatus{}
		}
		c.running[process.Pid] = ended
		if status, already := c.early[process.Pid]; already {
			c.take(process.Pid, status)
		}
	}
	if c.starting == 0 {
		c.early = nil
	}
	return process != nil
}

// ended tells that a process was reaped, which may be none of these.
func (c *children) ended(pid int, status syscall.WaitStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.take(pid, status):
	case c.starting > 0:
		if c.early == nil {
			c.early = map[int]syscall.WaitStatus{}
		}
		c.early[pid] = status
	}
}

func (c *children) take(pid int, status syscall.WaitStatus) bool {
	ended, ok := c.running[pid]
	if ok {
		ended <- status
		delete(c.running, pid)
	}
	return ok
}

// kill ends a command and its group, unless it has been reaped.
func (c *children) kill(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.running[pid]; ok {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

func endedWith(status syscall.WaitStatus) error {
	switch {
	case status.Signaled():
		return fmt.Errorf("ended by signal %d (%s)", status.Signal(), status.Signal())
	case status.ExitStatus() != 0:
		return fmt.Errorf("ended with exit code %d", status.ExitStatus())
	default:
		return nil
	}
}

var signalNames = map[string]syscall.Signal{
	"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT,
	"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP,
	"CONT": syscall.SIGCONT, "ALRM": syscall.SIGALRM,
}

// parseSignal reads a signal's name, such as TERM or SIGTERM.
func parseSignal(name string) (os.Signal, error) {
	if signal, ok := signalNames[strings.TrimPrefix(name, "SIG")]; ok {
		return signal, nil
	}
	var names []string
	for each := range signalNames {
		names = append(names, each)
	}
	slices.Sort(names)
	return nil, fmt.Errorf("unknown signal %.20q; valid signals: %s", name, strings.Join(names, ", "))
}
