package tui

// suspendable reports whether a shell waits to take over once the program stops: there are no jobs to control.
func suspendable() bool { return false }
