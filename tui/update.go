package tui

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, tick(), m.enqueue(m.readStatus()), m.startCollecting())
}

func tick() tea.Cmd { return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) }) }

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tickMsg, versionMsg: // of which news tells all that shows
	default:
		m.changed = true
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.setTheme(msg.IsDark(), m.colors)
	case tea.ColorProfileMsg:
		m.setTheme(m.dark, colorsOf(msg.Profile))
	case tea.KeyPressMsg:
		return m, m.pressed(msg)
	case tea.PasteMsg:
		return m, m.pasted(msg.Content)
	case tea.MouseWheelMsg:
		return m, m.wheeled(msg)
	case tea.MouseClickMsg:
		return m, m.clicked(msg)
	case tickMsg:
		return m, tea.Batch(tick(), m.ticked())
	case versionMsg:
		return m, m.lookedAt(msg)
	case doneMsg:
		if msg.generation != m.generation {
			return m, nil
		}
		m.busy = false
		cmd := m.read(msg.msg)
		return m, tea.Batch(cmd, m.next(), m.settled())
	case collectMsg:
		return m, m.collectingAt(msg)
	case collectedMsg:
		return m, m.collected(msg)
	case exportedMsg:
		m.exported(msg)
	case savedMsg:
		if msg.err != nil {
			m.say("what is remembered could not be saved: "+msg.err.Error(), true)
		}
	}
	return m, nil
}

// settled says so when there is nothing left to read.
func (m *Model) settled() tea.Cmd {
	settled := m.options.Settled
	if settled == nil || m.busy || len(m.queue) > 0 {
		return nil
	}
	return func() tea.Msg {
		settled()
		return nil
	}
}

func colorsOf(profile colorprofile.Profile) theme.Colors {
	switch profile {
	case colorprofile.TrueColor, colorprofile.ANSI256:
		return theme.Many
	case colorprofile.ANSI:
		return theme.Sixteen
	default:
		return theme.None
	}
}

// ticked looks whether there is anything new, and whether another day has begun.
func (m *Model) ticked() tea.Cmd {
	now := m.options.Clock()
	if m.notice != "" && now.After(m.noticeTo) {
		m.notice = ""
	}
	if m.paused {
		return nil
	}
	var cmds []tea.Cmd
	if m.period.Kind != data.Custom {
		if fresh := data.PeriodOf(m.period.Kind, m.options.Now(), m.location()); fresh != m.period {
			m.period = fresh
			cmds = append(cmds, m.reload())
		}
	}
	cmds = append(cmds, m.look(false), m.collectAgain())
	return tea.Batch(cmds...)
}

// look asks for the ledger's fingerprint if it is time to.
func (m *Model) look(now bool) tea.Cmd {
	clock := m.options.Clock()
	if m.looking || (!now && (m.options.Poll <= 0 || clock.Sub(m.looked) < m.options.Poll)) {
		return nil
	}
	m.looking, m.looked = true, clock
	reader := m.options.Reader
	return func() tea.Msg {
		version, err := reader.Version()
		return versionMsg{version, err}
	}
}

func (m *Model) lookedAt(msg versionMsg) tea.Cmd {
	m.looking = false
	if msg.err != nil {
		m.fault = msg.err
		return nil
	}
	if m.status != nil && msg.version == m.status.Fingerprint && m.fault == nil {
		if len(m.queue) == 0 && !m.busy {
			m.readAt = m.options.Clock() // it is as new as the ledger
		}
		return nil
	}
	if m.busy {
		return nil // it is being read; the next look will tell
	}
	return m.reload()
}

