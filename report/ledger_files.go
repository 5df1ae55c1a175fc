package report

import (
	"time"

	"microspend/ledger"
	"microspend/view"
)

// LedgerFiles makes the document of the files that are in force.
func LedgerFiles(name string, files []ledger.File, damaged []ledger.DamagedFile) view.Document {
	t := view.NewTable(ledgerFileColumns, files, nil)
	return view.Document{
		Title:    "Files in force of " + name,
		Sections: []view.Section{{Table: t}, {Notes: damagedNotes(damaged)}},
		JSON: withDamaged(view.Object{
			{ID: "schema", Value: "microspend.files/v1"},
			{ID: "files", Value: view.Records{Table: t}},
		}, damaged),
	}
}

var ledgerFileColumns = []view.Column[ledger.File]{
	{ID: "day", Title: "day", Unit: "(UTC)", Value: func(f ledger.File) view.Value { return view.Day(f.Day, time.UTC) }},
	{ID: "file", Title: "file", Value: func(f ledger.File) view.Value { return view.Text(f.Location) }},
	{ID: "rows", Title: "rows", Align: view.Right, Value: func(f ledger.File) view.Value { return view.Count(f.Rows) }},
	{ID: "bytes", Title: "bytes", Align: view.Right, Value: func(f ledger.File) view.Value { return view.Count(f.Bytes) }},
	{ID: "sha256", Title: "SHA-256", Drop: 1, Value: func(f ledger.File) view.Value { return view.Text(f.SHA256) }},
}
