package view

import (
	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Figures for people are rounded half-even, in fixed point, with commas between thousands. The exact ones are in JSON and
// CSV.

const (
	// CentPlaces is how many decimals an amount of money is shown with.
	CentPlaces = 2
	mostPlaces = 8
)

// FormatFixed writes d with so many decimals.
func FormatFixed(d decimal.Decimal, places int32) string { return pricing.GroupedFixed(d, places) }

// FormatUpTo writes d with at most so many decimals, and no more than it has.
func FormatUpTo(d decimal.Decimal, places int32) string { return pricing.Grouped(d.RoundBank(places)) }

// FormatSigned writes a change with its sign.
func FormatSigned(d decimal.Decimal, places int32) string {
	text := FormatFixed(d, places)
	if d.IsPositive() {
		return "+" + text
	}
	return text
}

// PlacesFor is the number of decimals at which a column of amounts shows at least two significant digits of its smallest
// amount: two, or more where there are fractions of a cent.
func PlacesFor(amounts []decimal.Decimal) int32 {
	places := int32(CentPlaces)
	for _, a := range amounts {
		if a.IsZero() {
			continue
		}
		leading := int32(a.NumDigits()) - 1 + a.Exponent()
		if leading < 0 {
			places = max(places, min(1-leading, mostPlaces))
		}
	}
	return places
}
