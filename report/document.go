// Package report turns results into what people and programs read: a table for a terminal, Markdown for a design
// document, CSV for a spreadsheet, JSON for everything else.
//
// Each result has one [Document], from which every format is rendered, so that they cannot disagree. Figures in JSON and
// CSV are exact decimal strings in plain notation; tables and Markdown round for reading, and say where they do. Text
// that comes from outside is made harmless: see [Visible] and the CSV renderer.
package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Format is an output format.
type Format string

// The formats.
const (
	FormatTable    Format = "table"
	FormatJSON     Format = "json"
	FormatCSV      Format = "csv"
	FormatMarkdown Format = "markdown"
	FormatSVG      Format = "svg" // only documents with a picture

	// What is handed on, by packages of their own: xlsx and focus.
	FormatXLSX         Format = "xlsx"
	FormatFOCUSCSV     Format = "focus-csv"
	FormatFOCUSParquet Format = "focus-parquet"
)

// Formats returns the formats that every document can be rendered in.
func Formats() []Format { return []Format{FormatTable, FormatJSON, FormatCSV, FormatMarkdown} }

// Document is one result, ready to be rendered.
type Document struct {
	Title    string
	Subtitle string
	Sections []Section

	JSON any        // the value that the JSON format writes
	CSV  [][]string // the rows that the CSV format writes, the header first

	SVG func(io.Writer) error // the picture that the SVG format writes; nil where there is none

	// complete makes what a format needs and is not there yet, for documents of so many rows that making each for every
	// format would take longer than working them out. Nil where everything is there.
	complete func(*Document, Format)
}

// Section is a part of a document: any of a heading, a table, a picture and notes, in that order.
type Section struct {
	Heading string
	Table   *Table
	Picture func(width int) string // lines of text, as a chart is drawn in a terminal of that width; nil for none
	Notes   []Note
}

// Note is a sentence with a tag before it.
type Note struct {
	Tag  string
	Text string
	Warn bool
}

// Align says how a column's cells stand.
type Align uint8

// The alignments. Decimal lines up the points of numbers.
const (
	Left Align = iota
	Right
	Decimal
)

// Column is one column of a table. Where a terminal is too narrow, the column with the largest Drop goes first; Drop 0
// stays. A column that may Shrink is first cut to what is left, 20 at least. MinWidth is the width of a terminal below
// which the column is not shown at all.
type Column struct {
	Title    string
	Align    Align
	Drop     int
	Shrink   bool
	MinWidth int
}

// RowKind says what a row is, which decides how it looks.
type RowKind uint8

// The kinds of rows.
const (
	Line     RowKind = iota
	Group            // a heading over lines, with their subtotal
	Total            // the sum of everything
	Heading          // a title over the rows that follow, as wide as the table: the first cell alone
	Footnote         // an explanation of the row above it, likewise
)

// Row is one row of a table.
type Row struct {
	Kind  RowKind
	Cells []string
	Warn  bool // draws attention to the row
}

// Table is rows under columns.
type Table struct {
	Tight   bool // columns stand one space apart instead of two
	Columns []Column
	Rows    []Row
}

// Options say for what a document is rendered.
type Options struct {
	Format Format
	Width  int // of the terminal, in columns; 0 means 80
}

// DefaultWidth is assumed where output is not a terminal.
const DefaultWidth = 80

// Render writes documents in one format. JSON is one object for one document and an array for several, CSV has one
// header.
func Render(w io.Writer, options Options, documents ...Document) error {
	documents = slices.Clone(documents)
	for i := range documents {
		if complete := documents[i].complete; complete != nil {
			complete(&documents[i], options.Format)
		}
	}
	switch options.Format {
	case FormatJSON:
		return renderJSON(w, documents)
	case FormatCSV:
		return renderCSV(w, documents)
	case FormatMarkdown:
		return renderMarkdown(w, documents)
	case FormatSVG:
		if len(documents) != 1 || documents[0].SVG == nil {
			return errors.New("there is no picture to write as SVG")
		}
		return documents[0].SVG(w)
	default:
		return renderTerminal(w, options, documents)
	}
}

// Visible makes text from outside harmless to a terminal and to the eye: control characters become their pictures (␛ for
// escape), and characters that reorder or hide text become their code points (<U+202E>). A line break becomes ␊.
func Visible(s string) string {
	if !strings.ContainsFunc(s, deceptive) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		switch {
		case r < 0x20:
			out.WriteRune(0x2400 + r)
		case r == 0x7f:
			out.WriteRune('␡')
		case deceptive(r):
			fmt.Fprintf(&out, "<U+%04X>", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// deceptive says whether a character does something else than show itself: controls, formats (which reorder, join or hide),
// fillers without width, and the selectors and tags beyond those that emoji are made with.
func deceptive(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0: // C0, DEL, C1
		return true
	case r == 0x2028, r == 0x2029, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r == 0xfffd:
		return true
	case r >= 0xe0000 && r <= 0xe0fff:
		return true
	default:
		return unicode.Is(unicode.Cf, r)
	}
}
