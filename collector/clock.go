package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
)

// A machine's clock may be wrong, and be set right later. What a run of a clock that was ahead has noted as read is a
// time that had not been: a checkpoint that is believed would have every later run read nothing until then, and say
// that all is well.

// ClockSource is a source whose service tells the time with its replies.
type ClockSource interface {
	Source
	// ServiceTime is what the service's clock says now, by the last reply for a target that came since a time of this
	// machine; false where none did.
	ServiceTime(target Target, since time.Time) (time.Time, bool)
}

// clockTolerance is how much what a service says may lie behind: it says whole seconds, and replies take a while.
const clockTolerance = time.Minute

// checkClock refuses a window that ends in the service's future, of which it can have no data: the checkpoint would
// move past what has yet to happen. Once a clock was found wrong, a stage that is read without a reply, as by what was
// listed before, is refused as well: nothing says that the clock has been set.
func (c *collection) checkClock(s *stage, read bool) error {
	source, ok := c.Source.(ClockSource)
	if !ok || s.Window == (Window{}) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	service, known := source.ServiceTime(s.Target, c.started) // an older reply may be of a clock that has been set since
	switch {
	case !known && read:
		return c.wrongClock[s.Target]
	case !known:
		return nil
	case !s.Window.To.After(service.Add(clockTolerance)):
		delete(c.wrongClock, s.Target)
		return nil
	}
	c.wrongClock[s.Target] = fmt.Errorf("this machine's clock is wrong: it says %s, the service says %s; nothing is read "+
		"until it is set", c.Now().UTC().Format(time.RFC3339), service.UTC().Format(time.RFC3339))
	return c.wrongClock[s.Target]
}

// mendFuture deals with a checkpoint beyond now. It is false where nothing can be read.
//
// Either the clock was ahead then, or it is behind now. The ledger can tell: what it has of the time to come has been
// seen, so it is now that the clock is wrong, and a run would only read times again that are long done. Otherwise what
// the checkpoint says of the time to come is not believed, nor how much of the time before was there to be read then:
// that is read again from where the ledger has the last of it.
func (c *collection) mendFuture(ctx context.Context, now time.Time, target Target, s *checkpoint) (bool, error) {
	if !s.Through.After(now) {
		return true, nil
	}
	ahead, err := c.lastRecorded(ctx, target, now, s.Through.Add(day))
	if err != nil {
		return false, err
	}
	g := Gap{Target: target, Window: Window{From: now, To: s.Through}}
	if !ahead.IsZero() {
		g.Reason = fmt.Sprintf("this machine's clock is wrong: it says %s, but usage of %s was collected already; "+
			"nothing is read until it is set", now.Format(time.RFC3339), ahead.Format(time.RFC3339))
		c.summary.Gaps = append(c.summary.Gaps, g)
		return false, nil
	}
	from := now.Add(-max(c.Timing.Lookback, c.Timing.Overlap))
	if !s.Begin.After(now) {
		last, err := c.lastRecorded(ctx, target, s.Begin, now)
		if err != nil {
			return false, err
		}
		if !last.IsZero() {
			from = civil.Earlier(from, last.Add(-c.Timing.Overlap))
		}
		from = civil.Later(from, s.Begin)
	}
	g.Reason = fmt.Sprintf("checkpoint is in the future (clock was wrong): everything until %s was taken for read; "+
		"re-reading from %s", s.Through.Format(time.RFC3339), from.Format(time.RFC3339))
	c.summary.Gaps = append(c.summary.Gaps, g)
	s.Begin = civil.Earlier(s.Begin, from)
	s.Through, s.Goal, s.From = from, from, from
	s.ReadAt = civil.Earlier(s.ReadAt, now)
	s.dropFuture(now)
	return true, nil
}

// dropFuture takes off a checkpoint what is owed of the time to come: it is read when it comes.
func (s *checkpoint) dropFuture(now time.Time) {
	future := func(b *Batch) bool {
		if b.Window.To.After(now) {
			b.Window.To = now.Truncate(b.Window.Period)
		}
		return !b.Window.From.Before(b.Window.To)
	}
	var pending []Batch
	for _, b := range s.Pending {
		if !future(&b) {
			pending = append(pending, b)
		}
	}
	s.Pending = pending
	var gaps []openGap
	for _, g := range s.Gaps {
		if !future(&g.Batch) {
			gaps = append(gaps, g)
		}
	}
	s.Gaps = gaps
}

// lastRecorded is when the last period begins that the ledger has of a target in [from, to); zero where it has none.
func (c *collection) lastRecorded(ctx context.Context, target Target, from, to time.Time) (last time.Time, err error) {
	c.ledgerMu.Lock()
	defer c.ledgerMu.Unlock()
	groups, err := c.ledgerGroups(ctx, from, to)
	if err != nil {
		return last, err
	}
	for _, g := range groups {
		if c.covers(target, g.Account) && g.Region == target.Region && g.Source == c.Source.Name() {
			last = civil.Later(last, g.Day.UTC())
		}
	}
	if last.IsZero() {
		return last, nil
	}
	return last, c.eachRecorded(ctx, target, civil.Later(from, last), civil.Earlier(to, last.Add(day)),
		func(r recordedPeriod) { last = civil.Later(last, r.start) })
}

// recordedPeriod is a period of a series that the ledger has.
type recordedPeriod struct {
	series string // see [SeriesOf]
	start  time.Time
	length time.Duration
}

// eachRecorded gives the periods that the ledger has of a target by this source, and that begin in [from, to).
func (c *collection) eachRecorded(
	ctx context.Context, target Target, from, to time.Time, do func(recordedPeriod),
) error {
	if c.ledger == nil {
		return nil
	}
	for r, err := range c.ledger.Records(ctx, from, to) {
		var damaged *ledger.DamagedError
		if errors.As(err, &damaged) {
			continue
		}
		if err != nil {
			return fmt.Errorf("looking for what the ledger has: %w", err)
		}
		if r.Source == c.Source.Name() && r.Region == target.Region && c.covers(target, r.Account) {
			do(recordedPeriod{
				SeriesOf(target, r.Account, r.Resource), r.PeriodStart.UTC(), time.Duration(r.PeriodSeconds) * time.Second,
			})
		}
	}
	return nil
}

// due reports whether a gap is to be asked for again. One that is to be so in more than the longest wait was noted by a
// clock that was ahead.
func (g openGap) due(now time.Time) bool {
	return g.Accepted.IsZero() && (!g.Next.After(now) || g.Next.After(now.Add(lastRetry)))
}
