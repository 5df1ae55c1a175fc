package collector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// targetRun is what a run reads of a target: stages, one after the other.
type targetRun struct {
	target  Target
	stages  []*stage
	listing Cost // of listing what there is to read, once
	gaveUp  bool // nothing more can be read of the target in this run

	planned bool     // what to read was worked out
	windows []Window // of the stages
	asked   []Window // those that Timing.Since or Timing.Part asks for
	trouble string   // why it was given up
}

// stage is a window of a target, or the backlog: batches that earlier runs left.
//
// Stages of a target are committed one by one, so that the memory that the journal takes, and what a kill costs, do
// not grow with the window.
type stage struct {
	planEntry
	run     *targetRun
	planned bool
	refused bool // it makes no sense, and must not be taken for what a later run begins with

	// What has come of it, by the key of a batch.
	read   map[string]bool
	failed map[string]failure
	state  json.RawMessage // what the source returned last

	quarantined []Quarantine
	conflicts   []Quarantine // of its origins; found when it is committed
}

// failure is why a batch, or parts of it, could not be read.
type failure struct {
	gaps   []Gap  // the parts; none where it is the whole batch
	reason string // of the whole batch
}

func newStage(r *targetRun, p planEntry) *stage {
	return &stage{planEntry: p, run: r, read: map[string]bool{}, failed: map[string]failure{}}
}

// key tells the batches of different windows apart, whose ids may be the same.
func (b Batch) key() string {
	return fmt.Sprintf("%d-%d/%s", b.Window.From.UnixNano(), b.Window.To.UnixNano(), b.ID)
}

