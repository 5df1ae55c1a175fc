package scenarios

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
)

// dollars writes an amount for a sentence: to the cent, or for less than a dollar to three significant digits.
func dollars(d decimal.Decimal) string {
	if d.Abs().LessThan(decimal.NewFromInt(1)) && !d.IsZero() {
		return significant(d, 3)
	}
	return figures.Fixed(d, 2)
}

// hoursText writes a running time for a sentence: to a hundredth of an hour, or less than an hour to three significant
// digits.
func hoursText(d decimal.Decimal) string {
	if d.Abs().LessThan(decimal.NewFromInt(1)) && !d.IsZero() {
		return significant(d, 3)
	}
	return figures.UpTo(d, 2)
}

// significant writes d rounded half-even to a number of significant digits, in plain notation.
func significant(d decimal.Decimal, digits int32) string {
	// NumDigits counts the coefficient's digits; the first of them has the weight 10^(NumDigits−1+Exponent).
	leading := int32(d.NumDigits()) - 1 + d.Exponent()
	return d.RoundBank(digits - 1 - leading).String()
}

// eachDay names a user's active days.
func eachDay(days decimal.Decimal) string {
	if days.Equal(decimal.NewFromInt(1)) {
		return "its one day"
	}
	return "each of " + figures.Grouped(days) + " days"
}

func list(words []string) string { return strings.Join(words, ", ") }

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return figures.Count(n, "time")
}
