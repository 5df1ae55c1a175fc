package report

import (
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/internal/figures"
	"microspend/ledger/audit"
	"microspend/view"
)

// LedgerAudit makes the document of a ledger's audit log and of what does not hold.
func LedgerAudit(dir string, found audit.Result) view.Document {
	t := view.NewTable(auditColumns, found.Entries, nil)
	verdict := "the log verifies"
	if !found.OK() {
		verdict = "the log does not verify"
	}
	summary := view.Section{Notes: []view.Note{{Text: verdict + "; entries: " + figures.Int(found.Count)}}}
	if found.Head != "" {
		summary.Notes = append(summary.Notes, view.Note{Tag: "head", Text: found.Head})
	}
	var faults []view.Object
	for _, f := range found.Faults {
		note := view.Note{Tag: "fault", Text: f.String(), Warn: true}
		if f.Acknowledged {
			note.Tag, note.Warn = "acknowledged", false
		}
		summary.Notes = append(summary.Notes, note)
		faults = append(faults, view.Object{
			{ID: "where", Value: f.Where}, {ID: "reason", Value: f.Reason}, {ID: "acknowledged", Value: f.Acknowledged},
		})
	}
	for _, path := range found.Unfinished {
		summary.Notes = append(summary.Notes, view.Note{Tag: "unfinished", Text: path +
			" was announced and is not changed yet: a writer is at work, or was ended and the next one completes the log"})
	}
	if !found.OK() {
		summary.Notes = append(summary.Notes, view.Note{Text: "Find out what happened, then record it: " +
			"microspend ledger audit --acknowledge REASON."})
	}
	sections := []view.Section{summary}
	if len(found.Entries) > 0 {
		sections = []view.Section{{Table: t}, summary}
	}
	return view.Document{
		Title: "Audit log of the ledger in " + dir, Sections: sections, Data: t,
		JSON: view.Object{
			{ID: "schema", Value: "microspend.ledger-audit/v1"},
			{ID: "verified", Value: found.OK()},
			{ID: "count", Value: found.Count},
			{ID: "head", Value: found.Head},
			{ID: "faults", Value: listOf(faults)},
			{ID: "unfinished", Value: listOf(found.Unfinished)},
			{ID: "entries", Value: auditEntries(found.Entries)},
		},
	}
}

// auditEntries are entries as the log has them, each with its hash.
func auditEntries(entries []audit.Entry) []any {
	out := make([]any, len(entries))
	for i, e := range entries {
		out[i] = struct {
			audit.Entry
			Hash string `json:"sha256"`
		}{e, e.Hash}
	}
	return out
}

func listOf[T any](list []T) []T {
	if list == nil {
		return []T{} // which JSON has as [] and not as null
	}
	return list
}

var auditColumns = []view.Column[audit.Entry]{
	{ID: "seq", Title: "entry", Align: view.Right, Value: func(e audit.Entry) view.Value { return view.Count(e.Seq) }},
	{ID: "at", Title: "at", Unit: "(UTC)", Value: func(e audit.Entry) view.Value {
		return view.Moment(e.At).Shown(e.At.Format(time.DateTime))
	}},
	{ID: "user", Title: "user", Value: func(e audit.Entry) view.Value { return view.Text(e.User) }},
	{ID: "host", Title: "host", Drop: 5, Shrink: true, Value: func(e audit.Entry) view.Value { return view.Text(e.Host) }},
	{ID: "action", Title: "action", Value: func(e audit.Entry) view.Value { return view.Text(e.Action) }},
	{ID: "from", Title: "from", Shrink: true, Value: func(e audit.Entry) view.Value { return view.Text(auditSource(e)) }},
	{ID: "records", Title: "records", Shrink: true, Drop: 3, Value: func(e audit.Entry) view.Value {
		return view.Text(auditCounts(e))
	}},
	{ID: "changed", Title: "changed", Drop: 1, Value: func(e audit.Entry) view.Value {
		return view.Text(auditChanges(e.Changes))
	}},
	{ID: "note", Title: "note", Shrink: true, Drop: 4, Value: func(e audit.Entry) view.Value { return view.Text(e.Note) }},
	{ID: "command", Scope: view.Data, Value: func(e audit.Entry) view.Value {
		return view.Text(strings.Join(e.Command, " "))
	}},
	{ID: "version", Scope: view.Data, Value: func(e audit.Entry) view.Value { return view.Text(e.Version) }},
	{ID: "commit", Scope: view.Data, Value: func(e audit.Entry) view.Value { return view.Text(e.Commit) }},
	{ID: "prev", Scope: view.Data, Value: func(e audit.Entry) view.Value { return view.Text(e.Prev) }},
	{ID: "sha256", Scope: view.Data, Value: func(e audit.Entry) view.Value { return view.Text(e.Hash) }},
}

func auditSource(e audit.Entry) string {
	from := slices.Clone(e.Targets)
	for _, f := range e.Files {
		from = append(from, f.Name)
	}
	return strings.Join(from, ", ")
}

func auditCounts(e audit.Entry) string {
	var texts []string
	for _, what := range slices.Sorted(maps.Keys(e.Counts)) {
		if what != "read" {
			texts = append(texts, figures.Int(e.Counts[what])+" "+what)
		}
	}
	return strings.Join(texts, ", ")
}

// auditChanges names days from the first to the last, whether or not all between were changed, and everything else by
// its folder.
func auditChanges(changes []audit.Change) string {
	var days, others []string
	for _, c := range changes {
		if day, ok := c.Day(); ok {
			days = append(days, day)
		} else {
			others = append(others, strings.TrimSuffix(c.Path, "/closing.json"))
		}
	}
	slices.Sort(days)
	switch len(days) {
	case 0:
	case 1:
		others = append([]string{days[0]}, others...)
	default:
		others = append([]string{days[0] + " to " + days[len(days)-1]}, others...)
	}
	return strings.Join(others, ", ")
}
