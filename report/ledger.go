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
	"microspend/view"
)

// LedgerInfo makes the document of what a ledger holds.
func LedgerInfo(dir string, info ledger.Info) view.Document {
	columns := ledgerDayColumns
	if info.RollupRows > 0 {
		columns = slices.Concat(columns, rollupColumns)
	}
	t := view.NewTable(columns, info.Days, nil)
	total := view.RowOf(columns, ledger.DayInfo{
		Rows: info.Rows, Bytes: info.Bytes, Parts: info.Parts, RollupRows: info.RollupRows, RollupBytes: info.RollupBytes,
	}, nil)
	total.Kind, total.Cells[0] = view.Total, view.Text(figures.Count(len(info.Days), "day"))
	t.Add(total)
	return view.Document{
		Title: "Ledger in " + dir,
		Sections: []view.Section{
			{Table: t}, {Notes: slices.Concat(backlogNotes(info.Backlog), withoutRollup(info.Days), damagedNotes(info.Damaged))},
		},
		JSON: withDamaged(view.Object{
			{ID: "schema", Value: "microspend.ledger/v1"},
			{ID: "days", Value: view.Records{Table: t}},
			{ID: "rows", Value: info.Rows},
			{ID: "bytes", Value: info.Bytes},
			{ID: "unmerged_parts", Value: info.Unmerged},
			{ID: "replica_lag_seconds", Value: int64(info.Lag / time.Second)},
			{ID: "first", Value: momentOrNone(info.First).OmitMissing()},
			{ID: "last", Value: momentOrNone(info.Last).OmitMissing()},
		}, info.Damaged),
	}
}

// backlogNotes say what a database has yet to do.
func backlogNotes(b ledger.Backlog) (notes []view.Note) {
	if b.Unmerged > 0 {
		notes = append(notes, view.Note{
			Text: fmt.Sprintf(
				"The server has yet to merge %s; until then reading takes longer.",
				figures.Count(b.Unmerged, "part"),
			),
		})
	}
	if b.Lag > 0 {
		notes = append(notes, view.Note{Warn: true, Text: fmt.Sprintf("The slowest replica is %s behind.", b.Lag)})
	}
	return notes
}

var ledgerDayColumns = []view.Column[ledger.DayInfo]{
	{ID: "day", Title: "day", Unit: "(UTC)", Value: func(d ledger.DayInfo) view.Value {
		return view.Day(d.Day, time.UTC)
	}},
	{ID: "rows", Title: "rows", Align: view.Right, Value: func(d ledger.DayInfo) view.Value { return view.Count(d.Rows) }},
	{ID: "files", Title: "files", Align: view.Right, Drop: 2, Value: func(d ledger.DayInfo) view.Value {
		return view.Count(d.Parts)
	}},
	{ID: "bytes", Title: "kB", Align: view.Right, Drop: 1, Value: func(d ledger.DayInfo) view.Value {
		return view.Count(d.Bytes).Shown(figures.Int(d.Bytes / 1000))
	}},
	{ID: "coverage", Title: "coverage", Align: view.Right, Value: func(d ledger.DayInfo) view.Value {
		if d.Seconds == 0 {
			return view.Value{}
		}
		covered := pricing.Divide(decimal.NewFromInt(d.CoveredSeconds), decimal.NewFromInt(d.Seconds), pricing.RatioPlaces)
		return view.PercentDown(covered, 0)
	}},
}

// rollupColumns are of what keeps rollups and has some.
var rollupColumns = []view.Column[ledger.DayInfo]{
	{ID: "rollup_rows", Title: "rollup rows", Align: view.Right, Drop: 3, Value: func(d ledger.DayInfo) view.Value {
		if d.RollupRows == 0 {
			return view.Value{}
		}
		return view.Count(d.RollupRows)
	}},
	{ID: "rollup_bytes", Title: "rollup kB", Align: view.Right, Drop: 4, Value: func(d ledger.DayInfo) view.Value {
		if d.RollupRows == 0 {
			return view.Value{}
		}
		return view.Count(d.RollupBytes).Shown(figures.Int(d.RollupBytes / 1000))
	}},
}

