package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"microspend/ledger"
	"microspend/report"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/tui/draw"
	"microspend/tui/view/live"
)

// The least size of a terminal.
const (
	leastWidth  = 40
	leastHeight = 10
)

// View implements tea.Model.
func (m *Model) View() tea.View {
	if news := m.news(); m.changed || news != m.lastNews {
		m.last, m.lastNews, m.changed = m.frame(), news, false
	}
	view := tea.NewView(m.last)
	view.AltScreen = true
	view.WindowTitle = "microspend"
	if m.options.Mouse {
		view.MouseMode = tea.MouseModeCellMotion
	}
	return view
}

// news is what of the screen changes as time passes. While it stays the same, and nothing else has happened, so does
// the frame.
func (m *Model) news() string {
	tabs, _ := m.tabs()
	return tabs + m.age(false) + m.notice + strings.Join(m.banners(), "\n")
}

func (m *Model) tooSmall() bool { return m.width < leastWidth || m.height < leastHeight }

// frame is the whole screen, in the characters that the terminal has.
func (m *Model) frame() string {
	if m.options.ASCII {
		return draw.ASCII(m.drawn())
	}
	return m.drawn()
}

// drawn is the whole screen: head, page and foot.
func (m *Model) drawn() string {
	if m.width <= 0 || m.height <= 0 || m.quitting {
		return ""
	}
	if m.tooSmall() {
		return draw.Frame([]string{
			fmt.Sprintf("%d×%d is too small:", m.width, m.height),
			fmt.Sprintf("%d×%d is needed.", leastWidth, leastHeight),
			"q quits.",
		}, m.width, m.height)
	}
	lines := m.head()
	body := m.height - len(lines) - 1
	page := strings.Split(m.shown().render(m, m.width, body), "\n")
	if m.prompt != nil && m.prompt.menu != nil {
		page = m.prompt.menu.over(m, page, m.prompt.label)
	}
	return draw.Frame(append(append(lines, page...), m.foot()), m.width, m.height)
}

// head is the tabs, the path with the age of the data, and what is wrong.
func (m *Model) head() []string {
	tabs, _ := m.tabs()
	lines := []string{tabs, m.pathLine()}
	for _, text := range m.bannerLines() {
		lines = append(lines, m.theme.Banner.Text(draw.Left(" "+text, m.width)))
	}
	return lines
}

func (m *Model) headHeight() int { return 2 + len(m.bannerLines()) }

// tab is where on the first line the tab of a view is: [from, to).
type tab struct{ from, to int }

// tabs are the views with their keys, in as many words as there is room for, and the period. The narrowest form drops
// the period and all names but that of the view shown.
func (m *Model) tabs() (line string, at []tab) {
	t := m.theme
	period := m.period.Label(m.location())
	if m.location() != time.UTC {
		period += ", " + m.location().String()
	}
	if m.ofFleet() { // which is of now, whatever the period
		period = ""
	}
	for _, form := range []struct {
		brand string
		most  int // letters of a name
		gap   string
	}{{" microspend  ", 99, "  "}, {" ", 99, " "}, {" ", 99, ""}, {" ", 4, " "}, {" ", 0, ""}} {
		line, width := t.Accent.Text(form.brand), draw.Width(form.brand)
		at = nil
		for i, view := range views() {
			name, paint := view.title, t.Tab
			if i == m.view {
				paint = t.Current
			} else {
				name = name[:min(form.most, len(name))]
			}
			label := " " + strings.TrimSpace(fmt.Sprintf("%d %s", i+1, name)) + " "
			line += paint.Text(label) + form.gap
			at = append(at, tab{width, width + draw.Width(label)})
			width = at[i].to + len(form.gap)
		}
		if width+draw.Width(period)+3 <= m.width { // with a blank behind it, and two before
			return draw.Ends(line, t.Strong.Text(period)+" ", m.width), at
		}
		if form.most == 0 {
			return draw.Cut(line, m.width), at
		}
	}
	return "", nil
}

// pathLine is where one is, and how old the data is.
func (m *Model) pathLine() string {
	t := m.theme
	var names []string
	for _, p := range m.pages[m.view] {
		names = append(names, p.name())
	}
	path := m.coverage()
	if s := m.livePage().state.Snapshot; s != nil && m.ofFleet() {
		path = live.Status(s, m.location(), m.width-draw.Width(m.age(true))-6)
	}
	if len(names) > 1 {
		path = strings.Join(names, " › ")
	}
	age := m.age(false)
	if draw.Width(path)+draw.Width(age)+4 > m.width {
		age = m.age(true)
	}
	room := m.width - draw.Width(age) - 4
	if draw.Width(path) > room && len(names) > 2 {
		path = "… › " + strings.Join(names[len(names)-2:], " › ")
	}
	paint := t.Muted
	if len(names) > 1 {
		paint = t.Accent
	}
	return draw.Ends(" "+paint.Text(draw.Cut(path, max(room, 0))), age+" ", m.width)
}

// coverage is how much of the last days was measured completely, which is what figures are worth.
func (m *Model) coverage() string {
	if m.status == nil {
		return ""
	}
	days := m.status.Days
	if days == nil || days.Coverage == nil || m.view != 0 {
		return ""
	}
	text := "coverage " + days.Coverage.Shift(2).Truncate(1).String() + " %"
	if m.width >= 72 {
		text += " of 30 days"
	}
	return text
}

