package parquet

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

var lockFileEx = syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")

// lockFile takes the lock of a file, alone or as one of several readers: one byte far behind the holder line, so that
// others can read the line.
func lockFile(file *os.File, alone bool) error {
	const exclusive, failImmediately = 2, 1
	how := uintptr(failImmediately)
	if alone {
		how |= exclusive
	}
	const errorLockViolation = syscall.Errno(33)
	at := syscall.Overlapped{OffsetHigh: 1}
	ok, _, err := lockFileEx.Call(file.Fd(), how, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	switch {
	case ok != 0:
		return nil
	case errors.Is(err, errorLockViolation):
		return errHeld
	}
	return err
}
