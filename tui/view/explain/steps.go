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
)

// Forecast says how a forecast was made.
func Forecast(b *budget.Report, line budget.Line) []Step {
	steps := []Step{
		{"spent so far", draw.Cost(line.Spent), "from " + b.From.In(b.Location).Format("2 Jan") + " until " + moment(b, b.AsOf)},
	}
	if line.Forecast == nil {
		return append(steps, Step{Remark: "There is nothing to go by yet: the ledger has no data of this month or the eight weeks before."})
	}
	steps = append(steps,
		Step{"still to come", draw.Dollars(line.Forecast.Sub(line.Spent.Amount)), "until " + moment(b, b.To)},
		Step{"forecast", draw.Dollars(*line.Forecast), "at the end of the month, exactly $" + figures.Grouped(*line.Forecast)},
	)
	switch line.Method {
	case budget.WeekdayMean:
		steps = append(steps, Step{Remark: assumption.WeekdayMean.Note().String()})
	case budget.RunRate:
		steps = append(steps, Step{Remark: assumption.RunRate.Note().String()})
	case budget.NoForecast:
	}
	return steps
}

// Burn says how the burn rates were made.
func Burn(b *budget.Report, line budget.Line) []Step {
	if line.BurnDay == nil {
		return []Step{{Remark: "There is no data to work a burn rate out from."}}
	}
	steps := []Step{{"last 24 h", draw.Dollars(*line.BurnDay) + " /h", "up to " + moment(b, b.AsOf) + ", exactly $" + figures.Grouped(*line.BurnDay)}}
	steps = append(steps, Step{"a day", draw.Dollars(pricing.ProrateTime(*line.BurnDay, 24, 1)), "of the same"})
	if line.BurnMonth != nil {
		steps = append(steps, Step{"this month", draw.Dollars(*line.BurnMonth) + " /h", draw.Cost(line.Spent) + " over the hours from " +
			b.From.In(b.Location).Format("2 Jan") + " on"})
	}
	return steps
}

// Budget says how a budget stands, and why.
func Budget(b *budget.Report, line budget.Line) []Step {
	steps := []Step{
		{"budget", draw.Dollars(line.Budget.Monthly), "for " + b.From.In(b.Location).Format("January 2006")},
	}
	if threshold := line.Budget.Threshold; !threshold.IsZero() && !threshold.Equal(decimal.NewFromInt(1)) {
		steps = append(steps, Step{"threshold", threshold.Shift(2).String() + " %", "a check fails above " + draw.Dollars(line.Budget.Limit())})
	}
	if line.Used != nil {
		steps = append(steps, Step{"used", figures.Fixed(line.Used.Shift(2), 2) + " %", ""})
	}
	steps = append(steps, Forecast(b, line)...)
	if line.RunsOut != nil {
		word := "runs out on"
		if line.Status == budget.Over {
			word = "ran out on"
		}
		steps = append(steps, Step{word, line.RunsOut.In(b.Location).Format("2 Jan 2006"), "the day on which the sum passes the budget"})
	}
	return append(steps, Step{"status", line.Status.String(), ""})
}

// Anomaly says why a day stands out.
func Anomaly(a anomaly.Anomaly, rule anomaly.Rule) []Step {
	compared := fmt.Sprintf("the %d days before with data", a.Days)
	if a.SameWeekday {
		compared = fmt.Sprintf("the same weekday of %d weeks before", a.Days)
	}
	k, floor := rule.K, rule.Floor
	if k.IsZero() {
		k = decimal.NewFromInt(4)
	}
	if floor.IsZero() {
		floor = decimal.NewFromInt(1)
	}
	steps := []Step{
		{"spent", draw.Dollars(a.Amount), "on " + a.Day + ", exactly $" + figures.Grouped(a.Amount)},
		{"usual", draw.Dollars(a.Expected), "the median of " + compared},
		{"range", draw.Dollars(a.Low) + " – " + draw.Dollars(a.High), "what lies between would not have stood out"},
		{"moved most", a.Component.Name(), "by " + signed(a.Moved) + " against its own median"},
		{Remark: fmt.Sprintf("A day stands out beyond %s median absolute deviations, scaled to standard deviations, and $%s at least.", k, floor)},
	}
	if a.Incomplete {
		steps = append(steps, Step{Remark: "Some usage of that day has no known rate; the amount lacks it."})
	}
	return steps
}

// Alternative says how the cost of something else was made.
func Alternative(i *data.Instead, alt whatif.Alternative, loc *time.Location) []Step {
	days := i.From.In(loc).Format("2 Jan") + " – " + i.To.In(loc).Format("2 Jan 15:04")
	steps := []Step{
		{"MicroVMs", draw.Dollars(i.Month), "a month of 730 hours at the pace of " + days},
	}
	if alt.Priced == 0 {
		steps = append(steps, Step{alt.Name, "unknown", alt.Unknown})
		return steps
	}
	steps = append(steps, Step{alt.Name, draw.Dollars(alt.Month), "a month, tenant by tenant and region by region"})
	if i.Month.IsPositive() {
		ratio := pricing.Divide(alt.Month, i.Month, pricing.RatioPlaces)
		steps = append(steps, Step{"ratio", figures.Fixed(ratio, 2) + " ×", "of what MicroVMs cost"})
	}
	steps = append(steps, Step{"MicroVMs win", fmt.Sprintf("%d of %d", alt.Cheaper, alt.Priced), "tenants by region cost no more with MicroVMs"})
	if alt.Unpriced > 0 {
		steps = append(steps, Step{"without a price", fmt.Sprint(alt.Unpriced), alt.Unknown})
	}
	return steps
}

// AlternativeNotes are the assumptions behind the cost of something else.
func AlternativeNotes(alt whatif.Alternative) []pricing.Note {
	return append([]pricing.Note{assumption.SizeMeasured.Clause()}, alt.Notes...)
}

func signed(d decimal.Decimal) string {
	if d.IsPositive() {
		return "+$" + figures.Fixed(d, 2)
	}
	return "-$" + figures.Fixed(d.Neg(), 2)
}

func moment(b *budget.Report, t time.Time) string {
	if t.IsZero() {
		return "now, without data"
	}
	return t.In(b.Location).Format("2 Jan 15:04 MST")
}
