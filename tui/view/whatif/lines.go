package whatif

import (
	"strings"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend/whatif"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/tui/view/explain"
	"microspend/view"

	"github.com/shopspring/decimal"
)

// Lines are the lines of the what-if, of which the screen shows as many as it has room for: fewer where it is low.
func (s *State) Lines(width, height int) []string {
	t := s.Theme
	until := s.From.In(s.Location).Format("2 Jan") + " – " + s.To.In(s.Location).Format("2 Jan 2006 15:04")
	title := " " + t.Strong.Text("what if: "+draw.Cut(s.Tenant, max(8, width-12)))
	lines := []string{draw.Ends(title, t.Muted.Text(until)+" ", min(width, explain.Widest))}
	if height >= low {
		lines = append(lines, "")
	}
	if s.Fault != "" {
		return append(lines, " "+t.Bad.Text(draw.Cut("✗ "+draw.Name(s.Fault), width-1)))
	}
	knobs := s.knobs(width)
	if height < low {
		knobs = knobs[s.Focus : s.Focus+1]
	}
	lines = append(lines, knobs...)
	switch {
	case !s.Read:
		return append(lines, "", " "+t.Muted.Text("reading …"))
	case s.Outcome == nil:
		return append(lines, "", " "+t.Muted.Text("working it out …"))
	case len(s.Outcome.Lines) == 0:
		return append(lines, "", " "+t.Muted.Text("nothing was used in this period"))
	}
	table := s.table(width)
	if height < low {
		lines = append(lines, table[1], table[len(table)-1]) // the headings and the total
	} else {
		lines = append(lines, table...)
	}
	month := s.month(width)
	if height < low {
		month = month[1:] // both bars are in sight
	}
	lines = append(lines, month...)
	if alt := s.Outcome.Alternative; alt != nil {
		lines = append(lines, s.alternative(alt, width)...)
	}
	for _, unknown := range s.Outcome.Unknown {
		lines = append(lines, draw.Paragraph("! "+draw.Name(unknown), " ", width-2, t.Warn)...)
	}
	return append(lines, explain.Notes(t, "assumptions", s.Outcome.Notes, width)...)
}

func (s *State) knobs(width int) []string {
	t := s.Theme
	var lines []string
	widest := 10
	for k := range KnobCount {
		widest = max(widest, draw.Width(s.value(k)))
	}
	for k := range KnobCount {
		label, value, remark := draw.Left(k.Label(), 18), "‹ "+draw.Left(s.value(k), widest)+" ›", s.remark(k)
		remark = draw.CutWords(remark, width-1-draw.Width(label+value)-2)
		if k == s.Focus {
			lines = append(lines, t.Marked.Text(draw.Left("▸"+label+value+"  "+remark, width)))
			continue
		}
		paint := t.Plain
		if s.changed(k) {
			paint = t.Strong
		}
		lines = append(lines, draw.Cut(" "+t.Muted.Text(label)+paint.Text(value)+"  "+t.Muted.Text(remark), width))
	}
	return lines
}

// changed reports whether a knob is not where it began: with a recorded timeout, both begin there.
func (s *State) changed(k Knob) bool {
	switch {
	case s.Timeouts == nil || k != TimeoutNow && k != TimeoutThen:
		return s.Choice[k] != Start()[k]
	case k == TimeoutThen:
		return s.Choice[k] != s.Choice[TimeoutNow]
	}
	return s.timeouts()[s.Choice[k]] != s.Present().Usual()
}

// leastFigure is room for a blank and three digits of any figure with its marks.
const leastFigure = 10

// table has a line for each billed quantity: actual, what if, and the difference.
func (s *State) table(width int) []string {
	t, o := s.Theme, s.Outcome
	name, figure := 17, 13
	quantities := width >= 1+name+5*(figure+2)
	if width < 1+name+3*(figure+1) {
		name, figure = min(14, width-1-3*leastFigure), max(leastFigure, (width-16)/3)
	}
	right := func(text string, width int) string { return " " + draw.FitRight(text, width-1) }
	row := func(label, quantity, then, a, b, change string) string {
		line := " " + draw.Left(label, name)
		if quantities {
			line += right(quantity, figure+2) + right(then, figure+2)
		}
		return draw.Cut(line+right(a, figure)+right(b, figure)+right(change, figure), width)
	}
	heads := [...]string{"actual $", "what if $", "change $"}
	if figure < 11 {
		heads = [...]string{"now $", "if $", "± $"}
	}
	lines := []string{"", t.Muted.Text(row("", "quantity", "what if", heads[0], heads[1], heads[2]))}
	for _, line := range o.Lines {
		then, b, change := figures.Fixed(line.Then, 1), s.known(line.ThenAmount, line.ThenKnown), ""
		switch {
		case o.Alternative != nil: // which has no lines like these
			then, b = "", ""
		case line.Known && line.ThenKnown:
			change = s.change(line.ThenAmount.Sub(line.Amount))
		}
		lines = append(lines,
			row(line.Of.Name(), figures.Fixed(line.Quantity, 1), then, s.known(line.Amount, line.Known), b, change))
	}
	change := ""
	if o.Complete && o.ThenComplete {
		change = s.change(o.Then.Sub(o.Total))
	}
	total := row("total", "", "", s.known(o.Total, o.Complete), s.known(o.Then, o.ThenComplete), change)
	return append(lines, t.Strong.Text(total))
}

