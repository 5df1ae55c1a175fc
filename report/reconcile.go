package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/bill"
	"microspend/spend/bill/reconcile"
)

// reconcileJSON is the document microspend.reconcile/v1. Differences are theirs minus ours.
type reconcileJSON struct {
	Schema     string              `json:"schema"`
	From       string              `json:"from"`
	To         string              `json:"to"`
	Currency   string              `json:"currency"`
	Bill       reconcileBillJSON   `json:"bill"`
	Tolerance  string              `json:"tolerance"`
	Within     bool                `json:"within"`
	Lines      []reconcileLineJSON `json:"lines"`
	Sums       []reconcileLineJSON `json:"sums"` // by region and usage type
	Total      reconcileLineJSON   `json:"total"`
	Reasons    []reasonJSON        `json:"reasons"` // what makes most of the difference first
	Apart      []apartJSON         `json:"apart"`
	Allocation *allocationJSON     `json:"allocation,omitempty"`
}

type reconcileBillJSON struct {
	Source  string `json:"source"`
	Format  string `json:"format"`
	Metric  string `json:"metric"`
	SHA256  string `json:"sha256"`
	Rows    int    `json:"rows"`
	Ignored int    `json:"ignored"` // of no MicroVM
}

type reconcileLineJSON struct {
	Day            string  `json:"day,omitempty"`
	Region         string  `json:"region,omitempty"`
	Usage          string  `json:"usage,omitempty"`
	Ours           *string `json:"ours"` // null where no rate is known
	Theirs         string  `json:"theirs"`
	Difference     string  `json:"difference"`
	Percent        *string `json:"percent"` // of theirs; null where they charged nothing
	OursQuantity   string  `json:"ours_quantity,omitempty"`
	TheirsQuantity *string `json:"theirs_quantity,omitempty"` // absent where the bill does not say
	Unit           string  `json:"unit,omitempty"`
	Estimated      bool    `json:"estimated,omitempty"`
	Beyond         bool    `json:"beyond"`
	Reason         string  `json:"reason,omitempty"`
}

type reasonJSON struct {
	ID      string   `json:"id"`
	Amount  string   `json:"amount"`
	Lines   int      `json:"lines"`
	Days    int      `json:"days"`
	Regions []string `json:"regions"`
	Text    string   `json:"text"`
	Do      string   `json:"do,omitempty"`
}

type apartJSON struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Amount string `json:"amount"`
	Rows   int    `json:"rows"`
}

type allocationJSON struct {
	File  string              `json:"file"`
	Rows  []allocationRowJSON `json:"rows"`
	Total string              `json:"total"` // the bill's
}

type allocationRowJSON struct {
	Tenant string  `json:"tenant"`
	Billed string  `json:"billed"`
	Rates  *string `json:"rates"` // what the rates make of what was measured; null where they make nothing of it
}

// Reconciliation is what is shown of a comparison.
type Reconciliation struct {
	Comparison reconcile.Comparison
	Source     string // name of the bill's file
	All        bool   // show every day in a table, not only those furthest off

	// The bill shared out among tenants, and what the rates say beside it; nil where that was not asked for.
	Billed, Rates *spend.Spend
	File          string // where the bill is kept
}

// Reconcile makes the document of a bill beside what was measured.
func Reconcile(r Reconciliation) Document {
	c := r.Comparison
	out := reconcileJSON{
		Schema: "microspend.reconcile/v1", From: moment(c.From), To: moment(c.To), Currency: "USD",
		Bill: reconcileBillJSON{
			r.Source, string(c.Bill.Format), c.Bill.Metric, c.Bill.SHA256, c.Bill.Rows, c.Bill.Ignored,
		},
		Tolerance: c.Tolerance.String(), Within: c.Within(),
		Lines: []reconcileLineJSON{}, Sums: []reconcileLineJSON{}, Total: reconcileLine(c.Total), Reasons: []reasonJSON{}, Apart: []apartJSON{},
	}
	d := Document{CSV: [][]string{{
		"day", "region", "usage", "ours", "theirs", "difference", "percent", "ours_quantity", "theirs_quantity", "unit", "estimated",
		"beyond", "reason",
	}}}
	for _, line := range c.Lines {
		l := reconcileLine(line)
		out.Lines = append(out.Lines, l)
		d.CSV = append(d.CSV, []string{
			l.Day, l.Region, l.Usage, orEmpty(l.Ours), l.Theirs, l.Difference, orEmpty(l.Percent), l.OursQuantity,
			orEmpty(l.TheirsQuantity), l.Unit, fmt.Sprint(l.Estimated), fmt.Sprint(l.Beyond), l.Reason,
		})
	}
	for _, line := range c.Sums {
		out.Sums = append(out.Sums, reconcileLine(line))
	}
	for _, reason := range c.Reasons {
		out.Reasons = append(out.Reasons, reasonJSON{
			string(reason.ID), reason.Amount.String(), reason.Lines, reason.Days, reason.Regions, reason.Text, reason.Do,
		})
	}
	for _, apart := range c.Bill.Apart {
		out.Apart = append(out.Apart, apartJSON{string(apart.Kind), apart.Name, apart.Amount.String(), apart.Rows})
	}
	d.Title = "AWS's bill from " + day(c.From, time.UTC) + " to " + day(c.To.Add(-time.Nanosecond), time.UTC)
	d.Subtitle = r.Source + ": " + formatWords(c.Bill.Format)
	if c.Bill.Metric != "" { // a bill of nothing has none
		d.Subtitle += ", " + c.Bill.Metric
	}
	d.Sections = []Section{{Table: reconcileTable(c.Sums, &c.Total, false).view(), Notes: verdictNotes(c)}}
	if len(c.Reasons) > 0 {
		d.Sections = append(d.Sections, Section{Heading: "Likely reasons", Table: reasonTable(c).view(), Notes: reasonNotes(c)})
	}
	if lines, heading := daysShown(c, r.All); len(lines) > 0 {
		d.Sections = append(d.Sections, Section{Heading: heading, Table: reconcileTable(lines, nil, true).view()})
	}
	if len(c.Bill.Apart) > 0 {
		d.Sections = append(d.Sections, Section{Heading: "On the bill, and not compared", Table: apartTable(c.Bill.Apart).view()})
	}
	if r.Billed != nil {
		out.Allocation = newAllocationJSON(r)
		d.Sections = append(d.Sections, allocationSection(r))
	}
	d.JSON = out
	return d
}

