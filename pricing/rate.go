package pricing

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

const (
	// HoursPerGBMonth is the length of the month in AWS's prices for snapshot storage "per GB-month": 720 hours
	// (0.0001111111 per GB-hour × 720 = 0.08 per GB-month, us-east-1, read 2026-09-19). It applies to snapshot storage
	// alone.
	HoursPerGBMonth = 720

	// HoursPerInstanceMonth is the length of the month by which EC2 and Fargate prices are quoted: 730 hours, that is
	// 8,760 a year over 12. It applies to instances and tasks alone.
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

func (p Per) decimal() decimal.Decimal { return decimal.NewFromInt(int64(p)) }

// Rate is what one billed quantity costs, as its source publishes it, in US dollars. The zero value is a rate that is
// not known, which is different from a rate of zero.
//
// Its methods are the only place in the program where a rate is multiplied or a discount applied. Elsewhere code asks
// for an amount or for another rate, so that the bill, the exports and the explanation of a line cannot disagree.
type Rate struct {
	Figure decimal.Decimal // as published
	Per    Per             // how many billed units Figure pays for; 0 where the rate is not known
	Source string          // where the figure was read
	ReadOn Date            // when; the zero date where that is not known
	Inline bool            // given by the user beside the workload rather than by a card
	Since  Date            // the first day on which it is known to hold; the zero date where it always does. See [Series]
}

// Known reports whether there is a figure.
func (r Rate) Known() bool { return r.Per != 0 }

// Equal reports whether two rates have the same figure for the same number of units. A rate per hour is not equal to
// the same price per second: the two round differently.
func (r Rate) Equal(other Rate) bool { return r.Per == other.Per && r.Figure.Equal(other.Figure) }

// Net is the rate that is charged where r is listed: r less the discount, a fraction from 0 up to but not including 1.
// The discount comes off the rate and not off the amount, because an amount has already been rounded where its rate is
// published per hour or per month.
func (r Rate) Net(discount decimal.Decimal) Rate {
	if discount.IsZero() {
		return r
	}
	r.Figure = net(r.Figure, discount)
	return r
}

// net takes a discount off a price. There is no other place that does.
func net(price, discount decimal.Decimal) decimal.Decimal { return price.Mul(one.Sub(discount)) }

// Scale is the rate times a factor, exact.
func (r Rate) Scale(factor decimal.Decimal) Rate {
	r.Figure = r.Figure.Mul(factor)
	return r
}

// Amount is what a number of billed units costs at the rate: exact, or half-even at AmountPlaces where the rate is
// published per hour or per month and the division leaves a remainder. The rate must be known: it panics where it is
// not, as what nobody knows is not nothing. See [Rate.Known]; [Workload.Bill] and its likes return an
// [UnknownRateError].
func (r Rate) Amount(units decimal.Decimal) decimal.Decimal { return r.price(units, 1) }

// price is the amount for a number of units that was multiplied by divisor. Both divisions, by the divisor and by what
// the rate is published per, are one division and come last: a quotient that is multiplied afterwards would multiply
// its rounding too.
func (r Rate) price(units decimal.Decimal, divisor int64) decimal.Decimal {
	amount := units.Mul(r.Figure)
	if by := int64(r.Per) * divisor; by != 1 {
		amount = Divide(amount, decimal.NewFromInt(by), AmountPlaces)
	}
	return amount
}

// Units is how many billed units an amount pays for, half-even at AmountPlaces. It reports false where the rate is not
// known or is zero, as then any number of units costs the same.
func (r Rate) Units(amount decimal.Decimal) (units decimal.Decimal, ok bool) {
	if !r.Known() || r.Figure.IsZero() {
		return decimal.Decimal{}, false
	}
	return Divide(amount.Mul(r.Per.decimal()), r.Figure, AmountPlaces), true
}

// In is the same price quoted per another number of billed units, half-even at AmountPlaces. The rate must be known.
func (r Rate) In(per Per) Rate {
	if r.Per != per {
		r.Figure, r.Per = Divide(r.Figure.Mul(per.decimal()), r.Per.decimal(), AmountPlaces), per
	}
	return r
}

// Quoted is a number of billed units in the unit that the rate is quoted in, such as GB-months for a rate per
// GB-month, half-even at AmountPlaces; and what that many cost, which is the product of the two figures as an export
// prints them. [Rate.Amount] is the better figure of a bill, as it divides last. The rate must be known.
func (r Rate) Quoted(units decimal.Decimal) (quantity, cost decimal.Decimal) {
	quantity = units
	if r.Per != PerUnit {
		quantity = Divide(units, r.Per.decimal(), AmountPlaces)
	}
	return quantity, r.Figure.Mul(quantity)
}

// Compare compares the price of one billed unit at r with times that at other: -1 where it is less, 0 where they are
// equal, 1 where it is more. Each is multiplied by what the other's figure pays for, so nothing is divided or rounded.
func (r Rate) Compare(other Rate, times int64) int {
	ours := r.Figure.Mul(other.Per.decimal())
	theirs := other.Figure.Mul(r.Per.decimal()).Mul(decimal.NewFromInt(times))
	return ours.Cmp(theirs)
}

// ChangePercent is how much more one billed unit costs at another rate, in percent of what it costs at r, half-even at
// RatioPlaces. It reports false where either is not known or r is zero.
func (r Rate) ChangePercent(to Rate) (percent decimal.Decimal, ok bool) {
	if !r.Known() || !to.Known() || r.Figure.IsZero() {
		return decimal.Decimal{}, false
	}
	before, after := r.Figure.Mul(to.Per.decimal()), to.Figure.Mul(r.Per.decimal())
	return Divide(after.Sub(before).Shift(2), before, RatioPlaces), true
}

// ChargedPercent is the part of a rate that a discount leaves to be charged, in percent.
func ChargedPercent(discount decimal.Decimal) decimal.Decimal { return one.Sub(discount).Shift(2) }

// Prorate is the part of an amount that belongs to part of a whole, amount × part / whole, half-even at AmountPlaces:
// the cost of an hour from that of a day, or of a month at the pace of the days measured. It panics where the whole is
// zero. Parts that must add up to the whole are not prorated one by one but allocated.
func Prorate(amount, part, whole decimal.Decimal) decimal.Decimal {
	return Divide(amount.Mul(part), whole, AmountPlaces)
}

// ProrateTime is [Prorate] by whole units of time, such as seconds.
func ProrateTime(amount decimal.Decimal, part, whole int64) decimal.Decimal {
	return Prorate(amount, decimal.NewFromInt(part), decimal.NewFromInt(whole))
}

// ErrUnknownRate is what every [UnknownRateError] is, for errors.Is.
var ErrUnknownRate = errors.New("a rate is not known")

// UnknownRateError says that a workload needs a rate that no source gives.
type UnknownRateError struct {
	Region string // "" where the card has none, as an empty one
	Rated
}

// Is reports whether the target is [ErrUnknownRate].
func (e *UnknownRateError) Is(target error) bool { return target == ErrUnknownRate }

// unknownRate is the error that the card does not know the rate of a quantity.
func (c RateCard) unknownRate(q BilledQuantity) *UnknownRateError {
	return &UnknownRateError{c.Region, q.On(c.Arch())}
}

func (e *UnknownRateError) Error() string {
	if e.Region == "" {
		return fmt.Sprintf("the %s rate is not known: the rate card has no region and no rates", e.Name())
	}
	return fmt.Sprintf("the %s rate of %s is not known", e.Name(), e.Region)
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

// IsZero reports whether the day is not known.
func (d Date) IsZero() bool { return d.day.IsZero() }

// Before reports whether d is an earlier day than other.
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

// MarshalText writes what String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes: a day, or nothing for one that is not known.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d = Date{}
	if len(text) > 0 {
		*d, err = ParseDate(string(text))
	}
	return err
}
