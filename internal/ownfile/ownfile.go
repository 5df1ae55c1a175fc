// Package ownfile reads and writes in places that the program owns: a ledger with all that lies in it, the store of rate
// cards, a folder that it exports to. There, only the program makes files, so that a symbolic link, a pipe or a device is
// somebody else's doing. None is followed, read or written: a link to another file of the user's, put where the program
// is going to write, would have that file overwritten. A file that the user names, by --output say, is package
// atomicfile's, which follows links.
//
// # Modes
//
// A folder that the program owns is the user's alone, mode 0700, where the program makes it. Everything that it makes in
// one has the permissions of the folder that it lies in, without those to execute for files, whatever the umask: 0600 in
// a folder of 0700, and 0660 in one of 2770 that a group shares. So one chmod of the outermost folder, before the first
// use, says who may read and write. Others may never write.
// What exists keeps its mode.
//
// # What is not promised
//
// A folder within a place that is replaced by a link while the program works in it is followed; whoever can do that could
// change everything there in any case. The outermost folder is the user's word and may be a link. Windows has neither the
// modes nor a way not to follow a link; there, links are looked for before a file is opened.
package ownfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"microspend/internal/atomicfile"
	"microspend/internal/inputfile"
)

// Folder makes a folder, unless it exists. The last own elements of its path are the program's own: links among them are
// refused.
func Folder(path string, own int) error { return folder(path, own, false) }

// PrivateFolder is [Folder] for what is of no use to other programs. A group has it where the folder that it lies in is
// that group's and not everybody's; else it is the user's alone.
func PrivateFolder(path string, own int) error { return folder(path, own, true) }

func folder(path string, own int, private bool) error {
	if own == 0 {
		return os.MkdirAll(path, 0o700)
	}
	parent := filepath.Dir(path)
	if err := folder(parent, own-1, private); err != nil {
		return err
	}
	mode, err := permissions(parent)
	if err != nil {
		return err
	}
	if private && mode&0o007 != 0 {
		mode &= 0o700
	}
	err = os.Mkdir(path, mode.Perm())
	if err == nil {
		return exactly(path, mode)
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = refuse(path, info.Mode())
	}
	return err
}

// permissions are those that what is made in a folder gets. A group that it sets is kept, as Linux does itself.
func permissions(folder string) (fs.FileMode, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return 0, err
	}
	return info.Mode() & (fs.ModePerm | fs.ModeSetgid) &^ 0o002, nil
}

// exactly gives a folder that was just made the permissions that the umask took.
func exactly(path string, mode fs.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Perm() == mode.Perm() {
		return err
	}
	return os.Chmod(path, mode)
}

// FileMode is the mode of files that are made in a folder; that of nobody else's where there is no such folder.
func FileMode(folder string) fs.FileMode {
	mode, err := permissions(folder)
	if err != nil {
		return 0o600
	}
	return mode.Perm() & 0o666
}

// refuse is the error of what must not be there.
func refuse(path string, mode fs.FileMode) error {
	return fmt.Errorf("%s is %s, which microspend did not make there, and is not used; look into who did, and remove it",
		path, inputfile.Kind(mode))
}

// Open opens a file to read.
func Open(path string) (*os.File, error) { return open(path, os.O_RDONLY) }

// OpenFile opens a file with the flags of [os.OpenFile]. One that it makes gets the mode of the folder that it is in.
func OpenFile(path string, flag int) (*os.File, error) {
	if flag&os.O_CREATE == 0 || flag&os.O_EXCL != 0 {
		return openLike(path, flag, filepath.Dir(path))
	}
	for {
		file, err := open(path, flag&^os.O_CREATE)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
		file, err = openLike(path, flag|os.O_EXCL, filepath.Dir(path))
		if !errors.Is(err, fs.ErrExist) { // or somebody made it in the meantime
			return file, err
		}
	}
}

// Create makes a file that was not there, with the mode of files in another folder, which it is going to be moved to.
func Create(path, like string) (*os.File, error) {
	return openLike(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, like)
}

func openLike(path string, flag int, like string) (*os.File, error) {
	if flag&os.O_CREATE == 0 {
		return open(path, flag)
	}
	mode := FileMode(like)
	file, err := os.OpenFile(path, flag|noFollow, mode)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && info.Mode().Perm() != mode {
		_ = file.Chmod(mode) // some file systems have no modes
	}
	return file, nil
}

// open opens what is there, if it is a regular file.
func open(path string, flag int) (*os.File, error) {
	// Looked at first, as it cannot be told from the error of opening a link that it is one, and as opening a device may do
	// something to it.
	info, err := os.Lstat(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.Unwrap(err)}
	}
	if !info.Mode().IsRegular() {
		return nil, refuse(path, info.Mode())
	}
	file, err := os.OpenFile(path, flag|noFollow, 0)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil && !info.Mode().IsRegular() {
		err = refuse(path, info.Mode())
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// ReadFile reads a file.
func ReadFile(path string) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// Write replaces a file, as [atomicfile.Write] does.
func Write(path string, data []byte) error {
	return Replace(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Replace replaces a file, as [atomicfile.Replace] does.
func Replace(path string, write func(io.Writer) error) error {
	staged, err := Stage(path, write)
	return commit(path, staged, err)
}

// Export is [Replace] for a folder that the user has named: a new file gets a mode less the umask, not the folder's.
func Export(path string, mode fs.FileMode, write func(io.Writer) error) error {
	staged, err := stage(path, mode, false, write)
	return commit(path, staged, err)
}

func commit(path string, staged *atomicfile.Staged, err error) error {
	if err != nil {
		return err
	}
	if err := staged.Commit(); err != nil {
		staged.Discard()
		return err
	}
	return atomicfile.SyncDir(filepath.Dir(path))
}

// Stage prepares to replace a file, as [atomicfile.Stage] does.
func Stage(path string, write func(io.Writer) error) (*atomicfile.Staged, error) {
	return stage(path, FileMode(filepath.Dir(path)), true, write)
}

func stage(path string, mode fs.FileMode, exact bool, write func(io.Writer) error) (*atomicfile.Staged, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, refuse(path, info.Mode())
	}
	return atomicfile.StageHere(path, mode, exact, write)
}