// change is a difference in the state of the usage that both sides rest on: what was not measured would add to it, so
// that a fall has an upper bound.
func (s *State) change(d decimal.Decimal) string {
	text := view.Signed(d, 2).In(s.Measured).String()
	if d.IsNegative() {
		return strings.Replace(text, "≥", "≤", 1)
	}
	return text
}

// known is an amount in the state of what it rests on; where it is not complete it may lack everything.
func (s *State) known(d decimal.Decimal, complete bool) string { return s.amount("", d, complete) }

func (s *State) amount(currency string, d decimal.Decimal, complete bool) string {
	return view.Text(currency+figures.Fixed(d, 2)).In(s.StateOf(complete)).Or("unknown", complete || !d.IsZero()).String()
}

// StateOf is the state of an amount of which every rate is known, or not: measured in part, the bill as it was and
// every bill that it might have been are lower bounds alike.
func (s *State) StateOf(complete bool) pricing.State {
	if complete {
		return s.Measured
	}
	return s.Measured.And(pricing.UnknownRates)
}

// month sets a month of both beside each other, as bars.
func (s *State) month(width int) []string {
	t, o := s.Theme, s.Outcome
	most := decimal.Max(o.Month, o.ThenMonth)
	width = min(width, explain.Widest)
	verdict, title := s.verdict(), "a month at this pace"
	if draw.Width(title+verdict)+4 > width { // the verdict says more
		title = "a month"
	}
	lines := []string{"", draw.Heading(t, title, verdict, width)}
	bar := max(4, width-1-9-1-15)
	for _, side := range []struct {
		label    string
		amount   decimal.Decimal
		complete bool
		paint    theme.Paint
	}{{"actual", o.Month, o.Complete, t.Plain}, {"what if", o.ThenMonth, o.ThenComplete, t.Accent}} {
		part := 0.0
		if most.IsPositive() {
			part = pricing.Divide(side.amount, most, pricing.RatioPlaces).InexactFloat64()
		}
		lines = append(lines, " "+draw.Left(side.label, 9)+draw.Bar(part, bar, side.paint, t.Track)+
			t.Strong.Text(" "+draw.FitRight(s.amount("$", side.amount, side.complete), 14)))
	}
	return lines
}

// verdict is the difference in percent.
func (s *State) verdict() string {
	o := s.Outcome
	if !o.Complete || !o.ThenComplete {
		return "the difference is not known"
	}
	if !o.Month.IsPositive() {
		return ""
	}
	change := o.ThenMonth.Sub(o.Month)
	if change.IsZero() {
		return "no difference"
	}
	percent := pricing.Divide(change.Shift(2), o.Month, pricing.RatioPlaces)
	dollars := view.Text(draw.Dollars(change.Abs())).In(s.Measured).String()
	sign := "saves " + dollars
	if change.IsPositive() {
		sign = "costs " + dollars + " more"
	}
	return sign + ", " + view.SignedPercent(percent, 1).String()
}

func (s *State) alternative(alt *whatif.Alternative, width int) []string {
	t := s.Theme
	var lines []string
	say := func(paint theme.Paint, text string) {
		lines = append(lines, draw.Paragraph(text, " ", width-2, paint)...)
	}
	if alt.Formula != "" {
		say(t.Muted, alt.Name+": "+alt.Formula)
	}
	if alt.Sentence != "" {
		say(t.Plain, alt.Sentence)
	}
	if alt.GivesUp != "" {
		say(t.Muted, "gives up: "+alt.GivesUp)
	}
	for _, source := range alt.Sources {
		say(t.Muted, "$"+source.USD.String()+": "+source.Source+", "+source.ReadOn)
	}
	return lines
}
