package chart

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// stackHues go from dark to light and back in steps that can be told apart without colour, on paper and on a dark
// screen; a gap between parts and the legend, which is in the same order, do the rest.
var stackHues = [mostStackParts]hue{
	{"#0b4a86", "#3f8fd9"},
	{"#74abe0", "#a9d2f8"},
	{"#b45309", "#d97b2e"},
	{"#f2bb5c", "#f7d9a0"},
	{"#0b6b4f", "#35a37f"},
	{"#8a929c", "#c3cbd4"},
}

func stackedDarkStyle() string {
	var out strings.Builder
	for i, h := range stackHues {
		fmt.Fprintf(&out, ".chart .k%d{fill:%s}", i, h.dark)
	}
	out.WriteString(".chart .band{fill:#161b22}")
	return out.String()
}

// PageStyle is the style sheet of pages that [Stacked.Figure] is part of.
func PageStyle() string {
	return strings.Replace(darkStyle, "@media (", "@media screen and (", 1) + stackedDarkStyle() + "}"
}

// SVG writes the chart as a picture that needs nothing else.
func (s Stacked) SVG(w io.Writer) error {
	l := s.layout()
	var d document
	d.openSized(l.width, l.height, clean(s.Title), s.describe(), stackedDarkStyle())
	l.draw(&d, s)
	return d.close(w)
}

// Figure writes the chart as a part of a page that has [PageStyle] in its style sheet, as wide as there is room. It
// holds no style of its own, so that a page can forbid all but its own.
func (s Stacked) Figure(w io.Writer) error {
	title := cmp.Or(clean(s.Title), "Chart")
	s.Title = "" // which the page has above it
	l := s.layout()
	var d document
	d.add(`<svg class="chart" role="img" aria-label="`, escaped(title),
		`" viewBox="0 0 `, num(l.width), ` `, num(l.height),
		`" font-family="`, svgFonts, `" font-size="13">`, "\n<desc>", escaped(s.describe()), "</desc>\n")
	l.draw(&d, s)
	return d.close(w)
}

// stackedLayout is where the parts of the chart are, in user units.
type stackedLayout struct {
	width, height float64
	plot          box
	y             span
	ticks         []tick
	pitch, bar    float64
	keys          [][]stackKey // the legend, line by line
}

type stackKey struct {
	part  int
	words string
	x     float64
}

func (s Stacked) layout() stackedLayout {
	l := stackedLayout{width: svgWidth, height: 300, y: s.scale()}
	if s.Narrow {
		l.width, l.height = 380, 260
	}
	l.plot = box{0, 14, l.width - 4, l.height - 30}
	if clean(s.Title) != "" {
		l.plot.y0 += 34
		l.height += 34
		l.plot.y1 += 34
	}
	l.ticks = fittingTicks(l.y, 5, formatOr(s.Y.Format), func([]tick) bool { return true })
	for i, t := range l.ticks {
		l.ticks[i].label = cut(t.label, tickSize, 90)
		l.plot.x0 = max(l.plot.x0, wide(l.ticks[i].label, tickSize)+10)
	}
	n := float64(max(len(s.drawn()), 1))
	l.pitch = (l.plot.x1 - l.plot.x0) / n
	l.bar = min(l.pitch*0.76, 36)
	l.legend(s)
	l.height += noteLine * float64(len(l.keys))
	return l
}

// legend places the names of the parts below the picture.
func (l *stackedLayout) legend(s Stacked) {
	x := l.plot.x0
	names := slices.Clone(s.parts())
	for i, name := range names {
		names[i] = cmp.Or(clean(name), "Part "+letter(i))
	}
	for i, name := range apart(names, l.width/2, widthAt(textSize)) {
		key := stackKey{part: i, words: name}
		width := 20 + wide(key.words, textSize) + 18
		if len(l.keys) == 0 || x+width > l.width {
			l.keys = append(l.keys, nil)
			x = l.plot.x0
		}
		key.x = x
		last := len(l.keys) - 1
		l.keys[last] = append(l.keys[last], key)
		x += width
	}
}

func (l stackedLayout) at(v float64) float64 { return l.plot.y1 - l.y.share(v)*(l.plot.y1-l.plot.y0) }

// left is where a bar's stretch of the axis begins.
func (l stackedLayout) left(bar int) float64 { return l.plot.x0 + float64(bar)*l.pitch }

