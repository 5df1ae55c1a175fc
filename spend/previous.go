package spend

import (
	"time"

	"microspend/internal/civil"
	"microspend/pricing"
)

// relabeled names the days of the period before as the days of this one that they stand beside, so that rows by day,
// week and month can be compared. Whole months stand beside whole months; otherwise the first day stands beside the
// first day. A day that has no counterpart, as the 31st beside a shorter month, keeps its own name.
func relabeled(before, now civil.Span, loc *time.Location) func(civil.Day) labels {
	months := now.Months(loc)
	first, last := civil.DayOf(now.From, loc), civil.DayOf(now.To.Add(-1), loc)
	shift := first - civil.DayOf(before.From, loc)
	return func(d civil.Day) labels {
		beside := d + shift
		if months > 0 {
			beside = d.AddMonths(months)
		}
		clamped := labelsOf(min(beside, last))
		if beside > last || (months > 0 && beside.AddMonths(-months) != d) {
			clamped[ByDay] = d.String()
		}
		return clamped
	}
}

// compareWith puts the rows of the period before beside those of this one. Rows that only the period before has are
// added with nothing spent.
func (t *table) compareWith(before *table) {
	for key, row := range t.rows {
		row.Previous = &Comparison{}
		if was, ok := before.rows[key]; ok {
			row.Previous.Cost = was.Cost
		}
	}
	for key, was := range before.rows {
		if _, ok := t.rows[key]; !ok {
			t.row(key).Previous = &Comparison{Cost: was.Cost}
		}
	}
	t.total.Previous = &Comparison{Cost: before.total.Cost}
}

// settle works out the change to a cost.
func (c *Comparison) settle(now Cost) {
	c.Change, c.Percent = nil, nil
	if !c.Complete() || !now.Complete() {
		return
	}
	change := now.Amount.Sub(c.Amount)
	c.Change = &change
	if !c.Amount.IsZero() {
		percent := pricing.Divide(change.Shift(2), c.Amount, pricing.RatioPlaces)
		c.Percent = &percent
	}
}
