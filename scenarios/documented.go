package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Check sets one figure that a source prints beside the exact one.
type Check struct {
	ID      string   // see Figure
	Printed *Printed // nil where the source does not print the figure
	Exact   decimal.Decimal
	Verdict Verdict // "" where nothing is printed
	Because string  // why it differs, from the file

	// Drift says in what the exact figure or the verdict is no longer what the file states, "" where it is or where
	// the file states nothing.
	Drift string
}

// Difference is how far the exact figure lies outside what is printed: exact − printed, or the distance to the nearer
// end of a printed range; zero within it.
func (c Check) Difference() decimal.Decimal {
	switch {
	case c.Printed == nil:
		return decimal.Decimal{}
	case c.Exact.LessThan(c.Printed.Low):
		return c.Exact.Sub(c.Printed.Low)
	case c.Exact.GreaterThan(c.Printed.High):
		return c.Exact.Sub(c.Printed.High)
	default:
		return decimal.Decimal{}
	}
}

// aboutTolerance is how far a figure printed with "~" may be off, as a part of it.
var aboutTolerance = decimal.New(1, -2)

// agreement decides whether a printed figure follows from the exact one: the exact figure, rounded to as many decimals
// as are printed, is the printed one; a tie may have been rounded either way. A figure printed with "~" may also be
// one percent off. A range is taken at its word.
func agreement(printed *Printed, exact decimal.Decimal) Verdict {
	if printed == nil {
		return ""
	}
	off := exact.Sub(printed.Low).Abs()
	follows := off.LessThanOrEqual(decimal.New(5, printed.Low.Exponent()-1)) ||
		(printed.About && off.LessThanOrEqual(printed.Low.Abs().Mul(aboutTolerance)))
	if !printed.Low.Equal(printed.High) {
		follows = exact.GreaterThanOrEqual(printed.Low) && exact.LessThanOrEqual(printed.High)
	}
	if follows {
		return Follows
	}
	return Differs
}

// checkFigures compares every documented figure with the exact one.
func (e *Estimate) checkFigures() ([]Check, error) {
	var (
		checks []Check
		faults []error
	)
	for _, figure := range e.Scenario.Documented.Figures {
		exact, err := e.Figure(figure.Key)
		if err != nil {
			faults = append(faults, e.Scenario.Fault("documented.figures."+figure.Key, "%s", err))
			continue
		}
		stated := figure.Value
		check := Check{
			ID: figure.Key, Printed: stated.Printed, Exact: exact,
			Verdict: agreement(stated.Printed, exact), Because: stated.Because,
		}
		check.Drift = check.driftFrom(stated)
		checks = append(checks, check)
	}
	return checks, errors.Join(faults...)
}

func (c Check) driftFrom(stated DocumentedFigure) string {
	if stated.Exact != "" {
		want, err := pricing.ParseDecimal(stated.Exact)
		if err != nil || !want.Equal(c.Exact) {
			return fmt.Sprintf("the file states exactly %s; it is %s", stated.Exact, c.Exact)
		}
	}
	if stated.Verdict != nil && *stated.Verdict != c.Verdict {
		if c.Verdict == "" {
			return fmt.Sprintf("the file states that it %s, but nothing is printed", *stated.Verdict)
		}
		return fmt.Sprintf("the file states that it %s; it %s", *stated.Verdict, c.Verdict)
	}
	return ""
}

const alternatives = "alternatives."

// measures are the figures of one alternative.
var measures = []string{
	"monthly", "per_user", "per_job", "ratio", "inverse_ratio", "saving_percent",
	"running_hours_per_month", "hours_per_day", "hours_per_day_20", "hours_per_day_22", "hours_per_day_30",
}

// quotients are the measures that divide by what one side costs.
var quotients = []string{"ratio", "inverse_ratio", "saving_percent"}

// figureID is the id of a figure, taken apart.
type figureID struct {
	alternative, measure string // where it is one of an alternative
	component            pricing.Component
	per                  string // user or job, where it is divided by their number
}

