package collector

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

// windows cuts what is to be read of a target: at midnight where the period changes, and where a window would be too
// long.
//
// A day that the ledger has records of keeps their period, whatever is configured now. Records of another period have
// other keys, so they would stand beside the old ones rather than replace them, and the day would count twice.
func (c *collection) windows(
	ctx context.Context,
	now time.Time,
	target Target,
	reach reach,
) (cut windowsCut, err error) {
	if !reach.from.Before(reach.to) {
		return cut, nil
	}
	known, err := c.recorded(ctx, target, reach.from, reach.to)
	if err != nil {
		return cut, err
	}
	longest := max(c.traits.MaxWindow, day)
	for at := reach.from.Truncate(day); at.Before(reach.to); at = at.Add(day) {
		w := Window{From: civil.Later(reach.from, at), To: civil.Earlier(reach.to, at.Add(day))}
		if c.damagedDay(at) != "" {
			cut.damaged = append(cut.damaged, w)
			continue
		}
		if known[at].records > 0 && w.From.Before(reach.rekeyed) {
			old := Window{From: w.From, To: civil.Earlier(w.To, reach.rekeyed)}
			cut.gaps = append(
				cut.gaps,
				Gap{Target: target, Window: old, Reason: "the ledger has it under the names of an earlier " +
					"configuration; reading it again would count it twice"},
			)
			if w.From = old.To; !w.From.Before(w.To) {
				continue
			}
		}
		period, lost := c.periodOf(now.Sub(w.From), c.orOwed(target, at, now, known[at]))
		if lost != "" {
			cut.gaps = append(cut.gaps, Gap{Target: target, Window: w, Reason: lost})
			continue
		}
		w.Period = period
		// Both ends go down to a whole period: its beginning is read whole, its end when it is over.
		w.From, w.To = w.From.Truncate(period), w.To.Truncate(period)
		if !w.From.Before(w.To) {
			continue
		}
		if last := len(cut.windows) - 1; last >= 0 && cut.windows[last].To.Equal(w.From) &&
			cut.windows[last].Period == period && w.To.Sub(cut.windows[last].From) <= longest {
			cut.windows[last].To = w.To
			continue
		}
		cut.windows = append(cut.windows, w)
	}
	return cut, nil
}

// windowsCut are the windows of a time, and what of it cannot be read.
type windowsCut struct {
	windows []Window
	damaged []Window // of days of the ledger that are damaged: see damaged_day.go
	gaps    []Gap    // for good
}

// passed are the damaged days before the last window, which the checkpoint moves past.
func (c windowsCut) passed() (before []Window) {
	for _, d := range c.damaged {
		if len(c.windows) > 0 && d.From.Before(c.windows[len(c.windows)-1].To) {
			before = append(before, d)
		}
	}
	return before
}

// orOwed is what is known of a day, or where the ledger has nothing of it, what is still owed: a batch that earlier
// runs left brings records of the period it was planned with, and the day would have records of two lengths.
func (c *collection) orOwed(target Target, at, now time.Time, known dayRecords) dayRecords {
	of := c.checkpoints[target]
	if known.records > 0 || of == nil {
		return known
	}
	owed := slices.Clone(of.Pending)
	for _, g := range of.Gaps {
		owed = append(owed, g.Batch)
	}
	for _, b := range owed {
		kept := b.Window.Period
		if c.traits.FinestPeriod != nil {
			kept = c.traits.FinestPeriod(now.Sub(b.Window.From))
		}
		if kept > 0 && b.Window.Period%kept == 0 && b.Window.overlaps(Window{From: at, To: at.Add(day)}) {
			return dayRecords{seconds: usage.Uint128{Lo: uint64(b.Window.Period / time.Second)}, records: 1}
		}
	}
	return known
}

