package view

import (
	"github.com/shopspring/decimal"
)

const (
	// CentPlaces is how many decimals an amount of money is shown with.
	CentPlaces = 2
	mostPlaces = 8
)

// PlacesFor is the number of decimals at which a column of amounts shows at least two significant digits of its
// smallest amount: two, or more where there are fractions of a cent.
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
