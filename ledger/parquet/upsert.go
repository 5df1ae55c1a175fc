package parquet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"microspend/ledger"
	"microspend/ledger/intake"

	"microspend/internal/figures"
	"microspend/usage"
)

var errClosed = errors.New("the ledger's writer is closed")

// Upsert takes in records: one with a new key is added, one with a known key takes the place of the one before. Of
// records with one key the latest counts. Records of a MicroVM that overlap are dealt with as [ledger.Options.Overlaps] says.
// A batch may be used again by the iterator once it has been asked for the next one.
//
// An error from the iterator, a record that [usage.Record.Check] refuses, or the end of the context before the first
// day is switched leave the ledger as it was. Memory does not grow with the number of records; the staging folder
// does, by about 50 bytes for each, and so does the disk by the new version of every day concerned before the first is
// switched.
func (w *Writer) Upsert(ctx context.Context, batches iter.Seq2[[]usage.Record, error]) (n ledger.Changes, err error) {
	if w.closed {
		return n, errClosed
	}
	place, staging, err := w.files.Staging()
	if err != nil {
		return n, fmt.Errorf("no folder to stage the import in: %w", err)
	}
	defer w.files.Unstage()
	staged, err := intake.NewStage(place, staging, w.sizes.stageRows)
	if err != nil {
		return n, fmt.Errorf("staging the import: %w", err)
	}
	defer func() { _ = staged.Remove() }()
	for batch, err := range batches {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return n, err
		}
		if err := staged.Add(batch); err != nil {
			return n, fmt.Errorf("staging the import: %w", err)
		}
	}
	if err := staged.Finish(); err != nil {
		return n, fmt.Errorf("staging the import: %w", err)
	}
	w.step("staged")
	days, err := w.prepareAll(ctx, builder{w: w, place: place, staging: staging}, staged)
	defer func() {
		for _, day := range days {
			if day != nil {
				w.discard(day)
			}
		}
	}()
	if err != nil {
		return n, err
	}
	var outcome intake.Outcome
	for _, day := range days {
		outcome.Add(&day.outcome)
	}
	if err := outcome.Refused(w.options.Collected); err != nil {
		return n, err
	}
	n = outcome.Changes
	read, superseded := staged.Counts()
	n.Read, n.Superseded = read, n.Superseded+superseded
	return n, w.commitAll(ctx, days, &n)
}

// prepareAll prepares the days on all processors.
func (w *Writer) prepareAll(ctx context.Context, like builder, staged *intake.Stage) ([]*prepared, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	days := staged.Days()
	result := make([]*prepared, len(days))
	work := make(chan int)
	var wait sync.WaitGroup
	var count sync.Mutex
	done := 0
	for i := range min(runtime.GOMAXPROCS(0), len(days)) {
		b := like
		b.name = fmt.Sprintf("part-%d", i)
		wait.Go(func() {
			for day := range work {
				p, err := b.prepare(ctx, days[day], func() []intake.Reader { return staged.Rows(days[day]) })
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

func (w *Writer) commitAll(ctx context.Context, days []*prepared, n *ledger.Changes) error {
	if len(days) > 0 {
		if err := w.files.Ready(ctx); err != nil {
			return err
		}
	}
	var changed []*prepared
	for _, day := range days {
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
			var aside []ledger.DamagedFile
			if err == nil {
				aside, err = w.commit(ctx, day)
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

func commitFault(day *prepared, err error, n *ledger.Changes) error {
	return fmt.Errorf("%s: %w; written so far: %s; import again to write the rest",
		day.day, err, figures.Count(len(n.Days), "day"))
}
