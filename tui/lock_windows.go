package tui

import (
	"os"

	"golang.org/x/sys/windows"

	"microspend/internal/ownfile"
)

// lockFile waits for a lock that other processes respect, and that ends with the process.
func lockFile(place ownfile.Place, path string) (unlock func(), err error) {
	file, err := place.OpenFile(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	var at windows.Overlapped
	err = windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &at)
	if err != nil {
		file.Close()
		return nil, err
	}
	return func() { file.Close() }, nil
}
