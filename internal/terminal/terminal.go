// Package terminal drives a program in a real terminal, tmux, for tests and measurements: it presses keys and reads the
// screen as a person would.
package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Terminal is a tmux server of its own with one window.
type Terminal struct {
	folder, socket string
	environ        []string
}

// Available reports whether tmux is available.
func Available() bool {
	_, err := exec.LookPath("tmux")
	return err == nil
}

// Start runs a command line of the shell in a terminal of so many cells. Close must be called in the end.
func Start(width, height int, environ []string, command string) (*Terminal, error) {
	folder, err := os.MkdirTemp("", "terminal-*")
	if err != nil {
		return nil, err
	}
	t := &Terminal{folder, filepath.Join(folder, "tmux"), environ}
	config := filepath.Join(folder, "tmux.conf")
	settings := "set -g default-terminal xterm-256color\nset -g escape-time 0\nset -g status off\nset -g remain-on-exit on\nset -g history-limit 1000\n"
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		return nil, err
	}
	_, err = t.tmux("-f", config, "new-session", "-d", "-s", "main", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height),
		command)
	if err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Terminal) tmux(args ...string) (string, error) {
	cmd := exec.Command("tmux", append([]string{"-S", t.socket}, args...)...)
	cmd.Env = append(os.Environ(), t.environ...)
	var out, fault bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &fault
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", args[0], err, strings.TrimSpace(fault.String()))
	}
	return out.String(), nil
}

// Close ends the program and the terminal.
func (t *Terminal) Close() {
	_, _ = t.tmux("kill-server")
	_ = os.RemoveAll(t.folder)
}

// Press presses keys by tmux's names, such as Enter, Escape or j.
func (t *Terminal) Press(keys ...string) error {
	_, err := t.tmux(append([]string{"send-keys", "-t", "main"}, keys...)...)
	return err
}

// Type types a text as it is.
func (t *Terminal) Type(text string) error {
	_, err := t.tmux("send-keys", "-t", "main", "-l", text)
	return err
}

// Resize changes the size of the terminal.
func (t *Terminal) Resize(width, height int) error {
	_, err := t.tmux("resize-window", "-t", "main", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
	return err
}

// Screen is what the terminal shows.
func (t *Terminal) Screen() (string, error) { return t.tmux("capture-pane", "-p", "-t", "main") }

// Value is one of tmux's variables, such as pane_pid, pane_dead or cursor_flag.
func (t *Terminal) Value(name string) (string, error) {
	text, err := t.tmux("display-message", "-p", "-t", "main", "#{"+name+"}")
	return strings.TrimSpace(text), err
}

// Wait waits until the screen shows a text, and returns the screen.
func (t *Terminal) Wait(text string, most time.Duration) (string, error) {
	deadline := time.Now().Add(most)
	for {
		screen, err := t.Screen()
		switch {
		case err != nil:
			return "", err
		case strings.Contains(screen, text):
			return screen, nil
		case time.Now().After(deadline):
			return screen, errors.New("the terminal never showed " + strconv.Quote(text) + " but:\n" + screen)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
