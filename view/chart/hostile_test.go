package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

type drawing interface{ SVG(io.Writer) error }

// hostile are labels that others have written.
var hostile = []string{
	"",
	"<script>alert(1)</script>",
	`"/><rect onload='x'/>&amp;]]>`,
	"\x1b[31mred\x1b]0;title\a\r\nnext\tline\x00\x7f\u0085\u2028",
	"\u202egnp.exe\u2066 \u200b\ufeff",
	"長い日本語のラベル 한국어 🏳️‍🌈👩‍👩‍👧",
	"a" + strings.Repeat("\u0301", 300),
	strings.Repeat("W", 300),
	strings.Repeat("長", 300),
	"not UTF-8: \xff\xfe\xc3",
	"\ufffe\uffff\U000fffff",
}

func hostileLine(label string) Line {
	c := months()
	c.Title, c.X.Title, c.Y.Title = label, label, label
	c.X.Format = func(v float64) string { return label + fmt.Sprint(v) }
	c.Y.Format = c.X.Format
	for i := range c.Series {
		c.Series[i].Name = label
	}
	for i := range c.Marks {
		c.Marks[i].Label = label
	}
	return c
}

func hostileHeat(label string) Heat {
	h := heat(5, 5)
	h.Title, h.X.Title, h.Y.Title = label, label, label
	h.X.Labels, h.Y.Labels = []string{label, label}, []string{label, label, label}
	h.CellLabel = func(v float64) string { return label + fmt.Sprint(v) }
	return h
}

func hostileTornado(label string) Tornado {
	c := tornado()
	c.Title, c.CenterLabel = label, label
	for i := range c.Bars {
		c.Bars[i].Label, c.Bars[i].LowLabel, c.Bars[i].HighLabel = label, label, label
	}
	return c
}

func hostileStacked(label string) Stacked {
	s := daily(9, false)
	s.Title, s.X, s.Y.Format = label, label, func(v float64) string { return label + fmt.Sprint(v) }
	for i := range s.Parts {
		s.Parts[i] = label
	}
	for i := range s.Bars {
		s.Bars[i].Label, s.Bars[i].Told = label, label
	}
	return s
}

func TestHostileLabels(t *testing.T) {
	for _, label := range hostile {
		t.Run(fmt.Sprintf("%.12q", label), func(t *testing.T) {
			for _, size := range [][2]int{{40, 10}, {41, 11}, {80, 24}, {200, 50}, {1000, 1000}} {
				checkText(t, hostileLine(label).Text(size[0], size[1]), size[0], size[1])
				checkText(t, hostileHeat(label).Text(size[0]), size[0], 0)
				checkText(t, hostileTornado(label).Text(size[0]), size[0], 0)
			}
			for _, picture := range []drawing{
				hostileLine(label), hostileHeat(label), hostileTornado(label),
				hostileStacked(label),
			} {
				checkSVG(t, svg(t, picture))
			}
			checkSVG(t, figure(t, hostileStacked(label)))
		})
	}
}

// checkText asks that each line fits and that nothing in it moves the cursor.
func checkText(t testing.TB, text string, width, height int) {
	t.Helper()
	lines := strings.Split(text, "\n")
	if height > 0 {
		require.LessOrEqual(t, len(lines), height, text)
	}
	for _, line := range lines {
		require.LessOrEqual(t, ansi.StringWidth(line), max(width, 0), "%q", line)
		require.NotContains(t, line, "\x1b")
		for _, r := range line {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%q", line)
		}
	}
}

// checkSVG asks that a picture is well-formed, small, in itself, and holds nothing but what this package draws.
func checkSVG(t testing.TB, picture string) {
	t.Helper()
	require.Less(t, len(picture), 60_000)
	require.NotContains(t, picture, "NaN")
	require.NotContains(t, picture, "Inf")
	elements := map[string]bool{
		"svg": true, "title": true, "desc": true, "style": true, "rect": true, "path": true,
		"g": true, "text": true,
	}
	d := xml.NewDecoder(strings.NewReader(picture))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, picture)
		if element, ok := token.(xml.StartElement); ok {
			require.Contains(t, elements, element.Name.Local)
			for _, a := range element.Attr {
				require.False(t, strings.HasPrefix(a.Name.Local, "on") || strings.HasSuffix(a.Name.Local, "href"), a.Name.Local)
			}
		}
	}
}

