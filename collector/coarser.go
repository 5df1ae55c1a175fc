package collector

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"microspend/internal/civil"
)

// What is owed may have become so old that the service keeps no periods of its length any more, but longer ones. Those
// can be read where the ledger has no shorter ones of the same series: a longer record beside shorter ones of the same
// time would count it twice.

//
// All that is owed of a day goes over to longer periods at once, when the day's beginning does, and not while this run
// reads windows of that day: an hour that is read as one must not be read in parts besides.

// pendingKept is what of batches that were planned can still be read, be it in longer periods. The rest is lost, and
// named.
func (c *collection) pendingKept(ctx context.Context, now time.Time, r *targetRun, pending []Batch) ([]Batch, error) {
	var kept []Batch
	for _, b := range pending {
		batches, err := c.stillKept(ctx, now, r, b, true)
		if err != nil {
			return nil, err
		}
		kept = append(kept, batches...)
	}
	return unique(kept), nil
}

// gapsKept is the same of gaps. Those that were accepted go without a word.
func (c *collection) gapsKept(ctx context.Context, now time.Time, r *targetRun, gaps []openGap) ([]openGap, error) {
	var kept []openGap
	for _, g := range gaps {
		batches, err := c.stillKept(ctx, now, r, g.Batch, g.Accepted.IsZero())
		if err != nil {
			return nil, err
		}
		for _, b := range batches {
			part := g
			part.Batch = b
			known := slices.ContainsFunc(kept, func(other openGap) bool { return other.Batch.key() == b.key() })
			if !known || b.key() == g.Batch.key() {
				kept = append(kept, part)
			}
		}
	}
	return kept, nil
}

// unique leaves out batches that come twice: the whole hours of two that lie in the same one.
func unique(batches []Batch) []Batch {
	seen := map[string]bool{}
	return slices.DeleteFunc(batches, func(b Batch) bool {
		again := seen[b.key()]
		seen[b.key()] = true
		return again
	})
}

// keeps reports whether the service still has periods of a length that begin at a time.
func (c *collection) keeps(now, at time.Time, period time.Duration) bool {
	if c.traits.FinestPeriod == nil {
		return true
	}
	finest := c.traits.FinestPeriod(now.Sub(at))
	return finest > 0 && period%finest == 0
}

// mayAsk reports whether what is owed can be asked for in this run: the service still has it, it is not read in
// periods of another length, and the ledger can take it.
func (c *collection) mayAsk(now time.Time, r *targetRun, b Batch) bool {
	return c.keeps(now, b.Window.From, b.Window.Period) && !r.reads(b.Window, b.Window.Period) &&
		len(c.damagedIn(b.Window)) == 0
}

// reads reports whether a run reads some of a window, in other periods than of a length.
func (r *targetRun) reads(w Window, but time.Duration) bool {
	return slices.ContainsFunc(r.windows, func(of Window) bool { return of.Period != but && of.overlaps(w) })
}

// stillKept gives a batch back as it is while the service keeps the periods of its days. What has become too old is
// cut at midnight, and given in longer ones.
func (c *collection) stillKept(ctx context.Context, now time.Time, r *targetRun, b Batch, report bool) (
	[]Batch, error,
) {
	if len(c.damagedIn(b.Window)) > 0 { // what the ledger has of it is not known
		return []Batch{b}, nil
	}
	period := b.Window.Period
	kept := c.keeps(now, b.Window.From.Truncate(day), period)
	if kept && (c.neverLonger(now, b) || !c.hasOthers(r.target, b.Window)) {
		return []Batch{b}, nil
	}
	old, length := b, period // what was made longer before may have got shorter ones beside it since
	var young []Batch
	if !kept {
		for at := b.Window.From.Truncate(day).Add(day); at.Before(b.Window.To); at = at.Add(day) {
			if c.keeps(now, at, period) {
				rest := b
				rest.Window.From, old.Window.To = at, at
				young = append(young, rest)
				break
			}
		}
		length = Timing{Period: period}.periodAt(now.Sub(old.Window.From.Truncate(day)), c.traits.FinestPeriod)
	}
	days := Window{From: old.Window.From.Truncate(day), To: old.Window.To.Add(day - 1).Truncate(day)}
	if length > 0 && r.reads(days, length) {
		return append(young, old), nil // it waits for another run
	}
	longer, lost, err := c.longer(ctx, r.target, old, length)
	if report {
		c.summary.Gaps = append(c.summary.Gaps, lost...)
	}
	return append(longer, young...), err
}

