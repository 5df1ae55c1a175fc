package prices

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"microspend/internal/cardstore"
	"microspend/pricing"
	"microspend/pricing/pricelist"
)

// JumpFactor is how many times larger or smaller a price may become from one update to the next, unless the user
// accepts more. AWS moves prices by some percent; a slip of a unit or of a decimal point is larger. It is this
// product's own choice.
const JumpFactor = 3

// Updater brings a store of cards up to date from a mirror.
type Updater struct {
	Mirror   Mirror
	Store    cardstore.Store
	Services []pricelist.Service // those to update
	Cards    pricing.CardSource  // that are present, the store's among them
	Prices   pricing.PriceBook   // likewise
	Today    pricing.Date
	Progress func(label string) Watch // nil where nobody looks
	Warn     func(text string)
}

// Request is what to update.
type Request struct {
	Regions []string // all that have MicroVMs, and those that have a card, if empty
	History bool     // also the rates of past days
	Accept  bool     // take prices that are more than [JumpFactor] times the present ones
	DryRun  bool     // store nothing
}

// Status is what became of a service in a region.
type Status string

// What can become of a service.
const (
	Updated     Status = "updated"      // prices were stored that are new or differ
	Unchanged   Status = "unchanged"    // the file is another, the prices in it are not
	NotModified Status = "not modified" // the file is the one that was read before
	NotListed   Status = "not listed"   // the mirror has no file, or the file no such product
	Refused     Status = "refused"      // a price does not add up
	Failed      Status = "failed"       // the file could not be read
)

// Outcome is what became of one service in one region.
type Outcome struct {
	Region, Service string
	Status          Status
	Edition         pricelist.Edition
	Prices          int      // taken
	New             int      // of these, those that were not known before
	Changes         []Change // of these, those that differ, and of MicroVMs also the new ones
	From            pricing.Date
	Err             error // why it was refused or failed
}

// Change is a price that is not what it was.
type Change struct {
	What          string // a rate's name, or the place in the table of prices
	Before, After pricing.Rate
	Source        string
}

// Result is what became of an update.
type Result struct {
	Mirror   string
	Outcomes []Outcome
	Files    map[string][]byte // that were stored, or would be but for a dry run
	History  []HistoryOutcome
	Plans    []PlanOutcome
	// Stopped is why the update ended before it was through: the mirror could not be reached, or the user ended it.
	Stopped error
}

// Any reports whether any service of any region has a status.
func (r Result) Any(status Status) bool {
	return slices.ContainsFunc(r.Outcomes, func(o Outcome) bool { return o.Status == status })
}

// Run updates the store. Its error is about what keeps it from beginning; what becomes of each service of each region
// is in the result. What was stored stays, whatever happens after it.
func (u *Updater) Run(ctx context.Context, request Request) (Result, error) {
	result := Result{Mirror: u.Mirror.String(), Files: map[string][]byte{}}
	if u.Progress == nil {
		u.Progress = func(string) Watch { return func(int64, int64) {} }
	}
	index, err := u.index(ctx)
	if err != nil {
		return result, err
	}
	offers := u.offers()
	regions, listed, err := u.regions(ctx, index, offers, request.Regions)
	if err != nil {
		return result, err
	}
	for _, region := range regions {
		one := &update{Updater: u, request: request, region: region, listed: listed, files: map[string][]byte{}}
		one.run(ctx, index, offers)
		result.Outcomes = append(result.Outcomes, one.outcomes...)
		result.History = append(result.History, one.history...)
		result.Plans = append(result.Plans, one.plans...)
		maps.Copy(result.Files, one.files)
		if result.Stopped = one.stopped; result.Stopped != nil {
			break
		}
	}
	return result, nil
}

// offerGroup is an offer file and the services that are taken from it.
type offerGroup struct {
	offer    string
	services []pricelist.Service
}

