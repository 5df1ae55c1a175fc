package overview

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/whatif"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/view"
)

func partOf(part, whole decimal.Decimal) decimal.Decimal {
	return pricing.Divide(part, whole, pricing.RatioPlaces)
}

// field is a text in a field of cells, painted unless it already is.
type field struct {
	text  string
	width int
	paint theme.Paint
	right bool
}

// lay puts fields beside each other, those without a width left out.
func lay(fields []field) string {
	line := ""
	for _, f := range fields {
		if f.width <= 0 {
			continue
		}
		text := draw.Left(f.text, f.width)
		if f.right {
			text = draw.FitRight(f.text, f.width)
		}
		if line != "" {
			line += " "
		}
		line += f.paint.Text(text)
	}
	return line
}

// panel is a part of the overview with a line for each of some items.
// leastFigure is room for three digits of any figure with its marks.
const leastFigure = 10

type panel struct {
	of          Panel
	title, note string
	read        bool   // it was read
	none        string // what stands in place of the items where there are none
	above       []field
	count       int
	item        func(i int) []field
}

// draw draws a panel in a limited number of lines, in which the focused item is in sight.
func (p panel) draw(s *State, width, height int) []string {
	switch {
	case !p.read:
		return append([]string{draw.Heading(s.Theme, p.title, p.note, width)}, s.pending(p.of, width)...)
	case p.count == 0:
		none := " " + s.Theme.Muted.Text(draw.Cut(p.none, width-1))
		return []string{draw.Heading(s.Theme, p.title, p.note, width), none}
	}
	lines := make([]string, 1, height)
	if p.above != nil && height > 2 {
		lines = append(lines, " "+lay(p.above))
	}
	from, to := s.window(p.of, p.count, height-len(lines))
	note := p.note
	if more := p.count - (to - from); more > 0 { // which matters more than the note where both do not fit
		note = fmt.Sprintf("+%d more", more)
		if both := p.note + " · " + note; p.note != "" && draw.Width(p.title)+draw.Width(both)+4 <= width {
			note = both
		}
	}
	lines[0] = draw.Heading(s.Theme, p.title, note, width)
	for i := from; i < to; i++ {
		lines = append(lines, s.line(p.of, i, lay(p.item(i)), width))
	}
	return lines
}

// line paints a line of a panel, marked where the cursor is on it.
func (s *State) line(of Panel, index int, text string, width int) string {
	if s.focused(of, index) {
		return s.Theme.Marked.Text(draw.Left("▸"+ansi.Strip(text), width))
	}
	return draw.Cut(" "+text, width)
}

// tenants are those with the largest amounts, with share, days and change.
func (s *State) tenants(width, height int) []string {
	t, l := s.Theme, s.Tenants
	p := panel{
		of: TopTenants, title: "top tenants", none: "no usage in this period", read: l != nil, count: s.tenantCount(),
	}
	if l == nil {
		return p.draw(s, width, height)
	}
	p.note = l.Label()
	from, to := s.window(TopTenants, p.count, height-1)
	widest, amounts, shares, changes := 7, 6, 6, 8
	for i := from; i < to; i++ {
		widest = max(widest, draw.Width(l.Names[0][i]))
		amounts = max(amounts, draw.Width(l.Text("amount", i)))
		moved, _ := s.moved(l.Spend.Rows[i].Previous)
		shares, changes = max(shares, draw.Width(l.Text("share", i))), max(changes, draw.Width(moved))
	}
	amounts = min(amounts, max(width-1-1-8, leastFigure))
	room := width - 1 - amounts - 1
	change, share, spark, bar := 0, 0, 0, 0
	for _, one := range []struct {
		into *int
		want int
	}{{&change, min(changes, leastFigure)}, {&share, min(shares, leastFigure)}, {&spark, 8}, {&bar, 10}} {
		if room-one.want-1 >= min(widest, 9) {
			*one.into = one.want
			room -= one.want + 1
		}
	}
	name := min(widest, room, 32)
	if spark > 0 { // what is left is for the pictures
		more := draw.SparkCells(data.TrendDays, spark+min(data.TrendDays-spark, room-name)) - spark
		spark, room = spark+more, room-more
	}
	if bar > 0 {
		more := min(30, room-name)
		bar, room = bar+more, room-more
	}
	name = max(name, min(room, 40))
	p.item = func(i int) []field {
		row := &l.Spend.Rows[i]
		nameOf, amountPaint, part := t.Plain, t.Strong, l.Text("share", i)
		if row.Kind != spend.KindTenant {
			nameOf = t.Muted
		}
		if !row.Complete() {
			amountPaint = t.Warn
		}
		if part == "" {
			part = "–"
		}
		moved, paint := s.moved(row.Previous)
		return []field{
			{text: l.Names[0][i], width: name, paint: nameOf},
			{text: l.Text("amount", i), width: amounts, paint: amountPaint, right: true},
			{text: part, width: share, paint: t.Muted, right: true},
			{text: against(row.Amount, l.Spend.Rows[0].Amount, bar), width: bar, paint: t.Components[0]},
			{text: draw.Spark(l.Trends.Of(row.Key), spark), width: spark, paint: t.Spark},
			{text: moved, width: change, paint: paint, right: true},
		}
	}
	return p.draw(s, width, height)
}

