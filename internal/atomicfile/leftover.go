package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"microspend/internal/lazyregexp"
)

const (
	suffix = ".tmp"
	// bytes of the target's name in the hidden one, so that long names stay within the file system's limit
	maxName = 100
	// writers of one target at a time; a name beyond the last is never tried
	maxWriters = 1000
	// leftovers are looked for under this many names behind the writer's own
	lookAhead = 8
)

// create opens the hidden file under the first name that no other writer holds, and removes what killed writers left.
// The names are counted rather than random, so that leftovers are found without listing the folder, which may have a
// hundred thousand files. [os.CreateTemp] would give the file mode 0600 whatever the umask.
func (s *Staged) create(mode fs.FileMode) error {
	for n := range maxWriters {
		s.hidden = hiddenName(s.name, n)
		file, err := createHeld(s.root, s.hidden, mode)
		if errors.Is(err, fs.ErrExist) && removeAbandoned(s.root, s.hidden) {
			file, err = createHeld(s.root, s.hidden, mode)
		}
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		s.file = file
		for more := n + 1; err == nil && more <= n+lookAhead; more++ {
			removeAbandoned(s.root, hiddenName(s.name, more))
		}
		return err
	}
	return fmt.Errorf("%d others are being written at the same time", maxWriters)
}

func hiddenName(path string, n int) string {
	folder, name := filepath.Split(path)
	return filepath.Join(folder, fmt.Sprintf("%s%d.microspend%s", prefix(name), n, suffix))
}

// prefix begins the hidden names for a target.
func prefix(target string) string {
	if len(target) > maxName {
		target = strings.ToValidUTF8(target[:maxName], "") // without the half of a character, which macOS refuses
	}
	return "." + target + "."
}

// createHeld creates a file and holds it. A file that exists, or that another process took for a leftover before it
// could be held, is a [fs.ErrExist].
func createHeld(root *os.Root, name string, mode fs.FileMode) (*os.File, error) {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	if err := hold(file); errors.Is(err, errHeld) || !isAt(file, root, name) {
		_ = file.Close()
		return nil, fs.ErrExist
	}
	return file, nil // also where the file system has no locks: then nothing is ever taken for a leftover
}

// isAt reports whether an open file is the one of a name.
func isAt(file *os.File, root *os.Root, name string) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := root.Lstat(name)
	return err == nil && os.SameFile(open, there)
}

// IsLeftover reports whether a name within a folder is that of a hidden file for target, such as a killed process
// leaves. It may also be that of a process that is alive, unless nobody else writes target.
func IsLeftover(name, target string) bool {
	return strings.HasPrefix(name, prefix(target)) && strings.HasSuffix(name, suffix)
}

var hiddenNames = lazyregexp.New(`^\..+\.[0-9]{1,3}\.microspend\.tmp$`)

// Tidy removes the hidden files that killed processes left in a folder, whatever their target. It is for those who
// write a folder of files whose names differ from one time to the next. What cannot be removed stays.
func Tidy(folder string) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return
	}
	defer root.Close()
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if IsTemporary(entry.Name()) {
			removeAbandoned(root, entry.Name())
		}
	}
}

// IsTemporary reports whether a name within a folder is that of a hidden file, whatever its target.
func IsTemporary(name string) bool { return hiddenNames.MatchString(name) }
