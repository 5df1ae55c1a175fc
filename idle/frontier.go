package idle

import (
	"runtime"
	"sync"

	"github.com/shopspring/decimal"
)

// Latency is what requests wait, in milliseconds, for what they find.
type Latency struct{ ResumeMS, LaunchMS int64 }

// MaxLatencyMS is the longest that a request can be said to wait: an hour.
const MaxLatencyMS = hourMS

// DefaultLatency is what is assumed where nothing has been measured: the middle of the 0.4 to 2 s that resumes are
// said to take (AWS Lambda MicroVMs documentation, read 2026-09-19), and for a launch, of which nothing is published,
// the slowest resume.
func DefaultLatency() Latency { return Latency{ResumeMS: 1200, LaunchMS: 2000} }

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
	Lost   int64           // of the waits, those that found their state gone and had to launch anew
	// Frontier says that no other outcome is at least as good in cost, in waiting and in state lost, and better in
	// one. Of those that are as good in all three it is the one with the longest durations.
	Frontier bool
	Within   bool // the limits
}

// Frontier is every lifecycle that was played, by idle timeout and suspended duration.
type Frontier struct {
	Latency  Latency
	LifeMS   int64
	Served   int64     // requests
	Outcomes []Outcome // by idle timeout, then suspended duration
	// Best is the cheapest within the limits of those that keep state for as long as was asked for, or as a life
	// allows; nil where the limits allow none.
	Best *Outcome
	// Cheapest is the cheapest within the limits whatever state it loses; nil likewise.
	Cheapest *Outcome
}

// frontier plays every pair of an idle timeout and a suspended duration.
func (a *Analysis) frontier() *Frontier {
	t, latency, lifeMS := a.Trace, *a.Options.Latency, a.Options.LifeSeconds*msPerSecond
	f := &Frontier{Latency: latency, LifeMS: lifeMS, Served: t.served()}
	for _, timeout := range a.lifeTimeouts(lifeMS) {
		for _, held := range a.Options.held(lifeMS) {
			f.Outcomes = append(f.Outcomes, Outcome{Lifecycle: Lifecycle{TimeoutMS: timeout, HeldMS: held, LifeMS: lifeMS}})
		}
	}
	next := make(chan *Outcome)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(f.Outcomes)) {
		group.Go(func() {
			for o := range next {
				o.Played = o.Play(t.MicroVMs)
				o.Cost = a.Model.Cost(o.Use)
			}
		})
	}
	for i := range f.Outcomes {
		next <- &f.Outcomes[i]
	}
	close(next)
	group.Wait()

	allowed := a.Options.Limits.waits(t, a.PeriodMS)
	for i := range f.Outcomes {
		o := &f.Outcomes[i]
		o.Lost = o.Launches - t.Count
		o.Waits = o.Resumes + o.Lost
		o.WaitMS = o.Resumes*latency.ResumeMS + o.Lost*latency.LaunchMS
		o.Within = o.Waits <= allowed && a.Options.Limits.latencyHolds(o.WaitMS, f.Served)
	}
	f.mark()
	return f
}

// mark finds the frontier and the best.
func (f *Frontier) mark() {
	longest := int64(0)
	for i := range f.Outcomes {
		longest = max(longest, f.Outcomes[i].HeldMS)
	}
	for i := range f.Outcomes {
		o := &f.Outcomes[i]
		o.Frontier = true
		for j := range f.Outcomes {
			if f.Outcomes[j].dominates(o) || j > i && f.Outcomes[j].equals(o) {
				o.Frontier = false
				break
			}
		}
		if !o.Within {
			continue
		}
		if f.Cheapest == nil || o.Cost.LessThan(f.Cheapest.Cost) {
			f.Cheapest = o
		}
		if o.HeldMS == longest && (f.Best == nil || o.Cost.LessThan(f.Best.Cost)) {
			f.Best = o
		}
	}
}

func (o *Outcome) equals(other *Outcome) bool {
	return o.Cost.Equal(other.Cost) && o.WaitMS == other.WaitMS && o.Lost == other.Lost
}

func (o *Outcome) dominates(other *Outcome) bool {
	return o.Cost.LessThanOrEqual(other.Cost) && o.WaitMS <= other.WaitMS && o.Lost <= other.Lost && !o.equals(other)
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
