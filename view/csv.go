package view

import (
	"bytes"
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
	if len(header) > 0 {
		var first csvBatch
		first.add(len(header), func(i int) string { return SafeCell(header[i]) })
		if err := first.writeTo(w); err != nil {
			return err
		}
	}
	for _, d := range documents {
		t := d.data()
		wanted := t.wanted(Head.inCSV)
		places := make([]int, len(header)) // of the header's columns in the table
		for i, id := range header {
			places[i] = slices.IndexFunc(t.Columns, func(h Head) bool { return h.inCSV() && h.ID == id })
		}
		if err := eachLine(t, wanted, func(batch *csvBatch, row Row) {
			batch.add(len(header), func(i int) string {
				if places[i] < 0 {
					return ""
				}
				return row.Cell(places[i]).safe()
			})
		}, func(batch *csvBatch) error { return batch.writeTo(w) }); err != nil {
			return err
		}
	}
	return nil
}

// csvBatch is some lines of CSV.
type csvBatch struct {
	text  bytes.Buffer
	out   *csv.Writer
	cells []string
}

func (b *csvBatch) add(columns int, cell func(column int) string) {
	if b.out == nil {
		b.out, b.cells = csv.NewWriter(&b.text), make([]string, columns)
	}
	for i := range b.cells {
		b.cells[i] = cell(i)
	}
	_ = b.out.Write(b.cells) // a buffer takes every write
}

func (b *csvBatch) writeTo(w io.Writer) error {
	if b.out != nil {
		b.out.Flush()
	}
	_, err := b.text.WriteTo(w)
	return err
}

// safe is the datum in a cell of CSV.
func (v Value) safe() string {
	if v.kind == numberKind || v.kind == countKind {
		return v.Exact() // no formula, whatever its sign
	}
	return SafeCell(v.Exact())
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
