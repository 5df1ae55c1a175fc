package tui

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/pricing"
	"microspend/spend"
	measured "microspend/spend/whatif"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/view/whatif"
)

// whatIfPage sets a tenant's bill beside what it would be.
type whatIfPage struct {
	state  whatif.State
	tenant string
	period data.Period
	asked  whatif.Choice // the choice that is being priced, or was last
	text
	freshness

	soughtRecorded bool // recorded timeouts are being read, or were
	soughtPauses   bool // single pauses are being read, or were
}

// whatIf opens a what-if of a tenant. Nil is none, which the foot says.
func (m *Model) whatIf(tenant *string, period data.Period) tea.Cmd {
	if tenant == nil {
		m.say("what if is for a tenant; put the cursor on one", false)
		return nil
	}
	return m.push(newWhatIfPage(m, *tenant, period))
}

func newWhatIfPage(m *Model, tenant string, period data.Period) *whatIfPage {
	p := &whatIfPage{
		tenant: tenant, period: period,
		state: whatif.State{
			Tenant: draw.Name(tenant), Location: m.location(), Regions: m.options.Reader.Regions, Choice: whatif.Start(),
			From: period.From, To: period.To, Focus: whatif.TimeoutThen,
		},
	}
	p.lines = func(m *Model, width, height int) []string {
		p.state.Theme, p.state.Location = m.theme, m.location()
		return p.state.Lines(width, height)
	}
	return p
}

func (p *whatIfPage) name() string { return "what if" }

func (p *whatIfPage) spoil() {
	p.freshness.spoil()
	p.state.Pauses.Reading, p.soughtPauses, p.soughtRecorded = false, false, false
}

func (p *whatIfPage) reads(m *Model) []job {
	if !p.due(m) {
		return nil
	}
	reader, period, scope := m.options.Reader, p.period.Until(m.at()), data.Scope{spend.ByTenant: &p.tenant}
	var state pricing.State
	read := func(ctx context.Context) ([]measured.Part, error) {
		parts, total, err := reader.Parts(ctx, period, scope, spend.ByRegion)
		state = total.Measured
		return parts, err
	}
	return []job{reading(&p.state.Fault, read, func(m *Model, parts []measured.Part) tea.Cmd {
		p.state.Parts, p.state.Measured, p.state.Read, p.state.To = parts, state, true, period.To
		return m.first(p.work(m))
	})}
}

// work prices the choice.
func (p *whatIfPage) work(m *Model) job {
	p.asked = p.state.Choice
	state, reader, today := p.state, m.options.Reader, pricing.DateOf(m.at().Now)
	price := func(context.Context) (*measured.Outcome, error) {
		return whatif.Work(&state, reader.Prices, func(region string) (pricing.RateCard, error) {
			return reader.Source.Card(region, today)
		})
	}
	return reading(&p.state.Fault, price, p.putOutcome)
}

// putOutcome shows the outcome: at first from averages, where single pauses would tell more. Those are read behind
// it, and only for a choice that they matter to.
func (p *whatIfPage) putOutcome(m *Model, outcome *measured.Outcome) tea.Cmd {
	p.state.Outcome = outcome
	reader := m.options.Reader
	if !p.soughtRecorded && reader.Launched != nil {
		p.soughtRecorded = true
		return p.recall(m)
	}
	if p.soughtPauses || !p.state.Longer() || reader.Records == nil {
		return nil
	}
	p.soughtPauses, p.state.Pauses.Reading = true, true
	from, to, tenant := p.state.From, p.state.To, p.tenant
	read := func(ctx context.Context) (*measured.Pauses, error) { return reader.Pauses(ctx, from, to, tenant) }
	return m.enqueue(func(ctx context.Context) doneMsg {
		pauses, err := read(ctx)
		return doneMsg{err: err, put: func(m *Model) tea.Cmd {
			p.state.Pauses = whatif.Pauses{Seen: pauses, Fault: faultText(err)}
			return m.first(p.work(m))
		}}
	})
}

// recall starts from the idle timeouts that are recorded, where some are. They come with the single pauses. Where they
// cannot be read in time, the timeout stays assumed.
func (p *whatIfPage) recall(m *Model) tea.Cmd {
	reader, from, to, tenant := m.options.Reader, p.state.From, p.state.To, p.tenant
	return m.enqueue(func(ctx context.Context) doneMsg {
		pauses, err := reader.Recorded(ctx, from, to, tenant)
		return doneMsg{put: func(m *Model) tea.Cmd {
			if err == nil && pauses != nil {
				p.soughtPauses, p.state.Pauses = true, whatif.Pauses{Seen: pauses}
				p.state.Recall(pauses.Present())
			}
			return m.first(p.work(m))
		}}
	})
}

func (p *whatIfPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	keys := m.keys
	switch {
	case key.Matches(k, keys.Up):
		p.state.Focus = (p.state.Focus + whatif.KnobCount - 1) % whatif.KnobCount
	case key.Matches(k, keys.Down):
		p.state.Focus = (p.state.Focus + 1) % whatif.KnobCount
	case key.Matches(k, keys.Left):
		p.state.Turn(-1)
	case key.Matches(k, keys.Right):
		p.state.Turn(1)
	case key.Matches(k, keys.WhatIf):
		m.pop()
	default:
		return nil, p.scrolled(m, k)
	}
	if p.state.Read && p.asked != p.state.Choice {
		return m.first(p.work(m)), true
	}
	return nil, true
}

func (p *whatIfPage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.ChooseKnob, k.Turn, k.Export, k.Help, k.Quit}
}