// offers are the offer files to read, that of MicroVMs first.
func (u *Updater) offers() []offerGroup {
	var groups []offerGroup
	for _, service := range u.Services {
		i := slices.IndexFunc(groups, func(g offerGroup) bool { return g.offer == service.Offer })
		if i < 0 {
			i, groups = len(groups), append(groups, offerGroup{offer: service.Offer})
		}
		groups[i].services = append(groups[i].services, service)
	}
	slices.SortStableFunc(groups, func(a, b offerGroup) int { return cmp.Compare(rank(a), rank(b)) })
	return groups
}

func rank(g offerGroup) int {
	if g.offer == pricelist.ServiceCode {
		return 0
	}
	return 1
}

// regions are those to update, and for each offer those that the mirror says it has, nil where it does not say.
func (u *Updater) regions(ctx context.Context, index map[string]offerPaths, offers []offerGroup, asked []string) (
	regions []string, listed map[string][]string, err error,
) {
	listed = map[string][]string{}
	for _, group := range offers {
		at, err := paths(index, group.offer)
		if err != nil {
			return nil, nil, err
		}
		if listed[group.offer], err = u.regionsOf(ctx, at, group.offer); err != nil {
			return nil, nil, err
		}
	}
	if len(asked) > 0 {
		return asked, listed, nil
	}
	regions = u.Cards.Regions()
	if len(offers) > 0 && offers[0].offer == pricelist.ServiceCode { // it may be sold where there is no card yet
		regions = append(regions, listed[pricelist.ServiceCode]...)
	}
	slices.Sort(regions)
	return slices.Compact(regions), listed, nil
}

// update is that of one region: all of its files are stored at once, or none.
type update struct {
	*Updater
	request  Request
	region   string
	listed   map[string][]string
	state    *regionState
	files    map[string][]byte
	outcomes []Outcome
	history  []HistoryOutcome
	plans    []PlanOutcome
	stopped  error
	card     *pricing.RateCard // that was taken
}

func (u *update) run(ctx context.Context, index map[string]offerPaths, offers []offerGroup) {
	u.state = loadState(u.Store.FS(), u.region)
	for _, group := range offers {
		if group.offer != pricelist.ServiceCode && !u.wanted() {
			u.set(group, NotListed, nil)
			continue
		}
		u.read(ctx, group)
		if u.stopped != nil {
			break
		}
		if group.offer == pricelist.ServiceCode && u.sold() {
			if u.request.History && u.stopped == nil {
				u.walk(ctx, index)
			}
			u.readPlans(ctx, index)
		}
	}
	u.store()
}

// wanted reports whether anything but MicroVMs matters in the region: it does where there are any.
func (u *update) wanted() bool {
	return len(u.request.Regions) > 0 || u.sold() || slices.Contains(u.Cards.Regions(), u.region)
}

// sold reports whether the Price List has MicroVMs in the region, as far as this update or an earlier one has seen.
func (u *update) sold() bool {
	return slices.ContainsFunc(u.outcomes, func(o Outcome) bool {
		microVMs := slices.ContainsFunc(u.Services, func(s pricelist.Service) bool { return s.Name == o.Service && s.Cards })
		return microVMs && (o.Status == Updated || o.Status == Unchanged || o.Status == NotModified && u.state.Sold)
	})
}

// aside reports whether nobody has asked for the region, and no card is known for it: it matters only if it turns out
// that MicroVMs are sold there.
func (u *update) aside() bool {
	return len(u.request.Regions) == 0 && !slices.Contains(u.Cards.Regions(), u.region)
}

// stored are the services of an offer that something is stored of: in a region that does not matter, only whether there
// are MicroVMs.
func (u *update) stored(group offerGroup) offerGroup {
	if group.offer == pricelist.ServiceCode && u.aside() {
		group.services = slices.DeleteFunc(slices.Clone(group.services), func(s pricelist.Service) bool { return !s.Cards })
	}
	return group
}

func (u *update) unlessUnsold(status Status) Status {
	if u.aside() && !u.state.Sold {
		return NotListed
	}
	return status
}

func (u *update) set(group offerGroup, status Status, err error) {
	for _, service := range group.services {
		u.outcomes = append(u.outcomes, Outcome{Region: u.region, Service: service.Name, Status: status, Err: err})
	}
}

