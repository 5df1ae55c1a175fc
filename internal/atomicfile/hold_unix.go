//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// renamesOpenFiles reports whether the system renames and deletes files that are open.
const renamesOpenFiles = true

var errHeld = errors.New("held by another process")

// hold locks a file until it is closed or the process ends, however it ends.
func hold(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errHeld
		default:
			return err
		}
	}
}

// removeAbandoned removes a hidden file that no process holds, and reports whether it did.
func removeAbandoned(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	// Network file systems want a file that is to be locked opened for writing.
	file, err := root.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer file.Close()
	return hold(file) == nil && isAt(file, root, name) && root.Remove(name) == nil
}

// trustedOwner reports whether a file belongs to this user, or to the owner of the folder that it is in.
func trustedOwner(file, folder fs.FileInfo) bool {
	a, ok := file.Sys().(*syscall.Stat_t)
	b, okB := folder.Sys().(*syscall.Stat_t)
	return ok && okB && (int(a.Uid) == os.Geteuid() || a.Uid == b.Uid)
}

// openDescriptor opens what is open already under /dev/stdout and the like. To open it by that name would begin a file
// behind it anew, and to replace the file would lose what others write to it.
func openDescriptor(path string) (*os.File, error) {
	number := ""
	switch path = filepath.Clean(path); {
	case path == "/dev/stdout":
		number = "1"
	case path == "/dev/stderr":
		number = "2"
	default:
		for _, folder := range []string{"/dev/fd/", "/proc/self/fd/"} {
			if after, found := strings.CutPrefix(path, folder); found {
				number = after
			}
		}
	}
	fd, err := strconv.Atoi(number)
	if err != nil || fd < 0 {
		return nil, nil
	}
	if fd, err = syscall.Dup(fd); err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), path), nil
}
