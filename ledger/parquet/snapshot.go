package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"microspend/internal/atomicfile"
	"microspend/internal/ownfile"
)

// Snapshot copies the days that can hold usage in [from, to), with days cut in a location, into another folder, which
// is a ledger of its own from then on. Files are copied, not linked: what later damages or replaces one of the two must
// leave the other as it is. They are synced; whoever makes the folder visible, by a rename say, finds it complete.
func (w *Writer) Snapshot(ctx context.Context, dir string, from, to time.Time, loc *time.Location) error {
	days, err := w.daysBetween(ctx, from, to, loc)
	if err != nil {
		return err
	}
	place := w.place()
	if !place.Has(dir) {
		place = ownfile.Place(dir)
	}
	if err := place.Folder(filepath.Join(dir, usageFolder)); err != nil {
		return err
	}
	for _, day := range days {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := copyFolder(place, folder(w.dir).day(day), folder(dir).day(day)); err != nil {
			return fmt.Errorf("copying %s: %w", day, err)
		}
	}
	return atomicfile.SyncDir(filepath.Join(dir, usageFolder))
}

// copyFolder copies the files of a folder, which has no other folders.
func copyFolder(place ownfile.Place, from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := place.Folder(to); err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		if err := copyFile(place, filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())); err != nil {
			return err
		}
	}
	return atomicfile.SyncDir(to)
}

func copyFile(place ownfile.Place, from, to string) (err error) {
	source, err := ownfile.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := place.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if _, err := io.Copy(target, source); err != nil { // by the file system itself, where it shares blocks
		return err
	}
	return target.Sync()
}

// SameAs reports whether two ledgers hold the same in [from, to), by the manifests of the days, which are read alone.
// It never says so of ledgers that differ; of equal records that versions of the format wrote differently it may deny
// it.
func (l *Ledger) SameAs(other *Ledger, from, to time.Time, loc *time.Location) (bool, error) {
	ctx := context.TODO()
	ours, err := l.daysBetween(ctx, from, to, loc)
	if err != nil {
		return false, err
	}
	theirs, err := other.daysBetween(ctx, from, to, loc)
	if err != nil || !slices.Equal(ours, theirs) {
		return false, err
	}
	for _, day := range ours {
		a, _, err := l.files.Manifest(ctx, day)
		if err != nil {
			return false, err
		}
		b, _, err := other.files.Manifest(ctx, day)
		if err != nil || !bytes.Equal(a, b) {
			return false, err
		}
	}
	return true, nil
}
