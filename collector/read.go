package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// read plans and reads stages, one per target, and has everything in the journal when it returns. The error is one of
// the journal.
func (c *collection) read(ctx context.Context, stages []*stage) error {
	if err := c.journal.begin(); err != nil {
		return err
	}
	// What is in flight when the context ends is finished, within the grace.
	inFlight, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(c.Grace, cancel) })()
	var (
		targets = make(chan struct{}, targetsAtATime)
		batches = make(chan struct{}, c.Parallel)
		wait    sync.WaitGroup
	)
	for _, s := range stages {
		wait.Go(func() {
			targets <- struct{}{}
			defer func() { <-targets }()
			c.readStage(ctx, inFlight, s, batches)
		})
	}
	wait.Wait()
	return c.journal.end()
}

func (c *collection) readStage(ctx, inFlight context.Context, s *stage, slots chan struct{}) {
	if ctx.Err() != nil || !c.plan(ctx, s) {
		return
	}
	if err := c.journal.addPlan(s.planEntry); err != nil {
		c.giveUp(s, err)
		return
	}
	c.progress(0, int64(len(s.Batches)), s.Target.String())
	var (
		wait   sync.WaitGroup
		stop   = make(chan struct{}) // closed when the target is left
		failed failures
	)
	for _, b := range s.Batches {
		taken := false
		select {
		case slots <- struct{}{}:
			taken = true
		case <-ctx.Done():
		case <-stop:
		case <-c.journal.failed:
		}
		if !taken || ctx.Err() != nil || isClosed(stop) || isClosed(c.journal.failed) {
			if taken {
				<-slots
			}
			break
		}
		wait.Go(func() {
			defer func() { <-slots }()
			if err := c.readBatch(inFlight, s, b); failed.end(err) {
				c.giveUp(s, err)
				close(stop)
			}
		})
	}
	wait.Wait()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// failures decides when a target is left: when an error says that nothing can be read of it, or when batches keep
// failing.
type failures struct {
	mu     sync.Mutex
	streak int
	gaveUp bool
}

const maxStreak = 3

// end notes how a batch ended, and says once that the target is to be left.
func (f *failures) end(err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.streak = 0
		return false
	}
	f.streak++
	var ofTarget *TargetError
	leave := errors.As(err, &ofTarget) || f.streak >= maxStreak
	if !leave || f.gaveUp || errors.Is(err, context.Canceled) {
		return false
	}
	f.gaveUp = true
	return true
}

// askPlan asks the source for the plan of a stage. What that takes is paid for.
func (c *collection) askPlan(ctx context.Context, s *stage) (Plan, error) {
	defer c.waitFor(s.Target, "listing what there is to read")()
	ctx, tab := c.purse.open(ctx, s.Target)
	plan, err := c.planSource(ctx, s)
	tab.settle(plan.Listing)
	return plan, err
}

// plan makes the plan of a stage that has none.
func (c *collection) plan(ctx context.Context, s *stage) bool {
	if s.planned {
		return true
	}
	plan, err := c.askPlan(ctx, s)
	c.count(func(sum *Summary) { sum.Cost = sum.Cost.Add(plan.Listing) })
	if err != nil {
		if ctx.Err() == nil {
			c.giveUp(s, err)
		}
		return false
	}
	if !c.traits.Live {
		if err = checkBatches(plan.Batches); err == nil {
			err = c.checkClock(s, false)
		}
		if err != nil {
			s.refused = true
			c.giveUp(s, err)
			return false
		}
	}
	s.Batches, s.State, s.planned = plan.Batches, plan.State, true
	s.Quarantined = found(plan.Quarantined, s.Target, s.Window)
	s.quarantined = s.Quarantined
	return true
}

// leave gives up a target for this run.
func (c *collection) giveUp(s *stage, err error) {
	c.count(func(sum *Summary) {
		var ofTarget *TargetError
		if errors.As(err, &ofTarget) && ofTarget.lasting() {
			sum.Unusable++
		}
		s.run.gaveUp, s.run.trouble = true, cut(err.Error(), maxReason)
		window := Window{From: s.Window.From, To: s.Goal}
		if s.Goal.IsZero() { // what earlier runs left, before what this one is about
			window = Window{}
		}
		sum.Gaps = append(sum.Gaps, Gap{Target: s.Target, Window: window, Reason: err.Error()})
	})
}

