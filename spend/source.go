package spend

import (
	"context"
	"errors"
	"time"

	"microspend/ledger"
	"microspend/ledger/doubt"
	"microspend/pricing"
	"microspend/spend/tenants"
)

// Usage gives sums of measured usage, and tells how far it reaches. The ledger does.
type Usage = ledger.Aggregator

// Watched is usage that remembers which of its damaged files figures lack. Unwatched is the same usage for whoever only
// looks at which days have data: that makes no figure incomplete.
type Watched interface {
	Usage
	Unwatched() Usage
}

// Rates gives the rate cards of a region, each with the UTC day from which it holds. [pricing.CardSource] does, and
// [Config.Rates] with a company's own figures over it. A region without a card is a [pricing.NoCardError].
type Rates interface {
	Series(region string) (pricing.Series, error)
	// Changes are the days on which something else may be charged than before, in whichever region, in order: usage is
	// asked for between two of them at a time.
	Changes() []pricing.Date
}

// ErrNoUsage is the error of a [Source] without usage.
var ErrNoUsage = errors.New("there is no usage to work spend out from: the source's Usage is nil")

// Source is everything that spend is worked out from. All but Usage may be left at their zero values; its methods never
// change it.
type Source struct {
	Usage    Usage // without it, whatever asks for spend is an [ErrNoUsage]
	Rates    Rates // nil stands for [pricing.EmbeddedCards], AWS's list rates
	Tenants  tenants.File
	Sharing  Sharing
	Billed   *Billed           // what AWS billed, for [BasisBilled]; nil where no bill has been kept
	Location *time.Location    // where days and months are cut unless a request says otherwise; nil means UTC
	Currency *pricing.Currency // in which amounts are shown beside dollars; nil where in none

	// Doubts reads what speaks against usage in [from, to), to be told beside the figures; nil where nobody looks for it.
	Doubts func(ctx context.Context, from, to time.Time) ([]doubt.Doubt, error)

	Closed []ClosedMonth // the months that have been closed, in order

	month string // the closed month whose inputs these are; see [Source.at]
}

// measured is the source's usage, and one that answers with an error where there is none.
func (s Source) measured() Usage {
	if s.Usage == nil {
		return noUsage{}
	}
	return s.Usage
}

type noUsage struct{}

func (noUsage) Aggregate(context.Context, ledger.Query) (ledger.Result, error) {
	return ledger.Result{}, ErrNoUsage
}

func (noUsage) Extent(context.Context) (ledger.Extent, error) { return ledger.Extent{}, ErrNoUsage }

// listed are the source's rates, and AWS's where there are none.
func (s Source) listed() Rates {
	if s.Rates == nil {
		return pricing.EmbeddedCards()
	}
	return s.Rates
}

// Card is the rate card that holds in a region on a day, one without rates where the region has none. Of a closed month
// it is the one that held when it was closed.
func (s Source) Card(region string, day pricing.Date) (pricing.RateCard, error) {
	holds, err := newPriceList().on(s.at(day.Start()), region, day)
	return holds.card, err
}

// Zone is where days are cut: the location asked for, the source's own where that is nil, and otherwise UTC.
func (s Source) Zone(asked *time.Location) *time.Location {
	switch {
	case asked != nil:
		return asked
	case s.Location != nil:
		return s.Location
	default:
		return time.UTC
	}
}
