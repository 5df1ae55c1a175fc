package report

import "github.com/shopspring/decimal"

// unitPrice writes what one user or job costs so that it can be read: fractions of a cent are given per thousand or per
// million, as in "$0.30 per 1,000 jobs".
func unitPrice(each decimal.Decimal, noun string) string {
	for _, scale := range []struct {
		by    int32
		words string
	}{{0, "per " + noun}, {3, "per 1,000 " + noun + "s"}, {6, "per million " + noun + "s"}} {
		amount := each.Shift(scale.by)
		if amount.GreaterThanOrEqual(readable) || scale.by == 6 || each.IsZero() {
			return dollars(amount) + " " + scale.words
		}
	}
	return ""
}

// readable is the least amount that two decimals show well.
var readable = decimal.New(10, -2)
