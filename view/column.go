package view

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
)

// Align says how a column's cells stand.
type Align uint8

// The alignments. Decimal lines up the points of numbers.
const (
	Left Align = iota
	Right
	Decimal
)

// Scope says who gets a column: any of the following together. The zero value is everyone.
type Scope uint8

// The scopes.
const (
	People Scope = 1 << iota // terminal, Markdown and pages: a picture, say, or words about other columns
	JSONOnly
	CSVOnly
	Nobody

	Everyone Scope = 0
	Data           = JSONOnly | CSVOnly
)

// When is the scope where the condition holds, and nobody otherwise: for a column that only some results have.
func When(holds bool, s Scope) Scope {
	if holds {
		return s
	}
	return Nobody
}

func (s Scope) includes(who Scope) bool { return s == Everyone || s&who != 0 }

// Column describes one column of a table, for every renderer at once: what it is called, and the value that it has in
// a row. Adding a column to a listing is one entry, and the terminal, Markdown, CSV, JSON, XLSX, HTML and the
// dashboard have it.
type Column[Row any] struct {
	ID    string // the field in JSON, the heading in CSV, the word in filters
	Title string // the heading for people
	Long  string // the title in full, for workbooks, which have the room; "" is Title
	Unit  string // behind the title, such as "$"
	Align Align  // of money, Left is Decimal

	// Where a terminal is too narrow, the column with the largest Drop goes first; Drop 0 stays. A column that may
	// Shrink is first cut to what is left, 20 cells at least. MinWidth is the width of a terminal below which the
	// column is not shown at all.
	Drop     int
	Shrink   bool
	MinWidth int
	Scope    Scope // of a column with an ID but no title, Everyone is Data

	Value func(Row) Value
}

// Dollar is the unit of money.
const Dollar = "$"

// head is the column with what follows from the rest of it.
func (c Column[Row]) head() Head {
	h := Head{c.ID, c.Title, c.Long, c.Unit, c.Align, c.Drop, c.Shrink, c.MinWidth, c.Scope}
	if h.Unit == Dollar && h.Align == Left {
		h.Align = Decimal
	}
	if h.ID != "" && h.LongHeading() == "" && h.Unit == "" && h.Scope == Everyone {
		h.Scope = Data
	}
	return h
}

// Head is a column without its values.
type Head struct {
	ID, Title, Long, Unit string
	Align                 Align
	Drop                  int
	Shrink                bool
	MinWidth              int
	Scope                 Scope
}

func (h Head) inJSON() bool { return h.ID != "" && h.Scope.includes(JSONOnly) }
func (h Head) inCSV() bool  { return h.ID != "" && h.Scope.includes(CSVOnly) }

func (h Head) forPeople() bool { return h.Scope.includes(People) }

// Heading is the title with its unit.
func (h Head) Heading() string { return withUnit(h.Title, h.Unit) }

// LongHeading is the title in full with its unit; "" for a column that only programs have.
func (h Head) LongHeading() string {
	if h.Title == "" && (h.Long == "" || !h.forPeople()) {
		return ""
	}
	return withUnit(cmp.Or(h.Long, h.Title), h.Unit)
}

func withUnit(title, unit string) string {
	if title == "" || unit == "" {
		return title + unit
	}
	return title + " " + unit
}

// RowKind says what a row is, which decides how it looks and whether it is data.
type RowKind uint8

// The kinds of rows.
const (
	Line  RowKind = iota
	Group         // a heading over lines, with their subtotal
	Total         // the sum of everything

	headingRow // what stands around a row, as wide as the table: the first cell alone
	noteRow
)

// Row is one row of a table. It may have fewer cells than the table has columns.
type Row struct {
	Look
	Cells []Value
}

// Table is rows under columns. Rows are made when a renderer asks for them, as a table may have a hundred thousand of
// which a terminal's user wants the first screen and a program the CSV.
type Table struct {
	Columns []Head
	Tight   bool // one blank between columns in place of two
	length  int
	row     func(i int, wanted []bool, cells []Value) Row
	more    []Row // behind those
}

// Look says what a row is and what stands around it for people. The zero value is a plain line.
type Look struct {
	Kind    RowKind
	Warn    bool     // draws attention to the row
	Heading string   // a title above the row, as wide as the table
	Notes   []string // explanations below the row, likewise, but for empty ones; Markdown leaves them out
}

// NewTable makes a table that has a row for each of rows. Look says what each row is; nil means that all are plain
// lines.
func NewTable[R any](columns []Column[R], rows []R, look func(R) Look) *Table {
	t := &Table{length: len(rows), Columns: make([]Head, len(columns))}
	for i, c := range columns {
		t.Columns[i] = c.head()
	}
	t.row = func(i int, wanted []bool, cells []Value) Row {
		return rowOf(columns, rows[i], look, wanted, cells)
	}
	return t
}

// RowOf makes one row, such as a total to [Table.Add].
func RowOf[R any](columns []Column[R], of R, look func(R) Look) Row {
	return rowOf(columns, of, look, nil, make([]Value, len(columns)))
}

