package pricing

import (
	"slices"
	"time"
)

// Series are the rate cards of one region in the order of the days from which they hold ([RateCard.From]): each holds
// until the next one does. It is made by [NewSeries] or [OneCard] and has a card at least.
//
// Usage is priced by what held on the UTC day on which its period starts. A card that is read later is a new card of
// the series and takes no other's place, so that refreshing rates prices the days to come and not the days before.
type Series []RateCard

// OneCard is the series of a card that holds on every day.
func OneCard(card RateCard) Series { return Series{card} }

// NewSeries puts cards of one region into order. Of two that hold from the same day, the later in the list counts.
//
// A rate that a card does not know is the last one known before it, or the first one known after it: that a source had
// no figure does not mean that a price had ceased to hold. [Rate.Since] tells from which day a rate is known to hold.
func NewSeries(cards ...RateCard) Series {
	var s Series
	for _, card := range slices.Backward(cards) {
		if !slices.ContainsFunc(s, func(have RateCard) bool { return have.From == card.From }) {
			s = append(s, card)
		}
	}
	slices.SortStableFunc(s, func(a, b RateCard) int { return a.From.compare(b.From) })
	for i := range s {
		for _, rated := range AllRated() {
			s[i].rates.of(rated).Since = s[i].From
		}
	}
	carry := func(to, from *RateCard) {
		for _, rated := range AllRated() {
			if known := from.RateOf(rated); known.Known() && !to.RateOf(rated).Known() {
				*to.rates.of(rated) = known
			}
		}
	}
	for i := 1; i < len(s); i++ {
		carry(&s[i], &s[i-1])
	}
	for i := len(s) - 2; i >= 0; i-- {
		carry(&s[i], &s[i+1])
	}
	return s
}

// On is the card that holds on a day: the first one on days before any.
func (s Series) On(day Date) RateCard {
	if len(s) == 0 {
		return RateCard{}
	}
	at := s[0]
	for _, card := range s[1:] {
		if day.Before(card.From) {
			break
		}
		at = card
	}
	return at
}

// Newest is the last card, which may hold from a day that has not come yet.
func (s Series) Newest() RateCard {
	if len(s) == 0 {
		return RateCard{}
	}
	return s[len(s)-1]
}

// Changes are the days on which something else is charged, or listed, than on the day before.
func (s Series) Changes() []Date {
	var days []Date
	for i := 1; i < len(s); i++ {
		if !s[i].SamePrices(s[i-1]) {
			days = append(days, s[i].From)
		}
	}
	return days
}

// SamePrices reports whether all usage, on any architecture, costs the same at two cards, charged and at list, wherever
// and whenever their figures were read.
func (c RateCard) SamePrices(other RateCard) bool {
	return !slices.ContainsFunc(AllRated(), func(r Rated) bool {
		ours, theirs, q := c.For(r.Arch), other.For(r.Arch), r.Quantity
		return !ours.Rate(q).Equal(theirs.Rate(q)) || !ours.ListRate(q).Equal(theirs.ListRate(q)) ||
			!c.Discounts[q].Equal(other.Discounts[q])
	})
}

// Assumed lists the quantities whose rate on a day is one that is only known to hold from a later day.
func (c RateCard) Assumed(day Date) []BilledQuantity {
	return slices.DeleteFunc(BilledQuantities(), func(q BilledQuantity) bool {
		return !c.Rate(q).Known() || !day.Before(c.Rate(q).Since)
	})
}

// heldFrom is the day from which a card holds that does not say so: the day on which its newest figure was read, as
// before that day not all of its figures had been seen.
func (c RateCard) heldFrom() Date {
	var newest, unknown Date
	for _, rated := range AllRated() {
		r := c.RateOf(rated)
		into := &newest
		if !r.Known() {
			into = &unknown
		}
		if into.Before(r.ReadOn) {
			*into = r.ReadOn
		}
	}
	if newest.IsZero() {
		return unknown
	}
	return newest
}

// SortedDays puts days into order and leaves each in once.
func SortedDays(days []Date) []Date {
	slices.SortFunc(days, Date.compare)
	return slices.Compact(days)
}

// Start is the first moment of the day in UTC.
func (d Date) Start() time.Time { return d.day }

func (d Date) compare(other Date) int { return d.day.Compare(other.day) }
