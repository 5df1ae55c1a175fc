package xlsx

import (
	"runtime"
	"strconv"
	"sync"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"microspend/view"
)

// column is one column of a sheet's table.
type column struct {
	title  string
	width  float64 // in characters
	number bool
}

func words(title string, width float64) column { return column{title: title, width: width} }

func numeric(title string, width float64) column {
	return column{title: title, width: width, number: true}
}

// table is a sheet that is one table: a frozen header that filters, and rows below it.
type table struct {
	book    *book
	stream  *excelize.StreamWriter
	columns []column
	name    string
	rows    int
	header  []any
}

func (b *book) table(sheet, name string, columns []column) (*table, error) {
	stream, err := b.file.NewStreamWriter(sheet)
	if err != nil {
		return nil, err
	}
	t := &table{book: b, stream: stream, columns: columns, name: name, rows: 1}
	for i, c := range columns {
		if err := stream.SetColWidth(i+1, i+1, c.width); err != nil {
			return nil, err
		}
		style := b.styles.heading
		if c.number {
			style = b.styles.numberHeading
		}
		t.header = append(t.header, excelize.Cell{StyleID: style, Value: c.title})
	}
	freeze := excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := stream.SetPanes(&freeze); err != nil {
		return nil, err
	}
	return t, stream.SetRow("A1", t.header, excelize.RowOpts{Height: 32})
}

func (t *table) add(cells ...any) error {
	t.rows++
	at, err := excelize.CoordinatesToCellName(1, t.rows)
	if err != nil {
		return err
	}
	return t.stream.SetRow(at, cells)
}

// addAll adds n rows whose cells are made on all processors, a block at a time. A row without cells is left out.
func (t *table) addAll(n int, cells func(i int) []any) error {
	const most = 2048
	block := make([][]any, min(n, most))
	workers := runtime.GOMAXPROCS(0)
	for start := 0; start < n; start += len(block) {
		made := block[:min(len(block), n-start)]
		var wait sync.WaitGroup
		for w := range workers {
			wait.Go(func() {
				for i := w; i < len(made); i += workers {
					made[i] = cells(start + i)
				}
			})
		}
		wait.Wait()
		for _, row := range made {
			if row == nil {
				continue
			}
			if err := t.add(row...); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish makes the rows a table with filters. A table has a row at least.
func (t *table) finish() error {
	if t.rows > 1 {
		end, err := excelize.CoordinatesToCellName(len(t.columns), t.rows)
		if err != nil {
			return err
		}
		stripes := true
		if err := t.stream.AddTable(&excelize.Table{
			Range: "A1:" + end, Name: t.name, StyleName: "TableStyleLight1", ShowRowStripes: &stripes,
		}); err != nil {
			return err
		}
	}
	return t.stream.Flush()
}

// text is a cell of text from outside. It is written as text, whatever it begins with.
func text(s string) any {
	const most = 32_000 // a cell holds 32,767 characters
	shown := []rune(view.Visible(s))
	if len(shown) > most {
		shown = append(shown[:most], '…')
	}
	return string(shown)
}

// number is a figure for reading, as near as a spreadsheet can keep it. Nil is an empty cell.
func number(style int, d *decimal.Decimal) any {
	if d == nil {
		return nil
	}
	near, _ := strconv.ParseFloat(d.String(), 64) // the nearest; too large for a double is infinite, and no amount is
	return excelize.Cell{StyleID: style, Value: near}
}

// dollars are an amount for reading and, beside it, the exact one as text.
func (b *book) dollars(d *decimal.Decimal) (shown, exact any) {
	if d == nil {
		return "unknown", "unknown"
	}
	return number(b.styles.dollars, d), excelize.Cell{StyleID: b.styles.exact, Value: d.String()}
}
