package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
)

// spendJSON is the document microspend.spend/v1. Its rows have the dimensions asked for under their names.
type spendJSON struct {
	Schema    string            `json:"schema"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	TimeZone  string            `json:"time_zone"`
	Currency  string            `json:"currency"`
	By        []string          `json:"by"`
	Basis     string            `json:"basis,omitempty"` // billed, where amounts are AWS's bill and not made from rates
	Rows      []map[string]any  `json:"rows"`
	Total     *string           `json:"total"`                // of everything with a known rate; null where nothing has one
	ListTotal *string           `json:"list_total,omitempty"` // at AWS's public rates, where something else was agreed
	Unknown   []string          `json:"unknown,omitempty"`
	SharedOut *sharedOutJSON    `json:"shared_out,omitempty"`
	Previous  *spendBeforeJSON  `json:"previous,omitempty"`
	Damaged   []damagedFileJSON `json:"damaged,omitempty"`
}

type sharedOutJSON struct {
	Policy  string `json:"policy"`
	Amount  string `json:"amount"`
	Tenants int    `json:"tenants"`
}

type spendBeforeJSON struct {
	From   string  `json:"from"`
	To     string  `json:"to"`
	Total  *string `json:"total"`
	Change *string `json:"change"`
}

type damagedFileJSON struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

func damagedJSON(files []ledger.DamagedFile) []damagedFileJSON {
	var list []damagedFileJSON
	for _, file := range files {
		list = append(list, damagedFileJSON{file.Path, file.Reason})
	}
	return list
}

// knownAmount is a cost as a figure, nil where nothing of it could be priced.
func knownAmount(c spend.Cost) *string {
	if !c.Known() {
		return nil
	}
	text := c.Amount.String()
	return &text
}

// knownList is what a cost comes to at AWS's public rates, nil where nothing of it could be priced.
func knownList(c spend.Cost) *string {
	if !c.Known() {
		return nil
	}
	text := c.List.String()
	return &text
}

func optional(d *decimal.Decimal) *string {
	if d == nil {
		return nil
	}
	text := d.String()
	return &text
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func quantityTexts(sum *usage.Sum) []string {
	quantities := spend.Quantities(sum)
	texts := make([]string, pricing.QuantityCount)
	for i, q := range pricing.BilledQuantities() {
		texts[i] = quantities[q].String()
	}
	return texts
}

// Spend makes the document of what was spent.
func Spend(s spend.Spend) Document {
	d := Document{Title: "Spend from " + day(s.From, s.Location) + " to " + day(s.To.Add(-time.Nanosecond), s.Location)}
	if s.Location != time.UTC {
		d.Subtitle = "days as in " + s.Location.String()
	}
	d.Complete = func(d *Document, format view.Format) {
		switch format {
		case view.FormatJSON:
			d.JSON = spendDocumentJSON(s)
		case view.FormatCSV:
			d.CSV = spendDocumentCSV(s)
		default:
			d.Sections = []Section{{Table: spendTable(s).view()}, {Notes: spendNotes(s)}}
		}
	}
	return d
}

func spendDocumentJSON(s spend.Spend) spendJSON {
	out := spendJSON{
		Schema: "microspend.spend/v1", From: moment(s.From), To: moment(s.To), TimeZone: s.Location.String(), Currency: "USD",
		By: dimensionNames(s.By), Rows: make([]map[string]any, len(s.Rows)), Total: knownAmount(s.Total.Cost),
		Unknown: unknownTexts(s.Total.Cost), Damaged: damagedJSON(s.Damaged),
	}
	if s.Basis != spend.BasisRates {
		out.Basis = s.Basis.String()
	}
	if s.Agreed {
		out.ListTotal = knownList(s.Total.Cost)
	}
	if s.SharedOut != nil {
		out.SharedOut = &sharedOutJSON{s.Policy.String(), s.SharedOut.Amount.String(), s.SharedOut.Tenants}
	}
	if p := s.Total.Previous; p != nil {
		out.Previous = &spendBeforeJSON{moment(s.PreviousFrom), moment(s.PreviousTo), knownAmount(p.Cost), optional(p.Change)}
	}
	inParallel(len(s.Rows), func(i int) { out.Rows[i] = spendRowJSON(s, &s.Rows[i]) })
	return out
}

func spendDocumentCSV(s spend.Spend) [][]string {
	header := append(dimensionNames(s.By), "amount")
	for _, q := range pricing.BilledQuantities() {
		header = append(header, q.Column())
	}
	header = append(header, "coverage", "shared", "unknown")
	if s.Agreed {
		header = append(header, "list_amount")
	}
	if s.Total.Previous != nil {
		header = append(header, "previous", "change", "change_percent")
	}
	rows := make([][]string, len(s.Rows)+1)
	rows[0] = header
	inParallel(len(s.Rows), func(i int) { rows[i+1] = spendRowCSV(s, &s.Rows[i]) })
	return rows
}

func day(t time.Time, loc *time.Location) string { return t.In(loc).Format(time.DateOnly) }

func dimensionNames(by []spend.Dimension) []string {
	names := make([]string, len(by))
	for i, d := range by {
		names[i] = d.String()
	}
	return names
}

func spendRowJSON(s spend.Spend, row *spend.Row) map[string]any {
	out := map[string]any{"amount": knownAmount(row.Cost)}
	if s.Agreed {
		out["list_amount"] = knownList(row.Cost)
	}
	for _, d := range s.By {
		out[d.String()] = row.Value(d)
	}
	for i, text := range quantityTexts(&row.Sum) {
		out[pricing.BilledQuantity(i).Column()] = text
	}
	out["coverage"] = optional(spend.Coverage(&row.Sum))
	if !row.Shared.IsZero() {
		out["shared"] = row.Shared.String()
	}
	if !row.Complete() {
		out["unknown"] = unknownTexts(row.Cost)
	}
	if row.Folded > 0 {
		out["folded"] = row.Folded
	}
	if p := row.Previous; p != nil {
		out["previous"], out["change"], out["change_percent"] = knownAmount(p.Cost), optional(p.Change), optional(p.Percent)
	}
	return out
}

func spendRowCSV(s spend.Spend, row *spend.Row) []string {
	var cells []string
	for _, d := range s.By {
		cells = append(cells, row.Value(d))
	}
	cells = append(cells, orEmpty(knownAmount(row.Cost)))
	cells = append(cells, quantityTexts(&row.Sum)...)
	cells = append(cells, orEmpty(optional(spend.Coverage(&row.Sum))), row.Shared.String(), strings.Join(unknownTexts(row.Cost), "; "))
	if s.Agreed {
		cells = append(cells, orEmpty(knownList(row.Cost)))
	}
	if s.Total.Previous != nil {
		before, change, percent := "", "", ""
		if p := row.Previous; p != nil {
			before, change, percent = orEmpty(knownAmount(p.Cost)), orEmpty(optional(p.Change)), orEmpty(optional(p.Percent))
		}
		cells = append(cells, before, change, percent)
	}
	return cells
}

// spendTable shows cents that add up to the total as shown.
func spendTable(s spend.Spend) *Table {
	t := &Table{}
	for _, d := range s.By {
		t.Columns = append(t.Columns, Column{Title: d.String(), Shrink: d == spend.ByImage || d == spend.ByMicroVM || d == spend.ByTenant})
	}
	if len(s.By) == 0 {
		t.Columns = append(t.Columns, Column{})
	}
	if s.Agreed {
		t.Columns = append(t.Columns, Column{Title: "list $", Align: Decimal, Drop: 1})
	}
	t.Columns = append(t.Columns, Column{Title: "$", Align: Decimal}, Column{Title: "share", Align: Decimal, Drop: 2})
	if s.Total.Previous != nil {
		t.Columns = append(t.Columns, Column{Title: "before $", Align: Decimal, Drop: 1}, Column{Title: "change $", Align: Decimal})
	}
	t.Columns = append(t.Columns, Column{Title: "running h", Align: Decimal, Drop: 3}, Column{Title: "coverage", Align: Right, Drop: 4})

	amounts, lists := make([]decimal.Decimal, len(s.Rows)), make([]decimal.Decimal, len(s.Rows))
	for i := range s.Rows {
		amounts[i], lists[i] = s.Rows[i].Amount, s.Rows[i].List
	}
	shown, total := spend.Cents(amounts)
	shownList, listTotal := spend.Cents(lists)
	t.Rows = make([]Row, len(s.Rows), len(s.Rows)+1)
	inParallel(len(s.Rows), func(i int) {
		row := &s.Rows[i]
		var cells []string
		for _, d := range s.By {
			cells = append(cells, row.Value(d))
		}
		if len(s.By) == 0 {
			cells = append(cells, "all")
		}
		t.Rows[i] = Row{
			Cells: append(cells, spendCells(s, row.Cost, row.Previous, &row.Sum, shown[i], shownList[i])...), Warn: !row.Complete(),
		}
	})
	totals := make([]string, max(len(s.By), 1))
	totals[0] = "total"
	t.Rows = append(t.Rows, Row{
		Kind: Total, Cells: append(totals, spendCells(s, s.Total.Cost, s.Total.Previous, &s.Total.Sum, total, listTotal)...),
	})
	return t
}

func spendCells(s spend.Spend, cost spend.Cost, before *spend.Comparison, sum *usage.Sum, shown, list decimal.Decimal) []string {
	amount, share, coverage := "unknown", "", ""
	if cost.Known() {
		amount = fixed(shown, centPlaces)
		if !cost.Complete() {
			amount += " +?"
		}
		if s.Total.Amount.IsPositive() {
			share = fixed(pricing.Divide(cost.Amount.Shift(2), s.Total.Amount, 4), 1) + " %"
		}
	}
	cells := []string{amount, share}
	if s.Agreed {
		atList := "unknown"
		if cost.Known() {
			atList = fixed(list, centPlaces)
		}
		cells = append([]string{atList}, cells...)
	}
	if s.Total.Previous != nil {
		previous, change := "", ""
		if before != nil {
			if before.Known() {
				previous = fixed(before.Amount, centPlaces)
			}
			if before.Change != nil {
				change = signed(*before.Change, centPlaces)
			}
		}
		cells = append(cells, previous, change)
	}
	if c := spend.Coverage(sum); c != nil {
		coverage = c.Shift(2).Floor().String() + " %" // 100 % only where nothing is missing
	}
	running := ""
	if !sum.Amounts[usage.Running].IsZero() {
		running = fixed(pricing.Divide(sum.Amounts[usage.Running].Decimal(), decimal.NewFromInt(3_600_000), 4), 1)
	}
	return append(cells, running, coverage)
}

func spendNotes(s spend.Spend) []Note {
	var list []Note
	if s.Basis == spend.BasisBilled {
		list = append(list, Note{Text: "Amounts are what AWS billed, shared out by what was measured; " + spend.Unmetered + " is what no measured usage accounts for."})
	}
	if s.SharedOut != nil {
		list = append(list, Note{Text: fmt.Sprintf("$%s of shared cost is shared out among %d tenants (%s).",
			fixed(s.SharedOut.Amount, centPlaces), s.SharedOut.Tenants, s.Policy)})
	}
	for _, unknown := range unknownTexts(s.Total.Cost) {
		list = append(list, Note{Warn: true, Text: unknown + "."})
	}
	return append(list, damagedNotes(s.Damaged)...)
}
