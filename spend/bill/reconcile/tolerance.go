package reconcile

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Tolerance is how far ours may be from theirs: a part of the whole bill, or an amount in dollars. The zero value is
// none at all.
type Tolerance struct {
	fraction decimal.Decimal
	dollars  decimal.Decimal
}

// ParseTolerance reads 1%, $5 or 5.
func ParseTolerance(text string) (Tolerance, error) {
	number, isPercent := strings.CutSuffix(text, "%")
	value, err := pricing.ParseDecimal(strings.TrimPrefix(number, "$"))
	if err != nil || value.IsNegative() || (isPercent && strings.HasPrefix(number, "$")) {
		return Tolerance{}, fmt.Errorf("%.60q is neither a percentage such as 1%% nor an amount of dollars such as 5", text)
	}
	if isPercent {
		return Tolerance{fraction: value.Shift(-2)}, nil
	}
	return Tolerance{dollars: value}, nil
}

// of is the tolerance in dollars where the whole bill is so much.
func (t Tolerance) of(whole decimal.Decimal) decimal.Decimal {
	return whole.Abs().Mul(t.fraction).Add(t.dollars)
}

// String writes the tolerance as it is given in flags.
func (t Tolerance) String() string {
	if !t.fraction.IsZero() {
		return t.fraction.Shift(2).String() + "%"
	}
	return "$" + t.dollars.String()
}
