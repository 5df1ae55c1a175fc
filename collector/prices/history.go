package prices

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"microspend/internal/cardstore"
	"microspend/pricing"
	"microspend/pricing/pricelist"
)

// HistoryOutcome is what became of walking the versions of a region's rates.
type HistoryOutcome struct {
	Region string
	Read   int            // versions that were read
	Days   []pricing.Date // from which rates were found to hold that differ from those before
	More   bool           // versions remain for the next run
	Err    error
}

const (
	// maxVersions are walked for a region in one run; the next goes on. AWS publishes some ten a month.
	maxVersions = 400

	// opening is the day on which MicroVMs opened, of which no earlier version can have any.
	opening = "2026-06-22"
)

// walk reads the versions of the offer since MicroVMs opened that no earlier run has read, oldest first, and keeps the
// cards of those that changed something.
func (u *update) walk(ctx context.Context, index map[string]offerPaths) {
	outcome := HistoryOutcome{Region: u.region}
	cards, err := u.pastCards(ctx, index, &outcome)
	if err == nil {
		var files map[string][]byte
		if files, err = cardstore.Encode(cards); err == nil {
			u.addHistory(files)
		}
	}
	if err != nil {
		outcome.Err = err
		status := Refused
		if _, refused := errors.AsType[*refusedError](err); !refused {
			status = Failed
			if unreachable(err) {
				u.stopped = err
			}
		}
		u.outcomes = append(u.outcomes, Outcome{Region: u.region, Service: "history", Status: status, Err: err})
	}
	u.history = append(u.history, outcome)
}

// addHistory puts past cards beside the present one, whose day counts where both have it.
func (u *update) addHistory(files map[string][]byte) {
	maps.Copy(files, u.files)
	u.files = files
}

// refusedError is a price of the past that does not add up.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

func (u *update) pastCards(ctx context.Context, index map[string]offerPaths, outcome *HistoryOutcome) (
	[]pricing.RateCard, error,
) {
	at, err := paths(index, pricelist.ServiceCode)
	if err != nil {
		return nil, err
	}
	versions, err := u.versions(ctx, at)
	if err != nil {
		return nil, err
	}
	present, err := u.series()
	if err != nil {
		return nil, err
	}
	var past []pricing.RateCard
	for _, v := range u.toWalk(versions, outcome) {
		card, found, err := u.cardOf(ctx, v, present)
		if err != nil {
			return nil, err
		}
		outcome.Read++
		u.state.Through, u.state.changed = v.name, true
		if !found {
			continue
		}
		before := u.before(past, present, v)
		if before != nil && !u.request.Accept {
			if err := pricelist.PlausibleWithin(*before, card, JumpFactor); err != nil {
				return nil, &refusedError{fmt.Errorf("version %s: %w", v.name, err)}
			}
		}
		if before != nil && len(pricelist.Compare(*before, card)) == 0 {
			continue
		}
		past = slices.DeleteFunc(past, func(c pricing.RateCard) bool { return c.From == card.From }) // it was corrected
		past = append(past, card)
		outcome.Days = append(outcome.Days, card.From)
	}
	return append(past, u.corrected(past, present)...), nil
}

// series are the present cards, none for a region without.
func (u *update) series() (pricing.Series, error) {
	series, err := u.Cards.Series(u.region)
	if _, none := errors.AsType[*pricing.NoCardError](err); none {
		return nil, nil
	}
	return series, err
}

// toWalk are the versions that hold since MicroVMs opened and come after the last one that was walked.
func (u *update) toWalk(versions []version, outcome *HistoryOutcome) []version {
	opened, err := pricing.ParseDate(opening)
	if err != nil {
		panic(err) // a constant
	}
	slices.SortStableFunc(versions, func(a, b version) int { return a.from.Start().Compare(b.from.Start()) })
	first := 0
	for i, v := range versions {
		if !opened.Before(v.from) {
			first = i // it held on the day of the opening
		}
	}
	walked := slices.DeleteFunc(slices.Clone(versions[min(first, len(versions)):]), func(v version) bool {
		return v.name <= u.state.Through
	})
	if outcome.More = len(walked) > maxVersions; outcome.More {
		walked = walked[:maxVersions]
	}
	return walked
}

// cardOf is the card of one version, found unless it has no MicroVMs in the region.
func (u *update) cardOf(
	ctx context.Context,
	v version,
	present pricing.Series,
) (card pricing.RateCard, found bool, err error) {
	path := offersPath + pricelist.ServiceCode + "/" + v.name + "/" + u.region + "/index.json"
	offer, err := u.pastOffer(ctx, path)
	if _, missing := errors.AsType[*MissingError](err); missing {
		offer, err = u.pastOffer(ctx, v.file) // of all regions, where the mirror has no other
	}
	if _, missing := errors.AsType[*MissingError](err); missing {
		return card, false, nil
	}
	if err != nil || !offer.MicroVMs.Has(u.region) {
		return card, false, err
	}
	var base pricing.RateCard
	if present != nil {
		base = present.Newest()
	}
	if card, err = offer.MicroVMs.Card(u.region, base, v.from); err != nil {
		return card, false, &refusedError{fmt.Errorf("version %s: %w", v.name, err)}
	}
	card.From = v.from
	return card, true, nil
}

func (u *update) pastOffer(ctx context.Context, path string) (offer pricelist.Offer, err error) {
	watched := withWatch(ctx, u.Progress(path))
	var cards []pricelist.Service
	for _, service := range u.Services {
		if service.Cards {
			cards = append(cards, service)
		}
	}
	err = u.whole(watched, path, Validators{}, func(file *File) (err error) {
		offer, err = pricelist.ReadOffer(pricelist.Page{Name: path, Body: file}, u.region, cards)
		return err
	})
	return offer, err
}

// before is what held when a version came: the last card that this run or an earlier one found, nil for none.
func (u *update) before(past []pricing.RateCard, present pricing.Series, v version) *pricing.RateCard {
	for _, card := range slices.Backward(past) {
		if card.From.Before(v.from) {
			return &card
		}
	}
	if len(past) == 0 && present != nil && present[0].From.Before(v.from) {
		card := present.On(v.from)
		if exists(u.Store.FS(), pricing.CardFile(u.region, card.From)) {
			return &card
		}
	}
	return nil
}

// corrected are cards for the days from which one that is built in holds that is not what AWS had on that day. A card
// that was imported stays: the user has said from when it holds.
func (u *update) corrected(past []pricing.RateCard, present pricing.Series) []pricing.RateCard {
	if len(past) == 0 {
		return nil
	}
	timeline := pricing.NewSeries(past...)
	var cards []pricing.RateCard
	for _, card := range present {
		if !timeline[0].From.Before(card.From) || exists(u.Store.FS(), pricing.CardFile(u.region, card.From)) {
			continue
		}
		if held := timeline.On(card.From); len(pricelist.Compare(card, held)) > 0 {
			held.From = card.From
			cards = append(cards, held)
		}
	}
	return slices.DeleteFunc(cards, func(c pricing.RateCard) bool {
		return slices.ContainsFunc(past, func(p pricing.RateCard) bool { return p.From == c.From })
	})
}
