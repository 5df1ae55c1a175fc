package spend

import (
	"context"
	"math"
	"math/big"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// MicroDollars is money in millionths of a dollar, rounded down: enough for a picture, and for finding out which few
// of many tenants are worth an exact look. No figure that is read comes from one.
type MicroDollars int64

// UnknownMicroDollars stands where no rate is known for what was used.
const UnknownMicroDollars MicroDollars = math.MinInt64

// MaxMicroDollars is what amounts are cut off at: a hundred million dollars, of one tenant on one day.
const MaxMicroDollars MicroDollars = 1e14

// DayEstimates are what each tenant spent day by day, roughly. Rows that are no tenant's are series of their own.
type DayEstimates struct {
	First   civil.Day
	Days    int                // of each series
	Series  map[Key]*DaySeries // the key has a kind and a tenant or label
	Damaged []ledger.DamagedFile
}

// DaySeries is what one of them spent, an amount for each day.
type DaySeries struct {
	First   civil.Day // with usage
	Amounts []MicroDollars
}

// Of is the series of a tenant, or of the label of rows that are no tenant's. It is nil where there was no usage.
func (e DayEstimates) Of(name string) []MicroDollars {
	for _, kind := range [...]Kind{KindTenant, KindUnallocated, KindShared} {
		if found, ok := e.Series[Key{Kind: kind, Tenant: name}]; ok {
			return found.Amounts
		}
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
	s.Sharing.Policy = OwnRow
	rates := map[string]estimatedRates{}
	for d := first; d <= last; d++ {
		day := d.Span(loc)
		if in.To.Before(day.To) {
			day.To = in.To
		}
		r := s.run(Request{From: day.From, To: day.To, By: []Dimension{ByTenant}, Location: loc, Filter: filter})
		cells, err := r.collect(ctx, day, labelsOf)
		if err != nil {
			return DayEstimates{}, err
		}
		out.Damaged = MergeDamaged(out.Damaged, r.damaged)
		for key, sum := range cells {
			rate, ok := rates[key.region]
			if !ok {
				card, err := r.prices.card(key.region)
				if err != nil {
					return DayEstimates{}, err
				}
				rate = estimateRates(card.card)
				rates[key.region] = rate
			}
			who := Key{Kind: key.Kind, Tenant: key.Tenant}
			series := out.Series[who]
			if series == nil {
				series = &DaySeries{d, make([]MicroDollars, out.Days)}
				out.Series[who] = series
			}
			series.add(int(d-first), rate.price(&sum.Sum))
		}
	}
	return out, nil
}

// estimateBits is how many bits after the point the rates of an estimate have: a millionth of a dollar is 10^11 of the
// smallest rates and more, so that what is cut off them is far less than what is cut off the amounts.
const estimateBits = 96

// estimatedRates are the rates of a region in millionths of a dollar, shifted by estimateBits, for the whole numbers in
// which usage is measured; nil where a rate is not known.
type estimatedRates [pricing.QuantityCount]*big.Int

func estimateRates(card pricing.RateCard) estimatedRates {
	var out estimatedRates
	shifted := decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), estimateBits), 6)
	for _, q := range pricing.BilledQuantities() {
		one := pricing.Count{Units: shifted, Per: q.Counted().PerUnit}
		if amount, _, err := one.Amounts(card, q); err == nil { // otherwise the rate is not known
			out[q] = amount.RoundBank(0).BigInt()
		}
	}
	return out
}

// price is what a sum costs: of what has a rate, and unknown where nothing that was used has one.
func (r estimatedRates) price(sum *usage.Sum) MicroDollars {
	var total, units, amount big.Int
	known, unknown := false, false
	for q := range r {
		n := sum.Amounts[q]
		switch {
		case n.IsZero():
		case r[q] == nil:
			unknown = true
		default:
			known = true
			units.Lsh(units.SetUint64(n.Hi), 64)
			units.Or(&units, amount.SetUint64(n.Lo))
			total.Add(&total, amount.Mul(&units, r[q]))
		}
	}
	if unknown && !known {
		return UnknownMicroDollars
	}
	total.Rsh(&total, estimateBits)
	if !total.IsInt64() {
		return MaxMicroDollars
	}
	return min(MicroDollars(total.Int64()), MaxMicroDollars)
}
