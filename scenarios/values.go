package scenarios

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/pricing"
)

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

// periodDuration is a duration per something, written as 4h, 1600s/month or 8s/job.
type periodDuration struct {
	scalar.Duration
	Per Period
}

// ParseScalar implements strictyaml.Scalar.
func (d *periodDuration) ParseScalar(text string) error {
	figure, per, err := splitPeriod(text)
	if err != nil {
		return err
	}
	d.Per = per
	return d.Duration.ParseScalar(figure)
}

// periodCount is a count per something, written as 6, 6/day, 1/job or 120/month.
type periodCount struct {
	scalar.Count
	Per Period
}

// ParseScalar implements strictyaml.Scalar.
func (c *periodCount) ParseScalar(text string) error {
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
