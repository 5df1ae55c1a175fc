package report

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
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

func known(c scenarios.Comparison) bool { return c.Known() }

func lookOfComparison(c scenarios.Comparison) view.Look { return view.Look{Warn: !known(c)} }

// able are those that can do the job, in their order.
func able(comparisons []scenarios.Comparison) []scenarios.Comparison {
	return slices.DeleteFunc(slices.Clone(comparisons), func(c scenarios.Comparison) bool { return len(c.Unable()) > 0 })
}

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
	month, ranged := "a month", view.When(e.Low != nil, view.People)
	if e.Low != nil {
		month = "high"
	}
	columns := []view.Column[comparison]{
		{ID: "name", Title: words.name, Shrink: true, Value: func(c comparison) view.Value { return view.Text(c.Name) }},
		{ID: "kind", Value: func(c comparison) view.Value { return view.Text(c.Kind) }},
		{Title: "low", Unit: "$", Scope: ranged, Value: func(c comparison) view.Value {
			return view.Maybe(c.Low, func(low comparison) view.Value {
				return view.Dollars(low.Monthly).Or("unknown", known(low))
			})
		}},
		{ID: "monthly", Title: month, Unit: "$", Value: func(c comparison) view.Value {
			return view.Dollars(c.Monthly).Or("unknown", known(c))
		}},
		{Title: "MicroVMs cost", Align: view.Right, Drop: 1, Value: func(c comparison) view.Value {
			return bothEnds(view.Maybe(c.Ratio, times), c, func(low comparison) view.Value {
				return view.Maybe(low.Ratio, times)
			})
		}},
		{
			ID: "per_" + noun, Title: "per " + noun, Unit: "$", Drop: 2,
			Value: func(c comparison) view.Value {
				each := func(c comparison) view.Value { return view.Number(c.PerUnit, places).Or("", known(c)).OmitMissing() }
				return bothEnds(each(c), c, each)
			},
		},
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
		{ID: "unknown", Value: func(c comparison) view.Value { return view.Text(c.Unknown()).OmitEmpty() }},
		{ID: "low", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			return view.Maybe(c.Low, func(low comparison) view.Value {
				return view.Nested(view.ObjectOf(lowColumns("", noun), low))
			}).OmitMissing()
		}},
		{ID: "break_even", Scope: view.JSONOnly, Value: func(c comparison) view.Value {
			return view.Nested(view.ObjectOf(evens, c))
		}},
	}
	columns = append(columns, capacityData...)
	if e.Low == nil {
		return columns
	}
	for _, column := range lowColumns("low_", noun) {
		of := column.Value
		column.Scope = view.CSVOnly
		column.Value = func(c comparison) view.Value {
			return view.Maybe(c.Low, of)
		}
		columns = append(columns, column)
	}
	return columns
}

// bothEnds shows what a figure is at both ends of a scenario's ranges, as in "3.16…9.48", and once where it is shown
// alike. The datum is that of the expensive ends, as programs have the others by name.
func bothEnds(high view.Value, c scenarios.Comparison, of func(scenarios.Comparison) view.Value) view.Value {
	if c.Low == nil {
		return high
	}
	low := of(*c.Low)
	if low.IsMissing() || high.IsMissing() || low.String() == high.String() {
		return high
	}
	return high.Shown(low.String() + "…" + high.String())
}

// lowColumns are what an alternative costs at the cheaper ends of a scenario's ranges.
func lowColumns(prefix, noun string) []view.Column[scenarios.Comparison] {
	type comparison = scenarios.Comparison
	return []view.Column[comparison]{
		{ID: prefix + "monthly", Value: func(c comparison) view.Value {
			return view.Dollars(c.Monthly).Or("unknown", known(c))
		}},
		{ID: prefix + "per_" + noun, Value: func(c comparison) view.Value { return view.Exact(c.PerUnit).Or("", known(c)) }},
		{ID: prefix + "ratio", Value: func(c comparison) view.Value { return ratio(c.Ratio).Or("", known(c)) }},
		{ID: prefix + "running_hours_per_month", Value: func(c comparison) view.Value {
			return ratio(c.BreakEven.HoursPerMonth)
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
func times(ratio decimal.Decimal) view.Value {
	return view.Number(ratio, figures.RatioPlaces(ratio)).Marked("×")
}

// breakEvenNotes say where each alternative costs the same, and in one sentence each which are always cheaper or always
// more expensive, and what holds of several. Those that cannot do the job are left out.
func breakEvenNotes(comparisons []scenarios.Comparison) []view.Note {
	var (
		said            []scenarios.Comparison
		cheaper, dearer []string
	)
	for _, c := range able(comparisons) {
		switch {
		case !known(c):
		case c.BreakEven.Always == pricing.Other && !c.BreakEven.BeyondMonth():
			cheaper = append(cheaper, c.Name)
		case c.BreakEven.Always == pricing.MicroVMs && !c.BreakEven.BeyondMonth():
			dearer = append(dearer, c.Name)
		default:
			said = append(said, c)
		}
	}
	list := breakEvenSentences(said)
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

// breakEvenSentences say where each alternative costs the same, at both ends of a scenario's ranges where they differ.
func breakEvenSentences(comparisons []scenarios.Comparison) []view.Note {
	high := func(c scenarios.Comparison) string { return c.BreakEven.Sentence }
	low := func(c scenarios.Comparison) string {
		if c.Low == nil || sameBreakEven(c.BreakEven, c.Low.BreakEven) {
			return ""
		}
		return "At the cheap ends of the ranges: " + c.Low.BreakEven.Sentence
	}
	return append(sentencesOnce(comparisons, high), sentencesOnce(comparisons, low)...)
}

// sameBreakEven reports whether two points are at the same running time, as it is shown, or neither is at any.
func sameBreakEven(a, b scenarios.BreakEvenPoint) bool {
	if a.HoursPerMonth == nil || b.HoursPerMonth == nil {
		return a.HoursPerMonth == b.HoursPerMonth && a.Always == b.Always
	}
	return a.HoursPerMonth.RoundBank(2).Equal(b.HoursPerMonth.RoundBank(2))
}

// sentencesOnce says each sentence once, for all the alternatives of which it holds but for their names.
func sentencesOnce(comparisons []scenarios.Comparison, of func(scenarios.Comparison) string) (list []view.Note) {
	const name = "\x00"
	var order []string
	names := map[string][]string{}
	for _, c := range comparisons {
		sentence := strings.ReplaceAll(of(c), c.Name, name)
		if sentence == "" {
			continue
		}
		if len(names[sentence]) == 0 {
			order = append(order, sentence)
		}
		names[sentence] = append(names[sentence], c.Name)
	}
	for _, sentence := range order {
		note := view.Note{Text: strings.ReplaceAll(sentence, name, names[sentence][0])}
		if all := names[sentence]; len(all) > 1 {
			note = view.Note{Tag: strings.Join(all, "; "), Text: strings.ReplaceAll(sentence, name, "each of them")}
		}
		list = append(list, note)
	}
	return list
}
