package logs

import (
	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// The most that one MicroVM can use, whoever runs in it: the peak of the largest size. Which size it has only its own
// meter says, so a smaller one's peak bounds nothing.
var (
	largest    = pricing.Sizes()[len(pricing.Sizes())-1]
	peakMiB    = largest.MiB() * pricing.BurstFactor
	peakVCPU   = largest.PeakVCPU().IntPart()
	stateBytes = peakMiB<<20 + largest.DiskGB().IntPart()<<30 // of a snapshot: memory and disk
)

// fastestResume is the least that a resume takes, in milliseconds. Source: AWS Lambda MicroVMs, 0.4 to 2 s.
const fastestResume = 400

// possible reports whether a MicroVM can have used what a line says in the line's time.
func possible(line *emf.Line) bool {
	return within(&line.Amounts, line.PeriodEnd-line.PeriodStart+clockStep)
}

// holds reports whether a MicroVM can have used what a line says besides what others say of the same period.
func (c *logCell) holds(line *emf.Line, period int64) bool {
	sum := c.amounts
	for m, amount := range line.Amounts {
		if sum[m] += amount; sum[m] < 0 {
			return false
		}
	}
	// Two meters in one MicroVM say the same twice: that is an overfull period, which is counted as such.
	running, suspended := sum[usage.Running], sum[usage.Suspended]
	sum[usage.Running], sum[usage.Suspended] = min(running, period), min(suspended, period)
	return withinOf(&sum, period+clockStep, period+clockStep, period+clockStep)
}

// within reports whether amounts are possible in a time that a MicroVM runs for or is suspended.
func within(a *usage.Amounts, ms int64) bool {
	running, suspended := a[usage.Running], a[usage.Suspended]
	// A line's amounts are whole units of sums, so the one that a rest is drawn in may have a unit more.
	return running <= ms && suspended <= ms-running && withinOf(a, ms, running+1, suspended+1)
}

// withinOf reports whether amounts are possible in a time of which a MicroVM runs and is suspended for so long.
func withinOf(a *usage.Amounts, ms, running, suspended int64) bool {
	times := 1 + ms/fastestResume
	starts := a[usage.Launches] + a[usage.Resumes]
	return a[pricing.VCPU] <= peakVCPU*running && a[pricing.Memory] <= peakMiB*running &&
		max(a[usage.Launches], a[usage.Suspends], a[usage.Resumes]) <= times &&
		a[pricing.SnapshotRead] <= stateBytes*starts && a[pricing.SnapshotWrite] <= stateBytes*a[usage.Suspends] &&
		a[pricing.SnapshotStorage] <= stateBytes*(suspended/1000+1)
}
