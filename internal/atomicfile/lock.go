package atomicfile

import (
	"errors"
	"fmt"
	"os"
)

// ErrLocked says that another process has a lock.
var ErrLocked = errors.New("locked by another process")

// Lock takes the lock that a file at path stands for, until release is called or the process ends, however it ends. The
// file stays. [ErrLocked] is the error where another process has it. On Windows and on a file system without locks,
// several may have it at once.
func Lock(path string) (release func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := hold(file); errors.Is(err, errHeld) {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, ErrLocked), file.Close())
	}
	return func() { _ = file.Close() }, nil
}
