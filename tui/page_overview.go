package tui

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/internal/civil"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/tui/data"
	"microspend/tui/view/explain"
	"microspend/tui/view/listing"
	"microspend/tui/view/overview"
)

// overviewPage is the first view.
type overviewPage struct {
	state overview.State
	freshness
}

func newOverviewPage() *overviewPage {
	return &overviewPage{}
}

func (p *overviewPage) name() string { return "overview" }

// panel is a job that reads what a panel shows.
func panel[T any](
	m *Model, p *overviewPage, of overview.Panel, read func(context.Context, data.Moment) (T, error), put func(*Model, T),
) job {
	at := m.at()
	readNow := func(ctx context.Context) (T, error) { return read(ctx, at) }
	return reading(&p.state.Faults[of], readNow, func(m *Model, got T) tea.Cmd {
		put(m, got)
		return nil
	})
}

func (p *overviewPage) reads(m *Model) []job {
	if !p.due(m) {
		return nil
	}
	if p.state.Empty = m.status.AsOf.IsZero(); p.state.Empty {
		return nil
	}
	tenants := m.tenants()
	if tenants.at != 0 { // what the view of tenants is grouped by now is no list of tenants
		tenants = newListingPage(listing.Views()[0], 0)
	}
	s, r := &p.state, m.options.Reader
	return append(tenants.reads(m),
		panel(m, p, overview.Figures, r.Sums, func(m *Model, sums *data.Sums) {
			s.Sums, m.unknown = sums, sums.Month.Unknown
		}),
		panel(m, p, overview.Chart, r.Days, func(m *Model, d *data.Days) { s.Days, m.damage["days"] = d, d.Damaged }),
		panel(m, p, overview.BudgetBars, r.Budgets, func(m *Model, b *budget.Report) {
			s.Budgets, m.damage["budgets"] = b, b.Damaged
		}),
		panel(m, p, overview.StandsOut, r.Anomalies, func(_ *Model, a *anomaly.Report) { s.Anomalies = a }),
		panel(m, p, overview.InsteadOf, r.Instead, func(_ *Model, i *data.Instead) { s.Instead = i }))
}

// overviewPageRows is how far a page key moves: the items of the overview lie in several panels of different heights.
const overviewPageRows = 8

func (p *overviewPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	keys := m.keys
	if by, moves := keys.steps(k, overviewPageRows); moves {
		p.state.Move(by)
		return nil, true
	}
	switch {
	case key.Matches(k, keys.NextPanel, keys.Right):
		p.state.Jump(1)
	case key.Matches(k, keys.PreviousPanel, keys.Left):
		p.state.Jump(-1)
	case key.Matches(k, keys.Open, keys.Explain, keys.WhatIf):
		return p.inspect(m, k), true
	default:
		return nil, false
	}
	return nil, true
}

// under is what the figure under the cursor is about: its period, its tenant, nil for none, and the page that explains
// it, nil where there is nothing to explain yet.
func (p *overviewPage) under(m *Model) (period data.Period, tenant *string, page *explainPage) {
	at, s := p.state.Focus, &p.state
	period = m.period
	explained := func(title string, steps ...explain.Step) *explainPage {
		return newExplainPage(title, data.Query{Period: period, Scope: data.Scope{spend.ByTenant: tenant}}, steps...)
	}
	switch at.Panel {
	case overview.Figures:
		line, ok := s.TotalLine()
		switch {
		case at.Index == overview.FigureToday:
			period = m.periodNow(data.Today)
			page = explained("spent today")
		case at.Index == overview.FigureMonth:
			period = m.periodNow(data.Month)
			page = explained("spent this month")
		case !ok:
		case at.Index == overview.FigureForecast:
			page = derived("forecast", explain.Forecast(s.Budgets, line))
		default:
			page = derived("burn rate", explain.Burn(s.Budgets, line))
		}
	case overview.TopTenants:
		if l := s.Tenants; l != nil && at.Index < len(l.Spend.Rows) && l.Spend.Rows[at.Index].Kind != spend.KindOther {
			name := l.Spend.Rows[at.Index].Name(spend.ByTenant)
			tenant = &name
			page = explained(l.Names[0][at.Index])
		}
	case overview.BudgetBars:
		period = m.periodNow(data.Month)
		if line, ok := s.Budget(at.Index); ok {
			title := "budget of everything"
			if line.Scope != budget.Everything || line.Period != budget.Month {
				title = "budget of " + line.String()
			}
			if line.Scope == budget.Tenant {
				tenant = &line.Name
			}
			page = explained(title, explain.Budget(s.Budgets, line)...)
		}
	case overview.StandsOut:
		if a, ok := s.Anomaly(at.Index); ok {
			name := a.Name()
			tenant = &name
			if day, err := civil.Parse(a.Day); err == nil {
				period = data.Period{Kind: data.Custom, Span: day.Span(m.location())}
			}
			page = explained(a.Name()+" on "+a.Day, explain.Anomaly(a, m.options.Reader.AnomalyRule)...)
		}
	case overview.InsteadOf:
		if alt, ok := s.Alternative(at.Index); ok {
			steps := explain.Alternative(s.Instead, alt, m.location())
			page = derived(alt.Name+" in place of MicroVMs", steps, explain.AlternativeNotes(alt)...)
		}
	}
	return period, tenant, page
}

// inspect opens or explains the figure under the cursor, or asks what if of its tenant.
func (p *overviewPage) inspect(m *Model, k tea.KeyPressMsg) tea.Cmd {
	period, tenant, page := p.under(m)
	at, opens := p.state.Focus, key.Matches(k, m.keys.Open)
	switch {
	case key.Matches(k, m.keys.WhatIf):
		return m.whatIf(tenant, m.period)
	case opens && at.Panel == overview.Figures && at.Index <= overview.FigureMonth:
		return tea.Batch(m.setPeriod(period), m.show(viewTenants))
	case !opens, at.Panel == overview.Figures, at.Panel == overview.InsteadOf:
		if page == nil {
			m.say("there is nothing to explain yet", false)
			return nil
		}
		return m.push(page)
	case tenant == nil:
		return m.show(viewTenants)
	default:
		return m.push(openedListing(*tenant, data.Scope{spend.ByTenant: tenant}, period, m.period))
	}
}

func (p *overviewPage) keys(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.Open, k.Explain, k.WhatIf, k.NextPanel, k.Period, k.Export, k.Help, k.Quit}
}

func (p *overviewPage) render(m *Model, width, height int) string {
	s := p.state
	s.Theme, s.Location = m.theme, m.location()
	return overview.Render(s, width, height)
}
