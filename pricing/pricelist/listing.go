package pricelist

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"microspend/pricing"
)

// Listing is what a price list says of MicroVMs. The zero value has no regions.
type Listing struct {
	// PassedOver counts MicroVM products that are no rate of any card: those whose group and description disagree about
	// the architecture, and those sold in no region.
	PassedOver int

	// Unrecognized has the groups of MicroVM products that are nothing known to be billed, in alphabetical
	// order. If there are any, AWS may bill something that this program does not know of.
	Unrecognized []string

	byRegion    map[string][]*entry
	moreFollows bool
}

// Regions lists the regions that have any MicroVM product, in alphabetical order.
func (l Listing) Regions() []string { return slices.Sorted(maps.Keys(l.byRegion)) }

// Card makes the rate card of one region, complete, or reports everything that is wrong with the region's prices. Only
// compute on another architecture than ARM64 may be missing, which not every region has: its rate is unknown.
//
// What a price list does not tell, when MicroVMs opened in the region and the name by which base calls it, comes from
// base, the present card; its rates don't. Base may be zero. Each rate is dated by the list's own publication, and by
// readOn where the list does not tell.
func (l Listing) Card(region string, base pricing.RateCard, readOn pricing.Date) (pricing.RateCard, error) {
	if len(l.byRegion[region]) == 0 {
		return pricing.RateCard{}, fmt.Errorf("no MicroVM prices for region %q in this price list; it has them for %s",
			region, strings.Join(l.Regions(), ", "))
	}
	if base.Region != "" && base.Region != region {
		return pricing.RateCard{}, fmt.Errorf("the card of %s is no base for %s", base.Region, region)
	}
	card := pricing.RateCard{Name: pricing.ListCard, Region: region, Location: base.Location, Opened: base.Opened}
	var (
		faults  []error
		lacking []string
		refused []Product
	)
	rates := map[pricing.Rated]pricing.Rate{}
	for _, rated := range pricing.AllRated() {
		candidates, contradictory := l.candidates(region, rated)
		for _, e := range candidates {
			faults = append(faults, e.fault)
		}
		switch len(candidates) {
		case 0:
			if rated.Optional() {
				rates[rated] = l.none(region, rated, readOn)
				continue
			}
			lacking = append(lacking, rated.PriceListGroup())
			refused = append(refused, contradictory...)
		case 1:
			rates[rated] = candidates[0].rate(readOn)
			card.Location = cmp.Or(card.Location, candidates[0].location)
		default:
			for _, other := range candidates[1:] {
				faults = append(faults, duplicate(candidates[0], other))
			}
		}
	}
	if len(lacking) > 0 {
		faults = append(faults, missing(region, lacking, refused, l.moreFollows))
	}
	if err := errors.Join(faults...); err != nil {
		return pricing.RateCard{}, err
	}
	return card.WithRates(rates), nil
}

// none is the rate that the list does not have, with where it was looked for.
func (l Listing) none(region string, rated pricing.Rated, readOn pricing.Date) pricing.Rate {
	list := entry{Product: Product{Group: rated.PriceListGroup()}, edition: l.byRegion[region][0].edition}.rate(readOn)
	return pricing.Rate{Source: "not found in " + list.Source, ReadOn: list.ReadOn}
}

// candidates are the products that claim to be a rate. Contradictory ones never are, and serve for messages only.
func (l Listing) candidates(region string, rated pricing.Rated) (candidates []*entry, contradictory []Product) {
	for _, e := range l.byRegion[region] {
		switch {
		case e.rated != rated:
		case e.contradictory:
			contradictory = append(contradictory, e.Product)
		default:
			candidates = append(candidates, e)
		}
	}
	return candidates, contradictory
}

// PresentCards gives the cards that there are already. [pricing.CardSource] does.
type PresentCards interface {
	Card(region string) (pricing.RateCard, error)
}

// Cards makes the cards of all regions, in the order of [Listing.Regions], or reports everything that is wrong in any
// of them and makes none. Bases are taken from present where it has them.
func (l Listing) Cards(present PresentCards, readOn pricing.Date) ([]pricing.RateCard, error) {
	var cards []pricing.RateCard
	var faults []error
	for _, region := range l.Regions() {
		base, err := present.Card(region)
		if _, none := errors.AsType[*pricing.NoCardError](err); err != nil && !none {
			faults = append(faults, fmt.Errorf("the present %w; remove it to import another", err))
			continue
		}
		card, err := l.Card(region, base, readOn)
		cards, faults = append(cards, card), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return cards, nil
}

func (e entry) rate(readOn pricing.Date) pricing.Rate {
	list := "AWS Price List"
	if e.edition.Version != "" {
		list += " " + e.edition.Version
	}
	if !e.edition.Published.IsZero() {
		readOn = e.edition.Published
	}
	return pricing.Rate{Figure: e.price, Per: pricing.PerUnit, Source: list + ", group " + e.Group, ReadOn: readOn}
}
