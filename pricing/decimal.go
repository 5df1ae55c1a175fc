package pricing

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/shopspring/decimal"
)

const (
	// AmountPlaces is the number of decimals at which an amount is rounded, half-even, when a division leaves a
	// remainder.
	AmountPlaces = 20

	// RatioPlaces is the number of decimals of ratios and break-even points.
	RatioPlaces = 10

	// maxIntegerDigits and maxFractionDigits bound what [ParseDecimal] accepts, so that no input can make exact
	// arithmetic slow: 15 digits hold a quadrillion dollars, 20 decimals are as fine as an amount is kept.
	maxIntegerDigits  = 15
	maxFractionDigits = 20
)

// errNotPlain is what every malformed number gets; the caller names the field.
var errNotPlain = errors.New("not a plain decimal number such as 12 or 0.0000291572 (no exponent, no separators)")

// ParseDecimal reads a number in plain notation: an optional minus, digits, and optionally a point with digits after
// it. Exponents, separators, NaN and infinities are refused, as are more than 15 digits before the point or 20 after
// it, so that the cost of exact arithmetic on the result is bounded.
func ParseDecimal(s string) (decimal.Decimal, error) {
	digits := strings.TrimPrefix(s, "-")
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if !allDigits(whole) || (hasPoint && !allDigits(fraction)) {
		return decimal.Decimal{}, errNotPlain
	}
	if len(strings.TrimLeft(whole, "0")) > maxIntegerDigits {
		return decimal.Decimal{}, fmt.Errorf("too large: at most %d digits before the point", maxIntegerDigits)
	}
	if len(fraction) > maxFractionDigits || len(whole) > maxIntegerDigits+maxFractionDigits {
		return decimal.Decimal{}, fmt.Errorf("too long: at most %d digits before and %d after the point",
			maxIntegerDigits, maxFractionDigits)
	}
	return decimal.NewFromString(s)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Divide returns a / b rounded half-even to places decimals. Every division of money, rates or quantities in
// microspend goes through it, so that each names its precision. It panics if b is zero.
func Divide(a, b decimal.Decimal, places int32) decimal.Decimal {
	above, below := a.Coefficient(), b.Coefficient()
	if scale := int(a.Exponent()) - int(b.Exponent()) + int(places); scale >= 0 {
		above.Mul(above, powerOfTen(scale))
	} else {
		below.Mul(below, powerOfTen(-scale))
	}
	// The quotient is truncated towards zero; compare twice the rest with the divisor.
	quotient, rest := above.QuoRem(above, below, new(big.Int))
	if rest.Sign() != 0 {
		away := int64(rest.Sign() * below.Sign()) // the sign of a / b
		if order := rest.Lsh(rest, 1).CmpAbs(below); order > 0 || order == 0 && quotient.Bit(0) == 1 {
			quotient.Add(quotient, big.NewInt(away))
		}
	}
	return decimal.NewFromBigInt(quotient, -places)
}

// powersOfTen are those that divisions need: up to the places of an amount and of the figures that go into it.
var powersOfTen = func() (powers [64]*big.Int) {
	powers[0] = big.NewInt(1)
	for i := 1; i < len(powers); i++ {
		powers[i] = new(big.Int).Mul(powers[i-1], big.NewInt(10))
	}
	return powers
}()

// powerOfTen must not be changed by whoever gets it.
func powerOfTen(n int) *big.Int {
	if n < len(powersOfTen) {
		return powersOfTen[n]
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

var (
	secondsPerHour   = decimal.NewFromInt(SecondsPerHour)
	secondsPerMinute = decimal.NewFromInt(60)
)
