package explain

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/whatif"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/view"
)

// Steps are how a figure was derived, in order.
type Steps []Step

func (s *Steps) add(label, value, remark string) { *s = append(*s, Step{label, value, remark}) }

func (s *Steps) remark(text string) { s.add("", "", text) }

func exactly(d decimal.Decimal) string { return ", exactly $" + figures.Grouped(d) }

// Forecast is how a forecast was made.
func Forecast(b *budget.Report, line budget.Line) (s Steps) {
	from, end := line.From.In(b.Location).Format("2 Jan"), "at the end of the "+line.Period.String()
	s.add("spent so far", spentText(line), "from "+from+" until "+moment(b, b.AsOf))
	if remark := stateRemarks[line.State]; remark != "" {
		s.remark(remark)
	}
	if line.Forecast == nil {
		s.remark("There is nothing to go by yet: there are no complete days of data to go by.")
		return s
	}
	s.add("still to come", draw.Dollars(line.Forecast.Sub(line.Spent.Amount)), "until "+moment(b, line.To))
	shown := view.Text(draw.Dollars(*line.Forecast)).In(line.ForecastState()).String()
	s.add("forecast", shown, end+exactly(*line.Forecast))
	if line.Low != nil {
		s.add("range", draw.Dollars(*line.Low)+" – "+draw.Dollars(*line.High),
			"where eight of ten such forecasts, made over the last eight weeks, would have ended")
	}
	switch line.Method {
	case budget.WeekdayMean:
		s.add("level", fmt.Sprintf("%d days", line.LevelDays),
			"the latest stretch, the one that would have predicted past days best")
		s.remark(assumption.WeekdayMean.Note().String())
	case budget.RunRate:
		s.remark(assumption.RunRate.Note().String())
	case budget.NoForecast:
	}
	return s
}

// Burn is how the burn rates were made.
func Burn(b *budget.Report, line budget.Line) (s Steps) {
	if line.BurnDay == nil {
		s.remark("There is no data to derive a burn rate from.")
		return s
	}
	s.add("last 24 h", draw.Dollars(*line.BurnDay)+" /h", "up to "+moment(b, b.AsOf)+exactly(*line.BurnDay))
	s.add("a day", draw.Dollars(pricing.ProrateTime(*line.BurnDay, 24, 1)), "of the same")
	if line.BurnPeriod != nil {
		s.add("this "+line.Period.String(), draw.Dollars(*line.BurnPeriod)+" /h",
			spentText(line)+" over the hours from "+line.From.In(b.Location).Format("2 Jan")+" on")
	}
	return s
}

// Budget is how a budget stands, and why.
func Budget(b *budget.Report, line budget.Line) (s Steps) {
	s.add("budget", draw.Dollars(line.Budget.Amount), "for "+periodName(b, line))
	if threshold := line.Budget.Threshold; !threshold.IsZero() && !threshold.Equal(decimal.NewFromInt(1)) {
		s.add("threshold", threshold.Shift(2).String()+" %", "a check fails above "+draw.Dollars(line.Budget.Limit()))
	}
	if line.Used != nil {
		s.add("used", figures.Fixed(line.Used.Shift(2), 2)+" %", "")
	}
	s = append(s, Forecast(b, line)...)
	if line.RunsOut != nil {
		label := "runs out on"
		if line.Status == budget.Over {
			label = "ran out on"
		}
		s.add(label, line.RunsOut.In(b.Location).Format("2 Jan 2006"), "the day on which the sum passes the budget")
	}
	s.add("status", line.Status.String(), "")
	return s
}

