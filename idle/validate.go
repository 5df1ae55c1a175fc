package idle

import "github.com/shopspring/decimal"

// Validation chooses timeouts on the first part of a trace and prices them on the rest, which the choice has not seen.
type Validation struct {
	Share       decimal.Decimal // of the trace that the choice was made on
	FirstGaps   int64
	RestGaps    int64
	Choices     []ValidatedChoice
	BestOnRest  Fixed           // one timeout for all that would have been the best for the rest
	BestCost    decimal.Decimal // what that costs
	CurrentCost decimal.Decimal // the rest with the timeout in force
}

// ValidatedChoice is a choice at one grain. A part that the first part of the trace does not show gets the timeout
// that was chosen for all.
type ValidatedChoice struct {
	Grain          Grain
	Policies       int
	TimeoutSeconds int64 // for GrainAll
	Cost           decimal.Decimal
}

// validate splits a trace at a share of its time or, where it has no dates, each MicroVM's gaps at that share of their
// number. A gap belongs to the part in which it begins.
func (m Model) validate(t *Trace, share decimal.Decimal, leastSeconds, currentMS int64) (*Validation, bool) {
	period, _ := t.Period()
	cut := share.Mul(decimal.NewFromInt(period)).IntPart()
	first := func(_ *MicroVM, _ int, startMS int64) bool { return startMS < cut }
	if !t.Dated {
		first = firstByNumber(t, share)
	}
	rest := func(vm *MicroVM, step int, startMS int64) bool { return !first(vm, step, startMS) }

	seen, unseen := distributionOf(t.MicroVMs, first), distributionOf(t.MicroVMs, rest)
	if seen.Gaps() == 0 || unseen.Gaps() == 0 {
		return nil, false
	}
	forAll := m.Best(seen, leastSeconds)
	v := &Validation{
		Share: share, FirstGaps: seen.Gaps(), RestGaps: unseen.Gaps(),
		BestOnRest: m.Best(unseen, leastSeconds), CurrentCost: m.Cost(unseen.At(currentMS).Use),
	}
	v.BestCost = m.Cost(v.BestOnRest.Use)
	for _, grain := range t.grains() {
		c := ValidatedChoice{Grain: grain}
		if grain == GrainAll {
			c.TimeoutSeconds = forAll.TimeoutSeconds()
		}
		var use Use
		for p := range t.parts(grainKeys[grain]) {
			chosen := forAll
			if d := distributionOf(p.vms, first); d.Gaps() > 0 {
				chosen = m.Best(d, leastSeconds)
			}
			if d := distributionOf(p.vms, rest); d.Gaps() > 0 {
				use = use.Add(d.At(chosen.TimeoutMS).Use)
				c.Policies++
			}
		}
		c.Cost = m.Cost(use)
		v.Choices = append(v.Choices, c)
	}
	return v, true
}

// firstByNumber works out each MicroVM's share once.
func firstByNumber(t *Trace, share decimal.Decimal) func(vm *MicroVM, step int, startMS int64) bool {
	limits := make(map[microVMKey]int64, len(t.MicroVMs))
	for _, vm := range t.MicroVMs {
		limits[vm.key()] = share.Mul(decimal.NewFromInt(int64(len(vm.Steps)))).IntPart()
	}
	return func(vm *MicroVM, step int, _ int64) bool {
		return int64(step) < limits[vm.key()]
	}
}
