package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// Diff makes the document of how one estimate differs from another, and why.
func Diff(diff scenarios.Diff) view.Document {
	before, after := diff.Before.Bill.Total(), diff.After.Bill.Total()
	sum := sumOf(diff)
	places := diffPlaces(diff)
	columns := diffColumns(diff, sum, places)
	if diff.Low != nil {
		columns = rangedDiffColumns(columns, *diff.Low, places)
	}
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
	if diff.Low != nil {
		low := lowTotals(diff)
		d.Add(view.Section{Notes: plainNotes(fmt.Sprintf("There are ranges; that is at their expensive ends, high. "+
			"At their cheap ends, low, the bill changes from %s to %s.", dollars(low[0]), dollars(low[1])))})
	}
	inputs := view.Section{Heading: "What differs in the files"}
	for _, in := range diff.Inputs {
		inputs.Notes = append(inputs.Notes, view.Note{Tag: in.Path, Text: inputText(in)})
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
		{ID: "inputs", Value: view.Records{Table: view.NewTable(inputColumns(diff.Low != nil), diff.Inputs, nil)}},
	}
	if diff.Low != nil {
		low := lowTotals(diff)
		d.JSON = d.JSON.(view.Object).With(true, "low", view.Object{
			{ID: "before", Value: low[0]}, {ID: "after", Value: low[1]}, {ID: "change", Value: low[1].Sub(low[0])},
		})
	}
	return d
}

// sumOf is the difference of the two bills as a line.
func sumOf(diff scenarios.Diff) scenarios.LineDiff {
	sum := scenarios.LineDiff{
		Component: pricing.Everything,
		Before:    &pricing.Line{Amount: diff.Before.Bill.Total()}, After: &pricing.Line{Amount: diff.After.Bill.Total()},
	}
	for _, line := range diff.Lines {
		sum.QuantityEffect = sum.QuantityEffect.Add(line.QuantityEffect)
		sum.RateEffect = sum.RateEffect.Add(line.RateEffect)
	}
	return sum
}

// lowTotals are the two bills at the cheaper ends of the ranges; a workload without any has one bill.
func lowTotals(diff scenarios.Diff) (totals [2]decimal.Decimal) {
	for i, e := range []*scenarios.Estimate{diff.Low.Before, diff.Low.After} {
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

// diffPlaces are the decimals that amounts are shown with, the same at both ends of ranges.
func diffPlaces(diff scenarios.Diff) int32 {
	amounts := append(amountsOf(diff.Before.Bill.Lines), amountsOf(diff.After.Bill.Lines)...)
	if diff.Low != nil {
		amounts = append(append(amounts, amountsOf(diff.Low.Before.Bill.Lines)...), amountsOf(diff.Low.After.Bill.Lines)...)
	}
	return view.PlacesFor(amounts)
}

func diffColumns(
	diff scenarios.Diff, sum scenarios.LineDiff, places int32,
) []view.Column[scenarios.LineDiff] {
	type line = scenarios.LineDiff
	bills := [2]pricing.Bill{diff.Before.Bill, diff.After.Bill}
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

// rangedDiffColumns are the columns of the costlier ends, and before them those of the cheaper ends, by name. Programs
// have the latter behind the others, which stay where they are.
func rangedDiffColumns(
	columns []view.Column[scenarios.LineDiff], low scenarios.Diff, places int32,
) []view.Column[scenarios.LineDiff] {
	type line = scenarios.LineDiff
	sum, lows := sumOf(low), map[pricing.Component]line{}
	for _, l := range append(low.Lines, sum) {
		lows[l.Component] = l
	}
	ofLow := func(of func(line) view.Value) func(line) view.Value {
		return func(l line) view.Value {
			return of(cmp.Or(lows[l.Component], line{Component: l.Component})) // a bill may lack the line at its cheap end
		}
	}
	// Of twice the columns a terminal has room for half, and the bills and their changes say more than the causes do.
	named := func(end string, c view.Column[line]) view.Column[line] {
		c.Title = end + " " + c.Title
		if c.Drop > 0 {
			c.Drop = leastDiffDrop - c.Drop
		}
		return c
	}
	var people, programs []view.Column[line]
	for _, c := range diffColumns(low, sum, places)[1:] {
		c.Value = ofLow(c.Value)
		if c.Title != "" {
			shown := named("low", c)
			shown.ID, shown.Scope = "low_"+c.ID, view.People
			people = append(people, shown)
			if c.Scope == view.Everyone {
				c.Scope = view.Data
			}
			c.Scope &^= view.People
		}
		c.ID, c.Title = "low_"+c.ID, ""
		programs = append(programs, c)
	}
	high := slices.Clone(columns[1:])
	for i := range high {
		if high[i].Title != "" {
			high[i] = named("high", high[i])
		}
	}
	return slices.Concat(columns[:1], people, high, programs)
}

// leastDiffDrop is more than the Drop of any column of a diff.
const leastDiffDrop = 5

// inputText says how a value differs, at both ends where it is a range.
func inputText(in scenarios.InputChange) string {
	change := func(before, after string) string {
		if before == after {
			return given(before)
		}
		return given(before) + " → " + given(after)
	}
	if !in.Ranged() {
		return change(in.Before, in.After)
	}
	return "low " + change(in.LowBefore, in.LowAfter) + "; high " + change(in.Before, in.After)
}

func inputColumns(ranged bool) []view.Column[scenarios.InputChange] {
	text := func(id string, of func(scenarios.InputChange) string) view.Column[scenarios.InputChange] {
		return view.Column[scenarios.InputChange]{ID: id, Value: func(c scenarios.InputChange) view.Value {
			return view.Text(of(c))
		}}
	}
	columns := []view.Column[scenarios.InputChange]{
		text("path", func(c scenarios.InputChange) string { return c.Path }),
		text("before", func(c scenarios.InputChange) string { return c.Before }),
		text("after", func(c scenarios.InputChange) string { return c.After }),
	}
	if ranged {
		columns = append(columns,
			text("low_before", func(c scenarios.InputChange) string { return c.LowBefore }),
			text("low_after", func(c scenarios.InputChange) string { return c.LowAfter }))
	}
	return columns
}
