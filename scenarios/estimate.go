package scenarios

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/pricing/assumption"
)

// Market is what the outside world charges, and the day on which that is asked. The zero value is AWS's list rates and
// the prices of alternatives that are built in, whatever their age.
type Market struct {
	Cards  Cards             // nil stands for [pricing.EmbeddedCards]
	Prices pricing.PriceBook // the zero value stands for [pricing.EmbeddedPrices]
	Now    time.Time         // for warnings that rates are old; the zero time gives none
	Given  Given             // what [Market.Load] lays over a file
}

func (m Market) cards() Cards {
	if m.Cards == nil {
		return pricing.EmbeddedCards()
	}
	return m.Cards
}

func (m Market) prices() pricing.PriceBook {
	if !m.Prices.IsZero() {
		return m.Prices
	}
	built, err := pricing.EmbeddedPrices()
	if err != nil {
		panic("scenarios: the prices that are built in cannot be read: " + err.Error())
	}
	return built
}

// Cards gives the rate card of a region, and lists the regions that have one. [pricing.CardSource] does.
type Cards interface {
	Card(region string) (pricing.RateCard, error)
	Regions() []string
}

// Estimate is a scenario's bill for a month, with everything needed to explain and to doubt it.
type Estimate struct {
	Scenario    *Scenario
	Bill        pricing.Bill
	PerUnit     decimal.Decimal // the total by user or job, half-even at pricing.AmountPlaces
	Assumptions []pricing.Note
	Warnings    []pricing.Note
	Comparisons []Comparison // of the scenario's compare list
	Documented  []Check      // of the scenario's documented figures

	// Low is the estimate at the cheaper ends of the scenario's ranges, nil where it has none.
	Low *Estimate
}

