package tui

import (
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/view/listing"
)

// listingPage is a listing: a view, or what a row of one was opened into.
type listingPage struct {
	view   listing.View
	at     int // which of the view's groups
	opened bool
	scope  data.Scope
	period *data.Period // nil follows the chosen one
	state  listing.State
	freshness
}

func newListingPage(view listing.View, at int) *listingPage {
	p := &listingPage{view: view, at: at, state: listing.State{Table: &table.State{}}}
	p.state.Table.SetSort(p.group().Sort())
	return p
}

// openedListing is what a name opens into.
func openedListing(name string, scope data.Scope, period, chosen data.Period) *listingPage {
	view := listing.View{Name: draw.Name(name), Groups: listing.InScope(scope)}
	p := newListingPage(view, 0)
	p.opened, p.scope = true, scope
	if period != chosen {
		p.period = &period
	}
	return p
}

func (p *listingPage) group() listing.Group { return p.view.Groups[p.at] }

func (p *listingPage) name() string { return p.view.Name }

func (p *listingPage) table() *table.State { return p.state.Table }

func (p *listingPage) kept() (view string, groups []string, at *int) {
	for _, g := range p.view.Groups {
		groups = append(groups, g.Noun)
	}
	if p.opened {
		return "", groups, &p.at
	}
	return p.view.Name, groups, &p.at
}

func (p *listingPage) query(m *Model) data.Query {
	return data.Query{Period: m.periodOf(p), By: p.group().By, Scope: p.scope, Most: p.group().Most()}
}

// The parts of a listing that are read by themselves.
const (
	partRows part = iota
	partTrends
)

func (p *listingPage) reads(m *Model) []job {
	var jobs []job
	if p.partDue(m, partRows) {
		jobs = append(jobs, p.read(m))
	}
	return append(jobs, m.readTrends(p.query(m), &p.freshness, partTrends)...)
}

// read reads the rows.
func (p *listingPage) read(m *Model) job {
	reader, query, at := m.options.Reader, p.query(m), m.at()
	var trends *data.Trends
	if of := m.trendsFor(query); of != nil {
		trends = &of.Trends
	}
	type found struct {
		*data.Listing
		*table.Content
	}
	read := func(ctx context.Context) (found, error) {
		l, err := reader.Listing(ctx, query, at)
		if err != nil {
			return found{}, err
		}
		l.Trends = trends
		return found{l, listing.Content(l)}, nil
	}
	return reading(&p.state.Fault, read, func(m *Model, f found) { p.put(m, query, f.Listing, f.Content) })
}

// put takes what was read, unless the page has moved on to another listing.
func (p *listingPage) put(m *Model, q data.Query, l *data.Listing, content *table.Content) {
	if q.Period != m.periodOf(p) || !slices.Equal(q.By, p.group().By) {
		return
	}
	p.state.Listing = l
	p.state.Table.SetContent(content)
	p.asked |= 1 << partRows
	if slices.Equal(q.By, []spend.Dimension{spend.ByTenant}) && q.Scope == (data.Scope{}) && q.Period == m.period {
		m.overview().takeTenants(l)
	}
}

func (p *listingPage) forget() {
	p.state.Listing = nil
	p.state.Table.Forget()
}

// regroup groups by the next of the view's groups.
func (p *listingPage) regroup(m *Model) tea.Cmd {
	at := (p.at + 1) % len(p.view.Groups)
	for len(m.options.Reader.Source.Tenants.Groups) == 0 && slices.Contains(p.view.Groups[at].By, spend.ByGroup) {
		at = (at + 1) % len(p.view.Groups)
	}
	return p.groupBy(m, at)
}

// groupBy groups by one of the view's groups, whose rows have names of their own: no mark is of any of them.
func (p *listingPage) groupBy(m *Model, at int) tea.Cmd {
	p.at = at
	p.state.Table.Unmark()
	m.drop(p)
	p.spoil()
	p.state.Listing = nil
	p.state.Table.SetContent(nil)
	p.state.Table.SetSort(p.group().Sort())
	p.state.Table.Column = 0
	return m.remember(p)
}

func (p *listingPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	keys, t := m.keys, p.state.Table
	height := max(0, m.bodyHeight()-listing.CaptionHeight)
	if by, moves := keys.steps(k, t.Page(height)); moves {
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
		m.prompt = filterPrompt(m, p)
	case key.Matches(k, keys.Sort):
		if t.Content.Len() == 0 {
			m.say("there are no columns to sort by yet", false)
			return nil, true
		}
		m.prompt = sortMenu(m, p)
	case key.Matches(k, keys.Columns):
		if t.Content.Len() == 0 {
			m.say("there are no columns yet", false)
			return nil, true
		}
		m.prompt = columnsMenu(m, p)
	case key.Matches(k, keys.Mark):
		t.Mark()
	case key.Matches(k, keys.Back) && t.Unmark():
	case key.Matches(k, keys.Reverse):
		t.SetSort(t.Sort, !t.Down)
		return m.remember(p), true
	case key.Matches(k, keys.Back) && t.Filtered():
		t.SetFilter("")
		return m.remember(p), true
	case key.Matches(k, keys.Group):
		return p.regroup(m), true
	case key.Matches(k, keys.Open, keys.Explain, keys.WhatIf):
		return p.inspect(m, k), true
	default:
		return nil, false
	}
	t.Follow(height)
	return nil, true
}

// inspect opens or explains the row under the cursor, or asks what if of its tenant.
func (p *listingPage) inspect(m *Model, k tea.KeyPressMsg) tea.Cmd {
	l, row := p.state.Listing, p.state.Table.Row()
	if l == nil || row < 0 {
		m.say("there is no row under the cursor", false)
		return nil
	}
	scope, period, ok := listing.Narrowed(l, row)
	name := listing.RowName(l, row)
	switch {
	case !ok:
		m.say("nothing tells the usage of this row from the rest", false)
		return nil
	case key.Matches(k, m.keys.WhatIf) && l.Spend.Rows[row].Kind == spend.KindShared:
		return m.whatIf(nil, period)
	case key.Matches(k, m.keys.WhatIf):
		return m.whatIf(scope[spend.ByTenant], period)
	case key.Matches(k, m.keys.Open) && listing.Opens(scope):
		return m.push(openedListing(name, scope, period, m.period))
	default:
		return m.push(newExplainPage(name, data.Query{Period: period, Scope: scope}))
	}
}

func (p *listingPage) keys(m *Model) []key.Binding {
	k := m.keys
	out := []key.Binding{k.Open}
	if len(m.pages[m.view]) > 1 || p.state.Table.Filtered() {
		out = append(out, k.Back)
	}
	return append(out, k.Filter, k.Sort, k.Group, k.Explain, k.WhatIf, k.Period, k.Export, k.Help, k.Quit)
}

func (p *listingPage) render(m *Model, width, height int) string {
	s := p.state
	s.Theme, s.Noun = m.theme, p.group().Noun
	if p.opened {
		s.Path = p.view.Name
	}
	if typed := m.prompt; typed != nil && typed.filtering == tablePage(p) {
		s.Typing, s.Behind, s.Hint = true, len(typed.text)-typed.at, typed.hint()
		if typed.fault != "" {
			s.Hint = typed.fault
		}
	}
	return listing.Render(s, width, height)
}
