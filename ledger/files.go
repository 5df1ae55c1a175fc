package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// replaceFile puts a text in the place of a file of a folder: whole or not at all.
func replaceFile(folder, name string, text []byte) error {
	temporary := filepath.Join(folder, "."+name+".tmp")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	if err := os.Rename(temporary, filepath.Join(folder, name)); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes renames within a folder last. Windows has no such call.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	file, err := os.Open(folder)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("%s: what is written may not outlast a power cut: %w", folder, err)
	}
	return nil
}
