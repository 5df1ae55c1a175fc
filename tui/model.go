package tui

import (
	"context"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/theme"
)

// Model is the state of the dashboard.
type Model struct {
	options Options
	ctx     context.Context
	keys    *keyMap
	theme   *theme.Theme
	dark    bool
	colors  theme.Colors

	width, height int

	period data.Period
	custom *data.Period // the last one that was typed, for the key that goes through them

	view  int      // which of the views is shown
	pages [][]page // of each view: the one that it opens with, and what was opened from it

	status   *data.Status // of what is shown; nil until it was read
	readAt   time.Time    // by the clock, when it was found to be as the ledger is
	fault    string       // why the ledger could not be read the last time
	trends   map[spend.Dimension]*trends
	looked   time.Time // when the ledger was last looked at
	looking  bool
	paused   bool
	quitting bool

	last     string // the frame that was drawn last
	lastNews string // what of it changes as time passes
	changed  bool   // anything else has changed since

	queue   []job
	running *underway    // nil while nothing is being done
	jobs    int          // that were started
	rested  int          // how many were when there was nothing left to do the last time
	target  *data.Status // of what is being read to take the place of what is shown, nil while that is as new
	staged  []staged     // what was read for it
	changes int          // how often in a row the ledger has changed while it was read
	begun   time.Time    // by the clock, when that was
	mixed   bool         // so often that what is being read is of different moments
	torn    bool         // and so is what is shown

	prompt   *prompt
	notice   string // a word at the foot, until noticed is over
	noticeTo time.Time
	badNews  bool // the notice is of something that failed

	collect    *collecting
	fleet      looking
	memory     *memoryStore
	remembered map[string]viewMemory // as last saved, by view
	commands   history               // of the command line
	themed     bool                  // the background is what was chosen, whatever the terminal says
	lastClick  click
	environ    tea.EnvMsg
}

// newModel makes the dashboard before anything is read.
func newModel(ctx context.Context, options Options) *Model {
	if options.Clock == nil {
		options.Clock = options.Now
	}
	m := &Model{
		options: options, ctx: ctx, keys: newKeyMap(), dark: true, colors: theme.Sixteen,
		trends: map[spend.Dimension]*trends{spend.ByTenant: {}, spend.ByImage: {}},
		memory: &memoryStore{path: options.StateFile}, remembered: map[string]viewMemory{},
	}
	if options.Collector != nil {
		m.collect = &collecting{}
	}
	m.theme = theme.New(m.dark, m.colors)
	m.period = m.periodNow(data.Month)
	if options.Period != nil {
		m.period = *options.Period
		m.custom = options.Period
	}
	for _, view := range views() {
		m.pages = append(m.pages, []page{view.page()})
	}
	m.view = max(0, slices.Index(Views(), options.View))
	if p, ok := m.pages[m.view][0].(tablePage); ok {
		p.table().SetFilter(options.Filter)
	}
	return m
}

func (m *Model) location() *time.Location { return m.options.Reader.Location() }

// periodNow is the period of a kind around now.
func (m *Model) periodNow(kind data.Kind) data.Period {
	return data.PeriodOf(kind, m.options.Now(), m.location())
}

// periodOf is the period that a page shows: its own where it was opened from a day, the chosen one otherwise.
func (m *Model) periodOf(p *listingPage) data.Period {
	if p.period != nil {
		return *p.period
	}
	return m.period
}

// page is what the views and what was opened from them have in common.
type page interface {
	// name is for the path at the head.
	name() string
	// reads are the jobs that the page needs done before it shows what the ledger has now. Each is asked for once: pages
	// that are looked at are asked after every message.
	reads(m *Model) []job
	// spoil marks what the page shows as to be read again, and missed a part of it: it has not been read after all.
	spoil()
	missed(p part)
	// forget drops what the page shows of the ledger, as it was of the ledger as it was before.
	forget()
	// key answers a key that is the page's own. It reports whether it was.
	key(m *Model, k tea.KeyPressMsg) (tea.Cmd, bool)
	// keys are those worth naming at the foot.
	keys(m *Model) []key.Binding
	// render draws the page. It is pure: the same state gives the same lines.
	render(m *Model, width, height int) string
}

// shown is the page that is shown.
func (m *Model) shown() page {
	pages := m.pages[m.view]
	return pages[len(pages)-1]
}

func (m *Model) overview() *overviewPage { return m.pages[viewOverview][0].(*overviewPage) }

func (m *Model) livePage() *livePage { return m.pages[len(m.pages)-1][0].(*livePage) }

func (m *Model) tenants() *listingPage { return m.pages[viewTenants][0].(*listingPage) }

// push opens a page on top of the one that is shown.
func (m *Model) push(p page) tea.Cmd {
	m.pages[m.view] = append(m.pages[m.view], p)
	return nil
}

// pop goes back to the page below. It reports whether there was one.
func (m *Model) pop() bool {
	pages := m.pages[m.view]
	if len(pages) < 2 {
		return false
	}
	m.pages[m.view] = pages[:len(pages)-1]
	return true
}

// show changes the view; the one that is shown goes back to its first page.
func (m *Model) show(view int) tea.Cmd {
	if view == m.view {
		m.pages[view] = m.pages[view][:1]
	}
	m.view = view
	return nil
}

// say puts a word at the foot for a while.
func (m *Model) say(text string, bad bool) {
	m.notice, m.badNews, m.noticeTo = text, bad, m.options.Clock().Add(6*time.Second)
}

// bodyHeight is how many lines there are between head and foot.
func (m *Model) bodyHeight() int { return max(0, m.height-m.headHeight()-1) }

// setTheme follows what the terminal says of itself.
func (m *Model) setTheme(dark bool, colors theme.Colors) {
	if dark != m.dark || colors != m.colors {
		m.dark, m.colors = dark, colors
		m.theme = theme.New(dark, colors)
	}
}
