// Package explain draws what a figure is made of: the lines of its bill with quantity, rate and amount, where each rate
// is from, and what is taken for granted. It is the program's own and promises nothing.
package explain

import (
	"fmt"
	"time"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/view"
)

// State is everything that an explanation is drawn from: usage that was priced, or a figure that was worked out of
// others.
type State struct {
	Theme    *theme.Theme
	Location *time.Location
	Title    string
	Usage    *data.Explanation // nil until it is read, or where Steps are all there is
	Steps    []Step            // how a figure was worked out
	Notes    []pricing.Note
	Fault    string
}

// Step is one line of how a figure was worked out. A step without a value is a remark.
type Step struct{ Label, Value, Remark string }

// Lines are the lines of the explanation, of which the screen shows as many as it has room for.
func (s State) Lines(width int) []string {
	t := s.Theme
	lines := []string{" " + t.Strong.Text(draw.Cut(s.Title, width-1))}
	if s.Fault != "" {
		lines = append(lines, "", " "+t.Bad.Text("✗ could not be read"))
		return append(lines, draw.Paragraph(draw.Name(s.Fault), " ", width-2, t.Plain)...)
	}
	lines = append(lines, s.steps(width)...)
	if s.Usage != nil {
		lines = append(lines, s.bill(width)...)
	} else if len(s.Steps) == 0 {
		lines = append(lines, "", " "+t.Muted.Text("reading …"))
	}
	notes := s.Notes
	if s.Usage != nil {
		notes = append(append([]pricing.Note{}, notes...), s.Usage.Notes...)
	}
	return append(lines, Notes(t, "assumptions", notes, width)...)
}