func formatWords(f bill.Format) string {
	return map[bill.Format]string{
		bill.CostExplorer: "Cost Explorer", bill.CUR: "Cost and Usage Report", bill.FOCUS: "FOCUS export",
	}[f]
}

func reconcileLine(l reconcile.Line) reconcileLineJSON {
	out := reconcileLineJSON{
		Region: l.Region, Theirs: l.Theirs.String(), Difference: l.Difference().String(), Estimated: l.Estimated, Beyond: l.Beyond,
		Reason: string(l.Reason),
	}
	if !l.Day.IsZero() {
		out.Day = day(l.Day, time.UTC)
	}
	if l.RateKnown || !l.Ours.IsZero() {
		text := l.Ours.String()
		out.Ours = &text
	}
	if !l.Theirs.IsZero() {
		text := percentOf(l.Difference(), l.Theirs).String()
		out.Percent = &text
	}
	if l.Region != "" {
		out.Usage, out.Unit, out.OursQuantity = l.Quantity.String(), l.Quantity.Unit(), l.OursUsed.String()
		if l.UsedKnown {
			text := l.TheirsUsed.String()
			out.TheirsQuantity = &text
		}
	}
	return out
}

// percentOf is a in percent of b, half-even at [pricing.RatioPlaces].
func percentOf(a, b decimal.Decimal) decimal.Decimal {
	return pricing.Divide(a.Shift(2), b, pricing.RatioPlaces)
}

// reconcileTable shows lines, by day or summed. Total is nil where there is none to show.
func reconcileTable(lines []reconcile.Line, total *reconcile.Line, days bool) *Table {
	t := &Table{Tight: days}
	if days {
		t.Columns = append(t.Columns, Column{Title: "day"})
	}
	t.Columns = append(t.Columns, Column{Title: "region"}, Column{Title: "usage type"}, Column{Title: "ours $", Align: Decimal, Drop: 2},
		Column{Title: "theirs $", Align: Decimal}, Column{Title: "differ $", Align: Decimal}, Column{Title: "%", Align: Decimal, Drop: 3})
	if days {
		t.Columns = append(t.Columns, Column{Title: "likely reason", Drop: 1})
	} else {
		t.Columns = append(t.Columns, Column{Title: "quantity ours", Align: Decimal, Drop: 4, MinWidth: 100},
			Column{Title: "theirs", Align: Decimal, Drop: 4, MinWidth: 100})
	}
	cells := func(l reconcile.Line) []string {
		ours, percent := fixed(l.Ours, centPlaces), ""
		if !l.RateKnown {
			ours = "unknown"
			if !l.Ours.IsZero() {
				ours = fixed(l.Ours, centPlaces) + " +?"
			}
		}
		if !l.Theirs.IsZero() {
			percent = signed(percentOf(l.Difference(), l.Theirs), 1)
		}
		return []string{ours, fixed(l.Theirs, centPlaces), signedCents(l.Difference()), percent}
	}
	for _, l := range lines {
		var row []string
		if days {
			row = append(row, day(l.Day, time.UTC))
		}
		row = append(append(row, l.Region, l.Quantity.Name()), cells(l)...)
		if days {
			row = append(row, string(l.Reason))
		} else {
			theirs := "not in the bill"
			if l.UsedKnown {
				theirs = upTo(l.TheirsUsed, 4)
			}
			row = append(row, upTo(l.OursUsed, 4), theirs)
		}
		t.Rows = append(t.Rows, Row{Cells: row, Warn: l.Beyond})
	}
	if total != nil {
		t.Rows = append(t.Rows, Row{Kind: Total, Cells: append([]string{"total", ""}, cells(*total)...)})
	}
	return t
}