// rowOf makes the cells that are wanted, all if wanted is nil: a table of a hundred thousand rows has columns that take
// long to work out and that not every renderer shows.
func rowOf[R any](columns []Column[R], of R, look func(R) Look, wanted []bool, cells []Value) Row {
	row := Row{Cells: cells}
	if look != nil {
		row.Look = look(of)
	}
	for c := range columns {
		if columns[c].Value != nil && (wanted == nil || wanted[c]) {
			cells[c] = columns[c].Value(of)
		} else {
			cells[c] = Value{}
		}
	}
	return row
}

// First is columns with those of the given ids before the others, for a table that people read in another order than
// programs do.
func First[R any](columns []Column[R], ids ...string) []Column[R] {
	return append(Pick(columns, ids...), slices.DeleteFunc(slices.Clone(columns), func(c Column[R]) bool {
		return slices.Contains(ids, c.ID)
	})...)
}

// Pick is the columns of the given ids, in their order.
func Pick[R any](columns []Column[R], ids ...string) []Column[R] {
	var picked []Column[R]
	for _, id := range ids {
		if at := slices.IndexFunc(columns, func(c Column[R]) bool { return c.ID == id }); at >= 0 {
			picked = append(picked, columns[at])
		}
	}
	return picked
}

// Add puts rows behind those that the table was made of. They are for people alone: CSV and JSON do not have them.
func (t *Table) Add(rows ...Row) { t.more = append(t.more, rows...) }

// Len is the number of rows of all kinds.
func (t *Table) Len() int { return t.length + len(t.more) }

// Lines is the number of rows that the table was made of.
func (t *Table) Lines() int { return t.length }

// Row makes a row with all its cells.
func (t *Table) Row(i int) Row { return t.rowWith(i, nil) }

// rowWith makes the cells of a row that are wanted, and leaves the others missing.
func (t *Table) rowWith(i int, wanted []bool) Row {
	if i >= t.length {
		return t.more[i-t.length]
	}
	return t.row(i, wanted, make([]Value, len(t.Columns)))
}

// ForPeople makes all rows, with the cells that people see, of which those that add up exactly do so as shown.
func (t *Table) ForPeople() []Row {
	rows := make([]Row, t.Len())
	wanted := t.wanted(Head.forPeople)
	parallel(len(rows), 256, func(i int) { rows[i] = t.rowWith(i, wanted) })
	settle(t.Columns, rows)
	return rows
}

// wanted are the columns that somebody gets.
func (t *Table) wanted(by func(Head) bool) []bool {
	wanted := make([]bool, len(t.Columns))
	for i, head := range t.Columns {
		wanted[i] = by(head)
	}
	return wanted
}

// Cell is the value of a column in a row, missing where the row has none.
func (r Row) Cell(column int) Value {
	if column >= len(r.Cells) {
		return Value{}
	}
	return r.Cells[column]
}

// EachLine adds each row that is data, in order, to a batch, and hands on one batch after the other: lines and totals
// that the table was made of. Groups, and what was added behind, follow from them. Batches are made on all processors,
// a few at a time, so that memory does not grow with the table. A row is lent: the next one has the same cells.
func EachLine[Batch any](t *Table, add func(*Batch, Row), yield func(*Batch) error) error {
	return eachLine(t, nil, add, yield)
}

// eachLine does the same with the cells that are wanted.
func eachLine[Batch any](t *Table, wanted []bool, add func(*Batch, Row), yield func(*Batch) error) error {
	const rows = 256
	count := (t.length + rows - 1) / rows
	most := 4 * runtime.GOMAXPROCS(0) // so that no processor waits long for the slowest
	for start := 0; start < count; start += most {
		batches := make([]Batch, min(most, count-start))
		parallel(len(batches), 1, func(b int) {
			cells := make([]Value, len(t.Columns))
			first := (start + b) * rows
			for i := first; i < min(first+rows, t.length); i++ {
				if row := t.row(i, wanted, cells); row.Kind != Group {
					add(&batches[b], row)
				}
			}
		})
		for b := range batches {
			if err := yield(&batches[b]); err != nil {
				return err
			}
		}
	}
	return nil
}

// parallel calls do for 0 to n - 1 on all processors, each of which has a minimum of calls to make.
func parallel(n, least int, do func(int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+least-1)/least)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	wait.Wait()
}

// shown is the table as people see it: the columns for them, and the text of every cell.
func (t *Table) shown() (columns []Head, rows []shownRow) {
	var places []int
	for i, head := range t.Columns {
		if head.forPeople() {
			columns, places = append(columns, head), append(places, i)
		}
	}
	if len(columns) == 0 {
		return nil, nil // a table of data alone
	}
	made := t.ForPeople()
	texts := make([][]string, len(made))
	parallel(len(made), 256, func(i int) {
		texts[i] = make([]string, len(columns))
		for c, place := range places {
			texts[i][c] = Visible(made[i].Cell(place).String())
		}
	})
	rows = make([]shownRow, 0, len(made))
	span := func(kind RowKind, text string) {
		cells := make([]string, len(columns))
		cells[0] = Visible(text)
		rows = append(rows, shownRow{kind: kind, cells: cells})
	}
	for i, row := range made {
		if row.Heading != "" {
			span(headingRow, row.Heading)
		}
		rows = append(rows, shownRow{row.Kind, row.Warn, texts[i]})
		for _, note := range row.Notes {
			if note != "" {
				span(noteRow, note)
			}
		}
	}
	return columns, rows
}

type shownRow struct {
	kind  RowKind
	warn  bool
	cells []string
}
