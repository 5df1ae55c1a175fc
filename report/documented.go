package report

import (
	"strings"

	"microspend/scenarios"
)

func checksJSON(checks []scenarios.Check) []checkJSON {
	list := make([]checkJSON, len(checks))
	for i, c := range checks {
		list[i] = checkJSON{
			Figure: c.ID, Printed: printedText(c), Exact: c.Exact.String(), Verdict: string(c.Verdict),
			Difference: c.Difference().String(), Because: c.Because, Drift: c.Drift,
		}
	}
	return list
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

func printedText(c scenarios.Check) string {
	if c.Printed == nil {
		return ""
	}
	return c.Printed.Text
}

// checkTable is the table of printed beside exact figures; checkRows fills it.
func checkTable() *Table {
	return &Table{Columns: []Column{
		{Title: "figure", Shrink: true},
		{Title: "printed", Align: Decimal},
		{Title: "exact", Align: Decimal},
		{Title: "off by", Align: Decimal, Drop: 1},
		{Title: "verdict"},
	}}
}

// checkRows has a row for each figure, and under it what needs explaining.
func checkRows(checks []scenarios.Check) []Row {
	var rows []Row
	for _, c := range checks {
		off := ""
		if c.Verdict == scenarios.Differs {
			off = signed(c.Difference(), checkPlaces(c))
		}
		rows = append(rows, Row{
			Cells: []string{figureLabel(c.ID), printedText(c), fixed(c.Exact, checkPlaces(c)), off, verdictSign(c)},
			Warn:  c.Verdict == scenarios.Differs || c.Drift != "",
		})
		if c.Drift != "" {
			rows = append(rows, Row{Kind: Footnote, Cells: []string{c.Drift}})
		}
		if c.Because != "" {
			rows = append(rows, Row{Kind: Footnote, Cells: []string{c.Because}})
		}
	}
	return rows
}

// documentedSection sets what a source prints beside the exact figures of one estimate.
func documentedSection(e *scenarios.Estimate) Section {
	t := checkTable()
	t.Rows = checkRows(e.Documented)
	return Section{
		Heading: "As documented", Table: t.view(),
		Notes: sentences(e.Scenario.Documented.Source, e.Scenario.Documented.Verdict),
	}
}

// sentences makes a note of each text that is there, with its full stop.
func sentences(texts ...string) []Note {
	var list []Note
	for _, text := range texts {
		if text != "" {
			list = append(list, Note{Text: strings.TrimSuffix(text, ".") + "."})
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