// neverLonger reports whether what is owed cannot have been made longer yet: the service still keeps whatever it ever
// did of its day. It spares most of what is owed a look into the ledger.
func (c *collection) neverLonger(now time.Time, b Batch) bool {
	finest := c.traits.FinestPeriod
	return finest == nil || finest(now.Sub(b.Window.From.Truncate(day))) == finest(0)
}

// hasOthers reports whether the ledger has records of other lengths of a day of a window. Their average tells.
func (c *collection) hasOthers(target Target, w Window) bool {
	groups, err := c.ledgerGroups(context.Background(), w.From.Truncate(day), w.To)
	if err != nil {
		return true
	}
	days := map[time.Time]dayRecords{}
	for _, g := range groups {
		if c.covers(target, g.Account) && g.Region == target.Region && g.Source == c.Source.Name() {
			of := days[g.Day.UTC()]
			days[g.Day.UTC()] = dayRecords{of.seconds.Add(g.Sum.Seconds), of.records + g.Sum.Records}
		}
	}
	for _, of := range days {
		if length, mixed := of.period(); mixed || length != w.Period {
			return true
		}
	}
	return false
}

// longer gives batches of longer periods for what the ledger has no shorter records of, and the gaps that stay for good
// where it has some. A length of 0 is none that is kept.
func (c *collection) longer(ctx context.Context, target Target, b Batch, length time.Duration) (
	batches []Batch, lost []Gap, err error,
) {
	lose := func(w Window, what string) {
		w.Period = b.Window.Period
		reason := fmt.Sprintf("periods of %s are no longer kept; what was not read of it is lost", Short(w.Period))
		if length == w.Period {
			reason = "the ledger has shorter periods of it by now; what was not read of it is lost"
		}
		lost = append(lost, Gap{Target: target, Window: w, What: cut(what, maxWhat), Reason: reason})
	}
	p := splitter{c.Source}
	all := p.series(b)
	if length == 0 || len(all) == 0 {
		lose(b.Window, b.ID)
		return nil, lost, nil
	}
	slots, err := c.recordedSlots(ctx, target, b, all, length)
	if err != nil {
		return nil, nil, err
	}
	from := b.Window.From.Truncate(length)
	for i, first := 0, 0; i < len(slots); first = i {
		for i < len(slots) && maps.Equal(slots[first], slots[i]) {
			i++
		}
		w := Window{from.Add(time.Duration(first) * length), from.Add(time.Duration(i) * length), length}
		taken := slots[first]
		for _, series := range all {
			if taken[series] {
				lose(Window{From: civil.Later(w.From, b.Window.From), To: civil.Earlier(w.To, b.Window.To)}, series)
			}
		}
		part, ok := b, len(taken) < len(all)
		if len(taken) > 0 && ok {
			part, ok = p.part(b, func(series string) bool { return !taken[series] })
		}
		if part.Window = w; ok {
			batches = append(batches, part)
		}
	}
	return batches, lost, nil
}

// recordedSlots tells for each long period of a batch which of its series the ledger has shorter records of. Where the
// source does not tell series apart, any record is one of the batch.
func (c *collection) recordedSlots(ctx context.Context, target Target, b Batch, series []string, length time.Duration) (
	[]map[string]bool, error,
) {
	_, apart := c.Source.(SeriesSource)
	wanted := set(series)
	from := b.Window.From.Truncate(length)
	slots := make([]map[string]bool, (b.Window.To.Sub(from)+length-1)/length)
	// Records of up to a day begin on the same day.
	return slots, c.eachRecorded(ctx, target, from.Truncate(day), b.Window.To.Add(length), func(r recordedPeriod) {
		name := r.series
		if !apart {
			name = series[0]
		}
		if !wanted[name] || r.length == length && r.start.Truncate(length).Equal(r.start) { // which would be replaced
			return
		}
		for i := max(0, r.start.Sub(from)/length); i < time.Duration(len(slots)); i++ {
			if !r.start.Add(r.length).After(from.Add(i * length)) {
				break
			}
			if slots[i] == nil {
				slots[i] = map[string]bool{}
			}
			slots[i][name] = true
		}
	})
}
