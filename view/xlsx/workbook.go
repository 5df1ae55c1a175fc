// Package xlsx writes tables as an Excel workbook. It is the program's own and promises nothing.
//
// # What is promised
//
// A column whose unit is dollars stands there twice: formatted for reading, and kept as the binary fraction that a
// spreadsheet knows, and as text, exact. Text is text: no cell is a formula, and control characters are made visible.
// The same tables give the same cells.
package xlsx

import (
	"io"
	"sync"

	"github.com/xuri/excelize/v2"

	"microspend/internal/atomicfile"
	"microspend/view"
)

// MostRows is what a sheet holds below its header.
const MostRows = 1<<20 - 1

// Sheet is one sheet. A single table without a title stays in sight by its header, and can be filtered and sorted. A
// sheet with a title is to be read: tables and notes stand below each other.
type Sheet struct {
	Name   string // of the sheet
	Table  string // of the table, for formulas: letters and underscores
	Title  string
	Tables []*view.Table
	Notes  []string
	Wrap   bool // break long words of the last column into lines
}

// Write writes a workbook.
func Write(w io.Writer, title string, sheets ...Sheet) error {
	scratch, remove, err := atomicfile.Scratch() // large sheets pass through files, which a kill must not leave for good
	if err != nil {
		return err
	}
	defer remove()
	file := excelize.NewFile(excelize.Options{TmpDir: scratch})
	defer file.Close() // it has no file of its own
	b := book{file: file, styles: map[style]int{}}
	for i, sheet := range sheets {
		if err := b.open(i, sheet.Name); err != nil {
			return err
		}
	}
	for _, sheet := range sheets {
		if err := b.write(sheet); err != nil {
			return err
		}
	}
	if err := file.SetDocProps(&excelize.DocProperties{Title: title, Creator: "microspend", Language: "en"}); err != nil {
		return err
	}
	return file.Write(w)
}

// book is a workbook being written.
type book struct {
	file   *excelize.File
	mu     sync.Mutex // guards styles, as rows are made on all processors
	styles map[style]int
}

// open makes a sheet that is as wide as a page when it is printed, with its header on each.
func (b *book) open(place int, name string) error {
	if place == 0 {
		if err := b.file.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else if _, err := b.file.NewSheet(name); err != nil {
		return err
	}
	fit, orientation, wide, high := true, "landscape", 1, 0
	if err := b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err := b.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!$1:$1", Scope: name,
	}); err != nil {
		return err
	}
	return b.file.SetPageLayout(name, &excelize.PageLayoutOptions{
		Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high,
	})
}

// style is how cells look: a role, or the format of a number.
type style struct {
	role   role
	format string
}

type role uint8

const (
	figure role = iota
	title
	heading
	numberHeading
	exact
	wrapped
)

// id makes a style where there is none yet.
func (b *book) id(s style) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if id, ok := b.styles[s]; ok {
		return id, nil
	}
	font := func(bold bool, size float64, color string) *excelize.Font {
		return &excelize.Font{Family: "Calibri", Bold: bold, Size: size, Color: color}
	}
	var made excelize.Style
	switch s.role {
	case figure:
		made.CustomNumFmt = &s.format
	case title:
		made.Font = font(true, 14, "")
	case heading, numberHeading:
		made.Font = font(true, 11, "")
		made.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDEBF7"}}
		made.Alignment = &excelize.Alignment{Horizontal: "left", WrapText: true, Vertical: "top"}
		if s.role == numberHeading {
			made.Alignment.Horizontal = "right"
		}
	case exact:
		made.NumFmt, made.Font = 49, font(false, 11, "595959") // text
		made.Alignment = &excelize.Alignment{Horizontal: "right"}
	case wrapped:
		made.Alignment = &excelize.Alignment{WrapText: true, Vertical: "top"}
	}
	id, err := b.file.NewStyle(&made)
	b.styles[s] = id
	return id, err
}
