package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend"
	"microspend/spend/bill"
	"microspend/spend/bill/reconcile"
	"microspend/view"
)

// Reconciliation is what is shown of a comparison.
type Reconciliation struct {
	Comparison reconcile.Comparison
	Source     string // name of the bill's file
	All        bool   // show every day in a table, not only those furthest off

	// The bill shared out among tenants, and what the rates say beside it; nil where that was not asked for.
	Billed, Rates *spend.Spend
	File          string // where the bill is kept
}

// Reconcile makes the document of a bill beside what was measured. Differences are theirs minus ours.
func Reconcile(r Reconciliation) view.Document {
	c := r.Comparison
	lines := view.NewTable(reconcileColumns(true), c.Lines, nil)
	sums := view.NewTable(reconcileColumns(false), c.Sums, nil)
	reasons := view.NewTable(reasonColumns, numbered(c.Reasons), nil)
	d := view.Document{
		Title:    "AWS's bill, " + civil.Between(c.From, c.To).Label(time.UTC),
		Subtitle: r.Source + ": " + formatWords(c.Bill.Format),
		Sections: []view.Section{{Table: sumsTable(c), Notes: verdictNotes(c)}},
		Data:     lines,
	}
	if c.Bill.Metric != "" { // a bill of nothing has none
		d.Subtitle += ", " + c.Bill.Metric
	}
	if len(c.Reasons) > 0 {
		d.Sections = append(d.Sections, view.Section{Heading: "Likely reasons", Table: reasons, Notes: reasonNotes(c)})
	}
	if shown, heading := daysShown(c, r.All); len(shown) > 0 {
		t := view.NewTable(reconcileColumns(true), shown, lookOfLine)
		t.Tight = true
		d.Sections = append(d.Sections, view.Section{Heading: heading, Table: t})
	}
	if len(c.Bill.Apart) > 0 {
		apart := view.NewTable(view.First(apartColumns, "kind", "name", "rows"), c.Bill.Apart, nil)
		d.Sections = append(d.Sections, view.Section{Heading: "On the bill, and not compared", Table: apart})
	}
	json := view.Object{
		{ID: "schema", Value: "microspend.reconcile/v1"},
		{ID: "from", Value: view.Moment(c.From)},
		{ID: "to", Value: view.Moment(c.To)},
		{ID: "currency", Value: "USD"},
		{ID: "bill", Value: view.Object{
			{ID: "source", Value: r.Source},
			{ID: "format", Value: c.Bill.Format},
			{ID: "metric", Value: c.Bill.Metric},
			{ID: "sha256", Value: c.Bill.SHA256},
			{ID: "rows", Value: c.Bill.Rows},
			{ID: "ignored", Value: c.Bill.Ignored}, // of no MicroVM
			{ID: "replaced", Value: view.Records{Table: view.NewTable(replacedColumns, c.Bill.Replaced, nil)}},
		}},
		{ID: "tolerance", Value: c.Tolerance.String()},
		{ID: "within", Value: c.Within()},
		{ID: "lines", Value: view.Records{Table: lines}},
		{ID: "sums", Value: view.Records{Table: sums}}, // by region and usage type
		{ID: "total", Value: view.ObjectOf(reconcileColumns(false), c.Total)},
		{ID: "reasons", Value: view.Records{Table: reasons}}, // what makes most of the difference first
		{ID: "apart", Value: view.Records{Table: view.NewTable(apartColumns, c.Bill.Apart, nil)}},
	}
	json = json.With(c.ArchAssumed, "assumptions", noteRecords([]pricing.Note{assumption.ArchAssumed.Note()}))
	if r.Billed != nil {
		section, allocation := allocated(r)
		d.Sections, json = append(d.Sections, section), json.With(true, "allocation", allocation)
	}
	d.JSON = json
	return d
}

func formatWords(f bill.Format) string {
	return map[bill.Format]string{
		bill.CostExplorer: "Cost Explorer", bill.CUR: "Cost and Usage Report", bill.FOCUS: "FOCUS export",
	}[f]
}

