// Package scalar has the values that people write into configuration files: sizes, durations, percentages, counts,
// prices, days and time zones. Each reads itself from the text of one YAML scalar (strictyaml.Scalar), knows its own
// bounds, and says what would be allowed where it refuses.
//
// Numbers are kept exactly as written, as decimals: no value passes through a float.
package scalar

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
)

// GB is an amount of memory or storage in GB of 2^30 bytes, written as 2GB, 0.63GiB or 512MiB. It is above zero.
type GB struct{ decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (g *GB) ParseScalar(text string) error {
	value, err := pricing.ParseGB(text)
	if err == nil && value.GreaterThan(maxGB) {
		err = fmt.Errorf("%s is above %s GB, the most that is accepted", text, figures.Grouped(maxGB))
	}
	g.Decimal = value
	return err
}

// maxGB is far above any snapshot, and keeps arithmetic small.
var maxGB = decimal.NewFromInt(1 << 20)

// Duration is a time in seconds, written as 45s, 3m, 2.5h, 28800s, 200ms, 7d or a sum such as 1h30m. It is zero or
// more.
type Duration struct{ Seconds decimal.Decimal }

const durationForms = "a duration such as 45s, 3m, 2.5h, 1h30m or 28800s"

var durationUnits = []struct {
	suffix  string
	seconds decimal.Decimal
}{
	{"ms", decimal.New(1, -3)},
	{"s", decimal.NewFromInt(1)},
	{"m", decimal.NewFromInt(60)},
	{"h", decimal.NewFromInt(3600)},
	{"d", decimal.NewFromInt(86400)},
}

// maxSeconds bounds a single duration: a hundred years.
var maxSeconds = decimal.NewFromInt(100 * 366 * 86400)

// Length is the duration to the nanosecond.
func (d Duration) Length() time.Duration { return time.Duration(d.Seconds.Shift(9).IntPart()) }

// ParseScalar implements strictyaml.Scalar.
func (d *Duration) ParseScalar(text string) error {
	if strings.HasPrefix(text, "-") {
		return fmt.Errorf("%.60s is below zero; give %s", text, durationForms)
	}
	if text == "0" {
		d.Seconds = decimal.Decimal{}
		return nil
	}
	total := decimal.Decimal{}
	rest := text
	for rest != "" && len(text) <= 60 {
		digits := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if digits <= 0 {
			return fmt.Errorf("%.60q is not %s", text, durationForms)
		}
		number, after := rest[:digits], rest[digits:]
		unit := after
		if end := strings.IndexAny(after, "0123456789."); end >= 0 {
			unit = after[:end]
		}
		value, err := pricing.ParseDecimal(number)
		if err != nil {
			return fmt.Errorf("%.60q is not %s", text, durationForms)
		}
		seconds, known := unitSeconds(strings.TrimSpace(unit))
		if !known {
			return fmt.Errorf("%.60q is not %s", text, durationForms)
		}
		total = total.Add(value.Mul(seconds))
		rest = after[len(unit):]
	}
	if text == "" || rest != "" {
		return fmt.Errorf("%.60q is not %s", text, durationForms)
	}
	if total.GreaterThan(maxSeconds) {
		return fmt.Errorf("%s is longer than a hundred years", text)
	}
	d.Seconds = total
	return nil
}

func unitSeconds(unit string) (decimal.Decimal, bool) {
	for _, u := range durationUnits {
		if u.suffix == unit {
			return u.seconds, true
		}
	}
	return decimal.Decimal{}, false
}

// Percent is a part of a whole, written as 25% and kept as 0.25. It is from 0% to 100% inclusive.
type Percent struct{ Fraction decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (p *Percent) ParseScalar(text string) error {
	number, ok := strings.CutSuffix(text, "%")
	value, err := pricing.ParseDecimal(strings.TrimSpace(number))
	if !ok || err != nil {
		return fmt.Errorf("%.60q is not a percentage such as 25%%", text)
	}
	if value.IsNegative() || value.GreaterThan(hundred) {
		return fmt.Errorf("%s is outside 0%% to 100%%", text)
	}
	p.Fraction = value.Shift(-2)
	return nil
}

var hundred = decimal.NewFromInt(100)

// Count is a number of things: zero or more, and it may have decimals, as an average does. It is at most 10^12.
type Count struct{ decimal.Decimal }

var maxCount = decimal.New(1, 12)

// ParseScalar implements strictyaml.Scalar.
func (c *Count) ParseScalar(text string) error {
	value, err := pricing.ParseDecimal(text)
	if err != nil {
		return fmt.Errorf("%.60q is %w", text, err)
	}
	if value.IsNegative() {
		return fmt.Errorf("%s is below zero", text)
	}
	if value.GreaterThan(maxCount) {
		return fmt.Errorf("%s is above %s, the most that is accepted", text, figures.Grouped(maxCount))
	}
	c.Decimal = value
	return nil
}

// Price is an amount of US dollars, zero or more, kept exactly as written.
type Price struct{ decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (p *Price) ParseScalar(text string) error {
	value, err := pricing.ParseDecimal(strings.TrimPrefix(text, "$"))
	if err != nil {
		return fmt.Errorf("%.60q is %w", text, err)
	}
	if value.IsNegative() {
		return fmt.Errorf("%s is below zero", text)
	}
	p.Decimal = value
	return nil
}

// Dollars is a [Price] that is an amount rather than a rate, which its errors give examples of.
type Dollars struct{ Price }

// ParseScalar implements strictyaml.Scalar.
func (d *Dollars) ParseScalar(text string) error {
	if _, err := pricing.ParseDecimal(strings.TrimPrefix(text, "$")); err != nil {
		return fmt.Errorf("%.60q is not an amount of dollars such as 12 or 0.50", text)
	}
	return d.Price.ParseScalar(text)
}

// OrNil is the price where there is one.
func (p *Price) OrNil() *decimal.Decimal {
	if p == nil {
		return nil
	}
	return &p.Decimal
}

// Date is a calendar day, written as 2026-09-19.
type Date struct{ pricing.Date }

// ParseScalar implements strictyaml.Scalar.
func (d *Date) ParseScalar(text string) (err error) {
	d.Date, err = pricing.ParseDate(text)
	return err
}

// MicroVMSize is one of the five sizes, written by its memory.
type MicroVMSize struct{ pricing.Size }

// ParseScalar implements strictyaml.Scalar.
func (s *MicroVMSize) ParseScalar(text string) (err error) {
	s.Size, err = pricing.ParseSize(text)
	return err
}
