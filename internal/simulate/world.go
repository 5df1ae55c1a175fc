package simulate

import (
	"cmp"
	"context"
	"slices"
	"time"

	"microspend/collector/watch"
	"microspend/internal/civil"
)

// World is a fleet whose MicroVMs live as their scripts say. It implements [watch.Watcher], and what it finds depends
// on the scripts and the clock alone: the demo's fleet is one, and those of tests are.
type World struct {
	Now      func() time.Time
	Places   []watch.Place // by account and region; what a look finds out of them is filled in
	Scripts  []Script
	Troubles []Trouble

	// ListedFor is how long a MicroVM that has ended is found, as the service lists it for about a day; 0 is a day.
	ListedFor time.Duration
}

// Trouble is a time in which a place cannot be listed.
type Trouble struct {
	Account, Region string
	From, To        time.Time
	Fault           string // as in [watch.Place]
	Throttled       bool
	Denied          bool
}

// Script is the life of a MicroVM.
type Script struct {
	watch.MicroVM // what does not change while it lives: all of it but what Look works out

	Changes []Change // in order of time; the first is the launch
	Busy    []Span   // when requests came, in order; nil where nobody can tell
	// Used is what was in use in the minute that begins at a moment; nil where there is no meter.
	Used func(minute time.Time) watch.Gauge
}

// Change is a state that a MicroVM goes into.
type Change struct {
	At    time.Time
	State watch.State
}

// Span is [From, To).
type Span struct{ From, To time.Time }

// Look implements [watch.Watcher].
func (w *World) Look(ctx context.Context) (watch.Look, error) {
	if err := ctx.Err(); err != nil {
		return watch.Look{}, err
	}
	now := w.Now()
	look := watch.Look{At: now, Places: slices.Clone(w.Places)}
	for i := range look.Places {
		w.lookAt(&look.Places[i], now, &look.MicroVMs)
	}
	slices.SortFunc(look.MicroVMs, func(a, b watch.MicroVM) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	})
	return look, nil
}

// lookAt lists a place: as it is, or as it was when its trouble began.
func (w *World) lookAt(p *watch.Place, now time.Time, to *[]watch.MicroVM) {
	at := now
	for _, t := range w.Troubles {
		if t.Account == p.Account && t.Region == p.Region && !now.Before(t.From) && now.Before(t.To) {
			at, p.Fault, p.Throttled, p.Denied = t.From, t.Fault, t.Throttled, t.Denied
		}
	}
	p.ListedAt, p.Listed = at, 0
	metered := false
	for i := range w.Scripts {
		s := &w.Scripts[i]
		if s.Account != p.Account || s.Region != p.Region {
			continue
		}
		metered = metered || s.Used != nil
		if m, listed := s.at(at, cmp.Or(w.ListedFor, 24*time.Hour)); listed {
			*to = append(*to, m)
			p.Listed++
		}
	}
	p.Calls = int64(p.Listed/50 + 1) // pages of 50, as the service gives them
	if p.Fault != "" {
		p.Calls = 1
	}
	if metered {
		p.MetersAt = at.Truncate(time.Minute)
	}
}

// at is what a look at a moment finds, and whether the MicroVM is listed then.
func (s *Script) at(now time.Time, listedFor time.Duration) (watch.MicroVM, bool) {
	m := s.MicroVM
	if len(s.Changes) == 0 || now.Before(s.Changes[0].At) {
		return m, false
	}
	m.StartedAt, m.SeenAt = s.Changes[0].At, now
	for i, change := range s.Changes {
		if change.At.After(now) {
			break
		}
		m.State = change.State
		if change.State == watch.Terminated {
			m.EndedAt = change.At
			break
		}
		to := now
		if i+1 < len(s.Changes) && s.Changes[i+1].At.Before(now) {
			to = s.Changes[i+1].At
		}
		if to.After(change.At) {
			m.Life = append(m.Life, watch.Stretch{From: change.At, To: to, State: change.State, Sure: true})
		}
	}
	if !m.EndedAt.IsZero() && now.Sub(m.EndedAt) >= listedFor {
		return m, false
	}
	for _, busy := range s.Busy {
		if busy.From.After(now) {
			break
		}
		m.LastActivity = busy.To
		if now.Before(busy.To) {
			m.LastActivity = now
		}
	}
	m.Gauges = s.gauges(&m)
	return m, true
}

// gauges are those of the whole minutes of the last hour in which the MicroVM ran.
func (s *Script) gauges(m *watch.MicroVM) (out []watch.Gauge) {
	if s.Used == nil {
		return nil
	}
	until := m.SeenAt.Truncate(time.Minute)
	for _, life := range m.Life {
		for from := civil.Later(life.From, until.Add(-time.Hour)); life.State == watch.Running && from.Before(life.To); {
			minute := from.Truncate(time.Minute)
			to := civil.Earlier(minute.Add(time.Minute), life.To)
			if !to.After(until) {
				gauge := s.Used(minute)
				gauge.From, gauge.At = from, to
				out = append(out, gauge)
			}
			from = to
		}
	}
	return out
}
