package tui

import (
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/view/whatif"
)

// whatIfPage sets a tenant's bill beside what it would be.
type whatIfPage struct {
	state  whatif.State
	tenant string
	period data.Period
	fresh  bool
	asked  whatif.Choice // the choice that is being worked out, or was last

	soughtPauses bool // single pauses are being read, or were
}

func newWhatIfPage(m *Model, tenant string, period data.Period) *whatIfPage {
	return &whatIfPage{
		tenant: tenant, period: period,
		state: whatif.State{
			Tenant: draw.Name(tenant), Location: m.location(), Regions: m.options.Reader.Regions, Choice: whatif.Start(),
			From: period.From, To: period.To, Focus: whatif.TimeoutThen,
		},
	}
}

func (p *whatIfPage) name() string { return "what if" }

func (p *whatIfPage) spoil() {
	p.fresh = false
	p.state.Pauses.Reading, p.soughtPauses = false, false
}

func (p *whatIfPage) reads(m *Model) []job {
	if p.fresh || m.status == nil {
		return nil
	}
	p.fresh = true
	reader, period, asOf, tenant := m.options.Reader, p.period, m.asOf().AsOf, p.tenant
	return []job{func(ctx context.Context) any {
		to := period.To
		if asOf.After(period.From) && asOf.Before(to) {
			to = asOf
		}
		parts, _, err := reader.Parts(ctx, period.From, to, data.Scope{Tenant: &tenant}, spend.ByRegion)
		return partsMsg{p, parts, to, err}
	}}
}

func (p *whatIfPage) takeParts(m *Model, msg partsMsg) tea.Cmd {
	p.state.Fault = ""
	if msg.err != nil {
		p.state.Fault = faultText(msg.err)
		return nil
	}
	p.state.Parts, p.state.To = slices.Clip(msg.parts), msg.to
	if p.state.Parts == nil {
		p.state.Parts = slices.Grow(p.state.Parts, 1)[:0] // read, and empty
	}
	return m.first(p.work(m))
}

// work prices the choice.
func (p *whatIfPage) work(m *Model) job {
	p.asked = p.state.Choice
	state, reader := p.state, m.options.Reader
	return func(context.Context) any {
		outcome, err := whatif.Work(&state, reader.Prices, reader.Card)
		return outcomeMsg{p, outcome, err}
	}
}

// takeOutcome shows the outcome, at first from averages where single pauses would tell more: those are read behind it, and
// only for whom they matter.
func (p *whatIfPage) takeOutcome(m *Model, msg outcomeMsg) tea.Cmd {
	p.state.Fault = ""
	if msg.err != nil {
		p.state.Fault = faultText(msg.err)
		return nil
	}
	p.state.Outcome = msg.outcome
	reader := m.options.Reader
	if p.soughtPauses || !p.state.Longer() || reader.Records == nil {
		return nil
	}
	p.soughtPauses, p.state.Pauses.Reading = true, true
	from, to, tenant := p.state.From, p.state.To, p.tenant
	return m.enqueue(func(ctx context.Context) any {
		pauses, err := reader.Pauses(ctx, from, to, tenant)
		return pausesMsg{p, pauses, err}
	})
}

func (p *whatIfPage) takePauses(m *Model, msg pausesMsg) tea.Cmd {
	p.state.Pauses = whatif.Pauses{Seen: msg.pauses}
	if msg.err != nil {
		p.state.Pauses.Fault = faultText(msg.err)
	}
	return m.first(p.work(m))
}

func (p *whatIfPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	keys := m.keys
	switch {
	case key.Matches(k, keys.Up):
		p.state.Focus = (p.state.Focus + whatif.KnobCount - 1) % whatif.KnobCount
	case key.Matches(k, keys.Down, keys.NextPanel):
		p.state.Focus = (p.state.Focus + 1) % whatif.KnobCount
	case key.Matches(k, keys.Left):
		p.state.Turn(-1)
	case key.Matches(k, keys.Right, keys.Open):
		p.state.Turn(1)
	case key.Matches(k, keys.WhatIf):
		m.pop()
	default:
		s := p.state
		s.Theme, s.Location = m.theme, m.location()
		return nil, scrolled(m, k, &p.state.Scroll, func() int { return len(s.Lines(m.width, m.bodyHeight())) })
	}
	if p.state.Parts != nil && p.asked != p.state.Choice {
		return m.first(p.work(m)), true
	}
	return nil, true
}

func (p *whatIfPage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.ChooseKnob, k.Turn, k.Export, k.Help, k.Quit}
}

func (p *whatIfPage) render(m *Model, width, height int) string {
	s := p.state
	s.Theme, s.Location = m.theme, m.location()
	return whatif.Render(s, width, height)
}
