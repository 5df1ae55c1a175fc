package report

import (
	"fmt"
	"slices"
	"strings"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// sweepWarningNotes say each warning of a sweep once, with the points that it holds of.
func sweepWarningNotes(sweep *scenarios.Sweep) []view.Note {
	var list []view.Note
	for _, w := range sweep.Warnings() {
		where := "at " + pointsText(sweep, w.Points)
		if !w.Alike {
			where += fmt.Sprintf(" (the figures are at %s)", pointName(sweep, &sweep.Points[w.Points[len(w.Points)-1]]))
		}
		list = append(list, view.Note{Tag: w.ID, Text: where + ": " + w.Text, Warn: true})
	}
	return list
}

// sweepWarningObjects are the same for programs. The points' own lists of ids say it of each point.
func sweepWarningObjects(sweep *scenarios.Sweep) []view.Object {
	var list []view.Object
	for _, w := range sweep.Warnings() {
		list = append(list, view.Object{
			{ID: "id", Value: w.ID},
			{ID: "text", Value: w.Text},
			{ID: "at", Value: pointsText(sweep, w.Points)},
			{ID: "text_of", Value: sweep.Points[w.Points[len(w.Points)-1]].Values},
		})
	}
	return list
}

// isMarked reports whether a point is drawn attention to in a table: there is a warning of it that not all points have.
func isMarked(sweep *scenarios.Sweep) func(scenarios.SweepPoint) bool {
	some := map[string]bool{}
	for _, w := range sweep.Warnings() {
		some[w.ID] = len(w.Points) < knownPoints(sweep)
	}
	return func(p scenarios.SweepPoint) bool {
		return slices.ContainsFunc(warningIDs(p), func(id string) bool { return some[id] })
	}
}

func warningIDs(p scenarios.SweepPoint) []string {
	return noteIDs(p.Warnings)
}

func noteIDs(notes []pricing.Note) []string {
	ids := make([]string, len(notes))
	for i, note := range notes {
		ids[i] = note.ID
	}
	return ids
}

func knownPoints(sweep *scenarios.Sweep) (known int) {
	for i := range sweep.Points {
		if sweep.Points[i].Unknown == "" {
			known++
		}
	}
	return known
}

// mostStretches is how many stretches of points are named before the rest is only counted.
const mostStretches = 4

// pointsText names points of a sweep by their values: workload.running 8h30m..9h, or with two axes also which of the
// second where those are not all.
func pointsText(sweep *scenarios.Sweep, points []int) string {
	if len(points) == knownPoints(sweep) {
		return "every point"
	}
	rows, columns := sweep.Axes[0], scenarios.Axis{Values: []string{""}}
	if len(sweep.Axes) == 2 {
		columns = sweep.Axes[1]
	}
	held := make([][]int, len(rows.Values)) // which of the columns, for each row
	for _, p := range points {
		held[p/len(columns.Values)] = append(held[p/len(columns.Values)], p%len(columns.Values))
	}
	var parts []string          // the same in words, each once
	alike := map[string][]int{} // the rows that they hold of
	for i, at := range held {
		which := " with " + columns.Path + " " + valuesText(columns, at)
		switch len(at) {
		case 0:
			continue
		case len(columns.Values):
			which = ""
		}
		if alike[which] == nil {
			parts = append(parts, which)
		}
		alike[which] = append(alike[which], i)
	}
	for i, which := range parts {
		parts[i] = rows.Path + " " + valuesText(rows, alike[which]) + which
		if len(alike[which]) == len(rows.Values) { // the first axis has no say
			parts[i] = strings.TrimPrefix(which, " with ")
		}
	}
	if more := len(parts) - mostStretches; more > 0 {
		parts = append(parts[:mostStretches], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// valuesText writes values of an axis by their places: 7h, 8h30m..9h. Only numbers have stretches.
func valuesText(axis scenarios.Axis, at []int) string {
	var parts []string
	for i := 0; i < len(at); i++ {
		first := at[i]
		for i+1 < len(at) && at[i+1] == at[i]+1 && isNumber(axis.Values[first]) {
			i++
		}
		text := notation(axis.Values[first])
		if at[i] != first {
			text += ".." + notation(axis.Values[at[i]])
		}
		parts = append(parts, text)
	}
	if more := len(parts) - mostStretches; more > 0 {
		parts = append(parts[:mostStretches], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}

func isNumber(value string) bool {
	_, _, number := scenarios.Measure(value)
	return number
}