// read takes what a job ended in.
func (m *Model) read(msg any) tea.Cmd {
	o := m.overview()
	switch msg := msg.(type) {
	case statusMsg:
		if m.fault = msg.err; msg.err != nil {
			return nil
		}
		m.status, m.readAt = &msg.status, m.options.Clock()
		return m.readShown()
	case sumsMsg:
		o.take(figuresPanel, msg.err)
		if msg.err == nil {
			o.state.Sums = msg.sums
			m.unknown = msg.sums.Month.Unknown
		}
	case budgetsMsg:
		o.take(budgetsPanel, msg.err)
		if msg.err == nil {
			o.state.Budgets = msg.budgets
			m.damage["budgets"] = msg.budgets.Damaged
		}
	case anomaliesMsg:
		o.take(anomaliesPanel, msg.err)
		if msg.err == nil {
			o.state.Anomalies = msg.anomalies
		}
	case daysMsg:
		o.take(chartPanel, msg.err)
		if msg.err == nil {
			o.state.Days = msg.days
			m.damage["days"] = msg.days.Damaged
		}
	case insteadMsg:
		o.take(insteadPanel, msg.err)
		if msg.err == nil {
			o.state.Instead = msg.instead
		}
	case trendsMsg:
		return m.trendsRead(msg)
	case listingMsg:
		return m.listed(msg)
	case explainMsg:
		msg.page.take(msg)
	case partsMsg:
		return msg.page.takeParts(m, msg)
	case pausesMsg:
		return msg.page.takePauses(m, msg)
	case outcomeMsg:
		return msg.page.takeOutcome(m, msg)
	}
	return nil
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

// listed puts a listing on its page, unless the page has moved on to another.
func (m *Model) listed(msg listingMsg) tea.Cmd {
	p := msg.page
	if msg.query.Period != m.periodOf(p) || !slices.Equal(msg.query.By, p.group().By) {
		return nil
	}
	if msg.err != nil {
		p.fault = msg.err
		return nil
	}
	p.show(msg.listing, msg.content)
	m.damage["listing"] = msg.listing.Spend.Damaged
	of := msg.query.By[0]
	if len(msg.query.By) == 1 && of == spend.ByTenant && msg.query.Scope == (data.Scope{}) && msg.query.Period == m.period {
		m.overview().state.Tenants = msg.listing
	}
	trended := (of == spend.ByTenant || of == spend.ByImage) && msg.query.Scope == (data.Scope{})
	if status := m.asOf(); trended && !status.AsOf.IsZero() && m.trends[of].version != status.Fingerprint {
		m.trends[of] = trends{m.trends[of].Trends, status.Fingerprint} // asked for once
		return m.enqueue(m.readTrends(of))
	}
	return nil
}

// trendsRead gives sparklines to the listings that can show them.
func (m *Model) trendsRead(msg trendsMsg) tea.Cmd {
	if msg.err != nil {
		delete(m.trends, msg.of)
		return nil // they are a picture beside figures; the figures' own error is what is shown
	}
	m.trends[msg.of] = trends{msg.trends, m.asOf().Fingerprint}
	var jobs []job
	for _, pages := range m.pages {
		for _, one := range pages {
			p, ok := one.(*listingPage)
			if ok && p.state.Listing != nil && p.state.Listing.Query.By[0] == msg.of && p.state.Listing.Query.Scope == (data.Scope{}) {
				jobs = append(jobs, withTrends(p, p.state.Listing, msg.trends))
			}
		}
	}
	return m.first(jobs...)
}

// pressed answers a key: what is being typed into first, then the page, then the keys that hold everywhere.
func (m *Model) pressed(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		return m.quit()
	}
	if m.tooSmall() {
		if key.Matches(k, m.keys.Quit) {
			return m.quit()
		}
		return nil
	}
	if m.prompt != nil {
		return m.prompt.key(m, k)
	}
	if cmd, done := m.shown().key(m, k); done {
		return cmd
	}
	keys := m.keys
	switch {
	case key.Matches(k, keys.Quit):
		return m.quit()
	case key.Matches(k, keys.Overview):
		return m.show(0)
	case key.Matches(k, keys.Tenants):
		return m.show(1)
	case key.Matches(k, keys.Images):
		return m.show(2)
	case key.Matches(k, keys.MicroVMs):
		return m.show(3)
	case key.Matches(k, keys.Days):
		return m.show(4)
	case key.Matches(k, keys.Back):
		m.pop()
	case key.Matches(k, keys.Help):
		if _, open := m.shown().(*helpPage); open {
			m.pop()
			return nil
		}
		return m.push(&helpPage{})
	case key.Matches(k, keys.Period):
		return m.nextPeriod()
	case key.Matches(k, keys.TypePeriod):
		m.prompt = periodPrompt(m)
	case key.Matches(k, keys.Earlier):
		return m.shiftPeriod(-1)
	case key.Matches(k, keys.Later):
		return m.shiftPeriod(1)
	case key.Matches(k, keys.Refresh):
		m.say("reading again", false)
		return tea.Batch(m.reload(), m.collectNow())
	case key.Matches(k, keys.Pause):
		m.paused = !m.paused
		if !m.paused {
			return m.look(true)
		}
	case key.Matches(k, keys.Export):
		m.prompt = exportPrompt()
	}
	return nil
}

func (m *Model) pasted(text string) tea.Cmd {
	if m.prompt == nil {
		return nil
	}
	m.prompt.insert(m, text)
	return nil
}

func (m *Model) quit() tea.Cmd {
	m.quitting = true
	m.cancel()
	m.stopCollecting()
	if save := m.save(); save != nil {
		return tea.Sequence(save, tea.Quit)
	}
	return tea.Quit
}

// setPeriod looks at another time.
func (m *Model) setPeriod(p data.Period) tea.Cmd {
	m.period = p
	m.memory.Period = p.Kind.String()
	m.spoil()
	if m.status == nil {
		return tea.Batch(m.enqueue(m.readStatus()), m.save())
	}
	return tea.Batch(m.readShown(), m.save())
}

func (m *Model) nextPeriod() tea.Cmd {
	kind := (m.period.Kind + 1) % (data.Custom + 1)
	if kind == data.Custom {
		if m.custom == nil {
			kind = data.Month
		} else {
			return m.setPeriod(*m.custom)
		}
	}
	return m.setPeriod(data.PeriodOf(kind, m.options.Now(), m.location()))
}

func (m *Model) shiftPeriod(by int) tea.Cmd {
	p := m.period.Shift(by, m.location())
	for _, kind := range []data.Kind{data.Month, data.Today, data.Week} {
		if now := data.PeriodOf(kind, m.options.Now(), m.location()); now.From.Equal(p.From) && now.To.Equal(p.To) {
			return m.setPeriod(now)
		}
	}
	m.custom = &p
	return m.setPeriod(p)
}

// periodOf is the period that a page shows: its own where it was opened from a day, the chosen one otherwise.
func (m *Model) periodOf(p *listingPage) data.Period {
	if p.period != nil {
		return *p.period
	}
	return m.period
}

// faultText is an error as it is shown: in one line, safe.
func faultText(err error) string {
	var path interface{ Timeout() bool }
	if errors.As(err, &path) && path.Timeout() {
		return "it took too long: " + draw.Name(err.Error())
	}
	return draw.Name(fmt.Sprint(err))
}
