package fleet

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"microspend/collector/watch"
	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// Options are what a fleet is looked at with. Watcher and Source must be given, but for the
// source's Usage: without it there is no ledger.
type Options struct {
	Watcher watch.Watcher
	Source  spend.Source // of the ledger, the rates and the tenants
	// Fingerprint changes when the ledger does; nil means that it is read at every look.
	Fingerprint func(context.Context) (string, error)
}

// Fleet is a fleet that is looked at again and again. It may be used by several goroutines; looks are made one after
// the other.
type Fleet struct {
	options Options

	mu      sync.Mutex
	books   *books
	before  map[key]seen
	events  []Event
	history []BurnAt
	last    *Snapshot
}

// New returns a fleet that has not been looked at yet.
func New(o Options) *Fleet { return &Fleet{options: o} }

// mostHistory is how many looks the history of the burn keeps: hours of them.
const mostHistory = 4096

// Refresh looks at the fleet. It fails only where nothing at all can be told: what single places or the ledger cannot
// tell is said in the snapshot, beside what is known.
func (f *Fleet) Refresh(ctx context.Context) (*Snapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	look, err := f.options.Watcher.Look(ctx)
	if err != nil {
		return nil, err
	}
	before := f.books
	fault := f.read(ctx, look.At, oldest(&look))
	if ctx.Err() != nil {
		return nil, fault
	}
	if f.sees(&look) && f.books == before && fault == nil {
		return f.last, nil
	}
	s := &Snapshot{At: look.At, Places: look.Places, Counts: map[watch.State]int{}}
	if fault != nil {
		s.LedgerFault = fault.Error()
	}
	loc := f.options.Source.Zone(nil)
	j := joining{
		fleet: f, books: f.books, today: civil.DayOf(look.At, loc).Start(loc), cards: map[cardKey]pricing.RateCard{},
		bills: map[billKey]Amount{},
		owner: f.options.Source.RecordOwner(),
	}
	for i := range look.MicroVMs {
		m, newerToday, err := j.join(&look.MicroVMs[i])
		if err != nil {
			return nil, err
		}
		s.count(&m, newerToday)
		s.MicroVMs = append(s.MicroVMs, m)
	}
	s.sum(&look, j.readOn)
	s.EndedToday = endedSince(s.MicroVMs, j.today)
	if j.books != nil {
		s.Today, s.LedgerUntil = j.books.total, j.books.until
	} else {
		s.Today = unknown
	}
	f.notice(s)
	f.remember(s)
	f.last = s
	return s, nil
}

// sees reports whether a look is the last one again, as it is where no place's turn to be listed has come.
func (f *Fleet) sees(look *watch.Look) bool {
	return f.last != nil && f.last.LedgerFault == "" && f.last.At.Equal(look.At) &&
		slices.Equal(f.last.Places, look.Places)
}

// oldest is the earliest start of the MicroVMs of a look, but for those that started so long ago that their start
// cannot be right.
func oldest(look *watch.Look) time.Time {
	first := look.At
	for i := range look.MicroVMs {
		if start := look.MicroVMs[i].StartedAt; !start.IsZero() && look.At.Sub(start) < longestLife {
			first = civil.Earlier(first, start)
		}
	}
	return first
}

// longestLife is how long a MicroVM may have been there and be believed: the service ends it after 8 hours, and lists
// it for a day more.
const longestLife = 3 * 24 * time.Hour

// joining joins one look.
type joining struct {
	fleet  *Fleet
	books  *books // nil where the ledger could never be read
	today  time.Time
	cards  map[cardKey]pricing.RateCard
	bills  map[billKey]Amount
	readOn pricing.Date
	owner  func(*usage.Record) string
}

type billKey struct {
	cardKey
	arch usage.Arch
	of   measure
}

type cardKey struct {
	region string
	day    pricing.Date
}

// card is what holds in a region on the day of a moment.
func (j *joining) card(region string, at time.Time, arch usage.Arch) (pricing.RateCard, error) {
	k := cardKey{region, pricing.DateOf(at)}
	card, known := j.cards[k]
	if !known {
		var err error
		if card, err = j.fleet.options.Source.Card(region, k.day); err != nil {
			return card, err
		}
		j.cards[k] = card
		if read := card.ReadOn(); !read.IsZero() && (j.readOn.IsZero() || read.Before(j.readOn)) {
			j.readOn = read
		}
	}
	return card.For(arch.OrDefault()), nil
}

// join says what is known of a MicroVM, and what of that is from today and not in the ledger.
func (j *joining) join(v *watch.MicroVM) (m MicroVM, newerToday Amount, err error) {
	m = MicroVM{MicroVM: *v}
	m.Owner = j.owner(&usage.Record{
		PeriodStart: cmp.Or(v.StartedAt, v.SeenAt), Tenant: v.Tenant, Image: v.Image, Role: v.Role,
		Resource: usage.Resource{ID: v.ID},
	})
	if err := j.burn(&m); err != nil {
		return m, newerToday, err
	}
	if j.books == nil {
		m.times(time.Time{}, nil)
		m.Spent, m.Newer = unknown, unknown
		return m, unknown, nil
	}
	of := j.books.of(key{v.Account, v.Region, v.ID})
	if m.Spent = nothing; j.fleet.options.Source.Usage == nil {
		m.Spent = unknown
	}
	if of != nil {
		m.Spent, m.Quantities = of.amount.orNothing(), of.quantities
		if of.named {
			m.Owner = of.owner
		}
	}
	until := j.until(v, of)
	m.times(until, of)
	newerToday, err = j.newer(&m, until, of != nil)
	return m, newerToday, err
}

