package scenarios

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
)

// Sensitivity says how much each input of a scenario moves its bill.
type Sensitivity struct {
	Estimate *Estimate
	By       decimal.Decimal // how far each input was moved, down and up, as a fraction
	Inputs   []Influence     // the largest swing first; inputs that move nothing are left out
}

// Influence is one input and the bill at its two ends.
type Influence struct {
	Input     string // its path in a scenario file
	From, To  string // the input at its ends, for reading
	Low, High decimal.Decimal
	Note      string // where it could not be moved as far as the others
}

// Swing is how far apart the bills at the two ends are.
func (i Influence) Swing() decimal.Decimal { return i.High.Sub(i.Low) }

// input is something that can be moved: apply returns the workload and the rates with it at a factor of its value.
type input struct {
	path  string
	value decimal.Decimal
	unit  string
	most  decimal.Decimal // the largest value it can have; zero for none
	apply func(w *pricing.Workload, card *pricing.RateCard, factor decimal.Decimal)
}

// Sensitivity moves every input by a fraction up and down, one at a time, and prices each: running time, launches,
// cycles, sizes, bursts, rates. The MicroVM's size moves to the next smaller and larger one, as there are no others.
func (m Market) Sensitivity(e *Estimate, by decimal.Decimal) (*Sensitivity, error) {
	if !by.IsPositive() || by.GreaterThanOrEqual(decimal.NewFromInt(1)) {
		return nil, fmt.Errorf("inputs can be moved by more than 0%% and less than 100%%, not %s%%", by.Shift(2))
	}
	one := decimal.NewFromInt(1)
	result := &Sensitivity{Estimate: e, By: by}
	for _, in := range e.inputs() {
		if in.value.IsZero() {
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
			workload, card := e.Scenario.Workload, e.Bill.Card
			in.apply(&workload, &card, factor)
			bill, err := workload.Bill(card)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", in.path, err)
			}
			ends[i] = bill.Total()
		}
		influence.From, influence.To = scaledText(in, lower), scaledText(in, upper)
		influence.Low, influence.High = ends[0], ends[1]
		if !influence.Swing().IsZero() {
			result.Inputs = append(result.Inputs, influence)
		}
	}
	if size, ok := e.sizeInfluence(); ok {
		result.Inputs = append(result.Inputs, size)
	}
	slices.SortStableFunc(result.Inputs, func(a, b Influence) int {
		return cmp.Or(b.Swing().Abs().Cmp(a.Swing().Abs()), cmp.Compare(a.Input, b.Input))
	})
	return result, nil
}

func scaledText(in input, factor decimal.Decimal) string {
	return figures.Grouped(in.value.Mul(factor).Round(sensitivityPlaces)) + in.unit
}

const sensitivityPlaces = 12

