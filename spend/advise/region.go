package advise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend/whatif"
)

// moves looks for the cheapest region for what a tenant runs in one. Regions of which a rate is not known are not
// judged; of those that cost the same, one that the fleet is in already is taken.
func (f *fleet) moves() (all []found) {
	candidates := f.candidates()
	places, cells := f.byPlace()
	for _, at := range places {
		var best found
		var least decimal.Decimal
		for _, region := range candidates {
			if region == at.region {
				continue
			}
			one := found{key: []string{at.tenant, at.region}}
			for _, c := range cells[at] {
				one.edits = append(one.edits, edit{cell: c, region: region})
			}
			lines, err := f.bill(one.edits, nil)
			if err != nil {
				continue // of what it needs, a rate is not known here or there
			}
			actual, changed := totals(lines)
			if saving := actual.Sub(changed); saving.GreaterThan(least) {
				least, best = saving, one
				best.To = region
			}
		}
		if best.To == "" {
			continue
		}
		best.Subject, best.Region, best.From = fmt.Sprintf("%s in %s", at.tenant, at.region), at.region, at.region
		best.Tenant = at.tenant
		card, err := f.card(best.To)
		if err != nil {
			continue
		}
		best.Change = whatif.Change{Region: best.To, Card: card}
		best.RestsOn = []pricing.Note{assumption.SameUsage.Clause()}
		best.Risk = "latency to users and data, where data may be kept, and moving it; images are stored there, too"
		best.How = fmt.Sprintf("create the image in %s and call RunMicrovm there", best.To)
		all = append(all, best)
	}
	return all
}

// candidates are the regions of which every rate is known, one of each price.
func (f *fleet) candidates() (regions []string) {
	inUse := map[string]bool{}
	for _, c := range f.cells {
		inUse[c.region] = true
	}
	sorted := slices.Clone(f.regions)
	slices.SortStableFunc(sorted, func(a, b string) int {
		switch {
		case inUse[a] == inUse[b]:
			return strings.Compare(a, b)
		case inUse[a]:
			return -1
		}
		return 1
	})
	var cards []pricing.RateCard
	var unknown []string
	for _, region := range sorted {
		card, err := f.card(region)
		if err != nil || len(card.Unknown()) > 0 {
			unknown = append(unknown, region)
			continue
		}
		if slices.ContainsFunc(cards, card.SamePrices) {
			continue
		}
		cards, regions = append(cards, card), append(regions, region)
	}
	if len(unknown) > 0 {
		f.cannot(Region, fmt.Sprintf("%s with a rate that is not known: %s", figures.Count(len(unknown), "region"),
			strings.Join(unknown, ", ")), "")
	}
	return regions
}
