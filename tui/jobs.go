package tui

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"microspend/tui/data"
)

// job reads from the ledger, or prices what was read, away from the screen. It must not touch the model: what it
// needs is bound when it is made, and what it found is put into the model once it is done. It ends soon after its
// context does, and may be started again then. Jobs run one after the other, so that their memory does not add up.
type job struct {
	page   page // whose it is: it is done while the page, or one that was opened from it, is shown; nil is the model's
	part   part // of the page
	behind bool // it draws beside figures, or refines them, and comes after all of them
	read   func(ctx context.Context) (put put, err error)
}

// put is what becomes of what was read.
type put func(*Model)

// part is a part of a page that is read by itself.
type part uint8

// underway is the job that is being done.
type underway struct {
	job
	id     int
	cancel context.CancelFunc
}

// doneMsg is the end of a job.
type doneMsg struct {
	id  int
	put put
	err error // why it failed, where that leaves something without figures
}

// reading is a job that reads. What it found is handed to take; why it could not is kept as the fault, "" once it
// could.
func reading[T any](fault *string, read func(context.Context) (T, error), take func(*Model, T)) job {
	return job{read: func(ctx context.Context) (put, error) {
		got, err := read(ctx)
		return func(m *Model) {
			if *fault = faultText(err); err == nil {
				take(m, got)
			}
		}, err
	}}
}

// The ranks of jobs, the first to be done first.
const (
	rankStatus = iota // how far data goes, on which everything rests
	rankShown         // what is shown
	rankBelow         // what the page that is shown was opened from
	rankBehind
	rankNone // nobody looks at it any more
)

func (m *Model) rank(j *job) int {
	pages := m.pages[m.view]
	at := slices.Index(pages, j.page)
	switch {
	case j.page == nil:
		return rankStatus
	case at < 0:
		return rankNone
	case j.behind:
		return rankBehind
	case at < len(pages)-1 && !m.needed(j):
		return rankBelow
	}
	return rankShown
}

// needed reports whether the page that is shown is worked out from what a job of another page reads.
func (m *Model) needed(j *job) bool {
	p, ok := m.shown().(*explainPage)
	return ok && p.derived != nil && j.page == page(m.overview()) && j.part == partOf(p.panel)
}

// proceed reads on, after a message has changed what is looked at or what was read.
func (m *Model) proceed() tea.Cmd {
	if m.quitting {
		return nil
	}
	m.ask()
	m.yield()
	if m.swap() {
		m.ask()
	}
	if m.target == nil && m.settled() && !m.torn && !m.busy() {
		m.changes = 0
	}
	if p, ok := m.shown().(*explainPage); ok {
		p.rederive(&m.overview().state)
	}
	return tea.Batch(m.start(), m.rest())
}

// rest gives back what reading took, once, when nothing is left to read.
func (m *Model) rest() tea.Cmd {
	if m.running != nil || m.rested == m.jobs || m.options.Rested == nil {
		return nil
	}
	m.rested = m.jobs
	give := m.options.Rested
	return func() tea.Msg {
		give()
		return nil
	}
}

// ask asks the page that is shown, and those that it was opened from, for what they need read.
func (m *Model) ask() {
	for _, p := range slices.Backward(m.pages[m.view]) {
		for _, j := range p.reads(m) {
			j.page = p
			m.queue = append(m.queue, j)
		}
	}
}

// yield drops what nobody looks at any more, and lets what is being done give way to what is looked at now: it is
// started again later.
func (m *Model) yield() {
	m.queue = slices.DeleteFunc(m.queue, func(j job) bool {
		unseen := m.rank(&j) == rankNone
		if unseen {
			j.page.missed(j.part)
		}
		return unseen
	})
	if m.running == nil {
		return
	}
	switch j := m.running.job; {
	case m.rank(&j) == rankNone:
		j.page.missed(j.part)
		m.stop()
	case m.ahead(m.rank(&j)):
		m.queue = append([]job{j}, m.queue...)
		m.stop()
	}
}

