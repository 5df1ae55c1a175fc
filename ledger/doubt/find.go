package doubt

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/usage"
)

const (
	vcpu    = usage.Measure(pricing.VCPU)
	memory  = usage.Measure(pricing.Memory)
	storage = usage.Measure(pricing.SnapshotStorage)
)

// Rules say what is known of what can have been used.
type Rules struct {
	// Sources are those that measure the same usage, each in its own way. Records of others, such as imports, are the
	// operator's own word and in no doubt.
	Sources []string
	// States is the one of them whose records are AWS's own states of MicroVMs.
	States string
	// Most is the most that an account can use of a measure in a period in a region; nil bounds nothing.
	Most func(region string, of usage.Measure, period time.Duration) int64
}

// peakVCPU is the most that a MicroVM can use at a time.
var peakVCPU = pricing.Sizes()[len(pricing.Sizes())-1].PeakVCPU().IntPart()

// transition is how long AWS may have called a MicroVM something else than its meter did, at each of its changes: a
// hook may take a minute to answer.
const transition = time.Minute

// account is an account in a region.
type account struct{ region, id string }

// cell is an account's period, by one source.
type cell struct {
	account
	source         string
	start, seconds int64
}

// total is what a cell has of a measure.
type total struct {
	sum   usage.Uint128
	parts []Part // the largest, in order
}

// microVM is a MicroVM of an account.
type microVM struct {
	account
	id string
}

// stretch is a record of AWS's states: how long a MicroVM can have run in a period.
type stretch struct{ start, end, running int64 }

// interval is a time, half-open, in Unix seconds.
type interval struct{ start, end int64 }

// joined are intervals in order, those that touch joined.
func joined(all []interval) (out []interval) {
	slices.SortFunc(all, func(a, b interval) int { return cmp.Compare(a.start, b.start) })
	for _, i := range all {
		if last := len(out) - 1; last >= 0 && i.start <= out[last].end {
			out[last].end = max(out[last].end, i.end)
		} else {
			out = append(out, i)
		}
	}
	return out
}

// finder goes through the records of a day.
type finder struct {
	rules  Rules
	totals map[cell]*[3]total
	states map[microVM][]stretch  // AWS's
	asked  map[account][]interval // in which AWS was asked
	found  map[claim]*Doubt
}

// claim is what a doubt about AWS's states is of.
type claim struct {
	microVM
	source string
	kind   Kind
}

// Find finds what is in doubt among the records of a day. It goes through them once, and where AWS's states are among
// them once more; an error ends it.
func Find(records func() iter.Seq2[usage.Record, error], rules Rules) ([]Doubt, error) {
	f := &finder{
		rules: rules, totals: map[cell]*[3]total{}, states: map[microVM][]stretch{}, asked: map[account][]interval{},
		found: map[claim]*Doubt{},
	}
	for r, err := range records() {
		if err != nil {
			return nil, err
		}
		f.add(&r)
	}
	if len(f.asked) > 0 {
		for of, all := range f.asked {
			f.asked[of] = joined(all)
		}
		for r, err := range records() {
			if err != nil {
				return nil, err
			}
			f.compare(&r)
		}
	}
	return f.doubts(), nil
}

// add takes a record into the sums of its account, or into AWS's states.
func (f *finder) add(r *usage.Record) {
	if !slices.Contains(f.rules.Sources, r.Source) {
		return
	}
	of := account{r.Region, r.Account}
	start, end := r.PeriodStart.Unix(), r.PeriodStart.Unix()+r.PeriodSeconds
	if r.Source == f.rules.States {
		if all := f.asked[of]; len(all) == 0 || all[len(all)-1] != (interval{start, end}) {
			f.asked[of] = append(all, interval{start, end})
		}
		if r.Resource.Kind == usage.KindMicroVM {
			running := r.Amounts[usage.Running]
			if r.Coverage != usage.CoverageComplete { // its state changed at some moment that is not known
				running = r.PeriodSeconds * 1000
			}
			key := microVM{of, r.Resource.ID}
			f.states[key] = append(f.states[key], stretch{start, end, running})
		}
	}
	if f.rules.Most == nil || r.Resource.Kind == usage.KindImage {
		return // images are stored, and take no memory
	}
	key := cell{of, r.Source, start, r.PeriodSeconds}
	totals := f.totals[key]
	if totals == nil {
		totals = &[3]total{}
		f.totals[key] = totals
	}
	for i, m := range measures {
		totals[i].add(r, r.Amounts[m])
	}
}

