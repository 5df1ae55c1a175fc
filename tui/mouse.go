package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"microspend/tui/draw"
	"microspend/tui/view/listing"
	"microspend/tui/view/overview"
)

// wheeled moves the cursor by three rows. What is typed is left alone: up and down mean something else there.
func (m *Model) wheeled(msg tea.MouseWheelMsg) tea.Cmd {
	code := tea.KeyDown
	switch msg.Button {
	case tea.MouseWheelUp:
		code = tea.KeyUp
	case tea.MouseWheelDown:
	default:
		return nil
	}
	if p := m.prompt; p != nil && p.menu == nil && p.filtering == nil {
		return nil
	}
	var cmds []tea.Cmd
	for range 3 {
		cmds = append(cmds, m.pressed(tea.KeyPressMsg{Code: code}))
	}
	return tea.Batch(cmds...)
}

// click is where and when the last one was, to tell a double one.
type click struct {
	x, y int
	at   time.Time
}

// doubleClick is within what time a second click makes a double one.
const doubleClick = 400 * time.Millisecond

// clicked does what is clicked on: a tab, a hint at the foot, a column's heading, a row, a figure, an item of a menu. A
// double click on a row or a figure opens it.
func (m *Model) clicked(msg tea.MouseClickMsg) tea.Cmd {
	if msg.Button != tea.MouseLeft || m.tooSmall() {
		return nil
	}
	now := click{msg.X, msg.Y, m.options.Clock()}
	double := m.lastClick.x == now.x && m.lastClick.y == now.y && now.at.Sub(m.lastClick.at) < doubleClick &&
		!m.lastClick.at.IsZero()
	m.lastClick = now
	if double {
		m.lastClick = click{} // a third is a first
	}
	line := msg.Y - m.headHeight()
	switch {
	case msg.Y == m.height-1:
		return m.clickedFoot(msg.X)
	case m.prompt != nil && m.prompt.menu != nil:
		return m.clickedMenu(msg.X, line)
	case m.prompt != nil:
		return nil
	case msg.Y == 0:
		return m.clickedTab(msg.X)
	}
	switch p := m.shown().(type) {
	case *listingPage:
		column := func() string { return listing.ColumnAt(p.state, msg.X, m.width) }
		return m.clickedTable(p, column, line-listing.CaptionHeight, m.bodyHeight()-listing.CaptionHeight, double)
	case *livePage:
		s := p.drawn(m)
		from, lines := s.TableLines(m.width, m.bodyHeight())
		p.touch(m)
		return m.clickedTable(p, func() string { return s.ColumnAt(msg.X, m.width) }, line-from, lines, double)
	case *overviewPage:
		return m.clickedOverview(p, msg.X, line, double)
	}
	return nil
}

func (m *Model) clickedTab(x int) tea.Cmd {
	_, tabs := m.tabs()
	for view, tab := range tabs {
		if x >= tab.from && x < tab.to {
			return m.show(view)
		}
	}
	return nil
}

// clickedFoot presses the key whose hint is clicked. Where it stands is read off the line, so that it need not be
// known how the hints are laid out.
func (m *Model) clickedFoot(x int) tea.Cmd {
	hints := m.shown().keys(m)
	if m.prompt != nil {
		hints = m.prompt.keys
	} else if m.notice != "" {
		return nil
	}
	line := ansi.Strip(m.foot())
	for _, hint := range hints {
		help := brief(hint).Help()
		text := help.Key + " " + help.Desc
		before, _, found := strings.Cut(line, "  "+text)
		if !found {
			before, _, found = strings.Cut(line, " "+text)
		}
		if from := draw.Width(before); found && x >= from && x <= from+1+draw.Width(text) && len(hint.Keys()) > 0 {
			return m.pressed(press(hint))
		}
	}
	return nil
}

// clickedMenu takes the item that is clicked. A click beside the menu closes it.
func (m *Model) clickedMenu(x, line int) tea.Cmd {
	list := m.prompt.menu
	left, _, rows, from := list.place(m.prompt.label, m.width, m.bodyHeight())
	if x < left || line < 0 || line > rows+1 {
		return m.pressed(press(m.keys.Clear))
	}
	if line >= 1 && line <= rows {
		list.at = from + line - 1
		return m.pressed(press(m.keys.Take))
	}
	return nil
}

// clickedTable sorts by the column whose heading is clicked, or puts the cursor on the row, in a table of the given
// lines.
func (m *Model) clickedTable(p tablePage, column func() string, line, lines int, double bool) tea.Cmd {
	t := p.table()
	if line == 0 {
		if id := column(); id != "" {
			t.SortBy(id)
			return m.remember(p)
		}
		return nil
	}
	t.Follow(lines) // new data may have moved the rows in sight
	row := line - 1
	if row < 0 || row >= t.Page(max(0, lines)) || t.Offset+row >= t.Shown() {
		return nil
	}
	t.Move(t.Offset + row - t.Cursor)
	if double {
		return m.pressed(press(m.keys.Open))
	}
	return nil
}

// clickedOverview puts the cursor on the figure that is clicked: the last one whose mark would stand at or before the
// place. Where that is is read off the screen, so that it need not be known how the panels are laid out.
func (m *Model) clickedOverview(p *overviewPage, x, line int, double bool) tea.Cmd {
	was, best, bestX, bestY := p.state.Focus, p.state.Focus, -1, -1
	for _, item := range p.state.Items() {
		p.state.Focus = item
		for y, text := range strings.Split(ansi.Strip(p.render(m, m.width, m.bodyHeight())), "\n") {
			before, _, found := strings.Cut(text, "▸")
			if !found {
				continue
			}
			at := draw.Width(before)
			near := y <= line && (item.Panel == overview.Figures && line < y+3 || y == line)
			if near && at <= x && (at > bestX || at == bestX && y > bestY) {
				best, bestX, bestY = item, at, y
			}
			break
		}
	}
	if p.state.Focus = best; bestX < 0 {
		p.state.Focus = was
		return nil
	}
	if double {
		return m.pressed(press(m.keys.Open))
	}
	return nil
}