// age says how far the data goes and when it was read.
func (m *Model) age(short bool) string {
	t := m.theme
	if progress := m.collect.progress(m); progress != "" {
		return progress
	}
	if m.ofFleet() {
		return m.liveAge()
	}
	var parts []string
	if m.paused {
		parts = append(parts, t.Warn.Text("paused"))
	}
	if m.status != nil && !m.status.AsOf.IsZero() && !short {
		parts = append(parts, t.Muted.Text("data until "+m.moment(m.status.AsOf)))
	}
	switch {
	case m.status == nil && m.fault == "":
		parts = append(parts, t.Muted.Text("reading …"))
	case m.status != nil && m.late():
		parts = append(parts, t.Muted.Text("as of "+m.readAt.In(m.location()).Format("15:04:05")+" · reading …"))
	case m.status != nil:
		parts = append(parts, t.Muted.Text("updated "+ago(m.options.Clock().Sub(m.readAt))))
	}
	return strings.Join(parts, t.Muted.Text(" · "))
}

// moment is a time of day, with its day where that is not today.
func (m *Model) moment(at time.Time) string {
	at = at.In(m.location())
	if at.Format(time.DateOnly) == m.options.Now().In(m.location()).Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return at.Format("2 Jan 15:04")
}

// ago is an age in the largest unit that says something, and in steps: a screen that changes every second keeps a
// processor and a reader busy for nothing.
func ago(d time.Duration) string {
	switch {
	case d < 4*time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds())/4*4)
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// bannerLines are the banners, in as many lines as they need where the screen is high: what is cut off cannot be read
// anywhere.
func (m *Model) bannerLines() []string {
	banners := m.banners()
	if m.height < lowScreen {
		return banners
	}
	var lines []string
	for _, text := range banners {
		wrapped := draw.Wrap(text, m.width-2)
		if len(wrapped) > mostOfBanner {
			wrapped = wrapped[:mostOfBanner]
			wrapped[mostOfBanner-1] = draw.Cut(wrapped[mostOfBanner-1]+" …", m.width-2)
		}
		lines = append(lines, wrapped...)
	}
	return lines
}

const (
	lowScreen    = 20 // lines, below which a banner has one of them
	mostOfBanner = 4  // lines
)

// banners are what is wrong, the worst first: one where the screen is low.
func (m *Model) banners() []string {
	var out []string
	if m.fault != "" {
		out = append(out, "✗ the ledger could not be read: "+m.fault)
	}
	if m.torn {
		out = append(out, "! the ledger is written to faster than it can be read: figures may be of different moments")
	}
	if m.collect != nil && m.collect.fault != "" {
		out = append(out, "✗ collecting failed: "+m.collect.fault)
	}
	if damaged := m.damaged(); len(damaged) > 0 {
		text := "! " + draw.Name(damaged[0].Path) + " is damaged and left out: " + draw.Name(damaged[0].Reason)
		if len(damaged) > 1 {
			text = fmt.Sprintf("! %d files of the ledger are damaged and left out, the first %s: %s", len(damaged),
				draw.Name(damaged[0].Path), draw.Name(damaged[0].Reason))
		}
		out = append(out, text)
	}
	if restated := m.restated(); restated != "" {
		out = append(out, restated)
	}
	if m.status != nil && m.options.StaleAfter > 0 && !m.status.AsOf.IsZero() {
		if age := m.options.Now().Sub(m.status.AsOf); age >= m.options.StaleAfter {
			out = append(out, "! stale: the data ends "+m.moment(m.status.AsOf)+", "+ago(age))
		}
	}
	if unknown := m.unknown(); len(unknown) > 0 {
		text := "! " + draw.Name(unknown[0].String())
		if len(unknown) > 1 {
			text = fmt.Sprintf("! %d rates are not known, amounts without them are marked +?: %s", len(unknown),
				draw.Name(unknown[0].String()))
		}
		out = append(out, text)
	}
	most := 3
	if m.height < lowScreen {
		most = 1
	}
	return out[:min(len(out), most)]
}

// listed is the listing that is shown, or that what is shown was opened from; nil where there is none.
func (m *Model) listed() *data.Listing {
	for _, shown := range slices.Backward(m.pages[m.view]) {
		switch p := shown.(type) {
		case *listingPage:
			return p.state.Listing
		case *overviewPage:
			return p.state.Tenants
		}
	}
	return nil
}

// restated says what has changed in closed months of what is listed.
func (m *Model) restated() string {
	l := m.listed()
	if l == nil || len(l.Spend.Restatements) == 0 {
		return ""
	}
	text := "!"
	for _, note := range report.RestatementNotes(l.Spend) {
		text += " " + draw.Name(note.Text)
	}
	return text
}

// damaged are the files that anything shown lacks.
func (m *Model) damaged() []ledger.DamagedFile {
	var all []ledger.DamagedFile
	if b := m.overview().state.Budgets; b != nil {
		all = data.Damage(all, b.Damaged...)
	}
	if m.status != nil && m.status.Days != nil {
		all = data.Damage(all, m.status.Days.Damaged...)
	}
	if l := m.listed(); l != nil {
		all = data.Damage(all, l.Spend.Damaged...)
	}
	return all
}

// unknown are rates that are not known and that the last days need.
func (m *Model) unknown() []spend.Unknown {
	if m.status == nil || m.status.Days == nil {
		return nil
	}
	return m.status.Days.Unknown
}
