package view

import (
	"errors"
	"io"
)

// Format is an output format.
type Format string

// The formats that every document can be rendered in, and those that some commands have besides: SVG is of documents
// with a picture, the others have packages of their own.
const (
	FormatTable    Format = "table"
	FormatJSON     Format = "json"
	FormatCSV      Format = "csv"
	FormatMarkdown Format = "markdown"

	FormatSVG          Format = "svg"
	FormatXLSX         Format = "xlsx"
	FormatFOCUSCSV     Format = "focus-csv"
	FormatFOCUSParquet Format = "focus-parquet"

	FormatPlain Format = "plain" // for screen readers
)

// Formats returns the formats that every document can be rendered in.
func Formats() []Format { return []Format{FormatTable, FormatJSON, FormatCSV, FormatMarkdown} }

// Document is one result, ready to be rendered.
type Document struct {
	Title    string
	Subtitle string
	Sections []Section

	// JSON is the value that the JSON format writes: an [Object], [Records], or whatever package encoding/json takes.
	JSON any
	// Data is the table whose lines the CSV format writes; nil is the first table of the sections.
	Data *Table

	SVG func(io.Writer) error // the picture that the SVG format writes; nil where there is none
}

// Add puts sections behind those that there are, but for empty ones: they would leave a blank line.
func (d *Document) Add(sections ...Section) {
	for _, s := range sections {
		if !s.empty() {
			d.Sections = append(d.Sections, s)
		}
	}
}

// data is the table that CSV writes. It has no columns where the document has no table at all.
func (d Document) data() *Table {
	if d.Data != nil {
		return d.Data
	}
	for _, section := range d.Sections {
		if section.Table != nil {
			return section.Table
		}
	}
	return &Table{}
}

// Section is a part of a document: any of a heading, a table, a picture and notes, in that order.
type Section struct {
	Heading string
	Table   *Table
	Picture func(width int) string // lines of text, as a chart is drawn in a terminal of that width; nil for none
	Notes   []Note
}

func (s Section) empty() bool {
	return s.Heading == "" && s.Table == nil && s.Picture == nil && len(s.Notes) == 0
}

// Note is a sentence with a tag before it.
type Note struct {
	Tag   string
	Text  string
	Warn  bool
	Brief bool // a terminal shows only the tag, in one list with those of the section's other brief notes
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
	switch options.Format {
	case FormatJSON:
		if len(documents) == 1 {
			return WriteJSON(w, documents[0].JSON)
		}
		values := make([]any, len(documents))
		for i, d := range documents {
			values[i] = d.JSON
		}
		return WriteJSON(w, values)
	case FormatCSV:
		return renderCSV(w, documents)
	case FormatMarkdown:
		return renderMarkdown(w, documents)
	case FormatPlain:
		return renderPlain(w, documents)
	case FormatSVG:
		if len(documents) != 1 || documents[0].SVG == nil {
			return errors.New("there is no picture to write as SVG")
		}
		return documents[0].SVG(w)
	default:
		return renderTerminal(w, options, documents)
	}
}
