package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"microspend/tui/theme"
	"microspend/tui/view/overview"
)

// updating reports whether the golden frames are rewritten: by the flag -update, which teatest declares.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// goldenSizes are the sizes at which everything is looked at.
var goldenSizes = [...][2]int{{80, 24}, {120, 40}, {200, 60}, {40, 10}}

// goldenFrames are what is looked at, and the keys that lead there from the overview.
var goldenFrames = []struct{ name, keys string }{
	{"overview", ""},
	{"overview-alternatives", "tab tab tab tab"},
	{"tenants", "2"},
	{"tenants-by-share", "2 s down enter S"},
	{"tenants-sideways", "2 right right right"},
	{"tenant-inside", "2 enter"},
	{"tenants-by-region", "2 b"},
	{"images", "3"},
	{"microvms", "4"},
	{"days", "5"},
	{"weeks", "5 b"},
	{"explain", "2 x"},
	{"explain-forecast", "down down x"},
	{"explain-budget", "tab tab down x"},
	{"explain-anomaly", "tab tab tab x"},
	{"explain-alternative", "tab tab tab tab x"},
	{"what-if-timeout", "2 w right right"},
	{"what-if-memory", "2 w down right right"},
	{"what-if-elsewhere", "2 w down down down right"},
	{"live", "6"},
	{"live-tenants", "6 b"},
	{"live-microvm", "6 enter"},
	{"help", "?"},
}

// reset goes back to where the dashboard opens.
func (s *screen) reset() {
	s.m.fleet = looking{}
	s.m.pages[viewOverview] = s.m.pages[viewOverview][:1]
	s.m.overview().state.Focus = overview.Item{}
	for i, view := range views()[viewTenants:] {
		s.m.pages[viewTenants+i] = []page{view.page()}
	}
	s.press("1")
}

// TestFrames holds every view at every size to its golden frame, as text without colours.
func TestFrames(t *testing.T) {
	options := liveOptions(t)
	for _, size := range goldenSizes {
		s := open(t, options, size[0], size[1])
		for _, frame := range goldenFrames {
			s.reset()
			s.press(strings.Fields(frame.keys)...)
			name := fmt.Sprintf("%s-%dx%d", frame.name, size[0], size[1])
			got := s.frame()
			requireFits(t, name, got, size[0], size[1])
			requireGolden(t, filepath.Join("testdata", "frames", name+".txt"), trimmed(ansi.Strip(got)))
		}
	}
}

// TestPaint holds the looks of two views to their golden frames: with no colour, with sixteen and with many, on dark
// and light.
func TestPaint(t *testing.T) {
	s := open(t, demoOptions(t), 80, 24)
	for _, view := range []string{"1", "2"} {
		s.press(view)
		for name, looks := range map[string]*theme.Theme{
			"none": theme.New(true, theme.None), "sixteen-dark": theme.New(true, theme.Sixteen),
			"sixteen-light": theme.New(false, theme.Sixteen), "many-dark": theme.New(true, theme.Many),
			"many-light": theme.New(false, theme.Many),
		} {
			s.m.theme = looks
			got := s.frame()
			requireFits(t, name, got, 80, 24)
			requireGolden(t, filepath.Join("testdata", "paint", Views()[view[0]-'1']+"-"+name+".txt"),
				strings.ReplaceAll(got, "\x1b", "␛")+"\n")
		}
	}
}

// TestNoColor makes sure that without colours nothing is coloured, and that what is marked still shows.
func TestNoColor(t *testing.T) {
	s := open(t, demoOptions(t), 120, 40)
	for _, view := range []string{"1", "2", "3", "4", "5", "?"} {
		frame := s.press(view).frame()
		for _, code := range []string{"[3", "[9", ";3", ";9", "[4", "[10", ";4", "38", "48"} {
			require.NotContains(t, frame, "\x1b"+code, "a colour in view %s", view)
		}
		s.press("esc")
	}
	frame := s.press("2").frame()
	require.Contains(t, frame, "\x1b[7m", "reverse video marks the view, the sorted column and the row")
	require.Contains(t, ansi.Strip(frame), "▸ ", "the row under the cursor has a mark")
	require.Contains(t, ansi.Strip(frame), "amount $ ▼", "the sorted column has a glyph")
}

// trimmed takes the blanks at the ends of lines off, which editors do too.
func trimmed(frame string) string {
	lines := strings.Split(frame, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func requireGolden(t *testing.T, file, got string) {
	t.Helper()
	if updating() {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run go test ./tui -update")
	require.Equal(t, string(want), got, file)
}

// requireFits makes sure that no line is wider than the terminal and that there are no more lines than it has.
func requireFits(t require.TestingT, what, frame string, width, height int) {
	lines := strings.Split(frame, "\n")
	require.LessOrEqual(t, len(lines), max(height, 1), "%s is too high", what)
	for i, line := range lines {
		require.LessOrEqual(t, ansi.StringWidth(line), width, "%s: line %d is too wide: %q", what, i, ansi.Strip(line))
		require.LessOrEqual(t, ansi.StringWidthWc(ansi.Strip(line)), width, "%s: line %d is too wide without graphemes: %q",
			what, i, ansi.Strip(line))
	}
}

// TestTotalsAreWhole makes sure that no total is cut off for being longer than what it adds up.
func TestTotalsAreWhole(t *testing.T) {
	s := open(t, demoOptions(t), 200, 60)
	for _, keys := range []string{"2", "3", "4", "5", "2 enter"} {
		s.reset()
		s.press(strings.Fields(keys)...)
		for line := range strings.Lines(s.text()) {
			if strings.HasPrefix(line, "  total") {
				require.NotContains(t, line, "…", keys)
			}
		}
	}
}
