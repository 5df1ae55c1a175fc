package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/view"
)

// watchedLedger is a ledger that remembers which of its files were damaged when sums were read from it, so that no
// command can forget to say so.
type watchedLedger struct {
	ledger.Reader
	sums    spend.Usage // of the ledger
	lock    sync.Mutex
	damaged []ledger.DamagedFile
}

// Aggregate implements spend.Usage.
func (w *watchedLedger) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	result, err := w.sums.Aggregate(ctx, q)
	if len(result.Damaged) > 0 {
		w.lock.Lock()
		defer w.lock.Unlock()
		w.damaged = spend.MergeDamaged(w.damaged, result.Damaged)
	}
	return result, err
}

// Unwatched implements spend.Watched.
func (w *watchedLedger) Unwatched() spend.Usage { return w.sums }

// errDamaged ends a command whose figures lack what damaged files had. They are printed, marked as lower bounds.
var errDamaged = fmt.Errorf("figures are incomplete: %w", errCheckFailed)

// nameDamage says on standard error what figures of a command lack, whatever their format, and makes it fail.
func (a *app) nameDamage(err error) error {
	refused, isRefused := errors.AsType[*spend.DamagedError](err)
	switch {
	case isRefused:
		fmt.Fprintln(a.err, "microspend: nothing is exported, as readers would take it for complete")
		a.usage.damaged = refused.Files
	case a.usage == nil || len(a.usage.damaged) == 0 || err != nil && !errors.Is(err, errCheckFailed):
		return err
	}
	for _, file := range a.usage.damaged {
		fmt.Fprintf(a.err, "microspend: %s is damaged and left out: %s; figures of %s are incomplete\n",
			file.Path, view.Visible(file.Reason), file.Day.Format(time.DateOnly))
	}
	fmt.Fprintln(a.err, "microspend: import or collect these days again, or see microspend ledger check --help")
	return errDamaged
}

// hasData is an error for a ledger without any usage, of which every figure would be a zero that nobody measured.
func (a *app) hasData(ctx context.Context) error {
	extent, err := a.usage.Extent(ctx)
	if err != nil || !extent.First.IsZero() {
		return err
	}
	info, err := a.usage.Info(ctx)
	if err != nil || len(info.Damaged) > 0 { // damage is named where sums are read
		return err
	}
	return fmt.Errorf("%w in %s; collect usage with microspend collect, import it with microspend import, "+
		"or give another ledger with --ledger", errNoData, a.usage.Name())
}

var errNoData = errors.New("no data")

// checkNames refuses filters that name nothing there is. That it may look through the whole ledger makes no figure
// incomplete that is damaged elsewhere.
func (a *app) checkNames(ctx context.Context, source spend.Source, request spend.Request) error {
	source.Usage = a.usage.Unwatched()
	return source.CheckNames(ctx, request)
}

// noteNoData says that a period has no data, where that is so, and when there is some. Its figures are dashes, and the
// exit code is 0: a month that has not begun is nothing wrong.
func (a *app) noteNoData(ctx context.Context, request spend.Request, measured pricing.State) {
	if extent, err := a.usage.Extent(ctx); measured == pricing.NotMeasured && err == nil {
		a.tellNoData(extent, request.From, request.To, request.Location)
	}
}

// noteBeyond says the same of a period that lies wholly before or after what the ledger has.
func (a *app) noteBeyond(ctx context.Context, from, to time.Time, loc *time.Location) {
	if extent, err := a.usage.Extent(ctx); err == nil && (!to.After(extent.First) || from.After(extent.Last)) {
		a.tellNoData(extent, from, to, loc)
	}
}

func (a *app) tellNoData(extent ledger.Extent, from, to time.Time, loc *time.Location) {
	if extent.First.IsZero() {
		return
	}
	loc = cmp.Or(loc, time.UTC)
	fmt.Fprintf(a.err, "microspend: no data for %s; the ledger has data for %s\n",
		civil.Between(from, to).Label(loc), civil.Covering(extent.First, extent.Last, loc).Label(loc))
}
