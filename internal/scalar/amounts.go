package scalar

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Positive is a number above zero, with or without a $ before it.
type Positive struct{ decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (p *Positive) ParseScalar(text string) error {
	var any Price
	if err := any.ParseScalar(text); err != nil {
		return err
	}
	if any.IsZero() {
		return fmt.Errorf("%s is not above zero", text)
	}
	p.Decimal = any.Decimal
	return nil
}

// Proportion is a percentage that may be more than the whole: 120% is kept as 1.2. It is zero or more.
type Proportion struct{ Fraction decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (p *Proportion) ParseScalar(text string) error {
	number, ok := strings.CutSuffix(text, "%")
	value, err := pricing.ParseDecimal(strings.TrimSpace(number))
	if !ok || err != nil || value.IsNegative() {
		return fmt.Errorf("%.60q is not a percentage such as 80%%", text)
	}
	p.Fraction = value.Shift(-2)
	return nil
}
