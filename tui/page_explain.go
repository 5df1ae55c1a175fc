package tui

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/pricing"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/view/explain"
	"microspend/tui/view/help"
)

// explainPage shows what a figure is made of.
type explainPage struct {
	state explain.State
	query *data.Query // of the usage behind the figure; nil where it was worked out of other figures
	fresh bool
}

func newExplainPage(title string, query data.Query) *explainPage {
	return &explainPage{state: explain.State{Title: draw.Name(title)}, query: &query}
}

// workedOut explains a figure by how it was worked out alone.
func workedOut(title string, steps []explain.Step, notes []pricing.Note) *explainPage {
	return &explainPage{state: explain.State{Title: draw.Name(title), Steps: steps, Notes: notes}}
}

func (p *explainPage) name() string { return "explain" }

func (p *explainPage) spoil() { p.fresh = false }

func (p *explainPage) reads(m *Model) []job {
	if p.query == nil || p.fresh || m.status == nil {
		return nil
	}
	p.fresh = true
	reader, query, asOf := m.options.Reader, *p.query, m.asOf().AsOf
	return []job{func(ctx context.Context) any {
		usage, err := reader.Explain(ctx, query, asOf)
		return explainMsg{p, usage, err}
	}}
}

func (p *explainPage) take(msg explainMsg) {
	p.state.Fault = ""
	if msg.err != nil {
		p.state.Fault = faultText(msg.err)
		return
	}
	p.state.Usage = msg.usage
}

func (p *explainPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if key.Matches(k, m.keys.Explain, m.keys.Open) {
		m.pop()
		return nil, true
	}
	s := p.state
	s.Theme, s.Location = m.theme, m.location()
	return nil, scrolled(m, k, &p.state.Scroll, func() int { return len(s.Lines(m.width)) })
}

// scrolled moves a text up and down.
func scrolled(m *Model, k tea.KeyPressMsg, scroll *int, lines func() int) bool {
	keys, height := m.keys, m.bodyHeight()
	to := *scroll
	switch {
	case key.Matches(k, keys.Up):
		to--
	case key.Matches(k, keys.Down):
		to++
	case key.Matches(k, keys.PageUp):
		to -= height - 1
	case key.Matches(k, keys.PageDown):
		to += height - 1
	case key.Matches(k, keys.Top):
		to = 0
	case key.Matches(k, keys.Bottom):
		to = lines()
	default:
		return false
	}
	*scroll = max(0, min(to, lines()-height))
	return true
}

func (p *explainPage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.ScrollKeys, k.Export, k.Help, k.Quit}
}

func (p *explainPage) render(m *Model, width, height int) string {
	s := p.state
	s.Theme, s.Location = m.theme, m.location()
	return explain.Render(s, width, height)
}

// helpPage shows the keys.
type helpPage struct{ scroll int }

func (p *helpPage) name() string { return "help" }

func (p *helpPage) reads(*Model) []job { return nil }

func (p *helpPage) state(m *Model) help.State {
	return help.State{Theme: m.theme, Groups: m.keys.groups(), Scroll: p.scroll}
}

func (p *helpPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	return nil, scrolled(m, k, &p.scroll, func() int { return len(p.state(m).Lines(m.width)) })
}

func (p *helpPage) keys(m *Model) []key.Binding {
	return []key.Binding{m.keys.Back, m.keys.ScrollKeys, m.keys.Quit}
}

func (p *helpPage) render(m *Model, width, height int) string {
	return help.Render(p.state(m), width, height)
}