// read reads one offer file and takes its services' prices.
func (u *update) read(ctx context.Context, group offerGroup) {
	if listed := u.listed[group.offer]; listed != nil && !slices.Contains(listed, u.region) {
		u.set(group, NotListed, nil)
		return
	}
	path := currentFile(group.offer, u.region)
	var offer pricelist.Offer
	var is Validators
	watched := withWatch(ctx, u.Progress(group.offer+" "+u.region))
	known := u.state.known(u.Store.FS(), u.stored(group))
	err := u.whole(watched, path, known, func(file *File) (err error) {
		is = file.Validators
		offer, err = pricelist.ReadOffer(pricelist.Page{Name: path, Body: file}, u.region, group.services)
		return err
	})
	_, missing := errors.AsType[*MissingError](err)
	switch {
	case errors.Is(err, ErrUnchanged):
		u.set(group, u.unlessUnsold(NotModified), nil)
		return
	case missing:
		u.set(group, NotListed, nil)
		return
	case err != nil:
		u.set(group, Failed, err)
		if unreachable(err) {
			u.stopped = err
		}
		return
	}
	remembered := offerState{Validators: is, Version: offer.Edition.Version, Services: map[string]serviceState{}}
	if group.offer == pricelist.ServiceCode && u.aside() && !offer.MicroVMs.Has(u.region) {
		u.set(group, NotListed, nil)
		for _, service := range u.stored(group).services {
			remembered.Services[service.Name] = serviceState{Digest: service.Digest}
		}
		u.state.Sold = false
		u.state.remember(group.offer, remembered)
		return
	}
	for _, service := range group.services {
		outcome := Outcome{Region: u.region, Service: service.Name, Edition: offer.Edition}
		files := map[string][]byte{}
		if faults := offer.Faults[service.Name]; len(faults) > 0 {
			outcome.Err = errors.Join(faults...)
		} else if service.Cards {
			outcome.Err = u.takeCard(offer, &outcome, files)
		} else {
			outcome.Err = u.takePrices(offer, service.Name, &outcome, files)
		}
		switch {
		case outcome.Err != nil:
			outcome.Status = Refused
		case outcome.Prices == 0:
			outcome.Status = NotListed
		case outcome.New > 0 || len(outcome.Changes) > 0:
			outcome.Status = Updated
		default:
			outcome.Status = Unchanged
		}
		if service.Cards {
			u.state.Sold = outcome.Prices > 0
		}
		u.outcomes = append(u.outcomes, outcome)
		maps.Copy(u.files, files)
		remembered.Services[service.Name] = serviceState{service.Digest, slices.Sorted(maps.Keys(files))}
	}
	u.state.remember(group.offer, remembered)
}

// unreachable reports whether an error is the way to the mirror's, so that the next file would meet it, too.
func unreachable(err error) bool {
	_, syntax := errors.AsType[*pricelist.SyntaxError](err)
	return !syntax && !errors.Is(err, ErrChanged) && !errors.Is(err, errCut)
}

func (u *update) takeCard(offer pricelist.Offer, outcome *Outcome, files map[string][]byte) error {
	if !offer.MicroVMs.Has(u.region) {
		return nil
	}
	for _, group := range offer.MicroVMs.Unrecognized {
		u.Warn("unknown MicroVM product in the price list: " + group)
	}
	present, err := u.present()
	if err != nil {
		return err
	}
	card, err := offer.MicroVMs.Card(u.region, present, u.Today)
	if err != nil {
		return err
	}
	if !u.request.Accept {
		if err := pricelist.PlausibleWithin(present, card, JumpFactor); err != nil {
			return err
		}
	}
	drift := pricelist.Compare(present, card)
	card.From, card.SavingsPlan = present.From, present.SavingsPlan
	if len(drift) > 0 || card.From.IsZero() {
		card.From = u.holdsFrom(offer, present, drift)
	}
	for _, d := range drift {
		outcome.Changes = append(outcome.Changes, Change{
			What: d.Name(), Before: d.Old, After: d.New, Source: d.New.Source,
		})
		if !d.Old.Known() {
			outcome.New++
		}
	}
	outcome.From = card.From
	for _, rated := range pricing.AllRated() {
		if card.RateOf(rated).Known() {
			outcome.Prices++
		}
	}
	u.card = &card
	encoded, err := cardstore.Encode([]pricing.RateCard{card})
	maps.Copy(files, encoded)
	return err
}