// signedCents writes a difference with its sign, and less than half a cent as 0.00.
func signedCents(d decimal.Decimal) string { return signed(d.RoundBank(centPlaces), centPlaces) }

func verdictNotes(c reconcile.Comparison) []Note {
	tolerance := c.Tolerance.String()
	if strings.HasSuffix(tolerance, "%") {
		tolerance += " of the bill"
	}
	sentence := "No usage type in any region, nor the total, differs by more than " + tolerance + "."
	if !c.Within() {
		var where []string
		for _, l := range c.Sums {
			if l.Beyond {
				where = append(where, l.Quantity.Name()+" in "+l.Region)
			}
		}
		if c.Total.Beyond {
			where = append(where, "the total")
		}
		sentence = "Further off than " + tolerance + ": " + strings.Join(where, ", ") + "."
	}
	list := []Note{{Text: sentence, Warn: !c.Within()}}
	if !c.Total.UsedKnown {
		list = append(list, Note{Text: "The bill does not say how much all of it is for; reasons take it for what our rates make of it. " +
			"Cost Explorer gives quantities when asked for UsageQuantity."})
	}
	if c.Total.Estimated {
		list = append(list, Note{Text: "AWS says that some of these days are estimates; it may take three days until they are final."})
	}
	return list
}

func reasonTable(c reconcile.Comparison) *Table {
	t := &Table{Columns: []Column{
		{Title: ""}, {Title: "reason"}, {Title: "of the difference $", Align: Decimal}, {Title: "days", Align: Right}, {Title: "regions", Shrink: true, Drop: 1},
	}}
	for i, r := range c.Reasons {
		t.Rows = append(t.Rows, Row{Cells: []string{
			fmt.Sprint(i + 1), string(r.ID), signedCents(r.Amount), fmt.Sprint(r.Days), strings.Join(r.Regions, ", "),
		}})
	}
	return t
}

func reasonNotes(c reconcile.Comparison) []Note {
	var list []Note
	for _, r := range c.Reasons {
		list = append(list, Note{Tag: string(r.ID), Text: r.String() + "."})
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

func apartTable(list []bill.Apart) *Table {
	t := &Table{Columns: []Column{
		{Title: "kind"}, {Title: "name", Shrink: true}, {Title: "rows", Align: Right}, {Title: "amount $", Align: Decimal},
	}}
	for _, a := range list {
		t.Rows = append(t.Rows, Row{Cells: []string{string(a.Kind), a.Name, fmt.Sprint(a.Rows), fixed(a.Amount, centPlaces)}})
	}
	return t
}

func newAllocationJSON(r Reconciliation) *allocationJSON {
	out := &allocationJSON{File: r.File, Rows: []allocationRowJSON{}, Total: r.Billed.Total.Amount.String()}
	for _, row := range r.Billed.Rows {
		one := allocationRowJSON{Tenant: row.Tenant, Billed: row.Amount.String()}
		if before := rowOf(r.Rates, row.Key); before != nil {
			one.Rates = knownAmount(before.Cost)
		}
		out.Rows = append(out.Rows, one)
	}
	return out
}

func rowOf(s *spend.Spend, key spend.Key) *spend.Row {
	at := slices.IndexFunc(s.Rows, func(row spend.Row) bool { return row.Key == key })
	if at < 0 {
		return nil
	}
	return &s.Rows[at]
}

func allocationSection(r Reconciliation) Section {
	t := &Table{Columns: []Column{
		{Title: "tenant", Shrink: true}, {Title: "at rates $", Align: Decimal}, {Title: "billed $", Align: Decimal},
	}}
	amounts := make([]decimal.Decimal, len(r.Billed.Rows))
	for i, row := range r.Billed.Rows {
		amounts[i] = row.Amount
	}
	shown, total := spend.Cents(amounts)
	for i, row := range r.Billed.Rows {
		rates := ""
		if before := rowOf(r.Rates, row.Key); before != nil {
			rates = "unknown"
			if before.Known() {
				rates = fixed(before.Amount, centPlaces)
			}
		}
		t.Rows = append(t.Rows, Row{Cells: []string{row.Tenant, rates, fixed(shown[i], centPlaces)}})
	}
	t.Rows = append(t.Rows, Row{Kind: Total, Cells: []string{"total", fixed(r.Rates.Total.Amount, centPlaces), fixed(total, centPlaces)}})
	return Section{Heading: "The bill by tenant", Table: t.view(), Notes: []Note{
		{Text: "Kept in " + r.File + "; microspend spend --basis billed goes by it."},
	}}
}
