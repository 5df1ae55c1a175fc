package view

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
)

// settle makes figures that add up exactly add up as they are shown, too: the lines of a column to their group, groups
// and other lines to the total. A column without a total, such as one of alternatives, is left alone, as is whatever is
// shown in words or settled already. Rows are those of one table, in order.
func settle(columns []Head, rows []Row) {
	total := len(rows) - 1
	for total >= 0 && rows[total].Kind != Total {
		total--
	}
	if total < 0 {
		return
	}
	for c, head := range columns {
		if head.forPeople() {
			settleColumn(c, rows, total)
		}
	}
}

// settleColumn settles one column where its total is the sum of its parts.
func settleColumn(column int, rows []Row, total int) {
	whole := rows[total].Cell(column)
	var parts []int // groups and lines of none
	within := map[int][]int{}
	group := -1
	for i, row := range rows {
		cell := row.Cell(column)
		switch {
		case row.Kind == Total:
			continue
		case !cell.IsMissing() && !cell.rounded(whole):
			return
		case row.Kind == Group:
			group, parts = i, append(parts, i)
		case group >= 0:
			within[group] = append(within[group], i)
		default:
			parts = append(parts, i)
		}
	}
	if !whole.rounded(whole) || !addsUp(column, rows, total, parts) {
		return
	}
	for group, lines := range within {
		if !addsUp(column, rows, group, lines) {
			return
		}
	}
	settleTo(column, rows, parts, whole.number.RoundBank(whole.places), whole.places)
	for group, lines := range within {
		settleTo(column, rows, lines, rows[group].Cell(column).near(), whole.places)
	}
}

// rounded reports whether a figure is shown rounded by itself, to as many places as another one.
func (v Value) rounded(as Value) bool {
	return v.kind == numberKind && !v.shown && v.later == nil && v.settled == nil &&
		(v.form == fixedForm || v.form == signedForm) && v.places == as.places
}

func addsUp(column int, rows []Row, sum int, parts []int) bool {
	left := rows[sum].Cell(column).number
	for _, i := range parts {
		left = left.Sub(rows[i].Cell(column).number)
	}
	return len(parts) > 0 && left.IsZero()
}

func settleTo(column int, rows []Row, parts []int, total decimal.Decimal, places int32) {
	exact := make([]decimal.Decimal, len(parts))
	for n, i := range parts {
		exact[n] = rows[i].Cell(column).number
	}
	for n, near := range figures.Settle(exact, total, places) {
		if cells := rows[parts[n]].Cells; column < len(cells) {
			cells[column] = cells[column].SettledBy(func() decimal.Decimal { return near })
		}
	}
}
