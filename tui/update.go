package tui

import (
	"context"
	"errors"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

// The messages that are not Bubble Tea's. Reading ends in a doneMsg.
type (
	tickMsg    time.Time // every second: ages grow
	versionMsg struct {  // the ledger's fingerprint, looked at now and then
		version string
		err     error
	}
	savedMsg struct { // the view settings were written, or why not
		kept string // where those are that were damaged
		err  error
	}
	exportedMsg struct { // an export was written, or why not
		path string
		rows int
		err  error
	}
	collectedMsg struct{ err error } // collecting has ended
)

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	m.reload()
	return tea.Batch(tea.RequestBackgroundColor, tick(), m.proceed(), m.collectNow(), m.lookAtFleet(false))
}

func tick() tea.Cmd { return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) }) }

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tickMsg, versionMsg: // these alone change nothing but what news compares
	default:
		m.changed = true
	}
	cmd := m.handle(msg)
	return m, tea.Batch(cmd, m.proceed(), m.lookAtFleet(false), m.list())
}

func (m *Model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		if !m.themed {
			m.setTheme(msg.IsDark(), m.colors)
		}
	case tea.ColorProfileMsg:
		m.setTheme(m.dark, colorsOf(msg.Profile))
	case tea.KeyPressMsg:
		return m.pressed(msg)
	case tea.PasteMsg:
		if m.prompt != nil {
			m.prompt.insert(m, msg.Content)
		}
	case tea.MouseWheelMsg:
		return m.wheeled(msg)
	case tea.MouseClickMsg:
		return m.clicked(msg)
	case tickMsg:
		return tea.Batch(tick(), m.ticked())
	case versionMsg:
		m.lookedAt(msg)
	case doneMsg:
		m.done(msg)
	case collectedMsg:
		return m.collected(msg)
	case lookedMsg:
		m.lookedAtFleet(msg)
	case exportedMsg:
		m.exported(msg)
	case tea.ResumeMsg:
		return m.look(true)
	case savedMsg:
		m.saved(msg)
	case tea.EnvMsg:
		m.environ = msg
	}
	return nil
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

// ticked checks whether there is anything new, and whether another day has begun.
func (m *Model) ticked() tea.Cmd {
	now := m.options.Clock()
	if m.notice != "" && now.After(m.noticeTo) {
		m.notice = ""
	}
	m.changed = m.livePage().calm(m) || m.changed
	if m.paused {
		return nil
	}
	if m.period.Kind != data.Custom {
		if fresh := m.periodNow(m.period.Kind); fresh != m.period {
			m.turnTo(fresh)
			m.reload()
		}
	}
	return tea.Batch(m.look(false), m.collectAgain())
}

// lookFor is how long an answer about the fingerprint is waited for.
const lookFor = 10 * time.Second

// look asks for the ledger's fingerprint, if it is time to or has to be now.
func (m *Model) look(now bool) tea.Cmd {
	clock := m.options.Clock()
	if m.looking || (!now && (m.options.Poll <= 0 || clock.Sub(m.looked) < m.options.Poll)) {
		return nil
	}
	m.looking, m.looked = true, clock
	reader := m.options.Reader
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(
			context.Background(),
			lookFor,
		) // a server that is gone must not hold up the looks that follow
		defer cancel()
		version, err := reader.Version(ctx)
		return versionMsg{version, err}
	}
}

func (m *Model) lookedAt(msg versionMsg) {
	m.looking = false
	switch s := m.sought(); {
	case msg.err != nil:
		m.fault = faultText(msg.err)
	case !m.settled():
		// It is being read, or it could not be: the next look will tell.
		if m.running == nil {
			m.reload()
		}
	case msg.version == s.Fingerprint && m.fault == "":
		if !m.busy() {
			m.readAt = m.options.Clock() // it is as new as the ledger
		}
	case !m.busy():
		m.reload()
	}
}

// pressed handles a key: the prompt comes first, then the page, then the keys that hold everywhere.
func (m *Model) pressed(k tea.KeyPressMsg) tea.Cmd {
	keys := m.keys
	switch {
	case key.Matches(k, keys.Interrupt), m.tooSmall() && key.Matches(k, keys.Quit):
		return m.quit()
	case m.tooSmall():
		return nil
	case m.prompt != nil:
		return m.prompt.key(m, k)
	}
	if cmd, done := m.shown().key(m, k); done {
		return cmd
	}
	for view, binding := range keys.Views {
		if key.Matches(k, binding) {
			return m.show(view)
		}
	}
	switch {
	case key.Matches(k, keys.Quit):
		return m.quit()
	case key.Matches(k, keys.Back) && m.pop():
	case key.Matches(k, keys.Help):
		return m.push(newHelpPage())
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
		m.reload()
		return tea.Batch(m.collectNow(), m.lookAtFleet(true))
	case key.Matches(k, keys.Pause):
		m.paused = !m.paused
		if !m.paused {
			return m.look(true)
		}
	case key.Matches(k, keys.Export):
		m.prompt = exportPrompt(m)
	case key.Matches(k, keys.Command):
		m.prompt = commandPrompt(m)
	case key.Matches(k, keys.Copy):
		return m.copyNames()
	case key.Matches(k, keys.CopyRows):
		return m.copyRows("tsv")
	case key.Matches(k, keys.Redraw):
		return tea.ClearScreen
	case key.Matches(k, keys.Suspend) && !suspendable():
		m.say("there is no shell to go back to; q quits", false)
	case key.Matches(k, keys.Suspend):
		return tea.Suspend
	default:
		m.say(keys.unavailable(k), false)
	}
	return nil
}

func (m *Model) quit() tea.Cmd {
	m.quitting = true
	m.stop()
	m.stopCollecting()
	return tea.Sequence(m.flush, tea.Quit)
}

// setPeriod looks at another time.
func (m *Model) setPeriod(p data.Period) tea.Cmd {
	m.turnTo(p)
	return m.save(func(kept *memory) { kept.Period = p.Kind.String() })
}

// turnTo takes a period. What was read of another is not shown under its name.
func (m *Model) turnTo(p data.Period) {
	m.period = p
	for _, pages := range m.pages {
		for _, of := range pages {
			if l, ok := of.(*listingPage); ok && l.period == nil {
				m.drop(l)
				l.spoil()
				l.forget()
			}
		}
	}
	m.overview().forgetTenants(m)
}

// nextPeriod goes through month, today and week, and the last period that was typed, if any.
func (m *Model) nextPeriod() tea.Cmd {
	kind := (m.period.Kind + 1) % (data.Custom + 1)
	if kind == data.Custom && m.custom != nil {
		return m.setPeriod(*m.custom)
	}
	return m.setPeriod(m.periodNow(kind % data.Custom))
}

// shiftPeriod moves by the length of the period. One that is this month, today or this week again is called that.
func (m *Model) shiftPeriod(by int) tea.Cmd {
	p := m.period.Shift(by, m.location())
	for kind := range data.Custom {
		if now := m.periodNow(kind); now.From.Equal(p.From) && now.To.Equal(p.To) {
			return m.setPeriod(now)
		}
	}
	m.custom = &p
	return m.setPeriod(p)
}

// faultText is an error in one line that is safe to show, "" where there is none.
func faultText(err error) string {
	if err == nil {
		return ""
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "it took too long: " + draw.Name(err.Error())
	}
	return draw.Name(err.Error())
}
