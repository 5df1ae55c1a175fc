package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

// workFile is what a CPU-bound day or job has to get done; how long it runs follows from the MicroVM's size. It is CPU
// time, which a plain value stands for, or the time measured on each size. A size that was not measured has no time:
// nothing is interpolated, as what a job gains from more vCPU is the very thing that is not known.
type workFile struct {
	Amount *vcpuTime       `yaml:"amount,shorthand" jsonschema_description:"CPU time per active day or per job, which keeps every vCPU busy: 3600 vcpu-seconds, 1 vcpu-hour/day."`
	Half   *periodDuration `yaml:"0.5GB" jsonschema_description:"Time measured on 0.5 GB / 0.25 vCPU, in place of an amount."`
	One    *periodDuration `yaml:"1GB" jsonschema_description:"Time measured on 1 GB / 0.5 vCPU."`
	Two    *periodDuration `yaml:"2GB" jsonschema_description:"Time measured on 2 GB / 1 vCPU."`
	Four   *periodDuration `yaml:"4GB" jsonschema_description:"Time measured on 4 GB / 2 vCPU."`
	Eight  *periodDuration `yaml:"8GB" jsonschema_description:"Time measured on 8 GB / 4 vCPU."`
}

// bySize are the measured times in the order of [pricing.Sizes], nil where a size was not measured.
func (f *workFile) bySize() []*periodDuration {
	return []*periodDuration{f.Half, f.One, f.Two, f.Four, f.Eight}
}

