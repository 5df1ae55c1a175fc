package report

import (
	"strings"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend"
	"microspend/view"
)

// SpendAssumptions are what the figures of a report rest on, each under its own name.
func SpendAssumptions(s spend.Spend) []pricing.Note {
	var list []pricing.Note
	note := func(n pricing.Note) { list = append(list, n) }
	if s.Basis == spend.BasisBilled {
		note(assumption.BilledBasis.Note(spend.Unmetered))
	} else {
		note(assumption.MeasuredUsage.Note())
	}
	if s.Negotiated {
		note(assumption.AgreedRates.Note())
	} else if s.Basis == spend.BasisRates {
		list = append(list, s.Terms()...)
	}
	for _, assumed := range s.RatesAssumed {
		note(assumption.RatesBeforeFirst.Note(assumed.Region, assumed.Before))
	}
	if s.ArchAssumed {
		note(assumption.ArchAssumed.Note())
	}
	if s.TenantAsserted {
		note(assumption.TenantAsserted.Note())
	}
	note(assumption.TransitionBilling.Note())
	switch {
	case s.SharedOut != nil:
		note(assumption.SharedCost.Note(figures.Fixed(s.SharedOut.Amount, view.CentPlaces), s.SharedOut.Tenants, s.Policy))
	case s.Policy == spend.OwnRow:
		note(assumption.SharedCostRow.Note(spend.Shared))
	}
	note(assumption.Unallocated.Note(spend.Unallocated))
	note(assumption.Coverage.Note())
	note(assumption.NoTax.Note())
	for _, closed := range append(RestatementNotes(s), CauseNotes(s)...) {
		note(pricing.Note{ID: "closed-month", Text: closed.Text})
	}
	for _, unknown := range unknownTexts(s.Total.Cost) {
		note(assumption.UnknownRate.Note(unknown))
	}
	for _, damaged := range damagedNotes(s.Damaged) {
		note(assumption.DamagedFile.Note(strings.TrimSuffix(damaged.Text, ".")))
	}
	return list
}
