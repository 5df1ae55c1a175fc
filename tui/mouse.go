package tui

import (
	tea "charm.land/bubbletea/v2"

	"microspend/tui/view/listing"
)

// wheeled moves the cursor by three rows.
func (m *Model) wheeled(msg tea.MouseWheelMsg) tea.Cmd {
	code := tea.KeyDown
	switch msg.Button {
	case tea.MouseWheelUp:
		code = tea.KeyUp
	case tea.MouseWheelDown:
	default:
		return nil
	}
	var cmds []tea.Cmd
	for range 3 {
		cmds = append(cmds, m.pressed(tea.KeyPressMsg{Code: code}))
	}
	return tea.Batch(cmds...)
}

// clicked shows the view whose tab is clicked, or puts the cursor on the row.
func (m *Model) clicked(msg tea.MouseClickMsg) tea.Cmd {
	if msg.Button != tea.MouseLeft || m.tooSmall() || m.prompt != nil {
		return nil
	}
	if msg.Y == 0 {
		_, tabs := m.tabs()
		for view, tab := range tabs {
			if msg.X >= tab.from && msg.X < tab.to {
				return m.show(view)
			}
		}
		return nil
	}
	if p, ok := m.shown().(*listingPage); ok {
		t := p.state.Table
		row := msg.Y - m.headHeight() - listing.CaptionHeight - 1
		if row >= 0 && row < t.Page(max(0, m.bodyHeight()-listing.CaptionHeight)) && t.Offset+row < t.Shown() {
			t.Move(t.Offset + row - t.Cursor)
		}
	}
	return nil
}