// inputs are all that a bill depends on, but for the MicroVM's size.
func (e *Estimate) inputs() []input {
	s, w := e.Scenario, e.Scenario.Workload
	var all []input
	add := func(path string, value decimal.Decimal, unit string, most decimal.Decimal,
		apply func(w *pricing.Workload, card *pricing.RateCard, factor decimal.Decimal),
	) {
		all = append(all, input{path, value, unit, most, apply})
	}
	none := decimal.Decimal{}
	everything := func(w *pricing.Workload, _ *pricing.RateCard, factor decimal.Decimal) {
		w.Running, w.Suspended = w.Running.Mul(factor), w.Suspended.Mul(factor)
		w.Launches, w.Cycles, w.Unresumed = w.Launches.Mul(factor), w.Cycles.Mul(factor), w.Unresumed.Mul(factor)
	}
	if s.file.Workload.Trace != "" {
		add("requests", decimal.NewFromInt(1), " × the trace", none, everything)
	} else if s.Jobs.IsPositive() {
		add("workload.jobs", s.Jobs, "", none, everything)
	} else {
		add("workload.users", s.Users, "", none, everything)
		add("workload.days", s.Days, "", decimal.NewFromInt(31), everything)
	}
	stretches := s.Users.Mul(s.Days).Add(s.Jobs)
	perStretch := func(total decimal.Decimal) decimal.Decimal {
		return pricing.Divide(total, stretches, pricing.AmountPlaces)
	}
	longest := none // of running time in a stretch: what the day leaves beside suspended time
	if s.Jobs.IsZero() {
		longest = decimal.NewFromInt(86400).Sub(perStretch(w.Suspended))
	}
	add("workload.running", perStretch(w.Running), "s", longest,
		func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) { w.Running = w.Running.Mul(f) })
	longest = none
	if s.Jobs.IsZero() {
		longest = decimal.NewFromInt(86400).Sub(perStretch(w.Running))
	}
	add("workload.suspended", perStretch(w.Suspended), "s", longest,
		func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) { w.Suspended = w.Suspended.Mul(f) })
	add("workload.launches", perStretch(w.Launches), "", none,
		func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) { w.Launches = w.Launches.Mul(f) })
	add("workload.cycles", perStretch(w.Cycles), "", none,
		func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) { w.Cycles = w.Cycles.Mul(f) })
	add("image.size", w.Image.GB, "GB", none,
		func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) { w.Image.GB = w.Image.GB.Mul(f) })
	add("image.count", w.Image.Count, "", none,
		func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) {
			w.Image.Count = w.Image.Count.Mul(f)
		})
	add("state.size", w.StateGB, "GB", none,
		func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) { w.StateGB = w.StateGB.Mul(f) })
	if w.Burst.Share.IsPositive() {
		add("workload.burst.share", w.Burst.Share.Shift(2), "%", decimal.NewFromInt(100),
			func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) {
				w.Burst.Share = w.Burst.Share.Mul(f)
			})
		add("workload.burst.vcpu", w.Burst.VCPU, "", s.Size.PeakVCPU(),
			func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) {
				w.Burst.VCPU = decimal.Max(w.Burst.VCPU.Mul(f), w.Size.VCPU())
			})
		add("workload.burst.memory", w.Burst.GB, "GB", s.Size.PeakGB(),
			func(w *pricing.Workload, _ *pricing.RateCard, f decimal.Decimal) {
				w.Burst.GB = decimal.Max(w.Burst.GB.Mul(f), w.Size.GB())
			})
	}
	for _, q := range pricing.BilledQuantities() {
		key, known := e.Bill.Card.Key(q)
		if !known {
			continue
		}
		add("rates."+string(key), e.Bill.Card.Rate(q).Figure, "", none,
			func(_ *pricing.Workload, card *pricing.RateCard, f decimal.Decimal) {
				*card = card.With(q, card.Rate(q).Scale(f))
			})
	}
	return all
}

// sizeInfluence prices the next smaller and the next larger MicroVM. Bursts keep their absolute peaks where the other
// size allows them. It reports false where there is no other size.
func (e *Estimate) sizeInfluence() (Influence, bool) {
	sizes := pricing.Sizes()
	at := slices.Index(sizes, e.Scenario.Size)
	smaller, larger := sizes[max(at-1, 0)], sizes[min(at+1, len(sizes)-1)]
	influence := Influence{
		Input: "microvm.memory", From: smaller.String(), To: larger.String(), Note: "the next sizes, as there are no others",
	}
	for _, end := range []struct {
		size  pricing.Size
		total *decimal.Decimal
	}{{smaller, &influence.Low}, {larger, &influence.High}} {
		w := e.Scenario.Workload
		w.Size = end.size
		w.Burst.VCPU = clamp(w.Burst.VCPU, end.size.VCPU(), end.size.PeakVCPU())
		w.Burst.GB = clamp(w.Burst.GB, end.size.GB(), end.size.PeakGB())
		bill, err := w.Bill(e.Bill.Card)
		if err != nil {
			return Influence{}, false
		}
		*end.total = bill.Total()
	}
	return influence, !influence.Swing().IsZero()
}

func clamp(d, low, high decimal.Decimal) decimal.Decimal {
	return decimal.Min(decimal.Max(d, low), high)
}
