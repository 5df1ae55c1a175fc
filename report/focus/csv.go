package focus

import (
	"io"

	"microspend/view"
)

// WriteCSV writes a dataset as CSV with a header. Null is an empty cell. Numbers are exact, in plain notation. Cells
// that a spreadsheet would take for a formula get an apostrophe before them, as everywhere in this product.
func WriteCSV(w io.Writer, d Dataset) error {
	var rows []*row
	if err := d.each(func(r *row) error {
		rows = append(rows, r)
		return nil
	}); err != nil {
		return err
	}
	table := make([]view.Column[*row], len(columns))
	for i, column := range columns {
		table[i] = view.Column[*row]{ID: column.Name, Scope: view.CSVOnly, Value: column.value}
	}
	return view.Render(w, view.Options{Format: view.FormatCSV}, view.Document{Data: view.NewTable(table, rows, nil)})
}
