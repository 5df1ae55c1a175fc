package move

import (
	"context"
	"errors"
	"iter"
	"time"

	"microspend/ledger"
	"microspend/usage"
)

const day = 24 * time.Hour

// copyDays copies days that differ and compares all of them.
func (m *mover) copyDays(ctx context.Context, days []Day) error {
	var missing []*Day
	for i := range days {
		d := &days[i]
		if _, has := m.has[d.Day]; has || m.DryRun { // else it is not worth reading
			if err := m.compare(ctx, d); err != nil {
				return err
			}
			d.Same = d.OK()
		}
		switch {
		case m.DryRun:
			d.Planned, d.Differences = true, nil
		case !d.Same:
			missing = append(missing, d)
		}
		d.Same = d.Same && !m.written[d.Day] // with a closed month, by this run
	}
	if err := m.copyMissing(ctx, m.source, missing); err != nil {
		return err
	}
	for _, d := range missing {
		if err := m.compare(ctx, d); err != nil {
			return err
		}
	}
	for i := range days {
		m.done += days[i].Records
		m.result.Records += days[i].Records
	}
	m.result.Days = append(m.result.Days, days...)
	m.Progress(m.done, m.total)
	return nil
}

// copyMissing makes days of the target what they are in the source, or in a snapshot of it.
func (m *mover) copyMissing(ctx context.Context, from ledger.Reader, days []*Day) error {
	var left []*Day
	for _, d := range days {
		loaded, err := m.load(ctx, from, d)
		if err != nil {
			return err
		}
		if !loaded {
			left = append(left, d)
		}
	}
	for again := len(left) > 0; again; {
		again = false
		changes, err := m.target.Upsert(ctx, func(yield func([]usage.Record, error) bool) {
			for _, d := range left {
				more, goOn := m.records(ctx, from, d.Day, yield)
				again = again || more
				if !goOn {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		m.changed(changes)
	}
	return nil
}

func (m *mover) changed(n ledger.Changes) {
	all := &m.result.Changes
	all.Added, all.Replaced, all.Unchanged = all.Added+n.Added, all.Replaced+n.Replaced, all.Unchanged+n.Unchanged
	all.Removed += n.Removed
}

// load copies a day as the files that it lies in, where both sides can and the target has nothing of it.
func (m *mover) load(ctx context.Context, from ledger.Reader, d *Day) (loaded bool, err error) {
	source, gives := from.(ledger.PartSource)
	target, takes := m.target.(ledger.PartStore)
	if _, has := m.has[d.Day]; !gives || !takes || has {
		return false, nil
	}
	parts, err := source.Parts(ctx, d.Day)
	if err != nil || len(parts) == 0 {
		return false, err
	}
	changes, err := target.UpsertParts(ctx, d.Day, parts)
	m.changed(changes)
	for _, part := range parts {
		err = errors.Join(err, part.Close())
	}
	return true, err
}

const batchSize = 4096

// records gives what makes a day of the target that of the source: its records, and what withdraws those that only the
// target has, unless it is to keep its own. Of those with one resource and start it withdraws one at a time: more says
// that there are others. Damaged files are left out; the comparison names them.
func (m *mover) records(ctx context.Context, from ledger.Reader, of time.Time,
	yield func([]usage.Record, error) bool,
) (more, goOn bool) {
	batch := make([]usage.Record, 0, batchSize)
	give := func(r usage.Record) bool {
		if batch = append(batch, r); len(batch) < batchSize {
			return true
		}
		ok := yield(batch, nil)
		batch = batch[:0]
		return ok
	}
	var last usage.Record // withdrawn
	for pair, err := range m.both(ctx, from, of) {
		switch {
		case err != nil:
			yield(nil, err)
			return false, false
		case pair.source != nil:
			if !give(*pair.source) {
				return false, false
			}
		case m.Merge:
		case pair.target.Resource == last.Resource && pair.target.PeriodStart.Equal(last.PeriodStart):
			more = true
		default:
			last = *pair.target
			if !give(ledger.Withdraw(last, 1)) {
				return false, false
			}
		}
	}
	return more, yield(batch, nil)
}

// pair are the records of a key on both sides, nil where there is none.
type pair struct{ source, target *usage.Record }

// both gives the records of a day on both sides in order, each key once.
func (m *mover) both(ctx context.Context, from ledger.Reader, of time.Time) iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		source, stop := iter.Pull2(sound(ctx, from, of))
		defer stop()
		target, stopTarget := iter.Pull2(sound(ctx, m.read, of))
		defer stopTarget()
		a, aErr, hasA := source()
		b, bErr, hasB := target()
		for hasA || hasB {
			if err := errors.Join(aErr, bErr); err != nil {
				yield(pair{}, err)
				return
			}
			order := 0
			switch {
			case !hasB:
				order = -1
			case !hasA:
				order = 1
			default:
				order = ledger.CompareKeys(&a, &b)
			}
			var p pair
			if order <= 0 {
				p.source = &a
			}
			if order >= 0 {
				p.target = &b
			}
			if !yield(p, nil) {
				return
			}
			if order <= 0 {
				a, aErr, hasA = source()
			}
			if order >= 0 {
				b, bErr, hasB = target()
			}
		}
	}
}

// sound are the records of a day that can be read; of nil, which is a target that is not there yet, there are none.
func sound(ctx context.Context, from ledger.Reader, of time.Time) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		if from == nil {
			return
		}
		for r, err := range from.Records(ctx, of, of.Add(day)) {
			if _, damaged := errors.AsType[*ledger.DamagedError](err); damaged {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
