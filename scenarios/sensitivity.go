package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
)

// Sensitivity says how much each input of a scenario moves its bill.
type Sensitivity struct {
	Estimate *Estimate
	By       decimal.Decimal // how far each input was moved, down and up, as a fraction
	Inputs   []Influence     // the largest swing first; inputs that move nothing are left out

	warnings []pricing.Note // of the workload as it is
}

// Influence is one input and the bill at its two ends.
type Influence struct {
	Input     string             // its path in a scenario file
	From, To  string             // the input at its ends, for reading
	Ends      [2]decimal.Decimal // the same as plain numbers, of Unit
	Unit      string
	Low, High decimal.Decimal
	Note      string // where it could not be moved as far as the others

	Warnings [2][]pricing.Note // of the workload at the two ends
}

// Swing is how far apart the bills at the two ends are.
func (i Influence) Swing() decimal.Decimal { return i.High.Sub(i.Low) }

// Warnings are those of the two ends of all inputs and of the workload as it is, each once. The ends of Inputs[i] are
// the points 2i and 2i+1; the last point, behind them, is the workload as it is.
func (s *Sensitivity) Warnings() []PointWarning {
	return eachOnce(2*len(s.Inputs)+1, func(i int) []pricing.Note {
		if i == 2*len(s.Inputs) {
			return s.warnings
		}
		return s.Inputs[i/2].Warnings[i%2]
	})
}

// input is something that can be moved: figures of a workload, all by the same factor, or a rate.
type input struct {
	path    string
	value   decimal.Decimal
	unit    string
	most    decimal.Decimal // the largest value it can have; zero for none
	figures []*decimal.Decimal
	rate    []pricing.BilledQuantity
}

// Sensitivity moves every input by a fraction up and down, or over the range that the file gives, one at a time, and
// prices each: running time, launches, cycles, sizes, bursts, rates. The MicroVM's size moves to the next smaller and
// larger one, as there are no others.
func (m Market) Sensitivity(e *Estimate, by decimal.Decimal) (*Sensitivity, error) {
	if e == nil || !e.Scenario.loaded() {
		return nil, ErrNotLoaded
	}
	if !by.IsPositive() || by.GreaterThanOrEqual(decimal.NewFromInt(1)) {
		return nil, fmt.Errorf("inputs can be moved by more than 0%% and less than 100%%, not %s%%", by.Shift(2))
	}
	one := decimal.NewFromInt(1)
	result := &Sensitivity{Estimate: e, By: by}
	var err error
	if result.Inputs, err = m.rangeInfluences(e); err != nil {
		return nil, err
	}
	ofRates := m.rateWarnings(e.Scenario, e.Bill.Card)
	result.warnings = e.Scenario.warnings(e.Bill.Card, ofRates)
	moved := *e.Scenario
	for _, in := range e.inputs(&moved) {
		if in.value.IsZero() || e.Scenario.givesRange(in.path) {
			continue
		}
		influence := Influence{Input: in.path}
		upper := one.Add(by)
		if in.most.IsPositive() && in.value.Mul(upper).GreaterThan(in.most) {
			upper = pricing.Divide(in.most, in.value, pricing.AmountPlaces)
			influence.Note = "at most " + in.most.String() + in.unit
		}
		lower := one.Sub(by)
		ends := [2]decimal.Decimal{}
		for i, factor := range []decimal.Decimal{lower, upper} {
			moved = *e.Scenario
			bill, err := in.move(&moved, e.Bill.Card, factor)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", in.path, err)
			}
			ends[i] = bill.Total()
			influence.Warnings[i] = moved.warnings(bill.Card, ofRates)
		}
		influence.From, influence.To = scaledText(in, lower), scaledText(in, upper)
		influence.Ends, influence.Unit = [2]decimal.Decimal{in.scaled(lower), in.scaled(upper)}, strings.TrimSpace(in.unit)
		influence.Low, influence.High = ends[0], ends[1]
		if !influence.Swing().IsZero() {
			result.Inputs = append(result.Inputs, influence)
		}
	}
	if size, ok := e.sizeInfluence(ofRates); ok && !e.Scenario.givesRange(size.Input) {
		result.Inputs = append(result.Inputs, size)
	}
	slices.SortStableFunc(result.Inputs, func(a, b Influence) int {
		return cmp.Or(b.Swing().Abs().Cmp(a.Swing().Abs()), cmp.Compare(a.Input, b.Input))
	})
	return result, nil
}