// burn prices an hour of a MicroVM as it is now, and what suspending it would change.
func (j *joining) burn(m *MicroVM) (err error) {
	now, known := anHour(&m.MicroVM)
	asleep, cycle := suspendedHour(&m.MicroVM)
	m.BurnPerHour, m.SuspendSaves = unknown, unknown
	if known {
		if m.BurnPerHour, err = j.alike(m, now); err != nil {
			return err
		}
	}
	if m.State == watch.Running {
		stored, err := j.alike(m, asleep)
		if err != nil {
			return err
		}
		m.SuspendSaves = m.BurnPerHour.minus(stored)
	}
	m.ResumeCosts, err = j.alike(m, cycle)
	return err
}

// alike prices what is the same for many MicroVMs: an hour of one of their size.
func (j *joining) alike(m *MicroVM, of measure) (Amount, error) {
	k := billKey{cardKey{m.Region, pricing.DateOf(m.SeenAt)}, m.Arch, of}
	amount, known := j.bills[k]
	if !known {
		card, err := j.card(m.Region, m.SeenAt, m.Arch)
		if err != nil {
			return amount, err
		}
		_, amount = of.priced(card)
		j.bills[k] = amount
	}
	return amount, nil
}

// slack is what clocks and looks may be off: a MicroVM's life in the ledger that ends that long before the ledger does
// ends there.
const slack = 2 * time.Minute

// until is up to when the ledger has a MicroVM. No record says; but what it has of running and suspended time is the
// beginning of the life, whatever is behind: a source that is late, an account that has not been collected, or a
// suspension that a meter tells only when it is over.
func (j *joining) until(v *watch.MicroVM, of *spent) time.Time {
	start := v.StartedAt
	if len(v.Life) > 0 && start.IsZero() {
		start = v.Life[0].From
	}
	if of == nil || start.IsZero() {
		return start
	}
	end := j.books.until
	if of.lived == 0 && of.amount != nothing { // the source counts no time: take its word for all of the ledger's
		return end
	}
	at, left := start, of.lived
	for _, s := range v.Life {
		left -= max(s.From.Sub(at), 0) // nobody knows what was before
		if left <= 0 {
			break
		}
		at = s.From
		length := s.To.Sub(s.From)
		switch s.State {
		case watch.Pending, watch.Suspending, watch.Terminating: // counted as neither
		default:
			length = min(length, left)
			left -= length
		}
		at = at.Add(length)
	}
	if end.Sub(at) < slack || at.After(end) {
		return end
	}
	return at
}

// times are how long a MicroVM ran and was suspended: as measured, and since then by its states.
func (m *MicroVM) times(until time.Time, of *spent) {
	if of != nil {
		m.Running, m.Suspended = of.running, of.lived-of.running
	}
	for _, s := range m.Life {
		length := s.To.Sub(civil.Later(s.From, until))
		if length <= 0 {
			continue
		}
		switch s.State {
		case watch.Running:
			m.Running += length
		case watch.Suspended:
			m.Suspended += length
		}
		if !s.Sure {
			m.Unsure += length
		}
	}
}

// newer prices what a MicroVM used since a moment, each part by the rates of its UTC day. It returns what of it is of
// today.
func (j *joining) newer(m *MicroVM, until time.Time, recorded bool) (today Amount, err error) {
	from, to := until, m.SeenAt
	if !m.EndedAt.IsZero() {
		to = civil.Earlier(to, m.EndedAt)
	}
	cut := to.Add(-longestLife)
	short := !from.IsZero() && from.Before(cut) || !recorded && sleptUnseen(&m.MicroVM) // or its start cannot be right
	from = civil.Later(from, cut)
	for from.Before(to) {
		end := civil.Earlier(to, from.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1))
		if from.Before(j.today) {
			end = civil.Earlier(end, j.today)
		}
		used := usedIn(&m.MicroVM, from, end)
		if !recorded && from.Equal(until) {
			used.snapshot(pricing.SnapshotRead, m.ImageBytes) // the launch
		}
		card, err := j.card(m.Region, from, m.Arch)
		if err != nil {
			return today, err
		}
		of, sum := used.priced(card)
		for q := range of {
			m.Quantities[q] = m.Quantities[q].Plus(of[q])
		}
		m.Newer = m.Newer.Plus(sum)
		if !from.Before(j.today) {
			today = today.Plus(sum)
		}
		from = end
	}
	m.Newer = m.Newer.orNothing()
	if short {
		m.Newer.State = m.Newer.State.And(pricing.AtLeast)
	}
	return today, nil
}

// sleptUnseen reports whether a MicroVM was found suspended: for how long it ran before, nobody knows.
func sleptUnseen(v *watch.MicroVM) bool {
	return len(v.Life) > 0 && !v.Life[0].Sure && v.Life[0].State == watch.Suspended
}

// remember keeps the burn of a look.
func (f *Fleet) remember(s *Snapshot) {
	f.history = append(f.history, BurnAt{s.At, s.Burn})
	if len(f.history) > mostHistory {
		f.history = f.history[len(f.history)-mostHistory:]
	}
	s.BurnHistory = slices.Clone(f.history)
	s.Events = slices.Clone(f.events)
	maps.DeleteFunc(s.Counts, func(_ watch.State, n int) bool { return n == 0 })
}
