package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// IdleShow says what of an analysis is shown besides the usual.
type IdleShow struct {
	By       idle.Grain // the parts that are listed, each with its own optimum: images or tenants; "" for none
	Frontier bool       // the SVG is of dollars against waits, not of the cost by timeout
	Explain  bool       // assumptions in full
	Now      time.Time  // by which the age of the rates is judged
}

const frontierHeight = 16

// Idle makes the document of how long to wait before suspending: what to set, what it saves, and how every policy
// does on the same gaps. The source is how the trace is called.
func Idle(source string, a *idle.Analysis, show IdleShow) view.Document {
	picture := idleCurve(source, a)
	warnings := a.Warnings()
	if note, stale := scenarios.StaleRates(a.Model.Card, show.Now); stale {
		warnings = append(warnings, note)
	}
	policies, data := idlePolicies(a)
	d := view.Document{
		Title:    "How long to wait before suspending: " + source,
		Subtitle: idleSubtitle(a),
		Sections: []view.Section{
			{Notes: plainNotes(a.Recommendation())},
			{Table: policies},
			{Notes: plainNotes(idleReading(a)...)},
			{Picture: func(width int) string { return picture.Text(min(width, chartWidth), chartHeight) }},
		},
		JSON: idleObject(a, warnings),
		Data: data,
		SVG:  func(w io.Writer) error { return picture.SVG(w) },
	}
	if neverIsAbove(a) {
		d.Add(view.Section{Notes: plainNotes(
			"Off the chart: never suspended, $" + figures.Fixed(a.Never.Cost, idlePlaces(a)) + ".",
		)})
	}
	if len(a.Choices) > 1 {
		d.Add(view.Section{
			Heading: "One policy, or several" + withoutLimits(a),
			Table:   view.NewTable(choiceColumns(a), a.Choices, nil),
		})
	}
	for _, c := range a.Choices {
		if c.Grain == show.By {
			d.Add(idleParts(a, c))
		}
	}
	if v := a.Validation; v != nil {
		d.Add(view.Section{
			Heading: fmt.Sprintf("Chosen on the first %s %%, priced on the rest%s", v.Share.Shift(2), withoutLimits(a)),
			Table:   validationTable(a),
		})
	}
	if a.Lives != nil {
		d.Add(view.Section{
			Heading: "Dollars against waits, over whole lives of MicroVMs", Notes: plainNotes(idleLivesNotes(a)...),
			Table: view.NewTable(outcomeColumns(a), shownOutcomes(a.Lives), nil),
		})
		if a.PeriodMS > 0 {
			frontier := idleFrontier(source, a)
			d.Add(view.Section{Picture: func(width int) string { return frontier.Text(min(width, chartWidth), frontierHeight) }})
			if show.Frontier {
				d.SVG = func(w io.Writer) error { return frontier.SVG(w) }
			}
		}
	}
	d.Add(view.Section{Notes: append(plainNotes(ratesSentence(a.Model.Card)), notes(warnings, true)...)})
	d.Add(assumptionSection("Assumptions", notes(a.Assumptions(), false), show.Explain))
	return d
}

// withoutLimits says in a heading that limits, where there are any, are not kept to below it.
func withoutLimits(a *idle.Analysis) string {
	if a.Limited == nil {
		return ""
	}
	return ", without the limits"
}

func idleSubtitle(a *idle.Analysis) string {
	t, m := a.Trace, a.Model
	text := fmt.Sprintf("%s, MicroVM of %s GB / %s vCPU, %s GB of state\n%s of %s",
		m.Card.Region, m.Size.GB(), m.Size.VCPU(), m.StateGB,
		figures.Count(t.All.Gaps(), "gap"), figures.Count(t.Count, "MicroVM"))
	if a.PeriodStated {
		text += " over " + clockTime(a.PeriodMS)
	}
	return text + fmt.Sprintf("; half are up to %s, 90 %% up to %s, 99 %% up to %s, the longest is %s",
		clockTime(t.All.Percentile(50)), clockTime(t.All.Percentile(90)), clockTime(t.All.Percentile(99)),
		clockTime(t.All.LongestMS()))
}

