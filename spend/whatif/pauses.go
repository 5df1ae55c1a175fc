package whatif

import (
	"errors"
	"fmt"
	"iter"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/usage"
)

// Pauses is an [IdleModel] from the single suspensions that a ledger shows. A longer timeout does to each what it
// would have done: one that lasted no longer than what is added is run through, idle, and the others begin so much
// later. That holds whatever the timeout was at present, and is what [idle.Model.Analyse] prices.
//
// Pauses that were too short to be suspended do not show. They cost the same under every timeout that is no shorter
// than that at present; about a shorter one they would decide, so there [Memoryless] is taken in place.
type Pauses struct {
	suspended map[string]idle.Distribution // how long, by region
}

// MostPauses is how many readings with suspends, resumes or suspended time [ReadPauses] takes.
const MostPauses = 500_000

// TooManyPausesError is for usage with more than [MostPauses].
type TooManyPausesError struct{}

func (TooManyPausesError) Error() string {
	return fmt.Sprintf("there are more than %s pauses", figures.Int(MostPauses))
}

// ReadPauses reads the suspensions of records, once and in any order. Those that share a period are taken to be equally
// long, and those that no resume ends are left out, see [idle.FromRecords]. Usage without any is not an error.
func ReadPauses(records iter.Seq2[usage.Record, error]) (*Pauses, error) {
	regions := map[string]bool{}
	readings := 0
	trace, err := idle.FromRecords(func(yield func(usage.Record, error) bool) {
		for r, err := range records {
			if err == nil && r.Amounts[usage.Suspends] == 0 && r.Amounts[usage.Resumes] == 0 && r.Amounts[usage.Suspended] == 0 {
				continue
			}
			if readings++; err == nil && readings > MostPauses {
				err = TooManyPausesError{}
			}
			regions[r.Region] = true
			if !yield(r, err) {
				return
			}
		}
	}, idle.RecordOptions{
		Owner: func(r *usage.Record) string { return r.Region }, // pauses are priced by region, whoever had them
	})
	p := &Pauses{map[string]idle.Distribution{}}
	if errors.Is(err, idle.ErrNoGaps) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	for region := range regions {
		if part, err := trace.Only(region); err == nil { // an error is a region in which no suspension ended
			p.suspended[region] = part.All
		}
	}
	return p, nil
}

// Count is how many suspensions there are.
func (p *Pauses) Count() int64 {
	count := int64(0)
	for _, d := range p.suspended {
		count += d.Gaps()
	}
	return count
}

// Effect implements [IdleModel].
func (p *Pauses) Effect(part *Part, f Facts, now, then int64) Effect {
	d := p.suspended[part.Region]
	switch {
	case now == then:
		return Effect{}
	case d.Gaps() == 0:
		return Memoryless{}.Effect(part, f, now, then)
	case then < now:
		effect := Memoryless{}.Effect(part, f, now, then)
		effect.Notes = append(effect.Notes, assumption.IdleShorter.Clause(now))
		return effect
	}
	fixed := d.At((then - now) * 1000)
	seconds := decimal.New(fixed.Use.RunningMS, -3)
	return Effect{
		Running: seconds, Suspended: seconds.Neg(), Suspends: decimal.NewFromInt(fixed.Use.Resumes - d.Gaps()),
		Notes: append(p.read(part, f, d), p.cheapest(part, f, d, now)...),
	}
}

// read says what the effect is worked out from.
func (p *Pauses) read(part *Part, f Facts, d idle.Distribution) []pricing.Note {
	count := decimal.NewFromInt(d.Gaps())
	more := ""
	if rest := f.Suspends.Sub(count); rest.IsPositive() {
		more = fmt.Sprintf("; %s more that no resume was seen for stay as they were", figures.Grouped(rest))
	}
	return []pricing.Note{assumption.IdlePauses.Clause(figures.Grouped(count), part.Region, more)}
}

// cheapest names the best timeout that can be judged.
func (p *Pauses) cheapest(part *Part, f Facts, d idle.Distribution, now int64) []pricing.Note {
	seconds, ok := p.best(part, f, d, now)
	if !ok {
		return nil
	}
	return []pricing.Note{assumption.IdleCheapest.Clause(now, part.Region, seconds)}
}

// best is the cheapest timeout of now or more, in seconds. It reports false where a rate is not known.
func (p *Pauses) best(part *Part, f Facts, d idle.Distribution, now int64) (int64, bool) {
	state := pricing.Divide(f.State, bytesPerGB, pricing.AmountPlaces)
	model, err := idle.NewModel(*part.Card, f.Size, state, decimal.Decimal{})
	if err != nil {
		return 0, false
	}
	return now + model.Best(d, 0).TimeoutSeconds(), true
}
