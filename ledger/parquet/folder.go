package parquet

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/atomicfile"
	"microspend/internal/civil"
	"microspend/internal/ownfile"
)

const (
	usageFolder   = "usage"
	stagingFolder = ".staging"
	dayPrefix     = "dt="
	manifestName  = "_manifest.json"
)

// folder is the files of a ledger in a folder, which is its path.
type folder string

var _ Files = folder("")

func (f folder) place() ownfile.Place { return ownfile.Place(f) }

func (f folder) day(day civil.Day) string {
	return filepath.Join(string(f), usageFolder, dayPrefix+day.String())
}

func (f folder) staging() string { return filepath.Join(string(f), stagingFolder) }

// Name implements [Files].
func (f folder) Name() string { return string(f) }

// Path implements [Files]: within the ledger's folder.
func (f folder) Path(day civil.Day, name string) string { return shownPath(day, name) }

// shownPath is how a file is named in results: within the ledger's folder, with slashes.
func shownPath(day civil.Day, name string) string {
	return usageFolder + "/" + dayPrefix + day.String() + "/" + name
}

// Days implements [Files]: those that have a folder. Folders of other forms are not the ledger's.
func (f folder) Days(context.Context) ([]civil.Day, error) {
	entries, err := os.ReadDir(filepath.Join(string(f), usageFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	var days []civil.Day
	for _, entry := range entries {
		name, isDay := entry.Name(), entry.IsDir() && len(entry.Name()) == len(dayPrefix)+len(time.DateOnly)
		if !isDay || name[:len(dayPrefix)] != dayPrefix {
			continue
		}
		if day, err := civil.Parse(name[len(dayPrefix):]); err == nil {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	return days, nil
}

// Manifest implements [Files]. A writer is alone, so that the text is as good as a version.
func (f folder) Manifest(_ context.Context, day civil.Day) ([]byte, string, error) {
	text, err := ownfile.ReadFile(filepath.Join(f.day(day), manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	return text, string(text), err
}

// Open implements [Files]. It looks first for the name under which a part waits between the switch of its manifest and
// its rename: a part that has gone from there has the other name already.
func (f folder) Open(_ context.Context, day civil.Day, part PartFile) (File, error) {
	file, err := ownfile.Open(filepath.Join(f.day(day), part.pendingName()))
	if err != nil {
		file, err = ownfile.Open(filepath.Join(f.day(day), part.Name))
	}
	if err != nil {
		return nil, err
	}
	return opened(file)
}

// openedFile is an open file of a folder.
type openedFile struct {
	*os.File
	info fs.FileInfo
}

func opened(file *os.File) (File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return openedFile{file, info}, nil
}

// Size implements [File].
func (f openedFile) Size() int64 { return f.info.Size() }

// Version implements [File].
func (f openedFile) Version() string {
	return fmt.Sprintf("%s %d %d", f.Name(), f.info.Size(), f.info.ModTime().UnixNano())
}

// Location implements [Files].
func (f folder) Location(day civil.Day, part PartFile) string {
	return filepath.Join(f.day(day), part.Name)
}

// Ahead implements [Files].
func (f folder) Ahead() int { return 0 }

// Visible implements [Files]. Athena, Trino and Spark read every file whose name does not begin with a dot or an
// underscore.
func (f folder) Visible(_ context.Context, day civil.Day) (names []string, err error) {
	entries, err := os.ReadDir(f.day(day))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, entry := range entries {
		if !strings.ContainsAny(entry.Name()[:1], "._") {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// Fingerprint implements [Files]. It looks at each manifest's time and size alone and reads no file: cheap enough to ask
// every second whether there is anything new. The folders' times would not do: an import that changes nothing touches them.
func (f folder) Fingerprint(ctx context.Context) (string, error) {
	days, err := f.Days(ctx)
	if err != nil {
		return "", err
	}
	if len(days) == 0 {
		if _, err := os.Stat(string(f)); err != nil {
			return "", fmt.Errorf("reading the ledger: %w", err)
		}
	}
	sum := fnv.New64a()
	for _, day := range days {
		info, err := os.Lstat(filepath.Join(f.day(day), manifestName))
		if err != nil {
			continue // it has just gone, which its absence tells
		}
		fmt.Fprintf(sum, "%s %d %d\n", day, info.Size(), info.ModTime().UnixNano())
	}
	return fmt.Sprintf("%016x", sum.Sum64()), nil
}

// ownFolder is a folder whose writer lock this process holds.
type ownFolder struct {
	folder
	lock  *os.File
	fresh bool         // whether the ledger was created by this writer
	above []string     // the folders around the ledger that this writer created, the innermost first
	step  func(string) // called at each step of a switch
}

var _ WritableFiles = (*ownFolder)(nil)

// Staging implements [WritableFiles].
func (f *ownFolder) Staging() (ownfile.Place, string, error) {
	return f.place(), f.staging(), f.place().PrivateFolder(f.staging())
}

// Unstage implements [WritableFiles]. What cannot be removed the next writer will.
func (f *ownFolder) Unstage() { _ = f.place().RemoveAll(f.staging()) }

// Create implements [WritableFiles]: a file with the rights of the folder that it is going to be moved to.
func (f *ownFolder) Create(path string) (*os.File, error) {
	return f.place().Create(path, filepath.Join(string(f.folder), usageFolder))
}

// Add implements [WritableFiles]: the file is moved to the day's folder, under a hidden name.
func (f *ownFolder) Add(_ context.Context, day civil.Day, part PartFile, path string) (string, error) {
	if err := f.place().Folder(f.day(day)); err != nil {
		return "", ofDay(day, err)
	}
	return "", ofDay(day, f.place().Rename(path, filepath.Join(f.day(day), part.pendingName())))
}

// Discard implements [WritableFiles].
func (f *ownFolder) Discard(day civil.Day, parts []PartFile) {
	for i := range parts {
		_ = f.place().Remove(filepath.Join(f.day(day), parts[i].pendingName()))
	}
	_ = f.place().Remove(f.day(day)) // unless there is anything in it
}

// Ready implements [WritableFiles]: new days' folders are there to stay; what lies in them [ownFolder.Switch] sees to.
func (f *ownFolder) Ready(context.Context) error {
	return atomicfile.SyncDir(filepath.Join(string(f.folder), usageFolder))
}

// AsideName implements [WritableFiles].
func (f *ownFolder) AsideName(day civil.Day, part PartFile) string {
	if _, err := os.Lstat(filepath.Join(f.day(day), part.Name)); err != nil {
		return part.Name + ".missing" // a name to be reported under
	}
	return asideName(f.day(day), part.Name)
}

// SetAside implements [WritableFiles].
func (f *ownFolder) SetAside(_ context.Context, day civil.Day, part PartFile, aside string) error {
	err := f.place().Rename(filepath.Join(f.day(day), part.Name), filepath.Join(f.day(day), aside))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Switch implements [WritableFiles]. Nobody else can have written a manifest meanwhile.
func (f *ownFolder) Switch(_ context.Context, s Switch) error {
	if err := atomicfile.SyncDir(f.day(s.Day)); err != nil { // the files that wait must be there before the manifest names them
		return err
	}
	f.step("ready")
	if err := f.place().Write(filepath.Join(f.day(s.Day), manifestName), s.Manifest); err != nil {
		return err
	}
	f.step("switched")
	return f.settle(s.Day, s.Parts, s.Dropped)
}

// settle gives the parts of a manifest that has taken effect their names, and deletes what has no successor. It may be
// interrupted and repeated.
func (f *ownFolder) settle(day civil.Day, parts []PartFile, dropped []string) error {
	within := f.day(day)
	for i := range parts {
		err := f.place().Rename(filepath.Join(within, parts[i].pendingName()), filepath.Join(within, parts[i].Name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		f.step("renamed")
	}
	for _, name := range dropped {
		if err := f.place().Remove(filepath.Join(within, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return atomicfile.SyncDir(within)
}

// Close implements [WritableFiles]: it gives the writer lock back. A ledger that this writer created and that nothing
// was written to is removed: a folder without data must not look like one in which nothing was spent.
func (f *ownFolder) Close() error {
	if f.fresh && f.place().Remove(filepath.Join(string(f.folder), usageFolder)) == nil { // which it is not if it has a day
		_ = f.place().Remove(f.staging())
		_ = f.place().Remove(filepath.Join(string(f.folder), lockName))
		defer func() {
			for _, made := range append([]string{string(f.folder)}, f.above...) {
				_ = os.Remove(made) // unless there is anything else in it
			}
		}()
	}
	return unlock(f.lock)
}

// absentAbove are the folders around a ledger that there are none of yet, the innermost first.
func absentAbove(dir string) (absent []string) {
	for {
		parent := filepath.Dir(dir)
		if _, err := os.Lstat(parent); parent == dir || !errors.Is(err, os.ErrNotExist) {
			return absent
		}
		absent, dir = append(absent, parent), parent
	}
}

// pendingName is where a part waits between the switch of the manifest and its rename. It begins with a dot, so that
// neither globs nor engines see it.
func (p *PartFile) pendingName() string { return "." + p.Name + "." + p.SHA256[:16] + ".new" }

// asideSuffix ends the names of files that were set aside.
const asideSuffix = ".damaged"

// setAside renames a file so that nothing reads it any more, and returns its new name. One that is gone already gets a
// name to be reported under.
func setAside(place ownfile.Place, folder, name string) (string, error) {
	aside := asideName(folder, name)
	err := place.Rename(filepath.Join(folder, name), filepath.Join(folder, aside))
	if errors.Is(err, os.ErrNotExist) {
		return name + ".missing", nil
	}
	return aside, err
}

// asideName is a name that no file of the folder has, under which no engine reads it: it does not end in .parquet, and
// begins with an underscore, as Athena, Trino and Spark read every other file of a folder whatever its name ends in.
func asideName(folder, name string) string {
	plain := strings.TrimLeft(name, "._")
	for n := 1; ; n++ {
		aside := "_" + plain + asideSuffix
		if n > 1 {
			aside = fmt.Sprintf("_%s.%d%s", plain, n, asideSuffix)
		}
		if _, err := os.Lstat(filepath.Join(folder, aside)); err != nil {
			return aside
		}
	}
}
