package whatif

import (
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

// Change is what is done differently. The zero value is nothing.
type Change struct {
	Region string           // in place of each part's own; "" leaves it
	Card   pricing.RateCard // of that region

	Memory *pricing.Size // in place of each part's own; nil leaves it

	TimeoutNow, TimeoutThen int64     // seconds; where they are the same nothing changes
	Idle                    IdleModel // [Pauses], or nil for [Memoryless]

	Alternative *Alternative // in place of MicroVMs altogether; nil leaves them
}

// Line is one billed quantity, as it was and as it would have been. Where a rate is not known the amount says nothing.
type Line struct {
	Of                 pricing.BilledQuantity
	Quantity, Then     decimal.Decimal // in the unit of the bill
	Amount, ThenAmount decimal.Decimal
	Known, ThenKnown   bool
}

// Outcome is the bill as it was beside the bill as it would have been.
type Outcome struct {
	Lines []Line // of quantities that either bill has, in the order of a bill

	Total, Then           decimal.Decimal // of the time measured; without what is not known
	Month, ThenMonth      decimal.Decimal // of 730 hours at the same pace
	Complete              bool            // every rate that the bill as it was needs is known
	ThenComplete          bool
	Alternative           *Alternative // with its cost, where the change is to one
	Notes                 []pricing.Note
	Unknown               []string // what is not known and what to do
	Running, ThenRunning  decimal.Decimal
	Suspends, ThenSuspend decimal.Decimal
}

// Apply prices usage that was measured over a number of seconds, as it was and as it would have been.
func Apply(parts []Part, seconds int64, change Change) (Outcome, error) {
	var (
		out   = Outcome{Complete: true, ThenComplete: true}
		lines [pricing.QuantityCount]Line
		used  [pricing.QuantityCount]bool
		notes noteList
	)
	parts = priced(parts)
	for i := range parts {
		part := &parts[i]
		before := part.Sum.Measured()
		why := part.unmeasured()
		blind := why != "" && (change.Memory != nil || change.TimeoutNow != change.TimeoutThen)
		if blind {
			out.unknown(why)
		}
		after, facts, effect := changed(part, change, &notes)
		out.Running = out.Running.Add(facts.Running)
		out.ThenRunning = out.ThenRunning.Add(facts.Running.Add(effect.Running))
		out.Suspends = out.Suspends.Add(facts.Suspends)
		out.ThenSuspend = out.ThenSuspend.Add(facts.Suspends.Add(effect.Suspends))
		card := *part.Card
		if change.Region != "" {
			card = change.Card.For(part.Card.Arch()) // images stay what they are
		}
		for _, q := range pricing.BilledQuantities() {
			line := &lines[q]
			if !used[q] {
				line.Of, line.Known, line.ThenKnown = q, true, true
			}
			if blind {
				line.ThenKnown = false
			}
			for _, side := range []struct {
				measured         pricing.Measured
				card             pricing.RateCard
				quantity, amount *decimal.Decimal
				known            *bool
			}{
				{before, *part.Card, &line.Quantity, &line.Amount, &line.Known},
				{after, card, &line.Then, &line.ThenAmount, &line.ThenKnown},
			} {
				if side.measured[q].Units.IsZero() {
					continue
				}
				used[q] = true
				amount, _, err := side.measured[q].Amounts(side.card, q)
				*side.quantity = side.quantity.Add(side.measured[q].Quantity())
				*side.amount = side.amount.Add(amount)
				if err != nil {
					*side.known = false
					out.unknown(err.Error() + "; refresh the rates, or give it in microspend.yaml")
				}
			}
		}
	}
	for q, line := range lines {
		if !used[q] {
			continue
		}
		out.Lines = append(out.Lines, line)
		out.Total, out.Then = out.Total.Add(line.Amount), out.Then.Add(line.ThenAmount)
		out.Complete, out.ThenComplete = out.Complete && line.Known, out.ThenComplete && line.ThenKnown
	}
	out.Month, out.ThenMonth = aMonth(out.Total, seconds), aMonth(out.Then, seconds)
	if change.Alternative != nil {
		out.replaced(*change.Alternative, seconds, &notes)
	}
	notes.add(assumption.MonthAtThisPace.Clause())
	out.Notes = notes.list
	return out, nil
}

func (o *Outcome) unknown(text string) {
	if !slices.Contains(o.Unknown, text) {
		o.Unknown = append(o.Unknown, text)
	}
}

// changed is the usage of a part after a change.
func changed(part *Part, change Change, notes *noteList) (pricing.Measured, Facts, Effect) {
	measured := part.Sum.Measured()
	facts, ran := FactsOf(&part.Sum)
	if !ran {
		return measured, Facts{}, Effect{}
	}
	if change.Region != "" && change.Region != part.Region {
		notes.add(assumption.SameUsage.Clause())
	}
	var effect Effect
	if change.TimeoutNow != change.TimeoutThen {
		model := change.Idle
		if model == nil {
			model = Memoryless{}
		}
		effect = model.Effect(part, facts, change.TimeoutNow, change.TimeoutThen)
		for _, note := range effect.Notes {
			notes.add(note)
		}
		if !effect.Running.IsZero() || !effect.Suspends.IsZero() {
			for _, note := range present(model, part.Region, change.TimeoutNow) {
				notes.add(note)
			}
			notes.add(assumption.IdleBaseline.Clause(facts.Size))
		}
		measured = effect.On(measured, facts)
	}
	if change.Memory != nil && *change.Memory != facts.Size {
		factor := pricing.Divide(change.Memory.GB(), facts.Size.GB(), pricing.RatioPlaces)
		measured = resized(measured, facts, effect, factor)
		notes.add(assumption.SizeMeasured.Measured(facts.Size, figures.Fixed(facts.Average, 2)))
		notes.add(assumption.SizeScales.Clause())
		notes.add(assumption.StateScales.Clause())
	}
	return measured, facts, effect
}

// On adds the effect to usage that the facts are of.
func (e Effect) On(m pricing.Measured, f Facts) pricing.Measured {
	ms := e.Running.Mul(thousand)
	add := func(q pricing.BilledQuantity, units decimal.Decimal) {
		m[q].Units = decimal.Max(m[q].Units.Add(units), decimal.Decimal{})
	}
	add(pricing.VCPU, ms.Mul(f.Size.VCPU()))
	add(pricing.Memory, ms.Mul(f.Size.GB()).Mul(mibMSPerGBMS))
	add(pricing.SnapshotWrite, e.Suspends.Mul(f.State))
	add(pricing.SnapshotRead, e.Suspends.Mul(f.State))
	add(pricing.SnapshotStorage, e.Suspended.Mul(f.State))
	return m
}

// resized scales what grows with the size: everything but what launches read, which is the image.
func resized(m pricing.Measured, f Facts, e Effect, factor decimal.Decimal) pricing.Measured {
	resumed := decimal.Min(f.Resumes.Add(e.Suspends).Mul(f.State), m[pricing.SnapshotRead].Units)
	resumed = decimal.Max(resumed, decimal.Decimal{})
	read := m[pricing.SnapshotRead].Units
	for q := range m {
		m[q].Units = m[q].Units.Mul(factor)
	}
	m[pricing.SnapshotRead].Units = read.Add(resumed.Mul(factor.Sub(one)))
	return m
}

// noteList collects notes.
type noteList struct{ list []pricing.Note }

// add adds a note that is not there yet. Regions may differ in what there is to say.
func (l *noteList) add(note pricing.Note) {
	if !slices.Contains(l.list, note) {
		l.list = append(l.list, note)
	}
}

// addFirst adds a note unless there is one of its id: of thousands of parts, what the first has to say stands for all.
func (l *noteList) addFirst(note pricing.Note) {
	if !slices.ContainsFunc(l.list, func(have pricing.Note) bool { return have.ID == note.ID }) {
		l.list = append(l.list, note)
	}
}