// against is a bar of an amount against the largest.
func against(amount, most decimal.Decimal, width int) string {
	if !most.IsPositive() {
		return ""
	}
	return draw.Length(partOf(amount, most).InexactFloat64(), width)
}

// moved is the change against the stretch before, in percent.
func (s *State) moved(p *spend.Comparison) (string, theme.Paint) {
	t := s.Theme
	switch {
	case p == nil:
		return "", t.Muted
	case p.Change == nil:
		return "–", t.Warn
	case p.New:
		return "new", t.Up
	case p.Percent == nil:
		return "–", t.Muted
	case p.Change.IsPositive():
		return view.SignedPercent(*p.Percent, 1).String(), t.Up
	case p.Change.IsNegative():
		return view.SignedPercent(*p.Percent, 1).String(), t.Down
	default:
		return "0.0 %", t.Muted
	}
}

// budgets are bars with the day on which a budget runs out.
func (s *State) budgets(width, height int) []string {
	t, all := s.Theme, s.budgetLines()
	name := 5
	for _, line := range all {
		name = max(name, draw.Width(budgetName(line)))
	}
	sign := 13
	name = min(name, max(6, (width-sign-8)*3/5))
	share, money := 5, 0
	for _, line := range all {
		share = max(share, draw.Width(view.Percent(*line.Used, 0).In(line.State).String()))
		money = max(money, draw.Width(s.spentOf(line)))
	}
	share = min(share, leastFigure)
	bar := width - 1 - name - 1 - 1 - share - 1 - sign
	if bar-money-1 < 10 {
		money = 0
	} else {
		bar -= money + 1
	}
	return panel{
		of: BudgetBars, title: "budgets", read: s.Budgets != nil, none: "none; set budgets in microspend.yaml",
		count: len(all),
		item: func(i int) []field {
			line := all[i]
			word, paint := s.sign(line)
			used := line.Used.InexactFloat64()
			part := view.Percent(*line.Used, 0).In(line.State).String()
			switch {
			case line.State == pricing.NotMeasured:
				used = 0
			case !line.Spent.Known():
				used, part = 0, "?"
			}
			return []field{
				{text: budgetName(line), width: name, paint: t.Plain},
				{text: draw.Bar(used, bar, paint, t.Track), width: bar},
				{text: part, width: share, paint: t.Strong, right: true},
				{text: s.spentOf(line), width: money, paint: t.Muted, right: true},
				{text: word, width: sign, paint: paint},
			}
		},
	}.draw(s, width, height)
}

// spentOf is what was spent of a budget, in dollars.
func (s *State) spentOf(line budget.Line) string {
	switch {
	case line.State == pricing.NotMeasured:
		return "no data yet"
	case !line.Spent.Known():
		return "unknown"
	}
	spent := draw.Fit(view.Dollars(line.SpentShown).In(line.State).String(), leastFigure)
	return spent + " of " + draw.Fit(strings.TrimPrefix(wholeDollars(line.Budget.Amount), "$"), leastFigure)
}

func budgetName(line budget.Line) string {
	return draw.Name(line.String())
}

// sign is how a budget stands, in a glyph and a few words.
func (s *State) sign(line budget.Line) (string, theme.Paint) {
	t := s.Theme
	day := func(at *time.Time) string { return at.In(s.Location).Format("2 Jan") }
	switch {
	case line.Status == budget.Over && line.RunsOut != nil:
		return "✗ over " + day(line.RunsOut), t.Bad
	case line.Status == budget.Over:
		return "✗ over", t.Bad
	case line.Status == budget.AtRisk:
		return "! at risk", t.Warn
	case line.RunsOut != nil:
		return "! out " + day(line.RunsOut), t.Warn
	case line.Status == budget.Warning:
		return "! warning", t.Warn
	case line.Status == budget.Unknown:
		return "? unknown", t.Warn
	case !line.Complete():
		return "ok", t.Muted
	default:
		return "✓ ok", t.Good
	}
}

