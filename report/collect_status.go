package report

import (
	"cmp"
	"fmt"
	"time"

	"microspend/collector"
	"microspend/collector/status"
	"microspend/internal/figures"
	"microspend/view"
)

// CollectStatus makes the document of how collecting into a ledger is going, with what somebody should look at. Its CSV
// has a line per source, account and region.
func CollectStatus(s status.Status, problems []string) view.Document {
	var lines []statusLine
	for _, of := range s.Sources {
		for _, t := range of.Targets {
			lines = append(lines, statusLine{of, t})
		}
	}
	d := view.Document{
		Title: "Collecting into " + s.Ledger, Subtitle: "as of " + view.Moment(s.At).String(),
		Data: view.NewTable(statusColumns, lines, nil),
		JSON: view.Object{
			{ID: "schema", Value: "microspend.collect-status/v1"},
			{ID: "at", Value: view.Moment(s.At)},
			{ID: "ledger", Value: s.Ledger},
			{ID: "ok", Value: len(problems) == 0},
			{ID: "problems", Value: append([]string{}, problems...)},
			{ID: "running", Value: s.Running},
			{ID: "holder", Value: s.Holder},
			{ID: "damaged_days", Value: damagedDaysJSON(s)},
			{ID: "sources", Value: sourcesJSON(s.Sources)},
		},
	}
	if len(lines) > 0 {
		d.Add(view.Section{Table: view.NewTable(statusColumns, lines, nil)})
	}
	for _, of := range s.Sources {
		d.Add(view.Section{Heading: of.Name, Table: view.NewTable(factColumns, sourceFacts(of), nil)})
	}
	var notes []view.Note
	if s.Running {
		notes = append(notes, view.Note{Tag: "running", Text: "the ledger is held by " + orUnnamed(s.Holder)})
	}
	for _, text := range problems {
		notes = append(notes, view.Note{Tag: "problem", Text: text, Warn: true})
	}
	for _, l := range lines {
		for i, k := range l.target.Unaccepted {
			if i == fewQuarantined {
				notes = append(notes, view.Note{Tag: "quarantined", Text: fmt.Sprintf("and %s more of %s; --format json lists them",
					figures.Int(len(l.target.Unaccepted)-i), l.target.Target)})
				break
			}
			notes = append(notes, view.Note{Tag: "quarantined", Text: k.String()})
		}
	}
	if len(problems) == 0 {
		notes = append(notes, view.Note{Text: "all is well"})
	}
	d.Add(view.Section{Notes: notes})
	return d
}

// targetError is why a target could not be read last; "" where it could.
func targetError(t status.Target) string { return cmp.Or(t.Fault, t.Trouble) }

// fewQuarantined is how many of a target a table names.
const fewQuarantined = 5

func orUnnamed(holder string) string {
	if holder == "" {
		return "a process that has not named itself"
	}
	return holder
}

// statusLine is a target in the table of all.
type statusLine struct {
	source status.Source
	target status.Target
}

var statusColumns = func() []view.Column[statusLine] {
	short := func(at time.Time) view.Value {
		if at.IsZero() {
			return view.Value{}
		}
		return view.Moment(at).Shown(at.UTC().Format("01-02 15:04"))
	}
	return []view.Column[statusLine]{
		{ID: "source", Title: "source", Drop: 1, Value: func(l statusLine) view.Value { return view.Text(l.source.Name) }},
		{ID: "account", Scope: view.Data, Value: func(l statusLine) view.Value { return view.Text(l.target.Target.Account) }},
		{ID: "region", Scope: view.Data, Value: func(l statusLine) view.Value { return view.Text(l.target.Target.Region) }},
		{Title: "account and region", Scope: view.People, Value: func(l statusLine) view.Value {
			return view.Text(l.target.Target.String())
		}},
		{ID: "configured", Scope: view.Data, Value: func(l statusLine) view.Value { return view.Bool(l.target.Configured) }},
		{ID: "last_success", Title: "success", Unit: "(UTC)", Drop: 3, Value: func(l statusLine) view.Value {
			return short(l.target.Success)
		}},
		{
			ID:    "last_attempt",
			Scope: view.Data,
			Value: func(l statusLine) view.Value { return momentOrNone(l.target.Attempted) },
		},
		{ID: "error", Scope: view.Data, Value: func(l statusLine) view.Value { return view.Text(targetError(l.target)) }},
		// The first to go where there is no room, as behind says the same.
		{ID: "read_through", Title: "read through", Unit: "(UTC)", Drop: 4, Value: func(l statusLine) view.Value {
			return short(l.target.Through)
		}},
		{ID: "behind_seconds", Title: "behind", Align: view.Right, Value: func(l statusLine) view.Value {
			if l.target.Through.IsZero() {
				return view.Value{}
			}
			return view.Count(int64(l.target.Behind / time.Second)).Shown(status.Age(l.target.Behind))
		}},
		{ID: "open_gaps", Title: "gaps", Align: view.Right, Value: func(l statusLine) view.Value {
			return view.Count(len(l.target.Open))
		}},
		{
			ID:    "accepted_gaps",
			Scope: view.Data,
			Value: func(l statusLine) view.Value { return view.Count(l.target.Accepted) },
		},
		{ID: "open_gap_seconds", Scope: view.Data, Value: func(l statusLine) view.Value {
			return view.Count(l.target.OpenSeconds())
		}},
		{ID: "oldest_gap", Scope: view.Data, Value: func(l statusLine) view.Value { return momentOrNone(l.target.Oldest()) }},
		{ID: "next_retry", Scope: view.Data, Value: func(l statusLine) view.Value { return momentOrNone(l.target.Retry) }},
		{ID: "pending_batches", Scope: view.Data, Value: func(l statusLine) view.Value {
			return view.Count(len(l.target.Pending))
		}},
		{ID: "quarantined", Title: "quarantined", Align: view.Right, Drop: 1, Value: func(l statusLine) view.Value {
			return view.Count(int64(len(l.target.Unaccepted)) + l.target.QuarantinedBeyond)
		}},
		{
			ID:    "calls_today",
			Scope: view.Data,
			Value: func(l statusLine) view.Value { return view.Count(l.target.Today.Calls) },
		},
		{ID: "api_price_today", Scope: view.Data, Value: func(l statusLine) view.Value { return apiPrice(l.target.Today) }},
		{ID: "calls_this_month", Scope: view.Data, Value: func(l statusLine) view.Value {
			return view.Count(l.target.Month.Calls)
		}},
		{
			ID:    "api_price_this_month",
			Scope: view.Data,
			Value: func(l statusLine) view.Value { return apiPrice(l.target.Month) },
		},
	}
}()

