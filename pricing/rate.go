package pricing

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

const (
	// HoursPerGBMonth is the length of the month in AWS's prices for snapshot storage "per GB-month": 720 hours
	// (0.0001111111 per GB-hour × 720 = 0.08 per GB-month, us-east-1, read 2026-09-19). It applies to nothing else.
	HoursPerGBMonth = 720

	// HoursPerInstanceMonth is the length of the month by which EC2 and Fargate prices are quoted: 730 hours, that is
	// 8,760 a year over 12. It applies to nothing else.
	HoursPerInstanceMonth = 730

	// SecondsPerHour converts between rates published per hour and time billed per second.
	SecondsPerHour = 3600
)

// Per says how many billed units one rate pays for.
type Per int64

const (
	// PerUnit is a rate for one billed unit, as the Price List gives them.
	PerUnit Per = 1
	// PerHour is a rate per vCPU-hour or GB-hour of running time, billed by the second.
	PerHour Per = SecondsPerHour
	// PerGBMonth is a rate per GB-month of storage, billed by the GB-hour.
	PerGBMonth Per = HoursPerGBMonth
)

// Rate is what one billed quantity costs, as its source publishes it, in US dollars. The zero value is a rate that is
// not known, which is different from a rate of zero.
type Rate struct {
	Figure decimal.Decimal // as published
	Per    Per             // how many billed units Figure pays for; 0 where the rate is not known
	Source string          // where the figure was read
	ReadOn Date            // when; the zero date where that is not known
	Inline bool            // given by the user beside the workload rather than by a card
}

// Known says whether there is a figure.
func (r Rate) Known() bool { return r.Per != 0 }

// of prices a number of billed units that was multiplied by divisor, dividing once and last. Without a remainder the
// result is exact, otherwise half-even at AmountPlaces.
func (r Rate) of(units decimal.Decimal, divisor int64) decimal.Decimal {
	amount := units.Mul(r.Figure)
	if by := int64(r.Per) * divisor; by != 1 {
		amount = Divide(amount, decimal.NewFromInt(by), AmountPlaces)
	}
	return amount
}

// less is the rate after a discount.
func (r Rate) less(discount decimal.Decimal) Rate {
	if !discount.IsZero() {
		r.Figure = r.Figure.Mul(one.Sub(discount))
	}
	return r
}

// Amount is what so many billed units cost at the rate: exact, or half-even at AmountPlaces where the rate is published
// per hour or per month and the division leaves a remainder.
func (r Rate) Amount(units decimal.Decimal) decimal.Decimal { return r.of(units, 1) }

// UnknownRateError says that a workload needs a rate that no source gives.
type UnknownRateError struct {
	Region   string
	Quantity BilledQuantity
}

func (e *UnknownRateError) Error() string {
	return fmt.Sprintf("the %s rate of %s is not known; give it in the scenario or refresh the rates",
		e.Quantity.Name(), e.Region)
}

// Date is a calendar day, the precision at which sources are dated. The zero value is a day not known.
type Date struct{ day time.Time }

// ParseDate reads a day written as 2026-09-19.
func ParseDate(text string) (Date, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.IsZero() { // the first day of year 1 stands for a day not known
		return Date{}, fmt.Errorf("%q is not a date such as 2026-09-19", text)
	}
	return Date{day}, nil
}

// DateOf returns the UTC day of a moment.
func DateOf(moment time.Time) Date { return Date{moment.UTC().Truncate(24 * time.Hour)} }

// IsZero says whether the day is not known.
func (d Date) IsZero() bool { return d.day.IsZero() }

// Before says whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.day.Before(other.day) }

// DaysUntil counts the whole days from d to a moment, negative if the moment is earlier.
func (d Date) DaysUntil(moment time.Time) int {
	return int(DateOf(moment).day.Sub(d.day) / (24 * time.Hour))
}

// String writes the day as 2026-09-19, and a day not known as "".
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.day.Format(time.DateOnly)
}
