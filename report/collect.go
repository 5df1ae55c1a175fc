package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/collector"
	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/view"
)

// Collection makes the document of what a run of a collector did. Its CSV lists the gaps.
func Collection(s collector.Summary) view.Document {
	d := view.Document{
		Title: "Collected from " + s.Source, Subtitle: "nothing to read",
		Sections: []view.Section{{Table: view.NewTable(factColumns, collectionFacts(s), nil)}},
		Data:     findingTable(s),
		JSON: view.Object{
			{ID: "schema", Value: "microspend.collect/v1"},
			{ID: "source", Value: s.Source},
			{ID: "from", Value: momentOrNone(s.From)},
			{ID: "to", Value: momentOrNone(s.To)},
			{ID: "targets", Value: s.Targets},
			{ID: "resumed", Value: s.Resumed},
			{ID: "interrupted", Value: s.Interrupted},
			{ID: "result", Value: string(s.Result(nil))},
			{ID: "batches", Value: s.Batches},
			{ID: "reused", Value: s.Reused},
			{ID: "cost", Value: apiCost(s.Cost)},
			{ID: "spent", Value: apiCost(s.Spent)},
			{ID: "records", Value: view.Object{
				{ID: "read", Value: s.Changes.Read},
				{ID: "added", Value: s.Changes.Added},
				{ID: "replaced", Value: s.Changes.Replaced},
				{ID: "unchanged", Value: s.Changes.Unchanged},
			}},
			{ID: "days_written", Value: len(s.Changes.Days)},
			{ID: "counts", Value: s.Counts},
			{ID: "notes", Value: append([]string{}, s.Notes...)},
			{ID: "gaps", Value: view.Records{Table: gapTable(s.Gaps)}},
			{ID: "quarantined", Value: view.Records{Table: gapTable(asGaps(s.Quarantined))}},
			{ID: "quarantined_before", Value: s.KnownQuarantined},
		}.With(len(s.Changes.SetAside) > 0, "set_aside", damagedFiles(s.Changes.SetAside)),
	}
	if !s.From.IsZero() {
		d.Subtitle = view.Moment(s.From).String() + " to " + view.Moment(s.To).String()
		if span := civil.Between(s.From, s.To); span.WholeDays(time.UTC) {
			d.Subtitle = span.Label(time.UTC)
		}
	}
	var notes []view.Note
	switch {
	case s.Stopped != nil:
		notes = append(notes, view.Note{Tag: "stopped", Warn: true, Text: s.Stopped.Error()})
	case s.Interrupted:
		notes = append(notes, view.Note{
			Tag: "interrupted", Warn: true,
			Text: "the run was ended before it was through; the next one goes on where it stopped",
		})
	}
	notes = append(append(notes, gapNotes("gap", s.Gaps)...), gapNotes("quarantined", asGaps(s.Quarantined))...)
	notes = append(notes, damagedNotes(s.Changes.SetAside)...)
	for i, note := range s.Notes {
		if i == gapsShown {
			notes = append(notes, view.Note{Text: fmt.Sprintf("and %d more; --format json lists them", len(s.Notes)-i)})
			break
		}
		notes = append(notes, view.Note{Tag: "note", Text: note})
	}
	if len(notes) > 0 {
		d.Sections = append(d.Sections, view.Section{Notes: notes})
	}
	return d
}

// fact is a line of a summary for people.
type fact struct {
	what  string
	value view.Value
}

var factColumns = []view.Column[fact]{
	{Value: func(f fact) view.Value { return view.Text(f.what) }},
	{Align: view.Right, Value: func(f fact) view.Value { return f.value }},
}

func collectionFacts(s collector.Summary) []fact {
	facts := []fact{
		{"targets (account and region)", view.Count(s.Targets)},
		{"calls made", view.Count(s.Cost.Calls)},
	}
	if s.Cost.Metrics > 0 {
		facts = append(facts, fact{"metrics requested", view.Count(s.Cost.Metrics)})
	}
	facts = append(facts, fact{"price of the calls, by plan", apiPrice(s.Cost)})
	if s.Reused > 0 {
		facts = append(facts, fact{"batches that an interrupted run had read", view.Count(s.Reused)})
	}
	facts = append(
		facts,
		fact{"records added", view.Count(s.Changes.Added)},
		fact{"records replaced", view.Count(s.Changes.Replaced)},
		fact{"records unchanged", view.Count(s.Changes.Unchanged)},
		fact{"days of the ledger written", view.Count(len(s.Changes.Days))},
	)
	for _, what := range slices.Sorted(maps.Keys(s.Counts)) {
		if n := s.Counts[what]; n > 0 {
			facts = append(facts, fact{what, view.Count(n)})
		}
	}
	if s.KnownQuarantined > 0 {
		facts = append(facts, fact{"quarantined as in earlier runs", view.Count(s.KnownQuarantined)})
	}
	return facts
}

