// Package xlsx writes spend as an Excel workbook: a summary, tenants, tenants by day, the rates and what the figures
// assume. It is the program's own and promises nothing. It says which sheets there are and of which columns; package
// view/xlsx has what is promised of any workbook.
//
// # What is not promised
//
// A sheet holds 1,048,576 rows; a report with more is refused, not cut off.
package xlsx
