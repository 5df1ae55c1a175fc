package overview

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/spend/compare"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/view"
)

// figure is one of the figures at the head: what it is, how much, and a word on it.
type figure struct {
	label, value, note string
	paint              theme.Paint // of the note
}

func (s *State) heads() [figureCount]figure {
	t := s.Theme
	out := [figureCount]figure{
		FigureToday: {label: "today", value: "–"}, FigureMonth: {label: "this month", value: "–"},
		FigureForecast: {label: "forecast", value: "–"}, FigureBurn: {label: "burn rate", value: "–"},
	}
	for i := range out {
		out[i].paint = t.Muted
	}
	if s.Sums != nil {
		out[FigureMonth].label = s.Sums.MonthFrom.In(s.Location).Format("January") + " so far"
		out[FigureToday].value, out[FigureMonth].value = draw.Total(&s.Sums.Today), draw.Total(&s.Sums.Month)
		if s.Sums.Today.State() == pricing.NotMeasured {
			out[FigureToday].note = "no data yet"
		} else {
			out[FigureToday].note, out[FigureToday].paint = s.today()
		}
		out[FigureMonth].note, out[FigureMonth].paint = s.change(s.Sums.Month.Previous, s.Sums.MonthCompared)
	} else if fault := s.Faults[Figures]; fault != "" {
		out[FigureToday].note, out[FigureToday].paint = "✗ "+draw.Name(fault), t.Bad
	}
	line, ok := s.TotalLine()
	if !ok {
		return out
	}
	if line.Forecast != nil {
		out[FigureForecast].value = view.Text(draw.Dollars(*line.Forecast)).In(line.ForecastState()).String()
		out[FigureForecast].note = "by the end of " + s.Budgets.From.In(s.Location).Format("January")
		if line.Budget != nil {
			out[FigureForecast].note, out[FigureForecast].paint = s.headroom(line)
		}
	}
	if line.BurnDay != nil {
		out[FigureBurn].value = view.Text(draw.Dollars(*line.BurnDay) + " /h").In(line.BurnDayState).String()
		out[FigureBurn].note = "over 24 h"
		if line.BurnPeriod != nil {
			out[FigureBurn].note = "month " + view.Text(draw.Dollars(*line.BurnPeriod)+" /h").In(line.State).String()
		}
	}
	return out
}

// Figure is one of the figures at the head, as it is shown.
func (s *State) Figure(index int) string { return s.heads()[index].value }

// today says how today moved against the day before and, where that is another weekday, against the same one a week
// before. Both are compared as far as data reaches.
func (s *State) today() (string, theme.Paint) {
	before := s.Sums.Today.Previous
	text, paint := s.change(before, s.Sums.TodayCompared)
	day := func(pair compare.Pair) string { return " on " + pair.Before.From.In(s.Location).Format("Mon 2 Jan") }
	if before == nil || before.Percent == nil {
		return text, paint
	}
	text, _, _ = strings.Cut(text, " on ")
	text += day(s.Sums.TodayCompared)
	if week := s.Sums.SameWeekday; week != nil && week.Percent != nil {
		text += " · " + view.SignedPercent(*week.Percent, 1).String() + day(week.Pair)
	}
	return text, paint
}

// brief is as much of a note as there is room for: its first clause, then without what the figure in it refers to. A
// figure that does not fit is shorter, or is left out, but never cut.
func brief(note string, room int) string {
	for _, from := range []string{" · ", " on ", " of "} {
		if draw.Width(note) > room {
			note, _, _ = strings.Cut(note, from)
		}
	}
	if sign, rest, ok := strings.Cut(note, " "); ok && draw.Width(note) > room && strings.ContainsAny(rest, "%$") {
		if note = sign + " " + draw.Fit(rest, room-draw.Width(sign)-1); strings.Contains(note, "#") {
			return ""
		}
		return note
	}
	return draw.CutWords(note, room)
}

