package pricelist

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// tiers are the prices of a term in the order of the usage that they are for. They must follow one another from zero
// on, without a gap or an overlap, and end at Inf.
func (t term) tiers() ([]dimension, error) {
	if len(t.PriceDimensions) == 0 {
		return nil, errors.New("its term has no price")
	}
	type tier struct {
		dimension
		begin decimal.Decimal
	}
	var tiers []tier
	for _, code := range slices.Sorted(maps.Keys(t.PriceDimensions)) {
		d := t.PriceDimensions[code]
		begin, err := pricing.ParseDecimal(d.BeginRange)
		if err != nil {
			return nil, fmt.Errorf("a tier begins at %.40q: %w", d.BeginRange, err)
		}
		tiers = append(tiers, tier{d, begin})
	}
	slices.SortStableFunc(tiers, func(a, b tier) int { return a.begin.Cmp(b.begin) })
	dimensions := make([]dimension, len(tiers))
	expected := decimal.Decimal{}
	for i, each := range tiers {
		dimensions[i] = each.dimension
		last := i == len(tiers)-1
		switch {
		case !each.begin.Equal(expected):
			return nil, fmt.Errorf("its tiers are out of order: one begins at %s, where %s is expected", each.begin, expected)
		case each.Unit != tiers[0].Unit:
			return nil, fmt.Errorf("its tiers are in %.40q and in %.40q", tiers[0].Unit, each.Unit)
		case last != (each.EndRange == "Inf"):
			return nil, fmt.Errorf("its tiers are out of order: the tier from %s ends at %.40q", each.begin, each.EndRange)
		case last:
			return dimensions, nil
		}
		end, err := pricing.ParseDecimal(each.EndRange)
		if err != nil || !end.GreaterThan(each.begin) {
			return nil, fmt.Errorf("its tiers are out of order: the tier from %s ends at %.40q", each.begin, each.EndRange)
		}
		expected = end
	}
	return dimensions, nil
}

var errZeroPrice = errors.New("its price is zero, which is implausible")

// dollars is a price as published.
func (d dimension) dollars() (decimal.Decimal, error) {
	text, given := d.PricePerUnit["USD"]
	if !given {
		others := strings.Join(slices.Sorted(maps.Keys(d.PricePerUnit)), ", ")
		return decimal.Decimal{}, fmt.Errorf("it has no price in USD (currencies given: %.40q)", others)
	}
	price, err := pricing.ParseDecimal(text)
	switch {
	case err != nil:
		return decimal.Decimal{}, fmt.Errorf("price %.40q: %w", text, err)
	case price.IsNegative():
		return decimal.Decimal{}, fmt.Errorf("its price %s is negative", text)
	case price.IsZero():
		return decimal.Decimal{}, errZeroPrice
	}
	return price, nil
}
