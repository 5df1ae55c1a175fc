package report

import (
	"fmt"
	"slices"
	"strings"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/spend/advise"
	"microspend/spend/whatif"
	"microspend/view"
)

// AdviceLook is how advice is shown: with what has been dismissed in place of what has not.
type AdviceLook struct {
	Dismissed bool
	All       bool // people see what saves less than a dollar, too
}

// Advice makes the document of what to change, the largest saving first.
func Advice(r *advise.Report, look AdviceLook) view.Document {
	shown := r.Advice
	if look.Dismissed {
		shown = r.Dismissed
	}
	columns := AdviceColumns(shown)
	table := view.NewTable(columns, shown, nil)
	d := view.Document{Title: "What to change", Subtitle: AdviceSpan(r)}
	worth := len(shown)
	if !look.All && !look.Dismissed {
		worth = worthALine(shown)
	}
	if worth > 0 {
		d.Sections = []view.Section{{Table: view.NewTable(columns, shown[:worth], nil)}}
	}
	if more := len(shown) - worth; more > 0 {
		d.Add(view.Section{Notes: []view.Note{{Text: fmt.Sprintf("%s more, each of which saves less than $1 a month; "+
			"--min-saving 0 lists them.", figures.Int(more))}}})
	}
	d.Data = table
	d.Add(view.Section{Notes: adviceNotes(r, look)})
	json := view.Object{
		{ID: "schema", Value: "microspend.advise/v1"},
		{ID: "from", Value: view.Moment(r.From)},
		{ID: "to", Value: view.Moment(r.To)},
		{ID: "seconds", Value: view.Count(r.Seconds())},
		{ID: "currency", Value: "USD"},
		{ID: "state", Value: view.Text(r.State.String())},
		{ID: "advice", Value: view.Records{Table: table}},
		{ID: "combined", Value: combinedObject(r.Combined)},
		{ID: "settings", Value: combinedObject(r.Settings)},
		{ID: "not_judged", Value: view.Records{Table: view.NewTable(notJudgedColumns, r.NotJudged, nil)}},
		{ID: "assumptions", Value: noteRecords(r.RestsOn(shown))},
	}
	if !look.Dismissed {
		json = append(json, view.Field{ID: "dismissed", Value: view.Count(len(r.Dismissed))})
	}
	d.JSON = withDamaged(json, r.Damaged)
	return d
}

func combinedObject(c advise.Combined) view.Object {
	return view.Object{
		{ID: "ids", Value: view.List(c.IDs)},
		{ID: "actual_month", Value: view.Exact(c.Actual)},
		{ID: "changed_month", Value: view.Exact(c.Changed)},
		{ID: "saving_month", Value: view.Exact(c.Saving)},
	}
}

// leastShown is how many pieces people see in any case.
const leastShown = 10

// worthALine is how many of the first are shown to people: those that save a dollar.
func worthALine(all []advise.Advice) int {
	count := 0
	for count < len(all) && (count < leastShown || all[count].Saving.GreaterThanOrEqual(one)) {
		count++
	}
	return count
}

// AdviceSpan says what the figures are made from.
func AdviceSpan(r *advise.Report) string {
	if !r.From.Before(r.To) {
		return ""
	}
	of := civil.Between(r.From, r.To)
	zone := ""
	if !of.WholeDays(r.Location) {
		zone = r.To.In(r.Location).Format(" MST")
	}
	return "dollars a month of 30 days, from usage of " + of.Label(r.Location) + zone
}

