package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"microspend/tui/data"
)

// job reads from the ledger, or prices what was read, away from the screen. It must not touch the model: what it
// needs is bound when it is made, and what it found is put into the model by the message that it ends in. Jobs run
// one after the other, so that their memory does not add up.
type job func(ctx context.Context) doneMsg

// doneMsg is the end of a job.
type doneMsg struct {
	generation int
	put        func(*Model) tea.Cmd
	err        error // why it failed, where that leaves something without figures
}

// reading is a job that reads. What it found is handed to put; why it could not is kept as the fault, "" once it could.
func reading[T any](fault *string, read func(context.Context) (T, error), put func(*Model, T) tea.Cmd) job {
	return func(ctx context.Context) doneMsg {
		got, err := read(ctx)
		return doneMsg{err: err, put: func(m *Model) tea.Cmd {
			if *fault = faultText(err); err != nil {
				return nil
			}
			return put(m, got)
		}}
	}
}

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

// next starts the next job unless one is running.
func (m *Model) next() tea.Cmd {
	if m.busy || len(m.queue) == 0 {
		return nil
	}
	todo, generation, ctx := m.queue[0], m.generation, m.jobs
	m.queue = m.queue[1:]
	m.busy = true
	return func() tea.Msg {
		done := todo(ctx)
		done.generation = generation
		return done
	}
}

// done takes the end of a job, and starts the next. A job of an earlier generation was dropped while it ran.
func (m *Model) done(msg doneMsg) tea.Cmd {
	if msg.generation != m.generation {
		return nil
	}
	m.busy = false
	cmd := msg.put(m)
	return tea.Batch(cmd, m.next())
}

// reload drops what waits and reads everything again that is, or will be, looked at.
func (m *Model) reload() tea.Cmd {
	m.spoil()
	return m.enqueue(m.readStatus())
}

// spoil drops what waits or is running, and marks everything that is shown as to be read again.
func (m *Model) spoil() {
	m.generation++
	m.cancel()
	m.jobs, m.cancel = context.WithCancel(m.ctx)
	m.queue, m.busy = nil, false
	for _, pages := range m.pages {
		for _, p := range pages {
			p.spoil()
		}
	}
}

// freshness is embedded in pages that are read from the ledger: whether what one shows was read, or is about to be.
type freshness struct{ fresh bool }

func (f *freshness) spoil() { f.fresh = false }

// due reports, once, that a page has to be read.
func (f *freshness) due(m *Model) bool {
	if f.fresh || m.status == nil {
		return false
	}
	f.fresh = true
	return true
}

// readStatus reads how far the data goes, and then what is shown.
func (m *Model) readStatus() job {
	reader, now := m.options.Reader, m.options.Now()
	read := func(ctx context.Context) (data.Status, error) { return reader.Status(ctx, now) }
	return reading(&m.fault, read, func(m *Model, status data.Status) tea.Cmd {
		m.status, m.readAt = &status, m.options.Clock()
		return m.readShown()
	})
}

// readShown asks for what the page that is shown needs, and for what lies below it.
func (m *Model) readShown() tea.Cmd {
	var jobs []job
	pages := m.pages[m.view]
	for i := len(pages) - 1; i >= 0; i-- {
		jobs = append(jobs, pages[i].reads(m)...)
	}
	return m.enqueue(jobs...)
}

// at is now, and how far the data goes as far as is known.
func (m *Model) at() data.Moment {
	at := data.Moment{Now: m.options.Now()}
	if m.status != nil {
		at.AsOf = m.status.AsOf
	}
	return at
}

// trends are the sparklines by one dimension, which all listings by it share.
type trends struct {
	data.Trends
	version string // of the ledger that they are of
	asked   int    // in which generation of jobs they were last asked for
}

// trendsFor are the sparklines that a listing can show, nil where there are none.
func (m *Model) trendsFor(q data.Query) *trends {
	if q.Scope != (data.Scope{}) || m.at().AsOf.IsZero() {
		return nil
	}
	return m.trends[q.By[0]]
}

// wantTrends reads the sparklines of a listing behind it, once for each version of the ledger.
func (m *Model) wantTrends(q data.Query) tea.Cmd {
	t := m.trendsFor(q)
	if t == nil || t.version == m.status.Fingerprint || t.asked == m.generation {
		return nil
	}
	t.asked = m.generation
	reader, at, version := m.options.Reader, m.at(), m.status.Fingerprint
	return m.enqueue(func(ctx context.Context) doneMsg {
		read, err := reader.Trends(ctx, q.By[0], at)
		return doneMsg{put: func(*Model) tea.Cmd {
			if err == nil { // they are a picture beside figures, whose own error is what is shown
				t.Trends, t.version = read, version
			}
			return nil
		}}
	})
}
