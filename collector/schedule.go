package collector

import (
	"context"
	"time"
)

// Schedule is what runs that follow each other for a day would take, once nothing is left of earlier ones: by plan, as
// many series as there are now.
type Schedule struct {
	Interval time.Duration
	Runs     int64 // of each target
	Rereads  int64 // of these, those that read the whole overlap again
	Day      Cost  // of all targets
}

// Month is the cost of 30 days.
func (s Schedule) Month() (month Cost) {
	for range 30 { // sums, as only package pricing multiplies money
		month = month.Add(s.Day)
	}
	return month
}

// schedule goes through a day of runs, without reading anything: the windows of each run are worked out as the run
// would, and what a window of a length takes is planned once, with the time that has just passed.
func (c *collection) schedule(ctx context.Context, now time.Time, runs []*targetRun) (Schedule, error) {
	day := Schedule{Interval: c.Interval}
	// What the ledger has of the days to come is nothing.
	ahead := c.Runner.collection(ctx, &Summary{Source: c.summary.Source})
	ahead.purse = c.Runner.purse(c.summary.Source, c.purse.spending, func(error) {})
	for _, run := range runs {
		of, err := c.targetSchedule(ctx, now, run, ahead)
		if err != nil {
			return day, err
		}
		day.Runs, day.Rereads, day.Day = max(day.Runs, of.Runs), max(day.Rereads, of.Rereads), day.Day.Add(of.Day)
	}
	return day, nil
}

func (c *collection) targetSchedule(ctx context.Context, now time.Time, run *targetRun, ahead *collection) (
	of Schedule, err error,
) {
	to := now.Add(-c.Timing.Settle).Truncate(c.Timing.Period)
	// As a run that has just read everything leaves it.
	at := checkpoint{
		Shape: c.traits.Shape, Begin: c.checkpoints[run.target].Begin, Through: to, Goal: to, ReadAt: now,
	}
	if at.Begin.IsZero() {
		at.Begin = now.Add(-c.Timing.Lookback)
	}
	costs := map[time.Duration]Plan{} // of a window of such a length
	listed := now
	for then := now.Add(c.Interval); !then.After(now.Add(day)); then = then.Add(c.Interval) {
		of.Runs++
		reach, windows := reach{readAt: then}, []Window{{From: then.Add(-c.Interval), To: then}}
		if !c.traits.Live {
			reach = c.Timing.reach(then, &at, c.traits.Shape)
			cut, err := ahead.windows(ctx, then, run.target, reach)
			if err != nil {
				return of, err
			}
			windows = cut.windows
		}
		if len(windows) == 0 {
			continue
		}
		if !c.traits.Live && reach.readAt.Equal(then) {
			of.Rereads++
		}
		at.Through = windows[len(windows)-1].To
		at.Goal, at.From, at.ReadAt = at.Through, reach.from, reach.readAt
		for _, w := range windows {
			length := w.To.Sub(w.From)
			if _, known := costs[length]; !known {
				costs[length], err = c.planLike(ctx, run, Window{From: to.Add(-length), To: to, Period: w.Period})
				if err != nil {
					return of, err
				}
			}
			for _, b := range costs[length].Batches {
				of.Day = of.Day.Add(b.Cost)
			}
		}
		if then.Sub(listed) >= c.traits.ListedFor {
			listed, of.Day = then, of.Day.Add(run.listing)
		}
	}
	return of, nil
}

// planLike plans a window as one of a run to come.
func (c *collection) planLike(ctx context.Context, run *targetRun, w Window) (Plan, error) {
	if c.traits.Live {
		w.From, w.Period = w.To, 0
	}
	plan, err := c.askPlan(ctx, newStage(run, planEntry{Target: run.target, Window: w, Shape: c.traits.Shape, Goal: w.To}))
	run.listing = run.listing.Add(plan.Listing)
	return plan, err
}
