package tui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/view/listing"
)

// listingViews are the views that are listings, in the order of their keys from 2 on.
func listingViews() []listing.View {
	return []listing.View{listing.Tenants(), listing.Images(), listing.MicroVMs(), listing.Days()}
}

// listingPage is a listing: a view, or what a row of one was opened into.
type listingPage struct {
	view   listing.View
	at     int // which of the view's groups
	opened bool
	scope  data.Scope
	period *data.Period // nil follows the chosen one
	state  listing.State
	fresh  bool
	fault  error
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

func dayPeriod(day string, loc *time.Location, otherwise data.Period) data.Period {
	from, err := time.ParseInLocation(time.DateOnly, day, loc)
	if err != nil {
		return otherwise
	}
	return data.Period{Kind: data.Custom, From: from, To: from.AddDate(0, 0, 1)}
}

func (p *listingPage) group() listing.Group { return p.view.Groups[p.at] }

func (p *listingPage) name() string { return p.view.Name }

func (p *listingPage) spoil() { p.fresh = false }

func (p *listingPage) query(m *Model) data.Query {
	return data.Query{Period: m.periodOf(p), By: p.group().By, Scope: p.scope, Most: p.group().Most()}
}

func (p *listingPage) reads(m *Model) []job {
	if p.fresh || m.status == nil {
		return nil
	}
	p.fresh = true
	return []job{m.readListing(p)}
}

// show takes what was read.
func (p *listingPage) show(l *data.Listing, content *table.Content) {
	p.fault = nil
	p.state.Listing = l
	p.state.Table.SetContent(content)
}

// regroup groups by the next of the view's groups.
func (p *listingPage) regroup(m *Model, at int) tea.Cmd {
	p.at = at
	p.state.Listing = nil
	p.state.Table.SetContent(nil)
	p.state.Table.SetSort(p.group().Sort())
	p.state.Table.Column = 0
	p.fresh = false
	m.remember(p)
	return tea.Batch(m.first(p.reads(m)...), m.save())
}

func (p *listingPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	keys, t := m.keys, p.state.Table
	height := max(0, m.bodyHeight()-listing.CaptionHeight)
	page := t.Page(true, height)
	switch {
	case key.Matches(k, keys.Up):
		t.Move(-1)
	case key.Matches(k, keys.Down):
		t.Move(1)
	case key.Matches(k, keys.PageUp):
		t.Move(-page)
	case key.Matches(k, keys.PageDown):
		t.Move(page)
	case key.Matches(k, keys.Top):
		t.Move(-t.Shown())
	case key.Matches(k, keys.Bottom):
		t.Move(t.Shown())
	case key.Matches(k, keys.Left):
		t.Scroll(-1)
	case key.Matches(k, keys.Right):
		t.Scroll(1)
	case key.Matches(k, keys.Sort):
		t.NextSort(1)
		m.remember(p)
		return m.save(), true
	case key.Matches(k, keys.Reverse):
		t.SetSort(t.Sort, !t.Down)
		m.remember(p)
		return m.save(), true
	case key.Matches(k, keys.Group):
		return p.regroup(m, (p.at+1)%len(p.view.Groups)), true
	case key.Matches(k, keys.Filter):
		m.prompt = filterPrompt(p)
	case key.Matches(k, keys.Back) && t.Filtered():
		t.SetFilter("")
		m.remember(p)
		return m.save(), true
	case key.Matches(k, keys.Open):
		return p.open(m), true
	case key.Matches(k, keys.Explain):
		return p.explain(m), true
	case key.Matches(k, keys.WhatIf):
		return p.whatIf(m), true
	default:
		return nil, false
	}
	t.Follow(true, height)
	return nil, true
}

// row is the row under the cursor, and what it is about. It reports false, and says why, where it is about nothing.
func (p *listingPage) row(m *Model) (row int, scope data.Scope, period data.Period, ok bool) {
	row = p.state.Table.Row()
	if p.state.Listing == nil || row < 0 {
		return row, scope, period, false
	}
	scope, period, ok = listing.Narrowed(p.state.Listing, row)
	if !ok {
		m.say("there is nothing to tell this row's usage from the rest by", false)
	}
	return row, scope, period, ok
}

func (p *listingPage) open(m *Model) tea.Cmd {
	row, scope, period, ok := p.row(m)
	if !ok {
		return nil
	}
	if !listing.Opens(scope) {
		return p.explain(m)
	}
	return m.push(openedListing(listing.RowName(p.state.Listing, row), scope, period, m.period))
}

func (p *listingPage) explain(m *Model) tea.Cmd {
	row, scope, period, ok := p.row(m)
	if !ok {
		return nil
	}
	return m.push(newExplainPage(listing.RowName(p.state.Listing, row), data.Query{Period: period, Scope: scope}))
}

func (p *listingPage) whatIf(m *Model) tea.Cmd {
	row, scope, period, ok := p.row(m)
	if !ok {
		return nil
	}
	if scope.Tenant == nil || p.state.Listing.Spend.Rows[row].Kind == spend.KindShared {
		m.say("what if is for a tenant; put the cursor on one", false)
		return nil
	}
	return m.push(newWhatIfPage(m, *scope.Tenant, period))
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
	if p.fault != nil {
		s.Fault = faultText(p.fault)
	}
	s.Typing = m.prompt != nil && m.prompt.listing == p
	return listing.Render(s, width, height)
}