// Estimate prices a scenario. Errors are about the scenario or about rates that are not known; a warning is never an
// error.
//
// A scenario is made by [New], [Load] or one of its likes; the error of any other is [ErrNotLoaded].
func (m Market) Estimate(s *Scenario) (*Estimate, error) {
	if !s.loaded() {
		return nil, ErrNotLoaded
	}
	bill, err := m.bill(s)
	card := bill.Card
	faults := s.faults(func(fault faultFunc) {
		m.checkNames(s, fault)
		s.checkKnown(card, err, fault)
	})
	if err := cmp.Or(faults, err); err != nil {
		return nil, err
	}
	e := &Estimate{Scenario: s, Bill: bill}
	if s.Low != nil {
		if e.Low, err = m.Estimate(s.Low); err != nil {
			return nil, err
		}
	}
	count, _ := s.PerUnit()
	e.PerUnit = pricing.Divide(bill.Total(), count, pricing.AmountPlaces)
	e.Assumptions = append(slices.Clone(s.Notes), standingAssumptions(bill)...)
	e.Warnings = s.warnings(card, m.rateWarnings(s, card))
	if len(s.Candidates) > 0 {
		if e.Comparisons, err = m.compare(e, s.Candidates); err != nil {
			return nil, err
		}
		e.addAlternativeNotes()
	}
	if s.Documented != nil {
		if e.Documented, err = e.checkFigures(); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// bill prices the scenario at the rates that are known. Where it needs others its error is a [pricing.UnknownRateError]
// for each, and the bill has the card all the same.
func (m Market) bill(s *Scenario) (pricing.Bill, error) {
	card, err := m.card(s)
	if err != nil {
		return pricing.Bill{}, err
	}
	bill, err := s.Workload.Bill(card)
	bill.Card = card
	return bill, err
}

// card settles the rates: the region's card, with what the scenario gives inline in place of the card's. A region
// without a card has the rates alone that the scenario gives, which may be all that its workload needs.
func (m Market) card(s *Scenario) (pricing.RateCard, error) {
	inline := pricing.OwnRates(s.inlineRates(), s.ratesArch)
	card, err := m.cards().Card(s.Region)
	_, none := errors.AsType[*pricing.NoCardError](err)
	switch {
	case none || pricing.Complete(inline, s.Arch):
		card = pricing.RateCard{Name: "inline", Region: s.Region, Discounts: card.Discounts}
	case err != nil:
		return card, err
	case len(inline) > 0:
		card.Name += " with inline figures"
	}
	card = card.WithOwn(inline, s.ratesArch).For(s.Arch)
	if r := s.file.Rates; r != nil && r.Discount != nil {
		card.Discounts = r.Discount.Over(card.Discounts)
	}
	return card, nil
}

// inlineRates are the rates that the scenario itself gives.
func (s *Scenario) inlineRates() map[pricing.Rated]pricing.Rate {
	if !s.loaded() || s.file.Rates == nil {
		return nil
	}
	r := s.file.Rates
	rates := r.Inline("given in the workload")
	for key := range s.traces.given.Rates {
		rated, per, _ := key.Meaning()
		if rate, ok := rates[rated]; ok && rate.Per == per {
			rate.Source, rate.ReadOn = givenSource, pricing.Date{}
			rates[rated] = rate
		}
	}
	return rates
}

// StaleRates is the warning that a card's figures were read long ago; it reports false where they were not.
func StaleRates(card pricing.RateCard, now time.Time) (pricing.Note, bool) {
	days, stale := card.Stale(now)
	return assumption.StaleRates.Note(card.Region, card.ReadOn(), days), stale
}

// warnings are those of the scenario at a card's rates, with those of the rates.
func (s *Scenario) warnings(card pricing.RateCard, ofRates []pricing.Note) []pricing.Note {
	all := slices.Concat(s.Warnings, s.lifeWarnings(card), ofRates)
	if s.Workload.Suspended.IsPositive() && s.Workload.Cycles.IsZero() {
		all = append(all, assumption.SuspendedWithoutCycles.Note())
	}
	return all
}

func (m Market) rateWarnings(s *Scenario, card pricing.RateCard) []pricing.Note {
	var warnings []pricing.Note
	if note, stale := StaleRates(card, m.Now); stale {
		warnings = append(warnings, note)
	}
	if regions := m.cards().Regions(); !slices.Contains(regions, s.Region) {
		warnings = append(warnings, assumption.RegionUnlisted.Note(s.Region, strings.Join(regions, ", ")))
	}
	return warnings
}

// standingAssumptions are those that rest on what AWS has not established, for the lines that the bill has.
func standingAssumptions(bill pricing.Bill) []pricing.Note {
	var notes []pricing.Note
	for _, standing := range []struct {
		needs pricing.Component
		id    assumption.ID
	}{
		{pricing.BaselineVCPU, assumption.TransitionBilling},
		{pricing.ReadLaunch, assumption.LaunchRead},
		{pricing.StorageImage, assumption.ImageBuilds},
		{pricing.StorageSuspended, assumption.SuspendMinimum},
	} {
		if findLine(bill, standing.needs) != nil {
			notes = append(notes, standing.id.Note())
		}
	}
	if bill.Card.Arch() != pricing.ArchARM64 && snapshotsBilled(bill) {
		notes = append(notes, assumption.SnapshotArch.Note(bill.Card.Arch().Name()))
	}
	if bill.Card.Discounts.IsZero() && len(bill.Lines) > 0 {
		notes = append(notes, bill.Card.TermsNote())
	}
	return notes
}

func snapshotsBilled(bill pricing.Bill) bool {
	return slices.ContainsFunc(bill.Lines, func(l pricing.Line) bool { return !l.Of.ByArch() })
}

// addAlternativeNotes lifts what the alternatives assume, and lack, into the estimate's own lists.
func (e *Estimate) addAlternativeNotes() {
	seen := map[string]bool{}
	for _, c := range e.Comparisons {
		for _, note := range c.Notes {
			if !seen[note.ID+note.Text] {
				seen[note.ID+note.Text] = true
				e.Assumptions = append(e.Assumptions, pricing.Note{ID: note.ID, Text: note.Text + "."})
			}
		}
		if c.Unknown() != "" {
			e.Warnings = append(e.Warnings, assumption.UnknownAlternative.Note(c.Unknown()))
		}
	}
	if e.Scenario.Workload.Burst.Share.IsPositive() {
		e.Assumptions = append(e.Assumptions, assumption.AlternativesBaseline.Note())
	}
}
