package advice

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/spend/advise"
	"microspend/tui/draw"
	"microspend/tui/theme"
)

// Whatever things are called, a frame has as many lines and cells as there is room for, and no name is obeyed.
func TestRenderKeepsToItsSize(t *testing.T) {
	names := []string{
		"acme, base in eu-west-1", strings.Repeat("x", 200), "\x1b[31mred\x1b[0m", "עברית", "日本語の名前", "a\nb\tc", "",
	}
	report := &advise.Report{}
	for i, name := range names {
		report.Advice = append(report.Advice, advise.Advice{
			Kind: advise.IdleTimeout, Subject: name, Saving: decimal.New(int64(100-i), 6), Adds: i%2 == 0, From: name, To: name,
			How: name, Risk: name,
		})
	}
	for _, report := range []*advise.Report{nil, {}, report} {
		for _, size := range [][2]int{{20, 3}, {40, 10}, {80, 24}, {200, 60}} {
			for focus := range 8 {
				s := State{Theme: theme.New(true, theme.None), Report: report, Focus: focus}
				s.Move(0)
				lines := strings.Split(Render(s, size[0], size[1]), "\n")
				require.Len(t, lines, size[1])
				for _, line := range lines {
					require.LessOrEqual(t, draw.Width(ansi.Strip(line)), size[0])
					require.NotContains(t, line, "\x1b[31m")
				}
			}
		}
	}
}
