package idle

import "microspend/pricing"

// Lifecycle is a policy as the service takes it, with the limits on a MicroVM's life. Times are in milliseconds.
type Lifecycle struct {
	TimeoutMS int64 // maxIdleDurationSeconds: a MicroVM idle for longer is suspended; Never for never
	// HeldMS is suspendedDurationSeconds: a MicroVM suspended for longer is terminated. 0 terminates in place of
	// suspending.
	HeldMS int64
	LifeMS int64 // maximumDurationInSeconds: running and suspended time from launch to termination; Never for no limit
	// Ending reports whether what follows a MicroVM's last request is played to its end: idle, suspended, terminated.
	// Without it the account ends with the last request, as the trace does. It needs a life that ends.
	Ending bool
}

// MaxLife is the service's limit on the life of a MicroVM, in milliseconds.
const MaxLife = pricing.MaxLifeSeconds * msPerSecond

// Played is what a trace comes to under a lifecycle.
type Played struct {
	Use
	IdleMS      int64 // of the running time, spent waiting
	Terminated  int64 // MicroVMs that ended, by a suspension that was too long or by their age
	Interrupted int64 // requests that were cut by the end of a life; a new MicroVM carries on
}

// Add returns both together.
func (p Played) Add(other Played) Played {
	return Played{
		p.Use.Add(other.Use), p.IdleMS + other.IdleMS, p.Terminated + other.Terminated, p.Interrupted + other.Interrupted,
	}
}

// Play takes MicroVMs through their requests. It is exact to the millisecond: each step is worked out in one go, and
// the result is that of watching every moment.
//
// A request finds the MicroVM running, or resumes it, or launches a new one. After a request the MicroVM runs idle; if
// the gap is longer than the idle timeout it is suspended until the next request, and terminated if that does not come
// within the suspended duration or before its life is over. A request that comes at the very moment at which a timeout
// or the suspended duration is over still finds the MicroVM as it was; one that comes as its life is over does not.
// The time that resumes and launches take moves no later request.
func (l Lifecycle) Play(microVMs []MicroVM) Played {
	var sum Played
	for i := range microVMs {
		l.play(&microVMs[i], &sum)
	}
	return sum
}

// life is a MicroVM on its way.
type life struct {
	policy *Lifecycle
	left   int64 // until it is terminated for its age
	sum    *Played
}

func (l *Lifecycle) play(vm *MicroVM, sum *Played) {
	now := life{policy: l, sum: sum}
	now.launch()
	now.serve(vm.BusyMS)
	for i := range vm.Steps {
		now.wait(vm.Steps[i].GapMS)
		now.serve(vm.Steps[i].BusyMS)
	}
	if l.Ending {
		now.end()
	}
}

func (l *life) launch() {
	l.sum.Launches++
	l.left = l.policy.LifeMS
}

func (l *life) relaunch() {
	l.sum.Terminated++
	l.launch()
}

func (l *life) run(ms int64) {
	l.sum.RunningMS += ms
	l.left -= ms
}

func (l *life) idle(ms int64) {
	l.sum.IdleMS += ms
	l.run(ms)
}

// serve runs a request. One that is longer than the life that is left goes on in a new MicroVM.
func (l *life) serve(ms int64) {
	if ms <= l.left {
		l.run(ms)
		return
	}
	rest := ms - l.left
	lives := (rest-1)/l.policy.LifeMS + 1 // that it goes on in; all but the last are used up
	l.sum.Interrupted += lives
	l.sum.Terminated += lives
	l.sum.Launches += lives
	l.sum.RunningMS += ms
	l.left = l.policy.LifeMS*lives - rest
}

// wait is a gap, with what the request at its end finds.
func (l *life) wait(gap int64) {
	timeout := l.policy.TimeoutMS
	switch {
	case gap <= timeout && gap < l.left:
		l.idle(gap)
	case min(gap, timeout) >= l.left: // its life is over before it is suspended
		l.idle(l.left)
		l.relaunch()
	case l.policy.HeldMS == 0:
		l.idle(timeout)
		l.relaunch()
	default:
		l.idle(timeout)
		l.suspend(gap - timeout)
	}
}

func (l *life) suspend(ms int64) {
	if ms <= l.policy.HeldMS && ms < l.left {
		l.sum.SuspendedMS += ms
		l.left -= ms
		l.sum.Resumes++
		return
	}
	l.sum.SuspendedMS += min(l.policy.HeldMS, l.left)
	l.sum.Unresumed++
	l.relaunch()
}

// end is what comes after the last request: a gap without end, and without a launch after it.
func (l *life) end() {
	idle := min(l.policy.TimeoutMS, l.left)
	l.idle(idle)
	l.sum.Terminated++
	if l.left > 0 && l.policy.HeldMS > 0 {
		l.sum.SuspendedMS += min(l.policy.HeldMS, l.left)
		l.sum.Unresumed++
	}
}