func (l stackedLayout) draw(d *document, s Stacked) {
	d.text(0, 24, start, titleText, cut(clean(s.Title), titleSize, l.width))
	l.bands(d, s)
	l.grid(d)
	l.bars(d, s)
	l.labels(d, s)
	for line, keys := range l.keys {
		y := l.plot.y1 + 30 + noteLine*float64(line+1) - 6
		for _, key := range keys {
			d.add(fmt.Sprintf(`<rect class="k%d" x="%s" y="%s" width="12" height="12" rx="2" fill="%s"/>`,
				key.part, num(key.x), num(y-10.5), stackHues[key.part].light), "\n")
			d.text(key.x+18, y, start, quietText, key.words)
		}
	}
}

func (l stackedLayout) bands(d *document, s Stacked) {
	var bands strings.Builder
	for i, bar := range s.drawn() {
		if bar.Shaded {
			fmt.Fprintf(&bands, "M%s %sh%sV%sh-%sz", num(l.left(i)), num(l.plot.y0), num(l.pitch), num(l.plot.y1), num(l.pitch))
		}
	}
	if bands.Len() > 0 {
		d.add(`<path class="band" fill="#f3f5f8" d="`, bands.String(), "\"/>\n")
	}
}

func (l stackedLayout) grid(d *document) {
	var lines strings.Builder
	for _, t := range l.ticks {
		fmt.Fprintf(&lines, "M%s %sH%s", num(l.plot.x0), num(l.at(t.at)), num(l.plot.x1))
	}
	d.add(`<path class="grid" fill="none" stroke="`, faint, `" d="`, lines.String(), "\"/>\n")
	d.add(`<g font-size="`, num(tickSize), "\">\n")
	for _, t := range l.ticks {
		d.text(l.plot.x0-8, l.at(t.at)+4, finish, quietText, t.label)
	}
	d.add("</g>\n")
}

// bars draws each part of all bars as one path, and over each bar a field that tells what it is.
func (l stackedLayout) bars(d *document, s Stacked) {
	parts := make([]strings.Builder, len(s.parts()))
	var unknown strings.Builder
	var told document
	for i, bar := range s.drawn() {
		x := l.left(i) + (l.pitch-l.bar)/2
		if bar.Unknown {
			fmt.Fprintf(&unknown, "M%s %sh%s", num(x), num(l.plot.y1-2), num(l.bar))
		}
		sum := 0.0
		for part, height := range s.heights(bar) {
			from, to := l.at(sum), l.at(sum+height)
			sum += height
			if from-to < 0.05 {
				continue
			}
			if from-to > 2.5 && part > 0 {
				from -= 0.75 // a gap to the part below
			}
			fmt.Fprintf(&parts[part], "M%s %sh%sV%sh-%sz", num(x), num(from), num(l.bar), num(to), num(l.bar))
		}
		if bar.Lacking && !bar.Unknown {
			fmt.Fprintf(&unknown, "M%s %sh%s", num(x), num(max(l.at(sum)-3, l.plot.y0)), num(l.bar))
		}
		if words := clean(bar.Told); words != "" {
			column := fmt.Sprintf(`<path d="M%s %sh%sV%sh-%sz">`,
				num(l.left(i)), num(l.plot.y0), num(l.pitch), num(l.plot.y1), num(l.pitch))
			told.add(column, "<title>", escaped(words), "</title></path>\n")
		}
	}
	for part := range parts {
		if parts[part].Len() > 0 {
			d.add(fmt.Sprintf(`<path class="k%d" fill="%s" d="`, part, stackHues[part].light), parts[part].String(), "\"/>\n")
		}
	}
	if unknown.Len() > 0 {
		d.add(`<path class="axis" fill="none" stroke="`, quiet, `" stroke-width="2" stroke-dasharray="2 2" d="`,
			unknown.String(), "\"/>\n")
	}
	d.baseline(l.plot.x0, l.plot.x1, l.plot.y1)
	if told.out.Len() > 0 {
		d.add(`<g fill-opacity="0">`, "\n", told.out.String(), "</g>\n")
	}
}

// labels writes every, or every second, fifth or so label of a bar, as many as have room.
func (l stackedLayout) labels(d *document, s Stacked) {
	bars := s.drawn()
	d.add(`<g font-size="`, num(tickSize), "\">\n")
	for _, step := range []int{1, 2, 5, 7, 10, 14, 30, 60, 100, 200} {
		widest := 0.0
		for i := 0; i < len(bars); i += step {
			widest = max(widest, wide(cut(clean(bars[i].Label), tickSize, 90), tickSize))
		}
		if widest+6 > l.pitch*float64(step) && step < 200 {
			continue
		}
		for i := 0; i < len(bars); i += step {
			label := cut(clean(bars[i].Label), tickSize, 90)
			half := wide(label, tickSize) / 2
			x := min(max(l.left(i)+l.pitch/2, half), l.width-half)
			d.text(x, l.plot.y1+18, middle, quietText, label)
		}
		break
	}
	d.add("</g>\n")
}
