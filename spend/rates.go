package spend

import (
	"errors"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
)

// regionRates are a region's own rates, as they are written: figures, or a card.
type regionRates struct {
	Card         string `yaml:"card"`
	scalar.Rates `yaml:",inline"`
}

func (r regionRates) check(doc *strictyaml.Document, path, region string) {
	if !pricing.IsRegionName(region) {
		doc.Fault(path, "%.60q is not an AWS region such as eu-west-1", region)
	}
	r.Check(path, doc.Fault)
}

// cards are the rates of a configuration over those of a list.
type cards struct {
	base      Rates
	discounts *scalar.Discounts
	regions   map[string]regionRates
	private   map[string]pricing.RateCard
}

// Rates lays the configuration's own rates over a list's. Private rate cards are read at once through read, which
// gets the paths as they are written; an error names the place in the configuration.
func (c Config) Rates(list Rates, read func(path string) ([]byte, error)) (Rates, error) {
	out := cards{list, c.discounts, map[string]regionRates{}, map[string]pricing.RateCard{}}
	var faults []error
	for _, region := range c.rates {
		out.regions[region.Key] = region.Value
		if region.Value.Card == "" {
			continue
		}
		path := "rates." + region.Key + ".card"
		text, err := read(region.Value.Card)
		if err != nil {
			faults = append(faults, c.doc.Error(path, "%s", err))
			continue
		}
		card, err := pricing.ParseCard(text)
		switch {
		case err != nil:
			faults = append(faults, c.doc.Error(path, "%s: %s", region.Value.Card, err))
		case card.Region != region.Key:
			faults = append(faults, c.doc.Error(path, "%s is the card of %s", region.Value.Card, card.Region))
		}
		out.private[region.Key] = card
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return out, nil
}

// Card implements [Rates]. Where a region has rates of its own, the list's are kept beside them: see
// [pricing.RateCard.ListRate].
func (c cards) Card(region string) (pricing.RateCard, error) {
	public, err := c.base.Card(region)
	var none *pricing.NoCardError
	if err != nil && !errors.As(err, &none) {
		return public, err
	}
	own, given := c.regions[region]
	card, private := c.private[region]
	inline := own.Inline("given in the configuration")
	switch {
	case private:
	case len(inline) == len(pricing.BilledQuantities()), none != nil && len(inline) > 0:
		card = pricing.RateCard{Name: "inline", Region: region}
	case none != nil:
		return public, err
	default:
		card = public
	}
	if len(inline) > 0 && card.Name != "inline" {
		card.Name += " with inline figures"
	}
	for q, rate := range inline {
		card = card.With(q, rate)
	}
	if private || len(inline) > 0 {
		card = card.AgainstList(public)
	}
	card.Discounts = c.discounts.Over(card.Discounts)
	if given {
		card.Discounts = own.Discount.Over(card.Discounts)
	}
	return card, nil
}
