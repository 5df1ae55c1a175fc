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
	query *data.Query // of the usage behind the figure; nil where it was derived from other figures
	freshness
}

func newExplainPage(title string, query data.Query, steps ...explain.Step) *explainPage {
	return &explainPage{state: explain.State{Title: draw.Name(title), Steps: steps}, query: &query}
}

// derived explains a figure by how it was derived alone.
func derived(title string, steps []explain.Step, notes ...pricing.Note) *explainPage {
	return &explainPage{state: explain.State{Title: draw.Name(title), Steps: steps, Notes: notes}}
}

func (p *explainPage) name() string { return "explain" }

func (p *explainPage) reads(m *Model) []job {
	if p.query == nil || !p.due(m) {
		return nil
	}
	reader, query, at := m.options.Reader, *p.query, m.at()
	read := func(ctx context.Context) (*data.Explanation, error) { return reader.Explain(ctx, query, at) }
	return []job{reading(&p.state.Fault, read, func(_ *Model, usage *data.Explanation) tea.Cmd {
		p.state.Usage = usage
		return nil
	})}
}

func (p *explainPage) shown(m *Model) explain.State {
	s := p.state
	s.Theme, s.Location = m.theme, m.location()
	return s
}

func (p *explainPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if key.Matches(k, m.keys.Explain, m.keys.Open) {
		m.pop()
		return nil, true
	}
	return nil, m.scrolled(k, &p.state.Scroll, func() int { return len(p.shown(m).Lines(m.width)) })
}

// scrolled moves a text of so many lines up and down. It reports whether the key does.
func (m *Model) scrolled(k tea.KeyPressMsg, scroll *int, lines func() int) bool {
	height := m.bodyHeight()
	by, moves := m.keys.steps(k, height-1)
	if moves {
		*scroll = max(0, min(*scroll+by, lines()-height))
	}
	return moves
}

func (p *explainPage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.ScrollKeys, k.Export, k.Help, k.Quit}
}

func (p *explainPage) render(m *Model, width, height int) string {
	return explain.Render(p.shown(m), width, height)
}

// helpPage shows the keys.
type helpPage struct {
	scroll int
	freshness
}

func (p *helpPage) name() string { return "help" }

func (p *helpPage) reads(*Model) []job { return nil }

func (p *helpPage) state(m *Model) help.State {
	return help.State{Theme: m.theme, Groups: m.keys.groups(), Scroll: p.scroll}
}

func (p *helpPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if key.Matches(k, m.keys.Help) {
		m.pop()
		return nil, true
	}
	return nil, m.scrolled(k, &p.scroll, func() int { return len(p.state(m).Lines(m.width)) })
}

func (p *helpPage) keys(m *Model) []key.Binding {
	return []key.Binding{m.keys.Back, m.keys.ScrollKeys, m.keys.Quit}
}

func (p *helpPage) render(m *Model, width, height int) string {
	return help.Render(p.state(m), width, height)
}
