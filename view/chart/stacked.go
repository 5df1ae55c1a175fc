package chart

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Stacked is bars made of parts that stand on each other, such as what each day cost by component. Parts below zero are
// not drawn.
type Stacked struct {
	Title string
	X     string // what the bars are, such as days
	Y     Axis   // its bounds come from the data
	Parts []string
	Bars  []Stack // the first mostStacks are drawn

	// Narrow makes the picture 380 units wide instead of 900, so that its text can be read on a phone.
	Narrow bool
}

// Stack is one bar.
type Stack struct {
	Label  string
	Parts  []float64 // beside the names of the parts, from the bottom up
	Told   string    // what a pointer that rests on the bar is told
	Shaded bool      // stands on a faint band, as a weekend does
	// Unknown says that there is no figure, rather than none above zero; it has a sign of its own.
	Unknown bool
	// Lacking says that something belongs to the figure that could not be priced; a dashed line above the bar marks it.
	Lacking bool
}

const (
	mostStacks     = 186
	mostStackParts = 6
)

func (s Stacked) drawn() []Stack { return s.Bars[:min(len(s.Bars), mostStacks)] }

func (s Stacked) parts() []string { return s.Parts[:min(len(s.Parts), mostStackParts)] }

// heights are the parts of a bar that are drawn, none below zero.
func (s Stacked) heights(bar Stack) []float64 {
	heights := make([]float64, len(s.parts()))
	for i := range heights {
		if i < len(bar.Parts) && drawable(bar.Parts[i]) && !bar.Unknown {
			heights[i] = max(bar.Parts[i], 0)
		}
	}
	return heights
}

func sumOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}

// scale is the span of the Y axis, from zero to a round number.
func (s Stacked) scale() span {
	e := extent{}
	e.add(0)
	for _, bar := range s.drawn() {
		e.add(sumOf(s.heights(bar)))
	}
	return e.round(4)
}

// describe puts the chart into words for those who can't see it.
func (s Stacked) describe() string {
	var out strings.Builder
	format := formatOr(s.Y.Format)
	fmt.Fprintf(&out, "Stacked bar chart of %d %s by %s.", len(s.Bars),
		cmp.Or(short(s.X), "bars"), cmp.Or(short(strings.Join(s.parts(), ", ")), "nothing"))
	sums := make([]float64, len(s.drawn()))
	unknown, lacking := 0, 0
	for i, bar := range s.drawn() {
		sums[i] = sumOf(s.heights(bar))
		if bar.Unknown {
			unknown++
		} else if bar.Lacking {
			lacking++
		}
	}
	if len(sums) > 0 {
		most := slices.Index(sums, slices.Max(sums))
		fmt.Fprintf(&out, " The highest is %s at %s.",
			clean(format(sums[most])), cmp.Or(short(s.Bars[most].Label), "no label"))
	}
	if unknown > 0 {
		fmt.Fprintf(&out, " %d are not known.", unknown)
	}
	if lacking > 0 {
		fmt.Fprintf(&out, " %d lack what has no known rate.", lacking)
	}
	if more := len(s.Bars) - mostStacks; more > 0 {
		fmt.Fprintf(&out, " %d more are not drawn.", more)
	}
	return out.String()
}
