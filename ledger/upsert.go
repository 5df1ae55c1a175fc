package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"microspend/internal/atomicfile"
	"microspend/internal/figures"
	"microspend/usage"
)

// Changes says what an import did.
type Changes struct {
	Read       int64 // records that the import gave
	Added      int64 // records with a new key
	Replaced   int64 // records of the ledger that took on other content
	Unchanged  int64 // records that the ledger had already
	Superseded int64 // records that a later one of the same import took the place of
	Merged     int64 // records that lost time which another one covers: see [MergeOverlaps]
	Removed    int64 // records of the ledger that the import withdrew: see [Withdraw]
	Collected  int64 // of those replaced, the ones of [Collected.Sources]

	CollectedOnes []Replacement // the first of each day

	Days     []time.Time   // the days that were written, in order
	SetAside []DamagedFile // files that were found damaged on the way and renamed; what they held is lost
}

var errClosed = errors.New("the ledger's writer is closed")

// Upsert takes in records: one with a new key is added, one with a known key takes the place of the one before. Of
// records with one key the latest counts. Records of a MicroVM that overlap are dealt with as [Options.Overlaps] says.
// A batch may be used again by the iterator once it has been asked for the next one.
//
// An error from the iterator, a record that [usage.Record.Check] refuses, or the end of the context before the first
// day is switched leave the ledger as it was. Memory does not grow with the number of records; the staging folder
// does, by about 50 bytes for each, and so does the disk by the new version of every day concerned before the first is
// switched.
func (w *Writer) Upsert(ctx context.Context, batches iter.Seq2[[]usage.Record, error]) (n Changes, err error) {
	if w.lock == nil {
		return n, errClosed
	}
	staging := filepath.Join(w.dir, stagingFolder)
	if err := w.place().PrivateFolder(staging); err != nil {
		return n, fmt.Errorf("no folder to stage the import in: %w", err)
	}
	defer func() { _ = w.place().RemoveAll(staging) }() // what cannot be removed the next writer will
	staged, err := newStage(w.place(), staging, w.sizes.stageRows)
	if err != nil {
		return n, fmt.Errorf("staging the import: %w", err)
	}
	defer func() { _ = staged.remove() }()
	for batch, err := range batches {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return n, err
		}
		if err := staged.add(batch); err != nil {
			return n, fmt.Errorf("staging the import: %w", err)
		}
	}
	if err := staged.finish(); err != nil {
		return n, fmt.Errorf("staging the import: %w", err)
	}
	w.step("staged")
	days, err := w.prepareAll(ctx, staging, staged)
	defer func() {
		for _, day := range days {
			if day != nil {
				day.discard()
			}
		}
	}()
	if err != nil {
		return n, err
	}
	if err := cmp.Or(refused(days), w.collected(days, &n)); err != nil {
		return n, err
	}
	n.Read = staged.read - staged.marks
	for _, spill := range staged.spills {
		n.Superseded += spill.replaced
	}
	return n, w.commitAll(ctx, days, &n)
}

// prepareAll prepares the days on all processors.
func (w *Writer) prepareAll(ctx context.Context, staging string, staged *stage) ([]*prepared, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	days := staged.days()
	result := make([]*prepared, len(days))
	work := make(chan int)
	var wait sync.WaitGroup
	var count sync.Mutex
	done := 0
	for i := range min(runtime.GOMAXPROCS(0), len(days)) {
		b := &builder{w: w, staging: staging, name: fmt.Sprintf("part-%d", i)}
		wait.Go(func() {
			for day := range work {
				p, err := b.prepare(ctx, days[day], func() []recordReader { return staged.rows(days[day]) })
				if result[day] = p; err != nil {
					cancel(fmt.Errorf("%s: %w", days[day], err))
				}
				count.Lock()
				done++
				w.options.Progress(done, len(days))
				count.Unlock()
			}
		})
	}
	for day := range days {
		if ctx.Err() != nil {
			break
		}
		work <- day
	}
	close(work)
	wait.Wait()
	return result, context.Cause(ctx)
}

// refused is the error of days with overlaps that were looked for, nil if there are none.
func refused(days []*prepared) error {
	var refused OverlapsError
	for _, day := range days {
		refused.Overlaps = append(refused.Overlaps, day.overlaps.found...)
		refused.Count += day.overlaps.count
	}
	if refused.Count == 0 {
		return nil
	}
	return &refused
}

func (w *Writer) commitAll(ctx context.Context, days []*prepared, n *Changes) error {
	if len(days) > 0 { // new days' folders
		if err := atomicfile.SyncDir(filepath.Join(w.dir, usageFolder)); err != nil {
			return err
		}
	}
	var changed []*prepared
	for _, day := range days {
		n.Added += day.changes.Added
		n.Replaced += day.changes.Replaced
		n.Unchanged += day.changes.Unchanged
		n.Superseded += day.changes.Superseded
		n.Merged += day.changes.Merged
		n.Removed += day.changes.Removed
		if day.changed {
			changed = append(changed, day)
		}
	}
	if len(changed) == 0 {
		if len(w.from.Files) == 0 || len(days) == 0 { // that a collector found nothing new is nothing to be kept for years
			return nil
		}
		return w.audited(w.entry(n), nil, func() error { return nil })
	}
	if ctx.Err() != nil {
		return commitFault(changed[0], ctx.Err(), n)
	}
	return w.audited(w.entry(n), changed, func() error {
		for _, day := range changed {
			err := ctx.Err()
			var aside []DamagedFile
			if err == nil {
				aside, err = w.commit(day)
			}
			n.SetAside = append(n.SetAside, aside...)
			if err != nil {
				return commitFault(day, err, n)
			}
			n.Days = append(n.Days, day.day.UTC())
		}
		return nil
	})
}

func commitFault(day *prepared, err error, n *Changes) error {
	return fmt.Errorf("%s: %w; written so far: %s; import again to write the rest",
		day.day, err, figures.Count(len(n.Days), "day"))
}
