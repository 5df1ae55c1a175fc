package spend

import (
	"time"

	"microspend/internal/civil"
	"microspend/pricing"
)

// relabeled maps the days of the previous period to the days of this one that they are compared with, so that rows by
// day, week and month line up. Whole months are compared with whole months; otherwise the first day with the first
// day. A day without a counterpart, such as the 31st against a shorter month, keeps its own label.
func relabeled(before, now civil.Span, loc *time.Location) func(civil.Day) labels {
	months := now.Months(loc)
	first, last := civil.DayOf(now.From, loc), civil.DayOf(now.To.Add(-1), loc)
	shift := first - civil.DayOf(before.From, loc)
	return func(d civil.Day) labels {
		other := d + shift
		if months > 0 {
			other = d.AddMonths(months)
		}
		clamped := labelsOf(min(other, last))
		if other > last || (months > 0 && other.AddMonths(-months) != d) {
			clamped[ByDay] = d.String()
		}
		return clamped
	}
}

// compareWith sets each row's previous period. Rows that only the previous period has are added with nothing spent.
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