// AdviceColumns describes advice.
func AdviceColumns(all []advise.Advice) []view.Column[advise.Advice] {
	saying := slices.ContainsFunc(all, func(a advise.Advice) bool { return a.Dismissed != nil || a.Returned != nil })
	said := func(a advise.Advice, of func(d *advise.Dismissal) string) view.Value {
		switch {
		case a.Dismissed != nil:
			return view.Text(of(a.Dismissed))
		case a.Returned != nil:
			return view.Text(of(a.Returned))
		}
		return view.Text("").OmitEmpty()
	}
	return slices.Concat(adviceFigures(all), adviceSubjects, []view.Column[advise.Advice]{
		{ID: "rests_on", Scope: view.Data, Value: func(a advise.Advice) view.Value {
			return view.List(adviceIDs(a.RestsOn))
		}},
		{ID: "risk", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.Risk) }},
		{ID: "how", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.How) }},
		{ID: "overlaps", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.List(a.Overlaps) }},
		{ID: "parts", Scope: view.JSONOnly, Value: func(a advise.Advice) view.Value {
			return view.Nested(view.Records{Table: view.NewTable(advicePartColumns, a.Parts, nil)})
		}},
		{ID: "dismissed_by", Scope: view.When(saying, view.Data), Value: func(a advise.Advice) view.Value {
			return said(a, func(d *advise.Dismissal) string { return d.By })
		}},
		{ID: "dismissed_at", Scope: view.When(saying, view.Data), Value: func(a advise.Advice) view.Value {
			return said(a, func(d *advise.Dismissal) string { return view.Moment(d.At).String() })
		}},
		{
			ID: "reason", Title: "dismissed because", Scope: view.When(saying, view.Everyone), Shrink: true, Drop: 5,
			Value: func(a advise.Advice) view.Value {
				return said(a, func(d *advise.Dismissal) string {
					who := fmt.Sprintf("%s (%s, %s)", d.Reason, d.By, d.At.Format("2 Jan"))
					if a.Returned != nil {
						who = "again: it saves twice what it did; was " + who
					}
					return who
				})
			},
		},
	})
}

func adviceFigures(all []advise.Advice) []view.Column[advise.Advice] {
	ranges := slices.ContainsFunc(all, func(a advise.Advice) bool { return !a.Low.Equal(a.High) })
	return []view.Column[advise.Advice]{
		{ID: "saving_month", Title: "saves", Unit: view.Dollar, Value: func(a advise.Advice) view.Value {
			return view.Dollars(a.Saving).In(a.State)
		}},
		{
			Title: "range",
			Unit:  view.Dollar,
			Drop:  3,
			Scope: view.When(ranges, view.Everyone),
			Value: func(a advise.Advice) view.Value {
				if a.Low.Equal(a.High) {
					return view.Text("")
				}
				return view.Text(figures.Fixed(a.Low, view.CentPlaces) + " – " + figures.Fixed(a.High, view.CentPlaces))
			},
		},
		{ID: "combined", Title: "adds", Drop: 5, Value: func(a advise.Advice) view.Value {
			if a.Adds {
				return view.Bool(true).Shown("+")
			}
			return view.Bool(false).Shown("or")
		}},
		{ID: "low", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Exact(a.Low) }},
		{ID: "high", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Exact(a.High) }},
		{ID: "actual_month", Title: "now", Unit: view.Dollar, Drop: 4, Value: func(a advise.Advice) view.Value {
			return view.Dollars(a.Actual).In(a.State)
		}},
		{ID: "changed_month", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Exact(a.Changed) }},
		{ID: "state", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.State.String()) }},
	}
}

var adviceSubjects = []view.Column[advise.Advice]{
	{ID: "kind", Title: "what", Value: func(a advise.Advice) view.Value {
		return view.Text(string(a.Kind)).Shown(a.Kind.Title())
	}},
	{ID: "subject", Title: "of", Shrink: true, Value: func(a advise.Advice) view.Value { return view.Text(a.Subject) }},
	{ID: "tenant", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.Tenant) }},
	{ID: "image", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.Image) }},
	{ID: "region", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.Region) }},
	{Title: "change", Drop: 2, Shrink: true, Value: func(a advise.Advice) view.Value {
		return view.Text(a.From + " → " + a.To)
	}},
	{ID: "from", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.From) }},
	{ID: "to", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.To) }},
	{ID: "id", Title: "id", Drop: 1, Value: func(a advise.Advice) view.Value { return view.Text(a.ID) }},
}

// advicePartColumns describe the parts of a piece; --explain with the id of one has everything else.
var advicePartColumns = []view.Column[advise.Advice]{
	{ID: "saving_month", Title: "saves", Unit: view.Dollar, Value: func(a advise.Advice) view.Value {
		return view.Dollars(a.Saving).In(a.State)
	}},
	{ID: "actual_month", Title: "now", Unit: view.Dollar, Drop: 1, Value: func(a advise.Advice) view.Value {
		return view.Dollars(a.Actual).In(a.State)
	}},
	{ID: "changed_month", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Exact(a.Changed) }},
	{ID: "low", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Exact(a.Low) }},
	{ID: "high", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Exact(a.High) }},
	{ID: "state", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.State.String()) }},
	{ID: "combined", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Bool(a.Adds) }},
	{ID: "subject", Title: "of", Shrink: true, Value: func(a advise.Advice) view.Value { return view.Text(a.Subject) }},
	{ID: "tenant", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.Tenant) }},
	{ID: "image", Scope: view.Data, Value: func(a advise.Advice) view.Value { return view.Text(a.Image) }},
	{ID: "to", Title: "to", Shrink: true, Value: func(a advise.Advice) view.Value { return view.Text(a.To) }},
	{ID: "id", Title: "id", Value: func(a advise.Advice) view.Value { return view.Text(a.ID) }},
}

