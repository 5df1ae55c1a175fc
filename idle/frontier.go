package idle

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"github.com/shopspring/decimal"
)

// Latency is what requests wait, in milliseconds, for what they find.
type Latency struct{ ResumeMS, LaunchMS int64 }

// Limits are what a policy may do to requests. A limit that is nil is none.
type Limits struct {
	// ResumesPerHour is how often a MicroVM may be resumed, or launched again, in an hour, as the mean over the trace.
	ResumesPerHour *decimal.Decimal
	// AddedMS is how many milliseconds a request may wait for a resume or a launch, as the mean over all requests.
	AddedMS *decimal.Decimal
}

func (l Limits) any() bool { return l.ResumesPerHour != nil || l.AddedMS != nil }

// Outcome is a lifecycle played through a trace.
type Outcome struct {
	Lifecycle
	Played
	Cost   decimal.Decimal // of everything: requests, waits, snapshots and launches
	Waits  int64           // requests that found nothing running, but for the first of each MicroVM
	WaitMS int64           // how long they waited together
	// Frontier says that no other outcome costs less and makes requests wait no longer.
	Frontier bool
	Within   bool // the limits
}

// Frontier is every lifecycle that was played, by idle timeout and suspended duration, and the cheapest within the limits.
type Frontier struct {
	Latency  Latency
	LifeMS   int64
	Outcomes []Outcome
	Best     *Outcome // nil where none is within the limits
	Served   int64    // requests
}

// frontier plays every pair of an idle timeout and a suspended duration.
func (m Model) frontier(t *Trace, timeoutsMS, heldMS []int64, lifeMS int64, latency Latency, limits Limits, periodMS int64) *Frontier {
	f := &Frontier{Latency: latency, LifeMS: lifeMS, Served: t.served()}
	for _, timeout := range timeoutsMS {
		for _, held := range heldMS {
			f.Outcomes = append(f.Outcomes, Outcome{Lifecycle: Lifecycle{TimeoutMS: timeout, HeldMS: held, LifeMS: lifeMS}})
		}
	}
	next := make(chan *Outcome)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(f.Outcomes)) {
		group.Go(func() {
			for o := range next {
				o.Played = o.Play(t.MicroVMs)
				o.Cost = m.Cost(o.Use)
			}
		})
	}
	for i := range f.Outcomes {
		next <- &f.Outcomes[i]
	}
	close(next)
	group.Wait()

	allowed := limits.waits(t, periodMS)
	for i := range f.Outcomes {
		o := &f.Outcomes[i]
		again := o.Launches - t.Count
		o.Waits = o.Resumes + again
		o.WaitMS = o.Resumes*latency.ResumeMS + again*latency.LaunchMS
		o.Within = o.Waits <= allowed && limits.latencyHolds(o.WaitMS, f.Served)
	}
	f.mark()
	return f
}

// mark finds the frontier and the best: outcomes by cost, then by waiting; each is on the frontier that waits less than
// all that are cheaper.
func (f *Frontier) mark() {
	order := make([]*Outcome, len(f.Outcomes))
	for i := range f.Outcomes {
		order[i] = &f.Outcomes[i]
	}
	slices.SortStableFunc(order, func(a, b *Outcome) int {
		return cmp.Or(a.Cost.Cmp(b.Cost), cmp.Compare(a.WaitMS, b.WaitMS), cmp.Compare(a.Waits, b.Waits),
			cmp.Compare(a.TimeoutMS, b.TimeoutMS), cmp.Compare(b.HeldMS, a.HeldMS))
	})
	least := int64(Never) // that a cheaper one waits
	for _, o := range order {
		if o.WaitMS < least {
			o.Frontier, least = true, o.WaitMS
		}
		if o.Within && f.Best == nil {
			f.Best = o
		}
	}
}

// waits is how many requests may find nothing running: of all MicroVMs over the whole trace.
func (l Limits) waits(t *Trace, periodMS int64) int64 {
	if l.ResumesPerHour == nil {
		return Never
	}
	hours := decimal.NewFromInt(t.Count).Mul(decimal.NewFromInt(periodMS))
	return wholePart(l.ResumesPerHour.Mul(hours), hourMS)
}

const hourMS = 3_600 * msPerSecond

// wholePart is how often a number has the divisor in it, and Never where that is more than can be.
func wholePart(number decimal.Decimal, divisor int64) int64 {
	whole, _ := number.QuoRem(decimal.NewFromInt(divisor), 0)
	if !whole.LessThan(decimal.NewFromInt(Never)) {
		return Never
	}
	return whole.IntPart()
}

func (l Limits) latencyHolds(waitMS, served int64) bool {
	return l.AddedMS == nil || !decimal.NewFromInt(waitMS).GreaterThan(l.AddedMS.Mul(decimal.NewFromInt(served)))
}

// resumes is how often the plain model may suspend within the limits.
func (l Limits) resumes(t *Trace, periodMS int64, latency Latency) int64 {
	allowed := l.waits(t, periodMS)
	if l.AddedMS != nil && latency.ResumeMS > 0 {
		allowed = min(allowed, wholePart(l.AddedMS.Mul(decimal.NewFromInt(t.served())), latency.ResumeMS))
	}
	return allowed
}
