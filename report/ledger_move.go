package report

import (
	"time"

	"microspend/internal/figures"
	"microspend/ledger/move"
	"microspend/view"
)

var movedDayColumns = []view.Column[move.Day]{
	{ID: "day", Title: "day", Unit: "(UTC)", Value: func(d move.Day) view.Value { return view.Day(d.Day, time.UTC) }},
	{ID: "rows", Title: "rows", Align: view.Right, Value: func(d move.Day) view.Value { return view.Count(d.Records) }},
	{ID: "status", Title: "status", Value: func(d move.Day) view.Value { return view.Text(d.Status()) }},
	{ID: "check", Title: "check", Value: func(d move.Day) view.Value { return view.Text(d.Check()) }},
}

// LedgerMove makes the document of what became of copying a ledger into another.
func LedgerMove(r move.Result) view.Document {
	t := view.NewTable(movedDayColumns, r.Days, nil)
	total := view.RowOf(movedDayColumns, move.Day{Records: r.Records}, nil)
	total.Kind, total.Cells[0] = view.Total, view.Text(figures.Count(len(r.Days), "day"))
	total.Cells[2], total.Cells[3] = view.Value{}, view.Value{}
	t.Add(total)
	verdict := "All sums are the same in both ledgers."
	switch {
	case r.DryRun:
		verdict = "Nothing was changed."
	case !r.OK():
		verdict = "Not all of it is in the target; see above."
	}
	var notes []view.Note
	var differences []view.Object
	for _, d := range r.Days {
		for _, file := range d.Damaged {
			notes = append(notes, view.Note{Tag: "damaged", Warn: true, Text: file.Path + ": " + file.Reason})
		}
		for _, found := range d.Differences {
			text := d.Day.Format(time.DateOnly) + ": " + found.String()
			notes = append(notes, view.Note{Tag: "differs", Warn: true, Text: text})
			differences = append(differences, view.Object{
				{ID: "day", Value: d.Day.Format(time.DateOnly)},
				{ID: "of", Value: found.Of},
				{ID: "what", Value: found.What},
				{ID: "source", Value: found.Source},
				{ID: "target", Value: found.Target},
			})
		}
	}
	for _, name := range r.Kept {
		notes = append(notes, view.Note{Tag: "kept", Text: name + " stays what it is in the target"})
	}
	notes = append(notes, view.Note{Text: figures.Count(r.Documents, "document") + ", " +
		figures.Count(len(r.Months), "closed month") + ", audit log entries: " + figures.Int(int64(r.Entries)) + "."}, view.Note{Text: verdict})
	return view.Document{
		Title:    "From " + r.Source + " to " + r.Target,
		Sections: []view.Section{{Table: t}, {Notes: notes}},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.ledger-move/v1"},
			{ID: "from", Value: r.Source},
			{ID: "to", Value: r.Target},
			{ID: "dry_run", Value: r.DryRun},
			{ID: "resumed", Value: r.Resumed},
			{ID: "days", Value: view.Records{Table: t}},
			{ID: "rows", Value: r.Records},
			{ID: "added", Value: r.Changes.Added},
			{ID: "replaced", Value: r.Changes.Replaced},
			{ID: "unchanged", Value: r.Changes.Unchanged},
			{ID: "removed", Value: r.Changes.Removed},
			{ID: "documents", Value: r.Documents},
			{ID: "closed_months", Value: listOf(r.Months)},
			{ID: "audit_entries", Value: r.Entries},
			{ID: "kept", Value: listOf(r.Kept)},
			{ID: "differences", Value: listOf(differences)},
			{ID: "verified", Value: r.OK() && !r.DryRun},
		},
	}
}
