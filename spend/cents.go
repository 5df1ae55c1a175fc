package spend

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
)

// Cents are amounts of a report's rows as they are shown, beside its rows, and the total: in whole cents, so that rows
// add up to the total, which is the exact one rounded half-even. Each is less than a cent away from the exact one.
//
// A report by two dimensions is settled as a table in two directions ([figures.SettleGrid]), so that a day's components
// add up to what a report by day shows for the day, and a component's days to what one by component shows. Whatever
// else it is by divides these figures further. Neither the order of rows nor that of dimensions matters.
func (s Spend) Cents(of func(*Row) decimal.Decimal) (shown []decimal.Decimal, total decimal.Decimal) {
	c := cents{rows: s.Rows, exact: make([]decimal.Decimal, len(s.Rows)), shown: make([]decimal.Decimal, len(s.Rows))}
	order := make([]int, len(s.Rows))
	for i := range s.Rows {
		order[i], c.exact[i] = i, of(&s.Rows[i])
		total = total.Add(c.exact[i])
	}
	by := slices.SortedFunc(slices.Values(s.By), func(a, b Dimension) int { return cmp.Compare(a.coarse(), b.coarse()) })
	slices.SortStableFunc(order, func(a, b int) int { return compareKeys(s.Rows[a].Key, s.Rows[b].Key, by) })
	total = total.RoundBank(2)
	c.settle(order, by, total)
	return c.shown, total
}

// AmountOf is what a row comes to, for [Spend.Cents].
func AmountOf(r *Row) decimal.Decimal { return r.Amount }

// coarse puts the longer periods before the shorter ones that they are made of.
func (d Dimension) coarse() Dimension {
	switch d {
	case ByDay:
		return ByMonth
	case ByMonth:
		return ByDay
	default:
		return d
	}
}

// cents are amounts being settled.
type cents struct {
	rows         []Row
	exact, shown []decimal.Decimal
}

// settle makes rows, given by their places in the order of their keys, add up to a total.
func (c cents) settle(places []int, by []Dimension, total decimal.Decimal) {
	if len(by) < 2 || len(places) == 1 {
		exact := make([]decimal.Decimal, len(places))
		for i, place := range places {
			exact[i] = c.exact[place]
		}
		for i, shown := range figures.Settle(exact, total, 2) {
			c.shown[places[i]] = shown
		}
		return
	}
	lines, lineOf := c.number(places, by[0])
	columns, columnOf := c.number(places, by[1])
	var cells []figures.GridCell
	var within [][]int // the rows of each cell
	at := map[[2]int]int{}
	for _, place := range places {
		line, column := lineOf[c.rows[place].Key.label(by[0])], columnOf[c.rows[place].Key.label(by[1])]
		cell, ok := at[[2]int{line, column}]
		if !ok {
			cell = len(cells)
			at[[2]int{line, column}] = cell
			cells, within = append(cells, figures.GridCell{Row: line, Column: column}), append(within, nil)
		}
		cells[cell].Exact = cells[cell].Exact.Add(c.exact[place])
		within[cell] = append(within[cell], place)
	}
	grid := figures.SettleGridTo(cells, lines, columns, total, 2)
	for cell, inside := range within {
		c.settle(inside, by[2:], grid.Cells[cell])
	}
}

// label is what rows have in common that stand for the same in one dimension.
type label struct {
	kind Kind
	text string
}

func (k Key) label(d Dimension) label {
	if d != ByTenant && k.Kind != KindOther {
		return label{text: k.Value(d)}
	}
	return label{k.Kind, k.Value(d)}
}

// number counts what there is of a dimension, in its order.
func (c cents) number(places []int, d Dimension) (count int, numbers map[label]int) {
	numbers = map[label]int{}
	var keys []Key
	for _, place := range places {
		key := c.rows[place].Key
		if _, ok := numbers[key.label(d)]; !ok {
			numbers[key.label(d)] = 0
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return compareKeys(a, b, []Dimension{d}) })
	for i, key := range keys {
		numbers[key.label(d)] = i
	}
	return len(keys), numbers
}
