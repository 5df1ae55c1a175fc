package spend

import (
	"context"
	"math"
	"slices"
	"time"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

// Sketch is what each owner of usage spent day by day, in floats: for pictures, and for finding out which few of many tenants
// are worth an exact look. No figure that is read as one comes from it. Shared cost is a series of its own.
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
	amounts []float32
}

// Of is the series of a tenant, or of the label of rows that are no tenant's: dollars for each day, NaN where no rate is known
// for what was used. It is nil where there was no usage.
func (s Sketch) Of(name string) []float32 {
	for _, kind := range [...]Kind{KindTenant, KindUnallocated, KindShared} {
		if found, ok := s.series[owned{kind, name}]; ok {
			return found.amounts
		}
	}
	return nil
}

// add adds the cost in one region; what is not known anywhere else than there leaves the rest as it is.
func (s *sketched) add(day int, cost float32) {
	have := &s.amounts[day]
	switch unknown := math.IsNaN(float64(cost)); {
	case unknown && *have == 0, math.IsNaN(float64(*have)):
		*have = cost
	case !unknown:
		*have += cost
	}
}

// Sketch reads the days that begin in [from, to), one after the other, so that memory grows with the owners and not with the
// days between them. From must be the start of a day.
func (s Source) Sketch(ctx context.Context, from, to time.Time) (Sketch, error) {
	return s.sketch(ctx, span{from, to}, s.location(nil), Filter{})
}

func (s Source) sketch(ctx context.Context, in span, loc *time.Location, filter Filter) (Sketch, error) {
	first, last := dayOf(in.from, loc), dayOf(in.to.Add(-1), loc)
	out := Sketch{Days: int(last-first) + 1, series: map[owned]*sketched{}}
	s.Sharing.Policy = OwnRow
	rates := map[string]floatRates{}
	for d := first; d <= last; d++ {
		day := span{d.start(loc), (d + 1).start(loc)}
		if in.to.Before(day.to) {
			day.to = in.to
		}
		r := s.run(Request{From: day.from, To: day.to, By: []Dimension{ByTenant}, Location: loc, Filter: filter})
		r.relabel, r.dayNames = labelsOf, map[civilDay]labels{}
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
				rate = floatRatesOf(card.card)
				rates[key.region] = rate
			}
			who := owned{key.Kind, key.Tenant}
			series := out.series[who]
			if series == nil {
				series = &sketched{int(d - first), make([]float32, out.Days)}
				out.series[who] = series
			}
			series.add(int(d-first), rate.of(&sum.Sum))
		}
	}
	return out, nil
}

// floatRates are the rates of a region for the whole numbers in which usage is measured; NaN where a rate is not known.
type floatRates [5]float64

func floatRatesOf(card pricing.RateCard) floatRates {
	var out floatRates
	one := usage.Sum{
		VCPUMillis: usage.Uint128{Lo: 1}, MemMiBMillis: usage.Uint128{Lo: 1}, ReadBytes: usage.Uint128{Lo: 1},
		WriteBytes: usage.Uint128{Lo: 1}, StorageByteSeconds: usage.Uint128{Lo: 1},
	}
	units := one.Measured()
	for _, q := range pricing.BilledQuantities() {
		rate := card.Rate(q)
		if !rate.Known() {
			out[q] = math.NaN()
			continue
		}
		out[q] = rate.Figure.InexactFloat64() / float64(rate.Per) / float64(units[q].Per) * (1 - card.Discounts[q].InexactFloat64())
	}
	return out
}

// of is what a sum costs: of what has a rate, and NaN where nothing that was used has one.
func (r floatRates) of(sum *usage.Sum) float32 {
	used := [5]usage.Uint128{
		pricing.VCPU: sum.VCPUMillis, pricing.Memory: sum.MemMiBMillis, pricing.SnapshotRead: sum.ReadBytes,
		pricing.SnapshotWrite: sum.WriteBytes, pricing.SnapshotStorage: sum.StorageByteSeconds,
	}
	total, known, unknown := 0.0, false, false
	for q, units := range used {
		switch {
		case units.IsZero():
		case math.IsNaN(r[q]):
			unknown = true
		default:
			known = true
			total += (float64(units.Hi)*(1<<64) + float64(units.Lo)) * r[q]
		}
	}
	if unknown && !known {
		return float32(math.NaN())
	}
	return float32(total)
}

// slack is by how much the sieve errs on the side of looking: far more than floats of 24 bits can be off.
const slack = 1e-4

// worthALook are the names of the owners that may have a day that stands out, and surely all of them: for these the sieve's
// floats decide nothing. Days from judged up to until are looked at.
func (s Sketch) worthALook(start civilDay, judged, until civilDay, covered map[civilDay]bool, rule AnomalyRule) []string {
	var names []string
	k, floor := rule.k().Mul(madScale).InexactFloat64(), rule.floor().InexactFloat64()
	for who, series := range s.series {
		h := habit{first: start + civilDay(series.first), covered: covered}
		on := func(d civilDay) float64 {
			amount := float64(series.amounts[d-start])
			if math.IsNaN(amount) {
				return 0 // as an amount of which nothing is known counts
			}
			return amount
		}
		for d := max(judged, start); d < until && int(d-start) < s.Days; d++ {
			if !covered[d] {
				continue
			}
			peers, _ := h.peers(d)
			if len(peers) == 0 {
				continue
			}
			values := make([]float64, len(peers))
			for i, peer := range peers {
				values[i] = on(peer)
			}
			middle := floatMedian(values)
			for i := range values {
				values[i] = math.Abs(values[i] - middle)
			}
			off := slack * (1 + math.Abs(middle) + on(d))
			distance := math.Abs(on(d)-middle) + off
			if distance >= floor && distance >= k*max(0, floatMedian(values)-off) {
				names = append(names, who.name)
				break
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func floatMedian(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
