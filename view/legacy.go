package view

// rawTable is transitional: rows of words under a header.
func rawTable(rows [][]string) *Table {
	t := &Table{}
	for _, id := range rows[0] {
		t.Columns = append(t.Columns, Head{ID: id})
	}
	t.length = len(rows) - 1
	t.row = func(i int, _ func(Head) bool) Row {
		cells := make([]Value, len(rows[i+1]))
		for c, cell := range rows[i+1] {
			cells[c] = Text(cell)
		}
		return Row{Cells: cells}
	}
	return t
}