// clockTime writes milliseconds as 4 min, 1.5 h or 12 s.
func clockTime(ms int64) string {
	d := decimal.NewFromInt(ms)
	for _, unit := range []struct {
		ms   int64
		name string
	}{{86_400_000, "d"}, {3_600_000, "h"}, {60_000, "min"}} {
		if ms >= 2*unit.ms || ms == unit.ms {
			return figures.UpTo(pricing.Divide(d, decimal.NewFromInt(unit.ms), 1), 1) + " " + unit.name
		}
	}
	return figures.UpTo(d.Shift(-3), 3) + " s"
}

// inForce is what the timeout is called that savings are against.
func inForce(a *idle.Analysis) string {
	if a.Options.CurrentAssumed {
		return "assumed in force"
	}
	return "in force"
}

// idlePlaces are the decimals at which the costs of policies can be told apart.
func idlePlaces(a *idle.Analysis) int32 {
	return view.PlacesFor([]decimal.Decimal{a.Best.Cost, a.Hindsight.Cost, a.Terminated.Cost})
}

// monthly is an amount over a month of the same, missing where the trace covers no time.
func monthly(a *idle.Analysis, amount decimal.Decimal) view.Value {
	month, ok := a.Monthly(amount)
	return view.Dollars(month).Or("", ok)
}

// perDay is how often something happens on a day.
func perDay(a *idle.Analysis, events int64) view.Value { return view.UpTo(a.PerDay(events), 0) }

// idleReading says in words what stands behind the table.
func idleReading(a *idle.Analysis) []string {
	var list []string
	if a.BreakEven != nil {
		list = append(list, fmt.Sprintf(
			"Break-even: a gap of %s s costs the same whether the MicroVM runs on or suspends at once; "+
				"shorter gaps are cheaper to run through.",
			figures.Fixed(*a.BreakEven, 1)))
	}
	if saved, ok := a.Monthly(a.Best.Cost.Sub(a.Terminated.Cost)); ok && saved.IsPositive() && a.BreakEven != nil {
		list = append(list, fmt.Sprintf(
			"Terminating after %s s would save %s a month more, and lose the state in %s.",
			figures.Int(a.Terminated.TimeoutSeconds()), dollars(saved), figures.Count(a.Terminated.Suspends, "gap")))
	}
	for _, o := range a.Online {
		if o.ID == "randomised-drawn" {
			continue // what it is has been said of its average
		}
		text := strings.ToUpper(o.Name[:1]) + o.Name[1:] + ": " + o.Rule
		if o.Promise != "" {
			text = strings.TrimSuffix(text, ".") + "; " + o.Promise + "."
		}
		list = append(list, text)
	}
	return list
}

var grainNames = map[idle.Grain]string{
	idle.GrainAll: "one for all", idle.GrainImage: "one per image", idle.GrainTenant: "one per tenant",
	idle.GrainMicroVM: "one per MicroVM",
}

// choiceColumns show what finer policies save.
func choiceColumns(a *idle.Analysis) []view.Column[idle.Choice] {
	saving := func(c idle.Choice) decimal.Decimal { return a.Current.Cost.Sub(c.Cost) }
	return []view.Column[idle.Choice]{
		{ID: "by", Title: "timeouts", Value: func(c idle.Choice) view.Value {
			return view.Text(c.Grain).Shown(grainNames[c.Grain])
		}},
		{ID: "policies", Title: "policies", Align: view.Right, Value: func(c idle.Choice) view.Value {
			return view.Count(c.Policies)
		}},
		{ID: "cost", Title: "cost", Unit: "$", Value: func(c idle.Choice) view.Value {
			return view.Number(c.Cost, idlePlaces(a))
		}},
		{ID: "suspends", Value: func(c idle.Choice) view.Value { return view.Count(c.Suspends) }},
		{ID: "saving", Value: func(c idle.Choice) view.Value { return view.Exact(saving(c)) }},
		{Title: "saves a month", Unit: "$", Value: func(c idle.Choice) view.Value { return monthly(a, saving(c)) }},
		{Title: "waits/day", Align: view.Right, Drop: 1, Value: func(c idle.Choice) view.Value {
			return perDay(a, c.Suspends)
		}},
		{ID: "parts", Scope: view.JSONOnly, Value: func(c idle.Choice) view.Value {
			parts := view.Records{Table: view.NewTable(partChoiceColumns(a, c.Grain), c.Parts, nil)}
			return view.Nested(parts).OmitIf(len(c.Parts) == 0)
		}},
	}
}

