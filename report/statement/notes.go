package statement

import (
	"slices"

	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend"
	"microspend/spend/budget"
)

// annotate adds what the figures rest on: the assumptions that concern them, and how they are made.
func (s *Statement) annotate() {
	s.Assumptions, s.Methods = s.assumptions(), s.methods()
}

// assumptions are those that rest on what AWS has not established, or that measuring brings with it, for the quantities
// that were used.
func (s *Statement) assumptions() []pricing.Note {
	var notes []pricing.Note
	add := func(when bool, note pricing.Note) {
		if when {
			notes = append(notes, note.Sentence())
		}
	}
	uses := func(q pricing.BilledQuantity) bool {
		return slices.ContainsFunc(s.Lines, func(l Line) bool { return l.Quantity == q })
	}
	compute, storage := uses(pricing.VCPU) || uses(pricing.Memory), uses(pricing.SnapshotStorage)
	discounted := slices.ContainsFunc(s.Lines, func(l Line) bool { return !l.Discount.IsZero() })
	add(compute, assumption.TransitionBilling.Note())
	add(compute, assumption.Baseline.Note())
	add(uses(pricing.SnapshotRead), assumption.LaunchRead.Measured())
	add(storage, assumption.ImageMinimum.Measured())
	add(storage, assumption.SuspendMinimum.Note())
	add(len(s.Lines) > 0, assumption.ImageBuilds.Note())
	for _, terms := range s.Terms() {
		add(len(s.Lines) > 0 && !discounted, terms)
	}
	for _, assumed := range s.RatesAssumed {
		add(slices.ContainsFunc(s.Lines, func(l Line) bool { return l.Region == assumed.Region }),
			assumption.RatesBeforeFirst.Clause(assumed.Region, assumed.Before))
	}
	add(s.ArchAssumed, assumption.ArchAssumed.Note())
	add(s.TenantAsserted, assumption.TenantAsserted.Note())
	for _, note := range s.DoubtNotes() {
		add(true, note)
	}
	add(true, assumption.Attribution.Note())
	for _, note := range s.Advice.RestsOn() {
		stated := slices.ContainsFunc(notes, func(n pricing.Note) bool { return n.ID == note.ID })
		add(!stated, note)
	}
	return notes
}

// methods say how each figure is made.
func (s *Statement) methods() []pricing.Note {
	var notes []pricing.Note
	add := func(when bool, id, text string) {
		if when {
			notes = append(notes, pricing.Note{ID: id, Text: text})
		}
	}
	add(true, "Amount", "Measured usage is added up in whole numbers (vCPU-milliseconds, MiB-milliseconds, bytes, "+
		"byte-seconds) and multiplied by the rate once, in exact decimals. Figures are rounded only for display, "+
		"so that a column of cents adds up to its total.")
	add(true, "Quantity", "A GB is 2^30 bytes. A GB-month of snapshot storage is 720 GB-hours.")
	add(true, "Change", "Like is compared with like: a month with the month before, up to the same day and time while it "+
		"runs, and any other period with the equally long one before. Where either is not known as a whole there is a dash "+
		"in place of a change.")
	add(true, "Coverage", "The share of MicroVM time for which every measurement arrived. Missing usage is not "+
		"estimated; a figure with less than full coverage is a lower bound.")
	add(true, "Unknown", "Usage without a known rate is listed next to the figure that lacks it. A day for which the "+
		"ledger has no data shows a dash: not known, rather than zero.")
	shared := "shared out in proportion to each tenant's own spend, to the last cent."
	switch s.Policy {
	case spend.OwnRow:
		shared = "a row of its own, (shared)."
	case spend.Evenly:
		shared = "shared out evenly among tenants with spend, to the last cent."
	}
	add(true, "Shared cost", "Storage of images that belong to no tenant, and whatever the configuration calls "+
		"shared, is "+shared)
	add(s.Whole, "Unallocated", "Usage that cannot be attributed to a tenant is the row (unallocated). "+
		"It is never dropped.")

	forecast := func(by budget.Method) bool {
		if s.Budgets.Over {
			return false // what was forecast is known
		}
		one := len(s.Tenants) == 1 && !s.Whole && s.Tenants[0].Outlook != nil && s.Tenants[0].Outlook.Method == by
		return one || slices.ContainsFunc(s.Budgets.Lines, func(l budget.Line) bool { return l.Method == by })
	}
	add(forecast(budget.WeekdayMean), "Forecast", "Spend to date plus, for each remaining day, what the same weekday "+
		"costs at the level of the latest weeks. The range is where eight of ten such forecasts, made over the last eight weeks, "+
		"would have ended.")
	add(forecast(budget.RunRate), "Forecast, run rate", "With less than two weeks of data, the rest is "+
		"expected to cost as much per day as the days so far.")
	add(true, "Days that stand out", "A day is compared with the same weekday of the eight weeks before, or with "+
		"all days where fewer than three of that weekday are known. It stands out when it is further from their median than is "+
		"usual for the tenant, and by more than a small amount.")
	return notes
}
