package whatif

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/ledger/lifecycle"
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
	groups map[string][]*pauseGroup // by region
}

// pauseGroup are the suspensions of the MicroVMs of one region that were launched with one idle timeout.
type pauseGroup struct {
	timeout   int64               // seconds; 0 where it is not recorded
	suspended idle.Distribution   // how long
	suspends  decimal.Decimal     // begun, ended or not
	lasted    decimal.Decimal     // seconds suspended
	microvms  map[string]struct{} // by account and id
	readAt    time.Time           // when the last of the timeouts was read
}

// MostPauses is how many readings with suspends, resumes or suspended time [ReadPauses] takes.
const MostPauses = 500_000

// TooManyPausesError is for usage with more than [MostPauses].
type TooManyPausesError struct{}

func (TooManyPausesError) Error() string {
	return fmt.Sprintf("there are more than %s pauses", figures.Int(MostPauses))
}

// ReadPauses reads the suspensions of records, once and in any order. Those that share a period are taken to be equally
// long, and those that no resume ends are left out, see [idle.FromRecords]. Usage without any is not an error. The idle
// timeout that a MicroVM was launched with is taken from the table, which may be nil.
func ReadPauses(records iter.Seq2[usage.Record, error], launched *lifecycle.Table) (*Pauses, error) {
	p, groups := &Pauses{map[string][]*pauseGroup{}}, map[string]*pauseGroup{}
	readings := 0
	trace, err := idle.FromRecords(func(yield func(usage.Record, error) bool) {
		for r, err := range records {
			if err == nil && r.Amounts[usage.Suspends] == 0 && r.Amounts[usage.Resumes] == 0 && r.Amounts[usage.Suspended] == 0 {
				continue
			}
			if readings++; err == nil && readings > MostPauses {
				err = TooManyPausesError{}
			}
			if err == nil {
				p.count(groups, &r, launched)
			}
			if !yield(r, err) {
				return
			}
		}
	}, idle.RecordOptions{
		// Pauses are priced by region and compared with the timeout that was in force, whoever had them.
		Owner: func(r *usage.Record) string { return groupKey(r, launched) },
	})
	if errors.Is(err, idle.ErrNoGaps) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	byKey, err := trace.ByTenant()
	if err != nil {
		return nil, err
	}
	for key, group := range groups {
		group.suspended = byKey[key]
	}
	return p, nil
}

func timeoutOf(r *usage.Record, launched *lifecycle.Table) (seconds int64, readAt time.Time) {
	if m, found := launched.Of(r); found && m.MaxIdle != nil {
		return *m.MaxIdle, m.ReadAt
	}
	return 0, time.Time{}
}

func groupKey(r *usage.Record, launched *lifecycle.Table) string {
	seconds, _ := timeoutOf(r, launched)
	return fmt.Sprintf("%s %d", r.Region, seconds)
}

func (p *Pauses) count(groups map[string]*pauseGroup, r *usage.Record, launched *lifecycle.Table) {
	key := groupKey(r, launched)
	seconds, readAt := timeoutOf(r, launched)
	g := groups[key]
	if g == nil {
		g = &pauseGroup{timeout: seconds, microvms: map[string]struct{}{}}
		groups[key] = g
		p.groups[r.Region] = append(p.groups[r.Region], g)
		slices.SortFunc(p.groups[r.Region], func(a, b *pauseGroup) int { return cmp.Compare(a.timeout, b.timeout) })
	}
	g.suspends = g.suspends.Add(decimal.NewFromInt(r.Amounts[usage.Suspends]))
	g.lasted = g.lasted.Add(decimal.New(r.Amounts[usage.Suspended], -3))
	g.microvms[r.Account+"/"+r.Resource.ID] = struct{}{}
	g.readAt = civil.Later(g.readAt, readAt)
}

// Count is how many suspensions there are.
func (p *Pauses) Count() int64 {
	count := int64(0)
	for _, groups := range p.groups {
		for _, g := range groups {
			count += g.suspended.Gaps()
		}
	}
	return count
}

// Effect implements [IdleModel]. A recorded timeout takes the place of now for the MicroVMs that were launched with it.
func (p *Pauses) Effect(part *Part, f Facts, now, then int64) Effect {
	groups := p.groups[part.Region]
	if now == then {
		return Effect{}
	}
	if len(groups) == 0 {
		return Memoryless{}.Effect(part, f, now, then)
	}
	var sum Effect
	var ended int64
	var exact []pricing.Note
	for _, g := range groups {
		at := cmp.Or(g.timeout, now)
		gaps := g.suspended.Gaps()
		switch {
		case then == at:
		case then < at || gaps == 0:
			effect := Memoryless{}.Effect(part, g.share(f, groups), at, then)
			if gaps > 0 {
				effect.Notes = append(effect.Notes, assumption.IdleShorter.Clause(at))
			}
			sum.add(effect)
		default:
			fixed := g.suspended.At((then - at) * 1000)
			seconds := part.share(decimal.New(fixed.Use.RunningMS, -3), usage.Suspended)
			suspends := part.share(decimal.NewFromInt(fixed.Use.Resumes-gaps), usage.Suspends)
			sum.add(Effect{Running: seconds, Suspended: seconds.Neg(), Suspends: suspends})
			ended += gaps
			exact = append(exact, p.cheapest(part, f, g.suspended, at)...)
		}
	}
	if ended > 0 {
		sum.Notes = append(sum.Notes, read(part, f, groups, ended))
		sum.Notes = append(sum.Notes, exact...)
	}
	return sum
}

func (e *Effect) add(other Effect) {
	e.Running, e.Suspended = e.Running.Add(other.Running), e.Suspended.Add(other.Suspended)
	e.Suspends, e.Notes = e.Suspends.Add(other.Suspends), append(e.Notes, other.Notes...)
}

// share is what of a part's facts falls to the MicroVMs of a group: suspensions as they were counted, and running time
// in proportion to them.
func (g *pauseGroup) share(f Facts, groups []*pauseGroup) Facts {
	if len(groups) == 1 {
		return f
	}
	all := decimal.Decimal{}
	for _, other := range groups {
		all = all.Add(other.suspends)
	}
	f.Suspends, f.Suspended = g.suspends, g.lasted
	if all.IsPositive() {
		f.Running = pricing.Divide(f.Running.Mul(g.suspends), all, pricing.RatioPlaces)
	}
	return f
}

// read says what the effect is worked out from.
func read(part *Part, f Facts, groups []*pauseGroup, ended int64) pricing.Note {
	count, more := decimal.NewFromInt(ended), ""
	if rest := f.Suspends.Sub(count); rest.IsPositive() && len(groups) == 1 {
		more = fmt.Sprintf("; %s more that no resume was seen for stay as they were", figures.Grouped(rest))
	}
	return assumption.IdlePauses.Clause(figures.Grouped(count), part.Region, more)
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