func apiCost(c collector.Cost) view.Object {
	return view.Object{
		{ID: "calls", Value: c.Calls},
		{ID: "metrics_requested", Value: c.Metrics},
		{ID: "api_price", Value: c.APIPrice},
	}
}

// apiPrice is shown in full, as most calls cost fractions of a cent.
func apiPrice(c collector.Cost) view.Value {
	return view.Exact(c.APIPrice).Shown("$" + c.APIPrice.String())
}

// gapsShown is how many gaps a table names. JSON and CSV have them all.
const gapsShown = 20

func gapNotes(tag string, gaps []collector.Gap) []view.Note {
	var notes []view.Note
	for i, g := range gaps {
		if i == gapsShown {
			return append(notes, view.Note{
				Tag: tag, Warn: true,
				Text: fmt.Sprintf("and %d more; --format csv lists them all", len(gaps)-i),
			})
		}
		notes = append(notes, view.Note{Tag: tag, Text: g.String(), Warn: true})
	}
	return notes
}

func gapTable(gaps []collector.Gap) *view.Table { return view.NewTable(gapColumns, gaps, nil) }

// asGaps shows what is quarantined in the columns of gaps.
func asGaps(quarantined []collector.Quarantine) []collector.Gap {
	var gaps []collector.Gap
	for _, q := range quarantined {
		gaps = append(gaps, collector.Gap{Target: q.Target, Window: q.Window, What: q.What, Reason: q.Reason})
	}
	return gaps
}

var gapColumns = []view.Column[collector.Gap]{
	{ID: "account", Value: func(g collector.Gap) view.Value { return view.Text(g.Target.Account) }},
	{ID: "region", Value: func(g collector.Gap) view.Value { return view.Text(g.Target.Region) }},
	{ID: "from", Value: func(g collector.Gap) view.Value { return momentOrNone(g.Window.From) }},
	{ID: "to", Value: func(g collector.Gap) view.Value { return momentOrNone(g.Window.To) }},
	{ID: "what", Value: func(g collector.Gap) view.Value { return view.Text(g.What) }},
	{ID: "reason", Value: func(g collector.Gap) view.Value { return view.Text(g.Reason) }},
}

// finding is a gap, or what is quarantined.
type finding struct {
	collector.Gap
	kind string
}

// findingTable lists what is not in the ledger.
func findingTable(s collector.Summary) *view.Table {
	var columns []view.Column[finding]
	for _, c := range gapColumns {
		columns = append(columns, view.Column[finding]{ID: c.ID, Value: func(f finding) view.Value { return c.Value(f.Gap) }})
	}
	columns = append(columns, view.Column[finding]{
		ID: "kind", Value: func(f finding) view.Value { return view.Text(f.kind) },
	})
	var all []finding
	for _, g := range s.Gaps {
		all = append(all, finding{g, "gap"})
	}
	for _, g := range asGaps(s.Quarantined) {
		all = append(all, finding{g, "quarantined"})
	}
	return view.NewTable(columns, all, nil)
}

