package pricelist

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Product names one product of the Price List.
type Product struct{ SKU, Group, Region string }

func (p Product) String() string {
	return fmt.Sprintf("%s: SKU %s of group %s", p.Region, p.SKU, p.Group)
}

// entry is a product that has to do with one rate, and what became of it.
type entry struct {
	Product
	page     string
	rated    pricing.Rated
	location string
	edition  Edition

	contradictory bool // seen, but never a rate, as it speaks of another architecture than its group's

	terms     []term
	termFault error

	price decimal.Decimal // where fault is nil
	fault error
}

func (e *entry) addTerms(text json.RawMessage) {
	terms, err := parseTerms(text)
	e.terms = append(e.terms, terms...)
	if err != nil {
		e.termFault = &PriceError{e.Product, err.Error()}
	}
}

// settle finds the one price, or everything that keeps it from being one.
func (e *entry) settle() {
	for _, t := range e.terms {
		for _, d := range t.PriceDimensions {
			e.contradictory = e.contradictory || contradicts(e.rated, d.Description)
		}
	}
	if e.contradictory {
		return
	}
	only, err := e.onlyDimension()
	if err != nil {
		e.fault = err
		return
	}
	price, priceErr := e.dollars(only)
	e.price, e.fault = price, errors.Join(e.checkUnit(only), e.checkRange(only), priceErr)
}

// onlyDimension finds the single price, since no rule says which of several would be billed.
func (e *entry) onlyDimension() (dimension, error) {
	switch {
	case e.termFault != nil:
		return dimension{}, e.termFault
	case len(e.terms) == 0:
		return dimension{}, e.refuse("it has no term on demand, so no price")
	case len(e.terms) > 1:
		return dimension{}, e.refuse("it has %d terms on demand, and which of them is billed cannot be told", len(e.terms))
	}
	prices := e.terms[0].PriceDimensions
	switch len(prices) {
	case 0:
		return dimension{}, e.refuse("its term has no price")
	case 1:
		return slices.Collect(maps.Values(prices))[0], nil
	}
	return dimension{}, e.refuse("it has %d prices (tiers); a rate card holds one", len(prices))
}

func (e *entry) checkUnit(d dimension) error {
	if sameUnit(d.Unit, e.rated.Quantity.Unit()) {
		return nil
	}
	// A changed unit is never converted: that AWS changed the unit means that it changed the price.
	return e.refuse("priced per %.40q where %s is expected; a changed unit is never priced, "+
		"so keep the present card and look at AWS's pricing page", d.Unit, e.rated.Quantity.Unit())
}

// sameUnit allows for the Price List's loose spelling: capitals or not, one or many.
func sameUnit(a, b string) bool {
	singular := func(unit string) string { return strings.TrimSuffix(strings.ToLower(unit), "s") }
	return singular(a) == singular(b)
}

func (e *entry) checkRange(d dimension) error {
	if d.BeginRange == "0" && d.EndRange == "Inf" {
		return nil
	}
	return e.refuse("its price is for usage from %.40q to %.40q only (a tier), not from 0 to Inf", d.BeginRange,
		d.EndRange)
}

func (e *entry) dollars(d dimension) (decimal.Decimal, error) {
	price, err := d.dollars()
	switch {
	case errors.Is(err, errZeroPrice):
		return price, e.refuse("%w: AWS charges for %s", err, e.rated.Name())
	case err != nil:
		return price, e.refuse("%w", err)
	}
	return price, nil
}

func (e *entry) refuse(format string, args ...any) error {
	return &PriceError{e.Product, fmt.Errorf(format, args...).Error()}
}