// sourceFacts are the lines of a source for people.
func sourceFacts(s status.Source) []fact {
	var facts []fact
	if s.State != nil {
		last := s.State.Last
		facts = append(facts, fact{"last run", view.Moment(last.Began)}, fact{"it ended", view.Text(last.Result)},
			fact{"its API calls", view.Count(last.Cost.Calls)}, fact{"their price", apiPrice(last.Cost)})
		if !s.Next.IsZero() {
			facts = append(facts, fact{"next run", view.Moment(s.Next)})
		}
	}
	return append(facts,
		fact{"API calls today", view.Count(s.Today.Calls)}, fact{"their price", apiPrice(s.Today)},
		fact{"API calls this month", view.Count(s.Month.Calls)}, fact{"their price", apiPrice(s.Month)})
}

func sourcesJSON(sources []status.Source) []view.Object {
	all := []view.Object{}
	for _, s := range sources {
		o := view.Object{
			{ID: "source", Value: s.Name},
			{ID: "max_age_seconds", Value: int64(s.MaxAge / time.Second)},
			{ID: "next_run", Value: momentOrNone(s.Next)},
			{ID: "spent", Value: view.Object{
				{ID: "today", Value: apiCost(s.Today)},
				{ID: "this_month", Value: apiCost(s.Month)},
			}},
			{ID: "targets", Value: targetsJSON(s)},
		}
		if s.State != nil {
			last := s.State.Last
			o = append(o, view.Field{ID: "every_seconds", Value: int64(s.State.Every / time.Second)},
				view.Field{ID: "last_run", Value: view.Object{
					{ID: "began", Value: view.Moment(last.Began)},
					{ID: "ended", Value: view.Moment(last.Ended)},
					{ID: "result", Value: string(last.Result)},
					{ID: "error", Value: last.Error},
					{ID: "cost", Value: apiCost(last.Cost)},
					{ID: "records", Value: last.Records},
					{ID: "gaps", Value: last.Gaps},
					{ID: "quarantined", Value: last.Quarantined},
				}})
		}
		all = append(all, o.With(s.Fault != "", "fault", s.Fault))
	}
	return all
}

func targetsJSON(s status.Source) []view.Object {
	all := []view.Object{}
	for _, t := range s.Targets {
		o := view.ObjectOf(statusColumns, statusLine{s, t})
		all = append(all, append(o, view.Field{ID: "quarantined_list", Value: view.Records{
			Table: view.NewTable(findingColumns, quarantineLines(s.Name, t.Quarantined), nil),
		}}))
	}
	return all
}

// Finding is an open gap or something quarantined, in one list.
type Finding struct {
	Source string
	Kind   string // gap, owed or quarantined
	collector.Gap
	ID       string
	Times    int64 // how often it was met
	First    time.Time
	Last     time.Time // of what is quarantined
	Next     time.Time // when a gap is asked for again
	Accepted time.Time
	Because  string
}

// GapFinding is a gap in a list of findings.
func GapFinding(source string, g collector.OpenGap) Finding {
	return Finding{
		Source: source, Kind: "gap", Gap: g.Gap, ID: g.ID, Times: int64(g.Tries), First: g.First, Next: g.Next,
		Accepted: g.Accepted, Because: g.Because,
	}
}

