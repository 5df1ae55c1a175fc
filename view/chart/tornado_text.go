package chart

import (
	"fmt"
	"math"

	"github.com/charmbracelet/x/ansi"
)

// Text draws the chart in lines of a limited width in cells, without a line break at its end. A bar's right end is
// exact to an eighth of a cell, its left end to about a half, as terminals have no finer signs for it. Below 40 cells
// there is no picture but one line that says so.
func (t Tornado) Text(width int) string {
	if width < leastWidth {
		return tooSmall(width, fmt.Sprintf("(no room for a chart: it needs %d cells)", leastWidth))
	}
	width = min(width, mostWidth)
	bars := labelled(t.sorted(), float64(width/3), func(text string) float64 { return float64(ansi.StringWidth(text)) })
	r := t.rows(bars, width)

	var lines []string
	if title := clean(t.Title); title != "" {
		lines = append(wrapped(title, width), "")
	}
	at := r.bar + r.center
	label := fit(clean(t.CenterLabel), width)
	from := max(min(at-ansi.StringWidth(label)/2, width-ansi.StringWidth(label)), 0)
	lines = append(lines, padRight("", from)+label, padRight("", at)+"│")
	for _, b := range bars {
		lines = append(lines, r.line(b))
	}
	if len(bars) == 0 {
		lines = append(lines, "(no bars)")
	}
	lines = append(lines, wrapped(t.leftOut(), width)...)
	return finished(lines, width)
}

// tornadoRows is how the rows are laid out: a label, then the bars with room for a value on each side.
type tornadoRows struct {
	label  int // the width of the labels
	value  int // the width of the widest value
	bar    int // the first column of the bars
	cols   int // the width of the longest bars
	center int // the column of the center, from the first one of the bars
	scale  span
	middle float64
}

func (t Tornado) rows(bars []Bar, width int) tornadoRows {
	var r tornadoRows
	for _, b := range bars {
		r.label = max(r.label, ansi.StringWidth(b.Label))
		r.value = max(r.value, ansi.StringWidth(clean(b.LowLabel)), ansi.StringWidth(clean(b.HighLabel)))
	}
	r.value = min(r.value, width/5)
	r.bar = r.label + 2 + r.value + 1
	r.cols = max(width-r.bar-1-r.value, 1)
	r.scale, r.middle = t.scale(bars)
	r.center = min(int(r.at(r.middle)), r.cols-1)
	return r
}

// at is a value's place in cells from the first column of the bars.
func (r tornadoRows) at(v float64) float64 { return r.scale.share(v) * float64(r.cols) }

func (r tornadoRows) line(b Bar) string {
	line := b.Label
	if !b.drawable() {
		return padRight(line, r.bar+r.center) + "│ (can't be drawn)"
	}
	// From and to are in eighths of a cell. The center is in the middle of its cell, and a bar of no length is that
	// line.
	from, to := int(math.Round(8*r.at(b.Low))), int(math.Round(8*r.at(b.High)))
	low, high := fit(clean(b.LowLabel), r.value), fit(clean(b.HighLabel), r.value)
	first, last := min(from/8, r.cols-1), max(min((to+7)/8, r.cols)-1, 0)
	if b.Low <= r.middle {
		first = min(first, r.center)
	}
	if b.High >= r.middle {
		last = max(last, r.center)
	}
	line = padRight(line, r.bar+first-1-ansi.StringWidth(low))
	line += low + " "
	for col := first; col <= last; col++ {
		line += r.glyph(col, from, to)
	}
	return line + " " + high
}

// glyph is the part of a bar in one cell.
func (r tornadoRows) glyph(col, from, to int) string {
	inside := min(to-8*col, 8) - max(from-8*col, 0)
	switch {
	case col == r.center && inside < 8:
		return "│"
	case col == r.center:
		return "┃"
	case inside <= 0:
		return " "
	case from > 8*col: // the left end
		return [...]string{"▕", "▕", "▕", "▐", "▐", "▐", "█", "█", "█"}[inside]
	}
	return [...]string{" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}[inside]
}
