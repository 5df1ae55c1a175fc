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
)

// IdleShow says what of an analysis is shown besides the usual.
type IdleShow struct {
	By       idle.Grain // the parts that are listed, each with its own optimum: images or tenants; "" for none
	Frontier bool       // the SVG is of dollars against waits, not of the cost by timeout
	Now      time.Time  // by which the age of the rates is judged
}

const frontierHeight = 16

// Idle makes the document of how long to wait before suspending: what to set, what it saves, and how every policy does on
// the same gaps. The source is how the trace is called.
func Idle(source string, a *idle.Analysis, show IdleShow) Document {
	picture := idleCurve(source, a)
	warnings := a.Warnings()
	if note, stale := scenarios.StaleRates(a.Model.Card, show.Now); stale {
		warnings = append(warnings, note)
	}
	d := Document{
		Title:    "How long to wait before suspending: " + source,
		Subtitle: idleSubtitle(a),
		Sections: []Section{
			{Notes: []Note{{Text: a.Recommendation()}}},
			{Table: idlePolicies(a).view()},
			{Notes: idleReading(a)},
			{Picture: func(width int) string { return picture.Text(min(width, 120), chartHeight) }},
		},
		JSON: newIdleJSON(a, warnings),
		CSV:  idleCSV(a),
		SVG:  func(w io.Writer) error { return picture.SVG(w) },
	}
	if neverIsAbove(a) {
		d.Sections = append(d.Sections, Section{Notes: []Note{{
			Text: "Above the picture: never suspended, $" + fixed(a.Never.Cost, idlePlaces(a)) + ".",
		}}})
	}
	if t := idleChoices(a); t != nil {
		d.Sections = append(d.Sections, Section{Heading: "One policy, or several" + withoutLimits(a), Table: t.view()})
	}
	for _, c := range a.Choices {
		if c.Grain == show.By {
			d.Sections = append(d.Sections, idleParts(a, c))
		}
	}
	if v := a.Validation; v != nil {
		d.Sections = append(d.Sections, Section{
			Heading: fmt.Sprintf("Chosen on the first %s %%, priced on the rest%s", v.Share.Shift(2), withoutLimits(a)),
			Table:   idleValidation(a, v).view(),
		})
	}
	if a.Lives != nil {
		lives := Section{Heading: "Dollars against waits, over whole lives of MicroVMs", Table: idleLives(a).view(), Notes: idleLivesNotes(a)}
		d.Sections = append(d.Sections, lives)
		if a.PeriodMS > 0 {
			frontier := idleFrontier(source, a)
			d.Sections = append(d.Sections, Section{
				Picture: func(width int) string { return frontier.Text(min(width, 120), frontierHeight) },
			})
			if show.Frontier {
				d.SVG = func(w io.Writer) error { return frontier.SVG(w) }
			}
		}
	}
	d.Sections = append(d.Sections, Section{Notes: append([]Note{{Text: ratesSentence(a.Model.Card)}}, notes(warnings, true)...)})
	d.Sections = append(d.Sections, Section{Heading: "Assumptions", Notes: notes(a.Assumptions(), false)})
	return d
}

// withoutLimits says of a heading that limits, where there are any, are not held to below it.
func withoutLimits(a *idle.Analysis) string {
	if a.Limited == nil {
		return ""
	}
	return ", without the limits"
}

func idleSubtitle(a *idle.Analysis) string {
	t, m := a.Trace, a.Model
	text := fmt.Sprintf("%s, MicroVM of %s GB / %s vCPU, %s GB of state\n%s of %s",
		m.Card.Region, m.Size.GB(), m.Size.VCPU(), m.StateGB, figures.Count(t.All.Gaps(), "gap"), figures.Count(t.Count, "MicroVM"))
	if a.PeriodStated {
		text += " over " + clockTime(a.PeriodMS)
	}
	return text + fmt.Sprintf("; half are up to %s, 90 %% up to %s, 99 %% up to %s, the longest is %s",
		clockTime(t.All.Percentile(50)), clockTime(t.All.Percentile(90)), clockTime(t.All.Percentile(99)), clockTime(t.All.LongestMS()))
}