func TestNothingAndTooMuch(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	many := func(n int, at func(i int) Point) []Point {
		points := make([]Point, n)
		for i := range points {
			points[i] = at(i)
		}
		return points
	}
	line := func(points ...Point) Line { return Line{Series: []Series{{Name: "a", Points: points}}} }
	crowd := Line{Title: "crowd"}
	for i := range 60 {
		crowd.Series = append(crowd.Series, Series{Name: "same end", Points: []Point{{0, float64(i)}, {1, 30}}})
		crowd.Marks = append(crowd.Marks, Mark{0.5, 30, "the same place"})
	}
	for name, c := range map[string]Line{
		"nothing":         {},
		"an empty series": line(),
		"one point":       line(Point{5, 7}),
		"zero":            line(Point{0, 0}),
		"no numbers":      line(Point{nan, 1}, Point{1, inf}, Point{-inf, nan}),
		"a gap":           line(Point{0, 1}, Point{1, nan}, Point{2, 1}, Point{3, 2}),
		"equal":           line(Point{0, -3}, Point{1, -3}),
		"huge":            line(Point{-1e300, -1e300}, Point{1e300, 1e300}),
		"too huge":        line(Point{-1e308, -1e308}, Point{1e308, 1e308}),
		"tiny":            line(Point{0, 0}, Point{5e-324, 5e-324}),
		"indistinct":      line(Point{1e15, 1e15}, Point{1e15 + 1, 1e15 + 1}),
		"backwards":       line(Point{3, 3}, Point{2, 2}, Point{1, 5}),
		"NaN bounds": {
			X: Axis{Min: nan, Max: 1}, Y: Axis{Min: inf, Max: -inf},
			Series: line(Point{1, 2}, Point{2, 3}).Series,
		},
		"reversed bounds": {
			X: Axis{Min: 10, Max: 0}, Y: Axis{Min: 5, Max: -5},
			Series: line(Point{1, 2}, Point{2, 3}).Series,
		},
		"all outside": {X: Axis{Min: 10, Max: 20}, Series: line(Point{1, 2}, Point{2, 3}).Series},
		"zigzag":      line(many(50_000, func(i int) Point { return Point{float64(i), float64(i * 7919 % 1000)} })...),
		"dots":        line(many(20_000, func(i int) Point { return Point{float64(i), 1 / float64(i%2)} })...),
		"a stepped zigzag": {Series: []Series{{
			Stepped: true,
			Points:  many(20_000, func(i int) Point { return Point{float64(i), float64(i % 17)} }),
		}}},
		"a crowd": crowd,
	} {
		t.Run(name, func(t *testing.T) {
			checkText(t, c.Text(60, 20), 60, 20)
			checkSVG(t, svg(t, c))
		})
	}
	for name, h := range map[string]Heat{
		"nothing":      {},
		"labels only":  {X: Categories{Labels: []string{"a"}}, Y: Categories{Labels: []string{"b"}}},
		"ragged":       {Values: [][]float64{{1}, nil, {1, 2, nan}}},
		"equal":        {Values: [][]float64{{3, 3}, {3, 3}}},
		"no numbers":   {Values: [][]float64{{nan, inf}}},
		"huge":         {Values: [][]float64{{-1e300, 1e300}}},
		"many":         heat(300, 400),
		"many, narrow": {Values: heat(100, 100).Values, CellLabel: func(float64) string { return "1" }},
	} {
		t.Run("heat/"+name, func(t *testing.T) {
			checkText(t, h.Text(60), 60, 0)
			checkSVG(t, svg(t, h))
		})
	}
	for name, c := range map[string]Tornado{
		"nothing":   {},
		"no center": {Center: nan, Bars: []Bar{{"a", 1, 2, "1", "2"}}},
		"no length": {Center: 5, Bars: []Bar{{"a", 5, 5, "5", "5"}}},
		"aside":     {Center: 5, Bars: []Bar{{"a", 6, 7, "6", "7"}, {"b", 1, 2, "1", "2"}}},
		"huge":      {Center: 0, Bars: []Bar{{"a", -1e300, 1e300, "", ""}, {"b", nan, inf, "", ""}}},
		"many":      {Bars: make([]Bar, 1000)},
	} {
		t.Run("tornado/"+name, func(t *testing.T) {
			checkText(t, c.Text(60), 60, 0)
			checkSVG(t, svg(t, c))
		})
	}
}

func TestStackedNothingAndTooMuch(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, s := range map[string]Stacked{
		"nothing":        {},
		"no parts":       {Bars: make([]Stack, 5)},
		"no bars":        {Parts: []string{"a"}},
		"zero":           {Parts: []string{"a"}, Bars: []Stack{{Parts: []float64{0}}}},
		"no numbers":     {Parts: []string{"a", "b", "c"}, Bars: []Stack{{Parts: []float64{nan, inf, -inf}}}},
		"below zero":     {Parts: []string{"a"}, Bars: []Stack{{Parts: []float64{-5}}, {Parts: []float64{5}}}},
		"huge":           {Parts: []string{"a", "b"}, Bars: []Stack{{Parts: []float64{1e300, 1e300}}}},
		"tiny":           {Parts: []string{"a"}, Bars: []Stack{{Parts: []float64{5e-324}}}},
		"too many":       daily(5000, true),
		"too many kinds": {Parts: make([]string, 50), Bars: []Stack{{Parts: make([]float64, 500)}}},
	} {
		t.Run(name, func(t *testing.T) {
			checkSVG(t, svg(t, s))
			checkSVG(t, figure(t, s))
			require.NotContains(t, figure(t, s), "<style", "a page's own style sheet is the only one")
		})
	}
}

func TestTooSmall(t *testing.T) {
	for width := -1; width < leastWidth; width++ {
		for _, text := range []string{
			months().Text(width, 30), months().Text(80, width/5), heat(3, 3).Text(width),
			tornado().Text(width),
		} {
			require.NotContains(t, text, "\n", "one line where there is no room for a picture")
		}
		checkText(t, months().Text(width, 30), width, 1)
	}
}

func figure(t testing.TB, s Stacked) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, s.Figure(&out))
	return out.String()
}
