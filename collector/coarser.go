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

// pendingKept is what of batches that were planned can still be read, be it in longer periods. The rest is lost, and
// named.
func (c *collection) pendingKept(ctx context.Context, now time.Time, target Target, pending []Batch) ([]Batch, error) {
	var kept []Batch
	for _, b := range pending {
		batches, err := c.stillKept(ctx, now, target, b, true)
		if err != nil {
			return nil, err
		}
		kept = append(kept, batches...)
	}
	return unique(kept), nil
}

// gapsKept is the same of gaps. Those that were accepted go without a word.
func (c *collection) gapsKept(ctx context.Context, now time.Time, target Target, gaps []openGap) ([]openGap, error) {
	var kept []openGap
	for _, g := range gaps {
		batches, err := c.stillKept(ctx, now, target, g.Batch, g.Accepted.IsZero())
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

// stillKept gives a batch back as it is while the service keeps its periods. It cuts at midnight what has become too
// old, as that grows older from its beginning.
func (c *collection) stillKept(ctx context.Context, now time.Time, target Target, b Batch, report bool) (
	[]Batch, error,
) {
	if c.traits.FinestPeriod == nil {
		return []Batch{b}, nil
	}
	period := b.Window.Period
	finestAt := func(at time.Time) time.Duration { return c.traits.FinestPeriod(now.Sub(at)) }
	isKept := func(at time.Time) bool { finest := finestAt(at); return finest > 0 && period%finest == 0 }
	if isKept(b.Window.From) {
		return []Batch{b}, nil
	}
	var kept []Batch
	old := b
	for at := b.Window.From.Truncate(day).Add(day); at.Before(b.Window.To); at = at.Add(day) {
		if isKept(at) {
			young := b
			young.Window.From, old.Window.To = at, at
			kept = append(kept, young)
			break
		}
	}
	length := Timing{Period: period}.periodAt(now.Sub(old.Window.From), c.traits.FinestPeriod)
	longer, lost, err := c.longer(ctx, target, old, length)
	if report {
		c.summary.Gaps = append(c.summary.Gaps, lost...)
	}
	return append(longer, kept...), err
}

// longer gives batches of longer periods for what the ledger has no shorter records of, and the gaps that stay for good
// where it has some. A length of 0 is none that is kept.
func (c *collection) longer(ctx context.Context, target Target, b Batch, length time.Duration) (
	batches []Batch, lost []Gap, err error,
) {
	lose := func(w Window, what string) {
		w.Period = b.Window.Period
		lost = append(lost, Gap{
			Target: target, Window: w, What: cut(what, maxWhat),
			Reason: fmt.Sprintf("periods of %s are no longer kept; what was not read of it is lost", Short(w.Period)),
		})
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
