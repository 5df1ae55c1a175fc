package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/framesvg"
	"microspend/tui/theme"
)

// pictures are those of docs/dash.md: the keys that lead there from the overview, and the size.
var pictures = []struct {
	name, title, keys string
	width, height     int
}{
	{"overview", "The overview: what was spent, on what, by whom, and what stands out", "", 120, 40},
	{"tenants", "Tenants, the one that costs most first, with their last 30 days", "2", 120, 30},
	{"explain", "A tenant's month explained: quantity × rate, with the source of each rate", "2 x", 100, 30},
}

// TestPictures holds the pictures of the documentation to what the dashboard draws of the demo's fleet; -update
// rewrites them. With PICTURES=DIR it writes every view at several sizes there, dark, light and without colours, to
// look at.
func TestPictures(t *testing.T) {
	options := demoOptions(t)
	for _, p := range pictures {
		s := open(t, options, p.width, p.height)
		s.press(strings.Fields(p.keys)...)
		for look, dark := range map[string]bool{"dark": true, "light": false} {
			s.m.theme = theme.New(dark, theme.Many)
			file := filepath.Join("..", "docs", "images", "dash-"+p.name+"-"+look+".svg")
			got := framesvg.SVG(s.frame(), p.title, dark)
			if updating() {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				continue
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err, "run go test ./tui -run Pictures -update")
			require.True(t, string(want) == got, "%s is stale: run go test ./tui -run Pictures -update", file)
		}
	}
}

// TestAllPictures writes every view to look at, where it is asked to.
func TestAllPictures(t *testing.T) {
	folder := os.Getenv("PICTURES")
	if folder == "" {
		t.Skip("PICTURES=DIR writes every view at several sizes there")
	}
	options := liveOptions(t)
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		s := open(t, options, size[0], size[1])
		for _, frame := range goldenFrames {
			s.reset()
			s.press(strings.Fields(frame.keys)...)
			for look, th := range map[string]*theme.Theme{
				"dark": theme.New(true, theme.Many), "light": theme.New(false, theme.Many), "plain": theme.New(true, theme.None),
			} {
				s.m.theme = th
				file := filepath.Join(folder, fmt.Sprintf("%s-%dx%d-%s.svg", frame.name, size[0], size[1], look))
				require.NoError(t, os.WriteFile(file, []byte(framesvg.SVG(s.frame(), frame.name, look != "light")), 0o644))
			}
		}
	}
}
