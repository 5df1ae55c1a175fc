package data

import (
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend"
)

// Line is one line behind a figure: a billed quantity of one region, its rate, and what they come to.
type Line struct {
	Region   string
	Arch     pricing.Arch // whose rates these are, where compute has its own
	Of       pricing.BilledQuantity
	Count    pricing.Count   // as it was measured
	Quantity decimal.Decimal // in the unit of the bill
	Rate     pricing.Rate
	Discount decimal.Decimal
	Amount   decimal.Decimal
	Known    bool
	Formula  string // from what was measured
}

// Explanation is what a figure is made of.
type Explanation struct {
	civil.Span
	Query  Query
	Lines  []Line
	Shared decimal.Decimal // the share of shared cost in the amount
	Total  spend.Total
	Policy spend.Policy
	Card   map[string]pricing.RateCard
	Notes  []pricing.Note
}

// Explain works out the lines behind what was spent in a scope and period.
func (r *Reader) Explain(ctx context.Context, q Query, at Moment) (*Explanation, error) {
	part := q.Period.Until(at)
	by := []spend.Dimension{spend.ByRegion}
	if q.Scope[spend.ByTenant] != nil {
		by = append(by, spend.ByTenant)
	}
	found, err := r.Source.Report(ctx, spend.Request{
		From: part.From, To: part.To, By: by, Location: r.Location(), Filter: q.Scope.filter(), Rated: true,
	})
	if err != nil {
		return nil, err
	}
	out := &Explanation{
		Span: part.Span, Query: q, Total: found.Total, Policy: found.Policy, Card: map[string]pricing.RateCard{},
	}
	for i := range found.Rows {
		row := &found.Rows[i]
		out.Shared = out.Shared.Add(row.Shared)
		if row.Card == nil {
			continue // nothing was used
		}
		out.Card[row.Region] = *row.Card
		if err := out.add(row.Region, *row.Card, row.Sum.Measured(), q.Scope[spend.ByComponent]); err != nil {
			return nil, err
		}
	}
	out.note(r, &found)
	if found.TenantAsserted {
		out.Notes = append(out.Notes, assumption.TenantAsserted.Clause())
	}
	return out, nil
}

func (e *Explanation) add(region string, card pricing.RateCard, measured pricing.Measured, component *string) error {
	for _, q := range pricing.BilledQuantities() {
		if measured[q].Units.IsZero() || (component != nil && *component != q.String()) {
			continue
		}
		line := Line{
			Region: region, Arch: card.Arch(), Of: q, Count: measured[q], Quantity: measured[q].Quantity(),
			Rate: card.Rate(q), Discount: card.Discounts[q],
		}
		if line.Rate.Known() {
			var only pricing.Measured
			only[q] = measured[q]
			bill, err := only.Bill(card)
			if err != nil {
				return err
			}
			line.Known, line.Amount, line.Formula = true, bill.Total(), bill.Lines[0].Formula()
		}
		e.Lines = append(e.Lines, line)
	}
	return nil
}

// Sum is what the lines and the share of shared cost come to: what is known of it.
func (e *Explanation) Sum() decimal.Decimal {
	sum := e.Shared
	for _, line := range e.Lines {
		sum = sum.Add(line.Amount)
	}
	return sum
}

func (e *Explanation) has(q pricing.BilledQuantity) bool {
	return slices.ContainsFunc(e.Lines, func(line Line) bool { return line.Of == q })
}

// note says what the figure rests on.
func (e *Explanation) note(r *Reader, found *spend.Spend) {
	add := func(note pricing.Note) { e.Notes = append(e.Notes, note) }
	if e.has(pricing.VCPU) {
		add(assumption.TransitionBilling.Clause())
	}
	if e.has(pricing.SnapshotRead) {
		add(assumption.LaunchRead.Clause())
	}
	if e.has(pricing.SnapshotStorage) {
		add(assumption.SuspendMinimum.Clause())
	}
	if e.has(pricing.VCPU) {
		for _, terms := range found.Terms() {
			add(terms.Clause())
		}
	}
	switch {
	case e.Query.Scope[spend.ByTenant] == nil:
	case len(r.Source.Tenants.Rules) > 0:
		add(assumption.Whose.Clause("by the first rule of the tenants file that matches, or "))
	default:
		add(assumption.Whose.Clause(""))
	}
	if !e.Shared.IsZero() {
		add(assumption.Shared.Clause(e.Policy))
	}
}
