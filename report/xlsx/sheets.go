package xlsx

import (
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/view"
	"microspend/view/xlsx"
)

// look has coverage as finely as a spreadsheet shows it.
var look = report.SpendLook{CoveragePlaces: 1}

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
	sums := []fact{{"total", known(s.Total.Cost, s.Total.Amount)}}
	if s.Negotiated {
		sums = append(sums, fact{"total at list", known(s.Total.Cost, s.Total.List)})
	}
	if s.SharedOut != nil {
		sums = append(sums, fact{"of it shared out", known(s.SharedOut.Cost, s.SharedOut.Amount)})
	}
	if p := s.Total.Previous; p != nil {
		sums = append(sums, fact{"the period before", known(p.Cost, p.Amount)})
		if p.Change != nil {
			sums = append(sums, fact{"change", view.Dollars(*p.Change)})
		}
	}
	components := view.Pick(report.SpendColumns(r.Components, look), "component", "amount", "list_amount")
	components[0].Title = "by component"
	components[0].Value = func(row *spend.Row) view.Value { return view.Text(componentName(row.Component)) }
	out := xlsx.Sheet{Name: "Summary", Title: title(s), Tables: []*view.Table{
		view.NewTable(factColumns("", ""), facts, nil), view.NewTable(factColumns("amount", "$"), sums, nil),
		view.NewTable(components, report.SpendRows(r.Components), nil),
	}}
	for _, u := range s.Total.Unknown {
		out.Notes = append(out.Notes, u.String())
	}
	return out
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

func title(s spend.Spend) string {
	loc := s.Location
	if loc == nil {
		loc = time.UTC
	}
	day := func(t time.Time) string { return t.In(loc).Format(time.DateOnly) }
	return "Spend from " + day(s.From) + " to " + day(s.To.Add(-time.Nanosecond))
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

// rate is a billed quantity of a card.
type rate struct {
	card *pricing.RateCard
	of   pricing.BilledQuantity
}

func rates(cards []pricing.RateCard) *view.Table {
	var list []rate
	for i := range cards {
		for _, q := range pricing.BilledQuantities() {
			list = append(list, rate{&cards[i], q})
		}
	}
	ifKnown := func(of func(rate) view.Value, none string) func(rate) view.Value {
		return func(r rate) view.Value {
			if !r.card.Rate(r.of).Known() {
				return view.Missing(none)
			}
			return of(r)
		}
	}
	return view.NewTable([]view.Column[rate]{
		{Title: "region", Value: func(r rate) view.Value { return view.Text(r.card.Region) }},
		{Title: "usage type", Value: func(r rate) view.Value { return view.Text(r.of.Name()) }},
		{Title: "per", Value: ifKnown(func(r rate) view.Value {
			charged, list := r.card.Rate(r.of).Per, r.card.ListRate(r.of).Per
			if charged != list {
				return view.Text(perUnits(r.of, charged) + "; list: " + perUnits(r.of, list))
			}
			return view.Text(perUnits(r.of, charged))
		}, "")},
		{Title: "list rate", Unit: "$", Align: view.Decimal, Value: ifKnown(func(r rate) view.Value {
			return view.Number(r.card.ListRate(r.of).Figure, ratePlaces)
		}, "unknown")},
		{Title: "discount", Align: view.Decimal, Value: ifKnown(func(r rate) view.Value {
			return view.Percent(r.card.Discounts[r.of], 1)
		}, "")},
		{Title: "effective rate", Unit: "$", Align: view.Decimal, Value: ifKnown(func(r rate) view.Value {
			return view.Number(r.card.Charged(r.of).Figure, ratePlaces)
		}, "unknown")},
		{Title: "source", Value: func(r rate) view.Value { return view.Text(r.card.Rate(r.of).Source) }},
		{Title: "read on", Value: func(r rate) view.Value { return view.Text(r.card.Rate(r.of).ReadOn.String()) }},
	}, list, nil)
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