func (t *total) add(r *usage.Record, amount int64) {
	t.sum = t.sum.AddInt(amount)
	if amount == 0 || len(t.parts) == maxParts && amount <= t.parts[maxParts-1].Used {
		return
	}
	at, _ := slices.BinarySearchFunc(t.parts, amount, func(p Part, n int64) int { return cmp.Compare(n, p.Used) })
	t.parts = slices.Insert(t.parts, at, Part{r.Resource.String(), r.Tenant, amount})
	t.parts = t.parts[:min(len(t.parts), maxParts)]
}

// compare holds a record against AWS's states of the same time, where AWS was asked all the while.
func (f *finder) compare(r *usage.Record) {
	if r.Source == f.rules.States || r.Resource.Kind != usage.KindMicroVM || !slices.Contains(f.rules.Sources, r.Source) {
		return
	}
	claimed := max(r.Amounts[usage.Running], r.Amounts[vcpu]/peakVCPU) // some sources measure billed quantities alone
	of := microVM{account{r.Region, r.Account}, r.Resource.ID}
	start, end := r.PeriodStart.Unix(), r.PeriodStart.Unix()+r.PeriodSeconds
	if claimed == 0 || !f.askedThrough(of.account, start, end) {
		return
	}
	running := int64(0)
	for _, s := range f.states[of] {
		if overlap := min(end, s.end) - max(start, s.start); overlap > 0 {
			running += min(s.running, overlap*1000)
		}
	}
	switch {
	case len(f.states[of]) == 0:
		f.doubt(claim{of, r.Source, NotListed}, r, claimed, 0)
	case claimed > running+transition.Milliseconds():
		f.doubt(claim{of, r.Source, NotRunning}, r, claimed, running)
	}
}

// askedThrough reports whether AWS was asked all the time from start to end.
func (f *finder) askedThrough(of account, start, end int64) bool {
	all := f.asked[of]
	at, found := slices.BinarySearchFunc(
		all,
		start,
		func(i interval, start int64) int { return cmp.Compare(i.start, start) },
	)
	if !found {
		at--
	}
	return at >= 0 && all[at].end >= end
}

func (f *finder) doubt(of claim, r *usage.Record, claimed, running int64) {
	d := f.found[of]
	from, to := r.PeriodStart.UTC(), r.PeriodStart.UTC().Add(time.Duration(r.PeriodSeconds)*time.Second)
	if d == nil {
		if len(f.found) == maxDoubts {
			return
		}
		d = &Doubt{
			Kind: of.kind, Region: of.region, Account: of.account.id, Source: of.source, From: from, To: to,
			By: []Part{{Resource: r.Resource.String(), Tenant: r.Tenant}},
		}
		f.found[of] = d
	}
	if from.Before(d.From) {
		d.From = from
	}
	if to.After(d.To) {
		d.To = to
	}
	d.ClaimedMS, d.RunningMS = d.ClaimedMS+claimed, d.RunningMS+running
	d.By[0].Used = d.ClaimedMS
}

// doubts are what was found, in order of time.
func (f *finder) doubts() []Doubt {
	var all []Doubt
	for key, totals := range f.totals {
		for i, m := range measures {
			most := f.rules.Most(key.region, m, time.Duration(key.seconds)*time.Second)
			if !totals[i].sum.Decimal().GreaterThan(decimal.NewFromInt(most)) {
				continue
			}
			start := time.Unix(key.start, 0).UTC()
			all = append(all, Doubt{
				Kind: BeyondQuota, Region: key.region, Account: key.id, Source: key.source, From: start,
				To: start.Add(
					time.Duration(key.seconds) * time.Second,
				), Quantity: m.Counted().Column, Used: totals[i].sum.String(), Most: most,
				By: totals[i].parts,
			})
		}
	}
	for _, d := range f.found {
		if d.ClaimedMS > transition.Milliseconds() { // else the clocks are a little apart
			all = append(all, *d)
		}
	}
	slices.SortFunc(all, func(a, b Doubt) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Account+" "+a.Region, b.Account+" "+b.Region),
			strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Source+a.Quantity, b.Source+b.Quantity),
			strings.Compare(a.By[0].Resource, b.By[0].Resource))
	})
	return all[:min(len(all), maxDoubts)]
}
