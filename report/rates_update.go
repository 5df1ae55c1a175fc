package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/collector/prices"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// Against is a workload's estimate before an update of the rates and after it, nil where a rate is not known.
type Against struct {
	File          string
	Workload      *scenarios.Scenario
	Before, After *scenarios.Estimate
}

// mostChanges are listed for people; programs get all of them.
const mostChanges = 40

// RatesUpdate makes the document of what an update of the rates changed, and what that moves.
func RatesUpdate(result prices.Result, dryRun bool, against *Against) view.Document {
	var changes []ratesChange
	var unchanged []string
	outcomes := slices.Clone(result.Outcomes)
	for _, o := range result.Outcomes {
		for _, change := range o.Changes {
			changes = append(changes, ratesChange{o, change})
		}
	}
	shown := slices.DeleteFunc(slices.Clone(outcomes), func(o prices.Outcome) bool {
		quiet := o.Status == prices.NotModified || o.Status == prices.NotListed
		if o.Status == prices.NotModified {
			unchanged = append(unchanged, o.Region+" "+o.Service)
		}
		return quiet
	})
	all := view.NewTable(ratesChangeColumns, changes, nil)
	files := view.NewTable(updateColumns, outcomes, nil)
	d := view.Document{Data: all, JSON: view.Object{
		{ID: "schema", Value: "microspend.rates-update/v1"},
		{ID: "mirror", Value: result.Mirror},
		{ID: "dry_run", Value: dryRun},
		{ID: "services", Value: view.Records{Table: files}},
		{ID: "changes", Value: view.Records{Table: all}},
		{ID: "history", Value: historyObjects(result.History)},
		{ID: "savings_plans", Value: planObjects(result.Plans)},
	}}
	if len(changes) > 0 {
		some := view.NewTable(ratesChangeColumns, changes[:min(len(changes), mostChanges)], nil)
		section := view.Section{Heading: "What changed", Table: some}
		if more := len(changes) - mostChanges; more > 0 {
			section.Notes = plainNotes(
				fmt.Sprintf("and %s more; --format csv lists all.", figures.Grouped(decimal.NewFromInt(int64(more)))),
			)
		}
		d.Add(section)
	}
	if len(shown) > 0 {
		d.Add(
			view.Section{Heading: "What was read", Table: view.NewTable(updateColumns, shown, func(o prices.Outcome) view.Look {
				return view.Look{Warn: o.Err != nil}
			})},
		)
	}
	var notes []string
	if len(changes) == 0 && len(shown) == 0 && len(unchanged) > 0 {
		notes = append(notes, "Nothing has changed since the last update.")
	} else if len(unchanged) > 0 {
		notes = append(notes, "Not modified since the last update: "+strings.Join(unchanged, ", ")+".")
	}
	notes = append(notes, historyNotes(result.History)...)
	notes = append(notes, planNotes(result.Plans)...)
	if dryRun {
		notes = append(notes, "A dry run: nothing was stored.")
	}
	if len(notes) > 0 {
		d.Add(view.Section{Notes: plainNotes(notes...)})
	}
	if against != nil {
		addAgainst(&d, against)
	}
	return d
}

type ratesChange struct {
	outcome prices.Outcome
	prices.Change
}

var ratesChangeColumns = []view.Column[ratesChange]{
	{ID: "region", Title: "region", Value: func(c ratesChange) view.Value { return view.Text(c.outcome.Region) }},
	{ID: "service", Title: "service", Value: func(c ratesChange) view.Value { return view.Text(c.outcome.Service) }},
	{ID: "price", Title: "price", Value: func(c ratesChange) view.Value { return view.Text(c.What) }},
	{ID: "before", Title: "before", Unit: "$", Value: func(c ratesChange) view.Value { return published(c.Before) }},
	{ID: "after", Title: "after", Unit: "$", Value: func(c ratesChange) view.Value { return published(c.After) }},
	{ID: "change_percent", Title: "change", Align: view.Decimal, Value: func(c ratesChange) view.Value {
		percent, comparable := c.Before.ChangePercent(c.After)
		return view.SignedPercent(percent, 2).Or("new", comparable)
	}},
	{
		ID:    "from",
		Title: "from",
		Drop:  1,
		Value: func(c ratesChange) view.Value { return view.Text(c.outcome.From.String()) },
	},
	{ID: "source", Title: "source", Scope: view.CSVOnly | view.JSONOnly, Value: func(c ratesChange) view.Value {
		return view.Text(c.Source)
	}},
}

var updateColumns = []view.Column[prices.Outcome]{
	{ID: "region", Title: "region", Value: func(o prices.Outcome) view.Value { return view.Text(o.Region) }},
	{ID: "service", Title: "service", Value: func(o prices.Outcome) view.Value { return view.Text(o.Service) }},
	{ID: "status", Title: "status", Value: func(o prices.Outcome) view.Value { return view.Text(o.Status) }},
	{ID: "prices", Title: "prices", Value: func(o prices.Outcome) view.Value { return view.Count(o.Prices) }},
	{ID: "new", Title: "new", Value: func(o prices.Outcome) view.Value { return view.Count(o.New) }},
	{ID: "changed", Title: "changed", Value: func(o prices.Outcome) view.Value { return view.Count(changedOf(o)) }},
	{ID: "from", Title: "holds from", Drop: 2, Value: func(o prices.Outcome) view.Value {
		return view.Text(o.From.String())
	}},
	{ID: "version", Title: "price list", Drop: 3, Value: func(o prices.Outcome) view.Value {
		return view.Text(o.Edition.Version)
	}},
	{ID: "published", Title: "published", Drop: 1, Value: func(o prices.Outcome) view.Value {
		return view.Text(o.Edition.Published.String())
	}},
	{ID: "reason", Title: "reason", Scope: view.JSONOnly, Value: func(o prices.Outcome) view.Value {
		if o.Err == nil {
			return view.Value{}
		}
		return view.Text(o.Err.Error())
	}},
}

