package parquet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

const stagingFolder = ".staging"

// Writer reads and writes a ledger. There is one at a time; it is not for use by several goroutines.
type Writer struct {
	Ledger
	lock     *os.File
	sizes    sizes
	codec    compress.Codec
	fresh    bool // whether the ledger was created by this writer
	audit    *audit.Log
	from     audit.Source // of what is imported next
	swapping sync.Mutex   // while a document is compared and replaced
	step     func(string) // called at each step of a switch, for tests that end the process there

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
	fresh := errors.Is(err, os.ErrNotExist)
	if err := ownfile.Place(dir).Folder(filepath.Join(dir, usageFolder)); err != nil {
		return nil, fmt.Errorf("no folder for the ledger: %w", err)
	}
	options = options.WithDefaults()
	held, err := lock(dir, options)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		Ledger: Ledger{dir: dir, options: options}, lock: held, sizes: defaultSizes, codec: newCodec(),
		step: func(string) {},
	}
	w.fresh = fresh
	if err := w.recover(); err != nil {
		_ = unlock(held)
		return nil, fmt.Errorf("completing what the last writer left: %w", err)
	}
	if options.Actor.PID == 0 {
		options.Actor = audit.ThisProcess()
	}
	if w.audit, err = audit.Open(dir, options.Actor, options.Now); err != nil {
		_ = unlock(held)
		return nil, fmt.Errorf("the audit log: %w", err)
	}
	return w, nil
}

// Close gives the writer lock back. A ledger that this writer created and that nothing was written to is removed: a
// folder without data must not look like one in which nothing was spent.
func (w *Writer) Close() error {
	if w.lock == nil {
		return nil
	}
	if w.fresh && w.place().Remove(filepath.Join(w.dir, usageFolder)) == nil { // which it is not if it has a day
		_ = w.place().Remove(filepath.Join(w.dir, stagingFolder))
		_ = w.place().Remove(filepath.Join(w.dir, lockName))
		defer os.Remove(w.dir) // unless there is anything else in it
	}
	err := unlock(w.lock)
	w.lock = nil
	return err
}

// recover brings every day's folder to what its manifest says.
func (w *Writer) recover() error {
	if err := w.place().RemoveAll(filepath.Join(w.dir, stagingFolder)); err != nil {
		return err
	}
	days, err := w.days()
	if err != nil {
		return err
	}
	for _, day := range days {
		if err := w.recoverDay(day); err != nil {
			return fmt.Errorf("%s: %w", day, err)
		}
	}
	return nil
}

func (w *Writer) recoverDay(day civil.Day) error {
	folder := w.dayFolder(day)
	entries, err := os.ReadDir(folder)
	if err != nil { // it can be written as little as one with a damaged manifest; the other days can
		w.options.Logger.Error("a day's folder cannot be read; nothing of the day is touched", "day", day.String(), "reason",
			err)
		return nil
	}
	var left []string // the hidden files, which none are left of but by a writer that died
	dropped := map[string]bool{}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, ".part-") || atomicfile.IsLeftover(name, manifestName) {
			left = append(left, name)
		}
		dropped[entry.Name()] = true
	}
	m, _, err := readManifest(folder, day)
	if err != nil {
		w.options.Logger.Error("a day's manifest is damaged; nothing of the day is touched", "day", day.String(), "reason",
			err)
		return nil
	}
	if m == nil {
		m = &manifest{}
	}
	unfinished := len(left) > 0
	for _, name := range m.Dropped {
		unfinished = unfinished || dropped[name]
	}
	if unfinished {
		if err := w.settle(folder, m); err != nil {
			return err
		}
		for _, name := range left {
			if err := w.place().Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		w.options.Logger.Info("completed what a writer that died had begun", "day", day.String())
	}
	if len(entries) == len(left) {
		_ = w.place().Remove(folder) // it is empty, if no one else has put something there
	}
	return nil
}

// settle gives the parts of a manifest that has taken effect their names, and deletes what has no successor. It may be
// interrupted and repeated.
func (w *Writer) settle(folder string, m *manifest) error {
	for i := range m.Parts {
		part := &m.Parts[i]
		err := w.place().Rename(filepath.Join(folder, part.pendingName()), filepath.Join(folder, part.Name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		w.step("renamed")
	}
	for _, name := range m.Dropped {
		if err := w.place().Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return atomicfile.SyncDir(folder)
}