// periodOf chooses the period of a day that began at an age, or says why the day cannot be read.
func (c *collection) periodOf(age time.Duration, known dayRecords) (period time.Duration, lost string) {
	fresh := c.Timing.periodAt(age, c.traits.FinestPeriod)
	recorded, mixed := known.period()
	switch {
	case fresh == 0:
		return 0, "the service no longer keeps data of that age"
	case mixed:
		return 0, "the ledger has records of different lengths of that day; it is not read again"
	case recorded == 0:
		return fresh, ""
	}
	if c.traits.FinestPeriod != nil {
		if kept := c.traits.FinestPeriod(age); recorded%kept != 0 {
			return 0, fmt.Sprintf("the ledger has that day in periods of %s, which the service no longer keeps; "+
				"it is not read again", Short(recorded))
		}
	}
	return recorded, ""
}

// dayRecords are the ledger's records of a day of a target by this source.
type dayRecords struct {
	seconds usage.Uint128
	records int64
}

// period is the length of the day's records, 0 where there are none. Their average is enough: it is no divisor of a
// day where lengths are mixed, but for mixtures that no run makes.
func (d dayRecords) period() (length time.Duration, mixed bool) {
	if d.records == 0 {
		return 0, false
	}
	seconds, rest := bits.Div64(d.seconds.Hi, d.seconds.Lo, uint64(d.records)) // no more than a day
	length = time.Duration(seconds) * time.Second
	return length, rest != 0 || length <= 0 || day%length != 0
}

// OverlapError reports that another source has collected the same usage.
type OverlapError struct {
	Target        Target
	Source, Other string
	Day           time.Time
}

func (e *OverlapError) Error() string { return e.Target.String() + ": " + e.Reason() }

// Reason is the message without the target.
func (e *OverlapError) Reason() string {
	return fmt.Sprintf("the ledger has usage of %s from the source %s, on %s and perhaps later; "+
		"reading it from %s as well would count it twice. "+
		"Begin after it with --from, keep another ledger, or allow it with --allow-overlapping-sources",
		e.Target.Region, e.Other, e.Day.Format(time.DateOnly), e.Source)
}

// recorded finds out which records of a target the ledger has, by day. It refuses a time in which another source has
// measured the same usage: keys differ by source, so both would count.
func (c *collection) recorded(ctx context.Context, target Target, from, to time.Time) (
	map[time.Time]dayRecords, error,
) {
	days := map[time.Time]dayRecords{}
	groups, err := c.ledgerGroups(ctx, from.Truncate(day), to)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if c.covers(target, g.Account) && g.Region == target.Region && g.Source == c.Source.Name() {
			of := days[g.Day.UTC()]
			days[g.Day.UTC()] = dayRecords{of.seconds.Add(g.Sum.Seconds), of.records + g.Sum.Records}
		}
	}
	if c.AllowOverlappingSources {
		return days, nil
	}
	// Not from midnight on: another source may have been in use until this morning.
	if groups, err = c.ledgerGroups(ctx, from, to); err != nil {
		return nil, err
	}
	for _, g := range groups {
		if g.Account == target.Account && g.Region == target.Region && g.Source != c.Source.Name() &&
			slices.Contains(c.SameUsage, g.Source) {
			return nil, &OverlapError{target, c.Source.Name(), g.Source, g.Day}
		}
	}
	return days, nil
}

// ledgerGroups returns what the ledger has of a time, by target, source and day. Targets mostly ask for the same
// times, so the answers are kept for the run.
func (c *collection) ledgerGroups(ctx context.Context, from, to time.Time) ([]ledger.Group, error) {
	times := [2]int64{from.UnixNano(), to.UnixNano()}
	if groups, known := c.groupCache[times]; known {
		return groups, nil
	}
	if c.ledger == nil {
		return nil, nil
	}
	result, err := c.ledger.Aggregate(ctx, ledger.Query{
		From: from, To: to, Uncut: true,
		By: []ledger.Field{ledger.FieldRegion, ledger.FieldAccount, ledger.FieldSource, ledger.FieldDay},
	})
	if err != nil {
		return nil, fmt.Errorf("looking for what the ledger has: %w", err)
	}
	c.groupCache[times] = result.Groups
	return result.Groups, nil
}