// changedOf counts the prices that were known and differ.
func changedOf(o prices.Outcome) (n int) {
	for _, change := range o.Changes {
		if change.Before.Known() {
			n++
		}
	}
	return n
}

// moved is what an update moves: the month's cost of MicroVMs, or of an alternative.
type moved struct {
	name          string
	before, after *decimal.Decimal // nil where it is not known
}

func addAgainst(d *view.Document, against *Against) {
	before, after := costsOf(against.Before), costsOf(against.After)
	rows := []moved{{"MicroVMs", before["MicroVMs"], after["MicroVMs"]}}
	if against.After != nil {
		for _, alternative := range against.After.Comparisons {
			rows = append(rows, moved{alternative.Name, before[alternative.Name], after[alternative.Name]})
		}
	}
	table := view.NewTable(movedColumns, rows, nil)
	sentence := fmt.Sprintf("The bill of %s stays the same.", against.File)
	percent, comparable := changePercent(rows[0].before, rows[0].after)
	switch {
	case !comparable:
		sentence = fmt.Sprintf("The bill of %s cannot be compared: a rate is not known.", against.File)
	case !percent.IsZero():
		sentence = fmt.Sprintf("%s on the bill of %s.", view.SignedPercent(percent, 2), against.File)
	}
	d.Add(view.Section{Heading: "What it moves, a month", Table: table, Notes: plainNotes(sentence)})
	d.JSON = append(d.JSON.(view.Object), view.Field{ID: "against", Value: view.Object{
		{ID: "file", Value: against.File},
		{ID: "name", Value: against.Workload.Name},
		{ID: "rows", Value: view.Records{Table: table}},
	}})
}

// costsOf are a month's costs that are known, of the MicroVMs and of each alternative.
func costsOf(e *scenarios.Estimate) map[string]*decimal.Decimal {
	if e == nil {
		return nil
	}
	total := e.Bill.Total()
	costs := map[string]*decimal.Decimal{}
	for i := range e.Comparisons {
		if e.Comparisons[i].Unknown() == "" {
			costs[e.Comparisons[i].Name] = &e.Comparisons[i].Monthly
		}
	}
	costs["MicroVMs"] = &total
	return costs
}

func changePercent(before, after *decimal.Decimal) (decimal.Decimal, bool) {
	if before == nil || after == nil || before.IsZero() {
		return decimal.Decimal{}, false
	}
	return pricing.Divide(after.Sub(*before).Shift(2), *before, pricing.RatioPlaces), true
}

var movedColumns = []view.Column[moved]{
	{ID: "name", Title: "what", Value: func(m moved) view.Value { return view.Text(m.name) }},
	{ID: "before", Title: "before", Unit: "$", Value: func(m moved) view.Value {
		return view.Maybe(m.before, view.Dollars).Or("unknown", m.before != nil)
	}},
	{ID: "after", Title: "after", Unit: "$", Value: func(m moved) view.Value {
		return view.Maybe(m.after, view.Dollars).Or("unknown", m.after != nil)
	}},
	{ID: "change_percent", Title: "change", Align: view.Decimal, Value: func(m moved) view.Value {
		percent, ok := changePercent(m.before, m.after)
		return view.SignedPercent(percent, 2).Or("", ok)
	}},
}

func historyObjects(history []prices.HistoryOutcome) []view.Object {
	objects := []view.Object{}
	for _, h := range history {
		objects = append(objects, view.Object{
			{ID: "region", Value: h.Region},
			{ID: "versions_read", Value: h.Read},
			{ID: "from", Value: dayTexts(h.Days)},
			{ID: "more", Value: h.More},
		})
	}
	return objects
}

func dayTexts(days []pricing.Date) []string {
	texts := []string{}
	for _, day := range days {
		texts = append(texts, day.String())
	}
	return texts
}

func historyNotes(history []prices.HistoryOutcome) []string {
	var notes []string
	for _, h := range history {
		if h.Err != nil {
			continue
		}
		note := fmt.Sprintf("%s: %s read; the rates of past days are the present ones.", h.Region,
			figures.Count(h.Read, "version"))
		if len(h.Days) > 0 {
			note = fmt.Sprintf("%s: %s read; rates changed on %s.", h.Region, figures.Count(h.Read, "version"),
				strings.Join(dayTexts(h.Days), ", "))
		} else if h.Read == 0 {
			note = fmt.Sprintf("%s: no version that was not read before.", h.Region)
		}
		if h.More {
			note += " More remain: run it again."
		}
		notes = append(notes, note)
	}
	return notes
}

func planObjects(plans []prices.PlanOutcome) []view.Object {
	objects := []view.Object{}
	for _, p := range plans {
		objects = append(objects, view.Object{
			{ID: "region", Value: p.Region},
			{ID: "covers", Value: append([]string{}, p.Plan.Covers...)},
			{ID: "source", Value: p.Plan.Source},
			{ID: "read_on", Value: p.Plan.ReadOn.String()},
		})
	}
	return objects
}

func planNotes(plans []prices.PlanOutcome) []string {
	var without []string
	var notes []string
	for _, p := range plans {
		if len(p.Plan.Covers) == 0 {
			without = append(without, p.Region)
			continue
		}
		notes = append(notes, fmt.Sprintf("%s: a Compute Savings Plan covers %s; give yours as a discount.", p.Region,
			strings.Join(p.Plan.Covers, ", ")))
	}
	if len(without) > 0 {
		notes = append(notes, "No Compute Savings Plan covers MicroVMs in "+strings.Join(without, ", ")+".")
	}
	return notes
}
