// Package view turns results into what people and programs read: a table for a terminal, Markdown for a design
// document, CSV for a spreadsheet, JSON for everything else. It is the program's own and promises nothing.
//
// Each result has one [Document], from which every format is rendered, and a table is described once by its columns
// ([Column]), from which every format takes its cells, so that they cannot disagree. A cell is a [Value]: the exact
// datum for JSON and CSV, which have decimals as strings in plain notation, and the rounded text for everything else.
//
// Text that comes from outside is made harmless: see [Visible] and [SafeCell].
//
// The package is internal to the program in spirit: it knows no domain, and promises nothing to others.
package view