// clockTime writes milliseconds as 4 min, 1.5 h or 12 s.
func clockTime(ms int64) string {
	d := decimal.NewFromInt(ms)
	for _, unit := range []struct {
		ms   int64
		name string
	}{{86_400_000, "d"}, {3_600_000, "h"}, {60_000, "min"}} {
		if ms >= 2*unit.ms || ms == unit.ms {
			return upTo(pricing.Divide(d, decimal.NewFromInt(unit.ms), 1), 1) + " " + unit.name
		}
	}
	return upTo(d.Shift(-3), 3) + " s"
}

// idlePolicies sets every policy beside the others.
func idlePolicies(a *idle.Analysis) *Table {
	t := &Table{Columns: []Column{
		{Title: "policy", Shrink: true},
		{Title: "timeout s", Align: Right},
		{Title: "cost $", Align: Decimal},
		{Title: "a month $", Align: Decimal, Drop: 1},
		{Title: "waits/day", Align: Right, Drop: 2},
		{Title: "× hindsight", Align: Decimal},
	}}
	row := func(name, timeout string, cost decimal.Decimal, waits *int64, ratio *decimal.Decimal) Row {
		month, perDay, times := "", "–", "–"
		if monthly, ok := a.Monthly(cost); ok {
			month = fixed(monthly, centPlaces)
		}
		if waits != nil {
			perDay = figures.UpTo(a.PerDay(*waits), 0)
		}
		if ratio != nil {
			times = fixed(*ratio, 3)
		}
		return Row{Cells: []string{name, timeout, fixed(cost, idlePlaces(a)), month, perDay, times}}
	}
	add := func(name string, p idle.Priced) {
		t.Rows = append(t.Rows, row(name, figures.Int(p.TimeoutSeconds()), p.Cost, &p.Suspends, p.Ratio))
	}
	heading := func(text string) { t.Rows = append(t.Rows, Row{Kind: Heading, Cells: []string{text}}) }

	heading("One timeout for every gap")
	if a.Limited != nil {
		add("◆ best within the limits", *a.Limited)
	}
	add("◆ best of all", a.Best)
	for _, p := range a.Policies {
		name := "fixed"
		if p.TimeoutMS == a.Current.TimeoutMS {
			name = "fixed, " + inForce(a)
		}
		if p.TimeoutMS < a.Trace.SeenFromMS {
			name = "fixed, of gaps seen"
		}
		add(name, p)
	}
	if !currentIsListed(a) {
		add(inForce(a), a.Current)
	}
	never := a.Never
	t.Rows = append(t.Rows, row("never suspended", "–", never.Cost, &never.Suspends, never.Ratio))
	heading("Terminated instead: state is lost, the next request launches")
	add("◆ best", a.Terminated)
	heading("By calls of your own")
	t.Rows = append(t.Rows, row("suspended at once", "0", a.AtOnce.Cost, &a.AtOnce.Suspends, a.AtOnce.Ratio))
	for _, o := range a.Online {
		t.Rows = append(t.Rows, row(o.Name, "–", o.Cost, o.Waits, o.Ratio))
	}
	heading("Nobody can do better")
	t.Rows = append(t.Rows, row("hindsight", "–", a.Hindsight.Cost, &a.Hindsight.Suspends, a.Hindsight.Ratio))
	return t
}

// inForce is what the timeout is called that savings are against.
func inForce(a *idle.Analysis) string {
	if a.Options.CurrentAssumed {
		return "assumed in force"
	}
	return "in force"
}

func currentIsListed(a *idle.Analysis) bool {
	for _, p := range a.Policies {
		if p.TimeoutMS == a.Current.TimeoutMS {
			return true
		}
	}
	return false
}

// idlePlaces are the decimals at which the costs of policies can be told apart.
func idlePlaces(a *idle.Analysis) int32 {
	return placesFor([]decimal.Decimal{a.Best.Cost, a.Hindsight.Cost, a.Terminated.Cost})
}

// idleReading says in words what stands behind the table.
func idleReading(a *idle.Analysis) []Note {
	var list []Note
	if a.BreakEven != nil {
		list = append(list, Note{Text: fmt.Sprintf(
			"Break-even: a gap of %s s costs the same run through as suspended at once; shorter ones are cheaper run through.",
			fixed(*a.BreakEven, 1))})
	}
	if monthly, ok := a.Monthly(a.Best.Cost.Sub(a.Terminated.Cost)); ok && monthly.IsPositive() && a.BreakEven != nil {
		list = append(list, Note{Text: fmt.Sprintf(
			"Terminating after %s s would save $%s a month more, and lose the state in %s.",
			figures.Int(a.Terminated.TimeoutSeconds()), fixed(monthly, centPlaces), figures.Count(a.Terminated.Suspends, "gap"))})
	}
	for _, o := range a.Online {
		if o.ID == "randomised-drawn" {
			continue // what it is has been said of its average
		}
		text := strings.ToUpper(o.Name[:1]) + o.Name[1:] + ": " + o.Rule
		if o.Promise != "" {
			text = strings.TrimSuffix(text, ".") + "; " + o.Promise + "."
		}
		list = append(list, Note{Text: text})
	}
	return list
}

