package report

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
)

// Figures in tables are rounded half-even, in fixed point, with commas between thousands. The exact ones are in JSON and
// CSV.

// fixed writes d with so many decimals.
func fixed(d decimal.Decimal, places int32) string { return figures.Fixed(d, places) }

// upTo writes d with at most so many decimals, and no more than it has.
func upTo(d decimal.Decimal, places int32) string { return figures.UpTo(d, places) }

// signed writes a change with its sign, and none as "0".
func signed(d decimal.Decimal, places int32) string { return figures.Signed(d, places) }

const (
	centPlaces = 2
	mostPlaces = 8
)

// placesFor is the number of decimals at which a column of amounts shows at least two significant digits of its smallest
// amount: two, or more where there are fractions of a cent.
func placesFor(amounts []decimal.Decimal) int32 {
	places := int32(centPlaces)
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

// unitPrice writes what one user or job costs so that it can be read: fractions of a cent are given per thousand or per
// million, as in "$0.30 per 1,000 jobs".
func unitPrice(each decimal.Decimal, noun string) string {
	for _, scale := range []struct {
		by    int32
		words string
	}{{0, "per " + noun}, {3, "per 1,000 " + noun + "s"}, {6, "per million " + noun + "s"}} {
		amount := each.Shift(scale.by)
		if amount.GreaterThanOrEqual(readable) || scale.by == 6 || each.IsZero() {
			return "$" + fixed(amount, centPlaces) + " " + scale.words
		}
	}
	return ""
}

// readable is the least amount that two decimals show well.
var readable = decimal.New(10, -2)
