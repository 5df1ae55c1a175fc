package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/collector"
	"microspend/internal/figures"
)

// collectJSON is the document microspend.collect/v1: what a run did.
type collectJSON struct {
	Schema      string            `json:"schema"`
	Source      string            `json:"source"`
	From        *string           `json:"from"`
	To          *string           `json:"to"`
	Targets     int               `json:"targets"`
	Resumed     bool              `json:"resumed"`
	Interrupted bool              `json:"interrupted"`
	Batches     int64             `json:"batches"`
	Reused      int64             `json:"reused"`
	Cost        apiCostJSON       `json:"cost"`
	Records     recordsJSON       `json:"records"`
	Days        int               `json:"days_written"`
	Counts      map[string]int64  `json:"counts"`
	Notes       []string          `json:"notes"`
	Gaps        []gapJSON         `json:"gaps"`
	SetAside    []damagedFileJSON `json:"set_aside,omitempty"`
}

type apiCostJSON struct {
	Calls    int64  `json:"calls"`
	Metrics  int64  `json:"metrics_requested"`
	APIPrice string `json:"api_price"`
}

type recordsJSON struct {
	Read      int64 `json:"read"`
	Added     int64 `json:"added"`
	Replaced  int64 `json:"replaced"`
	Unchanged int64 `json:"unchanged"`
}

type gapJSON struct {
	Account string  `json:"account"`
	Region  string  `json:"region"`
	From    *string `json:"from"`
	To      *string `json:"to"`
	What    string  `json:"what"`
	Reason  string  `json:"reason"`
}

func apiCostOf(c collector.Cost) apiCostJSON {
	return apiCostJSON{c.Calls, c.Metrics, c.APIPrice.String()}
}

func momentOrNil(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := moment(t)
	return &text
}

func gapsJSON(gaps []collector.Gap) []gapJSON {
	out := []gapJSON{}
	for _, g := range gaps {
		out = append(out, gapJSON{
			g.Target.Account, g.Target.Region, momentOrNil(g.Window.From), momentOrNil(g.Window.To), g.What, g.Reason,
		})
	}
	return out
}

// Collection makes the document of what a run of a collector did. Its CSV lists the gaps.
func Collection(s collector.Summary) Document {
	out := collectJSON{
		Schema: "microspend.collect/v1", Source: s.Source, From: momentOrNil(s.From), To: momentOrNil(s.To), Targets: s.Targets,
		Resumed: s.Resumed, Interrupted: s.Interrupted, Batches: s.Batches, Reused: s.Reused, Cost: apiCostOf(s.Cost),
		Records: recordsJSON{s.Changes.Read, s.Changes.Added, s.Changes.Replaced, s.Changes.Unchanged},
		Days:    len(s.Changes.Days), Counts: s.Counts, Notes: append([]string{}, s.Notes...), Gaps: gapsJSON(s.Gaps), SetAside: damagedJSON(s.Changes.SetAside),
	}
	subtitle := "nothing to read"
	if !s.From.IsZero() {
		subtitle = fmt.Sprintf("%s to %s", moment(s.From), moment(s.To))
	}
	d := Document{Title: "Collected from " + s.Source, Subtitle: subtitle, JSON: out, CSV: gapsCSV(s.Gaps)}
	count := func(n int64) string { return figures.Int(n) }
	t := &Table{Columns: []Column{{Title: ""}, {Title: "", Align: Right}}}
	add := func(what, value string) { t.Rows = append(t.Rows, Row{Cells: []string{what, value}}) }
	add("targets (account and region)", fmt.Sprint(s.Targets))
	add("calls made", count(s.Cost.Calls))
	if s.Cost.Metrics > 0 {
		add("metrics requested", count(s.Cost.Metrics))
	}
	add("price of the calls, by plan", "$"+s.Cost.APIPrice.String())
	if s.Reused > 0 {
		add("batches that an interrupted run had read", count(s.Reused))
	}
	add("records added", count(s.Changes.Added))
	add("records replaced", count(s.Changes.Replaced))
	add("records unchanged", count(s.Changes.Unchanged))
	add("days of the ledger written", fmt.Sprint(len(s.Changes.Days)))
	for _, what := range sortedKeys(s.Counts) {
		if n := s.Counts[what]; n > 0 {
			add(what, count(n))
		}
	}
	d.Sections = append(d.Sections, Section{Table: t.view()})
	var notes []Note
	if s.Interrupted {
		notes = append(notes, Note{Tag: "interrupted", Text: "the run was ended before it was through; the next one goes on where it stopped", Warn: true})
	}
	notes = append(append(notes, gapNotes(s.Gaps)...), damagedNotes(s.Changes.SetAside)...)
	for i, note := range s.Notes {
		if i == gapsShown {
			notes = append(notes, Note{Text: fmt.Sprintf("and %d more; --format json lists them", len(s.Notes)-i)})
			break
		}
		notes = append(notes, Note{Tag: "note", Text: note})
	}
	if len(notes) > 0 {
		d.Sections = append(d.Sections, Section{Notes: notes})
	}
	return d
}

