package scenarios

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/pricing"
)

// MaxSweepPoints bounds a sweep; at some 20 µs a point it still ends in seconds.
const MaxSweepPoints = 100_000

// Axis is one field of a scenario and the values it takes in a sweep.
type Axis struct {
	Path   string
	Values []string // as they would be written in the file
}

// ParseAxis reads path=from..to/step, such as workload.running=1h..12h/1h, or path=a,b,c. The MicroVM's memory needs
// no step: its sizes are taken one after the other. The last value is not beyond to.
func ParseAxis(text string) (Axis, error) {
	path, values, ok := strings.Cut(text, "=")
	if !ok || path == "" || values == "" {
		return Axis{}, fmt.Errorf("%.80q is not of the form path=from..to/step, such as workload.running=1h..12h/1h", text)
	}
	axis := Axis{Path: path}
	if !strings.Contains(values, "..") {
		axis.Values = strings.Split(values, ",")
		return axis, nil
	}
	bounds, step := values, ""
	if slash := strings.LastIndexByte(values, '/'); slash >= 0 && slash+1 < len(values) && isDigit(values[slash+1]) {
		bounds, step = values[:slash], values[slash+1:]
	}
	low, high, _, err := splitRange(bounds)
	if err != nil {
		return Axis{}, fmt.Errorf("%s: %w", path, err)
	}
	if step == "" {
		axis.Values, err = sizesBetween(low, high)
	} else {
		axis.Values, err = steps(low, high, step)
	}
	if err != nil {
		return Axis{}, fmt.Errorf("%s: %w", path, err)
	}
	return axis, nil
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// sizesBetween lists the MicroVM sizes from one to another.
func sizesBetween(low, high string) ([]string, error) {
	first, errFirst := pricing.ParseSize(low)
	last, errLast := pricing.ParseSize(high)
	if errFirst != nil || errLast != nil {
		return nil, fmt.Errorf("%s..%s has no step; write it as %s..%s/STEP", low, high, low, high)
	}
	var values []string
	for _, size := range pricing.Sizes() {
		if size.MiB() >= first.MiB() && size.MiB() <= last.MiB() {
			values = append(values, size.String())
		}
	}
	if len(values) == 0 {
		return nil, errors.New("ends below its start")
	}
	return values, nil
}

// steps lists the values from low to high. Where the three share a unit it is kept; otherwise they are all durations
// or all sizes and are counted in seconds or GB.
func steps(low, high, step string) ([]string, error) {
	from, unit := splitNumber(low)
	to, highUnit := splitNumber(high)
	by, stepUnit := splitNumber(step)
	if stepUnit == "" || stepUnit+perOf(unit) == unit {
		stepUnit = unit
	}
	if unit != highUnit || unit != stepUnit {
		var err error
		if from, to, by, unit, err = inBaseUnit(low, high, step); err != nil {
			return nil, err
		}
	}
	first, errFirst := pricing.ParseDecimal(from)
	last, errLast := pricing.ParseDecimal(to)
	width, errWidth := pricing.ParseDecimal(by)
	if err := errors.Join(errFirst, errLast, errWidth); err != nil {
		return nil, fmt.Errorf("%s..%s/%s: %w", low, high, step, err)
	}
	switch {
	case !width.IsPositive():
		return nil, errors.New("the step must be above zero")
	case last.LessThan(first):
		return nil, errors.New("ends below its start")
	}
	count, _ := last.Sub(first).QuoRem(width, 0)
	if count.GreaterThanOrEqual(decimal.NewFromInt(MaxSweepPoints)) {
		return nil, fmt.Errorf("has %s values; at most %d are swept", count.Add(decimal.NewFromInt(1)), MaxSweepPoints)
	}
	values := make([]string, 0, count.IntPart()+1)
	for value := first; !value.GreaterThan(last); value = value.Add(width) {
		values = append(values, value.String()+unit)
	}
	return values, nil
}

// perOf is the "/day" of "6/day".
func perOf(unit string) string {
	if slash := strings.IndexByte(unit, '/'); slash >= 0 {
		return unit[slash:]
	}
	return ""
}

// inBaseUnit turns values in different units of the same kind into numbers of one unit.
func inBaseUnit(texts ...string) (from, to, by, unit string, err error) {
	for _, kind := range []struct {
		unit string
		read func(string) (decimal.Decimal, error)
	}{
		{"s", func(text string) (decimal.Decimal, error) {
			var d scalar.Duration
			err := d.ParseScalar(text)
			return d.Seconds, err
		}},
		{"GB", pricing.ParseGB},
	} {
		var numbers []string
		for _, text := range texts {
			if value, err := kind.read(text); err == nil {
				numbers = append(numbers, value.String())
			}
		}
		if len(numbers) == len(texts) {
			return numbers[0], numbers[1], numbers[2], kind.unit, nil
		}
	}
	return "", "", "", "", fmt.Errorf("%s: start, end and step are not in the same unit", strings.Join(texts, ", "))
}

// Measure reads a value as a duration, CPU time, a size, a percentage or a number, to compare it with another or to
// draw it. The unit is that of the number, "s", " vcpu-seconds", "GB", "%" or none, with what it is per, as in "s/day".
func Measure(text string) (value decimal.Decimal, unit string, isNumber bool) {
	figure, _, _ := strings.Cut(text, "/")
	per := perOf(text)
	if value, err := pricing.ParseDecimal(figure); err == nil {
		return value, per, true
	}
	var d scalar.Duration
	if d.ParseScalar(figure) == nil {
		return d.Seconds, "s" + per, true
	}
	var work vcpuTime
	if work.ParseScalar(figure) == nil {
		return work.Seconds, " vcpu-seconds" + per, true
	}
	if gb, err := pricing.ParseGB(figure); err == nil {
		return gb, "GB" + per, true
	}
	number, unit := splitNumber(figure)
	value, err := pricing.ParseDecimal(number)
	return value, unit + per, err == nil && unit == "%"
}

// Sweep is the total of a scenario over the values of one or two of its fields.
type Sweep struct {
	Scenario *Scenario
	Axes     []Axis
	// Points has the figure at every combination of values; the values of the last axis change fastest.
	Points []SweepPoint
}

// SweepPoint is the scenario's cost with the values of one point.
type SweepPoint struct {
	Values  []string // one for each axis
	Unknown string   // why there is no figure at this point, where there may be at others; "" where there is one
	Total   decimal.Decimal
	PerUnit decimal.Decimal

	Warnings []pricing.Note // of the workload as it is at this point
	Compared []Comparison   // the alternatives that the axes vary, in the order of [Sweep.Entries]

	// Of a scenario with work, zero and false without: how long one day or job runs, whether that is beyond the life of
	// a MicroVM, and whether the point is on the Pareto front, where whatever costs less takes longer.
	Seconds     decimal.Decimal
	OutlivesOne bool
	Front       bool
}

// Sweep prices the scenario at every combination of values. A value that the scenario cannot have is an error that
// names it; work that has no time at a point, or a rate that is not known there, leaves that point unknown.
func (m Market) Sweep(s *Scenario, axes ...Axis) (*Sweep, error) {
	if !s.loaded() {
		return nil, ErrNotLoaded
	}
	if len(axes) < 1 || len(axes) > 2 {
		return nil, errors.New("a sweep varies one field or two")
	}
	if len(axes) == 2 && axes[0].Path == axes[1].Path {
		return nil, fmt.Errorf("%s is varied twice", axes[0].Path)
	}
	count := 1
	for _, axis := range axes {
		if count *= len(axis.Values); count > MaxSweepPoints {
			return nil, fmt.Errorf("the sweep has more than %d points", MaxSweepPoints)
		}
	}
	sweep := &Sweep{Scenario: s, Axes: axes, Points: make([]SweepPoint, count)}

	workers := min(runtime.GOMAXPROCS(0), count)
	faults := make([]error, workers)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			point := newVariation(s, axes)
			for i := worker * count / workers; i < (worker+1)*count/workers; i++ {
				sweep.Points[i].Values = sweep.valuesAt(i)
				if err := m.priceAt(&sweep.Points[i], point); err != nil {
					faults[worker] = err
					return
				}
			}
		})
	}
	group.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	sweep.markFront()
	return sweep, nil
}

