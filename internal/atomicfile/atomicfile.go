// Package atomicfile replaces files as a whole: whatever happens midway (a full disk, an error in what is being
// written, a kill, a power failure), a reader finds either the old content or all of the new one.
//
// The new content goes to a hidden file beside the target, is synced, and is renamed over it; then the folder is
// synced, because a rename that only the page cache knows of can be lost even though the file's content is safe.
//
// A process that is killed midway leaves its hidden file behind. It is never read, and the next writer of the same
// target removes it, as [Tidy] does for all targets of a folder. A writer holds its hidden file for as long as it
// lives, and what is held is left alone: two writers at once do not disturb each other, but the last one to commit
// wins.
//
// # What is not promised
//
// On a file system without locks, leftovers stay. On Windows, which has no lock that outlives a rename, they stay for a
// minute.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

const bufferSize = 64 << 10

// Write replaces the file at path with data. See [Replace] for the mode.
func Write(path string, data []byte, mode fs.FileMode) error {
	return Replace(path, mode, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Replace replaces the file at path with what write writes, which need not fit into memory. An error of write is
// returned as it is; all others name path and never the hidden file.
//
// A file that exists keeps its mode. A new one gets the given mode, less the user's umask: a rename would otherwise
// loosen or tighten what the user has set. A symbolic link is followed rather than replaced, and what is not a regular
// file, such as /dev/null or a pipe, is written to; so is a file that is already open, such as /dev/stdout.
func Replace(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if file, err := openDescriptor(path); file != nil || err != nil {
		return writeOpen(file, path, err, write)
	}
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
	return SyncDir(staged.root.Name())
}

// Create writes a file that was not there before; one that exists is a [fs.ErrExist].
func Create(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil {
		return cannotWrite(path, fs.ErrExist)
	}
	staged, err := Stage(path, mode, write)
	if err != nil {
		return err
	}
	defer staged.Discard()
	// A link fails where somebody made the file meanwhile; a rename would replace theirs.
	if err = staged.root.Link(staged.hidden, staged.name); err != nil && !errors.Is(err, fs.ErrExist) {
		err = staged.Commit() // a file system without links
	}
	if err != nil {
		return staged.cannot(err)
	}
	return SyncDir(filepath.Dir(path))
}

// mayFollow refuses a link that another user has made in a folder that everybody may write to, such as /tmp: it may
// lead to any file that this user may write. That is Linux's own rule where fs.protected_symlinks is set, which does
// not see what is followed here.
func mayFollow(path string, link fs.FileInfo) error {
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil || folder.Mode()&fs.ModeSticky == 0 || folder.Mode()&0o002 == 0 || trustedOwner(link, folder) {
		return err
	}
	return errors.New("it is a link that another user has made")
}

func writeSpecial(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	return writeOpen(file, path, err, write)
}

// writeOpen writes to a file that was opened, unless that failed.
func writeOpen(file *os.File, path string, err error, write func(io.Writer) error) error {
	if err != nil {
		return cannotWrite(path, err)
	}
	return errors.Join(writeTo(file, path, write), file.Close())
}

// Staged is new content for a file, complete and synced, that has not replaced it yet. It is for those who replace
// several files and want all of them on the disk before the first is replaced; others use [Replace].
type Staged struct {
	root         *os.Root // which name and hidden lie in, whatever becomes of the path that led there
	name, hidden string
	shown        string   // the path as the caller gave it, for errors
	file         *os.File // keeps the hidden file from being taken for a leftover
	mode         fs.FileMode
	exact        bool // mode is that of a new file whatever the umask
}

// Stage writes what [Staged.Commit] will put in place. It leaves nothing behind on error.
func Stage(path string, mode fs.FileMode, write func(io.Writer) error) (*Staged, error) {
	at := path
	if link, err := os.Lstat(path); err == nil && link.Mode()&fs.ModeSymlink != 0 {
		if err := mayFollow(path, link); err != nil {
			return nil, cannotWrite(path, err)
		}
		if at, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("cannot write %s: it is a link to nothing", path)
		}
	}
	root, err := os.OpenRoot(filepath.Dir(at))
	if err != nil {
		return nil, cannotWrite(path, err)
	}
	return (&Staged{root: root, name: filepath.Base(at), shown: path, mode: mode}).stage(write)
}

// StageIn is [Stage] for places that the program owns, which package ownfile is about: a link is not followed but
// replaced, and no folder on the way leads out of root, which is closed with what is staged, also on error. With exact,
// a new file gets the mode whatever the umask.
func StageIn(root *os.Root, name string, mode fs.FileMode, exact bool, write func(io.Writer) error) (*Staged, error) {
	return (&Staged{root: root, name: name, shown: filepath.Join(root.Name(), name), mode: mode, exact: exact}).stage(write)
}

func (s *Staged) stage(write func(io.Writer) error) (*Staged, error) {
	err := s.begin()
	if err == nil {
		if err = writeTo(s.file, s.shown, write); err == nil {
			err = s.cannot(s.finish())
		}
		if err == nil {
			return s, nil
		}
		s.Discard()
	}
	_ = s.root.Close()
	return nil, err
}

func (s *Staged) begin() error {
	if before, err := s.root.Lstat(s.name); err == nil && before.IsDir() {
		return fmt.Errorf("cannot write %s: it is a folder", s.shown)
	}
	return s.cannot(s.create(s.mode))
}

func (s *Staged) finish() error {
	mode, set := s.mode, s.exact
	if before, err := s.root.Lstat(s.name); err == nil && before.Mode().IsRegular() {
		mode, set = before.Mode().Perm(), true
	}
	if set {
		if err := s.file.Chmod(mode); err != nil {
			return err
		}
	}
	if err := s.file.Sync(); err != nil || renamesOpenFiles {
		return err
	}
	return s.file.Close()
}

// Commit renames the new content over the file. It lasts only once the folder is synced: see [SyncDir].
func (s *Staged) Commit() error {
	err := s.cannot(s.root.Rename(s.hidden, s.name))
	if err == nil {
		s.hidden = ""
		_ = s.file.Close() // it is synced
		_ = s.root.Close()
	}
	return err
}

// Discard removes content that was not committed, and does nothing once it was.
func (s *Staged) Discard() {
	if s.hidden == "" {
		return
	}
	if renamesOpenFiles { // deleted while it is held, so that nobody else's of the same name is
		_ = s.root.Remove(s.hidden)
	}
	_ = s.file.Close()
	if !renamesOpenFiles {
		_ = s.root.Remove(s.hidden)
	}
	_ = s.root.Close()
	s.hidden = ""
}

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
