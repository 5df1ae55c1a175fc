package chart

import (
	"fmt"
	"math"
	"strings"
)

// Categories label the columns or rows of a heat map. The unit belongs into the title.
type Categories struct {
	Title  string
	Labels []string
}

// Heat is a heat map: numbers in columns and rows, shaded by size.
type Heat struct {
	Title     string
	X, Y      Categories
	Values    [][]float64          // from the top left; what is missing or can't be drawn is an empty cell
	CellLabel func(float64) string // writes the numbers; nil writes up to six digits
}

func (h Heat) size() (rows, cols int) {
	rows, cols = max(len(h.Values), len(h.Y.Labels)), len(h.X.Labels)
	for _, row := range h.Values {
		cols = max(cols, len(row))
	}
	return rows, cols
}

// at is the value of a cell, and false where there is none.
func (h Heat) at(row, col int) (float64, bool) {
	if row >= len(h.Values) || col >= len(h.Values[row]) || !drawable(h.Values[row][col]) {
		return 0, false
	}
	return h.Values[row][col], true
}

// incomplete reports whether any of these cells is empty.
func (h Heat) incomplete(rows, cols []int) bool {
	for _, row := range rows {
		for _, col := range cols {
			if _, ok := h.at(row, col); !ok {
				return true
			}
		}
	}
	return false
}

// labelled is the label of a column or row, if it has one.
func (c Categories) labelled(i int) string {
	if i >= len(c.Labels) {
		return ""
	}
	return clean(c.Labels[i])
}

// apart are the categories with their labels cut to a room, none like another.
func (c Categories) apart(room float64, width func(string) float64) Categories {
	labels := make([]string, len(c.Labels))
	for i := range labels {
		labels[i] = c.labelled(i)
	}
	return Categories{c.Title, apart(labels, room, width)}
}

func (h Heat) number(v float64) string { return clean(formatOr(h.CellLabel)(v)) }

// shades are classes of equal width with round bounds, from the smallest values to the largest.
type shades struct{ bounds []float64 }

// mostShades is how many steps of grey an eye can match with a legend.
const mostShades = 5

func (h Heat) extent() extent {
	var e extent
	for _, row := range h.Values {
		for _, v := range row {
			e.add(v)
		}
	}
	return e
}

func (h Heat) shades() shades {
	e := h.extent()
	if !e.any {
		return shades{}
	}
	if !e.wide() {
		return shades{[]float64{e.lo, e.hi}}
	}
	for most := mostShades; ; most-- {
		step := stepOf(e.span, most, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
		first, last := math.Floor(step.count(e.lo)+1e-9), math.Ceil(step.count(e.hi)-1e-9)
		var s shades
		for n := first; n <= last && len(s.bounds) < 2*mostShades; n++ {
			s.bounds = append(s.bounds, step.times(n))
		}
		if s.count() <= mostShades || most == 1 {
			return s
		}
	}
}

func (s shades) count() int { return max(len(s.bounds)-1, 0) }

// of is the class of a value. A bound belongs to the class above it, the last one to the last class.
func (s shades) of(v float64) int {
	class := 0
	for class < s.count()-1 && v >= s.bounds[class+1] {
		class++
	}
	return class
}

// strength spreads the classes over the mostShades steps there are.
func (s shades) strength(class int) int {
	if s.count() < 2 {
		return mostShades / 2
	}
	return int(math.Round(float64(class) * (mostShades - 1) / float64(s.count()-1)))
}

// ranges puts the classes into words.
func (h Heat) ranges(s shades) []string {
	var words []string
	for i := range s.count() {
		from, to := h.number(s.bounds[i]), h.number(s.bounds[i+1])
		if from == to {
			words = append(words, from)
			continue
		}
		words = append(words, from+" to "+to)
	}
	return words
}

// every are the indexes below total, or where these are more than most every n-th of them.
func every(total, most int) []int {
	stride := (total + most - 1) / max(most, 1)
	var indexes []int
	for i := 0; i < total; i += max(stride, 1) {
		indexes = append(indexes, i)
	}
	return indexes
}

// leftOut says which part of the columns and rows is shown, and nothing where all of it is.
func leftOut(rows, cols []int, allRows, allCols int) string {
	var parts []string
	for _, side := range []struct {
		shown []int
		all   int
		name  string
	}{{cols, allCols, "columns"}, {rows, allRows, "rows"}} {
		if len(side.shown) == side.all {
			continue
		}
		part := fmt.Sprintf("%d of %d %s", len(side.shown), side.all, side.name)
		if len(side.shown) > 1 {
			part += fmt.Sprintf(", one in %d", side.shown[1])
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return ""
	}
	return "Shown: " + strings.Join(parts, "; ") + "."
}

func (h Heat) describe(s shades) string {
	rows, cols := h.size()
	var out strings.Builder
	fmt.Fprintf(&out, "Heat map of %d rows by %d columns. Across: %s. Down: %s.",
		rows, cols, named(h.X.Title), named(h.Y.Title))
	if e := h.extent(); e.any {
		fmt.Fprintf(&out, " Values from %s to %s, in %d shades.", short(h.number(e.lo)), short(h.number(e.hi)), s.count())
	} else {
		out.WriteString(" No values.")
	}
	return out.String()
}
