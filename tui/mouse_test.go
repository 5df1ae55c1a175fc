package tui

import (
	"strings"
	"testing"
	"time"

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

// clickOn clicks on a text on the screen.
func (s *screen) clickOn(text string) *screen {
	s.t.Helper()
	for y, line := range strings.Split(ansi.Strip(s.frame()), "\n") {
		if before, _, found := strings.Cut(line, text); found {
			return s.click(ansi.StringWidth(before), y)
		}
	}
	require.Fail(s.t, "nothing to click on reads "+text, s.text())
	return s
}

// TestClicks does what is clicked on: headings, hints, menus, panels; a double click opens.
func TestClicks(t *testing.T) {
	options := over(t, fewRecords(), nil)
	clock := evening
	options.Clock = func() time.Time { return clock }
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		s := open(t, options, size[0], size[1])
		later := func() *screen { clock = clock.Add(time.Second); return s }
		s.press("2").clickOn("share").has("share ▼")
		later().clickOn("share").has("share ▲")
		later().clickOn("tenant ").has("tenant ▲")
		later().clickOn("s sort").has("sort by").clickOn("│   change $").has("change $ ▼").lacks("sort by")
		later().clickOn("s sort").has("sort by").click(1, 5).lacks("sort by")
		later().clickOn("/ filter").has("▏").clickOn("Esc clear").lacks("▏")
		later().clickOn("borealis").has("▸ borealis")
		later().clickOn("borealis").clickOn("borealis").has("tenants › borealis")
		later().clickOn("? help").has("help")
		s.press("esc", "1")
		later().clickOn("November so far").has("▸November so far")
		later().clickOn("acme").has("▸acme")
		later().clickOn("EC2 kept busy").has("▸EC2 kept busy")
		later().clickOn("acme").clickOn("acme").has("› acme")
	}
}

// TestWheelLeavesTypingAlone: up and down would go through the history of commands.
func TestWheelLeavesTypingAlone(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("2", ":").write("mark").press("enter", ":").write("x")
	s.settle(s.update(tea.MouseWheelMsg{Button: tea.MouseWheelUp}))
	s.has("command: x▏")
	s.press("esc", "s")
	s.settle(s.update(tea.MouseWheelMsg{Button: tea.MouseWheelDown}))
	require.Equal(t, 4, s.m.prompt.menu.at, "from the second item on by three")
}
