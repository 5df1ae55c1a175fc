package report

import (
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// comparisonWords are what a table of alternatives is headed with, and whether the MicroVMs are a row of it themselves.
type comparisonWords struct {
	name string
	own  bool
}

var (
	estimateWords = comparisonWords{"instead", false}
	compareWords  = comparisonWords{"cheapest first", true}
)

func known(c scenarios.Comparison) bool { return c.Unknown == "" }

func lookOfComparison(c scenarios.Comparison) view.Look { return view.Look{Warn: !known(c)} }

// comparisonColumns are those of the alternatives in every document: estimate, compare and, of its JSON, breakeven.
func comparisonColumns(
	e *scenarios.Estimate, comparisons []scenarios.Comparison, words comparisonWords,
) []view.Column[scenarios.Comparison] {
	type comparison = scenarios.Comparison
	_, noun := e.Scenario.PerUnit()
	perUnit := []decimal.Decimal{e.PerUnit}
	for _, c := range comparisons {
		perUnit = append(perUnit, c.PerUnit)
	}
	places, evens := view.PlacesFor(perUnit), breakEvenColumns(e.Scenario)
	return []view.Column[comparison]{
		{ID: "name", Title: words.name, Shrink: true, Value: func(c comparison) view.Value { return view.Text(c.Name) }},
		{ID: "kind", Value: func(c comparison) view.Value { return view.Text(c.Kind) }},
		{ID: "monthly", Title: "a month", Unit: "$", Value: func(c comparison) view.Value {
			return view.Dollars(c.Monthly).Or("unknown", known(c))
		}},
		{Title: "MicroVMs are", Align: view.Right, Drop: 1, Value: func(c comparison) view.Value {
			return view.Maybe(c.Ratio, times)
		}},
		{ID: "per_" + noun, Title: "per " + noun, Unit: "$", Drop: 2, Value: func(c comparison) view.Value {
			return view.Number(c.PerUnit, places).Or("", known(c)).OmitMissing()
		}},
		{ID: "ratio", Value: func(c comparison) view.Value { return ratio(c.Ratio).Or("", known(c)) }},
		{ID: "formula", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			return view.Text(c.Formula).Or("", known(c)).OmitEmpty()
		}},
		{ID: "running_hours_per_month", Scope: view.CSVOnly, Value: func(c comparison) view.Value {
			return ratio(c.BreakEven.HoursPerMonth)
		}},
		{ID: "hours_per_day", Scope: view.CSVOnly, Value: func(c comparison) view.Value {
			return ratio(c.BreakEven.HoursPerDay)
		}},
		{
			ID: "gives_up", Title: "what it gives up", MinWidth: 130, Drop: 3,
			Scope: peopleToo(words.own), Value: func(c comparison) view.Value { return view.Text(c.GivesUp) },
		},
		{ID: "sources", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			sources := view.Records{Table: view.NewTable(sourceColumns, c.Sources, nil)}
			return view.Nested(sources).OmitIf(len(c.Sources) == 0 || !known(c))
		}},
		{ID: "sentence", Scope: view.CSVOnly, Value: func(c comparison) view.Value {
			return view.Text(c.BreakEven.Sentence)
		}},
		{ID: "unknown", Value: func(c comparison) view.Value { return view.Text(c.Unknown).OmitEmpty() }},
		{ID: "break_even", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			return view.Nested(view.ObjectOf(evens, c))
		}},
	}
}

var sourceColumns = []view.Column[pricing.Price]{
	{ID: "usd", Value: func(f pricing.Price) view.Value { return view.Exact(f.USD) }},
	{ID: "source", Value: func(f pricing.Price) view.Value { return view.Text(f.Source) }},
	{ID: "read_on", Value: func(f pricing.Price) view.Value { return view.Text(f.ReadOn).OmitEmpty() }},
	{ID: "confidence", Value: func(f pricing.Price) view.Value { return view.Text(f.Confidence).OmitEmpty() }},
}

// ratio is a ratio or a break-even as the contract has it: half-even at pricing.RatioPlaces.
func ratio(d *decimal.Decimal) view.Value {
	return view.Maybe(d, func(d decimal.Decimal) view.Value { return view.Exact(d.RoundBank(pricing.RatioPlaces)) })
}

// times is a ratio, as in "0.62×".
func times(ratio decimal.Decimal) view.Value { return view.Number(ratio, 2).Marked("×") }

// breakEvenNotes say where each alternative costs the same, and in one sentence each which are always cheaper or always
// more expensive.
func breakEvenNotes(comparisons []scenarios.Comparison) []view.Note {
	var (
		list            []view.Note
		cheaper, dearer []string
	)
	for _, c := range comparisons {
		switch {
		case !known(c):
		case c.BreakEven.Always == pricing.Other:
			cheaper = append(cheaper, c.Name)
		case c.BreakEven.Always == pricing.MicroVMs:
			dearer = append(dearer, c.Name)
		default:
			list = append(list, view.Note{Text: c.BreakEven.Sentence})
		}
	}
	for _, side := range []struct {
		than  string
		names []string
	}{{"Cheaper", cheaper}, {"More expensive", dearer}} {
		if len(side.names) > 0 {
			names := strings.Join(side.names, "; ")
			list = append(list, view.Note{Text: side.than + " than MicroVMs at every running time: " + names + "."})
		}
	}
	return list
}
