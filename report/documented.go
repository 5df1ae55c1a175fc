package report

import (
	"strings"

	"microspend/scenarios"
	"microspend/view"
)

// documentedFigure is what a source prints, and around it in a table of several examples what its example is.
type documentedFigure struct {
	scenarios.Check
	example string // "" where it is of the one estimate of the document
	heading string
	notes   []string
}

func checksOf(e *scenarios.Estimate) []documentedFigure {
	list := make([]documentedFigure, len(e.Documented))
	for i, c := range e.Documented {
		list[i].Check = c
	}
	return list
}

// checkTable has printed figures and exact ones, with what needs explaining under them.
func checkTable(rows []documentedFigure) *view.Table {
	return view.NewTable(checkColumns, rows, func(f documentedFigure) view.Look {
		return view.Look{
			Warn: f.Verdict == scenarios.Differs || f.Drift != "", Heading: f.heading,
			Notes: append([]string{f.Drift, f.Because}, f.notes...),
		}
	})
}

var checkColumns = []view.Column[documentedFigure]{
	{ID: "example", Scope: view.CSVOnly, Value: func(f documentedFigure) view.Value { return view.Text(f.example) }},
	{ID: "figure", Title: "figure", Shrink: true, Value: func(f documentedFigure) view.Value {
		return view.Text(f.ID).Shown(figureLabel(f.ID))
	}},
	{ID: "printed", Title: "printed", Align: view.Decimal, Value: func(f documentedFigure) view.Value {
		if f.Printed == nil {
			return view.Text("")
		}
		return view.Text(f.Printed.Text)
	}},
	{ID: "exact", Title: "exact", Align: view.Decimal, Value: func(f documentedFigure) view.Value {
		return view.Number(f.Exact, checkPlaces(f.Check))
	}},
	{Title: "off by", Align: view.Decimal, Drop: 1, Scope: view.People, Value: func(f documentedFigure) view.Value {
		return view.Signed(f.Difference(), checkPlaces(f.Check)).Or("", f.Verdict == scenarios.Differs)
	}},
	{ID: "verdict", Title: "verdict", Value: func(f documentedFigure) view.Value {
		return view.Text(f.Verdict).Shown(verdictSign(f.Check))
	}},
	{ID: "difference", Value: func(f documentedFigure) view.Value { return view.Exact(f.Difference()) }},
	{ID: "because", Value: func(f documentedFigure) view.Value { return view.Text(f.Because).OmitEmpty() }},
	{ID: "drift", Value: func(f documentedFigure) view.Value { return view.Text(f.Drift).OmitEmpty() }},
}

// verdictSign marks a verdict without colour.
func verdictSign(c scenarios.Check) string {
	switch {
	case c.Drift != "":
		return "✗ drifted"
	case c.Verdict == scenarios.Follows:
		return "✓ follows"
	case c.Verdict == scenarios.Differs:
		return "≠ differs"
	default:
		return "= exact"
	}
}

// documentedSection shows what a source prints together with the exact figures of one estimate.
func documentedSection(e *scenarios.Estimate) view.Section {
	return view.Section{Heading: "As documented", Table: checkTable(checksOf(e)), Notes: plainNotes(sourceSentences(e)...)}
}

// sourceSentences are where documented figures come from and what became of them, each with its full stop.
func sourceSentences(e *scenarios.Estimate) []string {
	var list []string
	for _, text := range []string{e.Scenario.Documented.Source, e.Scenario.Documented.Verdict} {
		if text != "" {
			list = append(list, strings.TrimSuffix(text, ".")+".")
		}
	}
	return list
}

// figureLabel is a figure's id in words: that of an alternative has its name first and what is measured after it.
func figureLabel(id string) string {
	rest, ok := strings.CutPrefix(id, "alternatives.")
	if !ok {
		return id
	}
	dot := strings.LastIndexByte(rest, '.')
	return rest[:dot] + ", " + measureLabels[rest[dot+1:]]
}

var measureLabels = map[string]string{
	"monthly":                 "$ a month",
	"per_user":                "$ per user",
	"per_job":                 "$ per job",
	"ratio":                   "MicroVMs cost ×",
	"inverse_ratio":           "costs ×",
	"saving_percent":          "% saved",
	"running_hours_per_month": "equal at h/month",
	"hours_per_day":           "equal at h/day",
	"hours_per_day_20":        "equal at h/day, 20 d",
	"hours_per_day_22":        "equal at h/day, 22 d",
	"hours_per_day_30":        "equal at h/day, 30 d",
}

// checkPlaces shows the exact figure two decimals finer than the printed one, four at least.
func checkPlaces(c scenarios.Check) int32 {
	if c.Printed == nil {
		return 4
	}
	return max(4, -c.Printed.Low.Exponent()+2)
}
