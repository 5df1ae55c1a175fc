package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"microspend/ledger"
	"microspend/usage"
)

// route is what a run reads of a target, stage by stage.
type route struct {
	target Target
	stages []*stage
	down   bool // nothing more can be read of the target in this run
}

// stage is a window of a target, or batches that are left of earlier ones.
type stage struct {
	planEntry
	route   *route
	planned bool

	// What has come of it, by the key of a batch.
	read   map[string]bool
	failed map[string]failure
	state  json.RawMessage // what the source returned last
}

// failure is why a batch, or parts of it, could not be read.
type failure struct {
	gaps   []Gap  // the parts; none where it is the whole batch
	reason string // of the whole batch
}

func newStage(r *route, p planEntry) *stage {
	return &stage{planEntry: p, route: r, read: map[string]bool{}, failed: map[string]failure{}}
}

// key tells the batches of different windows apart.
func (b Batch) key() string {
	return fmt.Sprintf("%d-%d/%s", b.Window.From.UnixNano(), b.Window.To.UnixNano(), b.ID)
}

// routes works out what to read of each target.
func (c *collection) routes(ctx context.Context, now time.Time, targets []Target) ([]*route, error) {
	var routes []*route
	for _, target := range targets {
		s, err := c.state(target)
		if err != nil {
			return nil, err
		}
		r, err := c.route(ctx, now, target, s)
		if err != nil {
			return nil, err
		}
		routes = append(routes, r)
	}
	return routes, nil
}

func (c *collection) route(ctx context.Context, now time.Time, target Target, s *state) (*route, error) {
	r := &route{target: target}
	entry := planEntry{Target: target, Shape: c.traits.Shape, ReadAt: now, Goal: now}
	if c.traits.Live {
		from := s.Through
		if from.IsZero() {
			from = now
		}
		if from.After(now) {
			c.summary.Gaps = append(c.summary.Gaps, Gap{Target: target, Reason: fmt.Sprintf(
				"the clock was set back: it was %s when the target was last read", s.Through.Format(time.RFC3339))})
			return r, nil
		}
		if _, err := c.recorded(ctx, target, from.Truncate(c.Timing.Period), now.Add(1)); err != nil {
			return nil, err
		}
		entry.Window = Window{From: from, To: now}
		r.stages = []*stage{newStage(r, entry)}
		return r, nil
	}
	if s.Shape != c.traits.Shape && len(s.Pending)+len(s.Gaps) > 0 {
		c.forget(target, s)
	}
	reach := c.Timing.reach(now, s, c.traits.Shape)
	if reach.note != "" {
		c.Logger.Warn(reach.note, "target", target.String(), "from", reach.from)
	}
	windows, gaps, err := c.windows(ctx, now, target, reach)
	if err != nil {
		return nil, err
	}
	c.summary.Gaps = append(c.summary.Gaps, gaps...)
	if left := c.left(now, target, s, windows); len(left) > 0 {
		earlier := newStage(r, planEntry{Target: target, Shape: c.traits.Shape, Batches: left})
		earlier.planned = true
		r.stages = append(r.stages, earlier)
	}
	entry.From, entry.ReadAt, entry.Aside = reach.from, reach.readAt, reach.aside
	if reach.resumed {
		entry.From = s.From
	}
	c.summary.Resumed = c.summary.Resumed || reach.resumed
	if len(windows) > 0 {
		entry.Goal = windows[len(windows)-1].To
	}
	for _, w := range windows {
		entry.Window = w
		r.stages = append(r.stages, newStage(r, entry))
	}
	return r, nil
}

// forget gives up what was left by runs with another configuration, which cannot be read with this one.
func (c *collection) forget(target Target, s *state) {
	lost := s.Pending
	for _, g := range s.Gaps {
		lost = append(lost, g.Batch)
	}
	for _, b := range lost {
		c.summary.Gaps = append(c.summary.Gaps, Gap{
			Target: target, Window: b.Window, What: b.ID,
			Reason: "it could not be read before the configuration was changed; it is lost",
		})
	}
	s.Pending, s.Gaps = nil, nil
}

// left are the batches that earlier runs owe: those of an interrupted run, and gaps whose time has come, but for gaps in
// windows that are read anyway. What the service no longer has is lost.
func (c *collection) left(now time.Time, target Target, s *state, windows []Window) []Batch {
	kept := func(b Batch) bool {
		if c.traits.FinestPeriod == nil {
			return true
		}
		finest := c.traits.FinestPeriod(now.Sub(b.Window.From))
		if finest > 0 && b.Window.Period%finest == 0 {
			return true
		}
		c.summary.Gaps = append(c.summary.Gaps, Gap{
			Target: target, Window: b.Window, What: b.ID,
			Reason: fmt.Sprintf("periods of %s are no longer kept; what was not read of it is lost", Short(b.Window.Period)),
		})
		return false
	}
	s.Pending = slices.DeleteFunc(s.Pending, func(b Batch) bool { return !kept(b) })
	s.Gaps = slices.DeleteFunc(s.Gaps, func(g gapState) bool { return !kept(g.Batch) })
	left := slices.Clone(s.Pending)
	for _, g := range s.Gaps {
		again := slices.ContainsFunc(windows, func(w Window) bool { return w.overlaps(g.Batch.Window) })
		if !again && !g.Next.After(now) {
			left = append(left, g.Batch)
		}
	}
	return left
}

