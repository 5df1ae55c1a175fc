package chart

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

const lineHeight = 560.0

// SVG writes the chart as a picture of 900 × 560 units that needs nothing else. Each line has its name at its end. A
// mark whose label has no room is told in the description only.
func (c Line) SVG(w io.Writer) error {
	var d document
	d.open(lineHeight, clean(c.Title), c.describe(), seriesDarkStyle())
	p := c.layout()
	p.axes(&d, c)
	p.series(&d)
	p.marks(&d, c)
	return d.close(w)
}

// lineLayout is where the parts of a line chart are, in user units.
type lineLayout struct {
	window
	plot           box
	xTicks, yTicks []tick
	runs           [][][]Point // of each series, in user units
	names          []string    // of each series, cut to the room there is
}

func (c Line) layout() lineLayout {
	l := lineLayout{window: c.window()}
	l.plot = box{svgMargin, 34, svgWidth - svgMargin, lineHeight - 42}
	if c.Title != "" {
		l.plot.y0 += 26
	}
	if c.Y.Title != "" {
		l.plot.y0 += 16
	}
	if c.X.Title != "" {
		l.plot.y1 -= 24
	}

	l.yTicks = fittingTicks(l.y, 8, formatOr(c.Y.Format), func([]tick) bool { return true })
	margin := 0.0
	for i, t := range l.yTicks {
		l.yTicks[i].label = cut(t.label, tickSize, 160)
		margin = max(margin, wide(l.yTicks[i].label, tickSize))
	}
	l.plot.x0 += margin + 10

	names := 0.0
	for _, s := range c.drawn() {
		l.names = append(l.names, clean(s.Name))
	}
	l.names = apart(l.names, svgWidth/3, widthAt(textSize))
	for _, name := range l.names {
		names = max(names, wide(name, textSize)*1.06)
	}
	l.plot.x1 -= names + 18

	l.xTicks = fittingTicks(l.x, 12, formatOr(c.X.Format), func(ticks []tick) bool {
		free := math.Inf(-1)
		for _, t := range ticks {
			half := wide(t.label, tickSize) / 2
			at := l.to(Point{t.at, 0}).X
			if at-half < free {
				return false
			}
			free = at + half + 14
		}
		return true
	})
	for _, s := range c.drawn() {
		runs := s.runs(l.window)
		for _, run := range runs {
			for i := range run {
				run[i] = l.to(run[i])
			}
		}
		l.runs = append(l.runs, lighten(runs, mostPoints/len(c.drawn())))
	}
	return l
}

// to takes a point of the data to its place in the picture.
func (l lineLayout) to(p Point) Point {
	return Point{
		l.plot.x0 + l.x.share(p.X)*(l.plot.x1-l.plot.x0),
		l.plot.y1 - l.y.share(p.Y)*(l.plot.y1-l.plot.y0),
	}
}

func (l lineLayout) axes(d *document, c Line) {
	d.text(svgMargin, l.plot.y0-16, start, quietText, cut(clean(c.Y.Title), textSize, svgWidth-2*svgMargin))
	d.text(l.plot.x1, lineHeight-svgMargin, finish, quietText, cut(clean(c.X.Title), textSize, l.plot.x1-svgMargin))

	var lines strings.Builder
	for _, t := range l.yTicks {
		fmt.Fprintf(&lines, "M%s %sH%s", num(l.plot.x0), num(l.to(Point{l.x.lo, t.at}).Y), num(l.plot.x1))
	}
	for _, t := range l.xTicks {
		fmt.Fprintf(&lines, "M%s %sV%s", num(l.to(Point{t.at, l.y.lo}).X), num(l.plot.y0), num(l.plot.y1))
	}
	d.add(`<path class="grid" fill="none" stroke="`, faint, `" d="`, lines.String(), "\"/>\n")
	base := l.plot.y1
	if l.y.lo < 0 && l.y.hi > 0 {
		base = l.to(Point{l.x.lo, 0}).Y
	}
	d.baseline(l.plot.x0, l.plot.x1, base)

	d.add(`<g font-size="`, num(tickSize), "\">\n")
	for _, t := range l.yTicks {
		d.text(l.plot.x0-10, l.to(Point{l.x.lo, t.at}).Y+4, finish, quietText, t.label)
	}
	for _, t := range l.xTicks {
		label := cut(t.label, tickSize, 160)
		half := wide(label, tickSize) / 2
		d.text(min(max(l.to(Point{t.at, l.y.lo}).X, half), svgWidth-half), l.plot.y1+20, middle, quietText, label)
	}
	d.add("</g>\n")
}

// series draws the lines, the subject over the others, and their names at their ends.
func (l lineLayout) series(d *document) {
	for i := len(l.runs) - 1; i >= 0; i-- {
		var lines, dots strings.Builder
		for _, run := range l.runs[i] {
			if len(run) == 1 {
				dots.WriteString(path(run))
				continue
			}
			lines.WriteString(path(run))
		}
		width := 2.0
		if i == 0 {
			width = 3
		}
		dashes := ""
		if dash := dashOf(i).svg; dash != "" {
			dashes = ` stroke-dasharray="` + dash + `"`
		}
		l.stroke(d, i, width, dashes+` stroke-linejoin="round"`, lines.String())
		l.stroke(d, i, 2*width, ` stroke-linecap="round"`, dots.String())
	}
	l.labelEnds(d)
}

func (l lineLayout) stroke(d *document, series int, width float64, attributes, commands string) {
	if commands == "" {
		return
	}
	i := series % len(hues)
	d.add(`<path class="s`, strconv.Itoa(i), `" fill="none" stroke="`, hues[i].light, `" stroke-width="`, num(width), `"`,
		attributes, ` d="`, commands, "\"/>\n")
}

func (l lineLayout) labelEnds(d *document) {
	var which []int
	var wanted []float64
	for i, runs := range l.runs {
		if at, ok := end(runs); ok {
			which, wanted = append(which, i), append(wanted, at.Y)
		}
	}
	x := l.plot.x1 + 14
	settled := spread(wanted, 18, span{l.plot.y0, l.plot.y1})
	d.add(`<g font-weight="600">`, "\n")
	for n, i := range which {
		at, _ := end(l.runs[i])
		if math.Abs(settled[n]-at.Y) > 3 || at.X < l.plot.x1-1 {
			leader := []Point{{at.X + 3, at.Y}, {max(x-10, at.X+3), at.Y}, {x - 3, settled[n]}}
			l.stroke(d, i, 0.75, "", path(leader))
		}
		hue := i % len(hues)
		d.text(x, settled[n]+4.5, start, fmt.Sprintf(`class="t%d" fill="%s"`, hue, hues[hue].light), l.names[i])
	}
	d.add("</g>\n")
}
