package fleet

import (
	"cmp"
	"slices"
	"time"

	"microspend/collector/watch"
)

// seen is what a look before saw of a MicroVM.
type seen struct {
	state watch.State
	at    time.Time
}

// firstLook is how far back the first look tells of what has happened, as far as lives show it.
const firstLook = time.Hour

// notice keeps the events that a snapshot shows, newest first. They are the changes of state since the look before:
// where lives have the changes, each of them, and otherwise the one from what was seen then to what is seen now.
func (f *Fleet) notice(s *Snapshot) {
	first := f.before == nil
	now := make(map[key]seen, len(s.MicroVMs))
	var fresh []Event
	for i := range s.MicroVMs {
		m := &s.MicroVMs[i]
		k := key{m.Account, m.Region, m.ID}
		before, known := f.before[k]
		if before.at.After(m.SeenAt) { // its place is told as of earlier
			now[k] = before
			continue
		}
		now[k] = seen{m.State, m.SeenAt}
		since := before.at
		if first {
			since = s.At.Add(-firstLook)
		}
		fresh = append(fresh, m.changes(before, known, first, since)...)
	}
	// What a place did not tell this time is not forgotten: it may come back.
	for k, before := range f.before {
		if _, still := now[k]; !still && s.At.Sub(before.at) < longestLife {
			now[k] = before
		}
	}
	f.before = now
	f.events = append(fresh, f.events...)
	slices.SortStableFunc(f.events, func(a, b Event) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.MicroVM, b.MicroVM))
	})
	f.events = f.events[:min(len(f.events), MostEvents)]
}

// changes are the events of a MicroVM after a moment, oldest first.
func (m *MicroVM) changes(before seen, known, first bool, since time.Time) (out []Event) {
	add := func(at time.Time, from, to watch.State) {
		out = append(out, Event{
			At: at, MicroVM: m.ID, Account: m.Account, Region: m.Region, Owner: m.Owner, Image: m.Image,
			From: from, To: to, Reason: m.reason(from, to, at),
		})
	}
	last := before.state
	if !known {
		last = m.stateAt(since)
		if start := m.start(); !first || start.After(since) { // it is new
			last = m.stateAt(start)
			add(start, "", last)
			since = start
		}
	}
	for i := 1; i < len(m.Life); i++ {
		was, is := m.Life[i-1], m.Life[i]
		if !is.From.After(since) || was.State == is.State {
			continue
		}
		at := is.From
		if !was.Sure || !is.Sure { // it was somewhere between two looks
			at = is.To
		}
		add(at, was.State, is.State)
		last = is.State
	}
	switch {
	case last == m.State || !known && first && !m.EndedAt.IsZero() && !m.EndedAt.After(since):
	case m.State == watch.Terminated && !m.EndedAt.IsZero():
		add(m.EndedAt, last, m.State)
	default:
		add(m.SeenAt, last, m.State)
	}
	return out
}

// start is when it was launched, or first seen where that is not known.
func (m *MicroVM) start() time.Time {
	switch {
	case !m.StartedAt.IsZero():
		return m.StartedAt
	case len(m.Life) > 0:
		return m.Life[0].From
	default:
		return m.SeenAt
	}
}

// stateAt is its state at a moment: that in which its life begins where it is before that, and the one it has now where
// nothing is known of its life.
func (m *MicroVM) stateAt(at time.Time) watch.State {
	if len(m.Life) == 0 {
		if m.State == watch.Terminated {
			return watch.Pending
		}
		return m.State
	}
	state := m.Life[0].State
	for _, s := range m.Life {
		if !s.From.After(at) {
			state = s.State
		}
	}
	return state
}

// tolerance is how well ends are known that the service's policies explain.
const tolerance = 30 * time.Second

// reason is what is known of why a state changed: what the idle policy or the longest life explains. What nothing
// explains has none, as it was somebody's decision.
func (m *MicroVM) reason(from, to watch.State, at time.Time) string {
	switch to {
	case watch.Suspending, watch.Suspended:
		idle := at.Sub(m.LastActivity)
		if from == watch.Running && m.Policy.Known && m.Policy.MaxIdle > 0 && !m.LastActivity.IsZero() &&
			idle >= m.Policy.MaxIdle-tolerance {
			return "idle for " + idle.Round(time.Second).String()
		}
	case watch.Terminating, watch.Terminated:
		if life := at.Sub(m.StartedAt); m.MaxLife > 0 && !m.StartedAt.IsZero() && life >= m.MaxLife-tolerance {
			return "maximum duration reached, " + m.MaxLife.String()
		}
		if from == watch.Suspended && m.Policy.Known && m.Policy.Suspended > 0 {
			if n := len(m.Life); n > 0 && at.Sub(m.suspendedSince(at)) >= m.Policy.Suspended-tolerance {
				return "suspended for " + m.Policy.Suspended.String()
			}
		}
	}
	return ""
}

// suspendedSince is when the suspension that lasted up to a moment began; the moment where there was none.
func (m *MicroVM) suspendedSince(at time.Time) time.Time {
	since := at
	for i := len(m.Life) - 1; i >= 0; i-- {
		switch s := m.Life[i]; {
		case !s.From.Before(at):
		case s.State == watch.Suspended:
			since = s.From
		case s.State == watch.Terminating:
		default:
			return since
		}
	}
	return since
}
