package chart

import (
	"cmp"
	"slices"
)

// sign is a mark in its place in the picture.
type sign struct {
	at    Point
	label string
}

const signReach = 8.0

// signs are the marks that lie in the picture, from the left.
func (l lineLayout) signs(c Line) []sign {
	var signs []sign
	var labels []string
	for _, m := range c.marked() {
		labels = append(labels, clean(m.Label))
	}
	labels = apart(labels, 320, widthAt(tickSize))
	for i, m := range c.marked() {
		if p := (Point{m.X, m.Y}); l.contains(p) {
			signs = append(signs, sign{l.to(p), labels[i]})
		}
	}
	slices.SortStableFunc(signs, func(a, b sign) int { return cmp.Compare(a.at.X, b.at.X) })
	return signs
}

// labels finds a place for the label of each sign; an empty box where it has none.
func (l lineLayout) labels(signs []sign) []box {
	finder := callouts{area: l.plot}
	for _, runs := range l.runs {
		finder.lines = append(finder.lines, runs...)
	}
	for _, s := range signs {
		finder.signs = append(finder.signs, around(s.at, signReach))
		finder.lines = append(finder.lines, l.drop(s.at))
	}
	boxes := make([]box, len(signs))
	for i, s := range signs {
		if s.label != "" {
			boxes[i], _ = finder.place(s.at, wide(s.label, tickSize)+4, tickSize+6)
		}
	}
	return boxes
}

// drop is the line from a sign down to the X axis.
func (l lineLayout) drop(at Point) []Point { return []Point{at, {at.X, l.plot.y1}} }

// marks draws each mark as a lozenge with a dotted line down to the axis and a label that a leader ties to it.
func (l lineLayout) marks(d *document, c Line) {
	const (
		thin    = `<path class="axis" fill="none" stroke="` + quiet + `" stroke-width="0.75"`
		outline = `class="ink halo" fill="` + ink + `" stroke="` + paper + `" stroke-linejoin="round"`
	)
	signs := l.signs(c)
	for _, s := range signs {
		d.add(thin, ` stroke-dasharray="1 3" d="`, path(l.drop(s.at)), "\"/>\n")
	}
	d.add(`<g font-size="`, num(tickSize), "\">\n")
	for i, b := range l.labels(signs) {
		if b == (box{}) {
			continue
		}
		at := signs[i].at
		d.add(thin, ` d="`, path([]Point{at, b.nearest(at)}), "\"/>\n")
		x, anchor := (b.x0+b.x1)/2, middle
		if b.x0 > at.X {
			x, anchor = b.x0+2, start
		} else if b.x1 < at.X {
			x, anchor = b.x1-2, finish
		}
		d.text(x, b.y1-5, anchor, outline+` stroke-width="4" paint-order="stroke"`, signs[i].label)
	}
	d.add("</g>\n")
	for _, s := range signs {
		d.add("<path ", outline, ` stroke-width="1.5" d="M`, num(s.at.X), " ", num(s.at.Y-6.5),
			`l6.5 6.5l-6.5 6.5l-6.5 -6.5z"/>`, "\n")
	}
}
