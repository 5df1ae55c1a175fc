package focus

import (
	"encoding/csv"
	"io"
	"time"

	"microspend/view"
)

// WriteCSV writes a dataset as CSV with a header. Null is an empty cell. Numbers are exact, in plain notation. Cells that a
// spreadsheet would take for a formula get an apostrophe before them, as everywhere in this product.
func WriteCSV(w io.Writer, d Dataset) error {
	out := csv.NewWriter(w)
	cells := make([]string, len(columns))
	for i, column := range columns {
		cells[i] = column.Name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	err := d.each(func(r *row) error {
		for i := range columns {
			cells[i] = columns[i].csv(r)
		}
		return out.Write(cells)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func (c *Column) csv(r *row) string {
	switch c.Type {
	case Decimal:
		if value := c.decimal(r); value != nil {
			return value.String()
		}
		return ""
	case DateTime:
		return c.moment(r).Format(time.RFC3339)
	default:
		if value, ok := c.text(r); ok {
			return view.SafeCell(value)
		}
		return ""
	}
}