// parseFigureID refuses an id that can name no figure.
func parseFigureID(id string) (figureID, error) {
	if name, ok := strings.CutPrefix(id, alternatives); ok {
		dot := strings.LastIndexByte(name, '.')
		if dot > 0 && slices.Contains(measures, name[dot+1:]) {
			return figureID{alternative: name[:dot], measure: name[dot+1:]}, nil
		}
		return figureID{}, fmt.Errorf("write %sNAME.MEASURE, where a measure is one of %s", alternatives, list(measures))
	}
	var figure figureID
	base := "." + id
	for _, noun := range []string{"user", "job"} {
		if rest, divided := strings.CutSuffix(base, ".per_"+noun); divided {
			base, figure.per = rest, noun
			break
		}
	}
	if base == "" { // per_user and per_job are the total's
		figure.component = pricing.Everything
		return figure, nil
	}
	var err error
	if figure.component, err = pricing.ParseComponent(base[1:]); err != nil {
		return figureID{}, fmt.Errorf("no such figure; figures are total, per_user, per_job, a component or a group of "+
			"components (such as compute.baseline.vcpu or compute), each also with .per_user or .per_job, and %sNAME.MEASURE",
			alternatives)
	}
	return figure, nil
}

// Figure returns one figure of the estimate by id:
//
//   - total, per_user, per_job;
//   - a component such as compute.baseline.vcpu, or a group such as compute or compute.peak, zero where the bill has no
//     such line; with the suffix .per_user or .per_job divided by their number;
//   - alternatives.NAME.MEASURE, such as alternatives.EC2 t4g.medium.ratio. Ratios and hours are rounded half-even at
//     pricing.RatioPlaces.
func (e *Estimate) Figure(id string) (decimal.Decimal, error) {
	figure, err := parseFigureID(id)
	if err != nil {
		return decimal.Decimal{}, err
	}
	if figure.measure != "" {
		return e.alternativeFigure(figure.alternative, figure.measure)
	}
	sum := e.Bill.Sum(figure.component)
	if figure.per == "" {
		return sum, nil
	}
	count, noun := e.Scenario.PerUnit()
	if figure.per != noun {
		return decimal.Decimal{}, fmt.Errorf("the workload is counted in %ss", noun)
	}
	return pricing.Divide(sum, count, pricing.AmountPlaces), nil
}

func (e *Estimate) alternativeFigure(name, measure string) (decimal.Decimal, error) {
	for _, c := range e.Comparisons {
		if c.Name != name {
			continue
		}
		if c.Unknown() != "" {
			return decimal.Decimal{}, c.Err
		}
		if _, noun := e.Scenario.PerUnit(); strings.HasPrefix(measure, "per_") && measure != "per_"+noun {
			return decimal.Decimal{}, fmt.Errorf("the workload is counted in %ss", noun)
		}
		value := c.measure(measure, e.Bill.Total())
		if value == nil {
			why := c.BreakEven.Sentence
			if slices.Contains(quotients, measure) {
				why = "one of the two costs nothing"
			}
			return decimal.Decimal{}, fmt.Errorf("%s has no %s: %s", name, measure, why)
		}
		return *value, nil
	}
	var names []string
	for _, c := range e.Comparisons {
		names = append(names, c.Name)
	}
	return decimal.Decimal{}, fmt.Errorf("no alternative is named %q; the compare list has: %s", name, list(names))
}

// measure returns one figure of a comparison, nil where it does not exist.
func (c Comparison) measure(name string, total decimal.Decimal) *decimal.Decimal {
	var value *decimal.Decimal
	switch name {
	case "monthly":
		return &c.Monthly
	case "per_user", "per_job":
		return &c.PerUnit
	case "ratio":
		value = c.Ratio
	case "inverse_ratio":
		if total.IsPositive() {
			value = new(pricing.Divide(c.Monthly, total, pricing.AmountPlaces))
		}
	case "saving_percent":
		if c.Monthly.IsPositive() {
			value = new(pricing.Divide(c.Monthly.Sub(total).Shift(2), c.Monthly, pricing.AmountPlaces))
		}
	case "running_hours_per_month":
		value = c.BreakEven.HoursPerMonth
	case "hours_per_day":
		value = c.BreakEven.HoursPerDay
	case "hours_per_day_20":
		value = c.BreakEven.HoursPerDayOver(20)
	case "hours_per_day_22":
		value = c.BreakEven.HoursPerDayOver(22)
	case "hours_per_day_30":
		value = c.BreakEven.HoursPerDayOver(30)
	}
	if value == nil {
		return nil
	}
	return new(value.RoundBank(pricing.RatioPlaces))
}
