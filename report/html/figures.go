package html

import (
	"html/template"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
	"microspend/view/html"
)

// Figures on the page are rounded for reading, so that a column of cents adds up to its total as shown. A figure above
// zero that comes to no cent is shown as "<0.01", what is not known as "unknown" or a dash, and a minus as a minus
// sign.

var (
	zero = decimal.Decimal{}
	one  = decimal.NewFromInt(1)
)

func decimalOf(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }

func fixed(d decimal.Decimal, places int32) string { return minus(figures.Fixed(d, places)) }

func minus(text string) string { return strings.Replace(text, "-", "−", 1) }

// plain marks text as needing no escapes, which would make the page longer: digits, signs and blanks of our own.
func plain(text string) template.HTML { return template.HTML(text) } //nolint:gosec // never text from outside

// amount is a figure in dollars, shown as cents that are settled already: "≥ $12.30", "$12.30 +?", "unknown" or a
// dash.
func amount(f statement.Figure, cents decimal.Decimal) string {
	v := costOf(f, cents, true)
	if _, ok := v.Number(); !ok {
		return v.String()
	}
	text := "$" + html.Text(costOf(statement.Figure{Cost: spend.Cost{Amount: f.Amount}}, cents, true))
	return view.Text(text).In(f.State()).String()
}

// inDollars is an amount of money with its state: "≥ $12.30".
func inDollars(d decimal.Decimal, state pricing.State) string {
	return view.Text("$" + fixed(d, 2)).In(state).String()
}

// totalOf is a total as a statement's figure.
func totalOf(t *spend.Total) statement.Figure {
	return statement.Figure{Cost: t.Cost, Measured: t.Measured}
}

// percentOf is a part of a whole above zero, in percent.
func percentOf(part, whole decimal.Decimal) string {
	if !whole.IsPositive() {
		return "–"
	}
	percent := pricing.Divide(part.Shift(2), whole, 4)
	if percent.IsPositive() && percent.LessThan(decimal.New(5, -2)) {
		return "<0.1\u00a0%"
	}
	return fixed(percent, 1) + "\u00a0%"
}

// coverageText rounds down, so that 100 % is shown only where nothing is missing.
func coverageText(sum *usage.Sum) string {
	c := spend.Coverage(sum)
	if c == nil {
		return "–"
	}
	percent := c.Shift(2)
	if percent.Equal(decimal.NewFromInt(100)) {
		return "100\u00a0%"
	}
	return percent.Shift(1).Floor().Shift(-1).StringFixed(1) + "\u00a0%"
}

// hours writes milliseconds as hours.
func hours(ms usage.Uint128) string {
	return fixed(pricing.Divide(ms.Decimal(), decimal.NewFromInt(3_600_000), 4), 1)
}

// share is a part of a whole from 0 to 1, for drawing only.
func share(part, whole decimal.Decimal) float64 {
	if !whole.IsPositive() || !part.IsPositive() {
		return 0
	}
	return min(pricing.Divide(part, whole, 6).InexactFloat64(), 1)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// upper begins a sentence with a capital, but for vCPU.
func upper(text string) string {
	if text == "" || strings.HasPrefix(text, "vCPU") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// dated reads a day of a statement.
func dated(day string) time.Time {
	// A statement's days are written by time.Format.
	t, _ := time.Parse(time.DateOnly, day)
	return t
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}
