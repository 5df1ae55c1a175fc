package idle

import (
	"cmp"
	"slices"
)

// The histogram policy follows Shahrad et al., "Serverless in the Wild: Characterizing and Optimizing the Serverless
// Workload at a Large Cloud Provider", USENIX ATC 2020, section 4.2: bins of a minute over a range of four hours, the
// head at the 5th percentile and the tail at the 99th with a margin of a tenth, used only where the histogram is
// representative. Two things differ, because there a function that is unloaded costs nothing and here money is what
// counts:
//   - where it is not representative, the break-even rule decides, not a keep-alive of the whole range;
//   - the MicroVM is suspended for the head only where the head is longer than the break-even, as running through a
//     shorter one costs less than the cycle.
//
// The paper forecasts gaps beyond the range with ARIMA; here they fall to the break-even rule.
const (
	histogramBins    = 240 // of a minute
	binMS            = 60 * msPerSecond
	leastLearned     = 10 // gaps before the histogram is used
	headPercent      = 5
	tailPercent      = 99
	marginTenths     = 1
	leastVariationSq = 4 // the least squared coefficient of variation of bins that are representative
)

// histogram is what a tenant's gaps have been so far.
type histogram struct {
	bins    [histogramBins]int64
	within  int64
	beyond  int64 // longer than the range
	squares int64 // the sum of the bins' squares
}

func (h *histogram) learn(gapMS int64) {
	bin := gapMS / binMS
	if bin >= histogramBins {
		h.beyond++
		return
	}
	h.squares += 2*h.bins[bin] + 1
	h.bins[bin]++
	h.within++
}

// representative reports whether the histogram says enough: enough gaps, most of them in range, and bins that differ:
// a coefficient of variation of 2 at least, which is compared in whole numbers.
func (h *histogram) representative() bool {
	return h.within+h.beyond >= leastLearned && h.within > h.beyond &&
		h.squares*histogramBins-h.within*h.within >= leastVariationSq*h.within*h.within
}

// percentile is the bin that the p-th of 100 gaps in range falls into.
func (h *histogram) percentile(p int64) int64 {
	need := max((h.within*p+99)/100, 1)
	for i, count := range h.bins {
		if need -= count; need <= 0 {
			return int64(i)
		}
	}
	return histogramBins - 1
}

// window is what the policy does in the next gap: it is suspended from 0 to prewarm, running until, and suspended
// again.
type window struct{ prewarmMS, untilMS int64 }

func (h *histogram) window(breakEvenMS int64) window {
	if !h.representative() {
		return window{0, breakEvenMS}
	}
	head := h.percentile(headPercent) * binMS
	tail := (h.percentile(tailPercent) + 1) * binMS
	head -= head / 10 * marginTenths
	tail += tail / 10 * marginTenths
	if head <= breakEvenMS {
		head = 0
	}
	return window{head, tail}
}

// learned is what the policy comes to.
type learned struct {
	use   Use
	waits int64 // requests that found the MicroVM suspended; one resumed beforehand makes none wait
}

func (l *learned) gap(gapMS int64, w window) {
	running := min(max(gapMS-w.prewarmMS, 0), w.untilMS-w.prewarmMS)
	l.use.RunningMS += running
	l.use.SuspendedMS += gapMS - running
	if w.prewarmMS > 0 {
		l.use.Resumes++
	}
	switch {
	case gapMS > w.untilMS:
		l.use.Resumes++
		l.waits++
	case w.prewarmMS > 0 && gapMS <= w.prewarmMS:
		l.waits++
	}
}

// moment is a gap of one tenant, on the trace's clock.
type moment struct{ start, end int64 }

// histogram plays the policy for every tenant, or for every MicroVM where no tenant is named. At the start of a gap it
// knows those that have ended by then.
func (m Model) histogram(t *Trace, breakEvenMS int64) learned {
	var sum learned
	for of := range t.parts(byTenantOrMicroVM) {
		if t.Dated && len(of.vms) > 1 {
			sum.overlapping(of.vms, breakEvenMS)
		} else {
			sum.inTurn(of.vms, breakEvenMS)
		}
	}
	return sum
}

// inTurn plays gaps of which each begins after the one before has ended: those of one MicroVM, or of several that
// share no clock and are taken one after the other.
func (l *learned) inTurn(vms []MicroVM, breakEvenMS int64) {
	var h histogram
	for i := range vms {
		for _, step := range vms[i].Steps {
			l.gap(step.GapMS, h.window(breakEvenMS))
			h.learn(step.GapMS)
		}
	}
}

// overlapping plays the gaps of MicroVMs on one clock, of which one may begin before another has ended.
func (l *learned) overlapping(vms []MicroVM, breakEvenMS int64) {
	starts := gapsInTime(vms)
	ends := slices.Clone(starts)
	slices.SortFunc(starts, func(a, b moment) int { return cmp.Compare(a.start, b.start) })
	slices.SortFunc(ends, func(a, b moment) int { return cmp.Compare(a.end, b.end) })
	var h histogram
	known := 0
	for _, gap := range starts {
		for known < len(ends) && ends[known].end <= gap.start {
			h.learn(ends[known].end - ends[known].start)
			known++
		}
		l.gap(gap.end-gap.start, h.window(breakEvenMS))
	}
}

// gapsInTime lists gaps with their moments.
func gapsInTime(vms []MicroVM) []moment {
	count := 0
	for _, vm := range vms {
		count += len(vm.Steps)
	}
	moments := make([]moment, 0, count)
	for _, vm := range vms {
		clock := vm.StartMS + vm.BusyMS
		for _, step := range vm.Steps {
			moments = append(moments, moment{clock, clock + step.GapMS})
			clock += step.GapMS + step.BusyMS
		}
	}
	return moments
}