// withoutRollup says how many days have no rollup, and why, where something can be done about it.
func withoutRollup(days []ledger.DayInfo) (notes []view.Note) {
	count, order := map[string]int{}, []string{}
	for _, d := range days {
		if d.NoRollup != "" && !d.RollupNeedless {
			if count[d.NoRollup]++; count[d.NoRollup] == 1 {
				order = append(order, d.NoRollup)
			}
		}
	}
	for _, why := range order {
		notes = append(notes, view.Note{Tag: "no rollup", Text: figures.Count(count[why], "day") + ": " + why})
	}
	return notes
}

// LedgerRollups makes the document of the days that had no rollup, and what became of each.
func LedgerRollups(dir string, days []ledger.RolledDay, dryRun bool) view.Document {
	columns := []view.Column[ledger.RolledDay]{
		{
			ID:    "day",
			Title: "day",
			Unit:  "(UTC)",
			Value: func(d ledger.RolledDay) view.Value { return view.Day(d.Day, time.UTC) },
		},
		{
			ID:    "rows",
			Title: "rows",
			Align: view.Right,
			Value: func(d ledger.RolledDay) view.Value { return view.Count(d.Rows) },
		},
	}
	if !dryRun {
		columns = append(columns,
			view.Column[ledger.RolledDay]{
				ID: "rollup_rows", Title: "rollup rows", Align: view.Right,
				Value: func(d ledger.RolledDay) view.Value { return view.Count(d.RollupRows) },
			},
			view.Column[ledger.RolledDay]{
				ID: "rollup_bytes", Title: "rollup kB", Align: view.Right,
				Value: func(d ledger.RolledDay) view.Value {
					return view.Count(d.RollupBytes).Shown(figures.Int(d.RollupBytes / 1000))
				},
			})
	}
	columns = append(columns, view.Column[ledger.RolledDay]{
		ID: "without", Title: "no rollup because", Value: func(d ledger.RolledDay) view.Value { return view.Text(d.Without) },
	})
	t := view.NewTable(columns, days, nil)
	section := view.Section{Table: t}
	if len(days) == 0 {
		section = view.Section{Notes: []view.Note{{Text: "No day lacks a rollup that it could have."}}}
	}
	return view.Document{
		Title: "Ledger in " + dir, Sections: []view.Section{section},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.ledger-rollup/v1"},
			{ID: "dry_run", Value: dryRun},
			{ID: "days", Value: view.Records{Table: t}},
		},
		Data: t,
	}
}

// found is a file that a check has something to say about.
type found struct {
	state string
	ledger.DamagedFile
}

