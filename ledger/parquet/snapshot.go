package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"microspend/internal/atomicfile"
	"microspend/internal/ownfile"
	"microspend/ledger"
	"microspend/ledger/audit"
)

// Snapshot implements [ledger.Store]. Files are copied, not linked: what later damages or replaces one of the two must
// leave the other as it is. They are synced before the folder gets its name.
func (w *Writer) Snapshot(ctx context.Context, name string, from, to time.Time, loc *time.Location) (err error) {
	dir, err := w.documentPath(name)
	if err != nil {
		return err
	}
	days, err := w.daysBetween(ctx, from, to, cmp.Or(loc, time.UTC))
	if err != nil {
		return err
	}
	hidden := filepath.Join(dir, hiddenUsage)
	if err := w.place().RemoveAll(hidden); err != nil { // of a writer that died
		return err
	}
	if err := w.place().Folder(hidden); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.place().RemoveAll(hidden))
		}
	}()
	for _, day := range days {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := copyFolder(w.place(), folder(w.dir).day(day), filepath.Join(hidden, dayPrefix+day.String())); err != nil {
			return fmt.Errorf("copying %s: %w", day, err)
		}
	}
	if err := w.place().RemoveAll(filepath.Join(dir, usageFolder)); err != nil {
		return err
	}
	if err := w.place().Rename(hidden, filepath.Join(dir, usageFolder)); err != nil {
		return err
	}
	return atomicfile.SyncDir(dir)
}

// hiddenUsage is what a snapshot's usage is called until all of it is there.
const hiddenUsage = ".usage"

// OpenSnapshot implements [ledger.Reader].
func (l *Ledger) OpenSnapshot(_ context.Context, name string) (ledger.Reader, error) {
	dir, err := l.documentPath(name)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, usageFolder)); err != nil {
		return nil, fmt.Errorf("no snapshot: %w", err)
	}
	return Open(dir, l.options)
}

// RemoveSnapshot implements [ledger.Store].
func (w *Writer) RemoveSnapshot(_ context.Context, name string) error {
	dir, err := w.documentPath(name)
	if err != nil {
		return err
	}
	err = errors.Join(w.place().RemoveAll(filepath.Join(dir, hiddenUsage)),
		w.place().RemoveAll(filepath.Join(dir, usageFolder)))
	_ = w.place().Remove(dir) // if nothing else is in it
	return err
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

// DayHashes implements [ledger.Reader]: a day's is the SHA-256 of its manifest, which names the day's parts with theirs,
// as it would be without a rollup: whether there is one makes no record another.
func (l *Ledger) DayHashes(ctx context.Context, from, to time.Time, loc *time.Location) (map[string]string, error) {
	days, err := l.daysBetween(ctx, from, to, cmp.Or(loc, time.UTC))
	if err != nil {
		return nil, err
	}
	hashes := map[string]string{}
	for _, day := range days {
		text, _, err := l.files.Manifest(ctx, day)
		if err != nil {
			return nil, err
		}
		if text == nil {
			continue
		}
		if m, err := decodeManifest(text, day); err == nil && m.Rollup != nil {
			m.Rollup = nil
			if text, err = m.encode(); err != nil {
				return nil, err
			}
		}
		hashes[day.String()] = audit.Sum(text)
	}
	return hashes, nil
}