// rangeInfluences move what the file gives as ranges between the ends of these, with all else at its expensive end.
func (m Market) rangeInfluences(e *Estimate) ([]Influence, error) {
	var all []Influence
	asIs := e.Scenario.warnings(e.Bill.Card, m.rateWarnings(e.Scenario, e.Bill.Card))
	for _, r := range e.Scenario.ranges {
		axes := []Axis{{Path: r.Path, Values: []string{r.Low}}}
		low := SweepPoint{Values: axes[0].Values}
		if err := m.priceAt(&low, newVariation(e.Scenario, axes)); err != nil {
			return nil, err
		}
		influence := Influence{
			Input: spelledOut(r.Path), From: r.Low, To: r.High, Low: low.Total, High: e.Bill.Total(),
			Note:     "the range that the file gives",
			Warnings: [2][]pricing.Note{low.Warnings, asIs},
		}
		var unit string
		influence.Ends[0], _, _ = Measure(r.Low)
		influence.Ends[1], unit, _ = Measure(r.High)
		influence.Unit = strings.TrimSpace(unit)
		if !influence.Swing().IsZero() {
			all = append(all, influence)
		}
	}
	return all, nil
}

func (s *Scenario) givesRange(path string) bool {
	return slices.ContainsFunc(s.ranges, func(r Range) bool { return spelledOut(r.Path) == path })
}

// move moves the input, whose figures are those of s, to a factor of its value and prices the scenario.
func (in input) move(s *Scenario, card pricing.RateCard, factor decimal.Decimal) (pricing.Bill, error) {
	w := &s.Workload
	for _, figure := range in.figures {
		*figure = figure.Mul(factor)
	}
	for _, q := range in.rate {
		card = card.With(q, card.Rate(q).Scale(factor))
	}
	if w.Burst.Share.IsPositive() { // a burst never falls below the baseline
		w.Burst.VCPU, w.Burst.GB = decimal.Max(w.Burst.VCPU, w.Size.VCPU()), decimal.Max(w.Burst.GB, w.Size.GB())
	}
	s.rerun(w)
	return w.Bill(card)
}

// scaledText has three digits of what is below one, as most rates are: two with all their digits are wider than half a
// terminal.
func scaledText(in input, factor decimal.Decimal) string {
	scaled := in.scaled(factor)
	if one := decimal.NewFromInt(1); scaled.Abs().LessThan(one) {
		scaled = scaled.Round(3 - int32(scaled.NumDigits()) - scaled.Exponent())
	}
	return figures.Grouped(scaled) + in.unit
}

func (in input) scaled(factor decimal.Decimal) decimal.Decimal {
	return in.value.Mul(factor).Round(sensitivityPlaces)
}

const sensitivityPlaces = 12

