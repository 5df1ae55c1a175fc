package report

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/view"
)

// LineSchema is the schema of [Line.JSON].
const LineSchema = "microspend.line/v1"

// Line is what is spent, in one line for a prompt or a status bar: today, by the hour, and of the month's budget.
type Line struct {
	parts [3]string // today, by the hour, and of the budget
	today spend.Total
	total budget.Line
	asOf  budget.Report
}

// NewLine makes a line of what was spent today and of how everything together stands: see [budget.Standing]. The
// budget is that of the month.
func NewLine(today spend.Total, standing budget.Report) Line {
	l := Line{today: today, total: standing.Total(), asOf: standing}
	known := func(amount decimal.Decimal, state pricing.State, known bool) string {
		return view.Text(brief(amount)).In(state).Or("unknown", known).String()
	}
	l.parts[0] = known(today.Amount, today.State(), today.Known()) + " today"
	l.parts[1] = "–"
	if burn := l.total.BurnDay; burn != nil {
		l.parts[1] = view.Text(brief(*burn)).In(l.total.BurnDayState).String() + "/h"
	}
	l.parts[2] = known(l.total.Spent.Amount, l.total.State, l.total.Spent.Known()) + " this month"
	if l.total.Budget != nil {
		used := view.Missing("–")
		if l.total.Used != nil {
			used = view.Text(view.Percent(*l.total.Used, 0).String()).In(l.total.State).Or("unknown", l.total.Spent.Known())
		}
		l.parts[2] = used.String() + " of " + brief(l.total.Budget.Amount)
	}
	return l
}

// brief is an amount in whole dollars from a hundred on, where cents would only take room, and to the cent below.
func brief(d decimal.Decimal) string {
	places := int32(2)
	if d.Abs().GreaterThanOrEqual(decimal.NewFromInt(100)) {
		places = 0
	}
	return "$" + figures.Fixed(d, places)
}

// Over reports whether more than the budget is spent.
func (l Line) Over() bool { return l.total.Status == budget.Over }

// Status is how the budget stands.
func (l Line) Status() budget.Status { return l.total.Status }

// Text is the line in at most width cells, what it says of the budget painted. The burn rate gives way first, then
// the budget, and then the end of what is left.
func (l Line) Text(width int, paint func(string) string) string {
	const between = " · "
	today, burn, budget := l.parts[0], l.parts[1], l.parts[2]
	room := width - len([]rune(today))
	room -= len([]rune(between + budget))
	switch {
	case room >= len([]rune(between+burn)):
		return today + between + burn + between + paint(budget)
	case room >= 0:
		return today + between + paint(budget)
	case len([]rune(today)) <= width:
		return today
	}
	return string([]rune(today)[:max(width-1, 0)]) + "…"
}

// JSON is the line with its exact figures, under the names that status bars such as waybar look for, and a longer
// form for the pointer.
func (l Line) JSON(width int) view.Document {
	figure := func(id string, d *decimal.Decimal, state pricing.State) view.Object {
		value := view.Value{}
		if d != nil && state != pricing.NotMeasured {
			value = view.Exact(*d)
		}
		return view.Object{{ID: id, Value: value}, {ID: id + "_state", Value: state.String()}}
	}
	out := view.Object{
		{ID: "schema", Value: LineSchema},
		{ID: "text", Value: l.Text(width, func(s string) string { return s })},
		{ID: "tooltip", Value: l.tooltip()},
		{ID: "class", Value: l.total.Status.String()},
	}
	if l.total.Used != nil {
		out = append(out, view.Field{ID: "percentage", Value: view.Count(l.total.Used.Shift(2).RoundBank(0).IntPart())})
	}
	out = append(out, figure("today", &l.today.Amount, l.today.State())...)
	out = append(out, figure("burn_per_hour", l.total.BurnDay, l.total.BurnDayState)...)
	out = append(out, figure("month", &l.total.Spent.Amount, l.total.State)...)
	if l.total.Budget != nil {
		out = append(out, view.Field{ID: "budget", Value: view.Exact(l.total.Budget.Amount)},
			view.Field{ID: "used", Value: view.Exact(*l.total.Used)})
	}
	return view.Document{JSON: append(out, view.Field{ID: "as_of", Value: view.Moment(l.asOf.AsOf)})}
}

// tooltip is what the line says, with the month's spend and how far data goes.
func (l Line) tooltip() string {
	return l.parts[0] + "\n" + l.parts[1] + " over the last 24 hours of data\n" +
		view.Text(brief(l.total.Spent.Amount)).In(l.total.State).String() + " this month\n" +
		"data until " + l.asOf.AsOf.In(l.asOf.Location).Format("2 Jan 15:04")
}
