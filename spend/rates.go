package spend

import (
	"errors"
	"fmt"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
)

// datedDiscounts are discounts as they are written: once, or each with the day from which it holds.
type datedDiscounts struct {
	strictyaml.OneOrMore[discountsFrom]
}

type discountsFrom struct {
	From             *scalar.Date `yaml:"from"`
	scalar.Discounts `yaml:",inline"`
}

func (d *datedDiscounts) check(doc *strictyaml.Document) {
	for i := range d.Values {
		d.Values[i].Check(d.Path("discounts", i), doc.Fault)
	}
	checkDays(doc, len(d.Values), func(i int) (string, *scalar.Date) { return d.Path("discounts", i), d.Values[i].From })
}

// datedRates are a region's own rates as they are written: once, or each with the day from which it holds.
type datedRates struct {
	strictyaml.OneOrMore[regionRates]
}

// regionRates are rates of a region: figures, or a card.
type regionRates struct {
	From         *scalar.Date `yaml:"from"`
	Card         string       `yaml:"card"`
	scalar.Rates `yaml:",inline"`
}

func (r *datedRates) check(doc *strictyaml.Document, path, region string) {
	if !pricing.IsRegionName(region) {
		doc.Fault(path, "%s", pricing.NotARegion(region))
	}
	for i := range r.Values {
		r.Values[i].Check(r.Path(path, i), doc.Fault)
	}
	checkDays(doc, len(r.Values), func(i int) (string, *scalar.Date) { return r.Path(path, i), r.Values[i].From })
}

// checkDays refuses a list in which it is not plain which entry holds on a day.
func checkDays(doc *strictyaml.Document, n int, at func(int) (path string, from *scalar.Date)) {
	for i := 1; i < n; i++ {
		path, from := at(i)
		_, before := at(i - 1)
		switch {
		case from == nil:
			doc.Fault(path+".from", "is missing; only the first entry of a list may hold from the beginning")
		case before != nil && !before.Before(from.Date):
			doc.Fault(path+".from", "%s is not after %s, from which the entry before holds", from, before)
		}
	}
}

// holding is the last of n entries that holds on a day, -1 where none does yet.
func holding(day pricing.Date, n int, from func(int) *scalar.Date) int {
	for i := n - 1; i >= 0; i-- {
		if date := from(i); date == nil || !day.Before(date.Date) {
			return i
		}
	}
	return -1
}

// cards are the rates of a configuration over those of a list.
type cards struct {
	base      Rates
	discounts datedDiscounts
	regions   map[string]ownRates
}

// ownRates are what a configuration says of a region, with the private cards that it names: a zero card for an entry
// without.
type ownRates struct {
	datedRates
	private []pricing.RateCard
}

// ReadFile reads a file, and refuses one of more than max bytes. The path is as the configuration has it.
type ReadFile func(path string, max int64) ([]byte, error)

// Rates lays the configuration's own rates over a list's. Private rate cards are read at once through read, which
// gets the paths as they are written; an error names the place in the configuration.
func (c Config) Rates(list Rates, read ReadFile) (Rates, error) {
	out := cards{list, c.discounts, map[string]ownRates{}}
	var faults []error
	for _, region := range c.rates {
		own := ownRates{region.Value, make([]pricing.RateCard, len(region.Value.Values))}
		for i, entry := range own.Values {
			if entry.Card == "" {
				continue
			}
			var err error
			path := own.Path("rates."+region.Key, i) + ".card"
			if own.private[i], err = privateCard(entry.Card, region.Key, read); err != nil {
				faults = append(faults, c.doc.Error(path, "%s", err))
			}
		}
		out.regions[region.Key] = own
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return out, nil
}

func privateCard(file, region string, read ReadFile) (pricing.RateCard, error) {
	var foreign *pricing.NotCardError
	text, err := read(file, pricing.MaxCardBytes)
	if err != nil {
		return pricing.RateCard{}, err
	}
	card, err := pricing.ParseCard(text)
	switch {
	case errors.As(err, &foreign): // nothing of it is shown: it may be any file
		return card, fmt.Errorf("%s:%d: not a rate card; see docs/discounts.md for what one looks like", file, foreign.Line)
	case err != nil:
		return card, fmt.Errorf("%s: %w", file, err)
	case card.Region != region:
		return card, fmt.Errorf("%s is the card of %s", file, card.Region)
	}
	return card, nil
}

// Changes implements [Rates].
func (c cards) Changes() []pricing.Date {
	days := append(c.base.Changes(), c.days("")...)
	for region := range c.regions {
		days = append(days, c.days(region)...)
	}
	return pricing.SortedDays(days)
}

// days are those from which something of the configuration holds, the zero date left out.
func (c cards) days(region string) []pricing.Date {
	var days []pricing.Date
	add := func(from *scalar.Date) {
		if from != nil {
			days = append(days, from.Date)
		}
	}
	for _, entry := range c.discounts.Values {
		add(entry.From)
	}
	for _, entry := range c.regions[region].Values {
		add(entry.From)
	}
	return days
}

// Series implements [Rates]. Where a region has rates of its own, the list's are kept beside them: see
// [pricing.RateCard.ListRate].
func (c cards) Series(region string) (pricing.Series, error) {
	public, err := c.base.Series(region)
	_, none := errors.AsType[*pricing.NoCardError](err)
	if err != nil && !none {
		return nil, err
	}
	days := append(c.days(region), pricing.Date{}) // before any of them, what always holds
	for _, card := range public {
		days = append(days, card.From)
	}
	var out pricing.Series
	found := false
	for _, day := range pricing.SortedDays(days) {
		list := pricing.RateCard{Region: region}
		if !none {
			list = public.On(day)
		}
		card, given := c.card(region, day, list, none)
		card.From = day
		out, found = append(out, card), found || given
	}
	if none && !found {
		return nil, err
	}
	return out, nil
}

// card is what holds on a day, and whether there is any rate: of the list, or of the configuration.
func (c cards) card(region string, day pricing.Date, list pricing.RateCard, noList bool) (pricing.RateCard, bool) {
	card, own, given, private := list, regionRates{}, false, false
	entries := c.regions[region]
	if i := holding(day, len(entries.Values), func(i int) *scalar.Date { return entries.Values[i].From }); i >= 0 {
		own, given, private = entries.Values[i], true, entries.Values[i].Card != ""
		if private {
			card = entries.private[i]
		}
	}
	inline := own.Inline("given in the configuration")
	if !private && (pricing.Complete(inline, pricing.ArchUnknown) || noList && len(inline) > 0) {
		card.Name = "inline" // of compute on architectures that are not given, the list's rates stay
	}
	if len(inline) > 0 && card.Name != "inline" {
		card.Name += " with inline figures"
	}
	card = card.WithRates(inline)
	if private || len(inline) > 0 {
		card = card.AgainstList(list)
	}
	discounts := c.discounts.Values
	if i := holding(day, len(discounts), func(i int) *scalar.Date { return discounts[i].From }); i >= 0 {
		card.Discounts = discounts[i].Over(card.Discounts)
	}
	if given {
		card.Discounts = own.Discount.Over(card.Discounts)
	}
	return card, !noList || private || len(inline) > 0
}
