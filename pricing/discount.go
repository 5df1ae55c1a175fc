package pricing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Discounts are, for each billed quantity, the part of every amount that is not charged: from 0 up to but not
// including 1. They come off the rates that a card gives, whoever's those are. AWS states no Savings Plan or free tier
// for MicroVMs; this is for a price agreed with AWS. The zero value is no discount.
type Discounts [QuantityCount]decimal.Decimal

// FlatDiscount is the same discount on everything.
func FlatDiscount(fraction decimal.Decimal) Discounts {
	var d Discounts
	for q := range d {
		d[q] = fraction
	}
	return d
}

// Over lays discounts over others: all, where it is given, takes the place of every one, and each of own that of its
// quantity. Either may be nil.
func (d Discounts) Over(all *decimal.Decimal, own map[BilledQuantity]*decimal.Decimal) Discounts {
	if all != nil {
		d = FlatDiscount(*all)
	}
	for q, fraction := range own {
		if fraction != nil {
			d[q] = *fraction
		}
	}
	return d
}

// ParseDiscounts reads discounts as flags give them: "5%" is of everything, "vcpu=10%" of one billed quantity, which
// wins over it wherever it stands.
func ParseDiscounts(texts []string) (Discounts, error) {
	var all *decimal.Decimal
	own := map[BilledQuantity]*decimal.Decimal{}
	for _, text := range texts {
		name, figure, named := strings.Cut(text, "=")
		if !named {
			figure = name
		}
		number, isPercent := strings.CutSuffix(strings.TrimSpace(figure), "%")
		percent, err := ParseDecimal(number)
		if !isPercent || err != nil || percent.IsNegative() || !percent.LessThan(decimal.NewFromInt(100)) {
			return Discounts{}, fmt.Errorf("%.60q is not a discount such as 5%% or vcpu=10%%, from 0%% to below 100%%", text)
		}
		fraction := percent.Shift(-2)
		if !named {
			all = &fraction
			continue
		}
		q, known := ParseBilledQuantity(name)
		if !known {
			return Discounts{}, fmt.Errorf("%.60q is not a billed quantity; they are vcpu, memory, snapshot.read, "+
				"snapshot.write and storage", name)
		}
		own[q] = &fraction
	}
	return Discounts{}.Over(all, own), nil
}

// IsZero reports whether nothing is discounted.
func (d Discounts) IsZero() bool {
	return !slices.ContainsFunc(d[:], func(fraction decimal.Decimal) bool { return !fraction.IsZero() })
}

// Flat is the discount that all quantities have in common, and false where they differ.
func (d Discounts) Flat() (decimal.Decimal, bool) {
	for _, fraction := range d[1:] {
		if !fraction.Equal(d[0]) {
			return decimal.Decimal{}, false
		}
	}
	return d[0], true
}

// String writes a flat discount as "5%", others as "10% on vCPU, 5% on memory", and none as "".
func (d Discounts) String() string {
	if d.IsZero() {
		return ""
	}
	if flat, ok := d.Flat(); ok {
		return flat.Shift(2).String() + "%"
	}
	var parts []string
	for _, q := range BilledQuantities() {
		if !d[q].IsZero() {
			parts = append(parts, d[q].Shift(2).String()+"% on "+q.Name())
		}
	}
	return strings.Join(parts, ", ")
}
