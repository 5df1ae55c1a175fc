// Package inputfile opens the files that people and configurations name for reading. Such a name may be a mistake, or
// somebody else's doing: a device never ends, a pipe that nobody writes to never begins, and a file of gigabytes may
// lie where a few kilobytes belong. Only regular files are read, and whoever reads one whole says how large it may be.
//
// A symbolic link is followed: Kubernetes mounts configuration as links, and what is read is not changed by it. A pipe
// is read where the shell made it for the command, under /dev/fd, /proc/self/fd and /dev/stdin.
//
// # What is not promised
//
// Nothing here says of a file's content what is in it: errors name the path, the kind and the size alone, so that a
// configuration that names /etc/shadow does not show it.
package inputfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open opens a regular file, or a pipe of the shell's, and describes it. Its errors name the path.
func Open(path string) (*os.File, fs.FileInfo, error) {
	// Looked at first: to open a device may do something to it.
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: errors.Unwrap(err)}
	}
	if err := check(path, info); err != nil {
		return nil, nil, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = check(path, info) // another file may have taken its place since
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

// Read reads a file that has at most max bytes. A larger one is an error that names the limit.
func Read(path string, max int64) ([]byte, error) {
	file, info, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ReadOpen(file, path, info.Size(), max)
}

// ReadOpen is [Read] of a file that is open. Size is what it is known to have, 0 where that is not known.
func ReadOpen(file io.Reader, path string, size, max int64) ([]byte, error) {
	var text []byte
	var err error
	if size <= max {
		text, err = io.ReadAll(io.LimitReader(file, max+1)) // it may grow
		size = int64(len(text))
	}
	if err == nil && size > max {
		return nil, fmt.Errorf("%s is larger than %s, the most that is read of such a file", path, bytes(max))
	}
	return text, err
}

func bytes(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// check refuses what is not to be read.
func check(path string, info fs.FileInfo) error {
	mode := info.Mode()
	if mode.IsRegular() || mode&fs.ModeNamedPipe != 0 && ofShell(path) {
		return nil
	}
	return fmt.Errorf("%s is %s; give a file", path, Kind(mode))
}

// Kind is what a file is in words, where it is not a regular file.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "not a regular file"
}

// ofShell reports whether a path is one under which a shell hands a pipe to a command, as <(command) does.
func ofShell(path string) bool {
	path = filepath.ToSlash(filepath.Clean(path))
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}