// Anomaly is why a day stands out.
func Anomaly(a anomaly.Anomaly, rule anomaly.Rule) (s Steps) {
	compared := fmt.Sprintf("the %d days before with data", a.Days)
	if a.SameWeekday {
		compared = fmt.Sprintf("the same weekday of %d weeks before", a.Days)
	}
	k, floor := rule.Effective()
	moved := "+" + draw.Dollars(a.Moved)
	if !a.Moved.IsPositive() {
		moved = "-" + draw.Dollars(a.Moved.Neg())
	}
	s.add("spent", view.Text(draw.Dollars(a.Amount)).In(a.State).String(), "on "+a.Day+exactly(a.Amount))
	s.add("usual", draw.Dollars(a.Expected), "the median of "+compared)
	s.add("range", draw.Dollars(a.Low)+" – "+draw.Dollars(a.High), "what lies between would not have stood out")
	s.add("moved most", a.Component.Name(), "by "+moved+" against its own median")
	s.remark(fmt.Sprintf("A day stands out beyond %s median absolute deviations, scaled to standard deviations, "+
		"and $%s at least.", k, floor))
	switch a.State {
	case pricing.UnknownRates:
		s.remark("Some usage of that day has no known rate; the amount lacks it.")
	case pricing.AtLeast:
		s.remark("Some of that day was not measured; the amount is a lower bound.")
	}
	return s
}

// Alternative is how the cost of something else was made.
func Alternative(i *data.Instead, alt whatif.Alternative, loc *time.Location) (s Steps) {
	days := i.From.In(loc).Format("2 Jan") + " – " + i.To.In(loc).Format("2 Jan 15:04")
	s.add("MicroVMs", view.Text(draw.Dollars(i.Month)).In(i.State).String(), "a month of 730 hours at the pace of "+days)
	if alt.Priced == 0 {
		s.add(alt.Name, "unknown", alt.Unknown)
		return s
	}
	s.add(
		alt.Name,
		view.Text(draw.Dollars(alt.Month)).In(i.StateOf(alt)).String(),
		"a month, tenant by tenant and region by region",
	)
	if alt.Month.IsPositive() {
		ratio := pricing.Divide(i.Month, alt.Month, pricing.RatioPlaces)
		s.add("MicroVMs cost", figures.Ratio(ratio), "of what it costs")
	}
	s.add("MicroVMs win", fmt.Sprintf("%d of %d", alt.Cheaper, alt.Priced), "tenants by region cost no more with MicroVMs")
	if alt.Unpriced > 0 {
		s.add("without a price", fmt.Sprint(alt.Unpriced), alt.Unknown)
	}
	return s
}

// AlternativeNotes are the assumptions behind the cost of something else.
func AlternativeNotes(alt whatif.Alternative) []pricing.Note {
	return append([]pricing.Note{assumption.SizeMeasured.Clause()}, alt.Notes...)
}

// spentText is what was spent, with the mark of what it lacks.
func spentText(line budget.Line) string {
	if line.State == pricing.UnknownRates {
		return draw.Cost(line.Spent) // has the mark, and is unknown where nothing could be priced
	}
	return view.Text(draw.Cost(line.Spent)).In(line.State).String()
}

// stateRemarks say what an incomplete figure lacks.
var stateRemarks = [...]string{
	pricing.Exact:        "",
	pricing.AtLeast:      "≥: some of the time was not measured, or its data is damaged.",
	pricing.UnknownRates: "+?: some of the usage has no known rate.",
	pricing.NotMeasured:  "There is no data of this period yet.",
}

// periodName is the period of a line: November 2026, the fourth quarter of 2026 as Q4 2026, 2026.
func periodName(b *budget.Report, line budget.Line) string {
	from := line.From.In(b.Location)
	switch line.Period {
	case budget.Quarter:
		return fmt.Sprintf("Q%d %d", (int(from.Month())+2)/3, from.Year())
	case budget.Year:
		return from.Format("2006")
	default:
		return from.Format("January 2006")
	}
}

func moment(b *budget.Report, t time.Time) string {
	if t.IsZero() {
		return "now, without data"
	}
	return t.In(b.Location).Format("2 Jan 15:04 MST")
}
