// Package table is a table that is sorted, filtered and looked through: by any column, by text and numbers, up and down and
// sideways, in as little room as there is.
//
// [New] does the work that grows with the number of rows, once, when the data changes: it finds the order of the rows by
// every column. Sorting is then the choice of an order, and drawing touches the rows in sight alone.
package table

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/tui/draw"
	"microspend/tui/theme"
)

// Column is one column. It has either Texts, one for each row, or a Number.
type Column struct {
	Title string // at the head of the column
	Word  string // in filters and in what is remembered: lower case, no blanks
	Give  int    // the column with the largest gives way first where there is no room; 0 never does
	Least int    // a text column may be cut to so many cells before others give way; 0 for not at all
	Most  int    // and is never wider than that; 0 for no bound

	Texts []string
	// Number is worked out when it is asked for, as most numbers of most rows never are once they have been put in order.
	Number  func(row int) Number
	Percent bool // numbers are parts of one: a filter's 5% is 0.05
	// PercentWord is the word of the column that has the same as a percentage, so that a filter may name this one for it.
	PercentWord string

	Left bool                                      // numbers stand at the right unless that is set
	Cell func(row int) string                      // what is shown; nil shows the text
	Tone func(row int, t *theme.Theme) theme.Paint // nil paints nothing
	// Wide draws a cell that fills whatever width the column has, such as a bar. The column is Fixed cells wide.
	Wide  func(row, width int) string
	Fixed int
	// Unsorted columns are pictures of others and are passed over when the sorted column is chosen.
	Unsorted bool
}

// Number is a number to sort and filter by. The zero value is one that is not known, which sorts last either way and which
// no comparison holds for.
type Number struct {
	Value decimal.Decimal
	Known bool
}

// Known is a number that is known.
func Known(d decimal.Decimal) Number { return Number{d, true} }

// Content is what a table shows. It is not changed once made, and may be read by several goroutines.
type Content struct {
	Columns []Column
	ids     []string
	last    []bool
	widths  []int
	orders  []order
	lower   [][]string // of the text columns, for filters
	sum     int        // the column whose shown rows are added up, -1 for none
}

// order is the order of the rows by one column, upwards. Rows whose value is not known follow from unknown on, and those
// that always stand last follow from last on.
type order struct {
	rows          []int32
	same          []bool // whether a row stands equal to the one before it
	unknown, last int
}

// New makes content of columns. Each row has an id by which the cursor stays on it when the data changes. Rows that last
// says so of stand at the end whatever the order is. Sum names the column, by its place, whose shown rows are added up.
func New(columns []Column, ids []string, last func(row int) bool, sum int) *Content {
	c := &Content{
		Columns: columns, ids: ids, last: make([]bool, len(ids)), widths: make([]int, len(columns)), orders: make([]order, len(columns)),
		lower: make([][]string, len(columns)), sum: sum,
	}
	if last != nil {
		for row := range ids {
			c.last[row] = last(row)
		}
	}
	for i := range columns {
		column := &columns[i]
		c.orders[i] = c.orderBy(column)
		c.widths[i] = c.widest(column, c.orders[i])
		if column.Texts != nil {
			c.lower[i] = make([]string, len(ids))
			for row, text := range column.Texts {
				c.lower[i][row] = strings.ToLower(text)
			}
		}
	}
	return c
}

// Len is the number of rows.
func (c *Content) Len() int {
	if c == nil {
		return 0
	}
	return len(c.ids)
}

// ID is the id of a row.
func (c *Content) ID(row int) string { return c.ids[row] }

func (c *Content) orderBy(column *Column) order {
	compare := func(a, b int32) int { return cmp.Compare(column.Texts[a], column.Texts[b]) }
	known := func(int32) bool { return true }
	switch {
	case column.Number != nil:
		numbers := make([]Number, len(c.ids))
		for row := range numbers {
			numbers[row] = column.Number(row)
		}
		compare = func(a, b int32) int { return numbers[a].Value.Cmp(numbers[b].Value) }
		known = func(row int32) bool { return numbers[row].Known }
	case column.Texts == nil:
		compare = func(_, _ int32) int { return 0 }
	}
	o := order{rows: make([]int32, 0, len(c.ids)), same: make([]bool, len(c.ids))}
	for _, part := range []func(int32) bool{
		func(row int32) bool { return !c.last[row] && known(row) },
		func(row int32) bool { return !c.last[row] && !known(row) },
		func(row int32) bool { return c.last[row] },
	} {
		o.unknown, o.last = o.last, len(o.rows)
		for row := range int32(len(c.ids)) {
			if part(row) {
				o.rows = append(o.rows, row)
			}
		}
	}
	sorted := o.rows[:o.unknown]
	slices.SortStableFunc(sorted, compare)
	for i := 1; i < len(sorted); i++ {
		o.same[i] = compare(sorted[i-1], sorted[i]) == 0
	}
	return o
}

// each goes through the rows in order, up or down. Rows that stand equal keep the order in which they came, either way.
func (o *order) each(down bool, yield func(row int32)) {
	sorted, rest := o.rows[:o.unknown], o.rows[o.unknown:]
	if !down {
		for _, row := range o.rows {
			yield(row)
		}
		return
	}
	for end := len(sorted); end > 0; {
		start := end - 1
		for o.same[start] {
			start--
		}
		for _, row := range sorted[start:end] {
			yield(row)
		}
		end = start
	}
	for _, row := range rest {
		yield(row)
	}
}

// widest is the width of a column: of its title and its widest cell. The widest number is the largest or the smallest, so
// that not every number has to be written out.
func (c *Content) widest(column *Column, o order) int {
	if column.Fixed > 0 {
		return column.Fixed
	}
	width := draw.Width(column.Title) + 2 // and the glyph of the sorted column
	look := func(row int32) { width = max(width, draw.Width(column.text(int(row)))) }
	if column.Number == nil {
		for row := range int32(len(c.ids)) {
			look(row)
		}
	} else {
		for _, part := range [][]int32{o.rows[:o.unknown], o.rows[o.unknown:]} {
			for i := range min(len(part), extremes) {
				look(part[i])
				look(part[len(part)-1-i])
			}
		}
	}
	if column.Most > 0 {
		width = min(width, column.Most)
	}
	return width
}

// extremes is how many of the largest and of the smallest numbers are looked at for a column's width.
const extremes = 16

func (column *Column) text(row int) string {
	switch {
	case column.Cell != nil:
		return column.Cell(row)
	case column.Texts != nil:
		return column.Texts[row]
	default:
		return ""
	}
}

// Find returns the place of the column with a word, -1 where there is none.
func (c *Content) Find(word string) int {
	return slices.IndexFunc(c.Columns, func(column Column) bool { return column.Word == word })
}
