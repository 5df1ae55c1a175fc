package spend

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"microspend/pricing"
	"microspend/usage"
)

// priceList remembers the cards of one report. Cells refer to them by the place that a card has among those of its
// region, so that usage is summed as whole numbers as far as it is priced alike, and no further.
type priceList struct {
	series  map[seriesKey]regionSeries
	cards   map[string][]regionCard // of a region, those that charge differently
	assumed map[string]pricing.Date // by region, the day from which rates are known that earlier usage was priced at

	archAssumed bool // some compute was priced as ARM64's without it being known to be
}

// pricedAs is what usage on a day is priced by.
type pricedAs struct {
	region string
	arch   pricing.Arch // never unknown
}

// seriesKey is a region, in a closed month or "" for any time else.
type seriesKey struct{ month, region string }

// regionSeries are the cards of a region; none where it has no card.
type regionSeries struct {
	pricing.Series
	noCard bool
}

// on is the card that holds on a day.
func (s regionSeries) on(day pricing.Date, region string) pricing.RateCard {
	if s.noCard {
		return pricing.RateCard{Region: region}
	}
	return s.On(day)
}

// regionCard is a card for one architecture, or none.
type regionCard struct {
	card   pricing.RateCard
	noCard bool
	fixed  *pricing.FixedRates // the card's rates; nil where they are for decimals alone
	plain  int                 // the place of the same card for the default architecture, at whose rates snapshots are billed on all
}

func newPriceList() *priceList {
	return &priceList{
		series: map[seriesKey]regionSeries{}, cards: map[string][]regionCard{}, assumed: map[string]pricing.Date{},
	}
}

func (p *priceList) of(in Source, region string) (regionSeries, error) {
	key := seriesKey{in.month, region}
	if known, ok := p.series[key]; ok {
		return known, nil
	}
	series, err := in.listed().Series(region)
	if _, none := errors.AsType[*pricing.NoCardError](err); err != nil && !none {
		return regionSeries{}, err
	}
	p.series[key] = regionSeries{series, err != nil}
	return p.series[key], nil
}

// on is the card that holds in a region on a day, by the inputs of that time: see [Source.at].
func (p *priceList) on(in Source, region string, day pricing.Date) (regionCard, error) {
	series, err := p.of(in, region)
	return regionCard{card: series.on(day, region), noCard: series.noCard}, err
}

// place is the place of the card that holds on a day, among those that charge differently in the region. Pricing from
// then on only reads what is there, cannot fail, and can be done from several goroutines.
func (p *priceList) place(in Source, as pricedAs, day pricing.Date) (int, error) {
	holds, err := p.on(in, as.region, day)
	if err != nil {
		return 0, err
	}
	holds.card = holds.card.For(as.arch)
	same := func(c regionCard) bool {
		return c.noCard == holds.noCard && c.card.Arch() == as.arch && c.card.SamePrices(holds.card)
	}
	if i := slices.IndexFunc(p.cards[as.region], same); i >= 0 {
		return i, nil
	}
	holds.plain = len(p.cards[as.region])
	if plain := pricing.ArchUnknown.OrDefault(); as.arch != plain {
		if holds.plain, err = p.place(in, pricedAs{as.region, plain}, day); err != nil {
			return 0, err
		}
	}
	if fixed, fits := holds.card.FixedRates(); fits {
		holds.fixed = &fixed
	}
	p.cards[as.region] = append(p.cards[as.region], holds)
	return len(p.cards[as.region]) - 1, nil
}

// at is the card of a cell.
func (p *priceList) at(key cellPlace) *regionCard { return &p.cards[key.region][key.place] }

// assumedRates are the quantities whose rates are taken to hold on a day before they are known to, and since when they
// are.
type assumedRates map[pricing.BilledQuantity]pricing.Date

func (p *priceList) assumedOn(in Source, as pricedAs, day pricing.Date) (rates assumedRates) {
	card := p.series[seriesKey{in.month, as.region}].on(day, as.region).For(as.arch)
	for _, q := range card.Assumed(day) {
		if rates == nil {
			rates = assumedRates{}
		}
		rates[q] = card.Rate(q).Since
	}
	return rates
}

// assume takes note of usage that is priced by such rates.
func (p *priceList) assume(rates assumedRates, region string, sum *usage.Sum) {
	for q, since := range rates {
		if !sum.Amounts[q].IsZero() && p.assumed[region].Before(since) {
			p.assumed[region] = since
		}
	}
}

// negotiated reports whether any card that was used charges anything but AWS's public rates.
func (p *priceList) negotiated() bool {
	for _, cards := range p.cards {
		if slices.ContainsFunc(cards, func(c regionCard) bool { return c.card.Negotiated() }) {
			return true
		}
	}
	return false
}

func (p *priceList) assumedRates() []RatesAssumed {
	var out []RatesAssumed
	for _, region := range slices.Sorted(maps.Keys(p.assumed)) {
		out = append(out, RatesAssumed{region, p.assumed[region]})
	}
	return out
}

// plans are the Savings Plans of the regions that were asked for, as the newest card of a region has them: what a plan
// covers is looked up later than most of the usage was measured.
func (p *priceList) plans() []pricing.SavingsPlan {
	var plans []pricing.SavingsPlan
	keys := slices.SortedFunc(maps.Keys(p.series), func(a, b seriesKey) int {
		return cmp.Or(cmp.Compare(a.region, b.region), cmp.Compare(a.month, b.month))
	})
	for _, key := range keys {
		plan := pricing.SavingsPlan{}
		if series := p.series[key]; !series.noCard {
			plan = series.Newest().SavingsPlan
		}
		plans = append(plans, plan)
	}
	return plans
}

// Terms say what is taken to come off the rates that usage was priced at, each once: see [pricing.RateCard.TermsNote].
// They are put into words here, and not with the report, as that reads the register of assumptions, and most reports are
// asked for their figures alone.
func (s Spend) Terms() []pricing.Note {
	var notes []pricing.Note
	for _, plan := range s.plans {
		if note := plan.TermsNote(); !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes
}
