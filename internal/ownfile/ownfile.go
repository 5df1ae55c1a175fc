// Package ownfile reads and writes in places that the program owns: a ledger with all that lies in it, the store of
// rate cards, a folder that it exports to. There, only the program makes files, so that a symbolic link, a pipe or a
// device is somebody else's doing. None is followed, read or written: a link to another file of the user's, put where
// the program is going to write, would have that file overwritten. So would one in the place of a folder, which
// somebody may put there while the program is at work; what is written, renamed and removed therefore goes through the
// [os.Root] of the [Place], and never by a path that was looked at before. A file that the user names, by --output say,
// is package atomicfile's, which follows links.
//
// # Modes
//
// A folder that the program owns is the user's alone, mode 0700, where the program makes it. Everything that it makes
// in one has the permissions of the folder that it lies in, without those to execute for files, whatever the umask:
// 0600 in a folder of 0700, and 0660 in one of 2770 that a group shares. So one chmod of the outermost folder, before
// the first use, says who may read and write. Others may never write. What exists keeps its mode.
//
// # What is not promised
//
// The outermost folder is the user's word and may be a link, as may those above it. A link that is put in the place of
// a folder between the look at it and its use is followed where it leads to another folder of the same place, never out
// of it. What is only read, by [Open], is looked at by the whole of its path: a folder that is a link is followed.
// Windows has no modes.
package ownfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"microspend/internal/atomicfile"
	"microspend/internal/inputfile"
)

// Place is the path of an outermost folder: the program owns all that lies in it. The paths that its methods are given
// begin with it; errors name them, and the folder that is not one.
type Place string

// do opens the place and calls op with what a path is called within it.
func (p Place) do(path string, op func(root *os.Root, name string) error) error {
	root, name, err := p.enter(path)
	if err != nil {
		return err
	}
	defer root.Close()
	return fault(root, name, op(root, name))
}

func (p Place) enter(path string) (root *os.Root, name string, err error) {
	if name, err = p.nameOf(path); err != nil {
		return nil, "", err
	}
	if root, err = os.OpenRoot(string(p)); err != nil {
		return nil, "", err
	}
	if err := noLinks(root, name); err != nil {
		return nil, "", errors.Join(err, root.Close())
	}
	return root, name, nil
}

func (p Place) nameOf(path string) (string, error) {
	name, err := filepath.Rel(string(p), path)
	if err != nil || !filepath.IsLocal(name) {
		return "", fmt.Errorf("%s does not lie in %s", path, string(p))
	}
	return name, nil
}

// Has reports whether a path is that of the place or of what lies in it.
func (p Place) Has(path string) bool {
	_, err := p.nameOf(path)
	return err == nil
}

// noLinks refuses a name on whose way there is something else than folders. [os.Root] would follow a link that leads to
// another folder of the place, and does not tell which link it was that leads out of it.
func noLinks(root *os.Root, name string) error {
	for i := range len(name) {
		if !os.IsPathSeparator(name[i]) {
			continue
		}
		info, err := root.Lstat(name[:i])
		if err != nil {
			return nil // for whoever opens it to report
		}
		if !info.IsDir() {
			return refuse(filepath.Join(root.Name(), name[:i]), info.Mode())
		}
	}
	return nil
}

// fault gives an error of a root the whole path, and names the folder that was replaced since it was looked at.
func fault(root *os.Root, name string, err error) error {
	if err == nil {
		return nil
	}
	if swapped := noLinks(root, name); swapped != nil {
		return swapped
	}
	whole := func(name string) string { return filepath.Join(root.Name(), name) }
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: strings.TrimSuffix(of.Op, "at"), Path: whole(of.Path), Err: of.Err}
	}
	if of, ok := errors.AsType[*os.LinkError](err); ok {
		return &os.LinkError{Op: strings.TrimSuffix(of.Op, "at"), Old: whole(of.Old), New: whole(of.New), Err: of.Err}
	}
	return err
}

