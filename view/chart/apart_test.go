package chart

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLabelsStayApart(t *testing.T) {
	length := func(text string) float64 { return float64(len([]rune(text))) }
	for _, test := range []struct {
		name, reason string
		labels       []string
		want         []string
	}{
		{"room", "nothing is cut", []string{"abc", "abd"}, []string{"abc", "abd"}},
		{"other starts", "their ends go", []string{"first of them all", "other of them all"}, []string{"first of …", "other of …"}},
		{
			"other ends", "their middles go",
			[]string{"t4g.medium by day 20", "t4g.medium by day 22"},
			[]string{"t4g.m…y 20", "t4g.m…y 22"},
		},
		{
			"other middles", "they are numbered",
			[]string{"aaaaaaaaaaaa1aaaaaaaaaaaa", "aaaaaaaaaaaa2aaaaaaaaaaaa"},
			[]string{"aaaaa… (1)", "aaaaa… (2)"},
		},
		{"the same", "the same may read the same", []string{"one and the same name", "one and the same name"}, []string{"one and t…", "one and t…"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, apart(test.labels, 10, length), test.reason)
		})
	}
}

// TestTenLinesAreTenLines: colour, dash and name each tell ten lines apart.
func TestTenLinesAreTenLines(t *testing.T) {
	colors, dashes, dots := map[hue]bool{}, map[string]bool{}, map[string]bool{}
	chart := Line{Title: "ten"}
	for i := range 10 {
		colors[hues[i%len(hues)]], dashes[dashOf(i).svg], dots[dashSample(i)] = true, true, true
		chart.Series = append(chart.Series, Series{
			Name:   "Fargate arm64 with 2 vCPU and 4 GB, always on, for so many of us: " + strconv.Itoa(i),
			Points: []Point{{0, float64(i)}, {1, float64(i)}},
		})
	}
	require.Len(t, colors, 10)
	require.Len(t, dashes, 10)
	require.Len(t, dots, 10, "in a terminal too")
	names := map[string]bool{}
	for _, name := range chart.layout().names {
		names[name] = true
	}
	require.Len(t, names, 10)
}

// TestHuesCanBeRead: each has a contrast of 4.5 to its background, as WCAG 2.2 asks of text.
func TestHuesCanBeRead(t *testing.T) {
	for _, h := range hues {
		require.GreaterOrEqual(t, contrast(t, h.light, paper), 4.5, h.light)
		require.GreaterOrEqual(t, contrast(t, h.dark, "#0d1117"), 4.5, h.dark)
	}
}

func contrast(t *testing.T, a, b string) float64 {
	luminance := func(color string) float64 {
		sum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(strings.TrimPrefix(color, "#")[2*i:2*i+2], 16, 8)
			require.NoError(t, err)
			v := float64(n) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
