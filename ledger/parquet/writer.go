package parquet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"microspend/ledger"

	"github.com/parquet-go/parquet-go/compress"

	"microspend/internal/atomicfile"
	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/ledger/audit"
	"microspend/usage"
)

// Writer reads and writes a ledger. It is not for use by several goroutines. There is one at a time for a folder.
type Writer struct {
	Ledger
	files    WritableFiles
	closed   bool
	sizes    sizes
	codec    compress.Codec
	audit    Auditor
	from     audit.Source // of what is imported next
	swapping sync.Mutex   // while a document is compared and replaced
	step     func(string) // called at each step of an import, for tests that end the process there

	replacing func(before, after *usage.Record) usage.Record
}

// Replacing has what is to take the place of a record of the ledger, with other content, decided about by the imports
// that follow: decide is given both and returns what is kept, which must have the same key. It may be called by several
// goroutines at a time, and again about the same record.
func (w *Writer) Replacing(decide func(before, after *usage.Record) usage.Record) {
	w.replacing = decide
}

// OpenForWriting opens the ledger in a folder for writing and takes its writer lock; the folder is created where it
// does not exist. It returns a [ledger.HeldError] where another writer is at work. What a writer that died had decided is
// completed, the rest of it is cleared away.
func OpenForWriting(dir string, options ledger.Options) (*Writer, error) {
	_, err := os.Stat(filepath.Join(dir, usageFolder))
	fresh, above := errors.Is(err, os.ErrNotExist), absentAbove(dir)
	if err := ownfile.Place(dir).Folder(filepath.Join(dir, usageFolder)); err != nil {
		return nil, fmt.Errorf("no folder for the ledger: %w", err)
	}
	options = options.WithDefaults()
	held, err := lock(dir, options)
	if err != nil {
		return nil, err
	}
	files := &ownFolder{folder: folder(dir), lock: held, fresh: fresh, above: above}
	w := Write(files, nil, options)
	w.dir = dir
	files.step = func(step string) { w.step(step) }
	if err := files.recover(options); err != nil {
		_ = unlock(held)
		return nil, fmt.Errorf("completing what the last writer left: %w", err)
	}
	if options.Actor.PID == 0 {
		options.Actor = audit.ThisProcess()
	}
	log, err := audit.Open(dir, options.Actor, options.Now)
	if err != nil {
		_ = unlock(held)
		return nil, fmt.Errorf("the audit log: %w", err)
	}
	w.audit = log
	return w, nil
}

// Auditor keeps an audit log. Do makes an entry and then does what it is about, which may be nothing: see [audit.Log.Do].
type Auditor interface {
	Do(e audit.Entry, do func() error) error
}

// Write writes the ledger whose days' files lie somewhere else.
func Write(files WritableFiles, log Auditor, options ledger.Options) *Writer {
	return &Writer{
		Ledger: Ledger{files: files, options: options.WithDefaults()}, files: files, audit: log,
		sizes: defaultSizes, codec: newCodec(), step: func(string) {},
	}
}

// Close ends writing; a folder's writer lock is given back.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	return w.files.Close()
}

// recover brings every day's folder to what its manifest says.
func (f *ownFolder) recover(options ledger.Options) error {
	if err := f.place().RemoveAll(f.staging()); err != nil {
		return err
	}
	days, err := f.Days(context.Background())
	if err != nil {
		return err
	}
	for _, day := range days {
		if err := f.recoverDay(day, options); err != nil {
			return fmt.Errorf("%s: %w", day, err)
		}
	}
	return nil
}

func (f *ownFolder) recoverDay(day civil.Day, options ledger.Options) error {
	within := f.day(day)
	entries, err := os.ReadDir(within)
	if err != nil { // it can be written as little as one with a damaged manifest; the other days can
		options.Logger.Error("a day's folder cannot be read; nothing of the day is touched", "day", day.String(), "reason",
			err)
		return nil
	}
	var left []string // the hidden files, which none are left of but by a writer that died
	there := map[string]bool{}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".part-") || strings.HasPrefix(name, "."+rollupName) || atomicfile.IsLeftover(name, manifestName) {
			left = append(left, name)
		}
		there[name] = true
	}
	m, _, err := readManifest(context.Background(), f, day)
	if err != nil {
		options.Logger.Error("a day's manifest is damaged; nothing of the day is touched", "day", day.String(), "reason",
			err)
		return nil
	}
	if m == nil {
		m = &manifest{}
	}
	dropped := m.Dropped
	if r := m.Rollup; r == nil || r.Name == "" { // which may be of a program that does not know of rollups
		dropped = append(dropped, rollupName)
	}
	if len(left) > 0 || slices.ContainsFunc(dropped, func(name string) bool { return there[name] }) {
		if err := f.settle(day, m.files(), dropped); err != nil {
			return err
		}
		for _, name := range left {
			if err := f.place().Remove(filepath.Join(within, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		options.Logger.Info("completed what a writer that died had begun", "day", day.String())
	}
	if len(entries) == len(left) {
		_ = f.place().Remove(within) // it is empty, if no one else has put something there
	}
	return nil
}
