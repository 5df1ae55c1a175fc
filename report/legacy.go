package report

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/view"
)

// Transitional: builders that do not describe their tables by columns yet.
type (
	Document = view.Document
	Section  = view.Section
	Note     = view.Note
	Column   = view.Head
)

const (
	Left, Right, Decimal                  = view.Left, view.Right, view.Decimal
	Line, Group, Total, Heading, Footnote = view.Line, view.Group, view.Total, view.Heading, view.Footnote

	centPlaces = view.CentPlaces
)

type Row struct {
	Kind  view.RowKind
	Cells []string
	Warn  bool
}

type Table struct {
	Tight   bool
	Columns []Column
	Rows    []Row
}

func (t *Table) view() *view.Table {
	if t == nil {
		return nil
	}
	out := &view.Table{Columns: t.Columns, Tight: t.Tight}
	for _, row := range t.Rows {
		cells := make([]view.Value, len(row.Cells))
		for i, cell := range row.Cells {
			cells[i] = view.Text(cell)
		}
		out.Add(view.Row{Look: view.Look{Kind: row.Kind, Warn: row.Warn}, Cells: cells})
	}
	return out
}

func fixed(d decimal.Decimal, places int32) string  { return figures.Fixed(d, places) }
func upTo(d decimal.Decimal, places int32) string   { return figures.UpTo(d, places) }
func signed(d decimal.Decimal, places int32) string { return figures.Signed(d, places) }
func placesFor(amounts []decimal.Decimal) int32     { return view.PlacesFor(amounts) }

func optional(d *decimal.Decimal) *string {
	if d == nil {
		return nil
	}
	text := d.String()
	return &text
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
