package report

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
)

// rangeNote says which end of a scenario's ranges a document is for, where it is for one only.
func rangeNote(s *scenarios.Scenario) []Note {
	if s.Low == nil {
		return nil
	}
	return []Note{{Text: "The scenario has ranges; this is for their costlier ends."}}
}

// rangeTable shows a bill at both ends of a scenario's ranges.
func rangeTable(e *scenarios.Estimate) *Table {
	t := &Table{Columns: []Column{
		{Title: "a month"},
		{Title: "low quantity", Align: Decimal, Drop: 2},
		{Title: "high quantity", Align: Decimal, Drop: 1},
		{Title: "unit", Drop: 3},
		{Title: "low $", Align: Decimal},
		{Title: "high $", Align: Decimal},
	}}
	low, high := e.Low.Bill, e.Bill
	places := placesFor(append(amountsOf(low.Lines), amountsOf(high.Lines)...))
	for _, group := range pricing.Groups() {
		var rows []Row
		for _, line := range high.Lines {
			if line.Component.Group() != group {
				continue
			}
			lowQuantity := decimal.Decimal{}
			for _, other := range low.Lines {
				if other.Component == line.Component {
					lowQuantity = other.Quantity
				}
			}
			rows = append(rows, Row{Cells: []string{
				"  " + line.Component.Label(), upTo(lowQuantity, 4), upTo(line.Quantity, 4), line.Of.Unit(),
				fixed(low.Sum(line.Component), places), fixed(line.Amount, places),
			}})
		}
		if len(rows) > 0 {
			t.Rows = append(t.Rows, Row{
				Kind: Group, Cells: []string{group.String(), "", "", "", fixed(low.Sum(group), places), fixed(high.Sum(group), places)},
			})
			t.Rows = append(t.Rows, rows...)
		}
	}
	t.Rows = append(t.Rows, Row{
		Kind: Total, Cells: []string{"total", "", "", "", fixed(low.Total(), places), fixed(high.Total(), places)},
	})
	if count, noun := e.Scenario.PerUnit(); count.GreaterThan(decimal.NewFromInt(1)) {
		t.Rows = append(t.Rows, Row{Kind: Footnote, Cells: []string{
			fmt.Sprintf("%s to %s", unitPrice(decimal.Min(e.Low.PerUnit, e.PerUnit), noun), unitPrice(decimal.Max(e.Low.PerUnit, e.PerUnit), noun)),
		}})
	}
	return t
}

// fleetJSON is the document microspend.fleet/v1.
type fleetJSON struct {
	Schema    string          `json:"schema"`
	Currency  string          `json:"currency"`
	Scenarios []fleetPartJSON `json:"scenarios"`
	Lines     []fleetLineJSON `json:"lines"`
	Total     string          `json:"total"`
}

type fleetPartJSON struct {
	Name   string `json:"name"`
	Region string `json:"region"`
	Total  string `json:"total"`
	Share  string `json:"share_percent"`
}

type fleetLineJSON struct {
	Component string `json:"component"`
	Quantity  string `json:"quantity"`
	Unit      string `json:"unit"`
	Amount    string `json:"amount"`
}

// Fleet makes the document of several estimates as one bill.
func Fleet(fleet scenarios.Fleet) Document {
	out := fleetJSON{
		Schema: "microspend.fleet/v1", Currency: "USD", Total: fleet.Total.String(),
		Scenarios: []fleetPartJSON{}, Lines: []fleetLineJSON{},
	}
	d := Document{
		Title: fmt.Sprintf("All %d together", len(fleet.Estimates)),
		CSV:   [][]string{{"component", "quantity", "unit", "amount"}},
	}
	parts := &Table{Columns: []Column{
		{Title: "scenario", Shrink: true},
		{Title: "region", Drop: 1},
		{Title: "a month $", Align: Decimal},
		{Title: "share", Align: Decimal, Drop: 2},
	}}
	for _, e := range fleet.Estimates {
		share := decimal.Decimal{}
		if fleet.Total.IsPositive() {
			share = pricing.Divide(e.Bill.Total().Shift(2), fleet.Total, pricing.RatioPlaces)
		}
		out.Scenarios = append(out.Scenarios, fleetPartJSON{
			e.Scenario.Name, e.Scenario.Region, e.Bill.Total().String(), share.String(),
		})
		parts.Rows = append(parts.Rows, Row{Cells: []string{
			e.Scenario.Name, e.Scenario.Region, fixed(e.Bill.Total(), centPlaces), fixed(share, 1) + " %",
		}})
	}
	parts.Rows = append(parts.Rows, Row{Kind: Total, Cells: []string{"total", "", fixed(fleet.Total, centPlaces), ""}})

	lines := &Table{Columns: []Column{
		{Title: "a month"}, {Title: "quantity", Align: Decimal, Drop: 1}, {Title: "unit", Drop: 2}, {Title: "amount $", Align: Decimal},
	}}
	for i, line := range fleet.Lines {
		if group := line.Component.Group(); i == 0 || fleet.Lines[i-1].Component.Group() != group {
			lines.Rows = append(lines.Rows, Row{Kind: Group, Cells: []string{group.String(), "", "", fixed(fleet.Sum(group), centPlaces)}})
		}
		lines.Rows = append(lines.Rows, Row{Cells: []string{
			"  " + line.Component.Label(), upTo(line.Quantity, 4), line.Of.Unit(), fixed(line.Amount, centPlaces),
		}})
		out.Lines = append(out.Lines, fleetLineJSON{
			line.Component.String(), line.Quantity.String(), line.Of.Unit(), line.Amount.String(),
		})
		d.CSV = append(d.CSV, []string{
			line.Component.String(), line.Quantity.String(), line.Of.Unit(), line.Amount.String(),
		})
	}
	lines.Rows = append(lines.Rows, Row{Kind: Total, Cells: []string{"total", "", "", fixed(fleet.Total, centPlaces)}})
	d.Sections = []Section{{Table: parts.view()}, {Table: lines.view()}}
	d.JSON = out
	return d
}
