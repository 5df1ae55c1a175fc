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
	tenants := m.pages[1][0].(*listingPage)
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
	case key.Matches(k, keys.Explain):
		return p.explain(m), true
	case key.Matches(k, keys.Open):
		return p.open(m), true
	case key.Matches(k, keys.WhatIf):
		return m.whatIf(p.tenant(), m.period), true
	default:
		return nil, false
	}
	return nil, true
}

// tenant is the tenant under the cursor, nil where there is none.
func (p *overviewPage) tenant() *string {
	at := p.state.Focus
	switch at.Panel {
	case overview.TopTenants:
		if l := p.state.Tenants; l != nil && at.Index < len(l.Spend.Rows) && l.Spend.Rows[at.Index].Kind != spend.KindOther {
			return &l.Spend.Rows[at.Index].Tenant
		}
	case overview.BudgetBars:
		if line, ok := p.state.Budget(at.Index); ok && !line.Total {
			return &line.Tenant
		}
	case overview.StandsOut:
		if a, ok := p.state.Anomaly(at.Index); ok {
			return &a.Tenant
		}
	}
	return nil
}

// figurePeriod is the period of a figure at the head, which need not be the one chosen.
func (p *overviewPage) figurePeriod(m *Model) (period data.Period, title string, ok bool) {
	switch p.state.Focus.Index {
	case overview.FigureToday:
		return m.periodNow(data.Today), "spent today", true
	case overview.FigureMonth:
		return m.periodNow(data.Month), "spent this month", true
	default:
		return period, "", false
	}
}

// open goes to what is inside the figure under the cursor.
func (p *overviewPage) open(m *Model) tea.Cmd {
	at, period := p.state.Focus, m.period
	switch at.Panel {
	case overview.Figures:
		if period, _, ok := p.figurePeriod(m); ok {
			return tea.Batch(m.setPeriod(period), m.show(1))
		}
		return p.explain(m)
	case overview.StandsOut:
		if a, ok := p.state.Anomaly(at.Index); ok {
			period = dayPeriod(m, a)
		}
	case overview.BudgetBars:
		period = m.periodNow(data.Month)
	case overview.InsteadOf:
		return p.explain(m)
	}
	tenant := p.tenant()
	if tenant == nil {
		return m.show(1)
	}
	return m.push(openedListing(*tenant, data.Scope{Tenant: tenant}, period, m.period))
}

func dayPeriod(m *Model, a anomaly.Anomaly) data.Period {
	day, err := civil.Parse(a.Day)
	if err != nil {
		return m.period
	}
	return data.Period{Kind: data.Custom, Span: day.Span(m.location())}
}

// explain shows what the figure under the cursor is made of.
func (p *overviewPage) explain(m *Model) tea.Cmd {
	at, s := p.state.Focus, &p.state
	ofTenant := func(period data.Period, tenant *string) data.Query {
		return data.Query{Period: period, Scope: data.Scope{Tenant: tenant}}
	}
	switch at.Panel {
	case overview.Figures:
		if period, title, ok := p.figurePeriod(m); ok {
			return m.push(newExplainPage(title, data.Query{Period: period}))
		}
		line, ok := s.TotalLine()
		switch {
		case !ok:
		case at.Index == overview.FigureForecast:
			return m.push(derived("forecast", explain.Forecast(s.Budgets, line)))
		default:
			return m.push(derived("burn rate", explain.Burn(s.Budgets, line)))
		}
	case overview.TopTenants:
		if tenant := p.tenant(); tenant != nil {
			return m.push(newExplainPage(s.Tenants.Names[0][at.Index], ofTenant(m.period, tenant)))
		}
	case overview.BudgetBars:
		if line, ok := s.Budget(at.Index); ok {
			title := "budget of " + line.Tenant
			if line.Total {
				title = "budget of everything"
			}
			query := ofTenant(m.periodNow(data.Month), p.tenant())
			return m.push(newExplainPage(title, query, explain.Budget(s.Budgets, line)...))
		}
	case overview.StandsOut:
		if a, ok := s.Anomaly(at.Index); ok {
			steps := explain.Anomaly(a, m.options.Reader.AnomalyRule)
			return m.push(newExplainPage(a.Tenant+" on "+a.Day, ofTenant(dayPeriod(m, a), &a.Tenant), steps...))
		}
	case overview.InsteadOf:
		if alt, ok := s.Alternative(at.Index); ok {
			steps := explain.Alternative(s.Instead, alt, m.location())
			return m.push(derived(alt.Name+" in place of MicroVMs", steps, explain.AlternativeNotes(alt)...))
		}
	}
	return nil
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