// inputs are all that a bill depends on, but for the MicroVM's size. Their figures are those of moved.
func (e *Estimate) inputs(moved *Scenario) []input {
	s, w := e.Scenario, &moved.Workload
	var all []input
	add := func(path string, value decimal.Decimal, unit string, most decimal.Decimal, figures ...*decimal.Decimal) {
		all = append(all, input{path: path, value: value, unit: unit, most: most, figures: figures})
	}
	none := decimal.Decimal{}
	everything := []*decimal.Decimal{&w.Running, &w.Suspended, &w.Launches, &w.Cycles, &w.Unresumed}
	if s.file.Workload.Trace != "" {
		add("requests", decimal.NewFromInt(1), " × the trace", none, everything...)
	} else if s.Jobs.IsPositive() {
		add("workload.jobs", s.Jobs, "", none, append(everything, &moved.Jobs)...)
	} else {
		add("workload.users", s.Users, "", none, append(everything, &moved.Users)...)
		add("workload.days", s.Days, "", decimal.NewFromInt(31), append(everything, &moved.Days)...)
	}
	stretches := s.Users.Mul(s.Days).Add(s.Jobs)
	each := func(total decimal.Decimal) decimal.Decimal {
		return pricing.Divide(total, stretches, pricing.AmountPlaces)
	}
	beside := func(other decimal.Decimal) decimal.Decimal { // what the day leaves, in seconds; jobs have no day
		if s.Jobs.IsPositive() {
			return none
		}
		return decimal.NewFromInt(86400).Sub(each(other))
	}
	switch {
	case s.Work == nil:
		add("workload.running", each(w.Running), "s", beside(w.Suspended), &w.Running)
	case s.Work.Measured():
		add("workload.work", each(w.Running), "s", beside(w.Suspended), &w.Running)
	default:
		add("workload.work", each(w.Running).Mul(s.Work.VCPU), " vCPU-s", beside(w.Suspended).Mul(s.Work.VCPU), &w.Running)
	}
	add("workload.suspended", each(w.Suspended), "s", beside(w.Running), &w.Suspended)
	add("workload.launches", each(w.Launches), "", none, &w.Launches)
	add("workload.cycles", each(w.Cycles), "", none, &w.Cycles)
	add("image.size", w.Image.GB, "GB", none, &w.Image.GB)
	add("image.count", w.Image.Count, "", none, &w.Image.Count)
	add("state.size", w.StateGB, "GB", none, &w.StateGB)
	if w.Burst.Share.IsPositive() {
		add("workload.burst.share", w.Burst.Share.Shift(2), "%", decimal.NewFromInt(100), &w.Burst.Share)
		add("workload.burst.vcpu", w.Burst.VCPU, "", s.Size.PeakVCPU(), &w.Burst.VCPU)
		add("workload.burst.memory", w.Burst.GB, "GB", s.Size.PeakGB(), &w.Burst.GB)
	}
	for _, q := range pricing.BilledQuantities() {
		if key, known := e.Bill.Card.Key(q); known {
			all = append(all, input{
				path: "rates." + string(key), value: e.Bill.Card.Rate(q).Figure, rate: []pricing.BilledQuantity{q},
			})
		}
	}
	return all
}

// sizeInfluence prices the next smaller and the next larger MicroVM. Bursts keep their absolute peaks where the other
// size allows them. It reports false where there is no other size.
func (e *Estimate) sizeInfluence(ofRates []pricing.Note) (Influence, bool) {
	sizes := pricing.Sizes()
	at := slices.Index(sizes, e.Scenario.Size)
	smaller, larger := sizes[max(at-1, 0)], sizes[min(at+1, len(sizes)-1)]
	influence := Influence{
		Input: "microvm.memory", From: smaller.String(), To: larger.String(),
		Ends: [2]decimal.Decimal{smaller.GB(), larger.GB()}, Unit: "GB", Note: "the next sizes, as there are no others",
	}
	for i, end := range []struct {
		size  pricing.Size
		total *decimal.Decimal
	}{{smaller, &influence.Low}, {larger, &influence.High}} {
		moved := *e.Scenario
		w := &moved.Workload
		w.Size = end.size
		w.Burst.VCPU = clamp(w.Burst.VCPU, end.size.VCPU(), end.size.PeakVCPU())
		w.Burst.GB = clamp(w.Burst.GB, end.size.GB(), end.size.PeakGB())
		if !moved.rerun(w) {
			return Influence{}, false
		}
		bill, err := w.Bill(e.Bill.Card)
		if err != nil {
			return Influence{}, false
		}
		*end.total = bill.Total()
		influence.Warnings[i] = moved.warnings(e.Bill.Card, ofRates)
	}
	return influence, !influence.Swing().IsZero()
}

func clamp(d, low, high decimal.Decimal) decimal.Decimal {
	return decimal.Min(decimal.Max(d, low), high)
}