// measured lists the sizes that have a time.
func (f *workFile) measured() (sizes []pricing.Size) {
	for i, size := range pricing.Sizes() {
		if f.bySize()[i] != nil {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// on is the time measured on a size, nil where there is none.
func (f *workFile) on(size pricing.Size) *periodDuration {
	for i, each := range pricing.Sizes() {
		if each == size {
			return f.bySize()[i]
		}
	}
	return nil
}

// vcpuTime is CPU time per something, written as 3600 vcpu-seconds, 1 vcpu-hour/job or 2.5 vcpu-hours/day.
type vcpuTime struct {
	Seconds decimal.Decimal
	Per     Period
}

var vcpuUnits = []struct {
	name    string
	seconds int64
}{{"second", 1}, {"minute", 60}, {"hour", 3600}}

// ParseScalar implements strictyaml.Scalar.
func (t *vcpuTime) ParseScalar(text string) error {
	figure, per, err := splitPeriod(text)
	if err != nil {
		return err
	}
	number, unit := splitNumber(figure)
	unit = strings.TrimSuffix(strings.TrimSpace(unit), "s")
	for _, known := range vcpuUnits {
		if unit != "vcpu-"+known.name {
			continue
		}
		value, err := pricing.ParseDecimal(number)
		if err != nil {
			return fmt.Errorf("%.60q is %w", text, err)
		}
		if !value.IsPositive() {
			return fmt.Errorf("%.60s is not above zero", text)
		}
		t.Seconds, t.Per = value.Mul(decimal.NewFromInt(known.seconds)), per
		return nil
	}
	return fmt.Errorf("%.60q is not CPU time such as 3600 vcpu-seconds or 1 vcpu-hour/day", text)
}

// Work is the work of one active day or job (or of a month, where it is given per month) on the scenario's size.
type Work struct {
	VCPUSeconds decimal.Decimal // zero where the time was measured
	VCPU        decimal.Decimal // busy on average, bursts included; zero where the time was measured
	Seconds     decimal.Decimal // running, half-even at pricing.AmountPlaces
	Per         Period
}

// Measured reports whether the time is a measured one and not worked out.
func (w *Work) Measured() bool { return w.VCPUSeconds.IsZero() }

// OutlivesOne reports whether one job, or one day's work, takes longer than a MicroVM lives.
func (w *Work) OutlivesOne() bool { return w.Per != PerMonth && w.Seconds.GreaterThan(maxLife) }

// busyVCPU is how many vCPU a workload has on average: the baseline's, and the burst's for its share of the time. Work
// that keeps them all busy is billed the same vCPU-seconds on every size and with any burst.
func busyVCPU(size pricing.Size, burst pricing.Burst) decimal.Decimal {
	return size.VCPU().Add(burst.Share.Mul(burst.VCPU.Sub(size.VCPU())))
}

// resolveRunning settles how long a day or job runs, as it is written or as its work takes, and the month's total.
func (s *Scenario) resolveRunning() {
	w := s.file.Workload
	switch {
	case w.Work == nil && w.Running == nil:
		s.doc.Missing("workload.running")
	case w.Work == nil:
		s.running = *w.Running
		s.Workload.Running = s.times("workload.running", w.Running.Per).Mul(w.Running.Seconds)
		s.because("running seconds", s.Workload.Running, w.Running.Per,
			func() string { return figures.Grouped(w.Running.Seconds) + " s" })
	case w.Running != nil:
		s.doc.Fault("workload.work", "takes the place of running; give one or the other")
	case s.doc.Broken("microvm.memory"), s.doc.Broken("workload.burst"), s.doc.BrokenBelow("workload.work"):
		// What is wrong there has been reported, and no time follows from it.
	case w.Work.Amount != nil && len(w.Work.measured()) > 0:
		s.doc.Fault("workload.work", "has both an amount and measured times; give one or the other")
	case w.Work.Amount != nil:
		s.resolveAmount(*w.Work.Amount)
	default:
		s.resolveMeasured(w.Work)
	}
}

func (s *Scenario) resolveAmount(amount vcpuTime) {
	work := Work{VCPUSeconds: amount.Seconds, Per: amount.Per, VCPU: busyVCPU(s.Size, s.burst())}
	if !work.VCPU.IsPositive() {
		return // a burst that cannot be, which is reported
	}
	work.Seconds = pricing.Divide(amount.Seconds, work.VCPU, pricing.AmountPlaces)
	s.setWork(work)
	times := s.times("workload.work", amount.Per)
	s.Workload.Running = pricing.Divide(times.Mul(amount.Seconds), work.VCPU, pricing.AmountPlaces)
	s.because("running seconds", s.Workload.Running, amount.Per, func() string {
		return fmt.Sprintf("%s vCPU-s / %s vCPU", figures.Grouped(amount.Seconds), work.VCPU)
	})
	s.note(assumption.WorkParallel.Note())
	if s.file.Workload.Burst == nil {
		s.note(assumption.WorkBaseline.Note(s.Size.VCPU()))
	}
}

func (s *Scenario) resolveMeasured(work *workFile) {
	time := work.on(s.Size)
	switch {
	case time == nil && len(work.measured()) == 0:
		s.doc.Fault("workload.work", "has neither an amount, such as 3600 vcpu-seconds, nor a measured time")
		return
	case time == nil:
		s.doc.Fault("workload.work", "has no time measured on %s, and none is guessed; measured are %s",
			s.Size, list(sizeNames(work.measured())))
		return
	case !time.Seconds.IsPositive():
		s.doc.Fault("workload.work."+s.Size.String(), "is not above zero")
		return
	}
	s.setWork(Work{Seconds: time.Seconds, Per: time.Per})
	s.Workload.Running = s.times("workload.work."+s.Size.String(), time.Per).Mul(time.Seconds)
	s.because("running seconds", s.Workload.Running, time.Per, func() string {
		return fmt.Sprintf("%s s, measured on %s", figures.Grouped(time.Seconds), s.Size)
	})
}

func (s *Scenario) setWork(work Work) {
	s.Work = &work
	s.running = periodDuration{Duration: scalar.Duration{Seconds: work.Seconds}, Per: work.Per}
}

func sizeNames(sizes []pricing.Size) []string {
	names := make([]string, len(sizes))
	for i, size := range sizes {
		names[i] = size.String()
	}
	return names
}

// rerun gives a workload of which the size or the burst was changed the running time that its work then takes. It
// reports false where no time was measured on that size.
func (s *Scenario) rerun(w *pricing.Workload) bool {
	switch {
	case s.Work == nil:
	case !s.Work.Measured():
		w.Running = pricing.Divide(w.Running.Mul(s.Work.VCPU), busyVCPU(w.Size, w.Burst), pricing.AmountPlaces)
	case w.Size != s.Size:
		time := s.file.Workload.Work.on(w.Size)
		if time == nil || time.Per != s.Work.Per {
			return false
		}
		w.Running = pricing.Divide(w.Running.Mul(time.Seconds), s.Work.Seconds, pricing.AmountPlaces)
	}
	return true
}

// refuseWorkRanges refuses ranges of what the running time of work follows from the other way round: more memory costs
// more by the second and takes fewer of them, so the ends of the bill need not lie at the ends of the range.
func (s *Scenario) refuseWorkRanges(ranges []Range) {
	for _, r := range ranges {
		if s.Work != nil && (strings.HasPrefix(r.Path, "microvm") || strings.HasPrefix(r.Path, "workload.burst.")) {
			s.doc.Fault(r.Path, "cannot be a range beside workload.work, whose running time falls as this grows; "+
				"use microspend sweep --vary %s=%s..%s", r.Path, r.Low, r.High)
		}
	}
}

// workFault is why the work has no time at a point of a sweep, where that is all that is wrong: it was not measured on
// the size, or a day has not the hours. Other points may have one. What could not be decoded is a mistake all the same.
func (s *Scenario) workFault() (why string, only bool) {
	faults, ok := errors.AsType[*strictyaml.Faults](s.doc.Err())
	if !ok || s.doc.Broken("workload.work") {
		return "", false
	}
	var reasons []string
	for _, fault := range faults.List {
		if fault.Path != "workload.work" {
			return "", false
		}
		reasons = append(reasons, "workload.work "+fault.Message)
	}
	return strings.Join(reasons, "; "), true
}

// TiePlaces is how exactly amounts are compared: a time that is no finite decimal makes its amount differ in the
// twentieth place from one that costs the same.
const TiePlaces = 12

// byCost are the points that can do the work in one life each, the cheapest first and of those that cost the same the
// fastest.
func (s *Sweep) byCost() []*SweepPoint {
	var points []*SweepPoint
	for i := range s.Points {
		if p := &s.Points[i]; p.Unknown == "" && p.Seconds.IsPositive() && !p.OutlivesOne {
			points = append(points, p)
		}
	}
	slices.SortStableFunc(points, func(a, b *SweepPoint) int {
		return cmp.Or(a.Total.Round(TiePlaces).Cmp(b.Total.Round(TiePlaces)), a.Seconds.Cmp(b.Seconds))
	})
	return points
}

// markFront marks the points that nothing beats: whatever costs as little or less takes longer.
func (s *Sweep) markFront() {
	fastest := decimal.Decimal{}
	for i, p := range s.byCost() {
		if p.Front = i == 0 || p.Seconds.LessThan(fastest); p.Front {
			fastest = p.Seconds
		}
	}
}

// Front are the points of the Pareto front, the cheapest first, each faster than the one before. There are none where
// the scenario has no work, or none that fits into the life of a MicroVM.
func (s *Sweep) Front() []*SweepPoint {
	return slices.DeleteFunc(s.byCost(), func(p *SweepPoint) bool { return !p.Front })
}
