package scenarios

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// The types in this file are the values that a scenario is written in. Each reads itself from the text of one YAML
// scalar, knows its own bounds, and keeps what was written for messages.

// GB is an amount of memory or storage in GB of 2^30 bytes, written as 2GB, 0.63GiB or 512MiB. It is above zero.
type GB struct{ decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (g *GB) ParseScalar(text string) error {
	value, err := pricing.ParseGB(text)
	if err == nil && value.GreaterThan(maxGB) {
		err = fmt.Errorf("%s is above %s GB, the most that is accepted", text, pricing.Grouped(maxGB))
	}
	g.Decimal = value
	return err
}

// maxGB is far above any snapshot, and keeps arithmetic small.
var maxGB = decimal.NewFromInt(1 << 20)

// Duration is a time in seconds, written as 45s, 3m, 2.5h, 28800s, 200ms, 7d or a sum such as 1h30m. It is zero or more.
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
		return fmt.Errorf("%s is above %s, the most that is accepted", text, pricing.Grouped(maxCount))
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

// Period says what a figure is counted per.
type Period uint8

// The periods. A figure without one is per active day of a user, or per job.
const (
	PerDefault Period = iota
	PerDay            // per active day of one user
	PerJob            // per job
	PerMonth          // per month and user; per month in all where the workload is counted in jobs
)

var periodNames = map[string]Period{"day": PerDay, "job": PerJob, "month": PerMonth}

// splitPeriod takes the "/day" off "6/day".
func splitPeriod(text string) (figure string, per Period, err error) {
	figure, name, given := strings.Cut(text, "/")
	if !given {
		return text, PerDefault, nil
	}
	per, known := periodNames[strings.TrimSpace(name)]
	if !known {
		return "", 0, fmt.Errorf("%.60q: a figure can be per day, per job or per month, as in 6/day", text)
	}
	return strings.TrimSpace(figure), per, nil
}

// PeriodDuration is a duration per something, written as 4h, 1600s/month or 8s/job.
type PeriodDuration struct {
	Duration
	Per Period
}

// ParseScalar implements strictyaml.Scalar.
func (d *PeriodDuration) ParseScalar(text string) error {
	figure, per, err := splitPeriod(text)
	if err != nil {
		return err
	}
	d.Per = per
	return d.Duration.ParseScalar(figure)
}

// PeriodCount is a count per something, written as 6, 6/day, 1/job or 120/month.
type PeriodCount struct {
	Count
	Per Period
}

// ParseScalar implements strictyaml.Scalar.
func (c *PeriodCount) ParseScalar(text string) error {
	figure, per, err := splitPeriod(text)
	if err != nil {
		return err
	}
	c.Per = per
	return c.Count.ParseScalar(figure)
}

// Printed is a figure as some source prints it: exact ("16.79"), about ("~22"), or a range ("5..7").
type Printed struct {
	Text      string
	Low, High decimal.Decimal // equal but for a range
	About     bool
}

// ParseScalar implements strictyaml.Scalar.
func (p *Printed) ParseScalar(text string) error {
	const forms = "a printed figure such as 16.79, ~22 or 5..7"
	figure, about := strings.CutPrefix(text, "~")
	low, high, isRange := strings.Cut(figure, "..")
	if !isRange {
		high = low
	}
	var errLow, errHigh error
	p.Text, p.About = text, about
	p.Low, errLow = pricing.ParseDecimal(low)
	p.High, errHigh = pricing.ParseDecimal(high)
	if err := errors.Join(errLow, errHigh); err != nil || (about && isRange) {
		return fmt.Errorf("%.60q is not %s", text, forms)
	}
	if p.High.LessThan(p.Low) {
		return fmt.Errorf("%s ends below its start", text)
	}
	return nil
}
