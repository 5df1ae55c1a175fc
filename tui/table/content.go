// Package table is a table that is sorted, filtered and looked through: by any column, by text and numbers, up and down
// and sideways, in as little room as there is. It is the program's own and promises nothing.
//
// [New] does the work that grows with the number of rows, once, when the data changes; only the order of the rows by a
// column waits until somebody sorts by it, as most columns never are. Drawing touches the rows in sight alone.
package table

import (
	"cmp"
	"slices"
	"strings"
	"sync"

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

// Content is what a table shows. What it shows is not changed once made, and may be read by several goroutines.
type Content struct {
	Columns []Column
	Totals  map[string]string // the texts of the footer, by the id of the column
	ids     []string
	last    []bool
	widths  []int
	orders  []order
	known   []bool            // some row has a number in the column
	texts   [][]string        // of the text columns
	lower   [][]string        // likewise in lower case, for filters
	percent []bool            // numbers of the column are percentages
	lengths []bool            // or lengths of time
	sum     []decimal.Decimal // what is added up of each row; nil adds up nothing
}

// order is the order of the rows by one column, upwards. Rows whose value is not known follow from unknown on, and
// those that always stand last follow from last on.
type order struct {
	once          sync.Once
	rows          []int32
	same          []bool // whether a row stands equal to the one before it
	unknown, last int
}

// New makes content of columns. Each row has an id by which the cursor stays on it when the data changes. Rows for
// which last holds stand at the end whatever the order is. Sum is the id of the column whose shown rows are added up.
func New(columns []Column, ids []string, last func(row int) bool, sum string) *Content {
	c := &Content{
		Columns: columns, ids: ids, last: make([]bool, len(ids)), widths: make([]int, len(columns)),
		orders: make([]order, len(columns)), known: make([]bool, len(columns)), texts: make([][]string, len(columns)), lower: make([][]string, len(columns)),
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
	if most := c.Columns[i].Most; most > 0 {
		width = min(width, most)
	}
	c.widths[i] = width
}

func (c *Content) addNumbers(i int, sum bool) {
	value := c.Columns[i].Value
	if sum {
		c.sum = make([]decimal.Decimal, len(c.ids)) // as shown, so that what is in sight adds up
	}
	marks, least, most := 0, extremes{sign: 1}, extremes{sign: -1}
	var rest []int32 // those whose value is not known, or that stand last
	for row := range c.ids {
		v := value(row)
		if number, known := v.Number(); known && !c.last[row] {
			least.add(int32(row), number)
			most.add(int32(row), number)
		} else {
			rest = append(rest, int32(row))
		}
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
	c.known[i] = len(least.rows) > 0
	// The widest number is among the largest or the smallest, so that not all of them have to be written; any may have a
	// mark.
	width := c.headingWidth(i)
	some := min(len(rest), fewExtremes)
	for _, part := range [][]int32{least.rows, most.rows, rest[:some], rest[len(rest)-some:]} {
		for _, row := range part {
			width = max(width, draw.Width(c.text(i, int(row)))-marksWidth(value(int(row)))+marks)
		}
	}
	c.widths[i] = width
}

func marksWidth(v view.Value) int {
	before, behind := v.Marks()
	return draw.Width(before + behind)
}

// fewExtremes is how many of the largest and of the smallest numbers are looked at for a column's width.
const fewExtremes = 16

// extremes are the rows with the smallest numbers, or with the largest where the sign is -1, from the one furthest out.
type extremes struct {
	sign    int
	rows    []int32
	numbers []decimal.Decimal
}

func (e *extremes) add(row int32, number decimal.Decimal) {
	n := len(e.rows)
	if n == fewExtremes && number.Cmp(e.numbers[n-1])*e.sign >= 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(e.numbers, number, func(a, b decimal.Decimal) int { return a.Cmp(b) * e.sign })
	if n == fewExtremes {
		e.rows, e.numbers = e.rows[:n-1], e.numbers[:n-1]
	}
	e.rows, e.numbers = slices.Insert(e.rows, at, row), slices.Insert(e.numbers, at, number)
}

// headingWidth is the width of a column's title with the glyph of the sorted column.
func (c *Content) headingWidth(i int) int { return draw.Width(c.Columns[i].title()) + 2 }

// title is the shortest title, with the unit.
func (column *Column) title() string {
	return view.Head{Title: cmp.Or(column.Title, column.Long), Unit: column.Unit}.Heading()
}

// order is the order of the rows by a column, which is found when it is first asked for.
func (c *Content) order(i int) *order {
	o := &c.orders[i]
	o.once.Do(func() {
		if texts := c.texts[i]; texts != nil {
			c.orderBy(o, func(int32) bool { return true }, func(a, b int32) int { return cmp.Compare(texts[a], texts[b]) })
			return
		}
		numbers, known := make([]decimal.Decimal, len(c.ids)), make([]bool, len(c.ids))
		for row := range numbers {
			numbers[row], known[row] = c.Columns[i].Value(row).Number()
		}
		c.orderBy(o, func(row int32) bool { return known[row] }, func(a, b int32) int { return numbers[a].Cmp(numbers[b]) })
	})
	return o
}

func (c *Content) orderBy(o *order, known func(int32) bool, compare func(a, b int32) int) {
	o.rows, o.same = make([]int32, 0, len(c.ids)), make([]bool, len(c.ids))
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
