package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
	"microspend/view/chart"
)

// Sensitivity makes the document of which input moves the bill most, with a tornado chart.
func Sensitivity(s *scenarios.Sensitivity) view.Document {
	e := s.Estimate
	total, by := e.Bill.Total(), s.By.Shift(2)
	table := view.NewTable(influenceColumns(total), s.Inputs, func(in scenarios.Influence) view.Look {
		return view.Look{Notes: []string{in.Note}}
	})
	picture := chart.Tornado{
		Title:  fmt.Sprintf("What moves the bill: each input ±%s %%%s", by, unlessSaid(s.Inputs)),
		Center: coordinate(total), CenterLabel: dollars(total),
	}
	for _, in := range s.Inputs {
		picture.Bars = append(picture.Bars, chart.Bar{
			Label: barLabel(in), Low: coordinate(in.Low), High: coordinate(in.High),
			LowLabel: dollars(in.Low), HighLabel: dollars(in.High),
		})
	}
	return view.Document{
		Title: e.Scenario.Name,
		Subtitle: fmt.Sprintf("%s a month; each input moved by ±%s %%%s, all else unchanged",
			dollars(total), by, unlessSaid(s.Inputs)),
		Sections: []view.Section{
			{Picture: func(width int) string { return picture.Text(min(width, chartWidth)) }},
			{Table: table},
			{Notes: rangeNote(e.Scenario)},
		},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.sensitivity/v1"},
			{ID: "name", Value: e.Scenario.Name},
			{ID: "currency", Value: "USD"},
			{ID: "by", Value: by.String() + "%"},
			{ID: "total", Value: total},
			{ID: "inputs", Value: view.Records{Table: table}},
		},
		SVG: func(w io.Writer) error { return picture.SVG(w) },
	}
}

// barLabel names an input, with its ends where it could not be moved as far as the title says.
func barLabel(in scenarios.Influence) string {
	if in.Note == "" {
		return in.Input
	}
	return in.Input + ", " + in.From + "…" + in.To
}

// unlessSaid ends a sentence on how far inputs are moved that is not true of all.
func unlessSaid(inputs []scenarios.Influence) string {
	if slices.ContainsFunc(inputs, func(in scenarios.Influence) bool { return in.Note != "" }) {
		return ", unless its bar says otherwise"
	}
	return ""
}

func influenceColumns(total decimal.Decimal) []view.Column[scenarios.Influence] {
	type in = scenarios.Influence
	return []view.Column[in]{
		{ID: "input", Title: "input", Value: func(i in) view.Value { return view.Text(i.Input) }},
		{Title: "moved", Align: view.Right, Drop: 2, Value: func(i in) view.Value {
			return view.Text(i.From + " … " + i.To)
		}},
		{ID: "from", Value: func(i in) view.Value { return view.Exact(i.Ends[0]) }},
		{ID: "to", Value: func(i in) view.Value { return view.Exact(i.Ends[1]) }},
		{ID: "unit", Value: func(i in) view.Value { return view.Text(i.Unit) }},
		{ID: "low", Title: "low", Unit: "$", Value: func(i in) view.Value { return view.Dollars(i.Low) }},
		{ID: "high", Title: "high", Unit: "$", Value: func(i in) view.Value { return view.Dollars(i.High) }},
		{ID: "swing", Title: "swing", Unit: "$", Value: func(i in) view.Value { return view.Dollars(i.Swing()) }},
		{Title: "of the bill", Align: view.Decimal, Drop: 1, Value: func(i in) view.Value {
			if !total.IsPositive() {
				return view.Value{}
			}
			return view.Number(pricing.Divide(i.Swing().Shift(2), total, 6), 1).Marked(" %")
		}},
		{ID: "note", Value: func(i in) view.Value { return view.Text(i.Note).OmitEmpty() }},
	}
}
