package xlsx

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/view"
	"microspend/view/xlsx"
)

// look has coverage as finely as a spreadsheet shows it.
var look = report.SpendLook{CoveragePlaces: 1, Counts: true}

// summary is the first sheet: what it is about, the total, and the total by component.
func summary(r Report) xlsx.Sheet {
	s := r.Tenants
	facts := []fact{{"days as in", view.Text(s.Location.String())}, {"basis", view.Text(s.Basis.String())}}
	if !r.Made.IsZero() {
		facts = append(facts, fact{"made at", view.Moment(r.Made)})
	}
	facts = append(facts, fact{"tenants with spend", view.Count(spenders(s))})
	if coverage := spend.Coverage(&s.Total.Sum); coverage != nil {
		facts = append(facts, fact{"coverage", view.PercentDown(*coverage, 1)})
	}
	sums := []fact{{"total", known(s.Total.Cost, s.Total.Amount).In(s.Total.State())}}
	if s.Negotiated {
		sums = append(sums, fact{"total at list", known(s.Total.Cost, s.Total.List).In(s.Total.State())})
	}
	if s.SharedOut != nil {
		sums = append(sums, fact{"of it shared out", known(s.SharedOut.Cost, s.SharedOut.Amount)})
	}
	if p := s.Total.Previous; p != nil {
		sums = append(sums, fact{"the period before", known(p.Cost, p.Amount).In(p.State())},
			fact{"change", view.Maybe(p.Change, view.Dollars).OrDash()})
	}
	if c := s.Currency; c != nil {
		total := view.Number(c.Of(s.Total.Amount), c.Places()).Or("unknown", s.Total.Known()).In(s.Total.State())
		facts = append(facts, fact{"total in " + c.Code, total})
	}
	components := view.Pick(report.SpendColumns(r.Components, look), "component", "amount", "list_amount")
	components[0].Title = "by component"
	components[0].Value = func(row *spend.Row) view.Value { return view.Text(componentName(row.Component)) }
	out := xlsx.Sheet{Name: "Summary", Title: report.SpendTitle(s), Tables: []*view.Table{
		view.NewTable(factColumns("", ""), facts, nil), view.NewTable(factColumns("amount", "$"), sums, nil),
		view.NewTable(components, report.SpendRows(r.Components), nil),
	}}
	if r.Groups != nil {
		out.Tables = append(out.Tables, highestGroups(*r.Groups))
	}
	if s.Currency != nil {
		out.Notes = append(out.Notes, report.CurrencyWords(*s.Currency))
	}
	for _, note := range report.ComparedNotes(s) {
		out.Notes = append(out.Notes, note.Text)
	}
	for _, u := range s.Total.Unknown {
		out.Notes = append(out.Notes, u.String())
	}
	return out
}

// highestGroups are the sums of the highest groups, which add up to the total; the sheet of groups has the parts.
func highestGroups(s spend.Spend) *view.Table {
	with := look
	with.Groups = s.Subtotals()
	var rows []*spend.Row
	for i := range with.Groups {
		if with.Groups[i].Depth == 1 {
			rows = append(rows, &with.Groups[i].Row)
		}
	}
	columns := view.Pick(report.SpendColumns(s, with), "group", "amount", "amount_display")
	columns[0].Title = "by group"
	return view.NewTable(columns, rows, nil)
}

// fact is a line of the summary.
type fact struct {
	name  string
	value view.Value
}

func factColumns(title, unit string) []view.Column[fact] {
	return []view.Column[fact]{
		{Value: func(f fact) view.Value { return view.Text(f.name) }},
		{Title: title, Unit: unit, Align: view.Decimal, Value: func(f fact) view.Value { return f.value }},
	}
}

// known is an amount, unknown where nothing of it could be priced.
func known(cost spend.Cost, amount decimal.Decimal) view.Value {
	return view.Dollars(amount).Or("unknown", cost.Known())
}

// componentName is a component in words; a report without any usage has one row, about nothing.
func componentName(id string) string {
	for _, q := range pricing.BilledQuantities() {
		if q.String() == id {
			return q.Name()
		}
	}
	return id
}

// spenders counts the tenants that cost anything.
func spenders(s spend.Spend) (n int) {
	for _, row := range s.Rows {
		if row.Kind == spend.KindTenant && !row.Amount.IsZero() {
			n++
		}
	}
	return n
}

func rates(cards []pricing.RateCard) *view.Table {
	type rate = report.CardRate
	ifKnown := func(of func(rate) view.Value, none string) func(rate) view.Value {
		return func(r rate) view.Value {
			if !r.Card.Rate(r.Of).Known() {
				return view.Missing(none)
			}
			return of(r)
		}
	}
	return view.NewTable([]view.Column[rate]{
		{Title: "region", Value: func(r rate) view.Value { return view.Text(r.Card.Region) }},
		{Title: "usage type", Value: func(r rate) view.Value { return view.Text(r.Rated().Name()) }},
		{Title: "per", Value: ifKnown(func(r rate) view.Value {
			charged, list := r.Card.Rate(r.Of).Per, r.Card.ListRate(r.Of).Per
			if charged != list {
				return view.Text(perUnits(r.Of, charged) + "; list: " + perUnits(r.Of, list))
			}
			return view.Text(perUnits(r.Of, charged))
		}, "")},
		{Title: "list rate", Unit: "$", Align: view.Decimal, Value: ifKnown(func(r rate) view.Value {
			return view.Number(r.Card.ListRate(r.Of).Figure, ratePlaces)
		}, "unknown")},
		{Title: "discount", Align: view.Decimal, Value: ifKnown(func(r rate) view.Value {
			return view.Percent(r.Card.Discounts[r.Of], 1)
		}, "")},
		{Title: "effective rate", Unit: "$", Align: view.Decimal, Value: ifKnown(func(r rate) view.Value {
			return view.Number(r.Card.Charged(r.Of).Figure, ratePlaces)
		}, "unknown")},
		{Title: "source", Value: func(r rate) view.Value { return view.Text(r.Card.Rate(r.Of).Source) }},
		{Title: "read on", Value: func(r rate) view.Value { return view.Text(r.Card.Rate(r.Of).ReadOn.String()) }},
	}, report.RatesOf(cards...), nil)
}

// ratePlaces is how many decimals of a rate are shown.
const ratePlaces = 10

// perUnits is how many billed units a figure pays for, as in "720 GB-Hours"; one goes without saying.
func perUnits(q pricing.BilledQuantity, per pricing.Per) string {
	if per == pricing.PerUnit {
		return q.Unit()
	}
	return figures.Int(int64(per)) + " " + q.Unit()
}

func assumptions(notes []pricing.Note) *view.Table {
	return view.NewTable([]view.Column[pricing.Note]{
		{Title: "name", Value: func(n pricing.Note) view.Value { return view.Text(n.ID) }},
		{Title: "what is assumed", Value: func(n pricing.Note) view.Value { return view.Text(n.Text) }},
	}, notes, nil)
}