// CollectionPlan makes the document of what a run of a collector would read, and what its calls would cost.
func CollectionPlan(e collector.Estimate) view.Document {
	t := view.NewTable(targetColumns, e.Targets, nil)
	total := view.RowOf(targetColumns, collector.TargetEstimate{Cost: e.Cost}, nil)
	total.Kind = view.Total
	for i, c := range targetColumns {
		switch c.ID {
		case "": // the first for people
			total.Cells[i] = view.Text("total")
		case "period_seconds":
			total.Cells[i] = view.Value{}
		}
	}
	t.Add(total)
	notes := scheduleNotes(e.Every)
	for _, note := range e.Notes {
		tag, text, found := strings.Cut(note, ": ")
		if !found {
			tag, text = "note", note
		}
		notes = append(notes, view.Note{Tag: tag, Text: text})
	}
	return view.Document{
		Title: "What collecting from " + e.Source + " would take", Subtitle: "nothing is read or written",
		Sections: []view.Section{{Table: t}, {Notes: append(notes, gapNotes("gap", e.Gaps)...)}},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.collect-plan/v1"},
			{ID: "source", Value: e.Source},
			{ID: "targets", Value: view.Records{Table: t}},
			{ID: "cost", Value: apiCost(e.Cost)},
			{ID: "notes", Value: append([]string{}, e.Notes...)},
			{ID: "gaps", Value: view.Records{Table: gapTable(e.Gaps)}},
		}.With(e.Every != nil, "every", schedule(e.Every)),
	}
}

// schedule is what a day and a month of runs would take.
func schedule(s *collector.Schedule) view.Object {
	if s == nil {
		return nil
	}
	return view.Object{
		{ID: "interval_seconds", Value: int64(s.Interval / time.Second)},
		{ID: "runs_per_day", Value: s.Runs},
		{ID: "rereads_per_day", Value: s.Rereads},
		{ID: "day", Value: apiCost(s.Day)},
		{ID: "month_of_30_days", Value: apiCost(s.Month())},
	}
}

func scheduleNotes(s *collector.Schedule) []view.Note {
	if s == nil {
		return nil
	}
	text := fmt.Sprintf("once that is read, %s runs a day make %s calls for $%s a day, $%s in 30 days",
		figures.Int(s.Runs), figures.Int(s.Day.Calls), s.Day.APIPrice, s.Month().APIPrice)
	if s.Rereads > 0 && s.Rereads < s.Runs {
		text += fmt.Sprintf("; %s of them read the whole overlap again", figures.Int(s.Rereads))
	}
	return []view.Note{{Tag: "every " + collector.Short(s.Interval), Text: text}}
}

var targetColumns = func() []view.Column[collector.TargetEstimate] {
	type target = collector.TargetEstimate
	short := func(t time.Time) view.Value {
		if t.IsZero() {
			return view.Value{}
		}
		return view.Moment(t).Shown(t.UTC().Format("2006-01-02 15:04"))
	}
	const inCSV = view.People | view.CSVOnly // in JSON, what calls cost is an object
	return []view.Column[target]{
		{ID: "account", Scope: view.Data, Value: func(t target) view.Value { return view.Text(t.Target.Account) }},
		{ID: "region", Scope: view.Data, Value: func(t target) view.Value { return view.Text(t.Target.Region) }},
		{Title: "account and region", Scope: view.People, Value: func(t target) view.Value {
			return view.Text(t.Target.String())
		}},
		{ID: "from", Title: "from", Unit: "(UTC)", Drop: 3, Value: func(t target) view.Value { return short(t.From) }},
		{ID: "to", Title: "to", Unit: "(UTC)", Drop: 2, Value: func(t target) view.Value { return short(t.To) }},
		{ID: "period_seconds", Title: "period", Align: view.Right, Drop: 1, Value: func(t target) view.Value {
			return view.Count(int64(t.Period / time.Second)).Shown(collector.Short(t.Period))
		}},
		{ID: "batches", Scope: view.Data, Value: func(t target) view.Value { return view.Count(t.Batches) }},
		{ID: "left_by_earlier_runs", Scope: view.JSONOnly, Value: func(t target) view.Value { return view.Count(t.Left) }},
		{ID: "cost", Scope: view.JSONOnly, Value: func(t target) view.Value { return view.Nested(apiCost(t.Cost)) }},
		{ID: "calls", Title: "calls", Align: view.Right, Scope: inCSV, Value: func(t target) view.Value {
			return view.Count(t.Cost.Calls)
		}},
		{ID: "metrics_requested", Title: "metrics", Align: view.Right, Scope: inCSV, Value: func(t target) view.Value {
			return view.Count(t.Cost.Metrics)
		}},
		{ID: "api_price", Title: "price", Align: view.Decimal, Scope: inCSV, Value: func(t target) view.Value {
			return apiPrice(t.Cost)
		}},
	}
}()
