package spend

import (
	"context"
	"math"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

// MicroDollars is money in millionths of a dollar, rounded down, in a fraction of the memory that exact amounts take:
// enough for a picture, and for finding out which few of many tenants are worth an exact look. No figure that is read
// comes from one.
type MicroDollars int64

// UnknownMicroDollars stands where no rate is known for what was used.
const UnknownMicroDollars MicroDollars = math.MinInt64

// MaxMicroDollars is what amounts are cut off at: a hundred million dollars, of one tenant on one day.
const MaxMicroDollars MicroDollars = 1e14

// DayEstimates are what each tenant spent day by day, roughly. Rows that are no tenant's are series of their own.
type DayEstimates struct {
	First  civil.Day
	Days   int                // of each series
	Series map[Key]*DaySeries // the key has a kind and a tenant or label
	// Recorded says of which days there is a record of anybody. On others an amount of zero is not known to be one.
	Recorded []bool
	Damaged  []ledger.DamagedFile
}

// DaySeries is what one of them spent, an amount for each day.
type DaySeries struct {
	First   civil.Day // with usage
	Amounts []MicroDollars
}

// Of is the series of a tenant, or of rows that are no tenant's. It is nil where there was no usage.
func (e DayEstimates) Of(who Key) []MicroDollars {
	if found, ok := e.Series[Key{Kind: who.Kind, Tenant: who.Tenant}]; ok {
		return found.Amounts
	}
	return nil
}

// add adds the cost in one region; what is not known anywhere else than there leaves the rest as it is.
func (s *DaySeries) add(day int, cost MicroDollars) {
	have := &s.Amounts[day]
	switch unknown := cost == UnknownMicroDollars; {
	case unknown && *have == 0, *have == UnknownMicroDollars:
		*have = cost
	case !unknown:
		*have = min(*have+cost, MaxMicroDollars)
	}
}

// EstimateDays estimates the days that begin in a span, which must begin with a day. It reads one after the other, so
// that memory grows with the tenants and not with the days between them. A location that is nil stands for the
// source's.
func (s Source) EstimateDays(
	ctx context.Context, in civil.Span, loc *time.Location, filter Filter,
) (DayEstimates, error) {
	loc = s.Zone(loc)
	first, last := in.Days(loc)
	out := DayEstimates{First: first, Days: int(last-first) + 1, Series: map[Key]*DaySeries{}}
	out.Recorded = make([]bool, out.Days)
	s = s.WithPolicy(OwnRow)
	prices := newPriceList()
	for d := first; d <= last; d++ {
		day := d.Span(loc)
		if in.To.Before(day.To) {
			day.To = in.To
		}
		r := s.run(Request{From: day.From, To: day.To, By: []Dimension{ByTenant}, Location: loc, Filter: filter})
		r.prices = prices // which are the same every day
		cells, err := r.collect(ctx, day, labelsOf)
		if err != nil {
			return DayEstimates{}, err
		}
		out.Damaged = MergeDamaged(out.Damaged, r.damaged)
		out.Recorded[d-first] = r.recorded
		r.priced(cells, func(who Key, cost Cost, _ *usage.Sum) { // once for each region
			if out.Series[who] == nil {
				out.Series[who] = &DaySeries{d, make([]MicroDollars, out.Days)}
			}
			out.Series[who].add(int(d-first), microDollars(cost))
		})
	}
	return out, nil
}

// microDollars rounds a cost down: of what has a rate, and unknown where nothing that was used has one.
func microDollars(cost Cost) MicroDollars {
	if !cost.Known() {
		return UnknownMicroDollars
	}
	amount := cost.Amount.Shift(6)
	if amount.GreaterThan(decimal.NewFromInt(int64(MaxMicroDollars))) {
		return MaxMicroDollars
	}
	return MicroDollars(amount.IntPart())
}