// readBatch reads a batch into the journal.
func (c *collection) readBatch(ctx context.Context, s *stage, b Batch) error {
	b.State = c.checkpoints[s.Target].Source
	result, err := c.askBatch(ctx, s.Target, b)
	var refused []Quarantine
	result.Records, refused = sound(s.Target, result.Records)
	entry := batchEntry{
		Target: s.Target, Key: b.key(), Gaps: result.Gaps, Counts: result.Counts, Notes: result.Notes, State: result.State, FirstSeen: result.FirstSeen,
		Quarantined: found(append(result.Quarantined, refused...), s.Target, b.Window),
	}
	var (
		ofTarget *TargetError
		stopped  *StoppedError
	)
	if errors.As(err, &stopped) {
		c.count(func(sum *Summary) { sum.Cost.Calls += result.Calls })
		return nil // it is left for the next run
	}
	if err != nil {
		// Of a target that cannot be read, and of a run that was interrupted, the batch is left for the next run.
		if errors.As(err, &ofTarget) || ctx.Err() != nil {
			c.count(func(sum *Summary) { sum.Cost.Calls += result.Calls })
			return err
		}
		entry.Reason = cut(err.Error(), maxReason)
		result.Records = nil
	}
	for i := range entry.Gaps {
		g := &entry.Gaps[i]
		g.Target, g.What, g.Reason = s.Target, cut(g.What, maxWhat), cut(g.Reason, maxReason)
		if g.Window == (Window{}) {
			g.Window = b.Window
		}
	}
	if addErr := c.journal.addBatch(entry, result.Records); addErr != nil {
		// Such as a state that is not JSON: a bug of the source, which costs this batch.
		entry = batchEntry{Target: s.Target, Key: b.key(), Reason: cut(addErr.Error(), maxReason)}
		if err = c.journal.addBatch(entry, nil); err != nil {
			return err
		}
		err = addErr
	}
	c.count(func(sum *Summary) {
		s.take(entry)
		sum.Batches++
		sum.Cost = sum.Cost.Add(Cost{Calls: result.Calls, Metrics: b.Cost.Metrics, APIPrice: b.Cost.APIPrice})
	})
	c.progress(1, 0, s.Target.String())
	return err
}

// askBatch asks the source for a batch. What that takes is paid for.
func (c *collection) askBatch(ctx context.Context, target Target, b Batch) (Result, error) {
	if err := c.purse.afford(ctx, b.Cost); err != nil {
		return Result{}, err
	}
	defer c.waitFor(target, "reading "+b.ID)()
	ctx, tab := c.purse.open(ctx, target)
	result, err := c.Source.Fetch(WithLedger(ctx, c.writer), target, b)
	tab.settle(Cost{Calls: result.Calls, Metrics: b.Cost.Metrics, APIPrice: b.Cost.APIPrice})
	return result, err
}

// take notes what came of a batch.
func (s *stage) take(b batchEntry) {
	s.read[b.Key] = true
	delete(s.failed, b.Key)
	if b.Reason != "" || len(b.Gaps) > 0 {
		s.failed[b.Key] = failure{b.Gaps, b.Reason}
	}
	if b.State != nil {
		s.state = b.State
	}
	s.quarantined = append(s.quarantined, b.Quarantined...)
}

// estimateCost adds up what a run would cost, by plan. A target that cannot be planned costs nothing.
func (c *collection) estimateCost(ctx context.Context, runs []*targetRun) (Cost, error) {
	var total Cost
	for _, run := range runs {
		for _, s := range run.stages {
			batches := s.Batches
			if !s.planned {
				plan, err := c.askPlan(ctx, s)
				if err != nil {
					break // which the run will meet again, and report
				}
				total, batches = total.Add(plan.Listing), plan.Batches
			}
			for _, b := range batches {
				total = total.Add(b.Cost)
			}
		}
	}
	return total, ctx.Err()
}

// reportOpen adds the gaps that earlier runs left, and that this one did not ask for.
func (c *collection) reportOpen(targets []Target) {
	for _, target := range targets {
		of, err := c.checkpoint(target)
		if err != nil {
			continue // which is a gap by itself
		}
		for _, g := range of.Gaps {
			if g.reported || !g.Accepted.IsZero() {
				continue
			}
			c.summary.Gaps = append(c.summary.Gaps, Gap{
				Target: target, Window: g.Batch.Window, What: g.What,
				Reason: fmt.Sprintf("%s; tried %d times, next retry after %s",
					g.Reason, g.Tries, g.Next.Format(time.RFC3339)),
			})
		}
		for _, b := range of.Backfills {
			if b.Accepted.IsZero() && b.Part != c.Timing.Part { // which the run has reported itself
				c.summary.Gaps = append(c.summary.Gaps, b.gap(target))
			}
		}
	}
}

// orderGaps puts gaps into an order that does not depend on which goroutine was first.
func (c *collection) orderGaps() {
	slices.SortStableFunc(c.summary.Gaps, func(a, b Gap) int {
		return compareGaps(&a, &b)
	})
}