// Notes draws assumptions under a heading, each under its id.
func Notes(t *theme.Theme, heading string, notes []pricing.Note, width int) []string {
	if len(notes) == 0 {
		return nil
	}
	lines := []string{"", draw.Heading(t, heading, "", min(width, Widest))}
	for _, note := range notes {
		for i, line := range draw.Wrap(note.ID+": "+draw.Name(note.Text), min(width, Widest)-4) {
			switch {
			case i > 0:
				line = "   " + line
			case len(line) > len(note.ID):
				line = " " + t.Strong.Text(line[:len(note.ID)+1]) + line[len(note.ID)+1:]
			default:
				line = " " + line
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func (s State) steps(width int) []string {
	if len(s.Steps) == 0 {
		return nil
	}
	t := s.Theme
	lines := []string{""}
	label, value := 0, 0
	for _, step := range s.Steps {
		label, value = max(label, draw.Width(step.Label)), max(value, draw.Width(step.Value))
	}
	label = min(label, max(8, width/3))
	value = min(value, max(8, width-label-4))
	for _, step := range s.Steps {
		if step.Value == "" && step.Label == "" {
			lines = append(lines, draw.Paragraph(draw.Name(step.Remark), " ", width-2, t.Muted)...)
			continue
		}
		if draw.Width(step.Value) > value { // on lines of its own: a figure is not cut here, where it is explained
			lines = append(lines, " "+t.Muted.Text(draw.Cut(step.Label, width-2)))
			lines = append(lines, draw.Paragraph(step.Value, "   ", width-4, t.Strong)...)
			lines = append(lines, draw.Paragraph(draw.Name(step.Remark), "   ", width-4, t.Muted)...)
			continue
		}
		line := " " + t.Muted.Text(draw.Left(step.Label, label)) + "  " + t.Strong.Text(draw.Right(step.Value, value))
		room := width - label - value - 6
		switch {
		case step.Remark == "":
			lines = append(lines, line)
		case draw.Width(step.Remark) <= room:
			lines = append(lines, line+"  "+t.Muted.Text(draw.Name(step.Remark)))
		default:
			lines = append(append(lines, line), draw.Paragraph(draw.Name(step.Remark), "   ", width-4, t.Muted)...)
		}
	}
	return lines
}

// bill are the lines behind a figure, by region and architecture.
func (s State) bill(width int) []string {
	t, e := s.Theme, s.Usage
	until := "until " + e.To.In(s.Location).Format("2 Jan 2006 15:04 MST")
	lines := append(draw.Paragraph(e.Query.Period.Label(s.Location)+", "+until, " ", width-2, t.Muted), "")
	if len(e.Lines) == 0 && e.Shared.IsZero() {
		return append(lines, " "+t.Muted.Text("nothing was used"))
	}
	place := ""
	for _, line := range e.Lines {
		if at := placeOf(line); at != place {
			if place != "" {
				lines = append(lines, "")
			}
			place = at
			note := ""
			if discounts := e.Card[line.Region].Discounts; !discounts.IsZero() {
				note = "discount " + discounts.String()
			}
			lines = append(lines, draw.Heading(t, draw.Name(place), note, min(width, Widest)))
		}
		lines = append(lines, s.line(line, width)...)
	}
	lines = append(lines, "")
	if !e.Shared.IsZero() {
		lines = append(lines, s.sum("share of shared cost", "$"+figures.Grouped(e.Shared), width)...)
	}
	sum := e.Sum()
	total := view.Text(draw.Dollars(sum)).In(e.Total.State()).Or("unknown", e.Total.Known()).String()
	lines = append(lines, s.sum("total", total, width)...)
	if e.Total.Known() {
		lines = append(lines, s.sum("exactly", "$"+figures.Grouped(sum), width)...)
	}
	if covered := spend.Coverage(&e.Total.Sum); covered != nil {
		lines = append(lines, s.sum("measured completely", covered.Shift(2).Truncate(2).String()+" % of the time", width)...)
	}
	for _, unknown := range e.Total.Unknown {
		for i, line := range draw.Wrap("! "+draw.Name(unknown.String()), width-4) {
			if i > 0 {
				line = "  " + line
			}
			lines = append(lines, " "+t.Warn.Text(line))
		}
	}
	return lines
}

// Widest is how far apart the ends of a line may be.
const Widest = 110

// row has a text at the left and a figure at the right.
func (s State) row(left, right string, width int) string {
	width = min(width, Widest)
	return left + draw.Blank(max(1, width-1-draw.Width(left)-draw.Width(right))) + right
}

// placeOf is the region of a line, and its architecture where that is not the default one.
func placeOf(line data.Line) string {
	if pricing.VCPU.On(line.Arch).Optional() {
		return line.Region + ", " + line.Arch.Name()
	}
	return line.Region
}

func (s State) sum(label, value string, width int) []string {
	t := s.Theme
	if 2+draw.Width(label)+1+draw.Width(value) <= width {
		return []string{s.row(" "+t.Strong.Text(label), t.Strong.Text(value), width)}
	}
	return append([]string{" " + t.Strong.Text(label)}, draw.Paragraph(value, "  ", width-3, t.Strong)...)
}

// line is quantity × rate = amount, and below it where the rate is from.
func (s State) line(l data.Line, width int) []string {
	t := s.Theme
	quantity := figures.Fixed(l.Quantity, 4)
	if l.Quantity.Equal(l.Quantity.Truncate(0)) {
		quantity = figures.Fixed(l.Quantity, 0)
	}
	rate, amount, paint := "unknown", "unknown", t.Warn
	if l.Known {
		rate = "$" + l.Rate.Figure.String()
		if l.Rate.Per != pricing.PerUnit {
			rate += fmt.Sprintf(" / %d", l.Rate.Per)
		}
		if !l.Discount.IsZero() {
			rate += " × " + pricing.ChargedPercent(l.Discount).String() + " %"
		}
		amount, paint = "$"+figures.Fixed(l.Amount, 6), t.Strong
	}
	var lines []string
	product := quantity + " " + l.Of.Unit() + " × " + rate
	switch figures := max(18, draw.Width(quantity)); {
	case 1+17+figures+1+13+2+draw.Width(rate)+3+draw.Width(amount)+1 <= width:
		left := " " + draw.Left(l.Of.Name(), 17) + draw.Right(quantity, figures) + " " +
			t.Muted.Text(draw.Left(l.Of.Unit(), 13)+"× ") + rate
		lines = append(lines, s.row(left, t.Muted.Text("= ")+paint.Text(amount), width))
	default:
		lines = append(lines, s.row(" "+draw.Cut(l.Of.Name(), max(4, width-draw.Width(amount)-5)), paint.Text(amount), width))
		lines = append(lines, draw.Paragraph(product, "   ", width-4, t.Plain)...)
	}
	source := l.Rate.Source
	if !l.Rate.ReadOn.IsZero() {
		source += ", read on " + l.Rate.ReadOn.String()
	}
	if l.Known && l.Count.Per > 1 {
		source += "; measured as " + figures.Grouped(l.Count.Units) + " " + l.Of.Counted().Name
	}
	if !l.Known {
		source = "no rate is known; " + source
	}
	return append(lines, draw.Paragraph(draw.Name(source), "   ", min(width, Widest)-5, t.Muted)...)
}
