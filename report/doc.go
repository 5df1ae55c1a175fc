// Package report makes documents of results: a bill, a comparison, spend, a budget, a run of the collector each become
// a [view.Document], which says what the columns are and in which order, and which any renderer prints. It is the
// program's own and promises nothing.
//
// There is one builder for each result, and no figure is worked out here: every one comes from the domain value, so
// that text, CSV, JSON and the dashboard cannot disagree.
package report