// start starts the job that is to be done first, where none is being done.
func (m *Model) start() tea.Cmd {
	if m.running != nil || len(m.queue) == 0 {
		return nil
	}
	first := 0
	for i := range m.queue {
		if m.rank(&m.queue[i]) < m.rank(&m.queue[first]) {
			first = i
		}
	}
	m.jobs++
	ctx, cancel := context.WithCancel(m.ctx)
	r := &underway{m.queue[first], m.jobs, cancel}
	m.queue = slices.Delete(m.queue, first, first+1)
	m.running = r
	reader, version := m.options.Reader, ""
	if s := m.sought(); s != nil {
		version = s.Fingerprint
	}
	return func() tea.Msg {
		put, err := r.read(ctx)
		if r.page != nil {
			err = reader.Unchanged(ctx, version, err)
		}
		return doneMsg{r.id, put, err}
	}
}

// ahead reports whether a job waits that comes before those of a rank.
func (m *Model) ahead(rank int) bool {
	return slices.ContainsFunc(m.queue, func(j job) bool { return m.rank(&j) < rank })
}

// stop ends the job that is being done: what it finds is not taken any more.
func (m *Model) stop() {
	if m.running != nil {
		m.running.cancel()
		m.running = nil
	}
}

// busy reports whether figures are being read that are shown, or are to be.
func (m *Model) busy() bool {
	return m.running != nil && m.rank(&m.running.job) <= rankShown || m.ahead(rankBelow)
}

// done takes the end of a job, and starts the next. One that was stopped comes too late.
func (m *Model) done(msg doneMsg) {
	r := m.running
	if r == nil || msg.id != r.id {
		return
	}
	m.stop()
	if errors.Is(msg.err, data.ErrChanged) {
		if m.changes++; m.changes <= patience {
			m.reload()
			return
		}
		m.mixed, msg.err = true, nil
	}
	if m.target == nil || r.page == nil {
		m.torn = m.torn || m.mixed
		msg.put(m)
		return
	}
	m.staged = append(m.staged, staged{msg.put, msg.err})
}

// patience is how often reading is begun anew because the ledger has changed meanwhile. A ledger that is written to
// without a pause is shown all the same, and a line says that figures may be of different moments.
const patience = 3

// staged is what was read of the ledger as it is now, while a frame of the ledger as it was is still shown.
type staged struct {
	put put
	err error
}

// swap changes the frame to the ledger as it is now, all of it at once, when everything that is shown has been read.
// Where nothing of it could be read, what was read last stays, and a line says why. What is not shown is forgotten.
func (m *Model) swap() bool {
	if m.target == nil || m.busy() {
		return false
	}
	read, target := m.staged, m.target
	m.staged, m.target = nil, nil
	if len(read) > 0 && !slices.ContainsFunc(read, func(s staged) bool { return s.err == nil }) {
		m.fault = faultText(read[0].err)
		m.spoil()
		return false
	}
	m.adopt(target)
	for _, pages := range m.pages {
		for _, p := range pages {
			p.forget()
		}
	}
	for _, s := range read {
		s.put(m)
	}
	m.torn, m.mixed = m.mixed, false // only a frame that is whole takes the place of one that was not
	return true
}

// lateAfter is how long reading anew takes before it is mentioned.
const lateAfter = 500 * time.Millisecond

// late reports whether what is shown is being read anew, and has been for a while.
func (m *Model) late() bool {
	return (m.target != nil || !m.settled()) && m.running != nil && m.options.Clock().Sub(m.begun) >= lateAfter
}

// adopt makes the ledger of a moment that which is shown.
func (m *Model) adopt(status *data.Status) {
	m.status, m.fault, m.readAt = status, "", m.options.Clock()
}

