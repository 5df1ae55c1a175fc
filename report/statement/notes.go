package statement

import (
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
	compute := s.uses(pricing.VCPU) || s.uses(pricing.Memory)
	add(compute, assumption.TransitionBilling.Note())
	add(compute, assumption.Baseline.Note())
	add(s.uses(pricing.SnapshotRead), assumption.LaunchRead.Measured())
	add(s.uses(pricing.SnapshotStorage), assumption.ImageMinimum.Measured())
	add(s.uses(pricing.SnapshotStorage), assumption.SuspendMinimum.Note())
	add(len(s.Lines) > 0, assumption.ImageBuilds.Note())
	add(len(s.Lines) > 0 && !s.discounted(), assumption.NoFreeTier.Note())
	add(true, assumption.Attribution.Note())
	return notes
}

func (s *Statement) uses(q pricing.BilledQuantity) bool {
	for _, line := range s.Lines {
		if line.Quantity == q {
			return true
		}
	}
	return false
}

func (s *Statement) discounted() bool {
	for _, line := range s.Lines {
		if !line.Discount.IsZero() {
			return true
		}
	}
	return false
}

// methods say how each figure is made.
func (s *Statement) methods() []pricing.Note {
	notes := []pricing.Note{
		{ID: "Amount", Text: "The usage that was measured is added up as whole numbers (vCPU-milliseconds, MiB-milliseconds, bytes, byte-seconds) " +
			"and multiplied by the rate once, in exact decimals. Figures are rounded only to be shown, so that a column of cents adds up to its total."},
		{ID: "Quantity", Text: "A GB is 2^30 bytes. A GB-month of snapshot storage is 720 GB-hours."},
		{ID: "Change", Text: "Against the period of the same length before, or against as many calendar months where the period is whole months."},
		{ID: "Coverage", Text: "The part of the time of all MicroVMs for which every measurement arrived. What is missing is not guessed at; " +
			"a figure with less than full coverage is a lower bound."},
		{ID: "Unknown", Text: "Usage without a known rate is named beside the figure that lacks it. A day of which the ledger has nothing shows a dash: not known, rather than nothing spent."},
	}
	switch {
	case s.Policy == spend.OwnRow:
		notes = append(notes, pricing.Note{ID: "Shared cost", Text: "Storage of images that is no tenant's, and what the configuration calls shared, is a row of its own, (shared)."})
	case s.Policy == spend.Evenly:
		notes = append(notes, pricing.Note{ID: "Shared cost", Text: "Storage of images that is no tenant's, and what the configuration calls shared, is shared out: the same to each tenant with spend, to the last cent."})
	default:
		notes = append(notes, pricing.Note{ID: "Shared cost", Text: "Storage of images that is no tenant's, and what the configuration calls shared, is shared out in proportion to each tenant's own spend, to the last cent."})
	}
	if s.Whole {
		notes = append(notes, pricing.Note{ID: "Unallocated", Text: "Usage that no tenant can be named for is the row (unallocated). It is never dropped."})
	}
	return append(notes, s.outlookNotes()...)
}

// outlookNotes explain forecasts and anomalies where there are any.
func (s *Statement) outlookNotes() []pricing.Note {
	var notes []pricing.Note
	methods := map[budget.Method]bool{}
	for _, line := range s.Budgets.Lines {
		methods[line.Method] = !s.Budgets.Over
	}
	if len(s.Tenants) == 1 && !s.Whole && s.Tenants[0].Outlook != nil {
		methods[s.Tenants[0].Outlook.Method] = !s.Budgets.Over
	}
	if methods[budget.WeekdayMean] {
		notes = append(notes, pricing.Note{ID: "Forecast", Text: "What is spent, and for each remaining day the mean of its weekday over the last up to eight weeks."})
	}
	if methods[budget.RunRate] {
		notes = append(notes, pricing.Note{ID: "Forecast, run rate", Text: "With fewer than two weeks of data, the month goes on at its average so far."})
	}
	return append(notes, pricing.Note{ID: "Days that stand out", Text: "A day is set against the same weekday of the eight weeks before, or against all days where " +
		"fewer than three of that weekday are known. It stands out when it is further from their median than is usual for the tenant, and by more than a small amount."})
}
