// Package listing draws the four views that are tables of spend: tenants, images, MicroVMs and days. It is the
// program's own and promises nothing.
//
// [Content] turns what was read into a table, once, when the data changes. [Render] draws what is in sight.
package listing

import (
	"strings"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/theme"
	"microspend/view"
)

// State is everything that a listing is drawn from.
type State struct {
	Theme   *theme.Theme
	Table   *table.State
	Listing *data.Listing // nil until it is read
	Noun    string        // what rows are, in the plural, such as tenants
	Path    string        // what was drilled into, "" at the top
	Fault   string        // why it could not be read, "" where it was
	Typing  bool          // the filter is being typed
	Behind  int           // bytes of the filter behind the cursor
	Hint    string        // what it may be completed to
}

// Render draws a listing in exactly height lines of at most width cells.
func Render(s State, width, height int) string {
	t := s.Theme
	lines := []string{draw.Cut(s.caption(width), width)}
	switch {
	case s.Listing == nil && s.Fault != "":
		lines = append(lines, "", "  "+t.Bad.Text("✗ "+s.Noun+" could not be read"))
		lines = append(lines, draw.Paragraph(s.Fault, "  ", width-4, t.Plain)...)
	case s.Listing == nil:
		lines = append(lines, "", "  "+t.Muted.Text("reading the ledger …"))
	case s.Table.Content.Len() == 0:
		lines = append(lines, "", "  "+t.Strong.Text("No usage in this period."),
			"  "+t.Muted.Text(draw.Cut("t chooses another period; microspend import or collect brings usage in.", width-2)))
	case s.Table.Shown() == 0:
		lines = append(lines, s.Table.Render(t, nil, width, 1)...)
		lines = append(lines, "", "  "+t.Strong.Text("Nothing matches the filter."), "  "+t.Muted.Text("esc clears it."))
	default:
		lines = append(lines, s.Table.Render(t, s.footer(), width, height-len(lines))...)
	}
	return draw.Frame(lines, width, height)
}

// CaptionHeight is how many lines stand above the table.
const CaptionHeight = 1

// caption says what is listed, or what is filtered by and how many rows that leaves.
func (s State) caption(width int) string {
	t := s.Theme
	if s.Typing || s.Table.Filtered() {
		return s.Table.FilterLine(t, table.Typing{On: s.Typing, Behind: s.Behind, Hint: s.Hint}, width)
	}
	if s.Listing == nil {
		return " " + t.Strong.Text(s.Noun)
	}
	l := s.Listing
	count := s.Table.Content.Len()
	noun := s.Noun
	if count == 1 {
		noun = strings.TrimSuffix(noun, "s")
	}
	if s.Path != "" {
		noun += " of " + s.Path
	}
	left := " " + t.Strong.Text(s.Table.Position()+" "+noun)
	right := l.Label()
	if compared := s.compared(); compared != "" {
		// The period is in the head, too; what the changes are against is nowhere else.
		if right += ", " + compared; draw.Width(left)+2+draw.Width(right)+1 > width {
			right = compared
		}
	}
	if c := l.Spend.Currency; c != nil {
		right = c.String() + ", " + right
	}
	return draw.Ends(left, t.Muted.Text(right)+" ", width)
}

// compared says what the rows are compared with, or why with nothing.
func (s State) compared() string {
	of := s.Listing.Spend
	switch before := of.Total.Previous; {
	case before == nil:
		return ""
	case of.RowsCompared != "":
		return of.RowsCompared
	case before.Reason != "":
		return "not compared: " + before.Reason
	default:
		return "compared with " + of.Compared.Before.Words(of.Location, false)
	}
}

// ColumnAt is the id of the column whose heading is drawn at a cell, "" where there is none.
func ColumnAt(s State, x, width int) string {
	if s.Listing == nil {
		return ""
	}
	return s.Table.ColumnAt(x, width, s.footer())
}

// footer is the total of what is shown.
func (s State) footer() *table.Footer {
	l := s.Listing
	rows, total, label := s.Table.Rows(), s.Table.Total(), figures.Int(s.Table.Shown())+" shown"
	if marks := s.Table.Marks(); len(marks) > 0 {
		rows, total, label = marks, s.Table.MarkedTotal(), figures.Int(len(marks))+" marked"
	} else if !s.Table.Filtered() {
		return &table.Footer{Label: "total", Cells: s.Table.Content.Totals}
	}
	state := pricing.Exact
	for _, row := range rows {
		state = max(state, l.Spend.Rows[row].State())
	}
	cells := map[string]string{amountID: view.Dollars(total).In(state).String()}
	if l.Spend.Total.Amount.IsPositive() {
		cells["share"] = view.Percent(pricing.Divide(total, l.Spend.Total.Amount, pricing.RatioPlaces), 1).String()
	}
	return &table.Footer{Label: label, Cells: cells}
}