// reconcileColumns describe lines, by day or summed. The total has no region and thereby no quantities.
func reconcileColumns(days bool) []view.Column[reconcile.Line] {
	type line = reconcile.Line
	ofRegion := func(of func(line) view.Value) func(line) view.Value {
		return func(l line) view.Value {
			if l.Region == "" {
				return view.Value{}.OmitMissing()
			}
			return of(l)
		}
	}
	forPeople := func(holds bool) view.Scope {
		if holds {
			return view.Everyone
		}
		return view.Data
	}
	return []view.Column[line]{
		{ID: "day", Title: "day", Scope: view.When(days, view.Everyone), Value: func(l line) view.Value {
			return view.Day(l.Day, time.UTC)
		}},
		{ID: "region", Title: "region", Value: func(l line) view.Value { return view.Text(l.Region).OmitEmpty() }},
		{ID: "usage", Title: "usage type", Value: ofRegion(func(l line) view.Value {
			return view.Text(l.Rated().String()).Shown(l.Rated().Name())
		})},
		{ID: "ours", Title: "ours", Unit: "$", Align: view.Decimal, Drop: 2, Value: ours},
		{ID: "theirs", Title: "theirs", Unit: "$", Align: view.Decimal, Value: func(l line) view.Value {
			return view.Dollars(l.Theirs)
		}},
		{ID: "difference", Title: "differ", Unit: "$", Align: view.Decimal, Value: func(l line) view.Value {
			return difference(l.Difference())
		}},
		{ID: "percent", Title: "%", Align: view.Decimal, Drop: 3, Value: func(l line) view.Value { // of theirs
			if l.Theirs.IsZero() {
				return view.Value{}
			}
			return view.Signed(pricing.Divide(l.Difference().Shift(2), l.Theirs, pricing.RatioPlaces), 1)
		}},
		{
			ID: "ours_quantity", Title: "quantity ours", Align: view.Decimal, Drop: 4, MinWidth: 100, Scope: forPeople(!days),
			Value: ofRegion(func(l line) view.Value { return view.UpTo(l.OursUsed, 4) }),
		},
		{
			ID: "theirs_quantity", Title: "theirs", Align: view.Decimal, Drop: 4, MinWidth: 100, Scope: forPeople(!days),
			Value: ofRegion(func(l line) view.Value {
				return view.UpTo(l.TheirsUsed, 4).Or("not in the bill", l.UsedKnown).OmitIf(!l.UsedKnown)
			}),
		},
		{ID: "unit", Scope: view.Data, Value: ofRegion(func(l line) view.Value { return view.Text(l.Quantity.Unit()) })},
		{ID: "estimated", Scope: view.Data, Value: func(l line) view.Value { return view.Bool(l.Estimated).OmitEmpty() }},
		{ID: "beyond", Scope: view.Data, Value: func(l line) view.Value { return view.Bool(l.Beyond) }},
		{ID: "reason", Title: "likely reason", Drop: 1, Scope: forPeople(days), Value: func(l line) view.Value {
			return view.Text(l.Reason).OmitEmpty()
		}},
	}
}

// ours is unknown where there is no rate; in a sum, part of it may have one.
func ours(l reconcile.Line) view.Value {
	switch v := view.Dollars(l.Ours); {
	case l.RateKnown:
		return v
	case l.Ours.IsZero():
		return view.Missing("unknown")
	default:
		return v.Marked(" +?")
	}
}

// difference is shown with its sign, and as 0.00 where it is less than half a cent.
func difference(d decimal.Decimal) view.Value {
	return view.Exact(d).Shown(view.Signed(d.RoundBank(view.CentPlaces), view.CentPlaces).String())
}

func lookOfLine(l reconcile.Line) view.Look { return view.Look{Warn: l.Beyond} }

func sumsTable(c reconcile.Comparison) *view.Table {
	columns := view.First(reconcileColumns(false), "region")
	t := view.NewTable(columns, c.Sums, lookOfLine)
	total := view.RowOf(columns, c.Total, nil)
	total.Kind, total.Cells[0] = view.Total, view.Text("total")
	t.Add(total)
	return t
}

