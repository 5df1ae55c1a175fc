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
	"microspend/tui/view/overview"
)

// text is embedded in pages of lines that may be more than there is room for, and scrolls through them.
type text struct {
	lines  func(m *Model, width, height int) []string
	scroll int
}

func (t *text) render(m *Model, width, height int) string {
	return draw.Scrolled(t.lines(m, width, height), t.scroll, width, height)
}

// scrolled moves up and down. It reports whether the key does.
func (t *text) scrolled(m *Model, k tea.KeyPressMsg) bool {
	height := m.bodyHeight()
	by, moves := m.keys.steps(k, height-1)
	if moves {
		t.scroll = max(0, min(t.scroll+by, len(t.lines(m, m.width, height))-height))
	}
	return moves
}

// explainPage shows what a figure is made of.
type explainPage struct {
	state explain.State
	query *data.Query // of the usage behind the figure; nil where it was derived from other figures

	derived derivation // nil where it is of usage alone
	panel   overview.Panel
	text
	freshness
}

// derivation derives a figure from what a panel of the overview shows, step by step. It reports whether it still shows
// such a figure.
type derivation func(*overview.State) (steps explain.Steps, ok bool)

func newExplainPage(title string, query data.Query) *explainPage {
	p := derived(title, overview.Figures, nil)
	p.query = &query
	return p
}

// derived explains a figure by how it was derived alone.
func derived(title string, from overview.Panel, by derivation, notes ...pricing.Note) *explainPage {
	p := &explainPage{state: explain.State{Title: draw.Name(title), Notes: notes}}
	p.lines = func(m *Model, width, _ int) []string {
		p.state.Theme, p.state.Location = m.theme, m.location()
		return p.state.Lines(width)
	}
	return p.derive(from, by)
}

// derive adds how a figure was derived. It is derived again whenever the panel was read again.
func (p *explainPage) derive(from overview.Panel, by derivation) *explainPage {
	p.panel, p.derived = from, by
	return p
}

// rederive derives the figure from what the overview shows now. Of a figure that is gone, how it came about stays.
func (p *explainPage) rederive(s *overview.State) {
	if p.derived == nil {
		return
	}
	if steps, ok := p.derived(s); ok {
		p.state.Steps = steps
	}
}

func (p *explainPage) name() string { return "explain" }

func (p *explainPage) reads(m *Model) []job {
	if p.query == nil || !p.due(m) {
		return nil
	}
	reader, query, at := m.options.Reader, *p.query, m.at()
	read := func(ctx context.Context) (*data.Explanation, error) { return reader.Explain(ctx, query, at) }
	return []job{reading(&p.state.Fault, read, func(_ *Model, usage *data.Explanation) { p.state.Usage = usage })}
}

func (p *explainPage) forget() { p.state.Usage = nil }

func (p *explainPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if key.Matches(k, m.keys.Explain) {
		m.pop()
		return nil, true
	}
	return nil, p.scrolled(m, k)
}

func (p *explainPage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.ScrollKeys, k.Export, k.Help, k.Quit}
}

// helpPage shows the keys.
type helpPage struct {
	text
	freshness
}

func newHelpPage() *helpPage {
	return &helpPage{text: text{lines: func(m *Model, width, _ int) []string {
		return help.Lines(m.theme, m.keys.groups(), width)
	}}}
}

func (p *helpPage) name() string { return "help" }

func (p *helpPage) reads(*Model) []job { return nil }

func (p *helpPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if key.Matches(k, m.keys.Help) {
		m.pop()
		return nil, true
	}
	return nil, p.scrolled(m, k)
}

func (p *helpPage) keys(m *Model) []key.Binding {
	return []key.Binding{m.keys.Back, m.keys.ScrollKeys, m.keys.Quit}
}
