package parquet

import (
	"context"
	"iter"
	"time"

	"microspend/ledger"

	"microspend/usage"
)

// Records gives the records whose period starts in [from, to), day by day, within a day by MicroVM and start. A file
// that is damaged comes up as a [ledger.DamagedError] in place of what it still holds; the caller may go on to the other
// files. Any other error ends it.
func (l *Ledger) Records(ctx context.Context, from, to time.Time) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		days, err := l.daysBetween(ctx, from, to, time.UTC)
		if err != nil {
			yield(usage.Record{}, err)
			return
		}
		for opened := range l.opening(ctx, days, l.openDay) {
			if !readDay(ctx, opened, from, to, yield) {
				return
			}
		}
	}
}

// readDay reports whether to go on with the next day.
func readDay(ctx context.Context, opened *openDay, from, to time.Time, yield func(usage.Record, error) bool) bool {
	defer opened.close()
	if opened.unreachable != nil {
		yield(usage.Record{}, opened.unreachable)
		return false
	}
	for _, file := range opened.damaged {
		if !yield(usage.Record{}, &ledger.DamagedError{File: file}) {
			return false
		}
	}
	var r usage.Record
	for _, p := range opened.parts {
		rows := partRows{part: p}
		for n := 0; ; n++ {
			if n%4096 == 0 && ctx.Err() != nil {
				yield(usage.Record{}, ctx.Err())
				return false
			}
			more, err := rows.Read(&r)
			if err != nil {
				if !yield(usage.Record{}, &ledger.DamagedError{File: opened.file(p.entry.Name, err)}) {
					return false
				}
				break
			}
			if !more {
				break
			}
			if r.PeriodStart.Before(from) || !r.PeriodStart.Before(to) {
				continue
			}
			if !yield(r, nil) {
				return false
			}
		}
	}
	return true
}
