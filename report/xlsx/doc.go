// Package xlsx writes spend as an Excel workbook: a summary, tenants, tenants by day, the rates and what the figures assume.
//
// # What is promised
//
// Beside every amount that is formatted for reading, and kept as the binary fraction that a spreadsheet knows, stands the
// exact one as text. Text from outside is text: no cell is a formula, and control characters are made visible. Headers are
// frozen and every table can be filtered and sorted. The same report gives the same cells.
//
// # What is not promised
//
// A sheet holds 1,048,576 rows; a report with more is refused, not cut off.
package xlsx