// LedgerCheck makes the document of what a full check found, and of the losses that were accepted before it.
func LedgerCheck(dir string, result ledger.CheckResult, accepted []ledger.DamagedFile) view.Document {
	section := view.Section{Notes: []view.Note{{
		Text: figures.Count(result.Days, "day") + ", " + figures.Count(result.Parts, "file") + ", " +
			figures.Count(result.Rows, "row") + " in order.",
	}}}
	var all []found
	list := func(state string, warn bool, files []ledger.DamagedFile) {
		for _, file := range files {
			all = append(all, found{state, file})
			section.Notes = append(section.Notes, view.Note{Tag: state, Text: file.Path + ": " + file.Reason, Warn: warn})
		}
	}
	list("damaged", true, result.Damaged)
	list("orphaned", true, result.Orphaned)
	list("bad rollup", true, result.BadRollups)
	list("set aside", true, result.SetAside)
	overlaps := func(tag string, found []ledger.Overlap, count int64) {
		for _, overlap := range found {
			day := overlap.Second.Day()
			list(tag, true, []ledger.DamagedFile{{
				Path: "usage/dt=" + day.Format(time.DateOnly), Day: day, Reason: overlap.String(),
			}})
		}
		if more := count - int64(len(found)); more > 0 {
			section.Notes = append(section.Notes, view.Note{Tag: tag, Text: "and " + figures.Int(more) + " more", Warn: true})
		}
	}
	overlaps("overlap", result.Overlaps, result.OverlapCount)
	overlaps("two sources", result.OfSources, result.OfSourceCount)
	list("made anew", false, result.Rebuilt)
	list("not repaired", true, result.Unrepaired)
	list("accepted", false, accepted)
	section.Notes = append(section.Notes, checkHints(result)...)
	json := view.Object{
		{ID: "schema", Value: "microspend.ledger-check/v1"},
		{ID: "days", Value: result.Days},
		{ID: "files", Value: result.Parts},
		{ID: "rows", Value: result.Rows},
		{ID: "damaged", Value: damagedFiles(result.Damaged)},
		{ID: "orphaned", Value: damagedFiles(result.Orphaned)},
		{ID: "set_aside", Value: damagedFiles(result.SetAside)},
		{ID: "overlaps", Value: result.OverlapCount},
		{ID: "source_overlaps", Value: result.OfSourceCount},
		{ID: "rollups", Value: result.Rollups},
		{ID: "bad_rollups", Value: damagedFiles(result.BadRollups)},
	}
	json = json.With(len(result.Rebuilt) > 0, "rebuilt", damagedFiles(result.Rebuilt)).
		With(len(result.Unrepaired) > 0, "unrepaired", damagedFiles(result.Unrepaired))
	return view.Document{
		Title:    "Ledger in " + dir,
		Sections: []view.Section{section},
		JSON:     json.With(len(accepted) > 0, "accepted", damagedFiles(accepted)),
		Data: view.NewTable([]view.Column[found]{
			{ID: "state", Value: func(f found) view.Value { return view.Text(f.state) }},
			{ID: "path", Value: func(f found) view.Value { return view.Text(f.Path) }},
			{ID: "reason", Value: func(f found) view.Value { return view.Text(f.Reason) }},
		}, all, nil),
	}
}

// checkHints says what to do about what a check found.
func checkHints(result ledger.CheckResult) []view.Note {
	aside := func(file ledger.DamagedFile) bool {
		return strings.HasSuffix(file.Path, ".damaged") || strings.HasSuffix(file.Path, ".missing")
	}
	lost := func(file ledger.DamagedFile) bool { // neither a manifest nor an orphan holds records of the ledger
		return aside(file) && !strings.Contains(file.Path, "/_manifest.json") &&
			!slices.ContainsFunc(result.Orphaned, func(o ledger.DamagedFile) bool { return o.Reason == file.Reason })
	}
	var hints []view.Note
	if result.OverlapCount+result.OfSourceCount > 0 {
		hints = append(hints, view.Note{Text: "A MicroVM runs once at a time: the time that overlaps is counted twice. " +
			"microspend import --overlaps=merge of the same rows counts it once."})
	}
	if len(result.BadRollups) > 0 && len(result.Rebuilt) == 0 {
		hints = append(hints, view.Note{
			Text: "microspend ledger check --repair makes bad rollups anew, from the records that they are of.",
		})
	}
	here := len(result.Orphaned) > 0 ||
		slices.ContainsFunc(result.Damaged, func(file ledger.DamagedFile) bool { return !aside(file) })
	switch {
	case here && result.InDatabase:
		hints = append(hints, view.Note{
			Text: "What is damaged is the server's to bring back, from a replica or a backup. A day can also be dropped and imported again.",
		})
	case here && len(result.SetAside)+len(result.Rebuilt)+len(result.Unrepaired) == 0:
		hints = append(hints, view.Note{
			Text: "microspend ledger check --repair sets what is damaged aside, so that no engine reads it, " +
				"and makes manifests anew.",
		})
	}
	if slices.ContainsFunc(slices.Concat(result.Damaged, result.SetAside), lost) {
		hints = append(hints, view.Note{
			Text: "What was set aside is lost. Import it again, or do without it; then microspend ledger check " +
				"--accept-loss ends the reports of it.",
		})
	}
	return hints
}
