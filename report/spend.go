package report

import (
	"fmt"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/ledger/doubt"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/spend"
	"microspend/view"
)

// Spend makes the document of what was spent.
func Spend(s spend.Spend) view.Document {
	look := SpendLook{Counts: s.Counted, Groups: s.Subtotals()}
	columns, rows := SpendColumns(s, look), SpendRows(s)
	by := dimensionNames(s.By)
	inData := []string{"amount"}
	for _, q := range pricing.BilledQuantities() {
		inData = append(inData, q.Column())
	}
	inData = append(inData, "coverage", "shared", "unknown", "list_amount", "kind", "state")
	data := view.NewTable(view.First(columns, slices.Concat(by, inData)...), rows, nil)
	d := view.Document{
		Title:    SpendTitle(s),
		Sections: []view.Section{{Table: spendTable(s, columns, rows, look.Groups)}},
		Data:     data,
	}
	if len(s.Restatements) > 0 {
		d.Data = restatedData(view.First(columns, slices.Concat(by, inData)...), s)
		d.Add(view.Section{Table: view.NewTable(restatementColumns(s.By), s.Restatements, nil)})
	}
	d.Add(view.Section{Notes: append(spendNotes(s), RestatementNotes(s)...)})
	if s.Location != time.UTC {
		d.Subtitle = "days as in " + s.Location.String()
	}
	json := view.Object{
		{ID: "schema", Value: "microspend.spend/v1"},
		{ID: "from", Value: view.Moment(s.From)},
		{ID: "to", Value: view.Moment(s.To)},
		{ID: "time_zone", Value: s.Location.String()},
		{ID: "currency", Value: "USD"},
		{ID: "by", Value: by},
	}
	json = json.With(s.Basis != spend.BasisRates, "basis", s.Basis.String())
	json = append(json, view.Object{
		{ID: "rows", Value: view.Records{Table: data}},
		{ID: "total", Value: totalOf(&s.Total)},
		{ID: "state", Value: s.Total.State().String()},
	}...)
	json = withCurrency(json, s)
	if len(look.Groups) > 0 {
		json = json.With(true, "groups", groupRecords(s, look, inData))
	}
	if s.Counted {
		json = append(json, view.ObjectOf(view.Pick(columns, unitCosts...), SpendTotal(s))...)
	}
	listed := s.Negotiated && s.Total.Known() && s.Total.State() != pricing.NotMeasured
	json = json.With(listed, "list_total", view.Exact(s.Total.List))
	json = json.With(!s.Total.Complete(), "unknown", unknownTexts(s.Total.Cost))
	json = json.With(len(s.RatesAssumed) > 0, "rates_assumed", view.Records{
		Table: view.NewTable(ratesAssumedColumns, s.RatesAssumed, nil),
	})
	json = json.With(s.TenantAsserted, "assumptions", noteRecords([]pricing.Note{assumption.TenantAsserted.Note()}))
	json = json.With(len(s.Doubts) > 0, "warnings", doubtRecords(s.Doubts))
	if out := s.SharedOut; out != nil {
		json = json.With(true, "shared_out", view.Object{
			{ID: "policy", Value: s.Policy.String()},
			{ID: "amount", Value: view.Exact(out.Amount)},
			{ID: "tenants", Value: out.Tenants},
		})
	}
	if p := s.Total.Previous; p != nil {
		json = json.With(true, "previous", previousObject(s.Compared, p).With(s.RowsCompared != "", "rows", s.RowsCompared))
	}
	if w := s.SameWeekday; w != nil {
		json = json.With(true, "same_weekday", previousObject(w.Pair, &w.Comparison))
	}
	d.JSON = withDamaged(withRestatements(json, s), s.Damaged)
	return d
}

// unitCosts are the columns that the total of a counted report has as well.
var unitCosts = []string{"running_hours", "launches", "per_launch", "per_running_hour"}

// ratesAssumedColumns name the regions of which usage before a day was priced at rates known from that day on.
var ratesAssumedColumns = []view.Column[spend.RatesAssumed]{
	{ID: "region", Value: func(r spend.RatesAssumed) view.Value { return view.Text(r.Region) }},
	{ID: "before", Value: func(r spend.RatesAssumed) view.Value { return view.Date(r.Before.String()) }},
}

