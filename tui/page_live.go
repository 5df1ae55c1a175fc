package tui

import (
	"cmp"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/fleet"
	"microspend/internal/civil"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/view/live"
)

// livePage is the view of the fleet as it is now.
type livePage struct {
	at      int // which of the view's groups
	state   live.State
	touched time.Time // by the clock, when a key last had to do with rows
	freshness
}

func newLivePage() *livePage {
	p := &livePage{state: live.State{Table: &table.State{}}}
	p.state.Table.SetSort(live.SortedBy, true)
	return p
}

func (p *livePage) name() string      { return "live" }
func (p *livePage) group() live.Group { return live.Groups()[p.at] }

// The fleet is not read by jobs: see [looking].
func (p *livePage) reads(*Model) []job { return nil }
func (p *livePage) forget()            {}

// wantsEnded reports whether a filter asks for what has ended, of which only the newest is listed otherwise.
func (p *livePage) wantsEnded() bool {
	return p.group().Noun == live.Groups()[0].Noun && strings.Contains(strings.ToLower(p.state.Table.Text), "terminated")
}

// take shows a snapshot.
func (p *livePage) take(s *fleet.Snapshot, l *live.List) {
	p.state.Snapshot = s
	if l.Group.Noun == p.group().Noun && l.Ended == p.wantsEnded() { // or the page has moved on to other rows
		p.state.List = l
		p.state.Table.SetContent(l.Content)
	}
}

// touch keeps the order of the rows for a while: somebody reads them.
func (p *livePage) touch(m *Model) {
	p.touched = m.options.Clock()
	p.state.Table.Hold()
}

// calm sorts the rows again once nobody has touched them for a while. It reports whether it did.
func (p *livePage) calm(m *Model) bool {
	typing := m.prompt != nil && m.prompt.filtering == tablePage(p)
	if typing || m.paused || !p.state.Table.Held() || m.options.Clock().Sub(p.touched) < calmAfter {
		return false
	}
	p.state.Table.Release()
	return true
}

func (p *livePage) table() *table.State { return p.state.Table }

func (p *livePage) kept() (view string, groups []string, at *int) {
	for _, g := range live.Groups() {
		groups = append(groups, g.Noun)
	}
	return p.name(), groups, &p.at
}

// copied are the ids of the rows that are marked, else that under the cursor.
func (p *livePage) copied() []string {
	rows := p.state.Table.Marks()
	if row := p.state.Table.Row(); len(rows) == 0 && row >= 0 {
		rows = []int32{int32(row)}
	}
	var names []string
	for _, row := range rows {
		names = append(names, draw.Name(p.state.List.Name(int(row))))
	}
	return names
}

// chosen are the MicroVMs that are marked, else those that the filter leaves, in their order; of groups, all that live.
func (p *livePage) chosen() (all []*fleet.MicroVM) {
	rows := p.state.Table.Marks()
	if len(rows) == 0 {
		rows = p.state.Table.Rows()
	}
	for _, row := range rows {
		if m := p.state.List.At(int(row)); m != nil {
			all = append(all, m)
		}
	}
	for i := range p.state.Snapshot.MicroVMs {
		if m := &p.state.Snapshot.MicroVMs[i]; p.at > 0 && m.Lives() {
			all = append(all, m)
		}
	}
	return all
}

// listed reports whether the table has the rows that the page is to show.
func (p *livePage) listed() bool {
	l := p.state.List
	return l != nil && l.Group.Noun == p.group().Noun && l.Ended == p.wantsEnded()
}

func (p *livePage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	keys, t := m.keys, p.state.Table
	s := p.drawn(m)
	_, height := s.TableLines(m.width, m.bodyHeight())
	if by, moves := keys.steps(k, t.Page(height)); moves {
		p.touch(m)
		t.Move(by)
		t.Follow(height)
		return nil, true
	}
	switch {
	case key.Matches(k, keys.Left):
		t.Scroll(-1)
	case key.Matches(k, keys.Right):
		t.Scroll(1)
	case key.Matches(k, keys.Filter):
		p.touch(m)
		m.prompt = filterPrompt(m, p)
	case key.Matches(k, keys.Sort, keys.Columns) && t.Content.Len() == 0:
		m.say("there are no columns yet", false)
		return nil, true
	case key.Matches(k, keys.Sort):
		m.prompt = sortMenu(m, p)
	case key.Matches(k, keys.Columns):
		m.prompt = columnsMenu(m, p)
	case key.Matches(k, keys.Mark):
		p.touch(m)
		t.Mark()
	case key.Matches(k, keys.Back) && t.Unmark():
	case key.Matches(k, keys.Reverse):
		t.SetSort(t.Sort, !t.Down)
		return m.remember(p), true
	case key.Matches(k, keys.Back) && t.Filtered():
		t.SetFilter("")
		return m.remember(p), true
	case key.Matches(k, keys.Group):
		return p.groupBy(m, (p.at+1)%len(live.Groups())), true
	case key.Matches(k, keys.Open, keys.Explain, keys.WhatIf):
		return p.inspect(m, k), true
	default:
		return nil, false
	}
	t.Follow(height)
	return nil, true
}

