//go:build unix

package tui

import (
	"os"

	"golang.org/x/sys/unix"

	"microspend/internal/ownfile"
)

// lockFile waits for a lock that other processes respect, and that ends with the process.
func lockFile(place ownfile.Place, path string) (unlock func(), err error) {
	file, err := place.OpenFile(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return func() { file.Close() }, nil
}
