package spend

import (
	"microspend/pricing"
	"microspend/usage"
)

// fixedCost is a [Cost] in fixed point: the same to the last decimal, for adding up and ranking many.
type fixedCost struct {
	amount, list pricing.FixedAmount
	unknown      []Unknown
	priced       bool
}

// fixed prices a cell as [priceList.price] does, all of its quantities together. It reports false where that takes
// decimals.
func (p *priceList) fixed(of *cell) (out fixedCost, ok bool) {
	rc := p.at(of.cellPlace)
	if of.billed != nil || rc.fixed == nil {
		return out, false
	}
	for q := range pricing.BilledQuantity(pricing.QuantityCount) {
		used := of.Amounts[q]
		if used.IsZero() {
			continue
		}
		amount, list, known, ok := rc.fixed.Amounts(q, used.Hi, used.Lo)
		switch {
		case !ok:
			return fixedCost{}, false
		case known:
			out.amount, out.list, out.priced = out.amount.Plus(amount), out.list.Plus(list), true
		default:
			count := pricing.Count{Units: used.Decimal(), Per: usage.Measure(q).Counted().PerUnit}
			out.unknown = append(out.unknown, rc.unknown(of.region, q, count))
		}
	}
	return out, true
}

// plus adds another cost.
func (c *fixedCost) plus(d *fixedCost) {
	c.amount, c.list, c.priced = c.amount.Plus(d.amount), c.list.Plus(d.list), c.priced || d.priced
	if len(d.unknown) > 0 {
		c.unknown = mergeUnknown(c.unknown, d.unknown)
	}
}

// cost is the same in decimals.
func (c *fixedCost) cost() Cost {
	out := Cost{Unknown: c.unknown, priced: c.priced}
	if c.priced {
		out.Amount = c.amount.Decimal()
		out.List = out.Amount
	}
	if c.list != c.amount {
		out.List = c.list.Decimal()
	}
	return out
}

// whole is what a cell costs, all of its quantities together.
func (p *priceList) whole(of *cell) Cost {
	if fixed, ok := p.fixed(of); ok {
		return fixed.cost()
	}
	costs := p.price(of)
	return costs.total()
}