// OwedFinding is a time that was passed over in a list of findings.
func OwedFinding(source string, g collector.OpenGap) Finding {
	f := GapFinding(source, g)
	f.Kind = "owed"
	return f
}

// QuarantineFinding is something quarantined in a list of findings.
func QuarantineFinding(source string, k collector.KnownQuarantine) Finding {
	return Finding{
		Source: source, Kind: "quarantined", ID: k.ID, Times: k.Times, First: k.First, Last: k.Last,
		Gap:      collector.Gap{Target: k.Target, Window: k.Window, What: k.What, Reason: k.Reason},
		Accepted: k.Accepted, Because: k.Because,
	}
}

func quarantineLines(source string, all []collector.KnownQuarantine) (lines []Finding) {
	for _, k := range all {
		lines = append(lines, QuarantineFinding(source, k))
	}
	return lines
}

// Findings makes the document of a list of gaps and of what is quarantined.
func Findings(title string, all []Finding) view.Document {
	d := view.Document{
		Title: title, Subtitle: figures.Count(len(all), "finding"),
		JSON: view.Object{
			{ID: "schema", Value: "microspend.collect-gaps/v1"},
			{ID: "findings", Value: view.Records{Table: view.NewTable(findingColumns, all, nil)}},
		},
		Data: view.NewTable(findingColumns, all, nil),
	}
	if len(all) > 0 {
		d.Add(view.Section{Table: d.Data})
	}
	var notes []view.Note
	for _, f := range all {
		text := f.What
		if text != "" {
			text += ": "
		}
		text += f.Reason
		switch {
		case !f.Accepted.IsZero():
			text += "; accepted because " + f.Because
		case f.Kind == "owed":
		case f.Kind == "gap" && f.Next.IsZero():
			text += fmt.Sprintf("; tried %s", figures.Count(f.Times, "time"))
		case f.Kind == "gap":
			text += fmt.Sprintf("; tried %s, next retry after %s", figures.Count(f.Times, "time"), f.Next.Format(time.RFC3339))
		default:
			text += fmt.Sprintf("; met %s, last on %s", figures.Count(f.Times, "time"), f.Last.Format(time.RFC3339))
		}
		notes = append(notes, view.Note{Tag: f.ID, Text: text})
	}
	d.Add(view.Section{Notes: notes})
	return d
}

var findingColumns = func() []view.Column[Finding] {
	short := func(at time.Time) view.Value {
		if at.IsZero() {
			return view.Value{}
		}
		return view.Moment(at).Shown(at.UTC().Format("2006-01-02 15:04"))
	}
	return []view.Column[Finding]{
		{ID: "id", Title: "id", Value: func(f Finding) view.Value { return view.Text(f.ID) }},
		{ID: "kind", Scope: view.Data, Value: func(f Finding) view.Value { return view.Text(f.Kind) }},
		{ID: "source", Title: "source", Drop: 4, Value: func(f Finding) view.Value { return view.Text(f.Source) }},
		{ID: "account", Scope: view.Data, Value: func(f Finding) view.Value { return view.Text(f.Target.Account) }},
		{ID: "region", Scope: view.Data, Value: func(f Finding) view.Value { return view.Text(f.Target.Region) }},
		{Title: "account and region", Scope: view.People, Drop: 2, Value: func(f Finding) view.Value {
			return view.Text(f.Target.String())
		}},
		{ID: "from", Title: "from", Unit: "(UTC)", Value: func(f Finding) view.Value { return short(f.Window.From) }},
		{ID: "to", Title: "to", Unit: "(UTC)", Value: func(f Finding) view.Value { return short(f.Window.To) }},
		{ID: "what", Scope: view.Data, Value: func(f Finding) view.Value { return view.Text(f.What) }},
		{ID: "reason", Scope: view.Data, Value: func(f Finding) view.Value { return view.Text(f.Reason) }},
		{ID: "times", Scope: view.Data, Value: func(f Finding) view.Value { return view.Count(f.Times) }},
		{ID: "first", Scope: view.Data, Value: func(f Finding) view.Value { return momentOrNone(f.First) }},
		{ID: "last", Scope: view.Data, Value: func(f Finding) view.Value { return momentOrNone(f.Last) }},
		{ID: "next_retry", Scope: view.Data, Value: func(f Finding) view.Value { return momentOrNone(f.Next) }},
		{ID: "accepted", Scope: view.Data, Value: func(f Finding) view.Value { return momentOrNone(f.Accepted) }},
		{ID: "because", Scope: view.Data, Value: func(f Finding) view.Value { return view.Text(f.Because) }},
	}
}()

func damagedDaysJSON(s status.Status) []any {
	all := []any{}
	for _, day := range s.Damaged {
		all = append(all, view.Object{
			{ID: "day", Value: day.Day.Format(time.DateOnly)}, {ID: "file", Value: day.File}, {ID: "reason", Value: day.Reason},
		})
	}
	return all
}
