package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/view/listing"
)

// job reads something from the ledger and works out what is to be shown. It must not touch the model: what it needs is
// bound when it is made. Jobs are done one after the other, so that their memory does not add up.
type job func(ctx context.Context) any

// enqueue adds jobs behind those that wait.
func (m *Model) enqueue(jobs ...job) tea.Cmd {
	m.queue = append(m.queue, jobs...)
	return m.next()
}

// first puts jobs before those that wait.
func (m *Model) first(jobs ...job) tea.Cmd {
	m.queue = append(append([]job{}, jobs...), m.queue...)
	return m.next()
}

// next starts the next job unless one is being done.
func (m *Model) next() tea.Cmd {
	if m.busy || len(m.queue) == 0 {
		return nil
	}
	todo, generation, ctx := m.queue[0], m.generation, m.jobs
	m.queue = m.queue[1:]
	m.busy = true
	return func() tea.Msg { return doneMsg{generation, todo(ctx)} }
}

// reload drops what waits and reads everything again that is, or will be, looked at.
func (m *Model) reload() tea.Cmd {
	m.spoil()
	return m.enqueue(m.readStatus())
}

// spoil drops what waits or is being done, and marks everything that is shown as to be read again.
func (m *Model) spoil() {
	m.generation++
	m.cancel()
	m.jobs, m.cancel = context.WithCancel(m.ctx)
	m.queue, m.busy = nil, false
	for _, pages := range m.pages {
		for _, p := range pages {
			if stale, ok := p.(interface{ spoil() }); ok {
				stale.spoil()
			}
		}
	}
}

func (m *Model) readStatus() job {
	reader, now := m.options.Reader, m.options.Now()
	return func(ctx context.Context) any {
		status, err := reader.Status(ctx, now)
		return statusMsg{status, err}
	}
}

// asOf is how far the data goes, as far as is known.
func (m *Model) asOf() data.Status {
	if m.status == nil {
		return data.Status{}
	}
	return *m.status
}

func (m *Model) readSums() job {
	reader, now, asOf := m.options.Reader, m.options.Now(), m.asOf().AsOf
	return func(ctx context.Context) any {
		sums, err := reader.Sums(ctx, now, asOf)
		return sumsMsg{sums, err}
	}
}

func (m *Model) readBudgets() job {
	reader, now := m.options.Reader, m.options.Now()
	return func(ctx context.Context) any {
		budgets, err := reader.Budgets(ctx, now)
		return budgetsMsg{budgets, err}
	}
}

func (m *Model) readAnomalies() job {
	reader, now, asOf := m.options.Reader, m.options.Now(), m.asOf().AsOf
	return func(ctx context.Context) any {
		anomalies, err := reader.Anomalies(ctx, now, asOf)
		return anomaliesMsg{anomalies, err}
	}
}

func (m *Model) readDays() job {
	reader, asOf := m.options.Reader, m.asOf().AsOf
	return func(ctx context.Context) any {
		days, err := reader.Days(ctx, asOf)
		return daysMsg{days, err}
	}
}

func (m *Model) readInstead() job {
	reader, asOf := m.options.Reader, m.asOf().AsOf
	return func(ctx context.Context) any {
		instead, err := reader.Instead(ctx, asOf)
		return insteadMsg{instead, err}
	}
}

func (m *Model) readTrends(of spend.Dimension) job {
	reader, asOf := m.options.Reader, m.asOf().AsOf
	return func(ctx context.Context) any {
		trends, err := reader.Trends(ctx, of, asOf)
		return trendsMsg{of, trends, err}
	}
}

// readListing reads a listing and makes its table.
func (m *Model) readListing(p *listingPage) job {
	reader, query, asOf := m.options.Reader, p.query(m), m.asOf().AsOf
	trends := m.trendsFor(query)
	return func(ctx context.Context) any {
		found, err := reader.Listing(ctx, query, asOf)
		if err != nil {
			return listingMsg{page: p, query: query, err: err}
		}
		found.Trends = trends
		return listingMsg{p, query, found, listing.Content(found), nil}
	}
}

// withTrends makes the table of a listing anew, now that there are sparklines.
func withTrends(p *listingPage, l *data.Listing, trends *data.Trends) job {
	return func(context.Context) any {
		again := *l
		again.Trends = trends
		return listingMsg{p, l.Query, &again, listing.Content(&again), nil}
	}
}

// trendsFor are the sparklines that a listing can show, nil where there are none or none yet.
func (m *Model) trendsFor(q data.Query) *data.Trends {
	if q.Scope != (data.Scope{}) {
		return nil
	}
	return m.trends[q.By[0]].Trends
}
