package chart

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Bar is what one input moves a result to: down to Low and up to High, in the unit of the center.
type Bar struct {
	Label               string
	Low, High           float64
	LowLabel, HighLabel string
}

// Tornado is a chart of what moves a result most: bars around the result as it is, the longest at the top. Where Low is
// above High the two change places, labels included, so that smaller numbers are always to the left.
type Tornado struct {
	Title       string
	Center      float64
	CenterLabel string
	Bars        []Bar // the longest mostBars are drawn
}

const mostBars = 40

func (b Bar) drawable() bool { return drawable(b.Low) && drawable(b.High) }

// sorted are the bars to draw, the longest first and those that can't be drawn last.
func (t Tornado) sorted() []Bar {
	bars := slices.Clone(t.Bars)
	for i, b := range bars {
		if b.Low > b.High {
			bars[i] = Bar{b.Label, b.High, b.Low, b.HighLabel, b.LowLabel}
		}
	}
	length := func(b Bar) float64 {
		if !b.drawable() {
			return -1
		}
		return b.High - b.Low
	}
	slices.SortStableFunc(bars, func(a, b Bar) int { return cmp.Compare(length(b), length(a)) })
	return bars[:min(len(bars), mostBars)]
}

// labelled are bars with their labels cut to a room, none like another.
func labelled(bars []Bar, room float64, width func(string) float64) []Bar {
	labels := make([]string, len(bars))
	for i, b := range bars {
		labels[i] = clean(b.Label)
	}
	for i, label := range apart(labels, room, width) {
		bars[i].Label = label
	}
	return bars
}

// scale is the span of all bars and the center, and the center in it.
func (t Tornado) scale(bars []Bar) (span, float64) {
	var e extent
	for _, b := range bars {
		if b.drawable() {
			e.add(b.Low)
			e.add(b.High)
		}
	}
	center := t.Center
	if !drawable(center) {
		center = (e.lo + e.hi) / 2
	}
	e.add(center)
	if !e.wide() {
		// Without any length to show, the center is in the middle.
		reach := max(1, e.hi, -e.lo)
		return span{center - reach, center + reach}, center
	}
	return e.span, center
}

func (t Tornado) leftOut() string {
	if more := len(t.Bars) - mostBars; more > 0 {
		return fmt.Sprintf("%d shorter bars are not drawn.", more)
	}
	return ""
}

func (t Tornado) describe() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Tornado chart around %s, the largest effect first.", named(t.CenterLabel))
	for _, b := range t.sorted() {
		if !b.drawable() {
			fmt.Fprintf(&out, " %s: can't be drawn.", short(b.Label))
			continue
		}
		fmt.Fprintf(&out, " %s: %s to %s.", short(b.Label), short(b.LowLabel), short(b.HighLabel))
	}
	return out.String()
}
