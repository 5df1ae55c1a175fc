package spend

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend/tenants"
)

// Cents are amounts of a report's rows as they are shown, beside its rows, and the total: in whole cents, so that rows
// add up to the total, which is the exact one rounded half-even. Each is less than a cent away from the exact one.
//
// A report by two dimensions is settled as a table in two directions ([figures.SettleGrid]), so that a day's components
// add up to what a report by day shows for the day, and a component's days to what one by component shows. Whatever
// else it is by divides these figures further. Neither the order of rows nor that of dimensions matters, nor how many
// rows are folded into one: what was folded is shown as what its rows would be, which may be off by a cent or two.
func (s Spend) Cents(of func(*Row) decimal.Decimal) (shown []decimal.Decimal, total decimal.Decimal) {
	return s.Settled(of, 2)
}

// Shares are the parts of the total that rows are, beside them, as parts of one in thousandths, settled likewise. They
// are all zero where the total is not above zero.
func (s Spend) Shares() []decimal.Decimal {
	shares, _ := s.Settled(func(r *Row) decimal.Decimal {
		if !s.Total.Amount.IsPositive() {
			return decimal.Decimal{}
		}
		return pricing.Divide(r.Amount, s.Total.Amount, pricing.RatioPlaces)
	}, 3)
	return shares
}

// Settled does what [Spend.Cents] does, with a given number of decimals, for amounts in a currency whose smallest unit
// is no cent.
func (s Spend) Settled(of func(*Row) decimal.Decimal, places int32) (shown []decimal.Decimal, total decimal.Decimal) {
	c := settling{places: places, rows: make([]*Row, 0, len(s.Rows))}
	for i := range s.Rows {
		if row := &s.Rows[i]; row.parts == nil {
			c.rows = append(c.rows, row)
		} else {
			c.rows = append(c.rows, row.parts...)
		}
	}
	order := make([]int, len(c.rows))
	c.exact, c.shown = make([]decimal.Decimal, len(c.rows)), make([]decimal.Decimal, len(c.rows))
	for i, row := range c.rows {
		order[i], c.exact[i] = i, of(row)
		total = total.Add(c.exact[i])
	}
	by := slices.SortedFunc(slices.Values(s.By), func(a, b Dimension) int { return cmp.Compare(a.coarse(), b.coarse()) })
	slices.SortStableFunc(order, func(a, b int) int { return compareKeys(c.rows[a].Key, c.rows[b].Key, by) })
	total = total.RoundBank(places)
	c.settle(order, by, total)

	shown, from := make([]decimal.Decimal, len(s.Rows)), c.shown
	for i := range s.Rows {
		n := max(1, len(s.Rows[i].parts))
		shown[i] = decimal.Sum(decimal.Decimal{}, from[:n]...)
		from = from[n:]
	}
	return shown, total
}

// AmountOf is what a row comes to, for [Spend.Cents].
func AmountOf(r *Row) decimal.Decimal { return r.Amount }

// coarse puts the longer periods before the shorter ones that they are made of, and groups before their tenants.
func (d Dimension) coarse() Dimension {
	switch d {
	case ByDay:
		return ByMonth
	case ByMonth:
		return ByDay
	case ByTenant:
		return ByGroup
	case ByGroup:
		return ByTenant
	default:
		return d
	}
}

// settling are figures of rows being settled.
type settling struct {
	places       int32
	rows         []*Row
	exact, shown []decimal.Decimal
}

// settle makes rows, given by their places in the order of their keys, add up to a total.
func (c settling) settle(places []int, by []Dimension, total decimal.Decimal) {
	if len(by) > 0 && by[0] == ByGroup && (len(by) == 1 || by[1] == ByTenant) {
		c.settleGroups(places, by[1:], 1, total)
		return
	}
	if len(places) == 1 {
		c.shown[places[0]] = total
		return
	}
	if len(by) < 2 {
		exact := make([]decimal.Decimal, len(places))
		for i, place := range places {
			exact[i] = c.exact[place]
		}
		for i, shown := range figures.Settle(exact, total, c.places) {
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
	grid := figures.SettleGridTo(cells, lines, columns, total, c.places)
	for cell, inside := range within {
		c.settle(inside, by[2:], grid.Cells[cell])
	}
}

// settleGroups settles a tree from the top, so that a group shows the same whether those below it are shown or not.
// Rows lie in one group down to the given depth less one.
func (c settling) settleGroups(places []int, within []Dimension, depth int, total decimal.Decimal) {
	var parts [][]int // of each group at the depth, and of what is the group's own that all of them lie in
	var exact []decimal.Decimal
	last := Key{}
	for _, place := range places {
		key := c.rows[place].Key
		at := Key{Kind: key.groupKind(), Group: tenants.GroupAt(key.Group, depth)}
		if len(parts) == 0 || at != last {
			parts, exact = append(parts, nil), append(exact, decimal.Decimal{})
		}
		last = at
		n := len(parts) - 1
		parts[n], exact[n] = append(parts[n], place), exact[n].Add(c.exact[place])
	}
	for i, shown := range figures.Settle(exact, total, c.places) {
		inside := parts[i]
		first, last := c.rows[inside[0]].Group, c.rows[inside[len(inside)-1]].Group
		if first == last {
			c.settle(inside, within, shown)
		} else {
			c.settleGroups(inside, within, depth+1, shown)
		}
	}
}

// label is what rows have in common that stand for the same in one dimension.
type label struct {
	kind Kind
	text string
}

func (k *Key) label(d Dimension) label {
	if d != ByTenant && k.Kind != KindOther {
		return label{text: k.Value(d)}
	}
	return label{k.Kind, k.Value(d)}
}

// number counts what there is of a dimension, in its order.
func (c settling) number(places []int, d Dimension) (count int, numbers map[label]int) {
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
