package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/view/explain"
	"microspend/tui/view/overview"
)

// The panels whose reading can fail.
const (
	figuresPanel   = overview.Figures
	chartPanel     = overview.Chart
	tenantsPanel   = overview.TopTenants
	budgetsPanel   = overview.BudgetBars
	anomaliesPanel = overview.StandsOut
	insteadPanel   = overview.InsteadOf
)

// overviewPage is the first view.
type overviewPage struct {
	state overview.State
	fresh bool // everything was read, or is about to be
}

func newOverviewPage() *overviewPage {
	return &overviewPage{state: overview.State{Faults: map[overview.Panel]string{}}}
}

func (p *overviewPage) name() string { return "overview" }

func (p *overviewPage) spoil() { p.fresh = false }

// take notes whether a panel could be read.
func (p *overviewPage) take(panel overview.Panel, err error) {
	delete(p.state.Faults, panel)
	if err != nil {
		p.state.Faults[panel] = faultText(err)
	}
}

func (p *overviewPage) reads(m *Model) []job {
	if p.fresh || m.status == nil {
		return nil
	}
	p.fresh = true
	if p.state.Empty = m.status.AsOf.IsZero(); p.state.Empty {
		return nil
	}
	var jobs []job
	tenants := m.pages[1][0].(*listingPage)
	if tenants.at == 0 {
		jobs = append(jobs, tenants.reads(m)...)
	} else { // what the view of tenants is grouped by is no list of tenants
		jobs = append(jobs, newListingPage(listingViews()[0], 0).reads(m)...)
	}
	return append(jobs, m.readSums(), m.readDays(), m.readBudgets(), m.readAnomalies(), m.readInstead())
}

func (p *overviewPage) key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	keys, page := m.keys, 8
	switch {
	case key.Matches(k, keys.Up):
		p.state.Move(-1)
	case key.Matches(k, keys.Down):
		p.state.Move(1)
	case key.Matches(k, keys.PageUp):
		p.state.Move(-page)
	case key.Matches(k, keys.PageDown):
		p.state.Move(page)
	case key.Matches(k, keys.Top):
		p.state.Move(-1 << 20)
	case key.Matches(k, keys.Bottom):
		p.state.Move(1 << 20)
	case key.Matches(k, keys.NextPanel, keys.Right):
		p.state.Jump(1)
	case key.Matches(k, keys.PreviousPanel, keys.Left):
		p.state.Jump(-1)
	case key.Matches(k, keys.Explain):
		return p.explain(m), true
	case key.Matches(k, keys.Open):
		return p.open(m), true
	case key.Matches(k, keys.WhatIf):
		if tenant := p.tenant(); tenant != nil {
			return m.push(newWhatIfPage(m, *tenant, m.period)), true
		}
		m.say("what if is for a tenant; put the cursor on one", false)
	default:
		return nil, false
	}
	return nil, true
}

// tenant is the tenant under the cursor, nil where there is none.
func (p *overviewPage) tenant() *string {
	at := p.state.Focus
	switch at.Panel {
	case tenantsPanel:
		if l := p.state.Tenants; l != nil && at.Index < len(l.Spend.Rows) && l.Spend.Rows[at.Index].Kind != spend.KindOther {
			return &l.Spend.Rows[at.Index].Tenant
		}
	case budgetsPanel:
		if line, ok := p.state.Budget(at.Index); ok && !line.Total {
			return &line.Tenant
		}
	case anomaliesPanel:
		if a, ok := p.state.Anomaly(at.Index); ok {
			return &a.Tenant
		}
	}
	return nil
}

// open goes to what is inside the figure under the cursor.
func (p *overviewPage) open(m *Model) tea.Cmd {
	at := p.state.Focus
	switch at.Panel {
	case tenantsPanel, budgetsPanel, anomaliesPanel:
		tenant := p.tenant()
		if tenant == nil {
			return m.show(1)
		}
		scope, period := data.Scope{Tenant: tenant}, m.period
		switch at.Panel {
		case anomaliesPanel:
			if a, ok := p.state.Anomaly(at.Index); ok {
				period = dayPeriod(a.Day, m.location(), period)
			}
		case budgetsPanel:
			period = data.PeriodOf(data.Month, m.options.Now(), m.location())
		}
		return m.push(openedListing(*tenant, scope, period, m.period))
	case figuresPanel:
		if at.Index == overview.FigureToday || at.Index == overview.FigureMonth {
			kind := data.Today
			if at.Index == overview.FigureMonth {
				kind = data.Month
			}
			return tea.Batch(m.setPeriod(data.PeriodOf(kind, m.options.Now(), m.location())), m.show(1))
		}
	}
	return p.explain(m)
}

// explain shows what the figure under the cursor is made of.
func (p *overviewPage) explain(m *Model) tea.Cmd {
	at, s := p.state.Focus, &p.state
	now, loc := m.options.Now(), m.location()
	switch at.Panel {
	case figuresPanel:
		switch at.Index {
		case overview.FigureToday:
			return m.push(newExplainPage("spent today", data.Query{Period: data.PeriodOf(data.Today, now, loc)}))
		case overview.FigureMonth:
			return m.push(newExplainPage("spent this month", data.Query{Period: data.PeriodOf(data.Month, now, loc)}))
		}
		line, ok := s.TotalLine()
		if !ok {
			return nil
		}
		if at.Index == overview.FigureForecast {
			return m.push(workedOut("forecast", explain.Forecast(s.Budgets, line), nil))
		}
		return m.push(workedOut("burn rate", explain.Burn(s.Budgets, line), nil))
	case tenantsPanel:
		if tenant := p.tenant(); tenant != nil {
			return m.push(newExplainPage(s.Tenants.Names[0][at.Index], data.Query{Period: m.period, Scope: data.Scope{Tenant: tenant}}))
		}
	case budgetsPanel:
		if line, ok := s.Budget(at.Index); ok {
			title := "budget of " + line.Tenant
			query := data.Query{Period: data.PeriodOf(data.Month, now, loc), Scope: data.Scope{Tenant: &line.Tenant}}
			if line.Total {
				title, query.Scope.Tenant = "budget of everything", nil
			}
			page := newExplainPage(title, query)
			page.state.Steps = explain.Budget(s.Budgets, line)
			return m.push(page)
		}
	case anomaliesPanel:
		if a, ok := s.Anomaly(at.Index); ok {
			page := newExplainPage(a.Tenant+" on "+a.Day, data.Query{
				Period: dayPeriod(a.Day, loc, m.period), Scope: data.Scope{Tenant: &a.Tenant},
			})
			page.state.Steps = explain.Anomaly(a, m.options.Reader.AnomalyRule)
			return m.push(page)
		}
	case insteadPanel:
		if s.Instead != nil && at.Index < len(s.Instead.Alternatives) {
			alt := s.Instead.Alternatives[at.Index]
			return m.push(workedOut(alt.Name+" in place of MicroVMs", explain.Alternative(s.Instead, alt, loc), explain.AlternativeNotes(alt)))
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