func verdictNotes(c reconcile.Comparison) []view.Note {
	tolerance := c.Tolerance.String()
	if strings.HasSuffix(tolerance, "%") {
		tolerance += " of the bill"
	}
	sentence := "No usage type in any region, nor the total, differs by more than " + tolerance + "."
	if len(c.Lines) == 0 {
		sentence = "Nothing was measured on these days, and nothing was billed that could be compared."
	}
	if !c.Within() {
		var where []string
		for _, l := range c.Sums {
			if l.Beyond {
				where = append(where, l.Rated().Name()+" in "+l.Region)
			}
		}
		if c.Total.Beyond {
			where = append(where, "the total")
		}
		if len(where) == 0 {
			where = append(where, "rows that may be of MicroVMs")
		}
		sentence = "Further off than " + tolerance + ": " + strings.Join(where, ", ") + "."
	}
	list := []view.Note{{Text: sentence, Warn: !c.Within()}}
	if !c.Bill.MicroVMs() {
		list = append([]view.Note{{Text: noMicroVMs(c.Bill)}}, list...)
	}
	list = append(list, undecidedNotes(c)...)
	for _, r := range c.Bill.Replaced {
		list = append(list, view.Note{Text: replacedSentence(r)})
	}
	if c.ArchAssumed {
		list = append(list, view.Note{Text: assumption.ArchAssumed.Note().String()})
	}
	if !c.Total.UsedKnown {
		list = append(list, view.Note{
			Text: "The bill does not say how much all of it is for; reasons take it for what our rates make of it. " +
				"Cost Explorer gives quantities when asked for UsageQuantity.",
		})
	}
	list = append(list, damagedNotes(c.Damaged)...)
	if c.Total.Estimated {
		list = append(list, view.Note{
			Text: "AWS says that some of these days are estimates; it may take three days until they are final.",
		})
	}
	return list
}

func noMicroVMs(b bill.Bill) string {
	return "None of the bill's " + figures.Count(b.Rows, "row") + " is of a MicroVM: AWS billed none on these days, or " +
		"the file is of other accounts or services."
}

// undecidedNotes name the rows of which it is not known whether they are of MicroVMs.
func undecidedNotes(c reconcile.Comparison) (list []view.Note) {
	for _, a := range c.Bill.Apart {
		if a.Kind != bill.Undecided {
			continue
		}
		list = append(list, view.Note{Warn: true, Text: fmt.Sprintf("%s for $%s may be of MicroVMs and is not compared: "+
			"SkuMeter is empty, and neither SkuPriceId nor the description (%q) tells, first at %s.",
			figures.Count(a.Rows, "row"), a.Amount, a.Name, a.Place)})
	}
	return list
}

func replacedSentence(r bill.Replaced) string {
	of := "the report"
	if r.Period != "" {
		of += " of " + r.Period
	}
	if r.File == r.By {
		return r.File + " was given twice, and counts once."
	}
	return fmt.Sprintf("%s is not counted: %s is a newer version of %s, as %s.", r.File, r.By, of, r.Why)
}

var replacedColumns = []view.Column[bill.Replaced]{
	{ID: "file", Value: func(r bill.Replaced) view.Value { return view.Text(r.File) }},
	{ID: "by", Value: func(r bill.Replaced) view.Value { return view.Text(r.By) }},
	{ID: "period", Value: func(r bill.Replaced) view.Value { return view.Text(r.Period) }},
	{ID: "rows", Value: func(r bill.Replaced) view.Value { return view.Count(r.Rows) }},
	{ID: "why", Value: func(r bill.Replaced) view.Value { return view.Text(r.Why) }},
}

type numberedReason struct {
	number int
	reconcile.Reason
}

func numbered(reasons []reconcile.Reason) []numberedReason {
	list := make([]numberedReason, len(reasons))
	for i, r := range reasons {
		list[i] = numberedReason{i + 1, r}
	}
	return list
}

var reasonColumns = []view.Column[numberedReason]{
	{Value: func(r numberedReason) view.Value { return view.Count(r.number) }},
	{ID: "id", Title: "reason", Value: func(r numberedReason) view.Value { return view.Text(r.ID) }},
	{ID: "amount", Title: "of the difference", Unit: "$", Align: view.Decimal, Value: func(r numberedReason) view.Value {
		return difference(r.Amount)
	}},
	{ID: "lines", Scope: view.Data, Value: func(r numberedReason) view.Value { return view.Count(r.Lines) }},
	{ID: "days", Title: "days", Align: view.Right, Value: func(r numberedReason) view.Value { return view.Count(r.Days) }},
	{ID: "regions", Title: "regions", Shrink: true, Drop: 1, Value: func(r numberedReason) view.Value {
		return view.List(r.Regions).Shown(strings.Join(r.Regions, ", "))
	}},
	{ID: "text", Scope: view.Data, Value: func(r numberedReason) view.Value { return view.Text(r.Text) }},
	{ID: "do", Scope: view.Data, Value: func(r numberedReason) view.Value { return view.Text(r.Do).OmitEmpty() }},
}

