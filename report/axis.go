package report

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view/chart"
)

// axisScale puts values of a scenario's field on an axis, whose ticks are labelled in the field's own notation: 1h and
// 30m, not 3600 and 1800.
type axisScale struct {
	values  []decimal.Decimal
	unit    string // as of [scenarios.Measure]
	seconds secondsScale
}

// newAxisScale reads the values. It reports false where they are not all numbers of one unit, as regions are not.
func newAxisScale(values []string) (axisScale, bool) {
	var a axisScale
	most := decimal.Decimal{}
	for i, text := range values {
		value, unit, isNumber := scenarios.Measure(text)
		if !isNumber || (i > 0 && unit != a.unit && !a.bareZeros(unit)) {
			return a, false
		}
		if unit != "" || i == 0 {
			a.unit = unit
		}
		a.values, most = append(a.values, value), decimal.Max(most, value.Abs())
	}
	a.seconds = 1
	if a.isTime() {
		a.seconds = secondsAxis(coordinate(most))
	}
	return a, true
}

// bareZeros reports whether a unit goes with the values so far, or they with it, as 0 needs no unit.
func (a axisScale) bareZeros(unit string) bool {
	if unit == "" {
		return true
	}
	for _, value := range a.values {
		if !value.IsZero() {
			return false
		}
	}
	return a.unit == ""
}

func (a axisScale) isTime() bool { return a.unit == "s" || strings.HasPrefix(a.unit, "s/") }

// secondsScale is how many seconds one unit of an axis of time has: 3600, 60 or 1.
type secondsScale float64

// secondsAxis is the scale of times up to so many seconds on which ticks are round numbers of hours, minutes or
// seconds.
func secondsAxis(most float64) secondsScale {
	for _, unit := range []secondsScale{3600, 60} {
		if most >= 2*float64(unit) {
			return unit
		}
	}
	return 1
}

// at is the place of a time.
func (s secondsScale) at(seconds float64) float64 { return seconds / float64(s) }

// label writes a place in the notation of scenarios.
func (s secondsScale) label(v float64) string {
	seconds, err := pricing.ParseDecimal(strconv.FormatFloat(v*float64(s), 'f', 3, 64))
	if err != nil { // below zero, where no time is
		return strconv.FormatFloat(v*float64(s), 'g', 6, 64) + "s"
	}
	return durationText(seconds)
}

func (s secondsScale) axis(title string) chart.Axis { return chart.Axis{Title: title, Format: s.label} }

// at is the place of the i-th value.
func (a axisScale) at(i int) float64 { return a.seconds.at(coordinate(a.values[i])) }

func (a axisScale) axis(title string) chart.Axis {
	return chart.Axis{Title: title, Format: func(v float64) string {
		if a.isTime() {
			return a.seconds.label(v) + strings.TrimPrefix(a.unit, "s")
		}
		return strconv.FormatFloat(v, 'f', -1, 64) + a.unit
	}}
}

// durationText writes seconds as a scenario has them: 45s, 2m30s, 1h, 1h30m. Seconds have up to three decimals, and
// none beside hours.
func durationText(seconds decimal.Decimal) string {
	if seconds.IsNegative() {
		return "-" + durationText(seconds.Neg())
	}
	hour, minute := decimal.NewFromInt(3600), decimal.NewFromInt(60)
	places := int32(3)
	if seconds.GreaterThanOrEqual(hour) {
		places = 0
	}
	seconds = seconds.RoundBank(places)
	if seconds.LessThan(minute) {
		return seconds.String() + "s"
	}
	var out strings.Builder
	hours, rest := seconds.QuoRem(hour, 0)
	minutes, rest := rest.QuoRem(minute, 0)
	for _, part := range []struct {
		count decimal.Decimal
		unit  string
	}{{hours, "h"}, {minutes, "m"}, {rest, "s"}} {
		if part.count.IsPositive() {
			out.WriteString(part.count.String() + part.unit)
		}
	}
	return out.String()
}

// axisHours labels a tick of an axis of hours.
func axisHours(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) + "h" }

// notation is a value of a sweep as people write it: 1h30m where a sweep had to count in seconds.
func notation(value string) string {
	seconds, unit, _ := scenarios.Measure(value)
	if figure, _, _ := strings.Cut(value, "/"); seconds.String()+"s" != figure {
		return value
	}
	return durationText(seconds) + strings.TrimPrefix(unit, "s")
}

func notations(values []string) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = notation(value)
	}
	return texts
}

// axisDollars labels a tick of an axis of money: whole dollars without cents, and small amounts with what they have.
func axisDollars(v float64) string {
	d, err := pricing.ParseDecimal(strconv.FormatFloat(v, 'f', 6, 64))
	if err != nil {
		return "$" + strconv.FormatFloat(v, 'g', 6, 64)
	}
	return "$" + figures.UpTo(d, 6)
}
