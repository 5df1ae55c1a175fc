package report

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// Regions makes the document of what a workload would cost in several regions: one table, the cheapest first.
func Regions(c *scenarios.RegionComparison) view.Document {
	s := c.Scenario
	table := view.NewTable(regionColumns(c), c.Rows, func(r scenarios.RegionRow) view.Look {
		look := view.Look{Warn: r.Total == nil, Notes: []string{r.Why}}
		if r.Region == s.Region {
			look.Kind = view.Total
		}
		return look
	})
	d := view.Document{
		Title: s.Name, Subtitle: fmt.Sprintf("MicroVM of %s GB / %s vCPU by region", s.Size.GB(), s.Size.VCPU()), Data: table,
		Sections: []view.Section{{Table: table}},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.regions/v1"},
			{ID: "name", Value: s.Name},
			{ID: "currency", Value: "USD"},
		}.With(c.Base != "", "ratio_to", c.Base).
			With(c.Unnamed > 0, "regions_without_a_name", c.Unnamed).
			With(true, "rows", view.Records{Table: table}),
	}
	var notes []string
	if c.Unnamed > 0 {
		notes = append(
			notes,
			fmt.Sprintf("MicroVMs are in %d regions; the names of %s are not known here. Give them by name, "+
				"or find them with microspend rates update.", pricing.RegionsOpened, figures.Int(c.Unnamed)),
		)
	}
	if s.GivesRates() {
		notes = append(notes, "The rates that the file gives are taken in every region.")
	}
	d.Add(view.Section{Notes: append(plainNotes(notes...), rangeNote(s)...)})
	return d
}

func regionColumns(c *scenarios.RegionComparison) []view.Column[scenarios.RegionRow] {
	type row = scenarios.RegionRow
	_, noun := c.Scenario.PerUnit()
	var each []decimal.Decimal
	for _, r := range c.Rows {
		if r.PerUnit != nil {
			each = append(each, *r.PerUnit)
		}
	}
	places := view.PlacesFor(each)
	ranged := view.When(c.Scenario.Low != nil, view.Everyone)
	return []view.Column[row]{
		{ID: "region", Title: "cheapest first", Value: func(r row) view.Value { return view.Text(r.Region) }},
		{ID: "location", Title: "where", Drop: 3, Value: func(r row) view.Value { return view.Text(r.Location).OmitEmpty() }},
		{ID: "low", Title: "low", Unit: "$", Scope: ranged, Value: func(r row) view.Value {
			return view.Maybe(r.Low, view.Dollars)
		}},
		{ID: "total", Title: "a month", Unit: "$", Value: func(r row) view.Value {
			if r.Total == nil {
				return view.Missing("unknown")
			}
			return view.Dollars(*r.Total)
		}},
		{ID: "per_" + noun, Title: "per " + noun, Unit: "$", Drop: 2, Value: func(r row) view.Value {
			return view.Maybe(r.PerUnit, func(d decimal.Decimal) view.Value { return view.Number(d, places) })
		}},
		{
			Title: "× " + c.Base,
			Align: view.Decimal,
			Scope: view.When(c.Base != "", view.People),
			Value: func(r row) view.Value {
				return view.Maybe(r.Ratio, times)
			},
		},
		{ID: "ratio", Value: func(r row) view.Value { return ratio(r.Ratio) }},
		{ID: "unknown", Value: func(r row) view.Value {
			keys := make([]string, len(r.Unknown))
			for i, key := range r.Unknown {
				keys[i] = string(key)
			}
			return view.List(keys)
		}},
		{ID: "why", Value: func(r row) view.Value { return view.Text(r.Why).OmitEmpty() }},
	}
}
