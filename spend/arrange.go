package spend

import (
	"cmp"
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
		slices.SortStableFunc(rows, func(a, b *Row) int { return cmp.Or(b.change().Cmp(a.change()), largerAmount(a, b)) })
	}
	if other != nil {
		rows = append(rows, other)
	}
	return rows
}

func largerAmount(a, b *Row) int { return b.Amount.Cmp(a.Amount) }

// change is how far a row moved, whichever way; zero where that is not known.
func (r *Row) change() decimal.Decimal {
	if r.Previous == nil || r.Previous.Change == nil {
		return decimal.Decimal{}
	}
	return r.Previous.Change.Abs()
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
			other.absorb(&row.Total, other.Folded == 0)
			other.Folded++
			other.parts = append(other.parts, row)
		} else {
			kept = append(kept, row)
		}
	}
	other.settle()
	return kept, other
}

// otherKey carries the label in the dimension that a reader looks at first.
func otherKey(by []Dimension) Key {
	first := ByTenant
	if len(by) > 0 && !slices.Contains(by, ByTenant) {
		first = by[0]
	}
	key := Key{Kind: KindOther}
	*key.field(first) = Other
	return key
}

// absorb adds another row or total, which is the first or not. The change from the period before is not settled by
// that.
func (t *Total) absorb(of *Total, first bool) {
	t.Cost = t.Plus(of.Cost)
	t.Shared = t.Shared.Add(of.Shared)
	t.Sum.Merge(&of.Sum)
	if first {
		t.Measured = of.Measured
	} else {
		t.Measured = t.Measured.And(of.Measured)
	}
	switch {
	case of.Previous == nil:
	case t.Previous == nil:
		was := *of.Previous
		t.Previous = &was
	default:
		t.Previous.absorb(of.Previous)
	}
}

func (t *Total) settle() {
	if t.Previous != nil {
		t.Previous.settle(t)
	}
}

// Only is the report with some of its rows, in the order given by their places. Its total is the sum of these, and its
// restatements are theirs; those of rows that closed months do not have belong to the report with all rows alone.
func (s Spend) Only(places []int) Spend {
	out := s
	out.Rows = make([]Row, len(places))
	out.Total = Total{Measured: s.Total.Measured}
	for i, place := range places {
		out.Rows[i] = s.Rows[place]
		out.Total.absorb(&out.Rows[i].Total, i == 0)
	}
	if len(s.Restatements) > 0 && len(places) < len(s.Rows) {
		shown := make(map[Key]bool, len(out.Rows))
		for i := range out.Rows {
			shown[out.Rows[i].Key] = true
		}
		out.Restatements = slices.DeleteFunc(slices.Clone(s.Restatements), func(r Restatement) bool { return !shown[r.Key] })
	}
	if s.Total.Previous != nil && out.Total.Previous == nil {
		out.Total.Previous = &Comparison{}
	}
	out.Total.settle()
	return out
}
