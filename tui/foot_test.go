package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

func (s *screen) foot() string {
	lines := strings.Split(ansi.Strip(s.frame()), "\n")
	return lines[len(lines)-1]
}

// TestHelpAndQuitAreAlwaysNamed: on every page, at the least size and at the usual one.
func TestHelpAndQuitAreAlwaysNamed(t *testing.T) {
	for _, size := range [][2]int{{40, 10}, {80, 24}} {
		s := open(t, demoOptions(t), size[0], size[1])
		for _, keys := range []string{"", "2", "3", "4", "5", "2 enter", "2 enter enter", "2 x", "2 w"} {
			s.reset()
			s.press(strings.Fields(keys)...)
			require.Regexp(t, "  \\? help  q quit *$", s.foot(), "%q at %v", keys, size)
			require.NotContains(t, s.foot(), "…", "a key is named or not")
		}
	}
}

// TestWhatIsTypedIsInSight: the words before it give way, in any width.
func TestWhatIsTypedIsInSight(t *testing.T) {
	for _, width := range []int{40, 80, 120} {
		s := open(t, demoOptions(t), width, 24)
		s.press("T").write("2026-10-01 2026-10-15")
		require.Contains(t, s.foot(), "2026-10-01 2026-10-15▏")
		s.write(strings.Repeat("9", 200) + "8")
		require.Contains(t, s.foot(), "98▏")
		s.press("enter")
		require.Contains(t, s.foot(), "98▏", "beside what is wrong with it")
		s.press("esc", "2", "/").write("amount > 10")
		require.Contains(t, ansi.Strip(s.frame()), "amount > 10▏")
	}
}
