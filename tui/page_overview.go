package tui

import (
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/internal/civil"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/whatif"
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

// partOf is the part of the page that a panel is.
func partOf(panel overview.Panel) part { return part(panel) }

// partTenantTrends is the sparklines beside the tenants that cost most.
const partTenantTrends = part(overview.PanelCount)

// panel is the job that reads what a panel shows, none where it was read or is about to be.
func panel[T any](
	m *Model, p *overviewPage, of overview.Panel, read func(context.Context, data.Moment) (T, error),
	put func(*overview.State, T),
) []job {
	if !p.partDue(m, partOf(of)) {
		return nil
	}
	at := m.at()
	readNow := func(ctx context.Context) (T, error) { return read(ctx, at) }
	j := reading(&p.state.Faults[of], readNow, func(_ *Model, got T) { put(&p.state, got) })
	j.part = partOf(of)
	return []job{j}
}

// reads asks for the panels in the order in which a reader looks at them, which is also that of what they take.
func (p *overviewPage) reads(m *Model) []job {
	r := m.options.Reader
	p.state.NoAdvice = r.Records == nil
	if m.sought() == nil || m.at().AsOf.IsZero() {
		return nil
	}
	return slices.Concat(
		panel(m, p, overview.Figures, r.Sums, func(s *overview.State, sums *data.Sums) { s.Sums = sums }),
		p.readTenants(m),
		panel(m, p, overview.BudgetBars, r.Budgets, func(s *overview.State, b *budget.Report) { s.Budgets = b }),
		panel(m, p, overview.InsteadOf, r.Instead, func(s *overview.State, i *data.Instead) { s.Instead = i }),
		panel(m, p, overview.StandsOut, r.Anomalies, func(s *overview.State, a *anomaly.Report) { s.Anomalies = a }),
		m.readTrends(p.tenants(m).query(m), &p.freshness, partTenantTrends),
		p.readAdvice(m),
	)
}

// partOfAdvice is what to change.
const partOfAdvice = part(overview.ToChange)

// readAdvice is done behind everything else that is in sight: it goes through single records.
func (p *overviewPage) readAdvice(m *Model) []job {
	if p.state.NoAdvice {
		return nil
	}
	type advice struct {
		found   *advise.Report
		records int64
	}
	read := func(ctx context.Context, at data.Moment) (got advice, err error) {
		got.found, got.records, err = m.options.Reader.AdviceByTheWay(ctx, at)
		return got, err
	}
	jobs := panel(m, p, overview.ToChange, read, func(s *overview.State, got advice) {
		s.Advice, s.AdviceRecords = got.found, got.records
	})
	for i := range jobs {
		jobs[i].behind = true
	}
	return jobs
}

// tenants is the listing of tenants that the page shows the largest of: the view of tenants, which needs not be read
// again then, unless that is grouped by something else.
func (p *overviewPage) tenants(m *Model) *listingPage {
	if view := m.tenants(); view.at == 0 {
		return view
	}
	return newListingPage(listing.Views()[0], 0)
}

func (p *overviewPage) readTenants(m *Model) []job {
	if !p.partDue(m, partOf(overview.TopTenants)) {
		return nil
	}
	j := p.tenants(m).read(m)
	j.part = partOf(overview.TopTenants)
	return []job{j}
}

// takeTenants takes the tenants of the period chosen, whoever read them.
func (p *overviewPage) takeTenants(l *data.Listing) {
	p.state.Tenants = l
	p.asked |= 1 << partOf(overview.TopTenants)
}

// forgetTenants drops the tenants of a period that is not looked at any more.
func (p *overviewPage) forgetTenants(m *Model) {
	m.drop(p, partOf(overview.TopTenants))
	p.missed(partOf(overview.TopTenants))
	p.state.Tenants = nil
}

func (p *overviewPage) forget() {
	s := &p.state
	s.Sums, s.Tenants, s.Budgets, s.Anomalies, s.Instead, s.Advice, s.AdviceRecords = nil, nil, nil, nil, nil, nil, 0
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
	explained := func(title string) *explainPage {
		return newExplainPage(title, data.Query{Period: period, Scope: data.Scope{spend.ByTenant: tenant}})
	}
	switch at.Panel {
	case overview.Figures:
		_, ok := s.TotalLine()
		switch {
		case at.Index == overview.FigureToday:
			period = m.periodNow(data.Today)
			page = explained("spent today")
		case at.Index == overview.FigureMonth:
			period = m.periodNow(data.Month)
			page = explained("spent this month")
		case !ok:
		case at.Index == overview.FigureForecast:
			page = derived("forecast", overview.BudgetBars, ofTotal(explain.Forecast))
		default:
			page = derived("burn rate", overview.BudgetBars, ofTotal(explain.Burn))
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
			page = explained(title).derive(overview.BudgetBars, derive(
				func(s *overview.State) (budget.Line, bool) { return s.SameBudget(line) },
				func(s *overview.State, line budget.Line) explain.Steps { return explain.Budget(s.Budgets, line) }))
		}
	case overview.StandsOut:
		if a, ok := s.Anomaly(at.Index); ok {
			name := a.Name()
			tenant = &name
			if day, err := civil.Parse(a.Day); err == nil {
				period = data.Period{Kind: data.Custom, Span: day.Span(m.location())}
			}
			rule := m.options.Reader.AnomalyRule
			page = explained(a.Name()+" on "+a.Day).derive(overview.StandsOut, derive(
				func(s *overview.State) (anomaly.Anomaly, bool) { return s.SameAnomaly(a) },
				func(_ *overview.State, a anomaly.Anomaly) explain.Steps { return explain.Anomaly(a, rule) }))
		}
	case overview.InsteadOf:
		if alt, ok := s.Alternative(at.Index); ok {
			loc := m.location()
			page = derived(alt.Name+" in place of MicroVMs", overview.InsteadOf, derive(
				func(s *overview.State) (whatif.Alternative, bool) { return s.SameAlternative(alt) },
				func(s *overview.State, alt whatif.Alternative) explain.Steps {
					return explain.Alternative(s.Instead, alt, loc)
				},
			), explain.AlternativeNotes(alt)...)
		}
	}
	return period, tenant, page
}

// derive derives a figure from what finds it in the overview.
func derive[T any](find func(*overview.State) (T, bool), steps func(*overview.State, T) explain.Steps) derivation {
	return func(s *overview.State) (explain.Steps, bool) {
		found, ok := find(s)
		if !ok {
			return nil, false
		}
		return steps(s, found), true
	}
}

// ofTotal derives a figure from how everything together stands.
func ofTotal(steps func(*budget.Report, budget.Line) explain.Steps) derivation {
	return derive((*overview.State).TotalLine, func(s *overview.State, line budget.Line) explain.Steps {
		return steps(s.Budgets, line)
	})
}

// inspect opens or explains the figure under the cursor, or asks what if of its tenant.
func (p *overviewPage) inspect(m *Model, k tea.KeyPressMsg) tea.Cmd {
	period, tenant, page := p.under(m)
	at, opens := p.state.Focus, key.Matches(k, m.keys.Open)
	switch {
	case at.Panel == overview.ToChange:
		if p.state.Advice == nil && p.state.AdviceRecords == 0 {
			m.say("what to change is being read", false)
			return nil
		}
		if piece, ok := p.state.Piece(at.Index); ok && key.Matches(k, m.keys.Explain) {
			return m.push(newPiecePage(p.state.Advice, piece))
		}
		return m.push(newAdvicePage(p.state.Advice, p.state.PlaceOf(at.Index)))
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
	if m.status != nil {
		s.Days, s.Empty = m.status.Days, m.status.AsOf.IsZero()
	}
	return overview.Render(s, width, height)
}
