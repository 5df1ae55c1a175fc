package pricelist

import (
	"errors"
	"fmt"

	"microspend/pricing"
)

// Drift is a rate that two cards of a region do not agree on. Either of the two may be unknown.
type Drift struct {
	pricing.Rated
	Old, New pricing.Rate
}

// Compare lists the rates that differ in value, in the order of a bill. Values are compared exactly, per billed unit: a
// rate of 0.36 per vCPU-hour is the same as one of 0.0001 per vCPU-second. A rate that only one of the cards knows is a
// difference; where a figure was read, and when, is not. Nor is compute on another architecture than ARM64 that the new
// card doesn't know, as [pricing.Series] keeps the rate that was known before.
func Compare(old, new pricing.RateCard) []Drift {
	var drifts []Drift
	for _, rated := range pricing.AllRated() {
		a, b := old.RateOf(rated), new.RateOf(rated)
		if rated.Optional() && !b.Known() {
			continue
		}
		if a.Known() != b.Known() || (a.Known() && a.Compare(b, 1) != 0) {
			drifts = append(drifts, Drift{rated, a, b})
		}
	}
	return drifts
}

// Change is a region's present card and the one that a price list gives. Present is the zero card where there is none.
type Change struct {
	Present, Next pricing.RateCard
	Drift         []Drift
	// Unreadable is why the present card could not be read; nil where it could, or where there is none.
	Unreadable error
}

// Changes makes the card of one region, or those of all if region is "", and pairs each with the present one.
func (l Listing) Changes(present PresentCards, region string, readOn pricing.Date) ([]Change, error) {
	var (
		cards []pricing.RateCard
		err   error
	)
	if region == "" {
		cards, err = l.Cards(present, readOn)
	} else {
		base, _ := present.Card(region) // a region without a card gets its first
		cards = make([]pricing.RateCard, 1)
		cards[0], err = l.Card(region, base, readOn)
	}
	if err != nil {
		return nil, err
	}
	changes := make([]Change, len(cards))
	for i, card := range cards {
		base, err := present.Card(card.Region)
		if _, none := errors.AsType[*pricing.NoCardError](err); none {
			err = nil
		}
		changes[i] = Change{base, card, Compare(base, card), err}
	}
	return changes, nil
}

// PlausibleFactor is how many times larger or smaller a rate may become from one import to the next. AWS has never
// changed a Lambda price that much; a slip of a unit or of a decimal point is at least this large. It is this
// product's own choice.
const PlausibleFactor = 10

// Plausible reports every rate that is more than [PlausibleFactor] times up or down from the
// present card's. A rate that either card does not know is not compared.
func Plausible(present, next pricing.RateCard) error {
	return PlausibleWithin(present, next, PlausibleFactor)
}

// PlausibleWithin is [Plausible] with another factor.
func PlausibleWithin(present, next pricing.RateCard, factor int64) error {
	var faults []error
	for _, rated := range pricing.AllRated() {
		a, b := present.RateOf(rated), next.RateOf(rated)
		if !a.Known() || !b.Known() {
			continue
		}
		if b.Compare(a, factor) > 0 || a.Compare(b, factor) > 0 {
			from, to := rated.RateKey(a.Per), rated.RateKey(b.Per)
			faults = append(faults, fmt.Errorf("%s: the %s rate goes from %s (%s) to %s (%s), more than %d times; "+
				"look at AWS's pricing page before you take it", next.Region, rated.Name(), a.Figure, from, b.Figure, to,
				factor))
		}
	}
	return errors.Join(faults...)
}