func reasonNotes(c reconcile.Comparison) []view.Note {
	var list []view.Note
	for _, r := range c.Reasons {
		list = append(list, view.Note{Tag: string(r.ID), Text: r.String() + "."})
	}
	return list
}

// daysShown are all lines, or those that are furthest off.
func daysShown(c reconcile.Comparison, all bool) ([]reconcile.Line, string) {
	if all {
		return c.Lines, "Day by day"
	}
	const most = 10
	var off []reconcile.Line
	for _, l := range c.Lines {
		if l.Difference().Abs().GreaterThanOrEqual(decimal.New(1, -2)) {
			off = append(off, l)
		}
	}
	slices.SortStableFunc(off, func(a, b reconcile.Line) int { return b.Difference().Abs().Cmp(a.Difference().Abs()) })
	if len(off) > most {
		return off[:most], fmt.Sprintf("The %d of %d lines that are furthest off", most, len(c.Lines))
	}
	return off, "Days that differ"
}

var apartColumns = []view.Column[bill.Apart]{
	{ID: "kind", Title: "kind", Value: func(a bill.Apart) view.Value { return view.Text(a.Kind) }},
	{ID: "name", Title: "name", Shrink: true, Value: func(a bill.Apart) view.Value { return view.Text(a.Name) }},
	{ID: "amount", Title: "amount", Unit: "$", Align: view.Decimal, Value: func(a bill.Apart) view.Value {
		return view.Dollars(a.Amount)
	}},
	{ID: "rows", Title: "rows", Align: view.Right, Value: func(a bill.Apart) view.Value { return view.Count(a.Rows) }},
	{ID: "place", Scope: view.Data, Value: func(a bill.Apart) view.Value { // of the first
		return view.Text(a.Place).OmitEmpty()
	}},
}

// allocated is the bill by tenant, beside what the rates make of what was measured.
func allocated(r Reconciliation) (view.Section, view.Object) {
	amounts := settled(*r.Billed, SpendLook{}, view.CentPlaces, spend.AmountOf)
	ratesCents := settled(*r.Rates, SpendLook{}, view.CentPlaces, spend.AmountOf)
	atRates := map[spend.Key]*spend.Row{}
	for i := range r.Rates.Rows {
		atRates[r.Rates.Rows[i].Key] = &r.Rates.Rows[i]
	}
	columns := []spendColumn{
		{ID: "tenant", Title: "tenant", Shrink: true, Value: func(b *spend.Row) view.Value {
			return view.Text(b.Tenant).Shown(b.Name(spend.ByTenant))
		}},
		{ID: "billed", Title: "billed", Unit: "$", Align: view.Decimal, Value: func(b *spend.Row) view.Value {
			return view.Dollars(b.Amount).SettledBy(amounts(b))
		}},
		{ID: "rates", Title: "at rates", Unit: "$", Align: view.Decimal, Value: func(b *spend.Row) view.Value {
			if rates := atRates[b.Key]; rates != nil {
				return amountOf(rates.Cost).SettledBy(ratesCents(rates))
			}
			return view.Value{}
		}},
	}
	rows := SpendRows(*r.Billed)
	shown := view.First(columns, "tenant", "rates")
	t := view.NewTable(shown, rows, nil)
	t.Add(view.Row{Look: view.Look{Kind: view.Total}, Cells: []view.Value{
		view.Text("total"), view.Dollars(r.Rates.Total.Amount), view.Dollars(r.Billed.Total.Amount),
	}})
	section := view.Section{Heading: "The bill by tenant", Table: t, Notes: []view.Note{
		{Text: "Kept in " + r.File + "; microspend spend --basis billed goes by it."},
	}}
	return section, view.Object{
		{ID: "file", Value: r.File},
		{ID: "rows", Value: view.Records{Table: view.NewTable(columns, rows, nil)}},
		{ID: "total", Value: view.Exact(r.Billed.Total.Amount)},
	}
}
