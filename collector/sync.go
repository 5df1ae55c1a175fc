package collector

import (
	"errors"
	"os"
	"runtime"
)

// syncFolder brings the names in a folder through to the disk. Windows does that by itself.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
