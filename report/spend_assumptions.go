package report

import (
	"fmt"

	"microspend/pricing"
	"microspend/spend"
)

// SpendAssumptions are what the figures of a report rest on, each under its own name.
func SpendAssumptions(s spend.Spend) []pricing.Note {
	var list []pricing.Note
	note := func(id, format string, args ...any) {
		list = append(list, pricing.Note{ID: id, Text: fmt.Sprintf(format, args...)})
	}
	if s.Basis == spend.BasisBilled {
		note("billed-basis", "amounts are what AWS billed, shared out by what was measured; %s is what no measured usage "+
			"accounts for.", spend.Unmetered)
	} else {
		note("measured-usage", "amounts are measured usage at the rates shown; AWS's invoice may differ: microspend reconcile "+
			"says by how much.")
	}
	if s.Agreed {
		note("agreed-rates", "list cost is at AWS's public rates; amounts are after discounts and at private rates.")
	} else if s.Basis == spend.BasisRates {
		note("no-free-tier", "no free tier or Savings Plan applies; AWS states none for MicroVMs.")
	}
	note("transition-billing", "time in PENDING, SUSPENDING and resuming is not billed; AWS does not say.")
	switch {
	case s.SharedOut != nil:
		note("shared-cost", "$%s of shared cost is shared out among %d tenants (%s); usage is not.",
			fixed(s.SharedOut.Amount, centPlaces), s.SharedOut.Tenants, s.Policy)
	case s.Policy == spend.OwnRow:
		note("shared-cost", "shared cost, such as the storage of images, is a row of its own: %s.", spend.Shared)
	}
	note("unallocated", "usage that no tenant can be named for is the row %s.", spend.Unallocated)
	note("coverage", "coverage is the part of the time that was measured completely; what was not seen is in no figure.")
	note("no-tax", "amounts are in US dollars, without tax, support and other services.")
	for _, unknown := range unknownTexts(s.Total.Cost) {
		note("unknown-rate", "%s.", unknown)
	}
	for _, damaged := range damagedNotes(s.Damaged) {
		note("damaged-file", "%s", damaged.Text)
	}
	return list
}
