package report

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// rangeNote says which end of a scenario's ranges a document is for, where it is for one only.
func rangeNote(s *scenarios.Scenario) []view.Note {
	if s.Low == nil {
		return nil
	}
	return []view.Note{{Text: "The workload has ranges; this is for their expensive ends."}}
}

// Fleet makes the document of several estimates as one bill. Its CSV has the lines.
func Fleet(fleet scenarios.Fleet) view.Document {
	type line = scenarios.FleetLine
	parts := view.NewTable(partColumns, partsOf(fleet), nil)
	parts.Add(view.Row{Look: view.Look{Kind: view.Total}, Cells: []view.Value{
		view.Text("total"), {}, view.Dollars(fleet.Total),
	}})
	var rows []line
	for _, l := range fleet.Lines {
		group := l.Component.Group()
		if len(rows) == 0 || rows[len(rows)-1].Component.Group() != group {
			rows = append(rows, line{Component: group, Amount: fleet.Sum(group)})
		}
		rows = append(rows, l)
	}
	lines := view.NewTable(fleetColumns, rows, func(l line) view.Look {
		if isGroup(l) {
			return view.Look{Kind: view.Group}
		}
		return view.Look{}
	})
	lines.Add(view.Row{Look: view.Look{Kind: view.Total}, Cells: []view.Value{
		view.Text("total"), {}, {}, view.Dollars(fleet.Total),
	}})
	var (
		alternatives []fleetAlternative
		warnings     []view.Note
	)
	for _, e := range fleet.Estimates {
		for _, c := range e.Comparisons {
			alternatives = append(alternatives, fleetAlternative{c, e.Scenario.Name})
		}
		for _, n := range notes(e.Warnings, true) {
			n.Tag = e.Scenario.Name + ": " + n.Tag
			warnings = append(warnings, n)
		}
	}
	instead := view.NewTable(fleetAlternativeColumns, alternatives, func(a fleetAlternative) view.Look {
		return view.Look{Warn: !known(a.Comparison)}
	})
	sections := []view.Section{{Table: parts}, {Table: lines}}
	if len(alternatives) > 0 {
		sections = append(sections, view.Section{Heading: "Alternatives", Table: instead})
	}
	if len(warnings) > 0 {
		sections = append(sections, view.Section{Heading: "Warnings", Notes: warnings})
	}
	return view.Document{
		Title:    fmt.Sprintf("All %d together", len(fleet.Estimates)),
		Sections: sections,
		Data:     lines,
		JSON: view.Object{
			{ID: "schema", Value: "microspend.fleet/v1"},
			{ID: "currency", Value: "USD"},
			{ID: "scenarios", Value: view.Records{Table: parts}},
			{ID: "lines", Value: view.Records{Table: lines}},
			{ID: "total", Value: fleet.Total},
		}.With(len(alternatives) > 0, "alternatives", view.Records{Table: instead}).
			With(len(warnings) > 0, "warnings", fleetWarnings(fleet)),
	}
}

// fleetAlternative is an alternative of one of several estimates, with the name of that.
type fleetAlternative struct {
	scenarios.Comparison
	of string
}

var fleetAlternativeColumns = []view.Column[fleetAlternative]{
	{ID: "scenario", Title: "instead of", Value: func(a fleetAlternative) view.Value { return view.Text(a.of) }},
	{
		ID:     "name",
		Title:  "alternative",
		Shrink: true,
		Value:  func(a fleetAlternative) view.Value { return view.Text(a.Name) },
	},
	{ID: "monthly", Title: "a month", Unit: "$", Value: func(a fleetAlternative) view.Value {
		return view.Dollars(a.Monthly).Or("unknown", known(a.Comparison))
	}},
	{Title: "MicroVMs cost", Align: view.Right, Drop: 1, Value: func(a fleetAlternative) view.Value {
		return view.Maybe(a.Ratio, times)
	}},
	{ID: "ratio", Value: func(a fleetAlternative) view.Value { return ratio(a.Ratio).Or("", known(a.Comparison)) }},
	{ID: "unknown", Value: func(a fleetAlternative) view.Value { return view.Text(a.Unknown()).OmitEmpty() }},
}

// fleetWarnings are those of every estimate, each with the name of the scenario.
func fleetWarnings(fleet scenarios.Fleet) []view.Object {
	var list []view.Object
	for _, e := range fleet.Estimates {
		for _, n := range e.Warnings {
			list = append(list, view.Object{
				{ID: "scenario", Value: e.Scenario.Name}, {ID: "id", Value: n.ID}, {ID: "text", Value: n.Text},
			})
		}
	}
	return list
}

// fleetPart is one estimate and its part of the whole, in percent: exact, and so that parts as shown add up to 100.
type fleetPart struct {
	*scenarios.Estimate
	share, shown decimal.Decimal
}

func partsOf(fleet scenarios.Fleet) []fleetPart {
	parts, shares := make([]fleetPart, len(fleet.Estimates)), make([]decimal.Decimal, len(fleet.Estimates))
	for i, e := range fleet.Estimates {
		parts[i].Estimate = e
		if fleet.Total.IsPositive() {
			shares[i] = pricing.Divide(e.Bill.Total().Shift(2), fleet.Total, pricing.RatioPlaces)
		}
	}
	settled, _ := figures.Settled(shares, 1)
	for i := range parts {
		parts[i].share, parts[i].shown = shares[i], settled[i]
	}
	return parts
}

var partColumns = []view.Column[fleetPart]{
	{ID: "name", Title: "workload", Shrink: true, Value: func(p fleetPart) view.Value {
		return view.Text(p.Scenario.Name)
	}},
	{ID: "region", Title: "region", Drop: 1, Value: func(p fleetPart) view.Value { return view.Text(p.Scenario.Region) }},
	{ID: "total", Title: "a month", Unit: "$", Value: func(p fleetPart) view.Value {
		return view.Dollars(p.Bill.Total())
	}},
	{ID: "share_percent", Title: "share", Align: view.Decimal, Drop: 2, Value: func(p fleetPart) view.Value {
		return view.Number(p.share, 1).Shown(figures.Fixed(p.shown, 1) + " %")
	}},
}

// isGroup reports whether a row is not a line but the sum of a group, which bills nothing itself.
func isGroup(l scenarios.FleetLine) bool { return l.Component == l.Component.Group() }

var fleetColumns = []view.Column[scenarios.FleetLine]{
	{ID: "component", Title: "a month", Value: func(l scenarios.FleetLine) view.Value {
		if isGroup(l) {
			return view.Text(l.Component.String())
		}
		return view.Text(l.Component.String()).Shown("  " + l.Component.Label())
	}},
	{ID: "quantity", Title: "quantity", Align: view.Decimal, Drop: 1, Value: func(l scenarios.FleetLine) view.Value {
		return view.UpTo(l.Quantity, quantityPlaces).Or("", !isGroup(l))
	}},
	{ID: "unit", Title: "unit", Drop: 2, Value: func(l scenarios.FleetLine) view.Value {
		return view.Text(l.Of.Unit()).Or("", !isGroup(l))
	}},
	{ID: "amount", Title: "amount", Unit: "$", Value: func(l scenarios.FleetLine) view.Value {
		return view.Dollars(l.Amount)
	}},
}