// groupBy shows other rows, all of them.
func (p *livePage) groupBy(m *Model, at int) tea.Cmd { return p.regroup(m, at, "") }

// regroup shows other rows, filtered anew.
func (p *livePage) regroup(m *Model, at int, filter string) tea.Cmd {
	p.at = at
	p.state.Table.Unmark()
	p.state.Table.SetContent(nil)
	p.state.Table.SetSort(live.SortedBy, true)
	p.state.Table.SetFilter(filter)
	p.state.Table.Column = 0
	p.state.List = nil
	return m.remember(p)
}

// inspect opens or explains the row under the cursor, or asks what if of its tenant.
func (p *livePage) inspect(m *Model, k tea.KeyPressMsg) tea.Cmd {
	row := p.state.Table.Row()
	v := p.state.List.At(row)
	switch {
	case v == nil && key.Matches(k, m.keys.Open):
		if filter := p.state.List.GroupFilter(row); filter != "" {
			return p.regroup(m, 0, filter)
		}
		return nil
	case v == nil:
		m.say("open the row, and put the cursor on a MicroVM", false)
		return nil
	case key.Matches(k, m.keys.WhatIf):
		return m.whatIf(&v.Owner, m.period)
	case key.Matches(k, m.keys.Explain):
		return m.push(billOf(m, v))
	default:
		return m.push(newMicroVMPage(v))
	}
}

// billOf explains what a MicroVM has cost, from the hour of its launch on.
func billOf(m *Model, v *fleet.MicroVM) page {
	period := m.period
	if !v.StartedAt.IsZero() {
		until := m.options.Now().Add(time.Hour).Truncate(time.Hour)
		period = data.Period{Kind: data.Custom, Span: civil.Between(v.StartedAt.Truncate(time.Hour), until)}
	}
	id := v.ID
	return newExplainPage(v.ID, data.Query{Period: period, Scope: data.Scope{spend.ByMicroVM: &id}})
}

func (p *livePage) keys(m *Model) []key.Binding {
	k := m.keys
	out := []key.Binding{k.Open}
	if p.state.Table.Filtered() {
		out = append(out, k.Back)
	}
	return append(out, k.Filter, k.Sort, k.Group, k.Explain, k.WhatIf, k.Mark, k.Copy, k.Pause, k.Refresh, k.Help, k.Quit)
}

func (p *livePage) render(m *Model, width, height int) string {
	s := p.drawn(m)
	return s.Render(width, height)
}

// drawn is the state with what it takes from the dashboard to draw it.
func (p *livePage) drawn(m *Model) live.State {
	s := p.state
	s.Theme, s.Location, s.Group = m.theme, m.location(), p.group()
	s.Missing = m.options.Live == nil
	if typed := m.prompt; typed != nil && typed.filtering == tablePage(p) {
		s.Typing = table.Typing{On: true, Behind: len(typed.text) - typed.at, Hint: cmp.Or(typed.fault, typed.hint())}
	}
	return s
}

// microVMPage is all that is known of one MicroVM, as it is now.
type microVMPage struct {
	id  string
	was *fleet.MicroVM // as it was last listed
	text
	freshness
}

func newMicroVMPage(v *fleet.MicroVM) *microVMPage {
	p := &microVMPage{id: live.Key(v), was: v}
	p.lines = func(m *Model, width, _ int) []string {
		s := m.livePage().drawn(m)
		return s.Details(p.now(m), width)
	}
	return p
}

// now is the MicroVM as the newest snapshot has it.
func (p *microVMPage) now(m *Model) *fleet.MicroVM {
	s := m.livePage().state.Snapshot
	for i := range s.MicroVMs {
		if live.Key(&s.MicroVMs[i]) == p.id {
			p.was = &s.MicroVMs[i]
			break
		}
	}
	return p.was
}

func (p *microVMPage) name() string       { return draw.Name(p.was.ID) }
func (p *microVMPage) reads(*Model) []job { return nil }
func (p *microVMPage) forget()            {}

func (p *microVMPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch {
	case key.Matches(k, m.keys.Open):
		m.pop()
		return nil, true
	case key.Matches(k, m.keys.Explain):
		return m.push(billOf(m, p.was)), true
	case key.Matches(k, m.keys.WhatIf):
		return m.whatIf(&p.was.Owner, m.period), true
	}
	return nil, p.scrolled(m, k)
}

func (p *microVMPage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.ScrollKeys, k.Explain, k.WhatIf, k.Pause, k.Help, k.Quit}
}
