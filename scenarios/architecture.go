package scenarios

import (
	"errors"
	"fmt"
	"slices"

	"microspend/pricing"
	"microspend/pricing/assumption"
)

// otherArch is the scenario on another architecture than its own, as one of its alternatives.
type otherArch struct {
	of   *Scenario
	card pricing.RateCard // for the architecture
}

// otherArchs are an estimate's scenario on every other architecture.
func otherArchs(e *Estimate) []pricing.Candidate {
	var others []pricing.Candidate
	for _, arch := range pricing.Archs() {
		if arch != e.Scenario.Arch {
			others = append(others, otherArch{e.Scenario, e.Bill.Card.For(arch)})
		}
	}
	return others
}

// atLow are the candidates for the cheaper ends of ranges; those that are made of a scenario are made of that one.
func atLow(candidates []pricing.Candidate, low *Estimate) []pricing.Candidate {
	candidates = slices.Clone(candidates)
	for i, candidate := range candidates {
		if other, ok := candidate.(otherArch); ok {
			candidates[i] = otherArch{low.Scenario, other.card}
		}
	}
	return candidates
}

// Price implements pricing.Candidate.
func (o otherArch) Price(pricing.PriceBook, pricing.Demand) pricing.Alternative {
	alt := pricing.Alternative{
		Kind: pricing.KindMicroVM, Name: "MicroVMs on " + o.card.Arch().Name(),
		GivesUp: "nothing but the other instruction set: the image has to be built for " + o.card.Arch().Name(),
		Offers:  pricing.MicroVMCapacity(o.of.Size),
	}
	bill, err := o.of.Workload.Bill(o.card)
	if err == nil {
		alt.Curve, err = o.of.Workload.Curve(o.card)
	}
	if unknown, ok := errors.AsType[*pricing.UnknownRateError](err); ok {
		alt.Err = fmt.Errorf("%w; give it as rates.%s", unknown, o.of.rateKey(unknown.Rated))
		if !unknown.Optional() && unknown.Quantity.ByArch() { // whose plain key is that of the scenario's own rate
			own := unknown.Quantity.On(o.of.ratesArch)
			alt.Err = fmt.Errorf("%w, and that of %s as %s", alt.Err, own.Arch.Name(), own.RateKeys()[0])
		}
		return alt
	}
	if err != nil {
		alt.Err = err
		return alt
	}
	alt.Formula = "the same workload at the rates of " + o.card.Arch().Name()
	for _, q := range pricing.BilledQuantities() {
		if rate := o.card.Rate(q); q.ByArch() {
			alt.Sources = append(alt.Sources, pricing.Price{USD: rate.Figure, Source: rate.Source, ReadOn: rate.ReadOn.String()})
		}
	}
	if snapshotsBilled(bill) {
		alt.Notes = append(alt.Notes, assumption.SnapshotArch.Clause(pricing.ArchX86.Name()))
	}
	return alt
}

// rateKey is the key under which the scenario's file would give a rate: the plain one for its own architecture.
func (s *Scenario) rateKey(rated pricing.Rated) pricing.RateKey {
	if rated.Arch == s.ratesArch {
		return rated.Quantity.RateKeys()[0]
	}
	return rated.RateKeys()[0]
}
