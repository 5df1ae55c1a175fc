package collector

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
)

// Estimate is what a run would read and what its calls would cost. Calls that finding out took are part of it.
type Estimate struct {
	Source  string
	Targets []TargetEstimate
	Cost    Cost     // of all targets
	Notes   []string // see [Plan.Notes]
	Gaps    []Gap    // what could not be planned, and what is lost
	// Spent is what was spent today before, by all sources; calls of estimates are not counted.
	Spent Cost
	// Every is what a day of such runs would take; nil where runs do not follow each other.
	Every *Schedule
}

// TargetEstimate is what would be read of a target.
type TargetEstimate struct {
	Target  Target
	From    time.Time // start of the earliest window
	To      time.Time
	Period  time.Duration // of the records of the latest window
	Batches int64
	Left    int64 // of the batches, those left by earlier runs
	Cost    Cost
}

// Estimate finds out what a run would do, and writes nothing. It asks for which series there are, as a run does.
func (r *Runner) Estimate(ctx context.Context) (Estimate, error) {
	e := Estimate{Source: r.Source.Name()}
	s := Summary{Source: e.Source}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c := r.collection(ctx, &s)
	opened, err := r.Ledger.Open(ctx, ledger.Options{Now: r.Now, Logger: r.Logger})
	if err == nil {
		c.ledger = opened
	} else if !errors.Is(err, fs.ErrNotExist) {
		return e, err
	}
	spending, err := ReadSpending(ctx, c.ledger)
	if err != nil {
		return e, err
	}
	c.purse = r.purse(s.Source, spending, stop)
	now := r.Now().UTC()
	e.Spent = spending.Of("", Target{}, now, now)
	targets, gaps := r.Targets(ctx)
	s.Targets, s.Gaps = len(targets)+len(gaps), gaps
	days := map[civil.Day]bool{} // that are written
	runs, err := c.targetRuns(ctx, now, targets)
	if err != nil {
		return e, err
	}
	for _, run := range runs {
		t := TargetEstimate{Target: run.target}
		for _, stage := range run.stages {
			plan := Plan{Batches: stage.Batches}
			if stage.planned {
				t.Left += int64(len(plan.Batches))
			} else if plan, err = c.askPlan(ctx, stage); err != nil {
				s.Gaps = append(s.Gaps, Gap{Target: stage.Target, Window: stage.Window, Reason: err.Error()})
				break
			}
			t.add(plan)
			for _, b := range plan.Batches {
				for day := civil.DayOf(b.Window.From, time.UTC); day.Start(time.UTC).Before(b.Window.To); day++ {
					days[day] = true
				}
			}
			run.listing = run.listing.Add(plan.Listing)
			if r.traits.Live { // whose windows have no period
				t.Period = r.Timing.Period
			}
			for _, note := range plan.Notes {
				if !slices.Contains(e.Notes, note) {
					e.Notes = append(e.Notes, note)
				}
			}
		}
		e.Targets, e.Cost = append(e.Targets, t), e.Cost.Add(t.Cost)
	}
	c.orderGaps()
	e.Gaps = s.Gaps
	if metered, ok := opened.(ledger.Metered); ok {
		notes, err := metered.WriteCost(len(days))
		if err != nil {
			return e, err
		}
		e.Notes = append(e.Notes, notes...)
	}
	if r.Interval > 0 && len(e.Gaps) == 0 {
		every, err := c.schedule(ctx, now, runs)
		if err != nil {
			return e, err
		}
		e.Every = &every
	}
	return e, context.Cause(ctx)
}

func (t *TargetEstimate) add(plan Plan) {
	t.Cost = t.Cost.Add(plan.Listing)
	for _, b := range plan.Batches {
		if t.From.IsZero() || b.Window.From.Before(t.From) {
			t.From = b.Window.From
		}
		t.To, t.Period = civil.Later(t.To, b.Window.To), b.Window.Period
		t.Batches++
		t.Cost = t.Cost.Add(b.Cost)
	}
}
