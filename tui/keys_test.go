package tui

import (
	"testing"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"
)

// everywhere are the keys that lead to each kind of page.
var everywhere = map[string][]string{
	"the overview": nil, "a table": {"2"}, "an opened table": {"2", "enter"}, "an explanation": {"2", "x"},
	"a what-if": {"2", "w"}, "the help": {"?"},
}

// TestNoKeyIsSilent presses every key on every kind of page: something changes, if only a word at the foot. A cursor
// that is at the end already need not move.
func TestNoKeyIsSilent(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 100, 30)
	keys := s.m.keys
	for name, way := range everywhere {
		for _, binding := range keys.all() {
			for _, pressed := range binding.Keys() {
				s.m.prompt, s.m.notice = nil, ""
				s.reset()
				s.press(way...)
				if _, moves := keys.steps(keyOf(pressed), 1); moves ||
					key.Matches(keyOf(pressed), keys.Left, keys.Right, keys.Redraw, keys.Suspend, keys.Quit) {
					continue
				}
				if pressed == "1" && way == nil || len(way) == 1 && pressed == way[0] && pressed != "?" {
					continue // that view is shown
				}
				before := s.frame()
				s.press(pressed)
				require.NotEqual(t, before, s.frame(), "%s on %s", pressed, name)
			}
		}
	}
}

// TestUnavailableKeysSayWhy: a key that is not for the page says what it is for.
func TestUnavailableKeysSayWhy(t *testing.T) {
	for _, tc := range []struct{ on, key, says string }{
		{"the overview", "s", "sort is for tables"},
		{"the overview", "b", "group is for tables"},
		{"an explanation", "/", "filter is for tables"},
		{"a table", "tab", "next panel is for the panels of the overview"},
		{"an explanation", "enter", "open needs a row or a figure"},
		{"a what-if", "x", "explain needs a row or a figure"},
		{"the help", "w", "what if needs a row or a figure"},
		{"the overview", "esc", "nothing to close here; q quits"},
		{"a table", "Z", "Z does nothing here; ? lists the keys"},
		{"a table", "宽", "宽 does nothing here"},
	} {
		open(t, over(t, fewRecords(), nil), 100, 30).press(everywhere[tc.on]...).press(tc.key).has(tc.says)
	}
}

// TestEscClosesWhatIsInnermost goes from the innermost to the outermost, and never out of the program.
func TestEscClosesWhatIsInnermost(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 30)
	s.press("2", "enter", "/").write("mvm-a").press("enter", "/").write("1").has("▏")
	s.press("esc").lacks("▏", "/ mvm").has("10 MicroVMs of acme")
	s.press("/").write("mvm-a1").press("enter", "x").has("› explain")
	s.press("esc").has("1 of 10").lacks("› explain")
	s.press("esc").has("10 MicroVMs of acme")
	s.press("esc").has("3 tenants")
	for range 3 {
		s.press("esc")
	}
	s.has("3 tenants")
	require.False(t, s.m.quitting)
}

// TestTopAndEnd: g and G as in vim, and g twice likewise.
func TestTopAndEnd(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 100, 30)
	s.press("2", "G").has("▸ cinder").press("g").has("▸ acme").press("G", "g", "g").has("▸ acme")
	s.press("?", "G", "g").has("views")
}

// TestPanelsGoAround: Tab leaves the last panel for the first, and Shift-Tab the first for the last.
func TestPanelsGoAround(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 40)
	first := s.frame()
	s.press("tab").has("▸acme").press("tab", "tab")
	require.Equal(t, first, s.frame())
	require.NotEqual(t, first, s.press("shift+tab").frame())
	require.Equal(t, first, s.press("tab").frame())
}

// TestRedrawAndSuspendAreAskedOfTheTerminal: Ctrl-L clears it. Without a shell to go back to, Ctrl-Z says so.
func TestRedrawAndSuspendAreAskedOfTheTerminal(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 120, 40)
	require.Equal(t, tea.ClearScreen(), s.update(keyOf("ctrl+l"))())
	cmd := s.update(keyOf("ctrl+z"))
	if suspendable() {
		require.Equal(t, tea.SuspendMsg{}, cmd())
		return
	}
	s.has("no shell to go back to")
}
