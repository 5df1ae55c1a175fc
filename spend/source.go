package spend

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"microspend/ledger"
	"microspend/pricing"
)

// Usage gives sums of measured usage. The ledger does.
type Usage interface {
	Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error)
}

// Rates gives the rate card of a region. [pricing.CardSource] does, and [Config.Rates] with a company's own figures over
// it. A region without a card is a [pricing.NoCardError].
type Rates interface {
	Card(region string) (pricing.RateCard, error)
}

// Source is everything that spend is worked out from. Tenants, Sharing, Budgets and AnomalyRule may be left at their zero
// values; its methods never change it.
type Source struct {
	Usage       Usage
	Rates       Rates
	Tenants     Tenants
	Sharing     Sharing
	Budgets     Budgets
	AnomalyRule AnomalyRule
	Billed      *Billed        // what AWS billed, for [BasisBilled]; nil where no bill has been taken in
	Location    *time.Location // where days and months are cut unless a request says otherwise; nil means UTC
}

func (s Source) location(asked *time.Location) *time.Location {
	switch {
	case asked != nil:
		return asked
	case s.Location != nil:
		return s.Location
	default:
		return time.UTC
	}
}

var hundred = decimal.NewFromInt(100)