// change says how a total moved against the stretch before.
func (s *State) change(p *spend.Comparison, pair compare.Pair) (string, theme.Paint) {
	t, than := s.Theme, pair.Before.Words(s.Location, false)
	switch {
	case p == nil:
		return "", t.Muted
	case p.Change == nil:
		return "– " + p.Reason, t.Warn
	case p.New:
		return "new, nothing on " + than, t.Muted
	case p.Percent == nil:
		return "nothing, as on " + than, t.Muted
	case p.Change.IsPositive():
		return "▲ " + view.SignedPercent(*p.Percent, 1).String() + " on " + than, t.Up
	case p.Change.IsNegative():
		return "▼ " + view.SignedPercent(*p.Percent, 1).String() + " on " + than, t.Down
	default:
		return "as on " + than, t.Muted
	}
}

// headroom says what part of the budget the forecast comes to.
func (s *State) headroom(line budget.Line) (string, theme.Paint) {
	part := partOf(*line.Forecast, line.Budget.Amount)
	text := view.Percent(part, 0).In(line.ForecastState()).String() + " of " + wholeDollars(line.Budget.Amount)
	switch {
	case line.Forecast.GreaterThan(line.Budget.Amount):
		return "! " + text, s.Theme.Warn
	case line.Status == budget.AtRisk:
		return "! at risk: " + text, s.Theme.Warn
	case !line.Complete():
		return text, s.Theme.Muted
	}
	return "✓ " + text, s.Theme.Good
}

// figures are the figures beside each other, three lines high.
func (s *State) figures(width int) []string {
	heads := s.heads()
	lines := make([]string, 3)
	left := 0
	for i, head := range heads {
		right := width * (i + 1) / len(heads)
		cell := right - left
		text := cell - 1
		label, value := head.label, head.value
		if s.focused(Figures, i) {
			label = s.Theme.Marked.Text(draw.Left("▸"+label, text))
		} else {
			label = s.Theme.Muted.Text(draw.Cut(" "+label, text))
		}
		lines[0] += draw.Left(label, cell)
		lines[1] += draw.Left(" "+s.Theme.Strong.Text(draw.Fit(value, text-1)), cell)
		note := brief(head.note, text-1)
		lines[2] += draw.Left(head.paint.Text(draw.Cut(" "+note, text)), cell)
		left = right
	}
	return lines
}

// figureLines are the figures below each other.
func (s *State) figureLines(width int) []string {
	lines := make([]string, 0, figureCount)
	for i, head := range s.heads() {
		label, value, note := draw.Left(head.label, 16), draw.Left(draw.Fit(head.value, 15), 16), brief(head.note, width-33)
		if width < 60 {
			label = draw.Left([...]string{"today", "month", "forecast", "burn rate"}[i], 10)
			value, note = draw.Left(draw.Fit(head.value, 13), 14), brief(head.note, width-1-10-14)
		}
		text := s.Theme.Muted.Text(label) + s.Theme.Strong.Text(value) + head.paint.Text(note)
		lines = append(lines, s.line(Figures, i, text, width))
	}
	return lines
}

// wholeDollars leaves the cents away where there are none.
func wholeDollars(d decimal.Decimal) string {
	if d.IsInteger() {
		return "$" + figures.Fixed(d, 0)
	}
	return draw.Dollars(d)
}

// Sentences are the figures at the head and the alternatives, in words.
func (s *State) Sentences() []string {
	if s.Empty {
		return []string{"The ledger has no usage of the last eight weeks"}
	}
	var out []string
	for _, head := range s.heads() {
		text := strings.ToUpper(head.label[:1]) + head.label[1:] + ": " + view.Spoken(head.value)
		if head.note != "" {
			text += ", " + view.Spoken(head.note)
		}
		out = append(out, text)
	}
	if s.Days != nil && s.Days.Coverage != nil {
		out = append(out, "Coverage of the last 30 days: "+view.PercentDown(*s.Days.Coverage, 1).String())
	}
	if i := s.Instead; i != nil {
		month := view.Text(draw.Dollars(i.Month)).In(i.State).String()
		out = append(out, "A month at the pace of the last 30 days, with MicroVMs: "+view.Spoken(month))
		for _, alt := range i.Alternatives {
			month := view.Text(draw.Dollars(alt.Month)).In(i.StateOf(alt)).Or("unknown", alt.Priced > 0).String()
			text := "The same on " + alt.Name + ": " + view.Spoken(month)
			if moved, _ := s.instead(alt); moved != "" {
				text += ", " + moved
			}
			out = append(out, text)
		}
	}
	return out
}