// windows cuts what is to be read of a target: at midnight where the period changes, and where a window would be too long.
// The period of a day that the ledger has records of is theirs.
func (c *collection) windows(ctx context.Context, now time.Time, target Target, reach reach) ([]Window, []Gap, error) {
	if !reach.from.Before(reach.to) {
		return nil, nil, nil
	}
	known, err := c.recorded(ctx, target, reach.from, reach.to)
	if err != nil {
		return nil, nil, err
	}
	longest := max(c.traits.MaxWindow, day)
	var (
		windows []Window
		gaps    []Gap
	)
	lost := func(w Window, reason string) { gaps = append(gaps, Gap{Target: target, Window: w, Reason: reason}) }
	for at := reach.from.Truncate(day); at.Before(reach.to); at = at.Add(day) {
		w := Window{From: later(reach.from, at), To: earlier(reach.to, at.Add(day))}
		fresh := c.Timing.periodAt(now.Sub(w.From), c.traits.FinestPeriod)
		kept := time.Duration(0)
		if c.traits.FinestPeriod != nil {
			kept = c.traits.FinestPeriod(now.Sub(w.From))
		}
		recorded, mixed := known[at].period()
		switch {
		case fresh == 0:
			lost(w, "the service no longer keeps data of that age")
			continue
		case mixed:
			lost(w, "the ledger has records of different lengths of that day; it is not read again")
			continue
		case recorded == 0:
			w.Period = fresh
		case kept > 0 && recorded%kept != 0:
			lost(w, fmt.Sprintf("the ledger has that day in periods of %s, which the service no longer keeps; it is not read again", Short(recorded)))
			continue
		default:
			w.Period = recorded
		}
		w.From, w.To = w.From.Truncate(w.Period), w.To.Truncate(w.Period)
		if !w.From.Before(w.To) {
			continue
		}
		if last := len(windows) - 1; last >= 0 && windows[last].To.Equal(w.From) && windows[last].Period == w.Period &&
			w.To.Sub(windows[last].From) <= longest {
			windows[last].To = w.To
			continue
		}
		windows = append(windows, w)
	}
	return windows, gaps, nil
}

// dayRecords are the ledger's records of a day of a target by this source.
type dayRecords struct {
	seconds usage.Uint128
	records int64
}

// period is the length of the day's records, 0 where there are none.
func (d dayRecords) period() (length time.Duration, mixed bool) {
	if d.records == 0 {
		return 0, false
	}
	seconds, rest := bits.Div64(d.seconds.Hi, d.seconds.Lo, uint64(d.records)) // no more than a day
	length = time.Duration(seconds) * time.Second
	return length, rest != 0 || length <= 0 || day%length != 0
}

// OverlapError says that another source has collected the same usage.
type OverlapError struct {
	Target        Target
	Source, Other string
	Day           time.Time
}

func (e *OverlapError) Error() string {
	return fmt.Sprintf("%s: the ledger has usage of %s from the source %s, on %s and perhaps later; reading it from %s as well would count it twice. "+
		"Begin after it with --since, keep another ledger, or allow it with --allow-overlapping-sources",
		e.Target, e.Target.Region, e.Other, e.Day.Format(time.DateOnly), e.Source)
}

// recorded finds out which records of a target the ledger has, by day, and refuses those of another source of the same
// usage in what is to be read.
func (c *collection) recorded(ctx context.Context, target Target, from, to time.Time) (map[time.Time]dayRecords, error) {
	days := map[time.Time]dayRecords{}
	groups, err := c.held(ctx, from.Truncate(day), to)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if g.Account == target.Account && g.Region == target.Region && g.Source == c.Source.Name() {
			days[g.Day.UTC()] = dayRecords{seconds: g.Sum.Seconds, records: g.Sum.Records}
		}
	}
	if c.AllowOverlappingSources {
		return days, nil
	}
	if groups, err = c.held(ctx, from, to); err != nil {
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

// held says what the ledger has of a time, by target, source and day. Targets mostly ask for the same times.
func (c *collection) held(ctx context.Context, from, to time.Time) ([]ledger.Group, error) {
	asked := [2]int64{from.UnixNano(), to.UnixNano()}
	if groups, known := c.heldGroups[asked]; known {
		return groups, nil
	}
	if c.ledger == nil {
		return nil, nil
	}
	result, err := c.ledger.Aggregate(ctx, ledger.Query{
		From: from, To: to, By: []ledger.Field{ledger.FieldRegion, ledger.FieldAccount, ledger.FieldSource, ledger.FieldDay},
	})
	if err != nil {
		return nil, fmt.Errorf("looking for what the ledger has: %w", err)
	}
	c.heldGroups[asked] = result.Groups
	return result.Groups, nil
}
