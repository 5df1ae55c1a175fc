package report

import (
	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// billRow is a line of a bill or, where line is nil, the sum of those in a group, or of all.
type billRow struct {
	of    pricing.Component
	words string
	line  *pricing.Line
}

// billTable is a bill line by line. With an estimate, its lines stand in groups and it shows both ends of a scenario's
// ranges; without one it is of plain quantities.
func billTable(bill pricing.Bill, e *scenarios.Estimate, explain bool) *view.Table {
	columns := billColumns(bill, e, explain)
	var rows []billRow
	group := pricing.Everything
	for i := range bill.Lines {
		line := &bill.Lines[i]
		row := billRow{line.Component, line.Of.Name(), line}
		if e != nil {
			row.words = "  " + line.Component.Label()
			if of := line.Component.Group(); of != group {
				group, rows = of, append(rows, billRow{of: of, words: of.Label()})
			}
		}
		rows = append(rows, row)
	}
	table := view.NewTable(columns, rows, func(r billRow) view.Look {
		if r.line == nil {
			return view.Look{Kind: view.Group}
		}
		if explain && e.Low == nil {
			return view.Look{Notes: []string{r.line.Formula() + " = $" + figures.Grouped(r.line.Amount)}}
		}
		return view.Look{}
	})
	total := view.RowOf(columns, billRow{of: pricing.Everything, words: "total"}, nil)
	total.Look = view.Look{Kind: view.Total, Notes: perUnitNotes(e)}
	table.Add(total)
	return table
}

// perUnitNotes say below a total what one user or job costs, where there are several.
func perUnitNotes(e *scenarios.Estimate) []string {
	if e == nil {
		return nil
	}
	count, noun := e.Scenario.PerUnit()
	switch {
	case !count.GreaterThan(one):
		return nil
	case e.Low != nil:
		low, high := decimal.Min(e.Low.PerUnit, e.PerUnit), decimal.Max(e.Low.PerUnit, e.PerUnit)
		return []string{unitPrice(low, noun) + " to " + unitPrice(high, noun)}
	default:
		return []string{unitPrice(e.PerUnit, noun) + ", " + figures.CountOf(count, noun)}
	}
}

// billColumns are the columns of every bill. People see what is of use to them: list amounts where something else
// than AWS's public rates was agreed, rates and formulas where there is one bill and not two ends of a range. The low
// amount is that of the cheaper ends, and the same as the amount where there are no ranges.
func billColumns(bill pricing.Bill, e *scenarios.Estimate, explain bool) []view.Column[billRow] {
	low, ranged, agreed := bill, e != nil && e.Low != nil, bill.Negotiated()
	title, amount, high := "", "amount", ""
	if e != nil {
		title = "a month"
	}
	if ranged {
		low, amount, high = e.Low.Bill, "high", "high "
	}
	places := view.PlacesFor(append(amountsOf(low.Lines), amountsOf(bill.Lines)...))
	sum := func(of func(pricing.Component) decimal.Decimal) func(billRow) view.Value {
		return func(r billRow) view.Value { return view.Number(of(r.of), places) }
	}
	ofLine := func(of func(pricing.Line) view.Value) func(billRow) view.Value {
		return func(r billRow) view.Value { return view.Maybe(r.line, of) }
	}
	lowQuantity := func(line pricing.Line) view.Value {
		for _, other := range low.Lines {
			if other.Component == line.Component {
				return view.UpTo(other.Quantity, quantityPlaces)
			}
		}
		return view.Count(0)
	}
	columns := []view.Column[billRow]{
		{ID: "component", Title: title, Scope: view.Data | view.People, Value: func(r billRow) view.Value {
			return view.Text(r.of.String()).Shown(r.words)
		}},
		{
			Title: "low quantity", Align: view.Decimal, Drop: 3, Scope: view.When(ranged, view.People),
			Value: ofLine(lowQuantity),
		},
		{
			ID: "quantity", Title: high + "quantity", Align: view.Decimal, Drop: 2,
			Value: ofLine(func(l pricing.Line) view.Value { return view.UpTo(l.Quantity, quantityPlaces) }),
		},
		{ID: "unit", Title: "unit", Drop: 5, Value: ofLine(func(l pricing.Line) view.Value {
			return view.Text(l.Of.Unit())
		})},
		{ID: "rate", Title: "rate", Unit: "$", Drop: 4, Scope: peopleToo(!ranged), Value: ofLine(rateValue)},
		{ID: "rate_units", Value: ofLine(func(l pricing.Line) view.Value {
			return rateUnits(l.Rate).OmitIf(l.Rate.Per == pricing.PerUnit)
		})},
		{ID: "list_rate", Scope: view.JSONOnly, Value: ofLine(func(l pricing.Line) view.Value {
			return view.Exact(l.ListRate.Figure).OmitIf(!l.Negotiated())
		})},
		{
			ID: "list_amount", Title: "list", Unit: "$", Align: view.Decimal, Drop: 1,
			Scope: view.JSONOnly | view.When(agreed && !ranged, view.People),
			Value: func(r billRow) view.Value {
				return view.Number(bill.ListSum(r.of), places).OmitIf(r.line == nil || !r.line.Negotiated())
			},
		},
		{ID: "list_rate_units", Scope: view.JSONOnly, Value: ofLine(func(l pricing.Line) view.Value {
			return rateUnits(l.ListRate).OmitIf(!l.Negotiated() || l.ListRate.Per == l.Rate.Per)
		})},
		{Title: "low", Unit: "$", Scope: view.When(ranged, view.People), Value: sum(low.Sum)},
		{ID: "amount", Title: amount, Unit: "$", Value: sum(bill.Sum)},
		{
			ID: "formula", Title: "= quantity × rate", Drop: 6, MinWidth: 110,
			Scope: peopleToo(e != nil && !ranged && !explain),
			Value: ofLine(func(l pricing.Line) view.Value { return view.Text(l.Formula()) }),
		},
		{ID: "low_amount", Scope: view.When(e != nil, view.CSVOnly), Value: sum(low.Sum)},
		{ID: "list_amount", Scope: view.When(agreed, view.CSVOnly), Value: sum(bill.ListSum)},
	}
	fixed := func(id, text string) view.Column[billRow] {
		return view.Column[billRow]{ID: id, Scope: view.CSVOnly, Value: func(billRow) view.Value { return view.Text(text) }}
	}
	if e == nil {
		return append([]view.Column[billRow]{fixed("region", bill.Card.Region)}, columns...)
	}
	return append([]view.Column[billRow]{fixed("name", e.Scenario.Name), fixed("region", e.Scenario.Region)}, columns...)
}

// quantityPlaces is how many decimals of a quantity people see.
const quantityPlaces = 4

// peopleToo is everyone where the condition holds, and otherwise programs alone.
func peopleToo(holds bool) view.Scope {
	if holds {
		return view.Everyone
	}
	return view.Data
}

// rateValue is the rate that is charged as published, with what it is per where that is not the unit beside it.
func rateValue(line pricing.Line) view.Value {
	rate := view.Exact(line.EffectiveRate())
	switch line.Rate.Per {
	case pricing.PerGBMonth:
		return rate.Marked("/720")
	case pricing.PerHour:
		return rate.Marked("/3600")
	default:
		return rate
	}
}

// rateUnits is how many units the rate pays for: 720 GB-Hours for a rate per GB-month.
func rateUnits(r pricing.Rate) view.Value { return view.Exact(decimal.NewFromInt(int64(r.Per))) }

func amountsOf(lines []pricing.Line) []decimal.Decimal {
	amounts := make([]decimal.Decimal, len(lines))
	for i, line := range lines {
		amounts[i] = line.Amount
	}
	return amounts
}
