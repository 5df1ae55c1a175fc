// Package table is a table that is sorted, filtered and looked through: by any column, by text and numbers, up and down
// and sideways, in as little room as there is. It is the program's own and promises nothing.
//
// [New] does the work that grows with the number of rows, once, when the data changes: it finds the order of the rows
// by every column. Sorting is then the choice of an order, and drawing touches the rows in sight alone.
package table

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/view"
)

// Column is a column of package view, whose rows are the places of the table's rows, with what a terminal needs
// besides. Columns that stand at the left are text, all others numbers. Of the columns with a Drop, the one with the
// largest gives way first where there is no room.
type Column struct {
	view.Column[int]
	Word  string // names the column in filters besides its id; "" is the id
	Least int    // a text column may be cut to width cells before others give way; 0 for not at all
	Most  int    // and is never wider than that; 0 for no bound

	Hidden bool // for filters alone

	// InPercent is the id of the column that has the same figure in percent: a filter of this one by 5% is one of that.
	InPercent string

	Tone func(row int, t *theme.Theme) theme.Paint // nil paints nothing
	// Wide draws a cell that fills whatever width the column has, such as a bar, in place of a value. The column is Fixed
	// cells wide, and is passed over by sorting and filters.
	Wide  func(row, width int) string
	Fixed int
}

// Content is what a table shows. It is not changed once made, and may be read by several goroutines.
type Content struct {
	Columns []Column
	Totals  map[string]string // the texts of the footer, by the id of the column
	ids     []string
	last    []bool
	widths  []int
	orders  []order
	texts   [][]string        // of the text columns
	lower   [][]string        // likewise in lower case, for filters
	percent []bool            // numbers of the column are percentages
	lengths []bool            // or lengths of time
	sum     []decimal.Decimal // what is added up of each row; nil adds up nothing
}

// order is the order of the rows by one column, upwards. Rows whose value is not known follow from unknown on, and
// those that always stand last follow from last on.
type order struct {
	rows          []int32
	same          []bool // whether a row stands equal to the one before it
	unknown, last int
}

// New makes content of columns. Each row has an id by which the cursor stays on it when the data changes. Rows for
// which last holds stand at the end whatever the order is. Sum is the id of the column whose shown rows are added up.
func New(columns []Column, ids []string, last func(row int) bool, sum string) *Content {
	c := &Content{
		Columns: columns, ids: ids, last: make([]bool, len(ids)), widths: make([]int, len(columns)),
		orders: make([]order, len(columns)), texts: make([][]string, len(columns)), lower: make([][]string, len(columns)),
		percent: make([]bool, len(columns)), lengths: make([]bool, len(columns)),
	}
	if last != nil {
		for row := range ids {
			c.last[row] = last(row)
		}
	}
	for i := range columns {
		switch column := &columns[i]; {
		case column.Wide != nil:
			c.widths[i] = column.Fixed
		case column.Align == view.Left:
			c.addText(i)
		default:
			c.addNumbers(i, column.ID == sum)
		}
	}
	return c
}

func (c *Content) addText(i int) {
	texts, lower := make([]string, len(c.ids)), make([]string, len(c.ids))
	width := c.headingWidth(i)
	for row := range texts {
		texts[row] = c.Columns[i].Value(row).String()
		lower[row] = strings.ToLower(texts[row])
		width = max(width, draw.Width(texts[row]))
	}
	c.texts[i], c.lower[i] = texts, lower
	all := func(int32) bool { return true }
	c.orders[i] = c.orderBy(all, func(a, b int32) int { return cmp.Compare(texts[a], texts[b]) })
	if most := c.Columns[i].Most; most > 0 {
		width = min(width, most)
	}
	c.widths[i] = width
}

func (c *Content) addNumbers(i int, sum bool) {
	value := c.Columns[i].Value
	numbers, known := make([]decimal.Decimal, len(c.ids)), make([]bool, len(c.ids))
	if sum {
		c.sum = make([]decimal.Decimal, len(c.ids)) // as shown, so that what is in sight adds up
	}
	marks := 0
	for row := range numbers {
		v := value(row)
		numbers[row], known[row] = v.Number()
		marks = max(marks, marksWidth(v))
		if sum {
			c.sum[row], _, _ = v.Spreadsheet()
		}
		if !c.percent[i] {
			_, c.percent[i] = v.Percentage()
		}
		if !c.lengths[i] {
			_, c.lengths[i] = v.Seconds()
		}
	}
	o := c.orderBy(func(row int32) bool { return known[row] }, func(a, b int32) int { return numbers[a].Cmp(numbers[b]) })
	c.orders[i] = o
	// The widest number is among the largest or the smallest, so that not all of them have to be written; any may have a
	// mark.
	width := c.headingWidth(i)
	for _, part := range [][]int32{o.rows[:o.unknown], o.rows[o.unknown:]} {
		for at := range min(len(part), extremes) {
			for _, row := range []int32{part[at], part[len(part)-1-at]} {
				width = max(width, draw.Width(c.text(i, int(row)))-marksWidth(value(int(row)))+marks)
			}
		}
	}
	c.widths[i] = width
}

func marksWidth(v view.Value) int {
	before, behind := v.Marks()
	return draw.Width(before + behind)
}

// extremes is how many of the largest and of the smallest numbers are looked at for a column's width.
const extremes = 16

// headingWidth is the width of a column's title with the glyph of the sorted column.
func (c *Content) headingWidth(i int) int { return draw.Width(c.Columns[i].title()) + 2 }

// title is the shortest title, with the unit.
func (column *Column) title() string {
	return view.Head{Title: cmp.Or(column.Title, column.Long), Unit: column.Unit}.Heading()
}

func (c *Content) orderBy(known func(int32) bool, compare func(a, b int32) int) order {
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

// Len is the number of rows.
func (c *Content) Len() int {
	if c == nil {
		return 0
	}
	return len(c.ids)
}

// ID is the id of a row.
func (c *Content) ID(row int) string { return c.ids[row] }

func (c *Content) text(column, row int) string {
	if texts := c.texts[column]; texts != nil {
		return texts[row]
	}
	return c.Columns[column].Value(row).String()
}

// Find returns the place of the column with an id or a word, -1 where there is none.
func (c *Content) Find(name string) int {
	return slices.IndexFunc(c.Columns, func(column Column) bool {
		return column.Wide == nil && (column.ID == name || column.Word == name)
	})
}

// word is what to name a column by in filters.
func (column *Column) word() string { return cmp.Or(column.Word, column.ID) }
