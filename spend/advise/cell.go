package advise

import (
	"cmp"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend/whatif"
	"microspend/usage"
)

// cellKey is the finest part of a fleet that advice is about.
type cellKey struct {
	tenant string // as spend.OwnerName writes it
	image  string
	region string
	arch   usage.Arch
}

// cell is what was used under a key, with the rates that it was priced at.
type cell struct {
	cellKey
	index int
	twin  bool // there is one that differs in the architecture alone
	part  whatif.Part
	state pricing.State // how far it was measured

	launched launched // what its MicroVMs did one by one
}

// monthSeconds is the month that figures are given for.
const monthSeconds = 30 * 86_400

// delta is how a change alters what a cell used, in the small units of [usage.Measure.Counted].
type delta [usage.MeasureCount]decimal.Decimal

func (d *delta) add(m usage.Measure, units decimal.Decimal) { d[m] = d[m].Add(units) }

func (d *delta) plus(other delta) {
	for m := range d {
		d[m] = d[m].Add(other[m])
	}
}

// edit is a change to one cell: what it uses more or less of, and where that is priced.
type edit struct {
	cell   *cell
	delta  delta
	region string // "" stays
	arch   usage.Arch
	gone   bool // it runs on something else, which the advice prices
}

// then joins what another edit of the same cell does to this one.
func (e edit) then(next edit) edit {
	e.delta.plus(next.delta)
	e.region, e.arch = cmp.Or(next.region, e.region), cmp.Or(next.arch, e.arch)
	e.gone = e.gone || next.gone
	return e
}

// cards finds the rate card of a region today.
type cards func(region string) (pricing.RateCard, error)

// bill is what edits come to, quantity by quantity, in the time measured.
type bill [pricing.QuantityCount]whatif.Line

// price adds a cell to a bill, as it was and as the edit makes it. A rate that is not known is an error.
//
// Usage that was priced at several cards one after the other keeps them; what an edit adds or takes falls to each in
// proportion to what was used there, as nobody can say when the change would have shown.
func (b *bill) price(e edit, cards cards) error {
	parts := e.cell.part.Dated
	if len(parts) == 0 {
		parts = []whatif.Part{e.cell.part}
	}
	whole, added := e.cell.part.Sum.Measured(), pricing.Measured{}
	for i := range parts {
		before := parts[i].Sum.Measured()
		card, err := e.card(parts[i].Card, cards)
		if err != nil {
			return err
		}
		for _, q := range pricing.BilledQuantities() {
			line := &b[q]
			line.Of, line.Known, line.ThenKnown = q, true, true
			then := before[q]
			if !e.delta[q].IsZero() {
				share := e.delta[q].Sub(added[q].Units) // of the last card: what is left
				if i < len(parts)-1 {
					share = decimal.Decimal{}
					if whole[q].Units.IsPositive() {
						share = pricing.Prorate(e.delta[q], before[q].Units, whole[q].Units)
					}
				}
				added[q].Units = added[q].Units.Add(share)
				then = pricing.Count{Units: decimal.Max(then.Units.Add(share), decimal.Decimal{}), Per: q.Counted().PerUnit}
			}
			if e.gone {
				then.Units = decimal.Decimal{}
			}
			amount, _, err := before[q].Amounts(*parts[i].Card, q)
			if err != nil {
				return err
			}
			thenAmount, _, err := then.Amounts(card, q)
			if err != nil {
				return err
			}
			line.Quantity, line.Then = line.Quantity.Add(before[q].Quantity()), line.Then.Add(then.Quantity())
			line.Amount, line.ThenAmount = line.Amount.Add(amount), line.ThenAmount.Add(thenAmount)
		}
	}
	return nil
}

// card is what a part is priced at under an edit.
func (e edit) card(own *pricing.RateCard, cards cards) (pricing.RateCard, error) {
	card := *own
	if e.region != "" {
		other, err := cards(e.region)
		if err != nil {
			return other, err
		}
		card = other.For(own.Arch())
	}
	if e.arch != "" {
		card = card.For(e.arch)
	}
	return card, nil
}

// months are the lines of a bill that has any, a month of them. Amounts are scaled line by line, so that what is shown
// adds up to the total exactly.
func (b *bill) months(seconds int64) []whatif.Line {
	var lines []whatif.Line
	for _, line := range b {
		if line.Quantity.IsZero() && line.Then.IsZero() {
			continue
		}
		for _, figure := range []*decimal.Decimal{&line.Quantity, &line.Then, &line.Amount, &line.ThenAmount} {
			*figure = pricing.ProrateTime(*figure, monthSeconds, seconds)
		}
		lines = append(lines, line)
	}
	return lines
}

// totals adds up lines.
func totals(lines []whatif.Line) (actual, changed decimal.Decimal) {
	for _, line := range lines {
		actual, changed = actual.Add(line.Amount), changed.Add(line.ThenAmount)
	}
	return actual, changed
}
