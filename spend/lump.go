package spend

import (
	"context"
	"slices"

	"microspend/pricing"
	"microspend/usage"
)

// lumpable reports whether what [Request.Top] leaves out may be put together before it is made into rows, for the same
// report: nothing else is asked of those rows, nor does anything tell what was measured of one from another.
func (r *run) lumpable(t *table) bool {
	of := &r.request
	return of.Top > 0 && of.Lump && !of.Min.IsPositive() && !of.Previous && of.MostRows == 0 && !r.billed() &&
		!r.has(ByComponent) && len(t.rows) == 0 && (timeUnit(of.By) == ByComponent || len(r.damaged) == 0)
}

// lumpRow is a row that may be left out.
type lumpRow struct {
	first *cell
	fixedCost
}

// lump makes rows of the largest amounts, and one of all others. Amounts in fixed point are those that rows would have
// to the last decimal, so that the same ones are left out, and the row of these is their sum. It reports false where
// some amounts take decimals, or nothing is left out.
func (r *run) lump(ctx context.Context, own *cells, t *table) (done bool, err error) {
	if len(own.rows) <= r.request.Top {
		return false, nil
	}
	rows := make([]lumpRow, len(own.rows))
	for i, first := range own.rows {
		if i%stopEvery == 0 && ctx.Err() != nil {
			return true, ctx.Err()
		}
		rows[i].first = first
		for at := first; at != nil; at = at.next {
			cost, ok := r.prices.fixed(at)
			if !ok {
				return false, nil
			}
			rows[i].plus(&cost)
		}
	}
	kept := r.keep(rows)
	for i := range kept {
		made := t.row(kept[i].first.Key)
		made.Cost = kept[i].cost()
		kept[i].first.sumInto(&made.Sum)
	}
	rest := rows[len(kept):]
	t.lumpRest(rest, r.request.By)
	if len(r.source.Tenants.Names()) > 0 {
		t.lumped = make(map[Key]bool)
		for i := range rest {
			t.lumped[rest[i].first.owner()] = true
		}
	}
	return true, nil
}

// keep puts the rows that are kept before the others and returns them: those with the largest amounts, and of rows that
// are as large those that come first. Keys, which are long, are compared of those alone.
func (r *run) keep(rows []lumpRow) []lumpRow {
	amounts := make([]pricing.FixedAmount, len(rows))
	for i := range rows {
		amounts[i] = rows[i].amount
	}
	slices.SortFunc(amounts, pricing.FixedAmount.Compare)
	least, larger := amounts[len(rows)-r.request.Top], 0
	for i := range rows {
		if rows[i].amount.Compare(least) > 0 {
			rows[i], rows[larger] = rows[larger], rows[i]
			larger++
		}
	}
	asLarge := larger
	for i := larger; i < len(rows); i++ {
		if rows[i].amount == least {
			rows[i], rows[asLarge] = rows[asLarge], rows[i]
			asLarge++
		}
	}
	slices.SortFunc(rows[larger:asLarge], func(a, b lumpRow) int {
		return compareKeys(a.first.Key, b.first.Key, r.request.By)
	})
	return rows[:r.request.Top]
}

// lumpRest makes one row of several.
func (t *table) lumpRest(rest []lumpRow, by []Dimension) {
	var sum fixedCost
	other := t.row(otherKey(by))
	for i := range rest {
		sum.plus(&rest[i].fixedCost)
		rest[i].first.sumInto(&other.Sum)
	}
	other.Cost, other.Folded = sum.cost(), len(rest)
}

// sumInto adds the usage of a row's cells to a sum.
func (c *cell) sumInto(sum *usage.Sum) {
	for at := c; at != nil; at = at.next {
		sum.Merge(&at.Sum)
	}
}
