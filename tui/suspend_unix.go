//go:build unix

package tui

import "golang.org/x/sys/unix"

// suspendable reports whether a shell waits to take over once the program stops. A shell that controls jobs gives each
// a process group of its own; in the group that leads the session (ssh host microspend dash, a container) the kernel
// ignores the request to stop, and the program would wait for a fg that nobody can type.
func suspendable() bool {
	session, err := unix.Getsid(0)
	return err == nil && session != unix.Getpgrp()
}
