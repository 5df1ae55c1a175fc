package overview

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

func partOf(part, whole decimal.Decimal) decimal.Decimal {
	return pricing.Divide(part, whole, pricing.RatioPlaces)
}

// percentText is a part in percent, with a decimal below ten.
func percentText(part decimal.Decimal) string {
	places := int32(0)
	if part.Abs().LessThan(decimal.New(1, -1)) {
		places = 1
	}
	return figures.Fixed(part.Shift(2), places) + " %"
}

func percentOf(part decimal.Decimal) string { return figures.Fixed(part.Shift(2), 0) + " %" }

func dollarsRound(d decimal.Decimal) string {
	if d.Equal(d.Floor()) {
		return "$" + figures.Fixed(d, 0)
	}
	return draw.Dollars(d)
}

// fields lays texts out beside each other, each in its own width; negative widths stand against the right.
type field struct {
	text  string
	width int
	paint theme.Paint
	right bool
	drawn string // the text already painted, as wide as the field
}

func lay(fields []field) (plain, painted string) {
	for i, f := range fields {
		if f.width <= 0 {
			continue
		}
		text := draw.Left(f.text, f.width)
		if f.right {
			text = draw.Right(f.text, f.width)
		}
		if i > 0 && plain != "" {
			plain += " "
			painted += " "
		}
		plain += text
		if f.drawn != "" {
			painted += f.drawn
		} else {
			painted += f.paint.Text(text)
		}
	}
	return plain, painted
}

// tenants are those with the largest amounts, with share, days and change.
func (s *State) tenants(width, height int) []string {
	t := s.Theme
	note := ""
	if s.Tenants != nil {
		note = s.Tenants.Query.Period.Label(s.Location)
	}
	lines := []string{draw.Heading(t, "top tenants", note, width)}
	switch {
	case s.Tenants == nil:
		return append(lines, s.pending(TopTenants, width)...)
	case len(s.Tenants.Spend.Rows) == 0:
		return append(lines, " "+t.Muted.Text("no usage in this period"))
	}
	l := s.Tenants
	from, to := s.window(TopTenants, s.tenantCount(), height-1)
	widest, amounts := 7, 6
	for i := from; i < to; i++ {
		widest = max(widest, draw.Width(l.Names[0][i]))
		amounts = max(amounts, draw.Width(amountOf(l, i)))
	}
	room := width - 1 - amounts - 1
	change, share, spark, bar := 0, 0, 0, 0
	for _, one := range []struct {
		into *int
		want int
	}{{&change, 8}, {&share, 6}, {&spark, 8}, {&bar, 10}} {
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
	most := l.Spend.Rows[0].Amount
	for i := from; i < to; i++ {
		row := &l.Spend.Rows[i]
		moved, paint := "", t.Muted
		if p := row.Previous; p != nil {
			moved, paint = s.moved(p)
		}
		part := "–"
		if l.Shares[i] != nil {
			part = figures.Fixed(l.Shares[i].Shift(2), 1) + " %"
		}
		nameOf, amountPaint := t.Plain, t.Strong
		if row.Kind != spend.KindTenant {
			nameOf = t.Muted
		}
		if !row.Complete() {
			amountPaint = t.Warn
		}
		plain, painted := lay([]field{
			{text: l.Names[0][i], width: name, paint: nameOf},
			{text: amountOf(l, i), width: amounts, paint: amountPaint, right: true},
			{text: part, width: share, paint: t.Muted, right: true},
			{text: against(row.Amount, most, bar), width: bar, paint: t.Components[0]},
			{text: draw.Spark(l.Trends.Of(row.Tenant), spark), width: spark, paint: t.Spark},
			{text: moved, width: change, paint: paint, right: true},
		})
		lines = append(lines, s.line(TopTenants, i, plain, painted, width))
	}
	return lines
}

// against is a bar of an amount against the largest, without a track.
func against(amount, most decimal.Decimal, width int) string {
	if width <= 0 || !most.IsPositive() {
		return ""
	}
	bar := draw.Bar(partOf(amount, most).InexactFloat64(), width, theme.Paint{}, theme.Paint{})
	return strings.TrimRight(bar, "─")
}

func amountOf(l *data.Listing, i int) string {
	row := &l.Spend.Rows[i]
	switch {
	case !row.Known():
		return "unknown"
	case !row.Complete():
		return figures.Fixed(l.Cents[i], 2) + " +?"
	default:
		return figures.Fixed(l.Cents[i], 2)
	}
}

// moved is the change against the stretch before, in percent.
func (s *State) moved(p *spend.Comparison) (string, theme.Paint) {
	t := s.Theme
	switch {
	case p.Change == nil:
		return "unknown", t.Warn
	case p.Percent == nil && p.Change.IsPositive():
		return "new", t.Up
	case p.Percent == nil:
		return "–", t.Muted
	case p.Change.IsPositive():
		return figures.Signed(*p.Percent, 1) + " %", t.Up
	case p.Change.IsNegative():
		return figures.Signed(*p.Percent, 1) + " %", t.Down
	default:
		return "0.0 %", t.Muted
	}
}

// budgets are bars with the day on which a budget runs out.
func (s *State) budgets(width, height int) []string {
	t := s.Theme
	lines := []string{draw.Heading(t, "budgets", "", width)}
	all := s.budgetLines()
	switch {
	case s.Budgets == nil:
		return append(lines, s.pending(BudgetBars, width)...)
	case len(all) == 0:
		return append(lines, " "+t.Muted.Text(draw.Cut("none; give budgets in microspend.yaml", width-1)))
	}
	name := 5
	for _, line := range all {
		name = max(name, draw.Width(budgetName(line)))
	}
	sign := 13
	name = min(name, max(6, (width-sign-8)*3/5))
	bar := width - 1 - name - 1 - 1 - 5 - 1 - sign
	money := 0
	if bar > 30 {
		money = 19
		bar -= money + 1
	}
	from, to := s.window(BudgetBars, len(all), height-1)
	for i := from; i < to; i++ {
		line := all[i]
		word, paint := s.sign(line)
		used := line.Used.InexactFloat64()
		spent := figures.Fixed(line.Spent.Amount, 2) + " of " + figures.Fixed(line.Budget.Monthly, 0)
		if !line.Spent.Known() {
			spent, used = "unknown", 0
		}
		plain, painted := lay([]field{
			{text: budgetName(line), width: name, paint: t.Plain},
			{text: draw.Bar(used, bar, theme.Paint{}, theme.Paint{}), width: bar, drawn: draw.Bar(used, bar, paint, t.Track)},
			{text: percentOf(*line.Used), width: 5, paint: t.Strong, right: true},
			{text: spent, width: money, paint: t.Muted, right: true},
			{text: word, width: sign, paint: paint},
		})
		lines = append(lines, s.line(BudgetBars, i, plain, painted, width))
	}
	return lines
}

func budgetName(line budget.Line) string {
	if line.Total {
		return "total"
	}
	return draw.Name(line.Tenant)
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
	case line.RunsOut != nil:
		return "! out " + day(line.RunsOut), t.Warn
	case line.Status == budget.Warning:
		return "! warning", t.Warn
	case line.Status == budget.Unknown:
		return "? unknown", t.Warn
	default:
		return "✓ ok", t.Good
	}
}

