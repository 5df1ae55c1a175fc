package spend

import (
	"context"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// MicroDollars is money in millionths of a dollar, rounded down: enough for a picture, and for finding out which few of many
// tenants are worth an exact look. No figure that is read comes from one.
type MicroDollars int64

// UnknownMicroDollars stands where no rate is known for what was used.
const UnknownMicroDollars MicroDollars = math.MinInt64

// mostMicroDollars is what amounts are cut off at: a hundred million dollars, of one tenant on one day.
const mostMicroDollars MicroDollars = 1e14

// Sketch is what each owner of usage spent day by day, roughly. Shared cost is a series of its own.
type Sketch struct {
	Days   int // of the series
	series map[owned]*sketched

	damaged []ledger.DamagedFile
}

// owned is whose a series is.
type owned struct {
	kind Kind
	name string // the tenant's, or the label of the kind
}

type sketched struct {
	first   int // day with the first usage
	amounts []MicroDollars
}

// Of is the series of a tenant, or of the label of rows that are no tenant's, an amount for each day. It is nil where there was
// no usage.
func (s Sketch) Of(name string) []MicroDollars {
	for _, kind := range [...]Kind{KindTenant, KindUnallocated, KindShared} {
		if found, ok := s.series[owned{kind, name}]; ok {
			return found.amounts
		}
	}
	return nil
}

// add adds the cost in one region; what is not known anywhere else than there leaves the rest as it is.
func (s *sketched) add(day int, cost MicroDollars) {
	have := &s.amounts[day]
	switch unknown := cost == UnknownMicroDollars; {
	case unknown && *have == 0, *have == UnknownMicroDollars:
		*have = cost
	case !unknown:
		*have = min(*have+cost, mostMicroDollars)
	}
}

// Sketch reads the days that begin in [from, to), one after the other, so that memory grows with the owners and not with the
// days between them. From must be the start of a day.
func (s Source) Sketch(ctx context.Context, from, to time.Time) (Sketch, error) {
	return s.sketch(ctx, civil.Between(from, to), s.location(nil), Filter{})
}

func (s Source) sketch(ctx context.Context, in civil.Span, loc *time.Location, filter Filter) (Sketch, error) {
	first, last := civil.DayOf(in.From, loc), civil.DayOf(in.To.Add(-1), loc)
	out := Sketch{Days: int(last-first) + 1, series: map[owned]*sketched{}}
	s.Sharing.Policy = OwnRow
	rates := map[string]roughRates{}
	for d := first; d <= last; d++ {
		day := d.Span(loc)
		if in.To.Before(day.To) {
			day.To = in.To
		}
		r := s.run(Request{From: day.From, To: day.To, By: []Dimension{ByTenant}, Location: loc, Filter: filter})
		r.relabel, r.dayNames = labelsOf, map[civil.Day]labels{}
		cells, err := r.collect(ctx, day)
		if err != nil {
			return Sketch{}, err
		}
		out.damaged = mergeDamaged(out.damaged, r.damaged)
		for key, sum := range cells {
			rate, ok := rates[key.region]
			if !ok {
				card, err := r.prices.card(key.region)
				if err != nil {
					return Sketch{}, err
				}
				rate = roughRatesOf(card.card)
				rates[key.region] = rate
			}
			who := owned{key.Kind, key.Tenant}
			series := out.series[who]
			if series == nil {
				series = &sketched{int(d - first), make([]MicroDollars, out.Days)}
				out.series[who] = series
			}
			series.add(int(d-first), rate.of(&sum.Sum))
		}
	}
	return out, nil
}

// roughBits is how many bits after the point the rates of a sketch have: a millionth of a dollar is 10^11 of the smallest
// rates and more, so that what is cut off them is far less than what is cut off the amounts.
const roughBits = 96

// roughRates are the rates of a region in millionths of a dollar, shifted by roughBits, for the whole numbers in which usage
// is measured; nil where a rate is not known.
type roughRates [pricing.QuantityCount]*big.Int

func roughRatesOf(card pricing.RateCard) roughRates {
	var out roughRates
	shifted := decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), roughBits), 6)
	for _, q := range pricing.BilledQuantities() {
		one := pricing.Count{Units: shifted, Per: q.Counted().PerUnit}
		if amount, _, err := one.Amounts(card, q); err == nil { // otherwise the rate is not known
			out[q] = amount.RoundBank(0).BigInt()
		}
	}
	return out
}

// of is what a sum costs: of what has a rate, and unknown where nothing that was used has one.
func (r roughRates) of(sum *usage.Sum) MicroDollars {
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
	total.Rsh(&total, roughBits)
	if !total.IsInt64() {
		return mostMicroDollars
	}
	return min(MicroDollars(total.Int64()), mostMicroDollars)
}

// slack is by how much the sieve errs on the side of looking: a tenth of a cent, where rounding can be off by a millionth of a
// dollar for each region.
const slack MicroDollars = 1000

// worthALook are the names of the owners that may have a day that stands out, and surely all of them. Days from judged up to
// until are looked at.
func (s Sketch) worthALook(start civil.Day, judged, until civil.Day, covered map[civil.Day]bool, rule AnomalyRule) []string {
	var names []string
	k, floor := rule.k().Mul(madScale), rule.floor()
	floorMicro := MicroDollars(decimal.Min(floor.Shift(6), decimal.NewFromInt(int64(mostMicroDollars))).IntPart())
	for who, series := range s.series {
		h := habit{first: start + civil.Day(series.first), covered: covered}
		on := func(d civil.Day) MicroDollars {
			return max(0, series.amounts[d-start]) // what is unknown counts as an amount of which nothing is known
		}
		for d := max(judged, start); d < until && int(d-start) < s.Days; d++ {
			if !covered[d] {
				continue
			}
			peers, _ := h.peers(d)
			if len(peers) == 0 {
				continue
			}
			values := make([]MicroDollars, len(peers))
			for i, peer := range peers {
				values[i] = on(peer)
			}
			middle := roughMedian(values)
			distance := distanceOf(on(d), middle) + slack
			if distance < floorMicro {
				continue
			}
			for i := range values {
				values[i] = distanceOf(values[i], middle)
			}
			usual := decimal.New(int64(max(0, roughMedian(values)-slack)), -6)
			if decimal.New(int64(distance), -6).GreaterThanOrEqual(k.Mul(usual)) || distance >= mostMicroDollars {
				names = append(names, who.name)
				break
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func distanceOf(a, b MicroDollars) MicroDollars { return max(a-b, b-a) }

func roughMedian(values []MicroDollars) MicroDollars {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
