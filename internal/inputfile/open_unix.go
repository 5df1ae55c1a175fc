//go:build unix

package inputfile

import "syscall"

// nonBlocking lets a pipe that nobody writes to be opened, and so refused.
const nonBlocking = syscall.O_NONBLOCK
