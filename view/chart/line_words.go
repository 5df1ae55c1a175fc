package chart

import (
	"fmt"
	"strings"
)

// describe puts the chart into words for those who can't see it.
func (c Line) describe() string {
	w := c.window()
	x, y := formatOr(c.X.Format), formatOr(c.Y.Format)
	var out strings.Builder
	fmt.Fprintf(&out, "Line chart. Across: %s, from %s to %s. Up: %s, from %s to %s.",
		named(c.X.Title), clean(x(w.x.lo)), clean(x(w.x.hi)), named(c.Y.Title), clean(y(w.y.lo)), clean(y(w.y.hi)))
	for i, s := range c.drawn() {
		runs := s.runs(w)
		last, ok := end(runs)
		if !ok {
			fmt.Fprintf(&out, " %s: nothing to draw.", namedSeries(s, i))
			continue
		}
		first := runs[0][0]
		fmt.Fprintf(&out, " %s: %s at %s, %s at %s.", namedSeries(s, i),
			clean(y(first.Y)), clean(x(first.X)), clean(y(last.Y)), clean(x(last.X)))
	}
	if more := len(c.Series) - mostSeries; more > 0 {
		fmt.Fprintf(&out, " %d more lines are not drawn.", more)
	}
	for i, m := range c.marked() {
		if i == 0 {
			out.WriteString(" Marked:")
		}
		fmt.Fprintf(&out, " %s;", short(m.Label))
	}
	if more := len(c.Marks) - mostMarks; more > 0 {
		fmt.Fprintf(&out, " %d more places are not marked.", more)
	}
	return strings.TrimSuffix(out.String(), ";")
}

func named(title string) string {
	if title = short(title); title == "" {
		return "no title"
	}
	return title
}

func namedSeries(s Series, i int) string {
	if name := short(s.Name); name != "" {
		return name
	}
	return "Line " + letter(i)
}

// short bounds what a label adds to a description.
func short(label string) string { return fit(clean(label), 120) }