// targetRuns works out what to read of each target. One that another source has collected is refused, which costs it
// alone unless there is no other.
func (c *collection) targetRuns(ctx context.Context, now time.Time, targets []Target) ([]*targetRun, error) {
	var runs []*targetRun
	for _, target := range targets { // all of them before any is planned: see covers
		_, _ = c.checkpoint(target)
	}
	var refused []*OverlapError
	for _, target := range targets {
		s, err := c.checkpoint(target)
		if err != nil {
			c.summary.Gaps = append(c.summary.Gaps, Gap{Target: target, Reason: err.Error()})
			continue
		}
		r := &targetRun{target: target}
		if c.traits.Live {
			err = c.planLive(ctx, now, r, s)
		} else {
			err = c.planWindows(ctx, now, r, s)
		}
		if overlap, ok := errors.AsType[*OverlapError](err); ok {
			refused = append(refused, overlap)
			*r = targetRun{target: target, gaveUp: true, trouble: cut(overlap.Error(), maxReason)}
			c.summary.Unusable++
			c.summary.Gaps = append(c.summary.Gaps, Gap{Target: target, Reason: overlap.Reason(), Lasting: true})
			err = nil
		}
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	// Where it is that of all targets, it is the configuration that is wrong, and not one target among others.
	if len(refused) > 0 && len(refused) == c.summary.Targets {
		return nil, refused[0]
	}
	return runs, nil
}

// planLive has the target of a live source read from where the last run ended until now.
func (c *collection) planLive(ctx context.Context, now time.Time, r *targetRun, s *checkpoint) error {
	from := s.Through
	if from.IsZero() {
		from = now
	}
	if from.After(now) {
		// One of the two clocks was wrong. A live source goes by the service's, which it has in what it remembers, so that
		// nothing is counted twice; what was not looked at then cannot be looked at any more.
		c.summary.Gaps = append(c.summary.Gaps, Gap{Target: r.target, Reason: fmt.Sprintf(
			"checkpoint is in the future (clock was wrong): it was %s when the target was last read; reading goes on from now",
			s.Through.Format(time.RFC3339))})
		from = now
	}
	if _, err := c.recorded(ctx, r.target, from.Truncate(c.Timing.Period), now.Add(1)); err != nil {
		return err
	}
	if c.damagedDay(now) != "" {
		g := c.damagedGap(r.target, Window{From: from, To: now}, "Nothing can be kept of what is measured until that day is "+
			"repaired or over")
		c.summary.Gaps, r.trouble = append(c.summary.Gaps, g), g.Reason
		return nil
	}
	r.stages = []*stage{newStage(r, planEntry{
		Target: r.target, Shape: c.traits.Shape, ReadAt: now, Goal: now, Window: Window{From: from, To: now},
	})}
	return nil
}

// planWindows has the backlog of a target read, then the windows since the last run.
func (c *collection) planWindows(ctx context.Context, now time.Time, r *targetRun, s *checkpoint) error {
	if ok, err := c.mendFuture(ctx, now, r.target, s); !ok || err != nil {
		return err
	}
	if c.traits.KeepsKeys != nil && c.traits.KeepsKeys(s.Shape) {
		s.Shape = c.traits.Shape
	}
	c.planAnew(now, r.target, s)
	timing := c.timing(r.target)
	reach := timing.reach(now, s, c.traits.Shape)
	if reach.note != "" {
		c.Logger.Warn(reach.note, "target", r.target.String(), "from", reach.from)
	}
	cut, err := c.windows(ctx, now, r.target, reach)
	if err != nil {
		return err
	}
	if timing.Since.IsZero() && timing.Part == "" {
		cut = s.withoutAccepted(cut)
	}
	windows := cut.windows
	c.summary.Gaps = append(c.summary.Gaps, cut.gaps...)
	c.cutDamaged(r, s, reach, cut)
	r.windows = windows
	var again []replan
	if c.Timing.Part == "" {
		for _, w := range s.Replan {
			if len(c.damagedIn(w.Window)) == 0 {
				again, r.windows = append(again, w), append(r.windows, w.Window)
			}
			c.reportDamaged(r.target, w.Window, staysOwed)
		}
	}
	backlog, err := c.backlog(ctx, now, r, s)
	if err != nil {
		return err
	}
	if len(backlog) > 0 {
		earlier := newStage(r, planEntry{Target: r.target, Shape: c.traits.Shape, Batches: backlog})
		earlier.planned = true
		r.stages = append(r.stages, earlier)
	}
	for _, w := range again {
		r.stages = append(r.stages, newStage(r, planEntry{
			Target: r.target, Shape: c.traits.Shape, Window: w.Window, Backfill: true, Series: w.Series, Replanned: true,
		}))
	}
	if c.Timing.Part == "" {
		if err := c.owedStages(ctx, now, r, s); err != nil {
			return err
		}
	}
	entry := planEntry{
		Target: r.target, Shape: c.traits.Shape, From: reach.from, ReadAt: reach.readAt, Goal: now, Backfill: reach.backfill,
		Part: c.Timing.Part,
	}
	if reach.resumed {
		entry.From = s.From
	}
	c.summary.Resumed = c.summary.Resumed || reach.resumed
	if len(windows) > 0 {
		entry.Goal = windows[len(windows)-1].To
	}
	switch {
	case c.Timing.Part != "":
	case reach.backfill:
		entry.passOver(cut.damaged)
	default:
		entry.passOver(append(c.skipped(r.target, s, reach, windows), cut.passed()...))
	}
	switch {
	case timing.Part != "":
		r.asked = slices.Concat(windows, cut.damaged)
	case !timing.Since.IsZero():
		r.asked = windows
	}
	r.planned = true
	for _, w := range windows {
		entry.Window = w
		r.stages = append(r.stages, newStage(r, entry))
	}
	return nil
}

// backlog lists the batches that earlier runs left: those of an interrupted run, and gaps that are due, unless the
// windows read them anyway. What the service no longer keeps is lost: it is reported once more and taken off the
// checkpoint.
func (c *collection) backlog(
	ctx context.Context,
	now time.Time,
	r *targetRun,
	s *checkpoint,
) (backlog []Batch, err error) {
	if s.Pending, err = c.pendingKept(ctx, now, r, s.Pending); err != nil {
		return nil, err
	}
	if s.Gaps, err = c.gapsKept(ctx, now, r, s.Gaps); err != nil {
		return nil, err
	}
	for _, b := range s.Pending {
		c.reportDamaged(r.target, b.Window, staysOwed)
		if c.mayAsk(now, r, b) {
			backlog = append(backlog, b)
		}
	}
	for _, g := range s.Gaps {
		if g.due(now) {
			c.reportDamaged(r.target, g.Batch.Window, staysOwed)
		}
		again := slices.ContainsFunc(r.windows, func(w Window) bool { return w.overlaps(g.Batch.Window) })
		if !again && g.due(now) && c.mayAsk(now, r, g.Batch) {
			backlog = append(backlog, g.Batch)
		}
	}
	return backlog, nil
}