// standsOut are the days that left a tenant's own range, the latest first.
func (s *State) standsOut(width, height int) []string {
	t := s.Theme
	lines := []string{draw.Heading(t, "stands out", "", width)}
	found := s.anomalies()
	switch {
	case s.Anomalies == nil:
		return append(lines, s.pending(StandsOut, width)...)
	case len(found) == 0:
		return append(lines, " "+t.Muted.Text("no day does"))
	}
	name, amounts := 6, 7
	for _, a := range found {
		name = max(name, draw.Width(draw.Name(a.Tenant)))
		amounts = max(amounts, draw.Width(figures.Fixed(a.Amount, 2)))
	}
	usual, moved := 0, 0
	room := width - 1 - 7 - 2 - amounts - 2
	if room-14 >= min(name, 8) {
		usual = 13
		room -= usual + 1
	}
	if room-20 >= min(name, 12) {
		moved = 19
		room -= moved + 1
	}
	name = min(name, room-1)
	from, to := s.window(StandsOut, len(found), height-1)
	for i := from; i < to; i++ {
		a := found[i]
		glyph, paint := "▼", t.Down
		if a.Up {
			glyph, paint = "▲", t.Up
		}
		day := a.Day
		if at, err := time.Parse(time.DateOnly, a.Day); err == nil {
			day = at.Format("2 Jan")
		}
		plain, painted := lay([]field{
			{text: day, width: 6, paint: t.Muted, right: true},
			{text: draw.Name(a.Tenant), width: name, paint: t.Plain},
			{text: glyph, width: 1, paint: paint},
			{text: figures.Fixed(a.Amount, 2), width: amounts, paint: t.Strong, right: true},
			{text: "usual " + figures.Fixed(a.Expected, 2), width: usual, paint: t.Muted},
			{text: a.Component.Name() + " " + figures.Signed(a.Moved, 2), width: moved, paint: t.Muted},
		})
		lines = append(lines, s.line(StandsOut, i, plain, painted, width))
	}
	return lines
}

// insteadOf is what the last days would cost a month with MicroVMs and with something else.
func (s *State) insteadOf(width, height int) []string {
	t := s.Theme
	lines := []string{draw.Heading(t, "instead, a month at this pace", "", width)}
	if s.Instead == nil {
		return append(lines, s.pending(InsteadOf, width)...)
	}
	amounts, change := 11, 8
	name := max(4, width-1-amounts-1-change-1)
	own := figures.Fixed(s.Instead.Month, 2)
	if !s.Instead.Complete {
		own += " +?"
	}
	if height > 2 {
		_, painted := lay([]field{
			{text: "MicroVMs", width: name, paint: t.Strong},
			{text: own, width: amounts, paint: t.Strong, right: true},
			{text: "", width: change, paint: t.Muted},
		})
		lines = append(lines, " "+painted)
	}
	from, to := s.window(InsteadOf, s.insteadCount(), height-len(lines))
	for i := from; i < to; i++ {
		alt := s.Instead.Alternatives[i]
		amount, moved, paint := figures.Fixed(alt.Month, 2), "", t.Muted
		switch {
		case alt.Priced == 0:
			amount = "unknown"
		case alt.Unpriced > 0:
			amount += " +?"
		case s.Instead.Month.IsPositive() && s.Instead.Complete:
			part := partOf(alt.Month.Sub(s.Instead.Month), s.Instead.Month)
			moved = figures.Signed(part.Shift(2), 0) + " %"
			if part.IsPositive() {
				paint = t.Up
			} else {
				paint = t.Down
			}
		}
		plain, painted := lay([]field{
			{text: alt.Name, width: name, paint: t.Plain},
			{text: amount, width: amounts, paint: t.Plain, right: true},
			{text: moved, width: change, paint: paint, right: true},
		})
		lines = append(lines, s.line(InsteadOf, i, plain, painted, width))
	}
	return lines
}
