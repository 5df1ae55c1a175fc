package spend

import (
	"cmp"
	"container/heap"
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
	if last := len(rows) - 1; last >= 0 && rows[last].Kind == KindOther { // of those that were put together already
		rows, other = rows[:last], rows[last]
	}
	out := make([]bool, len(rows))
	if request.Top > 0 && request.Top < len(rows) {
		for i := range out {
			out[i] = true
		}
		for _, place := range largest(rows, request.Top) {
			out[place] = false
		}
	}
	for i, row := range rows {
		if request.Min.IsPositive() && row.Amount.LessThan(request.Min) && row.Complete() {
			out[i] = true
		}
	}
	if !slices.Contains(out, true) {
		return rows, other
	}
	if other == nil {
		other = &Row{Key: otherKey(request.By)}
	}
	for i, row := range rows {
		if out[i] {
			other.absorb(&row.Total, other.Folded == 0)
			other.Folded++
			if !request.Lump {
				other.parts = append(other.parts, row)
			}
		} else {
			kept = append(kept, row)
		}
	}
	other.settle()
	return kept, other
}

// largest are the places of the n largest amounts, in no order, and of rows that are as large those that come first. Of
// a hundred thousand rows no more are put into order than are kept.
func largest(rows []*Row, n int) []int {
	kept := ranking{rows, make([]int, 0, n)}
	for place := range rows {
		switch {
		case len(kept.places) < n:
			kept.places = append(kept.places, place)
			if len(kept.places) == n {
				heap.Init(&kept)
			}
		case rows[place].Amount.GreaterThan(rows[kept.places[0]].Amount):
			kept.places[0] = place
			heap.Fix(&kept, 0)
		}
	}
	return kept.places
}

// ranking is a heap of places of rows with the one on top that gives way first: the smallest, and the last of these.
type ranking struct {
	rows   []*Row
	places []int
}

func (r *ranking) Len() int      { return len(r.places) }
func (r *ranking) Swap(i, j int) { r.places[i], r.places[j] = r.places[j], r.places[i] }
func (r *ranking) Push(any)      { panic("spend: a ranking does not grow") }
func (r *ranking) Pop() any      { panic("spend: a ranking does not shrink") }
func (r *ranking) Less(i, j int) bool {
	a, b := r.places[i], r.places[j]
	return cmp.Or(r.rows[a].Amount.Cmp(r.rows[b].Amount), cmp.Compare(b, a)) < 0
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
