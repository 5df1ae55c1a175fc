package spend

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// The types in this file are the values that the configuration is written in. Each reads itself from the text of one YAML
// scalar and knows its own bounds.

// price is an amount of US dollars, zero or more, kept exactly as written.
type price struct{ decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (p *price) ParseScalar(text string) error {
	value, err := pricing.ParseDecimal(strings.TrimPrefix(text, "$"))
	if err != nil {
		return fmt.Errorf("%.60q is %w", text, err)
	}
	if value.IsNegative() {
		return fmt.Errorf("%s is below zero", text)
	}
	p.Decimal = value
	return nil
}

func priceOrNil(p *price) *decimal.Decimal {
	if p == nil {
		return nil
	}
	return &p.Decimal
}

// positive is a number above zero, with or without a $ before it.
type positive struct{ decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (p *positive) ParseScalar(text string) error {
	var any price
	if err := any.ParseScalar(text); err != nil {
		return err
	}
	if any.IsZero() {
		return fmt.Errorf("%s is not above zero", text)
	}
	p.Decimal = any.Decimal
	return nil
}

// percent is written as 80% and kept as 0.8.
type percent struct{ fraction decimal.Decimal }

// ParseScalar implements strictyaml.Scalar.
func (p *percent) ParseScalar(text string) error {
	number, ok := strings.CutSuffix(text, "%")
	value, err := pricing.ParseDecimal(strings.TrimSpace(number))
	if !ok || err != nil || value.IsNegative() {
		return fmt.Errorf("%.60q is not a percentage such as 80%%", text)
	}
	p.fraction = value.Shift(-2)
	return nil
}

// zone is a time zone by its IANA name.
type zone struct{ *time.Location }

// ParseScalar implements strictyaml.Scalar.
func (z *zone) ParseScalar(text string) error {
	loc, err := ParseLocation(text)
	z.Location = loc
	return err
}

// ParseLocation reads a time zone by its IANA name, such as UTC or Europe/Berlin. The machine's own zone is refused, as the
// same report would differ from one machine to the next.
func ParseLocation(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("a time zone has a name such as UTC or Europe/Berlin")
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%.60q is not a time zone such as UTC or Europe/Berlin", name)
	}
	return loc, nil
}
