package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// scratchLock is the file of a scratch folder that is held while the folder is in use.
const scratchLock = ".lock"

// Scratch makes a folder for temporary files in the system's own and returns what removes it. What killed processes
// left in theirs is removed first.
func Scratch() (dir string, remove func(), err error) {
	base := filepath.Join(os.TempDir(), "microspend-scratch-")
	earlier, _ := filepath.Glob(base + "*")
	for _, folder := range earlier {
		root, err := os.OpenRoot(folder)
		if err != nil {
			continue
		}
		abandoned := removeAbandoned(root, scratchLock)
		if _ = root.Close(); abandoned {
			_ = os.RemoveAll(folder)
		}
	}
	for range maxWriters {
		if dir, err = os.MkdirTemp("", filepath.Base(base)+"*"); err != nil {
			return "", nil, err
		}
		lock, err := holdScratch(dir)
		if err == nil {
			return dir, func() { _ = lock.Close(); _ = os.RemoveAll(dir) }, nil
		}
		err = errors.Join(err, os.RemoveAll(dir))
		if !errors.Is(err, fs.ErrExist) {
			return "", nil, err
		}
		// Another process took the folder for a leftover in the moment before it was held.
	}
	return "", nil, fmt.Errorf("%s: %w", dir, errHeld)
}

func holdScratch(dir string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return createHeld(root, scratchLock, 0o600)
}