// drop gives up what is to be read for a page, or for some parts of it.
func (m *Model) drop(of page, parts ...part) {
	dropped := func(j job) bool {
		if j.page != of || len(parts) > 0 && !slices.Contains(parts, j.part) {
			return false
		}
		j.page.missed(j.part)
		return true
	}
	m.queue = slices.DeleteFunc(m.queue, dropped)
	if m.running != nil && dropped(m.running.job) {
		m.stop()
	}
}

// reload reads everything again that is looked at.
func (m *Model) reload() {
	m.spoil()
	m.begun = m.options.Clock()
	m.queue = append(m.queue, m.readStatus())
}

// spoil drops what waits or is being read, and marks everything that is shown as to be read again.
func (m *Model) spoil() {
	m.stop()
	m.queue, m.staged, m.target, m.mixed = nil, nil, nil, false
	for _, pages := range m.pages {
		for _, p := range pages {
			p.spoil()
		}
	}
}

// freshness is embedded in pages that are read from the ledger: which of their parts were read, or are about to be.
type freshness struct{ asked uint64 }

func (f *freshness) spoil()        { f.asked = 0 }
func (f *freshness) missed(p part) { f.asked &^= 1 << p }
func (f *freshness) forget()       {}

// due reports, once, that a page of one part has to be read.
func (f *freshness) due(m *Model) bool { return f.partDue(m, 0) }

// partDue reports, once, that a part of a page has to be read.
func (f *freshness) partDue(m *Model, p part) bool {
	if f.asked&(1<<p) != 0 || !m.settled() {
		return false
	}
	f.asked |= 1 << p
	return true
}

// readStatus reads how far the data goes, and then what is shown.
func (m *Model) readStatus() job {
	reader, now := m.options.Reader, m.options.Now()
	return job{read: func(ctx context.Context) (put, error) {
		status, err := reader.Status(ctx, now)
		return func(m *Model) {
			switch {
			case err != nil && !errors.Is(err, data.ErrChanged):
				m.fault = faultText(err)
			case m.status == nil:
				m.adopt(&status)
			default:
				m.target = &status
			}
		}, err
	}}
}

// sought is how far data goes as what is being read has it, nil where that is not known yet.
func (m *Model) sought() *data.Status {
	if m.target != nil {
		return m.target
	}
	return m.status
}

// settled reports whether it is known how far data goes, so that what is to be shown can be read as of then.
func (m *Model) settled() bool {
	status := func(j job) bool { return j.page == nil }
	return m.sought() != nil && !slices.ContainsFunc(m.queue, status) && (m.running == nil || !status(m.running.job))
}

// at is the moment as of which everything is read that one frame shows.
func (m *Model) at() data.Moment {
	if s := m.sought(); s != nil {
		return data.Moment{Now: s.Now, AsOf: s.AsOf}
	}
	return data.Moment{Now: m.options.Now()}
}

// trends are the sparklines by one dimension, which all listings by it share.
type trends struct {
	data.Trends
	version string // of the ledger that they are of
}

// trendsFor are the sparklines that a listing can show, nil where there are none.
func (m *Model) trendsFor(q data.Query) *trends {
	if q.Scope != (data.Scope{}) || m.at().AsOf.IsZero() {
		return nil
	}
	return m.trends[q.By[0]]
}

// readTrends reads the sparklines of a listing behind everything else, once for each version of the ledger.
func (m *Model) readTrends(q data.Query, of *freshness, p part) []job {
	t := m.trendsFor(q)
	if t == nil || t.version == m.sought().Fingerprint || !of.partDue(m, p) {
		return nil
	}
	reader, at, version := m.options.Reader, m.at(), m.sought().Fingerprint
	return []job{{part: p, behind: true, read: func(ctx context.Context) (put, error) {
		read, err := reader.Trends(ctx, q.By[0], at)
		return func(*Model) {
			if err == nil { // they are a picture beside figures, whose own error is what is shown
				t.Trends, t.version = read, version
			}
		}, err
	}}}
}