// present is the newest card of the region, the zero card where there is none.
func (u *update) present() (pricing.RateCard, error) {
	series, err := u.Cards.Series(u.region)
	if _, none := errors.AsType[*pricing.NoCardError](err); none {
		return pricing.RateCard{}, nil
	}
	if err != nil {
		u.Warn(fmt.Sprintf("the existing card of %s cannot be read and will be replaced: %v", u.region, err))
		return pricing.RateCard{}, nil
	}
	return series.Newest(), nil
}

// holdsFrom is the day from which a card holds whose rates are not the present one's: the day that AWS says they take
// effect on. What the present card was read to be holds until after its own day, whatever the new file says of it; so
// where AWS's day is not after that, it is the day on which the file was published, or today.
func (u *update) holdsFrom(offer pricelist.Offer, present pricing.RateCard, drift []pricelist.Drift) pricing.Date {
	var effective pricing.Date
	for _, d := range drift {
		if day := offer.MicroVMs.Effective(u.region, d.Rated); effective.Before(day) {
			effective = day
		}
	}
	for _, day := range []pricing.Date{effective, offer.Edition.Published, u.Today} {
		if present.From.Before(day) {
			return day
		}
	}
	return present.From
}

func (u *update) takePrices(offer pricelist.Offer, service string, outcome *Outcome, files map[string][]byte) error {
	tables, err := offer.Tables(service)
	if err != nil {
		return err
	}
	present := map[string]func([]string) (pricing.Price, bool){}
	for table, text := range tables {
		files[cardstore.PricePath(service, u.region, table)] = text
		if present[table], err = u.Prices.Table(u.region, table); err != nil {
			u.Warn(fmt.Sprintf("%v; they will be replaced", err))
			present[table] = func([]string) (pricing.Price, bool) { return pricing.Price{}, false }
		}
	}
	var faults []error
	for _, p := range offer.Prices {
		if p.Service != service {
			continue
		}
		outcome.Prices++
		before, known := present[p.Table](p.At)
		after := pricing.Rate{Figure: p.Price.USD, Per: pricing.PerUnit}
		was := pricing.Rate{Figure: before.USD, Per: pricing.PerUnit}
		switch {
		case !known:
			outcome.New++
			continue
		case was.Equal(after):
			continue
		case !u.request.Accept && (after.Compare(was, JumpFactor) > 0 || was.Compare(after, JumpFactor) > 0):
			faults = append(faults, fmt.Errorf("%s: %s goes from $%s to $%s, more than %d times; look at AWS's pricing page "+
				"before you take it", u.region, placeText(p), before.USD, p.Price.USD, JumpFactor))
		}
		outcome.Changes = append(outcome.Changes, Change{
			What: placeText(p), Before: was, After: after, Source: p.Price.Source,
		})
	}
	return errors.Join(faults...)
}

// store stores what was taken, unless something of the region was refused or could not be read.
func (u *update) store() {
	whole := !slices.ContainsFunc(u.outcomes, func(o Outcome) bool { return o.Status == Refused || o.Status == Failed })
	if !whole || u.stopped != nil {
		u.files = nil
		return
	}
	if !u.state.changed {
		return
	}
	text, err := u.state.encode()
	if err == nil {
		u.files[statePath(u.region)] = text
		if !u.request.DryRun {
			err = u.Store.Put(u.files)
		}
	}
	if err != nil {
		u.stopped = &StoreError{err}
	}
}

// StoreError says that the store could not be written to.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return e.Err.Error() }

// Unwrap returns what the file system says.
func (e *StoreError) Unwrap() error { return e.Err }

// exists reports whether a store has a file.
func exists(store fs.FS, name string) bool {
	_, err := fs.Stat(store, name)
	return err == nil
}
