package parquet

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"microspend/ledger"

	"microspend/internal/ownfile"
)

const lockName = "writer.lock"

// errHeld is what lockFile returns where another process, or another handle of this one, holds the lock.
var errHeld = errors.New("held")

// lock takes the one writer's lock of a folder. The lock is the operating system's and ends with its holder, whatever
// becomes of it; the line in the file is for people. The file stays, but for a ledger that nothing was written to: its
// holder deletes it, so that whoever waits with the deleted file open must not take that for the lock.
func lock(dir string, options ledger.Options) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	file, err := ownfile.Place(dir).OpenFile(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, fmt.Errorf("taking the ledger's writer lock: %w", err)
	}
	err = lockFile(file, true)
	// Whoever asks for the holder has the lock for a moment: see Holder.
	for try := 0; errors.Is(err, errHeld) && try < 5; try++ {
		time.Sleep(10 * time.Millisecond)
		err = lockFile(file, true)
	}
	if err == nil && !isAt(file, path) {
		_ = file.Close()
		return lock(dir, options)
	}
	switch {
	case errors.Is(err, errHeld):
		holder := holderLine(file)
		_ = file.Close()
		return nil, &ledger.HeldError{Path: path, Holder: holder}
	case err != nil:
		_ = file.Close()
		return nil, fmt.Errorf("taking the ledger's writer lock: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	command := options.Command
	if command == "" {
		command = filepath.Base(os.Args[0])
	}
	line := fmt.Sprintf("pid %d on %s, command %q, since %s\n", os.Getpid(), host, command,
		options.Now().UTC().Format(time.RFC3339))
	// The line informs only; a full disk must not keep a writer from cleaning up.
	_ = file.Truncate(0)
	_, _ = file.WriteAt([]byte(line), 0)
	return file, nil
}

func holderLine(file *os.File) string {
	line, _ := io.ReadAll(io.LimitReader(file, 1000))
	return strings.ToValidUTF8(strings.TrimSpace(string(line)), "?")
}

// Holder implements [ledger.Lockable]. It keeps no writer out: it shares the lock for a moment, for which writers wait.
func (l *Ledger) Holder() (holder string, held bool, err error) {
	file, err := ownfile.Open(filepath.Join(l.dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("looking for the ledger's writer: %w", err)
	}
	defer file.Close() // which gives the lock back
	switch err := lockFile(file, false); {
	case errors.Is(err, errHeld):
		return holderLine(file), true, nil
	case err != nil:
		return "", false, fmt.Errorf("looking for the ledger's writer: %w", err)
	}
	return "", false, nil
}

// isAt reports whether a path still leads to an open file.
func isAt(file *os.File, path string) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(open, there)
}

func unlock(file *os.File) error {
	_ = file.Truncate(0)
	return file.Close() // which gives the lock back
}
