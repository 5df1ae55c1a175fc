package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

func (s *screen) click(x, y int) *screen {
	s.settle(s.update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}))
	return s
}

func TestMouse(t *testing.T) {
	for _, width := range []int{40, 60, 80, 120, 200} {
		s := open(t, over(t, fewRecords(), nil), width, 30)
		for _, want := range []string{"2", "5", "4", "3", "1"} {
			tabs := strings.Split(ansi.Strip(s.frame()), "\n")[0]
			at := strings.Index(tabs, " "+want)
			require.GreaterOrEqual(t, at, 0, tabs)
			s.click(len([]rune(tabs[:at]))+1, 0)
			require.Equal(t, int(want[0]-'1'), s.m.view, "a click on %s at width %d", want, width)
		}
	}
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("2").click(10, 5).has("▸ borealis").click(10, 4).has("▸ acme").click(10, 25).has("▸ acme").click(119,
		0).has("3 tenants")
	s.settle(s.update(tea.MouseWheelMsg{Button: tea.MouseWheelDown}))
	s.has("▸ cinder")
	s.settle(s.update(tea.MouseWheelMsg{Button: tea.MouseWheelUp}))
	s.has("▸ acme")
	require.Equal(t, tea.MouseModeNone, s.m.View().MouseMode, "the mouse is the terminal's unless it is asked for")
	s.m.options.Mouse = true
	require.Equal(t, tea.MouseModeCellMotion, s.m.View().MouseMode)
}
