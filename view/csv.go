package view

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"
)

// renderCSV puts the rows of all documents under one header. Where headers differ, it is the first one's and, after
// it, the columns that only others have; a document leaves cells empty that it has no column for.
func renderCSV(w io.Writer, documents []Document) error {
	var header []string
	for _, d := range documents {
		for _, head := range d.data().Columns {
			if head.inCSV() && !slices.Contains(header, head.ID) {
				header = append(header, head.ID)
			}
		}
	}
	out := csv.NewWriter(w)
	if len(header) > 0 {
		if err := out.Write(safeCells(slices.Clone(header))); err != nil {
			return err
		}
	}
	for _, d := range documents {
		t := d.data()
		places := make([]int, len(t.Columns)) // of its columns in the header
		for i, head := range t.Columns {
			places[i] = -1
			if head.inCSV() {
				places[i] = slices.Index(header, head.ID)
			}
		}
		if err := eachLine(t, Head.inCSV, func(row Row) []string {
			cells := make([]string, len(header))
			for i, place := range places {
				if place >= 0 {
					cells[place] = row.Cell(i).Exact()
				}
			}
			return safeCells(cells)
		}, out.Write); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// safeCells makes cells safe in their place.
func safeCells(cells []string) []string {
	for i, cell := range cells {
		cells[i] = SafeCell(cell)
	}
	return cells
}

// SafeCell keeps spreadsheets from taking text for a formula: what begins with = + - @, a tab or a return gets an
// apostrophe before it. Numbers below zero stay numbers. Control characters become visible, as a CSV file is shown in
// terminals too.
func SafeCell(cell string) string {
	cell = Visible(cell)
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) || isNumber(cell) {
		return cell
	}
	return "'" + cell
}

func isNumber(cell string) bool {
	digits := strings.TrimPrefix(cell, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	return whole != "" && strings.Trim(whole+fraction, "0123456789") == ""
}
