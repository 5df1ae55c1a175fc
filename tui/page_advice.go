package tui

import (
	"bytes"
	"context"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"microspend/report"
	"microspend/spend/advise"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/view/advice"
	"microspend/view"
)

// advicePage lists what to change.
type advicePage struct {
	state advice.State
	last  *advise.Advice // that was dismissed here, to be taken back
	freshness
}

func newAdvicePage(from *advise.Report, focus int) *advicePage {
	return &advicePage{state: advice.State{Report: from, Focus: focus}}
}

func (p *advicePage) name() string { return "what to change" }

func (p *advicePage) reads(m *Model) []job {
	if !p.due(m) {
		return nil
	}
	reader, at := m.options.Reader, m.at()
	read := func(ctx context.Context) (*advise.Report, error) { return reader.Advice(ctx, at) }
	return []job{reading(&p.state.Fault, read, func(_ *Model, found *advise.Report) {
		p.state.Report = found
		p.state.Move(0)
	})}
}

func (p *advicePage) forget() { p.state.Report = nil }

func (p *advicePage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	keys := m.keys
	if by, moves := keys.steps(k, m.bodyHeight()-1); moves {
		p.state.Move(by)
		return nil, true
	}
	chosen, ok := p.state.Chosen()
	switch {
	case key.Matches(k, keys.Undo) && p.last != nil:
		of := *p.last
		p.last = nil
		return p.dismiss(m, of, ""), true
	case !ok:
		return nil, false
	case key.Matches(k, keys.Open, keys.Explain):
		return m.push(newPiecePage(p.state.Report, chosen)), true
	case key.Matches(k, keys.Dismiss):
		p.last = &chosen
		return p.dismiss(m, chosen, "dismissed in the dashboard"), true
	case key.Matches(k, keys.WhatIf):
		if len(chosen.Parts) > 0 {
			chosen = chosen.Parts[0]
			m.say("what if is for one tenant: of this, the one that saves most", false)
		}
		if chosen.Tenant == "" {
			m.say("what if is for one tenant; this is about several", false)
			return nil, true
		}
		page := newWhatIfPage(m, chosen.Tenant, data.Period{Kind: data.Custom, Span: p.state.Report.Span})
		page.state.Preset(chosen.Change, chosen.Instead)
		return m.push(page), true
	}
	return nil, false
}

// dismiss says no to a piece of advice, or takes that back where there is no reason.
func (p *advicePage) dismiss(m *Model, of advise.Advice, reason string) tea.Cmd {
	write := m.options.Reader.Dismiss
	if write == nil {
		m.say("this ledger cannot be written to", true)
		return nil
	}
	ctx := m.ctx
	if err := write(ctx, of, reason); err != nil {
		m.say(err.Error(), true)
		return nil
	}
	said := "dismissed " + draw.Name(of.Subject) + "; u takes it back"
	if reason == "" {
		said = "restored " + draw.Name(of.Subject)
	}
	m.say(said, false)
	p.spoil()
	m.overview().missed(partOfAdvice)
	return nil
}

func (p *advicePage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.Explain, k.WhatIf, k.Dismiss, k.Undo, k.Help, k.Quit}
}

func (p *advicePage) render(m *Model, width, height int) string {
	s := p.state
	s.Theme = m.theme
	return advice.Render(s, width, height)
}

// piecePage has both bills of a piece of advice side by side: the document that advise --explain prints.
type piecePage struct {
	text
	freshness
}

func newPiecePage(from *advise.Report, of advise.Advice) *piecePage {
	document := report.AdviceExplained(from, of)
	return &piecePage{text: text{lines: func(m *Model, width, _ int) []string {
		var out bytes.Buffer
		if err := view.Render(&out, view.Options{Format: view.FormatTable, Width: width - 1}, document); err != nil {
			return []string{m.theme.Bad.Text(err.Error())}
		}
		var lines []string
		for line := range strings.SplitSeq(ansi.Strip(out.String()), "\n") {
			lines = append(lines, " "+m.theme.Plain.Text(draw.Cut(line, width-1)))
		}
		return lines
	}}}
}

func (p *piecePage) name() string { return "explain" }

func (p *piecePage) reads(*Model) []job { return nil }

func (p *piecePage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if key.Matches(k, m.keys.Explain) {
		m.pop()
		return nil, true
	}
	return nil, p.scrolled(m, k)
}

func (p *piecePage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.ScrollKeys, k.Help, k.Quit}
}
