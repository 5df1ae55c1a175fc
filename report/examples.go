package report

import (
	"fmt"

	"microspend/scenarios"
)

// examplesJSON is the document microspend.examples/v1.
type examplesJSON struct {
	Schema   string        `json:"schema"`
	Examples []exampleJSON `json:"examples"`
	Figures  int           `json:"figures"`
	Follow   int           `json:"follow"`
	Differ   int           `json:"differ"`
	Drifted  int           `json:"drifted"`
}

type exampleJSON struct {
	Name    string      `json:"name"`
	Title   string      `json:"title"`
	Source  string      `json:"source"`
	Total   string      `json:"total"`
	Verdict string      `json:"verdict"`
	Checks  []checkJSON `json:"checks"`
}

// Examples makes the document that sets every documented figure beside the exact one. It also tells how many figures or
// verdicts are no longer what their file states.
func Examples(estimates []*scenarios.Estimate) (d Document, drifted int) {
	out := examplesJSON{Schema: "microspend.examples/v1", Examples: []exampleJSON{}}
	d.Title = "Worked examples: what is printed, and what is exact"
	d.CSV = [][]string{{"example", "figure", "printed", "exact", "verdict", "difference", "because", "drift"}}
	t := checkTable()
	for _, e := range estimates {
		s := e.Scenario
		heading := s.Name
		if s.Title != "" {
			heading += ": " + s.Title
		}
		t.Rows = append(t.Rows, Row{Kind: Heading, Cells: []string{heading}})
		t.Rows = append(t.Rows, checkRows(e.Documented)...)
		for _, note := range sentences(s.Documented.Source, s.Documented.Verdict) {
			t.Rows = append(t.Rows, Row{Kind: Footnote, Cells: []string{note.Text}})
		}
		out.Examples = append(out.Examples, exampleJSON{
			Name: s.Name, Title: s.Title, Source: s.Documented.Source, Total: e.Bill.Total().String(),
			Verdict: s.Documented.Verdict, Checks: checksJSON(e.Documented),
		})
		for _, c := range checksJSON(e.Documented) {
			out.Figures++
			switch {
			case c.Drift != "":
				out.Drifted++
			case c.Verdict == string(scenarios.Follows):
				out.Follow++
			default:
				out.Differ++
			}
			d.CSV = append(d.CSV, []string{s.Name, c.Figure, c.Printed, c.Exact, c.Verdict, c.Difference, c.Because, c.Drift})
		}
	}
	summary := Note{Text: fmt.Sprintf("%d figures in %d examples: %d follow, %d differ, each as stated.",
		out.Figures, len(out.Examples), out.Follow, out.Differ)}
	if out.Drifted > 0 {
		summary = Note{Warn: true, Text: fmt.Sprintf("%d of %d figures are no longer what the examples state.", out.Drifted, out.Figures)}
	}
	d.Sections = []Section{{Table: t.view()}, {Notes: []Note{summary}}}
	d.JSON = out
	return d, out.Drifted
}

// ExampleList makes the document that lists the examples.
func ExampleList(estimates []*scenarios.Estimate) Document {
	type entry struct {
		Name   string `json:"name"`
		Title  string `json:"title"`
		Source string `json:"source"`
		Total  string `json:"total"`
	}
	t := &Table{Columns: []Column{
		{Title: "example"}, {Title: "exact total $", Align: Decimal}, {Title: "what it is", Shrink: true},
	}}
	entries := []entry{}
	d := Document{CSV: [][]string{{"name", "title", "source", "total"}}}
	for _, e := range estimates {
		s := e.Scenario
		total := e.Bill.Total().String()
		t.Rows = append(t.Rows, Row{Cells: []string{s.Name, fixed(e.Bill.Total(), centPlaces), s.Title}})
		entries = append(entries, entry{s.Name, s.Title, s.Documented.Source, total})
		d.CSV = append(d.CSV, []string{s.Name, s.Title, s.Documented.Source, total})
	}
	d.Sections = []Section{{Table: t.view()}}
	d.JSON = entries
	return d
}
