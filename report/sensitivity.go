package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
	"microspend/view/chart"
)

// Sensitivity makes the document of which input moves the bill most, with a tornado chart.
func Sensitivity(s *scenarios.Sensitivity) view.Document {
	e := s.Estimate
	total, by := e.Bill.Total(), s.By.Shift(2)
	table := view.NewTable(influenceColumns(total), s.Inputs, func(in scenarios.Influence) view.Look {
		return view.Look{Notes: []string{in.Note}}
	})
	picture := chart.Tornado{
		Title:  fmt.Sprintf("What moves the bill: each input ±%s %%%s", by, unlessSaid(s.Inputs)),
		Center: coordinate(total), CenterLabel: dollars(total),
	}
	for _, in := range s.Inputs {
		picture.Bars = append(picture.Bars, chart.Bar{
			Label: barLabel(in), Low: coordinate(in.Low), High: coordinate(in.High),
			LowLabel: dollars(in.Low), HighLabel: dollars(in.High),
		})
	}
	warnings := sensitivityWarnings(s)
	d := view.Document{
		Title: e.Scenario.Name,
		Subtitle: fmt.Sprintf("%s a month; each input moved by ±%s %%%s, all else unchanged",
			dollars(total), by, unlessSaid(s.Inputs)),
		Sections: []view.Section{
			{Picture: func(width int) string { return picture.Text(min(width, chartWidth)) }},
			{Table: table},
		},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.sensitivity/v1"},
			{ID: "name", Value: e.Scenario.Name},
			{ID: "currency", Value: "USD"},
			{ID: "by", Value: by.String() + "%"},
			{ID: "total", Value: total},
		}.With(len(warnings) > 0, "warnings", warnings).With(true, "inputs", view.Records{Table: table}),
		SVG: func(w io.Writer) error { return picture.SVG(w) },
	}
	if len(warnings) > 0 {
		d.Add(view.Section{Heading: "Warnings", Notes: sensitivityWarningNotes(s)})
	}
	d.Add(view.Section{Notes: rangeNote(e.Scenario)})
	return d
}

// sensitivityWarnings are each warning once, for programs, with where it holds.
func sensitivityWarnings(s *scenarios.Sensitivity) []view.Object {
	var list []view.Object
	for _, w := range s.Warnings() {
		list = append(list, view.Object{
			{ID: "id", Value: w.ID},
			{ID: "text", Value: w.Text},
			{ID: "at", Value: endsText(s, w.Points)},
			{ID: "text_of", Value: endName(s, w.Points[len(w.Points)-1])},
		})
	}
	return list
}

func sensitivityWarningNotes(s *scenarios.Sensitivity) []view.Note {
	var list []view.Note
	for _, w := range s.Warnings() {
		where := "at " + endsText(s, w.Points)
		if !w.Alike {
			where += fmt.Sprintf(" (the figures are at %s)", endName(s, w.Points[len(w.Points)-1]))
		}
		list = append(list, view.Note{Tag: w.ID, Text: where + ": " + w.Text, Warn: true})
	}
	return list
}

// endName names a point of [scenarios.Sensitivity.Warnings] by the input that is moved there.
func endName(s *scenarios.Sensitivity, point int) string {
	if point == 2*len(s.Inputs) {
		return "the workload as it is"
	}
	in := s.Inputs[point/2]
	return in.Input + " " + [2]string{in.From, in.To}[point%2]
}

// endsText names the points that a warning holds at. One that holds of the workload as it is holds at most others too,
// so those are named where it does not.
func endsText(s *scenarios.Sensitivity, points []int) string {
	asIs, but := 2*len(s.Inputs), ""
	if slices.Contains(points, asIs) {
		var rest []int
		for point := range asIs {
			if !slices.Contains(points, point) {
				rest = append(rest, point)
			}
		}
		if len(rest) == 0 {
			return "every point"
		}
		points, but = rest, "every point but "
	}
	names := make([]string, len(points))
	for i, point := range points {
		names[i] = endName(s, point)
	}
	if more := len(names) - mostStretches; more > 0 {
		names = append(names[:mostStretches], fmt.Sprintf("and %d more", more))
	}
	return but + strings.Join(names, "; ")
}

// barLabel names an input, with its ends where it could not be moved as far as the title says.
func barLabel(in scenarios.Influence) string {
	if in.Note == "" {
		return in.Input
	}
	return in.Input + ", " + in.From + "…" + in.To
}

// unlessSaid ends a sentence on how far inputs are moved that is not true of all.
func unlessSaid(inputs []scenarios.Influence) string {
	if slices.ContainsFunc(inputs, func(in scenarios.Influence) bool { return in.Note != "" }) {
		return ", unless its bar says otherwise"
	}
	return ""
}

// endWarnings are the ids of the warnings at one end of an input, 0 or 1, for programs.
func endWarnings(id string, end int) []view.Column[scenarios.Influence] {
	return []view.Column[scenarios.Influence]{
		{ID: id, Scope: view.JSONOnly, Value: func(i scenarios.Influence) view.Value {
			return view.List(noteIDs(i.Warnings[end])).OmitIf(len(i.Warnings[end]) == 0)
		}},
		{ID: id, Scope: view.CSVOnly, Value: func(i scenarios.Influence) view.Value {
			return view.Text(strings.Join(noteIDs(i.Warnings[end]), "; "))
		}},
	}
}

func influenceColumns(total decimal.Decimal) []view.Column[scenarios.Influence] {
	type in = scenarios.Influence
	columns := []view.Column[in]{
		{ID: "input", Title: "input", Value: func(i in) view.Value { return view.Text(i.Input) }},
		{Title: "moved", Align: view.Right, Drop: 1, Value: func(i in) view.Value {
			return view.Text(i.From + "…" + i.To)
		}},
		{ID: "from", Value: func(i in) view.Value { return view.Exact(i.Ends[0]) }},
		{ID: "to", Value: func(i in) view.Value { return view.Exact(i.Ends[1]) }},
		{ID: "unit", Value: func(i in) view.Value { return view.Text(i.Unit) }},
		{ID: "low", Title: "low", Unit: "$", Value: func(i in) view.Value { return view.Dollars(i.Low) }},
		{ID: "high", Title: "high", Unit: "$", Value: func(i in) view.Value { return view.Dollars(i.High) }},
		{ID: "swing", Title: "swing", Unit: "$", Drop: 2, Value: func(i in) view.Value { return view.Dollars(i.Swing()) }},
		{Title: "of bill", Align: view.Decimal, Value: func(i in) view.Value {
			if !total.IsPositive() {
				return view.Value{}
			}
			return view.Number(pricing.Divide(i.Swing().Shift(2), total, 6), 1).Marked(" %")
		}},
		{ID: "note", Value: func(i in) view.Value { return view.Text(i.Note).OmitEmpty() }},
	}
	return slices.Concat(columns, endWarnings("low_warnings", 0), endWarnings("high_warnings", 1))
}
