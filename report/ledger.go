package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/pricing"
)

type ledgerInfoJSON struct {
	Schema  string            `json:"schema"`
	Days    []ledgerDayJSON   `json:"days"`
	Rows    int64             `json:"rows"`
	Bytes   int64             `json:"bytes"`
	First   string            `json:"first,omitempty"`
	Last    string            `json:"last,omitempty"`
	Damaged []damagedFileJSON `json:"damaged,omitempty"`
}

type ledgerDayJSON struct {
	Day      string  `json:"day"`
	Rows     int64   `json:"rows"`
	Files    int     `json:"files"`
	Bytes    int64   `json:"bytes"`
	Coverage *string `json:"coverage"`
}

// LedgerInfo makes the document of what a ledger holds.
func LedgerInfo(dir string, info ledger.Info) Document {
	out := ledgerInfoJSON{
		Schema: "microspend.ledger/v1", Days: []ledgerDayJSON{}, Rows: info.Rows, Bytes: info.Bytes, Damaged: damagedJSON(info.Damaged),
	}
	d := Document{Title: "Ledger in " + dir, CSV: [][]string{{"day", "rows", "files", "bytes", "coverage"}}}
	t := &Table{Columns: []Column{
		{Title: "day (UTC)"},
		{Title: "rows", Align: Right},
		{Title: "files", Align: Right, Drop: 2},
		{Title: "kB", Align: Right, Drop: 1},
		{Title: "coverage", Align: Right},
	}}
	count := func(n int64) string { return figures.Int(n) }
	for _, day := range info.Days {
		row := ledgerDayJSON{Day: day.Day.Format(time.DateOnly), Rows: day.Rows, Files: day.Parts, Bytes: day.Bytes}
		shown := ""
		if day.Seconds > 0 {
			part := pricing.Divide(decimal.NewFromInt(day.CoveredSeconds), decimal.NewFromInt(day.Seconds), pricing.RatioPlaces)
			row.Coverage, shown = optional(&part), part.Shift(2).Floor().String()+" %"
		}
		out.Days = append(out.Days, row)
		t.Rows = append(t.Rows, Row{Cells: []string{row.Day, count(row.Rows), fmt.Sprint(row.Files), count(row.Bytes / 1000), shown}})
		d.CSV = append(d.CSV, []string{row.Day, fmt.Sprint(row.Rows), fmt.Sprint(row.Files), fmt.Sprint(row.Bytes), orEmpty(row.Coverage)})
	}
	t.Rows = append(t.Rows, Row{Kind: Total, Cells: []string{
		fmt.Sprintf("%d days", len(info.Days)), count(info.Rows), fmt.Sprint(info.Parts), count(info.Bytes / 1000), "",
	}})
	if !info.First.IsZero() {
		out.First, out.Last = moment(info.First), moment(info.Last)
	}
	d.JSON = out
	d.Sections = []Section{{Table: t.view()}, {Notes: damagedNotes(info.Damaged)}}
	return d
}

// LedgerCheck makes the document of what a full check found, and of the losses that were accepted before it.
func LedgerCheck(dir string, result ledger.CheckResult, accepted []ledger.DamagedFile) Document {
	d := Document{
		Title: "Ledger in " + dir,
		JSON: struct {
			Schema   string            `json:"schema"`
			Days     int               `json:"days"`
			Files    int               `json:"files"`
			Rows     int64             `json:"rows"`
			Damaged  []damagedFileJSON `json:"damaged"`
			Orphaned []damagedFileJSON `json:"orphaned"`
			SetAside []damagedFileJSON `json:"set_aside"`
			Rebuilt  []damagedFileJSON `json:"rebuilt,omitempty"`
			Accepted []damagedFileJSON `json:"accepted,omitempty"`
		}{
			"microspend.ledger-check/v1", result.Days, result.Parts, result.Rows,
			damagedJSON(result.Damaged), damagedJSON(result.Orphaned), damagedJSON(result.SetAside),
			damagedJSON(result.Rebuilt), damagedJSON(accepted),
		},
		CSV: [][]string{{"state", "path", "reason"}},
	}
	section := Section{Notes: []Note{{Text: fmt.Sprintf("%d days, %d files, %s rows in order.",
		result.Days, result.Parts, figures.Int(result.Rows))}}}
	for _, found := range []struct {
		state string
		files []ledger.DamagedFile
		fine  bool
	}{
		{"damaged", result.Damaged, false},
		{"orphaned", result.Orphaned, false},
		{"set aside", result.SetAside, false},
		{"made anew", result.Rebuilt, true},
		{"accepted", accepted, true},
	} {
		for _, file := range found.files {
			section.Notes = append(section.Notes, Note{Tag: found.state, Text: file.Path + ": " + file.Reason, Warn: !found.fine})
			d.CSV = append(d.CSV, []string{found.state, file.Path, file.Reason})
		}
	}
	section.Notes = append(section.Notes, checkHints(result)...)
	d.Sections = []Section{section}
	return d
}

// checkHints says what to do about what a check found.
func checkHints(result ledger.CheckResult) []Note {
	aside := func(file ledger.DamagedFile) bool {
		return strings.HasSuffix(file.Path, ".damaged") || strings.HasSuffix(file.Path, ".missing")
	}
	lost := func(file ledger.DamagedFile) bool { // neither a manifest nor an orphan holds records of the ledger
		return aside(file) && !strings.Contains(file.Path, "/_manifest.json") &&
			!slices.ContainsFunc(result.Orphaned, func(o ledger.DamagedFile) bool { return o.Reason == file.Reason })
	}
	var hints []Note
	here := len(result.Orphaned) > 0 || slices.ContainsFunc(result.Damaged, func(file ledger.DamagedFile) bool { return !aside(file) })
	if here && len(result.SetAside) == 0 {
		hints = append(hints, Note{Text: "microspend ledger check --repair sets what is damaged aside, so that no engine reads it, and makes manifests anew."})
	}
	if slices.ContainsFunc(slices.Concat(result.Damaged, result.SetAside), lost) {
		hints = append(hints, Note{Text: "What was set aside is lost. Import it again, or do without it; then microspend ledger check " +
			"--accept-loss ends the reports of it."})
	}
	return hints
}
