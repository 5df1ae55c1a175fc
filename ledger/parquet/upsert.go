package parquet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/intake"

	"microspend/internal/civil"
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
// does, by 50 to 100 bytes for each, and so does the disk by the new version of every day concerned before the first is
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
	staged, err := intake.Fill(ctx, place, staging, w.sizes.stageRows, batches)
	if err != nil {
		return n, err
	}
	defer func() { _ = staged.Remove() }()
	w.step("staged")
	like := builder{w: w, place: place, staging: staging}
	days, err := w.prepareAll(ctx, like, staged)
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
	n = changesOf(days, staged)
	return n, w.commitAll(ctx, days, &n, func(day civil.Day) (*prepared, error) {
		b := like
		b.name = "again"
		p, err := b.prepare(ctx, day, func() []intake.Reader { return staged.Rows(day) })
		if err == nil {
			err = p.outcome.Refused(w.options.Collected)
		}
		if err != nil && p != nil {
			w.discard(p)
		}
		return p, err
	}, staged)
}

// changesOf sums up what taking in the days comes to.
func changesOf(days []*prepared, staged *intake.Stage) ledger.Changes {
	var outcome intake.Outcome
	for _, day := range days {
		outcome.Add(&day.outcome)
	}
	n := outcome.Changes
	read, superseded := staged.Counts()
	n.Read, n.Superseded = read, n.Superseded+superseded
	return n
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

func (w *Writer) commitAll(
	ctx context.Context, days []*prepared, n *ledger.Changes, again func(civil.Day) (*prepared, error), staged *intake.Stage,
) error {
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
		var written []time.Time
		var aside []ledger.DamagedFile
		defer func() {
			*n = changesOf(days, staged) // of what was merged again, too
			n.Days, n.SetAside = written, aside
		}()
		for i, day := range days {
			if !day.changed {
				continue
			}
			of, err := w.commitDay(ctx, &days[i], again)
			aside = append(aside, of...)
			if err != nil {
				return commitFault(day, err, &ledger.Changes{Days: written})
			}
			if days[i].changed {
				written = append(written, day.day.UTC())
			}
		}
		return nil
	})
}

// maxConflicts is how often in a row other writers may be faster. Each time one of them has got somewhere.
const maxConflicts = 100

// commitDay puts a day into effect. Where another writer has switched it meanwhile, the import is merged into what that
// one wrote: nobody's records are lost.
func (w *Writer) commitDay(ctx context.Context, p **prepared, again func(civil.Day) (*prepared, error)) (
	aside []ledger.DamagedFile, err error,
) {
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return aside, err
		}
		of, err := w.commit(ctx, *p)
		aside = append(aside, of...)
		if _, conflict := errors.AsType[*ConflictError](err); !conflict || try == maxConflicts {
			return aside, err
		}
		wait := time.Duration(rand.Int64N(int64(min(20*time.Millisecond<<min(try, 7), time.Second))))
		select {
		case <-ctx.Done():
			return aside, ctx.Err()
		case <-time.After(wait):
		}
		w.discard(*p)
		next, err := again((*p).day)
		if err != nil {
			return aside, err
		}
		if *p = next; !next.changed {
			return aside, nil
		}
		e := audit.Entry{Action: w.options.Action, Source: w.from, Note: "merged again, as another writer was faster"}
		change, err := w.seal(next)
		if err == nil {
			e.Changes = append(e.Changes, change)
			err = w.audit.Do(e, nil)
		}
		if err != nil {
			return aside, err
		}
	}
}

func commitFault(day *prepared, err error, n *ledger.Changes) error {
	return fmt.Errorf("%s: %w; written so far: %s; import again to write the rest",
		day.day, err, figures.Count(len(n.Days), "day"))
}
