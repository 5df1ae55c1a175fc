package figures

import "github.com/shopspring/decimal"

// prefixes are the thousands that [Short] counts in.
var prefixes = [...]string{"", " k", " M", " B", " T"}

// Short writes d with three digits that say something and what they count: 98.4, 20.5 k, 1.23 M, then B for 10^9 and T
// for 10^12, and 1.23e15 from there on. It rounds half-even, or towards zero where it is asked to, as a lower bound is
// still one then. What is smaller than one has two decimals, as [Fixed] writes them.
func Short(d decimal.Decimal, towardsZero bool) string {
	for i, prefix := range prefixes {
		scaled := d.Shift(int32(-3 * i))
		for places := int32(2); places >= 0; places-- {
			// The most decimals with which there are three digits once it is rounded: 9.996 is 10.0, and 999.6 is 1.00 k.
			if rounded := round(scaled, places, towardsZero); rounded.Abs().LessThan(decimal.New(1, 3-places)) {
				return rounded.StringFixed(places) + prefix
			}
		}
	}
	exponent := int32(d.NumDigits()) + d.Exponent() - 1
	mantissa := round(d.Shift(-exponent), 2, towardsZero)
	if mantissa.Abs().GreaterThanOrEqual(decimal.NewFromInt(10)) {
		exponent, mantissa = exponent+1, mantissa.Shift(-1)
	}
	return mantissa.StringFixed(2) + "e" + decimal.NewFromInt32(exponent).String()
}

func round(d decimal.Decimal, places int32, towardsZero bool) decimal.Decimal {
	if towardsZero {
		return d.Truncate(places)
	}
	return d.RoundBank(places)
}