// maxParts is how many images or tenants a table lists; JSON has all.
const maxParts = 25

// idleParts lists images or tenants, those first that cost the most now.
func idleParts(a *idle.Analysis, c idle.Choice) view.Section {
	columns := view.First(partChoiceColumns(a, c.Grain), "key", "gaps", "timeout_seconds", "current_cost")
	s := view.Section{
		Heading: "Each " + string(c.Grain) + " by itself",
		Table:   view.NewTable(columns, c.Parts[:min(len(c.Parts), maxParts)], nil),
	}
	if more := len(c.Parts) - maxParts; more > 0 {
		s.Notes = plainNotes(fmt.Sprintf("and %s more; --format json has all.", figures.Int(more)))
	}
	return s
}

func partChoiceColumns(a *idle.Analysis, grain idle.Grain) []view.Column[idle.PartChoice] {
	type part = idle.PartChoice
	return []view.Column[part]{
		{ID: "key", Title: string(grain), Shrink: true, Value: func(p part) view.Value {
			if p.Key == "" {
				return view.Text("").Shown("(none)")
			}
			return view.Text(p.Key)
		}},
		{ID: "gaps", Title: "gaps", Align: view.Right, Drop: 2, Value: func(p part) view.Value { return view.Count(p.Gaps) }},
		{ID: "timeout_seconds", Title: "timeout s", Align: view.Right, Value: func(p part) view.Value {
			return view.Count(p.Best.TimeoutSeconds())
		}},
		{ID: "cost", Title: "then", Unit: "$", Value: func(p part) view.Value {
			return view.Number(p.Cost, idlePlaces(a))
		}},
		{ID: "current_cost", Title: "now", Unit: "$", Drop: 1, Value: func(p part) view.Value {
			return view.Number(p.Current, idlePlaces(a))
		}},
		{Title: "saves a month", Unit: "$", Value: func(p part) view.Value { return monthly(a, p.Current.Sub(p.Cost)) }},
	}
}

// validated is a choice priced on the rest of the trace or, in a table alone, what it is compared with.
type validated struct {
	idle.ValidatedChoice
	words string
}

func validationTable(a *idle.Analysis) *view.Table {
	v := a.Validation
	columns := []view.Column[validated]{
		{ID: "by", Title: "timeouts", Shrink: true, Value: func(c validated) view.Value {
			return view.Text(c.Grain).Shown(c.words)
		}},
		{ID: "policies", Value: func(c validated) view.Value { return view.Count(c.Policies) }},
		{ID: "timeout_seconds", Title: "timeout s", Align: view.Right, Value: func(c validated) view.Value {
			return view.Count(c.TimeoutSeconds).Or("–", c.Grain == idle.GrainAll).OmitMissing()
		}},
		{ID: "cost", Title: "rest", Unit: "$", Value: func(c validated) view.Value {
			return view.Number(c.Cost, idlePlaces(a))
		}},
		{Title: "saves", Align: view.Decimal, Value: func(c validated) view.Value {
			if !v.CurrentCost.IsPositive() {
				return view.Missing("–")
			}
			return view.Number(pricing.Divide(v.CurrentCost.Sub(c.Cost).Shift(2), v.CurrentCost, 2), 1).Marked(" %")
		}},
	}
	rows := make([]validated, len(v.Choices))
	for i, c := range v.Choices {
		rows[i] = validated{c, grainNames[c.Grain]}
	}
	table := view.NewTable(columns, rows, nil)
	add := func(words string, timeout int64, cost decimal.Decimal) {
		c := idle.ValidatedChoice{Grain: idle.GrainAll, TimeoutSeconds: timeout, Cost: cost}
		table.Add(view.RowOf(columns, validated{c, words}, nil))
	}
	add("best for the rest, in hindsight", v.BestOnRest.TimeoutSeconds(), v.BestCost)
	add(inForce(a), a.Options.CurrentSeconds, v.CurrentCost)
	return table
}