var notJudgedColumns = []view.Column[advise.NotJudged]{
	{ID: "kind", Value: func(n advise.NotJudged) view.Value { return view.Text(string(n.Kind)) }},
	{ID: "reason", Value: func(n advise.NotJudged) view.Value { return view.Text(n.Reason) }},
	{ID: "count", Value: func(n advise.NotJudged) view.Value { return view.Count(n.Count) }},
	{ID: "example", Value: func(n advise.NotJudged) view.Value { return view.Text(n.Example).OmitEmpty() }},
}

func adviceIDs(notes []pricing.Note) []string {
	ids := []string{}
	for _, n := range notes {
		if !slices.Contains(ids, n.ID) {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// AdviceTogether says what all advice saves together, and how those that count in that are marked.
func AdviceTogether(r *advise.Report, marked string) []string {
	together := []string{fmt.Sprintf("Together they save %s of %s a month: applied one after the other, and of those that "+
		"change the same usage only the first (%d of %d%s).", dollars(r.Combined.Saving), dollars(r.Combined.Actual),
		len(r.Combined.IDs), len(r.Advice), marked)}
	if n := len(r.Settings.IDs); n > 0 && n < len(r.Advice) {
		together = append(together, fmt.Sprintf("Settings alone, with nothing moved to another region or off MicroVMs, "+
			"would save %s a month.", dollars(r.Settings.Saving)))
	}
	return together
}

// adviceNotes say what the table leaves open.
func adviceNotes(r *advise.Report, look AdviceLook) []view.Note {
	var notes []view.Note
	say := func(tag, format string, args ...any) {
		notes = append(notes, view.Note{Tag: tag, Text: fmt.Sprintf(format, args...)})
	}
	switch {
	case look.Dismissed && len(r.Dismissed) == 0:
		say("", "Nothing is dismissed.")
		return notes
	case look.Dismissed:
		say("", "microspend advise restore ID lists one again.")
		return notes
	case !r.From.Before(r.To):
		say("", "Nothing was recorded in this time, so that there is nothing to change.")
	case len(r.Advice) == 0:
		say("", "There is nothing to change: nothing that the data supports would have cost less.")
	default:
		for _, sentence := range AdviceTogether(r, ", marked +") {
			say("", "%s", sentence)
		}
		say("", "microspend advise --explain ID shows the bill beside the changed one, what it risks and how to do it; "+
			"microspend advise dismiss ID --reason TEXT takes it off the list.")
	}
	if n := len(r.Dismissed); n > 0 {
		say("", "%s", dismissedCount(n))
	}
	if r.State == pricing.AtLeast {
		say("≥", "Some of the time was not measured: such figures are lower bounds.")
	}
	for _, n := range r.NotJudged {
		text := n.Reason
		if n.Count > 1 {
			text += fmt.Sprintf(" (%s and %d more)", n.Example, n.Count-1)
		} else if n.Example != "" {
			text += fmt.Sprintf(" (%s)", n.Example)
		}
		say("not judged", "%s: %s.", n.Kind.Title(), text)
	}
	return append(notes, damagedNotes(r.Damaged)...)
}

func dismissedCount(n int) string {
	if n == 1 {
		return "1 piece of advice is dismissed; --dismissed lists it."
	}
	return fmt.Sprintf("%s pieces of advice are dismissed; --dismissed lists them.", figures.Int(n))
}

// AdviceExplained makes the document of one piece: both bills side by side, and everything that there is to say of it.
func AdviceExplained(r *advise.Report, a advise.Advice) view.Document {
	lines := slices.Clone(a.Lines)
	table := view.NewTable(AdviceLineColumns, lines, nil)
	if month := a.Elsewhere(); !month.IsZero() {
		name := a.To
		if a.Instead != nil {
			name = a.Instead.Name
		}
		table.Add(view.Row{Cells: []view.Value{
			view.Text(name), {}, {}, view.Missing(""), view.Dollars(month), view.Missing(""),
		}})
	}
	table.Add(view.Row{Look: view.Look{Kind: view.Total}, Cells: []view.Value{
		view.Text(
			"total",
		), {}, {}, view.Dollars(a.Actual), view.Dollars(a.Changed), view.Signed(a.Saving.Neg(), view.CentPlaces),
	}})
	d := view.Document{
		Title:    fmt.Sprintf("%s: %s", a.Kind.Title(), a.Subject),
		Subtitle: fmt.Sprintf("%s → %s; %s", a.From, a.To, AdviceSpan(r)),
		Sections: []view.Section{{Table: table}},
	}
	if len(a.Parts) > 0 {
		d.Add(view.Section{Table: view.NewTable(advicePartColumns, a.Parts, nil)})
	}
	d.Add(view.Section{Notes: AdviceTold(r, a)})
	d.Data = table
	lineTable := view.NewTable(AdviceLineColumns, lines, nil)
	d.JSON = append(view.Object{{ID: "schema", Value: "microspend.advice/v1"}},
		append(view.ObjectOf(AdviceColumns([]advise.Advice{a}), a),
			view.Field{ID: "lines", Value: view.Records{Table: lineTable}},
			view.Field{ID: "assumptions", Value: noteRecords(append([]pricing.Note{r.MonthNote()}, a.RestsOn...))})...)
	return d
}

// mostNamed is how many ids people are told of what a piece overlaps with.
const mostNamed = 5

// AdviceTold is everything to say of a piece of advice besides its figures.
func AdviceTold(r *advise.Report, a advise.Advice) []view.Note {
	notes := []view.Note{{Tag: "how", Text: a.How + "."}, {Tag: "risk", Text: a.Risk + "."}}
	if !a.Low.Equal(a.High) {
		notes = append(
			notes,
			view.Note{Tag: "range", Text: fmt.Sprintf("It saves from %s to %s a month, as what it rests on turns out.",
				dollars(a.Low), dollars(a.High))},
		)
	}
	for _, n := range append([]pricing.Note{r.MonthNote()}, a.RestsOn...) {
		notes = append(notes, view.Note{Tag: n.ID, Text: n.Text + "."})
	}
	if a.State == pricing.AtLeast {
		notes = append(notes, view.Note{Tag: "≥", Text: "Some of its usage was not measured: the figures are lower bounds."})
	}
	if len(a.Overlaps) > 0 {
		named := a.Overlaps[:min(len(a.Overlaps), mostNamed)]
		text := strings.Join(named, ", ")
		if more := len(a.Overlaps) - len(named); more > 0 {
			text += fmt.Sprintf(" and %s more", figures.Int(more))
		}
		notes = append(notes, view.Note{
			Tag: "overlaps", Text: "Its saving does not add up with that of " + text + ", on some of the same usage.",
		})
	}
	if said := a.Returned; said != nil {
		notes = append(
			notes,
			view.Note{Tag: "again", Text: fmt.Sprintf("%s dismissed it on %s, when it saved %s a month: %s.",
				said.By, said.At.Format("2 Jan 2006"), dollars(said.Saving), said.Reason)},
		)
	}
	return append(notes, view.Note{Tag: "id", Text: a.ID})
}

// AdviceLineColumns describe both bills of a piece of advice.
var AdviceLineColumns = []view.Column[whatif.Line]{
	{ID: "component", Title: "component", Value: func(l whatif.Line) view.Value { return view.Text(l.Of.String()) }},
	{
		ID:    "quantity",
		Title: "quantity",
		Align: view.Right,
		Drop:  2,
		Value: func(l whatif.Line) view.Value { return view.UpTo(l.Quantity, 3) },
	},
	{
		ID:    "changed_quantity",
		Title: "changed",
		Align: view.Right,
		Drop:  2,
		Value: func(l whatif.Line) view.Value { return view.UpTo(l.Then, 3) },
	},
	{
		ID:    "amount",
		Title: "now",
		Unit:  view.Dollar,
		Value: func(l whatif.Line) view.Value { return view.Dollars(l.Amount) },
	},
	{
		ID:    "changed_amount",
		Title: "then",
		Unit:  view.Dollar,
		Value: func(l whatif.Line) view.Value { return view.Dollars(l.ThenAmount) },
	},
	{ID: "difference", Title: "difference", Unit: view.Dollar, Value: func(l whatif.Line) view.Value {
		return view.Signed(l.ThenAmount.Sub(l.Amount), view.CentPlaces)
	}},
}
