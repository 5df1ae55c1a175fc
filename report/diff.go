package report

import (
	"cmp"
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// Diff makes the document of how one estimate differs from another, and why.
func Diff(diff scenarios.Diff) view.Document {
	before, after := diff.Before.Bill.Total(), diff.After.Bill.Total()
	sum := scenarios.LineDiff{
		Component: pricing.Everything, Before: &pricing.Line{Amount: before}, After: &pricing.Line{Amount: after},
	}
	for _, line := range diff.Lines {
		sum.QuantityEffect = sum.QuantityEffect.Add(line.QuantityEffect)
		sum.RateEffect = sum.RateEffect.Add(line.RateEffect)
	}
	columns := diffColumns(diff, sum)
	table := view.NewTable(columns, diff.Lines, nil)
	total := view.RowOf(columns, sum, nil)
	total.Kind = view.Total
	table.Add(total)

	d := view.Document{
		Title: fmt.Sprintf("%s → %s", diff.Before.Scenario.Name, diff.After.Scenario.Name),
		Data:  table,
	}
	change := view.Value{}
	if diff.Equal() {
		d.Sections = []view.Section{{Notes: plainNotes("The bills are equal, " + dollars(after) + " a month, line by line.")}}
	} else {
		d.Sections = []view.Section{{Table: table}}
	}
	if before.IsPositive() {
		percent := pricing.Divide(after.Sub(before).Shift(2), before, pricing.RatioPlaces)
		change = view.SignedPercent(percent, 2)
		if !diff.Equal() {
			d.Add(view.Section{Notes: plainNotes(fmt.Sprintf("The bill changes by %s.", change))})
		}
	}
	if diff.Before.Low != nil || diff.After.Low != nil {
		low := lowTotals(diff)
		d.Add(view.Section{Notes: plainNotes(fmt.Sprintf("There are ranges; this is for their expensive ends, high. "+
			"At their cheap ends, low, the bill changes from %s to %s.", dollars(low[0]), dollars(low[1])))})
	}
	inputs := view.Section{Heading: "What differs in the files"}
	for _, in := range diff.Inputs {
		inputs.Notes = append(inputs.Notes, view.Note{Tag: in.Path, Text: given(in.Before) + " → " + given(in.After)})
	}
	if len(diff.Inputs) == 0 {
		inputs.Notes = plainNotes("Nothing that affects the bill.")
	}
	d.Add(inputs)
	side := func(e *scenarios.Estimate) view.Object {
		return view.Object{{ID: "name", Value: e.Scenario.Name}, {ID: "region", Value: e.Scenario.Region}}
	}
	d.JSON = view.Object{
		{ID: "schema", Value: "microspend.diff/v1"},
		{ID: "before", Value: side(diff.Before)},
		{ID: "after", Value: side(diff.After)},
		{ID: "lines", Value: view.Records{Table: table}},
		{ID: "total", Value: view.Object{
			{ID: "before", Value: before},
			{ID: "after", Value: after},
			{ID: "change", Value: after.Sub(before)},
			{ID: "change_percent", Value: change},
		}},
		{ID: "inputs", Value: view.Records{Table: view.NewTable(inputColumns, diff.Inputs, nil)}},
	}
	if diff.Before.Low != nil || diff.After.Low != nil {
		low := lowTotals(diff)
		d.JSON = d.JSON.(view.Object).With(true, "low", view.Object{
			{ID: "before", Value: low[0]}, {ID: "after", Value: low[1]}, {ID: "change", Value: low[1].Sub(low[0])},
		})
	}
	return d
}

// lowTotals are the two bills at the cheaper ends of the ranges; a workload without any has one bill.
func lowTotals(diff scenarios.Diff) (totals [2]decimal.Decimal) {
	for i, e := range []*scenarios.Estimate{diff.Before, diff.After} {
		if e.Low != nil {
			e = e.Low
		}
		totals[i] = e.Bill.Total()
	}
	return totals
}

func given(text string) string { return cmp.Or(text, "(not given)") }

// shownDiff is a line as it is shown: before and after add up to the totals of the two bills, the change is the
// difference of the two, and its causes add up to it.
type shownDiff struct{ before, after, quantity, rate decimal.Decimal }

func (d shownDiff) change() decimal.Decimal { return d.after.Sub(d.before) }

// settleDiff settles lines, and under [pricing.Everything] their sum.
func settleDiff(lines []scenarios.LineDiff, sum scenarios.LineDiff, places int32) map[pricing.Component]shownDiff {
	amount := func(l *pricing.Line) decimal.Decimal {
		if l == nil {
			return decimal.Decimal{}
		}
		return l.Amount
	}
	befores, afters := make([]decimal.Decimal, len(lines)), make([]decimal.Decimal, len(lines))
	for i, l := range lines {
		befores[i], afters[i] = amount(l.Before), amount(l.After)
	}
	total := shownDiff{before: amount(sum.Before).RoundBank(places), after: amount(sum.After).RoundBank(places)}
	befores, afters = figures.Settle(befores, total.before, places), figures.Settle(afters, total.after, places)
	shown := map[pricing.Component]shownDiff{}
	for i, l := range lines {
		d := shownDiff{before: befores[i], after: afters[i]}
		switch {
		case l.RateEffect.IsZero():
			d.quantity = d.change()
		case l.QuantityEffect.IsZero():
			d.rate = d.change()
		default:
			d.quantity = l.QuantityEffect.RoundBank(places)
			d.rate = d.change().Sub(d.quantity)
		}
		shown[l.Component] = d
		total.quantity, total.rate = total.quantity.Add(d.quantity), total.rate.Add(d.rate)
	}
	shown[pricing.Everything] = total
	return shown
}

func diffColumns(diff scenarios.Diff, sum scenarios.LineDiff) []view.Column[scenarios.LineDiff] {
	type line = scenarios.LineDiff
	bills := [2]pricing.Bill{diff.Before.Bill, diff.After.Bill}
	places := view.PlacesFor(append(amountsOf(bills[0].Lines), amountsOf(bills[1].Lines)...))
	settled := settleDiff(diff.Lines, sum, places)
	shown := func(v view.Value, l line, of func(shownDiff) decimal.Decimal) view.Value {
		return v.SettledBy(func() decimal.Decimal { return of(settled[l.Component]) })
	}
	sides := [2]func(line) *pricing.Line{
		func(l line) *pricing.Line { return l.Before }, func(l line) *pricing.Line { return l.After },
	}
	figure := func(side int, of func(pricing.Line) decimal.Decimal) func(line) view.Value {
		return func(l line) view.Value {
			figure := decimal.Decimal{}
			if line := sides[side](l); line != nil {
				figure = of(*line)
			}
			return view.Number(figure, places)
		}
	}
	nested := func(side int) func(line) view.Value {
		columns := billColumns(bills[side], nil, false)
		return func(l line) view.Value {
			return view.Maybe(sides[side](l), func(line pricing.Line) view.Value {
				return view.Nested(view.ObjectOf(columns, billRow{of: line.Component, line: &line}))
			})
		}
	}
	flat := view.People | view.CSVOnly // JSON has the whole lines
	quantity := func(l pricing.Line) decimal.Decimal { return l.Quantity }
	amount := func(l pricing.Line) decimal.Decimal { return l.Amount }
	sideAmount := func(side int, of func(shownDiff) decimal.Decimal) func(line) view.Value {
		exact := figure(side, amount)
		return func(l line) view.Value { return shown(exact(l), l, of) }
	}
	effect := func(of func(line) decimal.Decimal, near func(shownDiff) decimal.Decimal) func(line) view.Value {
		return func(l line) view.Value {
			if of(l).IsZero() {
				return view.Exact(of(l)).Shown("")
			}
			return shown(view.Signed(of(l), places), l, near)
		}
	}
	return []view.Column[line]{
		{ID: "component", Title: "$ a month", Value: func(l line) view.Value { return view.Text(l.Component.String()) }},
		{ID: "before", Scope: view.JSONOnly, Value: nested(0)},
		{ID: "after", Scope: view.JSONOnly, Value: nested(1)},
		{ID: "before_quantity", Scope: view.CSVOnly, Value: figure(0, quantity)},
		{ID: "after_quantity", Scope: view.CSVOnly, Value: figure(1, quantity)},
		{
			ID: "before_amount", Title: "before", Align: view.Decimal, Drop: 3, Scope: flat,
			Value: sideAmount(0, func(d shownDiff) decimal.Decimal { return d.before }),
		},
		{
			ID: "after_amount", Title: "after", Align: view.Decimal, Drop: 4, Scope: flat,
			Value: sideAmount(1, func(d shownDiff) decimal.Decimal { return d.after }),
		},
		{ID: "change", Title: "change", Align: view.Decimal, Value: func(l line) view.Value {
			return shown(view.Signed(l.Change(), places), l, shownDiff.change)
		}},
		{
			ID: "quantity_effect", Title: "by quantity", Align: view.Decimal, Drop: 2,
			Value: effect(func(l line) decimal.Decimal { return l.QuantityEffect }, func(d shownDiff) decimal.Decimal {
				return d.quantity
			}),
		},
		{
			ID: "rate_effect", Title: "by rate", Align: view.Decimal, Drop: 1,
			Value: effect(func(l line) decimal.Decimal { return l.RateEffect }, func(d shownDiff) decimal.Decimal {
				return d.rate
			}),
		},
	}
}

var inputColumns = []view.Column[scenarios.InputChange]{
	{ID: "path", Value: func(c scenarios.InputChange) view.Value { return view.Text(c.Path) }},
	{ID: "before", Value: func(c scenarios.InputChange) view.Value { return view.Text(c.Before) }},
	{ID: "after", Value: func(c scenarios.InputChange) view.Value { return view.Text(c.After) }},
}
