package chart

import (
	"fmt"
	"io"
)

// SVG writes the chart as a picture 900 units wide that needs nothing else. What is below the center is drawn light
// with an outline and what is above it dark.
func (t Tornado) SVG(w io.Writer) error {
	bars := labelled(t.sorted(), mostLabel, widthAt(textSize))
	l := t.layout(bars)
	var d document
	d.open(l.height, clean(t.Title), t.describe(), tornadoDarkStyle)
	for i, b := range bars {
		l.bar(&d, i, b)
	}
	l.centerLine(&d, t, len(bars))
	if out := t.leftOut(); out != "" {
		d.text(svgMargin, l.height-svgMargin, start, quietText, out)
	}
	return d.close(w)
}

const (
	lowFill  = "#d5e4f1"
	highFill = "#0059a8"

	tornadoDarkStyle = ".chart .low{fill:#1c3450;stroke:#6cb6ff}.chart .high{fill:#6cb6ff;stroke:#6cb6ff}"

	barPitch, barHeight = 34.0, 20.0
	mostLabel           = 220.0 // units of width of a bar's label
	mostValue           = 140.0 // and of a value
)

// tornadoLayout is where the parts of the chart are, in user units.
type tornadoLayout struct {
	top, height float64
	left, right float64 // of the longest bars
	scale       span
	center      float64 // in the units of the data
}

func (t Tornado) layout(bars []Bar) tornadoLayout {
	l := tornadoLayout{top: 50}
	if clean(t.Title) != "" {
		l.top += 38
	}
	label, low, high := 0.0, 0.0, 0.0
	for _, b := range bars {
		label = max(label, wide(b.Label, textSize))
		low = max(low, wide(cut(clean(b.LowLabel), tickSize, mostValue), tickSize))
		high = max(high, wide(cut(clean(b.HighLabel), tickSize, mostValue), tickSize))
	}
	l.left = svgMargin + label + 16 + low + 8
	l.right = svgWidth - svgMargin - high - 8
	l.scale, l.center = t.scale(bars)
	l.height = l.top + barPitch*float64(max(len(bars), 1)) + svgMargin
	if t.leftOut() != "" {
		l.height += 24
	}
	return l
}

func (l tornadoLayout) x(v float64) float64 { return l.left + l.scale.share(v)*(l.right-l.left) }

func (l tornadoLayout) bar(d *document, i int, b Bar) {
	y := l.top + barPitch*float64(i)
	base := y + barHeight/2 + 4.5
	d.text(svgMargin, base, start, inkText, b.Label)
	if !b.drawable() {
		d.text(l.x(l.center)+8, base, start, quietText, "can't be drawn")
		return
	}
	below, above := min(b.High, l.center), max(b.Low, l.center)
	l.part(d, "low", lowFill, y, b.Low, below)
	l.part(d, "high", highFill, y, above, b.High)

	d.add(`<g font-size="`, num(tickSize), "\">\n")
	d.text(l.x(b.Low)-8, base, finish, quietText, cut(clean(b.LowLabel), tickSize, mostValue))
	d.text(l.x(b.High)+8, base, start, quietText, cut(clean(b.HighLabel), tickSize, mostValue))
	d.add("</g>\n")
}

// part is one side of a bar.
func (l tornadoLayout) part(d *document, class, fill string, y, from, to float64) {
	if from >= to {
		return
	}
	d.add(fmt.Sprintf(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" fill="%s" stroke="%s"/>`,
		class, num(l.x(from)), num(y), num(l.x(to)-l.x(from)), num(barHeight), fill, highFill), "\n")
}

func (l tornadoLayout) centerLine(d *document, t Tornado, bars int) {
	x := l.x(l.center)
	label := cut(clean(t.CenterLabel), textSize, svgWidth-2*svgMargin)
	half := wide(label, textSize) / 2
	d.text(min(max(x, svgMargin+half), svgWidth-svgMargin-half), l.top-16, middle, inkText+` font-weight="600"`, label)
	d.add(`<path class="axis" fill="none" stroke="`, ink, `" stroke-width="1.5" d="M`, num(x), " ", num(l.top-8),
		"V", num(l.top+barPitch*float64(max(bars, 1)-1)+barHeight+8), "\"/>\n")
}
