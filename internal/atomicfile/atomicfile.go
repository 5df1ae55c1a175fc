// Package atomicfile replaces files as a whole: whatever happens midway (a full disk, an error in what is being
// written, a kill, a power failure), a reader finds either the old content or all of the new one.
//
// The new content goes to a hidden file beside the target, is synced, and is renamed over it; then the folder is
// synced, because a rename that only the page cache knows of can be lost even though the file's content is safe.
//
// # What is not promised
//
// A process that is killed midway leaves its hidden file behind. It is never read; [IsLeftover] recognizes it for
// owners of a folder who tidy up. Two writers at once do not disturb each other, but the last one to commit wins.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

const (
	suffix = ".tmp"
	// bytes of the target's name in the hidden one, so that long names stay within the file system's limit
	maxName    = 100
	bufferSize = 64 << 10
)

// Write replaces the file at path with data. See [Replace] for the mode.
func Write(path string, data []byte, mode fs.FileMode) error {
	return Replace(path, mode, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Replace replaces the file at path with what write writes, which need not fit into memory. An error of write is
// returned as it is; all others name path and never the hidden file.
//
// A file that exists keeps its mode. A new one gets the given mode, less the user's umask: a rename would otherwise
// loosen or tighten what the user has set. A symbolic link is followed rather than replaced, and what is not a regular
// file, such as /dev/null or a pipe, is written to.
func Replace(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if before, err := os.Stat(path); err == nil && !before.Mode().IsRegular() && !before.IsDir() {
		return writeSpecial(path, write)
	}
	staged, err := Stage(path, mode, write)
	if err != nil {
		return err
	}
	if err := staged.Commit(); err != nil {
		staged.Discard()
		return err
	}
	return SyncDir(filepath.Dir(staged.path))
}

func writeSpecial(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return cannotWrite(path, err)
	}
	return errors.Join(writeTo(file, path, write), file.Close())
}

// Staged is new content for a file, complete and synced, that has not replaced it yet. It is for those who replace
// several files and want all of them on the disk before the first is replaced; others use [Replace].
type Staged struct {
	path, hidden string
	shown        string // path as the caller gave it, for errors
}

// Stage writes what [Staged.Commit] will put in place. It leaves nothing behind on error.
func Stage(path string, mode fs.FileMode, write func(io.Writer) error) (*Staged, error) {
	s := &Staged{path: path, shown: path}
	if link, err := os.Lstat(path); err == nil && link.Mode()&fs.ModeSymlink != 0 {
		if s.path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("cannot write %s: it is a link to nothing", path)
		}
	}
	if before, err := os.Stat(s.path); err == nil && before.IsDir() {
		return nil, fmt.Errorf("cannot write %s: it is a folder", path)
	}
	file, err := s.create(mode)
	if err != nil {
		return nil, s.cannot(err)
	}
	err = writeTo(file, path, write)
	if err == nil {
		err = s.cannot(s.finish(file))
	}
	if closeErr := file.Close(); err == nil {
		err = s.cannot(closeErr)
	}
	if err != nil {
		s.Discard()
		return nil, err
	}
	return s, nil
}

// create opens a file under a name that no other writer has. [os.CreateTemp] would give it mode 0600 whatever the
// umask.
func (s *Staged) create(mode fs.FileMode) (*os.File, error) {
	folder, name := filepath.Split(s.path)
	for try := 0; ; try++ {
		s.hidden = filepath.Join(folder, fmt.Sprintf("%s%08x%s", prefix(name), rand.Uint32(), suffix))
		file, err := os.OpenFile(s.hidden, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err == nil || !errors.Is(err, fs.ErrExist) || try == 100 {
			return file, err
		}
	}
}

// prefix begins the hidden names for a target.
func prefix(target string) string {
	if len(target) > maxName {
		target = strings.ToValidUTF8(target[:maxName], "") // without the half of a character, which macOS refuses
	}
	return "." + target + "."
}

func (s *Staged) finish(file *os.File) error {
	if before, err := os.Stat(s.path); err == nil {
		if err := file.Chmod(before.Mode().Perm()); err != nil {
			return err
		}
	}
	return file.Sync()
}

// Commit renames the new content over the file. It lasts only once the folder is synced: see [SyncDir].
func (s *Staged) Commit() error { return s.cannot(os.Rename(s.hidden, s.path)) }

// Discard removes content that was not committed, and does nothing once it was.
func (s *Staged) Discard() { _ = os.Remove(s.hidden) }

func (s *Staged) cannot(err error) error { return cannotWrite(s.shown, err) }

// cannotWrite reports an error under the name by which the user knows the file, not that of the hidden one.
func cannotWrite(path string, err error) error {
	if err == nil {
		return nil
	}
	var ofPath *fs.PathError
	var ofLink *os.LinkError
	switch {
	case errors.As(err, &ofPath):
		err = ofPath.Err
	case errors.As(err, &ofLink):
		err = ofLink.Err
	}
	return fmt.Errorf("cannot write %s: %w", path, err)
}

// writeTo buffers what write writes to an open file. Errors of the file name path; those of write are returned as they
// are.
func writeTo(file io.Writer, path string, write func(io.Writer) error) error {
	out := bufio.NewWriterSize(named{file, path}, bufferSize)
	if err := write(out); err != nil {
		return err
	}
	return out.Flush()
}

type named struct {
	file io.Writer
	path string
}

// Write implements [io.Writer].
func (f named) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, cannotWrite(f.path, err)
}

// SyncDir makes renames within a folder survive a power failure. Windows has no such call and needs none, and some
// network file systems refuse it for folders; there is nothing more to be done on either.
func SyncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	if err := errors.Join(err, folder.Close()); err != nil {
		return fmt.Errorf("%s: what was written may not survive a power failure: %w", path, err)
	}
	return nil
}

// IsLeftover reports whether a name within a folder is that of a hidden file for target, such as a killed process
// leaves. Only those who know that nobody else writes target may delete it.
func IsLeftover(name, target string) bool {
	return strings.HasPrefix(name, prefix(target)) && strings.HasSuffix(name, suffix)
}