// gapsShown is how many gaps a table names. JSON and CSV have them all.
const gapsShown = 20

func gapNotes(gaps []collector.Gap) []Note {
	var notes []Note
	for i, g := range gaps {
		if i == gapsShown {
			notes = append(notes, Note{Tag: "gap", Text: fmt.Sprintf("and %d more; --format csv lists them all", len(gaps)-i), Warn: true})
			break
		}
		notes = append(notes, Note{Tag: "gap", Text: g.String(), Warn: true})
	}
	return notes
}

func gapsCSV(gaps []collector.Gap) [][]string {
	rows := [][]string{{"account", "region", "from", "to", "what", "reason"}}
	for _, g := range gapsJSON(gaps) {
		rows = append(rows, []string{g.Account, g.Region, orEmpty(g.From), orEmpty(g.To), g.What, g.Reason})
	}
	return rows
}

func sortedKeys(counts map[string]int64) []string {
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// collectPlanJSON is the document microspend.collect-plan/v1: what a run would do.
type collectPlanJSON struct {
	Schema  string              `json:"schema"`
	Source  string              `json:"source"`
	Targets []collectTargetJSON `json:"targets"`
	Cost    apiCostJSON         `json:"cost"`
	Notes   []string            `json:"notes"`
	Gaps    []gapJSON           `json:"gaps"`
}

type collectTargetJSON struct {
	Account       string      `json:"account"`
	Region        string      `json:"region"`
	From          *string     `json:"from"`
	To            *string     `json:"to"`
	PeriodSeconds int64       `json:"period_seconds"`
	Batches       int64       `json:"batches"`
	Left          int64       `json:"left_by_earlier_runs"`
	Cost          apiCostJSON `json:"cost"`
}

// CollectionPlan makes the document of what a run of a collector would read, and what its calls would cost.
func CollectionPlan(e collector.Estimate) Document {
	out := collectPlanJSON{
		Schema: "microspend.collect-plan/v1", Source: e.Source, Targets: []collectTargetJSON{}, Cost: apiCostOf(e.Cost),
		Notes: append([]string{}, e.Notes...), Gaps: gapsJSON(e.Gaps),
	}
	d := Document{
		Title: "What collecting from " + e.Source + " would take", Subtitle: "nothing is read or written",
		CSV: [][]string{{"account", "region", "from", "to", "period_seconds", "batches", "calls", "metrics_requested", "api_price"}},
	}
	t := &Table{Columns: []Column{
		{Title: "account and region"},
		{Title: "from (UTC)", Drop: 3},
		{Title: "to (UTC)", Drop: 2},
		{Title: "period", Align: Right, Drop: 1},
		{Title: "calls", Align: Right},
		{Title: "metrics", Align: Right},
		{Title: "price", Align: Decimal},
	}}
	count := func(n int64) string { return figures.Int(n) }
	short := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2006-01-02 15:04")
	}
	for _, target := range e.Targets {
		row := collectTargetJSON{
			target.Target.Account, target.Target.Region, momentOrNil(target.From), momentOrNil(target.To),
			int64(target.Period / time.Second), target.Batches, target.Left, apiCostOf(target.Cost),
		}
		out.Targets = append(out.Targets, row)
		d.CSV = append(d.CSV, []string{
			row.Account, row.Region, orEmpty(row.From), orEmpty(row.To), fmt.Sprint(row.PeriodSeconds), fmt.Sprint(row.Batches),
			fmt.Sprint(row.Cost.Calls), fmt.Sprint(row.Cost.Metrics), row.Cost.APIPrice,
		})
		t.Rows = append(t.Rows, Row{Cells: []string{
			target.Target.String(), short(target.From), short(target.To), collector.Short(target.Period),
			count(target.Cost.Calls), count(target.Cost.Metrics), "$" + target.Cost.APIPrice.String(),
		}})
	}
	t.Rows = append(t.Rows, Row{Kind: Total, Cells: []string{
		"total", "", "", "", count(e.Cost.Calls), count(e.Cost.Metrics), "$" + e.Cost.APIPrice.String(),
	}})
	var notes []Note
	for _, note := range e.Notes {
		tag, text, found := strings.Cut(note, ": ")
		if !found {
			tag, text = "note", note
		}
		notes = append(notes, Note{Tag: tag, Text: text})
	}
	d.JSON = out
	d.Sections = []Section{{Table: t.view()}, {Notes: append(notes, gapNotes(e.Gaps)...)}}
	return d
}
