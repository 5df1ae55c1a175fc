package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/tui/view/live"
)

// Live tells what the fleet is now. [fleet.Fleet] is one.
type Live interface {
	// Refresh looks at the fleet. Its error is that nothing at all could be told; the snapshot is not changed any more.
	Refresh(ctx context.Context) (*fleet.Snapshot, error)
}

const (
	// LiveEvery is how often the fleet is looked at where nothing else is said: often enough to see what happens, and
	// for a thousand MicroVMs a tenth of what the API allows.
	LiveEvery = 5 * time.Second

	behindBy   = 6                // how much more seldom it is looked at while another view is shown
	lookWithin = time.Minute      // how long a look is waited for
	calmAfter  = 10 * time.Second // without a key, after which rows are sorted again
	staleLooks = 3                // looks that are missed before what is shown is called stale
	mostCounts = 64               // looks whose number of running MicroVMs is kept, for a picture of it
)

// looking is the loop that looks at the fleet. It is apart from the jobs that read the ledger, so that it never waits
// for one of them, and so that nothing that is read waits for it.
type looking struct {
	opened  bool      // the view has been shown, so that it is worth knowing what happens behind it
	waiting bool      // for a look
	listing bool      // a table is being made
	ended   time.Time // by the clock, when the last look came to its end
	found   time.Time // likewise of the last that found anything
}

// lookedMsg is the end of a look, or a snapshot that was made a table of anew.
type lookedMsg struct {
	snapshot *fleet.Snapshot
	list     *live.List
	err      error
	again    bool // nothing was looked at
}

// lookAtFleet looks at the fleet if it is time to, or has to be now. While another view is shown it takes its time, and
// before the view was first shown nothing is looked at: each look costs calls that other programs may need.
func (m *Model) lookAtFleet(now bool) tea.Cmd {
	l := &m.fleet
	shown := m.pages[m.view][0] == page(m.livePage())
	l.opened = l.opened || shown
	if m.options.Live == nil || l.waiting || m.paused || m.quitting || !l.opened {
		return nil
	}
	every := m.options.LiveEvery
	if !shown {
		every *= behindBy
	}
	if !now && !l.ended.IsZero() && (every <= 0 || m.options.Clock().Sub(l.ended) < every) {
		return nil
	}
	l.waiting = true
	source, ctx, group, ended := m.options.Live, m.ctx, m.livePage().group(), m.livePage().wantsEnded()
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, lookWithin)
		defer cancel()
		snapshot, err := source.Refresh(ctx)
		if err != nil {
			return lookedMsg{err: err}
		}
		return lookedMsg{snapshot: snapshot, list: live.NewList(snapshot, group, ended)}
	}
}

// list makes another table of the snapshot that is shown, away from the screen, where the page is to show other rows.
func (m *Model) list() tea.Cmd {
	l, p := &m.fleet, m.livePage()
	if p.state.Snapshot == nil || l.listing || p.listed() {
		return nil
	}
	l.listing = true
	snapshot, group, ended := p.state.Snapshot, p.group(), p.wantsEnded()
	return func() tea.Msg {
		return lookedMsg{snapshot: snapshot, list: live.NewList(snapshot, group, ended), again: true}
	}
}

// lookedAtFleet takes what a look has found. What was found while the dashboard is paused is left alone: nothing is to
// change then.
func (m *Model) lookedAtFleet(msg lookedMsg) {
	l, p := &m.fleet, m.livePage()
	if msg.again {
		l.listing = false
	} else {
		l.waiting, l.ended = false, m.options.Clock()
		if m.paused {
			return
		}
		p.state.Fault = faultText(msg.err)
		if msg.err != nil {
			return
		}
		l.found = l.ended
		p.state.Running = append(p.state.Running, float32(msg.snapshot.Counts[watch.Running]))
		p.state.Running = p.state.Running[max(0, len(p.state.Running)-mostCounts):]
	}
	if msg.again && msg.snapshot != p.state.Snapshot {
		return // a newer one is shown
	}
	p.take(msg.snapshot, msg.list)
}

// ofFleet reports whether what is shown is of the fleet now, and not of the ledger.
func (m *Model) ofFleet() bool {
	switch m.shown().(type) {
	case *livePage, *microVMPage:
		return true
	default:
		return false
	}
}

// liveAge says how old what is shown of the fleet is.
func (m *Model) liveAge() string {
	t, l := m.theme, &m.fleet
	var parts []string
	if m.paused {
		parts = append(parts, t.Warn.Text("paused"))
	}
	switch age := m.options.Clock().Sub(l.found); {
	case m.options.Live == nil:
		return ""
	case l.found.IsZero() && m.livePage().state.Fault != "":
		parts = append(parts, t.Bad.Text("✗ nothing listed yet"))
	case l.found.IsZero():
		parts = append(parts, t.Muted.Text("listing …"))
	case age > max(staleLooks*m.options.LiveEvery, lookWithin/4) && m.options.LiveEvery > 0:
		parts = append(parts, t.Warn.Text("○ stale, "+ago(age)))
	case m.livePage().state.Fault != "":
		parts = append(parts, t.Warn.Text("○ "+ago(age)))
	default:
		parts = append(parts, t.Good.Text("● live")+t.Muted.Text(", "+ago(age)))
	}
	return strings.Join(parts, t.Muted.Text(" · "))
}
