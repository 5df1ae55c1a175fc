package cardstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/atomicfile"
	"microspend/pricing"
)

const (
	staging = ".staging" // files on their way, of no account if the program ends
	pending = ".pending" // files that count already, whether or not they have been moved to their places
	lock    = ".lock"

	// priceFolder has a folder for each service whose prices were fetched, with one for each region in it.
	priceFolder = "prices"
)

// PricePath is the path of a table of prices that were fetched for a service in a region, for [Store.Put].
func PricePath(service, region, table string) string {
	return path.Join(priceFolder, service, region, table+".yaml")
}

// Prices are the folders of fetched prices in the form that [pricing.PriceBook.Over] takes, one for each service.
func (s Store) Prices() []fs.FS {
	files := s.FS()
	entries, err := fs.ReadDir(files, priceFolder)
	if err != nil {
		return nil // none were fetched
	}
	var folders []fs.FS
	for _, entry := range entries {
		if below, err := fs.Sub(files, path.Join(priceFolder, entry.Name())); err == nil {
			folders = append(folders, below)
		}
	}
	return folders
}

// Lock keeps others from updating the store until release is called or the program ends, however it ends. While
// somebody else has it, Lock waits, and calls waiting once.
func (s Store) Lock(ctx context.Context, waiting func()) (release func(), err error) {
	if s.dir == "" {
		return nil, errNoFolder
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, fmt.Errorf("no folder for rate cards: %w", err)
	}
	for tries := 0; ; tries++ {
		release, err := atomicfile.Lock(filepath.Join(s.dir, lock))
		if !errors.Is(err, atomicfile.ErrLocked) {
			return release, err
		}
		if tries == 0 {
			waiting()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Put replaces files of the store, by their paths within it, all at once or not at all: whoever reads the store through
// [Store.FS] sees none of them before all of them lie complete on the disk, and all of them from then on, also where
// the program ends before each is in its place. It is for whoever has the store's lock.
func (s Store) Put(files map[string][]byte) error {
	if s.dir == "" {
		return errNoFolder
	}
	if len(files) == 0 {
		return nil
	}
	if err := s.settle(); err != nil {
		return err
	}
	at := filepath.Join(s.dir, staging)
	defer func() { _ = s.place().RemoveAll(at) }()
	if err := s.stage(at, files); err != nil {
		return fmt.Errorf("%w; the present rates are kept", err)
	}
	if err := s.place().Rename(at, filepath.Join(s.dir, pending)); err != nil {
		return fmt.Errorf("%w; the present rates are kept", err)
	}
	if err := atomicfile.SyncDir(s.dir); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	return s.tidy(files)
}

func (s Store) stage(at string, files map[string][]byte) error {
	if err := s.place().RemoveAll(at); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !fs.ValidPath(name) || strings.HasPrefix(path.Base(name), ".") {
			return fmt.Errorf("%.100q is not a name within the store", name)
		}
		target := filepath.Join(at, filepath.FromSlash(name))
		if err := s.place().Folder(filepath.Dir(target)); err != nil {
			return err
		}
		if err := s.writeSynced(target, files[name]); err != nil {
			return err
		}
		if err := atomicfile.SyncDir(filepath.Dir(target)); err != nil {
			return err
		}
	}
	return atomicfile.SyncDir(at)
}

func (s Store) writeSynced(target string, text []byte) error {
	file, err := s.place().Create(target, s.dir)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Sync(), file.Close())
}

// settle moves what counts already to its place, which a program that was killed may have left to others. A file that
// is gone is one that another has moved.
func (s Store) settle() error {
	from := filepath.Join(s.dir, pending)
	if info, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil
	}
	err := filepath.WalkDir(from, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return ignoreMissing(err)
		}
		name, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		target := filepath.Join(s.dir, name)
		if err := s.place().Folder(filepath.Dir(target)); err != nil {
			return err
		}
		if err := ignoreMissing(s.place().Rename(file, target)); err != nil {
			return err
		}
		return atomicfile.SyncDir(filepath.Dir(target))
	})
	if err != nil {
		return fmt.Errorf("the new rates count, but could not be moved to their place: %w", err)
	}
	return s.place().RemoveAll(from)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// tidy removes the cards of the same regions that cannot be read, as they would keep the new ones from being read.
func (s Store) tidy(files map[string][]byte) error {
	var faults []error
	for name := range files {
		region, _, _ := strings.Cut(strings.TrimSuffix(name, ".yaml"), "@")
		if pricing.IsRegionName(region) {
			faults = append(faults, s.removeUnreadable(region))
		}
	}
	return errors.Join(faults...)
}

var errNoFolder = errors.New("no folder is set to keep rate cards in")

// overlay reads a folder with files over it that count already.
type overlay struct{ over, below fs.FS }

// Open implements fs.FS. What is over is looked at first: a file leaves it for its place below.
func (o overlay) Open(name string) (fs.File, error) {
	if file, err := o.over.Open(name); err == nil {
		if info, err := file.Stat(); err == nil && !info.IsDir() {
			return file, nil
		}
		_ = file.Close()
	}
	return o.below.Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	over, overErr := fs.ReadDir(o.over, name)
	below, err := fs.ReadDir(o.below, name)
	if err != nil && overErr != nil {
		return nil, err
	}
	for _, entry := range over {
		if !slices.ContainsFunc(below, func(e fs.DirEntry) bool { return e.Name() == entry.Name() }) {
			below = append(below, entry)
		}
	}
	slices.SortFunc(below, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return below, nil
}
