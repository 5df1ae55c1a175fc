// Package advice draws the list of what to change, the largest saving first. It is the program's own and promises
// nothing.
package advice

import (
	"fmt"

	"microspend/internal/figures"
	"microspend/spend/advise"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/view"
)

// State is everything that the list is drawn from.
type State struct {
	Theme  *theme.Theme
	Report *advise.Report // nil while it is being read
	Fault  string
	Focus  int
}

// Chosen is the piece under the cursor.
func (s *State) Chosen() (advise.Advice, bool) {
	if s.Report == nil || s.Focus < 0 || s.Focus >= len(s.Report.Advice) {
		return advise.Advice{}, false
	}
	return s.Report.Advice[s.Focus], true
}

// Move moves the cursor.
func (s *State) Move(by int) {
	if s.Report != nil {
		s.Focus = max(0, min(s.Focus+by, len(s.Report.Advice)-1))
	}
}

// Render draws the list in exactly height lines of at most width cells.
func Render(s State, width, height int) string {
	return draw.Frame(s.lines(width, height), width, height)
}

func (s *State) lines(width, height int) []string {
	t := s.Theme
	switch {
	case s.Fault != "":
		return []string{" " + t.Bad.Text(draw.Cut(s.Fault, width-1))}
	case s.Report == nil:
		return []string{" " + t.Muted.Text("reading…")}
	case len(s.Report.Advice) == 0:
		return []string{
			"",
			" " + t.Muted.Text(
				draw.Cut("There is nothing to change: nothing that the data supports would have cost less.", width-1),
			),
		}
	}
	all := s.Report.Advice
	note := fmt.Sprintf("%d/%s", s.Focus+1, figures.Int(len(all)))
	title := fmt.Sprintf("what to change: %s of %s a month together", draw.Dollars(s.Report.Combined.Saving),
		draw.Dollars(s.Report.Combined.Actual))
	lines := []string{draw.Heading(t, title, note, width)}
	foot := s.foot(width)
	room := max(1, height-len(lines)-len(foot))
	from := max(0, min(s.Focus-room/2, len(all)-room))
	for i := from; i < min(len(all), from+room); i++ {
		lines = append(lines, s.line(all[i], i == s.Focus, width))
	}
	for len(lines)+len(foot) < height {
		lines = append(lines, "")
	}
	return append(lines, foot...)
}

// The widths of columns.
const (
	marks   = 3
	amounts = 11
	kinds   = 14
)

func (s *State) line(a advise.Advice, focused bool, width int) string {
	mark := "or"
	if a.Adds {
		mark = "+"
	}
	amount := view.Dollars(a.Saving).In(a.State).String()
	rest := max(4, width-1-amounts-1-marks-kinds-1)
	subject := min(rest, max(rest*5/9, 4))
	text := " " + draw.Right(draw.Cut(amount, amounts), amounts) + " " + draw.Left(mark, marks) +
		draw.Left(draw.Cut(a.Kind.Title(), kinds-1), kinds) + draw.Left(draw.Cut(draw.Name(a.Subject), subject-1), subject) +
		draw.Left(draw.Cut(draw.Name(a.From+" → "+a.To), rest-subject), rest-subject)
	if focused {
		return s.Theme.Marked.Text(draw.Left("▸"+draw.Cut(text[1:], width-1), width))
	}
	if !a.Adds {
		return s.Theme.Muted.Text(draw.Cut(text, width))
	}
	return s.Theme.Plain.Text(draw.Cut(text, width))
}

// foot says how to do what the cursor is on, and what it risks.
func (s *State) foot(width int) []string {
	a, ok := s.Chosen()
	if !ok {
		return nil
	}
	lines := []string{""}
	lines = append(lines, draw.Paragraph(draw.Name(a.How)+".", " ", width-2, s.Theme.Plain)...)
	return append(lines, draw.Paragraph("Risk: "+draw.Name(a.Risk)+".", " ", width-2, s.Theme.Muted)...)
}