// Entries are the paths of the alternatives that the axes vary, such as compare[0]; there are none where they vary the
// workload alone.
func (s *Sweep) Entries() []string {
	var paths []string
	for _, entry := range comparedEntries(s.Axes) {
		paths = append(paths, indexed("compare", entry))
	}
	return paths
}

// PointWarning is a warning and the points of a sweep, or of a sensitivity, that it holds of.
type PointWarning struct {
	pricing.Note       // as it is said of the last of the points
	Points       []int // their places in [Sweep.Points], or as [Sensitivity.Warnings] counts them; ascending
	Alike        bool  // the same is said of all of them, with the same figures
}

// Warnings are those of all points, each once.
func (s *Sweep) Warnings() []PointWarning {
	return eachOnce(len(s.Points), func(i int) []pricing.Note { return s.Points[i].Warnings })
}

// eachOnce gathers the warnings of points by their ids.
func eachOnce(points int, of func(point int) []pricing.Note) []PointWarning {
	var all []PointWarning
	for i := range points {
		for _, note := range of(i) {
			at := slices.IndexFunc(all, func(w PointWarning) bool { return w.ID == note.ID })
			if at < 0 {
				all = append(all, PointWarning{Note: note, Points: []int{i}, Alike: true})
				continue
			}
			w := &all[at]
			w.Alike = w.Alike && w.Text == note.Text
			w.Note, w.Points = note, append(w.Points, i)
		}
	}
	return all
}

// valuesAt are the values of the i-th point.
func (s *Sweep) valuesAt(i int) []string {
	values := make([]string, len(s.Axes))
	for a := len(s.Axes) - 1; a >= 0; a-- {
		n := len(s.Axes[a].Values)
		values[a] = s.Axes[a].Values[i%n]
		i /= n
	}
	return values
}