// doubtRecords are all of what speaks against usage, each with the sentence that people read.
func doubtRecords(doubts []doubt.Doubt) view.Records {
	text := func(id string, of func(doubt.Doubt) string) view.Column[doubt.Doubt] {
		return view.Column[doubt.Doubt]{ID: id, Value: func(d doubt.Doubt) view.Value { return view.Text(of(d)) }}
	}
	return view.Records{Table: view.NewTable([]view.Column[doubt.Doubt]{
		text("id", func(d doubt.Doubt) string { return string(d.Kind) }),
		text("text", func(d doubt.Doubt) string { return spend.DoubtNote(&d).Text }),
		text("account", func(d doubt.Doubt) string { return d.Account }),
		text("region", func(d doubt.Doubt) string { return d.Region }),
		text("source", func(d doubt.Doubt) string { return d.Source }),
		{ID: "from", Value: func(d doubt.Doubt) view.Value { return view.Moment(d.From) }},
		{ID: "to", Value: func(d doubt.Doubt) view.Value { return view.Moment(d.To) }},
		text("microvm", func(d doubt.Doubt) string { return d.By[0].Resource }),
		text("tenant", func(d doubt.Doubt) string { return d.By[0].Tenant }),
	}, doubts, nil)}
}

// SpendTitle says which days a report is of.
func SpendTitle(s spend.Spend) string {
	return "Spend, " + civil.Between(s.From, s.To).Label(s.Location)
}

// spendTable is what people read: amounts at list stand before those that are paid.
func spendTable(s spend.Spend, columns []spendColumn, rows []*spend.Row, groups []spend.Subtotal) *view.Table {
	columns = view.First(columns, append(dimensionNames(s.By), "list_amount")...)
	var t *view.Table
	if len(groups) > 0 {
		t = groupedTable(s, slices.Clone(columns), groups)
	} else {
		t = view.NewTable(columns, rows, func(r *spend.Row) view.Look { return view.Look{Warn: !r.Complete()} })
	}
	total := view.RowOf(columns, SpendTotal(s), nil)
	clear(total.Cells[:max(1, len(s.By))])
	total.Kind, total.Cells[0] = view.Total, view.Text("total")
	t.Add(total)
	return t
}

func spendNotes(s spend.Spend) []view.Note {
	var list []view.Note
	if s.Basis == spend.BasisBilled {
		list = append(list, view.Note{
			Text: "Amounts are what AWS billed, shared out by what was measured; " + spend.Unmetered +
				" is what no measured usage accounts for.",
		})
	}
	if s.SharedOut != nil {
		list = append(list, view.Note{Text: fmt.Sprintf("$%s of shared cost is shared out among %d tenants (%s).",
			figures.Fixed(s.SharedOut.Amount, view.CentPlaces), s.SharedOut.Tenants, s.Policy)})
	}
	list = append(list, ComparedNotes(s)...)
	if s.Currency != nil {
		list = append(list, view.Note{Text: CurrencyWords(*s.Currency) + "."})
	}
	if s.TenantAsserted {
		list = append(list, view.Note{Text: assumption.TenantAsserted.Note().String()})
	}
	for _, note := range s.DoubtNotes() {
		list = append(list, view.Note{Text: note.String(), Warn: true})
	}
	for _, assumed := range s.RatesAssumed {
		list = append(list, view.Note{Text: assumption.RatesBeforeFirst.Note(assumed.Region, assumed.Before).String()})
	}
	if s.ArchAssumed {
		list = append(list, view.Note{Text: assumption.ArchAssumed.Note().String()})
	}
	if n := s.Total.Sum.ByDate; !n.IsZero() {
		list = append(list, view.Note{Text: fmt.Sprintf("Records of whole UTC days count on their date (%s): "+
			"they do not say at which hours of %s anything was used.", n, s.Location)})
	}
	return append(append(list, unknownNotes(s.Total.Cost)...), damagedNotes(s.Damaged)...)
}

func dimensionNames(by []spend.Dimension) []string {
	names := make([]string, len(by))
	for i, d := range by {
		names[i] = d.String()
	}
	return names
}