// Folder makes a folder, unless it exists, and those that it lies in. Links among them are refused.
func (p Place) Folder(path string) error { return p.folder(path, false) }

// PrivateFolder is [Place.Folder] for what is of no use to other programs. A group has it where the folder that it lies
// in is that group's and not everybody's; else it is the user's alone.
func (p Place) PrivateFolder(path string) error { return p.folder(path, true) }

func (p Place) folder(path string, private bool) error {
	if err := os.MkdirAll(string(p), 0o700); err != nil {
		return err
	}
	return p.do(path, func(root *os.Root, name string) error {
		if name == "." {
			return nil
		}
		for i := range len(name) {
			if os.IsPathSeparator(name[i]) {
				if err := makeFolder(root, name[:i], private); err != nil {
					return err
				}
			}
		}
		return makeFolder(root, name, private)
	})
}

func makeFolder(root *os.Root, name string, private bool) error {
	mode, err := permissions(root, filepath.Dir(name))
	if err != nil {
		return err
	}
	if private && mode&0o007 != 0 {
		mode &= 0o700
	}
	err = root.Mkdir(name, mode.Perm())
	if err == nil {
		return exactly(root, name, mode)
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := root.Lstat(name)
	if err == nil && !info.IsDir() {
		err = refuse(filepath.Join(root.Name(), name), info.Mode())
	}
	return err
}

// permissions are those that what is made in a folder gets. A group that it sets is kept, as Linux does itself.
func permissions(root *os.Root, folder string) (fs.FileMode, error) {
	info, err := root.Stat(folder)
	if err != nil {
		return 0, err
	}
	return info.Mode() & (fs.ModePerm | fs.ModeSetgid) &^ 0o002, nil
}

// exactly gives a folder that was just made the permissions that the umask took.
func exactly(root *os.Root, name string, mode fs.FileMode) error {
	info, err := root.Lstat(name)
	if err != nil || info.Mode().Perm() == mode.Perm() {
		return err
	}
	return root.Chmod(name, mode)
}

// fileMode is the mode of files that are made in a folder; that of nobody else's where there is no such folder.
func fileMode(root *os.Root, folder string) fs.FileMode {
	mode, err := permissions(root, folder)
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

// OpenFile opens a file with the flags of [os.OpenFile]. One that it makes gets the mode of the folder that it is in.
func (p Place) OpenFile(path string, flag int) (file *os.File, err error) {
	err = p.do(path, func(root *os.Root, name string) (err error) {
		file, err = openFile(root, name, flag)
		return err
	})
	return file, err
}

func openFile(root *os.Root, name string, flag int) (*os.File, error) {
	if flag&os.O_CREATE == 0 {
		return openIn(root, name, flag)
	}
	if flag&os.O_EXCL != 0 {
		return create(root, name, flag, filepath.Dir(name))
	}
	for {
		file, err := openIn(root, name, flag&^os.O_CREATE)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
		file, err = create(root, name, flag|os.O_EXCL, filepath.Dir(name))
		if !errors.Is(err, fs.ErrExist) { // or somebody made it in the meantime
			return file, err
		}
	}
}

// Create makes a file that was not there, with the mode of files in another folder, which it is going to be moved to.
func (p Place) Create(path, like string) (file *os.File, err error) {
	if like, err = p.nameOf(like); err != nil {
		return nil, err
	}
	err = p.do(path, func(root *os.Root, name string) (err error) {
		file, err = create(root, name, os.O_RDWR|os.O_CREATE|os.O_EXCL, like)
		return err
	})
	return file, err
}

func create(root *os.Root, name string, flag int, like string) (*os.File, error) {
	mode := fileMode(root, like)
	file, err := root.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && info.Mode().Perm() != mode {
		_ = file.Chmod(mode) // some file systems have no modes
	}
	return file, nil
}

// openIn opens what is there, if it is a regular file.
func openIn(root *os.Root, name string, flag int) (*os.File, error) {
	return open(filepath.Join(root.Name(), name),
		func() (fs.FileInfo, error) { return root.Lstat(name) },
		func() (*os.File, error) { return root.OpenFile(name, flag|noFollow, 0) })
}

// Open opens a file to read.
func Open(path string) (*os.File, error) {
	return open(path,
		func() (fs.FileInfo, error) { return os.Lstat(path) },
		func() (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|noFollow, 0) })
}

// attempts is how often a file is opened again that was replaced between the look at it and its opening.
const attempts = 100

func open(path string, lstat func() (fs.FileInfo, error), openIt func() (*os.File, error)) (*os.File, error) {
	for range attempts {
		// Looked at first, as it cannot be told from the error of opening a link that it is one, and as opening a device may
		// do something to it.
		before, err := lstat()
		if of, ok := errors.AsType[*fs.PathError](err); ok {
			of.Op = "open"
		}
		if err != nil {
			return nil, err
		}
		if !before.Mode().IsRegular() {
			return nil, refuse(path, before.Mode())
		}
		file, err := openIt()
		if err != nil {
			return nil, err
		}
		opened, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if os.SameFile(before, opened) {
			return file, nil
		}
		_ = file.Close() // a root follows a link within itself
	}
	return nil, fmt.Errorf("%s is replaced all the time", path)
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

// Rename renames what lies in the place within it.
func (p Place) Rename(from, to string) error {
	target, err := p.nameOf(to)
	if err != nil {
		return err
	}
	return p.do(from, func(root *os.Root, name string) error {
		err := noLinks(root, target)
		if err == nil {
			if err = root.Rename(name, target); err != nil {
				err = cmp.Or(noLinks(root, target), err)
			}
		}
		return err
	})
}

// Remove removes a file, a link or an empty folder.
func (p Place) Remove(path string) error {
	return p.do(path, func(root *os.Root, name string) error { return root.Remove(name) })
}

// RemoveAll removes a folder with all that lies in it, unless there is none.
func (p Place) RemoveAll(path string) error {
	return p.do(path, func(root *os.Root, name string) error { return root.RemoveAll(name) })
}

// Write replaces a file, as [atomicfile.Write] does.
func (p Place) Write(path string, data []byte) error {
	return p.Replace(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Replace replaces a file, as [atomicfile.Replace] does.
func (p Place) Replace(path string, write func(io.Writer) error) error {
	staged, err := p.Stage(path, write)
	return p.commit(path, staged, err)
}

// Export is [Place.Replace] for a folder that the user has named: a new file gets a mode less the umask, not the
// folder's.
func (p Place) Export(path string, mode fs.FileMode, write func(io.Writer) error) error {
	staged, err := p.stage(path, &mode, write)
	return p.commit(path, staged, err)
}

func (p Place) commit(path string, staged *atomicfile.Staged, err error) error {
	if err != nil {
		return err
	}
	if err := staged.Commit(); err != nil {
		staged.Discard()
		return p.swapped(path, err)
	}
	return atomicfile.SyncDir(filepath.Dir(path))
}

// swapped is the error of a folder that was replaced, where that is why something failed.
func (p Place) swapped(path string, err error) error {
	root, _, refused := p.enter(path)
	if refused != nil {
		return refused
	}
	_ = root.Close()
	return err
}

// Stage prepares to replace a file, as [atomicfile.Stage] does.
func (p Place) Stage(path string, write func(io.Writer) error) (*atomicfile.Staged, error) {
	return p.stage(path, nil, write)
}

// stage gives a new file the mode of its folder where there is no other.
func (p Place) stage(path string, mode *fs.FileMode, write func(io.Writer) error) (*atomicfile.Staged, error) {
	root, name, err := p.enter(path)
	if err != nil {
		return nil, err
	}
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, errors.Join(refuse(path, info.Mode()), root.Close())
	}
	exact := mode == nil
	if exact {
		like := fileMode(root, filepath.Dir(name))
		mode = &like
	}
	staged, err := atomicfile.StageIn(root, name, *mode, exact, write)
	if err != nil {
		return nil, p.swapped(path, err)
	}
	return staged, nil
}
