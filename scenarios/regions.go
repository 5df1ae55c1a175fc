package scenarios

import (
	"cmp"
	"errors"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// RegionComparison is what a scenario would cost in several regions.
type RegionComparison struct {
	Scenario *Scenario
	Base     string      // the region to which ratios are: the scenario's own, or where that is unknown the cheapest; "" for none
	Rows     []RegionRow // the cheapest first, those without a total last, in alphabetical order
	Unnamed  int         // regions that have MicroVMs and no name here
}

// RegionRow is the scenario in one region.
type RegionRow struct {
	Region, Location string

	Total   *decimal.Decimal // nil where a rate that the scenario takes is not known
	Low     *decimal.Decimal // the total at the cheaper ends of the scenario's ranges; nil where it has none
	PerUnit *decimal.Decimal
	Ratio   *decimal.Decimal // Total over that of Base, half-even at pricing.RatioPlaces

	Unknown []pricing.RateKey // the rates that it takes and nobody knows, as they can be given; empty where there is a total
	Why     string            // the same in a sentence, with the place in the user's file where they can be given
}

// AllRegions asks [Market.Regions] for every region whose rates are known.
const AllRegions = "all"

// Regions prices the scenario in every region of a list, or in all that have a card. A region whose rates are not known
// is a row that says so; a name that has not the form of one is an error.
func (m Market) Regions(s *Scenario, names []string) (*RegionComparison, error) {
	if !s.loaded() {
		return nil, ErrNotLoaded
	}
	result := &RegionComparison{Scenario: s}
	if slices.Equal(names, []string{AllRegions}) {
		names = m.cards().Regions()
		result.Unnamed = max(pricing.RegionsOpened-len(names), 0)
	}
	var own *RegionRow
	for _, region := range append([]string{s.Region}, names...) {
		if !pricing.IsRegionName(region) {
			return nil, errors.New(pricing.NotARegion(region))
		}
		if slices.ContainsFunc(result.Rows, func(r RegionRow) bool { return r.Region == region }) {
			continue
		}
		row, err := m.inRegion(s, region)
		if err != nil {
			return nil, err
		}
		if own == nil {
			own = &row
		}
		if slices.Contains(names, region) {
			result.Rows = append(result.Rows, row)
		}
	}
	slices.SortStableFunc(result.Rows, func(a, b RegionRow) int {
		if (a.Total == nil) != (b.Total == nil) {
			return cmp.Compare(len(a.Unknown), len(b.Unknown))
		}
		if a.Total == nil || a.Total.Equal(*b.Total) {
			return cmp.Compare(a.Region, b.Region)
		}
		return a.Total.Cmp(*b.Total)
	})
	result.compareWith(*own)
	return result, nil
}

// compareWith sets the ratios to a region, or where it has no total to the cheapest that has.
func (c *RegionComparison) compareWith(own RegionRow) {
	if own.Total == nil && len(c.Rows) > 0 {
		own = c.Rows[0]
	}
	if own.Total == nil || own.Total.IsZero() {
		return
	}
	c.Base = own.Region
	for i := range c.Rows {
		if total := c.Rows[i].Total; total != nil {
			c.Rows[i].Ratio = new(pricing.Divide(*total, *own.Total, pricing.RatioPlaces))
		}
	}
}

// inRegion prices the scenario as it would be with another region.
func (m Market) inRegion(s *Scenario, region string) (RegionRow, error) {
	moved := *s
	moved.Region = region
	bill, err := m.bill(&moved)
	row := RegionRow{Region: region, Location: bill.Card.Location}
	if rates, only := unknownRates(err); only {
		for _, r := range rates {
			row.Unknown = append(row.Unknown, s.rateKey(r))
		}
		row.Why = moved.unknownWhy(bill.Card, rates)
		return row, nil
	}
	if err != nil {
		return row, err
	}
	total := bill.Total()
	count, _ := s.PerUnit()
	row.Total, row.PerUnit = &total, new(pricing.Divide(total, count, pricing.AmountPlaces))
	if s.Low != nil {
		low, err := m.inRegion(s.Low, region)
		if err != nil {
			return row, err
		}
		row.Low = low.Total
	}
	return row, nil
}