var grainNames = map[idle.Grain]string{
	idle.GrainAll: "one for all", idle.GrainImage: "one per image", idle.GrainTenant: "one per tenant",
	idle.GrainMicroVM: "one per MicroVM",
}

// idleChoices shows what finer policies save.
func idleChoices(a *idle.Analysis) *Table {
	if len(a.Choices) < 2 {
		return nil
	}
	t := &Table{Columns: []Column{
		{Title: "timeouts"},
		{Title: "policies", Align: Right},
		{Title: "cost $", Align: Decimal},
		{Title: "saves a month $", Align: Decimal},
		{Title: "waits/day", Align: Right, Drop: 1},
	}}
	for _, c := range a.Choices {
		saved := ""
		if monthly, ok := a.Monthly(a.Current.Cost.Sub(c.Cost)); ok {
			saved = fixed(monthly, centPlaces)
		}
		t.Rows = append(t.Rows, Row{Cells: []string{
			grainNames[c.Grain], figures.Int(int64(c.Policies)), fixed(c.Cost, idlePlaces(a)), saved,
			figures.UpTo(a.PerDay(c.Suspends), 0),
		}})
	}
	return t
}

// mostParts is how many images or tenants a table lists; JSON has all.
const mostParts = 25

// idleParts lists images or tenants, those first that cost the most now.
func idleParts(a *idle.Analysis, c idle.Choice) Section {
	t := &Table{Columns: []Column{
		{Title: string(c.Grain), Shrink: true},
		{Title: "gaps", Align: Right, Drop: 2},
		{Title: "timeout s", Align: Right},
		{Title: "now $", Align: Decimal, Drop: 1},
		{Title: "then $", Align: Decimal},
		{Title: "saves a month $", Align: Decimal},
	}}
	for _, p := range c.Parts[:min(len(c.Parts), mostParts)] {
		name := p.Key
		if name == "" {
			name = "(none)"
		}
		saved := ""
		if monthly, ok := a.Monthly(p.Current.Sub(p.Cost)); ok {
			saved = fixed(monthly, centPlaces)
		}
		t.Rows = append(t.Rows, Row{Cells: []string{
			name, figures.Int(p.Gaps), figures.Int(p.Best.TimeoutSeconds()), fixed(p.Current, idlePlaces(a)), fixed(p.Cost, idlePlaces(a)), saved,
		}})
	}
	s := Section{Heading: "Each " + string(c.Grain) + " by itself", Table: t.view()}
	if more := len(c.Parts) - mostParts; more > 0 {
		s.Notes = []Note{{Text: fmt.Sprintf("and %s more; --format json has all.", figures.Int(int64(more)))}}
	}
	return s
}

func idleValidation(a *idle.Analysis, v *idle.Validation) *Table {
	t := &Table{Columns: []Column{
		{Title: "timeouts", Shrink: true},
		{Title: "timeout s", Align: Right},
		{Title: "rest $", Align: Decimal},
		{Title: "saves", Align: Decimal},
	}}
	row := func(name, timeout string, cost decimal.Decimal) Row {
		saved := "–"
		if v.CurrentCost.IsPositive() {
			saved = fixed(pricing.Divide(v.CurrentCost.Sub(cost).Shift(2), v.CurrentCost, 2), 1) + " %"
		}
		return Row{Cells: []string{name, timeout, fixed(cost, idlePlaces(a)), saved}}
	}
	for _, c := range v.Choices {
		timeout := "–"
		if c.Grain == idle.GrainAll {
			timeout = figures.Int(c.TimeoutSeconds)
		}
		t.Rows = append(t.Rows, row(grainNames[c.Grain], timeout, c.Cost))
	}
	t.Rows = append(t.Rows,
		row("best for the rest, known afterwards", figures.Int(v.BestOnRest.TimeoutSeconds()), v.BestCost),
		row(inForce(a), figures.Int(a.Options.CurrentSeconds), v.CurrentCost))
	return t
}
