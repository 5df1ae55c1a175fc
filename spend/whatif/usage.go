package whatif

import (
	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/usage"
)

// Part is the usage of one region, with the rates there.
type Part struct {
	Region string
	Card   *pricing.RateCard // that holds last; shared by the parts of a region; without rates where there is none
	Sum    usage.Sum

	// Dated are what the part consists of, where rates changed in the meantime: the usage of each card.
	Dated []Part

	whole *usage.Sum // of a part that is one of Dated: what all of them come to; else nil
}

// share is what comes of a figure about the whole part in a dated one, in proportion to a measure. Rates that change in
// the meantime change the amount, but neither how many pauses there were nor how long.
func (p *Part) share(figure decimal.Decimal, by usage.Measure) decimal.Decimal {
	if p.whole == nil {
		return figure
	}
	whole := p.whole.Amounts[by].Decimal()
	if whole.IsZero() {
		return decimal.Decimal{}
	}
	return pricing.Prorate(figure, p.Sum.Amounts[by].Decimal(), whole)
}

// Continue adds usage of the same group that is priced at a later card.
func (p *Part) Continue(later Part) {
	if len(p.Dated) == 0 {
		p.Dated = []Part{{Region: p.Region, Card: p.Card, Sum: p.Sum}}
	}
	p.Dated, p.Card = append(p.Dated, later), later.Card
	p.Sum.Merge(&later.Sum)
}

// priced are the parts of parts, each with the card that it is priced at.
func priced(parts []Part) []Part {
	var out []Part
	for _, part := range parts {
		if len(part.Dated) > 0 {
			for _, dated := range part.Dated {
				dated.whole = &part.Sum
				out = append(out, dated)
			}
		} else {
			out = append(out, part)
		}
	}
	return out
}

// Facts are what a sum of usage tells about the MicroVMs behind it.
type Facts struct {
	Size    pricing.Size    // the largest size that uses no more memory than was measured per running second
	Average decimal.Decimal // GB in use per running second, bursts included

	Running   decimal.Decimal // seconds
	Suspended decimal.Decimal // seconds
	Launches  decimal.Decimal
	Suspends  decimal.Decimal
	Resumes   decimal.Decimal

	State decimal.Decimal // bytes written by a suspend on average; zero without suspends
}

// unmeasured says why facts of a part are not known: it computed, but its running time was not measured. It is "" where
// nothing computed.
func (p *Part) unmeasured() string {
	amounts := &p.Sum.Amounts
	if !amounts[usage.Running].IsZero() || amounts[pricing.VCPU].IsZero() && amounts[pricing.Memory].IsZero() {
		return ""
	}
	return "for how long MicroVMs ran in " + p.Region +
		" is not measured; collect from logs or the MicroVM API, or map a metric of running time"
}

var (
	bytesPerGB   = decimal.NewFromInt(1 << 30)
	thousand     = decimal.NewFromInt(1000)
	mibMSPerGBMS = decimal.NewFromInt(1024)
	one          = decimal.NewFromInt(1)
)

// FactsOf works out the facts. It reports false where nothing ran, so that there is nothing to change.
func FactsOf(sum *usage.Sum) (Facts, bool) {
	of := func(m usage.Measure) decimal.Decimal { return sum.Amounts[m].Decimal() }
	runningMS, memory := of(usage.Running), sum.Amounts[pricing.Memory].Decimal()
	if runningMS.IsZero() || memory.IsZero() {
		return Facts{}, false
	}
	f := Facts{
		Running: runningMS.Shift(-3), Suspended: of(usage.Suspended).Shift(-3), Launches: of(usage.Launches),
		Suspends: of(usage.Suspends), Resumes: of(usage.Resumes),
		Average: pricing.Divide(memory, runningMS.Mul(mibMSPerGBMS), pricing.RatioPlaces),
	}
	f.Size = pricing.Sizes()[0]
	for _, size := range pricing.Sizes() {
		if size.GB().LessThanOrEqual(f.Average) {
			f.Size = size
		}
	}
	if f.Suspends.IsPositive() {
		f.State = pricing.Divide(sum.Amounts[pricing.SnapshotWrite].Decimal(), f.Suspends, pricing.AmountPlaces)
	}
	return f, true
}

// aMonth turns a figure of some seconds into that of a month of 730 hours at the same pace.
func aMonth(figure decimal.Decimal, seconds int64) decimal.Decimal {
	return pricing.ProrateTime(figure, monthSeconds, max(seconds, 1))
}

const monthSeconds = pricing.HoursPerInstanceMonth * pricing.SecondsPerHour

// demand is what the usage of a number of seconds asks of an alternative in a month at the same pace. Launches and
// resumes are taken for jobs, so that machines that are always on come to as many as the running time fills, one at
// least.
func demand(region string, f Facts, seconds int64) pricing.Demand {
	starts := decimal.Max(f.Launches.Add(f.Resumes), one)
	jobs := aMonth(starts, seconds)
	return pricing.Demand{
		Region: region, Size: f.Size, Users: one, Jobs: jobs, Running: aMonth(f.Running, seconds), Stretches: jobs,
	}
}
