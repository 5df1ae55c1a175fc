package spend

import (
	"slices"

	"github.com/shopspring/decimal"
)

// arrange folds and orders rows, which come in the order of their keys.
func arrange(rows []*Row, request Request) []*Row {
	rows, other := fold(rows, request)
	switch request.Sort {
	case SortKey:
	case SortAmount:
		slices.SortStableFunc(rows, largerAmount)
	case SortChange:
		slices.SortStableFunc(rows, func(a, b *Row) int { return b.change().Cmp(a.change()) })
	}
	if other != nil {
		rows = append(rows, other)
	}
	return rows
}

func largerAmount(a, b *Row) int { return b.Amount.Cmp(a.Amount) }

// change is how far a row moved, whichever way.
func (r *Row) change() decimal.Decimal {
	if r.Previous == nil {
		return decimal.Decimal{}
	}
	return r.Amount.Sub(r.Previous.Amount).Abs()
}

// fold sums the rows that Top and Min leave out into one, which is nil where they leave out none.
func fold(rows []*Row, request Request) (kept []*Row, other *Row) {
	out := map[*Row]bool{}
	if request.Top > 0 && request.Top < len(rows) {
		ranked := slices.SortedStableFunc(slices.Values(rows), largerAmount)
		for _, row := range ranked[request.Top:] {
			out[row] = true
		}
	}
	for _, row := range rows {
		if request.Min.IsPositive() && row.Amount.LessThan(request.Min) && row.Complete() {
			out[row] = true
		}
	}
	if len(out) == 0 {
		return rows, nil
	}
	other = &Row{Key: otherKey(request.By)}
	for _, row := range rows {
		if out[row] {
			other.absorb(row)
		} else {
			kept = append(kept, row)
		}
	}
	return kept, other
}

// otherKey carries the label in the dimension that a reader looks at first.
func otherKey(by []Dimension) Key {
	key := Key{Kind: KindOther}
	if len(by) == 0 || slices.Contains(by, ByTenant) {
		key.Tenant = Other
		return key
	}
	switch by[0] {
	case ByImage:
		key.Image = Other
	case ByMicroVM:
		key.MicroVM = Other
	case ByRegion:
		key.Region = Other
	case ByDay:
		key.Day = Other
	case ByWeek:
		key.Week = Other
	case ByMonth:
		key.Month = Other
	case ByTenant, ByComponent:
		key.Component = Other
	}
	return key
}

func (r *Row) absorb(row *Row) {
	r.Cost = r.Plus(row.Cost)
	r.Shared = r.Shared.Add(row.Shared)
	r.Sum.Merge(&row.Sum)
	r.Folded++
	if row.Previous != nil {
		if r.Previous == nil {
			r.Previous = &Comparison{}
		}
		r.Previous.Cost = r.Previous.Plus(row.Previous.Cost)
	}
}
