package idle

import "math"

// Fixed is a policy that waits the same time in every gap.
type Fixed struct {
	TimeoutMS int64 // Never for one that never suspends
	Suspends  int64
	Use       Use
}

// Never is a timeout beyond every gap.
const Never = math.MaxInt64

// TimeoutSeconds is the timeout in whole seconds, as the service takes it. Timeouts of Fixed policies that a [Model]
// finds are whole seconds; one given as a wait of its own is rounded up.
func (f Fixed) TimeoutSeconds() int64 { return ceilSeconds(f.TimeoutMS) }

func ceilSeconds(ms int64) int64 {
	return ms/msPerSecond + min(ms%msPerSecond, 1)
}

// At is what the gaps come to with a timeout: those that are not longer are run through, the others run until the
// timeout, are suspended for the rest, and end in a resume.
func (d Distribution) At(timeoutMS int64) Fixed {
	return d.Curve([]int64{timeoutMS})[0]
}

// Curve is [Distribution.At] for many timeouts, which must ascend, in one pass.
func (d Distribution) Curve(timeoutsMS []int64) []Fixed {
	curve := make([]Fixed, 0, len(timeoutsMS))
	within, longer, i := int64(0), d.n, 0
	for _, timeout := range timeoutsMS {
		for ; i < len(d.lengths) && d.lengths[i] <= timeout; i++ {
			within += d.lengths[i] * d.counts[i]
			longer -= d.counts[i]
		}
		running := runs(within, longer, timeout)
		curve = append(curve, Fixed{
			TimeoutMS: timeout, Suspends: longer,
			Use: Use{RunningMS: running, SuspendedMS: d.totalMS - running, Resumes: longer},
		})
	}
	return curve
}

// terminated is what the same gaps come to where the MicroVM is terminated in place of being suspended: nothing is
// written or stored, and the next request launches.
func (f Fixed) terminated() Use {
	return Use{RunningMS: f.Use.RunningMS, Launches: f.Suspends}
}

// Best is the cheapest timeout of at least the given number of whole seconds, the smallest of those that cost the same.
// It is exact: between two lengths that occur, each second of timeout adds the price of running in place of being
// suspended for every longer gap, so no timeout costs less than the last length at or below it. After the distribution,
// which is sorted, it is one pass over the distinct lengths.
func (m Model) Best(d Distribution, leastSeconds int64) Fixed {
	return best(d, m.weigh, leastSeconds*msPerSecond, math.MaxInt64)
}

// BestWithin is [Model.Best] over the timeouts that suspend no more often than a limit.
func (m Model) BestWithin(d Distribution, leastSeconds, suspends int64) Fixed {
	return best(d, m.weigh, leastSeconds*msPerSecond, suspends)
}

// bestTerminated is the cheapest timeout where the MicroVM is terminated in place of being suspended.
func (m Model) bestTerminated(d Distribution, leastSeconds int64) Fixed {
	return best(d, newScale(m.prices.Running, m.prices.Launch), leastSeconds*msPerSecond, math.MaxInt64)
}

func best(d Distribution, weigh scale, leastMS, suspends int64) Fixed {
	var (
		timeout = leastMS
		longer  = d.n      // gaps longer than the timeout
		running = int64(0) // of the gaps that are not longer
		i       = 0
	)
	pass := func() { // the gaps that the timeout has reached
		for i < len(d.lengths) && d.lengths[i] <= timeout {
			running += d.lengths[i] * d.counts[i]
			longer -= d.counts[i]
			i++
		}
	}
	pass()
	chosen, chosenRunning, chosenLonger := timeout, runs(running, longer, timeout), longer
	for i < len(d.lengths) {
		timeout = ceilSeconds(d.lengths[i]) * msPerSecond
		pass()
		// A larger timeout never runs for less time nor suspends more often.
		now := runs(running, longer, timeout)
		if chosenLonger > suspends || weigh.cheaper(now-chosenRunning, chosenLonger-longer) {
			chosen, chosenRunning, chosenLonger = timeout, now, longer
		}
	}
	return Fixed{
		TimeoutMS: chosen, Suspends: chosenLonger,
		Use: Use{RunningMS: chosenRunning, SuspendedMS: d.totalMS - chosenRunning, Resumes: chosenLonger},
	}
}

// runs is how long the gaps run with a timeout. Where gaps are longer than the timeout it is no more than their total,
// so it does not overflow.
func runs(running, longer, timeoutMS int64) int64 {
	if longer == 0 {
		return running
	}
	return running + longer*timeoutMS
}

// hindsight is what somebody pays who knows each gap beforehand: a gap is suspended at once if that costs less.
func (m Model) hindsight(d Distribution) Use {
	var u Use
	for i, length := range d.lengths {
		if count := d.counts[i]; m.weigh.cheaper(length, 1) || m.saved.Sign() <= 0 {
			u.RunningMS += length * count
		} else {
			u.SuspendedMS += length * count
			u.Resumes += count
		}
	}
	return u
}
