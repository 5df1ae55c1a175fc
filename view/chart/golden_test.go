package chart

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestGolden(t *testing.T) {
	stepped := months()
	stepped.Series, stepped.Marks = stepped.Series[3:], nil
	three := months()
	three.Series, three.Marks = three.Series[:3], three.Marks[:2]
	for _, tc := range []struct{ file, got, reason string }{
		{"line.svg", svg(t, three), "three lines with two marks"},
		{"line-80x24.txt", three.Text(80, 24), "the same in a terminal"},
		{"line-40x10.txt", three.Text(40, 10), "the smallest there is names both axes in one line"},
		{"line-120x40.txt", months().Text(120, 40), "all four lines, with room"},
		{"stepped.svg", svg(t, stepped), "a line that rises in steps"},
		{"stepped-60x16.txt", stepped.Text(60, 16), "and its corners in a terminal"},
		{"heat.svg", svg(t, heat(8, 12)), "numbers in the cells, one of them empty"},
		{"heat-120.txt", heat(8, 12).Text(120), "numbers in the cells"},
		{"heat-80.txt", heat(8, 12).Text(80), "no room for the numbers"},
		{"heat-thinned-60.txt", heat(8, 60).Text(60), "no room for all columns"},
		{"stacked.svg", svg(t, daily(31, false)), "five parts, weekends on bands, one day not known"},
		{"stacked-narrow.svg", svg(t, daily(31, true)), "the same for a phone, every fifth label"},
		{"tornado.svg", svg(t, tornado()), "six bars, the longest first"},
		{"tornado-80.txt", tornado().Text(80), "eighths of a cell at the right ends"},
	} {
		t.Run(tc.file, func(t *testing.T) {
			path := filepath.Join("testdata", tc.file)
			got := strings.TrimSuffix(tc.got, "\n") + "\n"
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), got, tc.reason)
		})
	}
}

func svg(t testing.TB, picture drawing) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, picture.SVG(&out))
	return out.String()
}