// standsOut are the days that left a tenant's own range, the latest first.
func (s *State) standsOut(width, height int) []string {
	t, found := s.Theme, s.anomalies()
	name, off, amounts := 6, 6, 6
	for _, a := range found {
		name = max(name, draw.Width(draw.Name(a.Name())))
		off = max(off, draw.Width(offUsual(a)))
		amounts = max(amounts, draw.Width(amountOf(a)))
	}
	off, amounts = min(off, leastFigure+2), min(amounts, leastFigure+2)
	usual, moved := 0, 0
	room := width - 1 - 7 - 2 - off - 2
	if wants := amounts + 1 + len("usual ") + leastFigure; room-wants-1 >= min(name, 8) {
		usual = wants
		room -= usual + 1
	}
	if room-20 >= min(name, 12) {
		moved = 19
		room -= moved + 1
	}
	name = min(name, room-1)
	return panel{
		of: StandsOut, title: "stands out", read: s.Anomalies != nil, none: "no day does", count: len(found),
		item: func(i int) []field {
			a := found[i]
			glyph, paint := "▼", t.Down
			if a.Up {
				glyph, paint = "▲", t.Up
			}
			day := a.Day
			if at, err := civil.Parse(a.Day); err == nil {
				day = at.UTC().Format("2 Jan")
			}
			against := draw.FitRight(amountOf(a), amounts) + " usual " + draw.Fit(figures.Fixed(a.Expected, 2), leastFigure)
			most := draw.Left(a.Component.Name(), moved-leastFigure) + draw.FitRight(figures.Signed(a.Moved, 2), leastFigure)
			return []field{
				{text: day, width: 6, paint: t.Muted, right: true},
				{text: draw.Name(a.Name()), width: name, paint: t.Plain},
				{text: glyph, width: 1, paint: paint},
				{text: offUsual(a), width: off, paint: t.Strong, right: true},
				{text: against, width: usual, paint: t.Muted},
				{text: most, width: moved, paint: t.Muted},
			}
		},
	}.draw(s, width, height)
}

func amountOf(a anomaly.Anomaly) string { return view.Dollars(a.Amount).In(a.State).String() }

// offUsual is by how much a day is off what is usual: a lower bound where its amount is.
func offUsual(a anomaly.Anomaly) string { return view.Signed(unusual(a), 2).In(a.State).String() }

// insteadOf is what the last days would cost a month with MicroVMs and with something else.
func (s *State) insteadOf(width, height int) []string {
	t := s.Theme
	p := panel{of: InsteadOf, title: "instead, a month at this pace", none: "no alternative is known"}
	if s.Instead == nil {
		return p.draw(s, width, height)
	}
	p.read, p.count = true, len(s.Instead.Alternatives)
	own := view.Dollars(s.Instead.Month).In(s.Instead.State).String()
	amounts, change := max(8, draw.Width(own)), 7
	for _, alt := range s.Instead.Alternatives {
		moved, _ := s.instead(alt)
		amounts, change = max(amounts, draw.Width(s.alternative(alt))), max(change, draw.Width(moved))
	}
	change = min(change, leastFigure)
	amounts = min(amounts, max(leastFigure, width-1-1-16-1-change))
	name := max(4, width-1-amounts-1-change-1)
	p.above = []field{
		{text: "MicroVMs", width: name, paint: t.Strong},
		{text: own, width: amounts, paint: t.Strong, right: true},
		{text: "", width: change, paint: t.Muted},
	}
	p.item = func(i int) []field {
		alt := s.Instead.Alternatives[i]
		moved, paint := s.instead(alt)
		return []field{
			{text: alt.Name, width: name, paint: t.Plain},
			{text: s.alternative(alt), width: amounts, paint: t.Plain, right: true},
			{text: moved, width: change, paint: paint, right: true},
		}
	}
	return p.draw(s, width, height)
}

// alternative is what something else would have cost.
func (s *State) alternative(alt whatif.Alternative) string {
	return view.Dollars(alt.Month).In(s.Instead.StateOf(alt)).Or("unknown", alt.Priced > 0).String()
}

// instead is by how many percent something else would have cost more or less, "" where that is not known.
func (s *State) instead(alt whatif.Alternative) (string, theme.Paint) {
	i := s.Instead
	if alt.Priced == 0 || alt.Unpriced > 0 || !i.Month.IsPositive() || i.State >= pricing.UnknownRates {
		return "", s.Theme.Muted
	}
	part := partOf(alt.Month.Sub(i.Month), i.Month)
	paint := s.Theme.Down
	if part.IsPositive() {
		paint = s.Theme.Up
	}
	return figures.Signed(part.Shift(2), 0) + " %", paint
}
