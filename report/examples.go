package report

import (
	"fmt"

	"microspend/internal/figures"
	"microspend/scenarios"
	"microspend/view"
)

// Examples makes the document of every documented figure and the exact one. It also returns how many figures or
// verdicts are no longer what their file states.
func Examples(estimates []*scenarios.Estimate) (d view.Document, drifted int) {
	var (
		rows           []documentedFigure
		follow, differ int
	)
	examples := make([]view.Object, len(estimates))
	for i, e := range estimates {
		s, checks := e.Scenario, checksOf(e)
		examples[i] = view.Object{
			{ID: "name", Value: s.Name},
			{ID: "title", Value: s.Title},
			{ID: "source", Value: s.Documented.Source},
			{ID: "total", Value: e.Bill.Total()},
			{ID: "verdict", Value: s.Documented.Verdict},
			{ID: "checks", Value: view.Records{Table: checkTable(checks)}},
		}
		for j := range checks {
			c := &checks[j]
			c.example = s.Name
			switch {
			case c.Drift != "":
				drifted++
			case c.Verdict == scenarios.Follows:
				follow++
			default:
				differ++
			}
			if j == 0 {
				c.heading = s.Name
				if s.Title != "" {
					c.heading += ": " + s.Title
				}
			}
			if j == len(checks)-1 {
				c.notes = sourceSentences(e)
			}
		}
		rows = append(rows, checks...)
	}
	summary := view.Note{Text: fmt.Sprintf("%s in %s: %d follow, %d differ, each as stated.",
		figures.Count(len(rows), "figure"), figures.Count(len(estimates), "example"), follow, differ)}
	if drifted > 0 {
		summary = view.Note{Warn: true, Text: fmt.Sprintf(
			"%d of %d figures are no longer what the examples state.", drifted, len(rows))}
	}
	return view.Document{
		Title:    "Worked examples: what is printed, and what is exact",
		Sections: []view.Section{{Table: checkTable(rows)}, {Notes: []view.Note{summary}}},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.examples/v1"},
			{ID: "examples", Value: examples},
			{ID: "figures", Value: len(rows)},
			{ID: "follow", Value: follow},
			{ID: "differ", Value: differ},
			{ID: "drifted", Value: drifted},
		},
	}, drifted
}

// ExampleList makes the document that lists the examples.
func ExampleList(estimates []*scenarios.Estimate) view.Document {
	columns := []view.Column[*scenarios.Estimate]{
		{ID: "name", Title: "example", Value: func(e *scenarios.Estimate) view.Value { return view.Text(e.Scenario.Name) }},
		{ID: "title", Title: "what it is", Shrink: true, Value: func(e *scenarios.Estimate) view.Value {
			return view.Text(e.Scenario.Title)
		}},
		{ID: "source", Value: func(e *scenarios.Estimate) view.Value { return view.Text(e.Scenario.Documented.Source) }},
		{ID: "total", Title: "exact total", Unit: "$", Value: func(e *scenarios.Estimate) view.Value {
			return view.Dollars(e.Bill.Total())
		}},
	}
	data := view.NewTable(columns, estimates, nil)
	return view.Document{
		Data: data, JSON: view.Records{Table: data},
		Sections: []view.Section{{Table: view.NewTable(view.First(columns, "name", "total"), estimates, nil)}},
	}
}
