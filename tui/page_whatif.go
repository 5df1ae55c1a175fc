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
	priced *question // what is being priced, or was last; nil where nothing was
	text
	freshness

	recalled bool // it is known whether timeouts are recorded
}

// question is what an outcome answers.
type question struct {
	whatif.Choice
	pauses *measured.Pauses
	fault  string // why there are none
}

// The parts of a what-if that are read by themselves.
const (
	partBill part = iota
	partOutcome
	partRecorded // the idle timeouts that are recorded
	partPauses   // single suspensions
)

// whatIf opens a what-if of a tenant. Nil is none, which the foot says. It starts from the change that saves the tenant
// most of those that the other knobs still matter to, where advice has been read, and else from none: it does not wait
// for that.
func (m *Model) whatIf(tenant *string, period data.Period) tea.Cmd {
	if tenant == nil {
		m.say("what if is for a tenant; put the cursor on one", false)
		return nil
	}
	page := newWhatIfPage(m, *tenant, period)
	if best, ok := m.overview().state.Advice.Best(*tenant); ok {
		page.state.Preset(best.Change, nil)
		page.state.Advised = page.state.Choice
	}
	return m.push(page)
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
	p.state.Pauses.Reading, p.priced = false, nil
}

func (p *whatIfPage) missed(of part) {
	p.freshness.missed(of)
	switch of {
	case partOutcome:
		p.priced = nil
	case partPauses:
		p.state.Pauses.Reading = false
	}
}

func (p *whatIfPage) forget() {
	s := &p.state
	s.Read, s.Parts, s.Outcome, s.Pauses = false, nil, nil, whatif.Pauses{}
	p.priced, p.recalled = nil, false
}

// reads asks for the bill first, and then for what the choice comes to: at first from averages, where single pauses
// would tell more. Those are read behind it, and only for a choice that they matter to.
func (p *whatIfPage) reads(m *Model) []job {
	if p.partDue(m, partBill) {
		return []job{p.readBill(m)}
	}
	if !p.state.Read || m.target != nil || !m.settled() {
		return nil
	}
	var jobs []job
	if asks := p.question(); p.priced == nil || *p.priced != asks {
		m.drop(p, partOutcome)
		p.priced = &asks
		state, reader, at := p.state, m.options.Reader, m.at()
		price := func(ctx context.Context) (*measured.Outcome, error) { return p.price(ctx, reader, at, state) }
		j := reading(&p.state.Fault, price, func(_ *Model, o *measured.Outcome) { p.state.Outcome = o })
		j.part = partOutcome
		jobs = append(jobs, j)
	}
	return append(jobs, p.refine(m)...)
}

func (p *whatIfPage) question() question {
	return question{p.state.Choice, p.state.Pauses.Seen, p.state.Pauses.Fault}
}

// readBill reads what is to be changed, and prices the choice, so that both are of the same moment.
func (p *whatIfPage) readBill(m *Model) job {
	reader, at, period, scope := m.options.Reader, m.at(), p.period.Until(m.at()), data.Scope{spend.ByTenant: &p.tenant}
	state := p.state
	state.Pauses = whatif.Pauses{}
	read := func(ctx context.Context) (whatif.State, error) {
		parts, total, err := reader.Parts(ctx, period, scope, spend.ByRegion)
		if err != nil {
			return state, err
		}
		state.Read, state.Parts, state.Measured, state.To = true, parts, total.Measured, period.To
		state.Outcome, err = p.price(ctx, reader, at, state)
		return state, err
	}
	return reading(&p.state.Fault, read, func(_ *Model, got whatif.State) {
		s := &p.state
		s.Read, s.Parts, s.Measured, s.To, s.Outcome = true, got.Parts, got.Measured, got.To, got.Outcome
		p.priced = &question{Choice: got.Choice}
	})
}

// price works out what a choice comes to.
func (*whatIfPage) price(
	ctx context.Context, reader *data.Reader, at data.Moment, state whatif.State,
) (*measured.Outcome, error) {
	return whatif.Work(ctx, &state, reader.Prices, func(region string) (pricing.RateCard, error) {
		return reader.Source.Card(region, pricing.DateOf(at.Now))
	})
}

// refine reads the idle timeouts that are recorded and, for a choice that they matter to, single pauses.
func (p *whatIfPage) refine(m *Model) []job {
	reader, from, to, tenant := m.options.Reader, p.state.From, p.state.To, p.tenant
	switch {
	case reader.Records == nil:
		return nil
	case reader.Launched != nil && p.partDue(m, partRecorded):
		return []job{{part: partRecorded, behind: true, read: func(ctx context.Context) (put, error) {
			pauses, err := reader.Recorded(ctx, from, to, tenant)
			return func(*Model) { p.recall(pauses, err) }, nil // where they cannot be read in time, the timeout stays assumed
		}}}
	case reader.Launched != nil && !p.recalled, !p.state.Longer(), !p.partDue(m, partPauses):
		return nil
	}
	p.state.Pauses.Reading = true
	return []job{{part: partPauses, behind: true, read: func(ctx context.Context) (put, error) {
		pauses, err := reader.Pauses(ctx, from, to, tenant)
		return func(*Model) { p.state.Pauses = whatif.Pauses{Seen: pauses, Fault: faultText(err)} }, err
	}}}
}

// recall starts from the idle timeouts that are recorded, where some are. They come with the single pauses.
func (p *whatIfPage) recall(pauses *measured.Pauses, err error) {
	p.recalled = true
	if err == nil && pauses != nil {
		p.asked |= 1 << partPauses
		p.state.Pauses = whatif.Pauses{Seen: pauses}
		p.state.Recall(pauses.Present())
	}
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
	return nil, true
}

func (p *whatIfPage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Back, k.ChooseKnob, k.Turn, k.Export, k.Help, k.Quit}
}
