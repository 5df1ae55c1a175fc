package report

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/scenarios"
)

// diffJSON is the document microspend.diff/v1.
type diffJSON struct {
	Schema string          `json:"schema"`
	Before diffSideJSON    `json:"before"`
	After  diffSideJSON    `json:"after"`
	Lines  []diffLineJSON  `json:"lines"`
	Total  diffTotalJSON   `json:"total"`
	Inputs []diffInputJSON `json:"inputs"`
}

type diffSideJSON struct {
	Name   string `json:"name"`
	Region string `json:"region"`
}

type diffLineJSON struct {
	Component      string    `json:"component"`
	Before         *lineJSON `json:"before"`
	After          *lineJSON `json:"after"`
	Change         string    `json:"change"`
	QuantityEffect string    `json:"quantity_effect"`
	RateEffect     string    `json:"rate_effect"`
}

type diffTotalJSON struct {
	Before        string  `json:"before"`
	After         string  `json:"after"`
	Change        string  `json:"change"`
	ChangePercent *string `json:"change_percent"`
}

type diffInputJSON struct {
	Path   string `json:"path"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Diff makes the document of how one estimate differs from another, and why.
func Diff(diff scenarios.Diff) Document {
	before, after := diff.Before.Bill.Total(), diff.After.Bill.Total()
	out := diffJSON{
		Schema: "microspend.diff/v1",
		Before: diffSideJSON{diff.Before.Scenario.Name, diff.Before.Scenario.Region},
		After:  diffSideJSON{diff.After.Scenario.Name, diff.After.Scenario.Region},
		Lines:  []diffLineJSON{}, Inputs: []diffInputJSON{},
		Total: diffTotalJSON{Before: before.String(), After: after.String(), Change: after.Sub(before).String()},
	}
	d := Document{
		Title: fmt.Sprintf("%s → %s", diff.Before.Scenario.Name, diff.After.Scenario.Name),
		CSV: [][]string{{
			"component", "before_quantity", "after_quantity", "before_amount", "after_amount", "change", "quantity_effect", "rate_effect",
		}},
	}
	t := &Table{Columns: []Column{
		{Title: "$ a month"},
		{Title: "before", Align: Decimal, Drop: 3},
		{Title: "after", Align: Decimal, Drop: 4},
		{Title: "change", Align: Decimal},
		{Title: "by quantity", Align: Decimal, Drop: 2},
		{Title: "by rate", Align: Decimal, Drop: 1},
	}}
	places := placesFor(append(amountsOf(diff.Before.Bill.Lines), amountsOf(diff.After.Bill.Lines)...))
	var byQuantity, byRate decimal.Decimal
	for _, line := range diff.Lines {
		byQuantity, byRate = byQuantity.Add(line.QuantityEffect), byRate.Add(line.RateEffect)
		old, oldAmount := sideOf(line.Before)
		next, nextAmount := sideOf(line.After)
		out.Lines = append(out.Lines, diffLineJSON{
			Component: line.Component.String(), Before: old, After: next, Change: line.Change().String(),
			QuantityEffect: line.QuantityEffect.String(), RateEffect: line.RateEffect.String(),
		})
		t.Rows = append(t.Rows, Row{Cells: []string{
			line.Component.String(), fixed(oldAmount, places), fixed(nextAmount, places), signed(line.Change(), places),
			signedOrBlank(line.QuantityEffect, places), signedOrBlank(line.RateEffect, places),
		}})
		d.CSV = append(d.CSV, []string{
			line.Component.String(), quantityOf(line.Before), quantityOf(line.After), oldAmount.String(), nextAmount.String(),
			line.Change().String(), line.QuantityEffect.String(), line.RateEffect.String(),
		})
	}
	t.Rows = append(t.Rows, Row{Kind: Total, Cells: []string{
		"total", fixed(before, places), fixed(after, places), signed(after.Sub(before), places),
		signedOrBlank(byQuantity, places), signedOrBlank(byRate, places),
	}})
	d.Sections = []Section{{Table: t.view()}}
	if before.IsPositive() {
		percent := pricing.Divide(after.Sub(before).Shift(2), before, pricing.RatioPlaces)
		text := percent.String()
		out.Total.ChangePercent = &text
		d.Sections = append(d.Sections, Section{Notes: []Note{{Text: fmt.Sprintf("The bill changes by %s %%.", signed(percent, 2))}}})
	}
	inputs := Section{Heading: "What differs in the files"}
	for _, change := range diff.Inputs {
		out.Inputs = append(out.Inputs, diffInputJSON(change))
		inputs.Notes = append(inputs.Notes, Note{
			Tag: change.Path, Text: orNothing(change.Before) + " → " + orNothing(change.After),
		})
	}
	if len(diff.Inputs) == 0 {
		inputs.Notes = []Note{{Text: "Nothing that enters the bill."}}
	}
	d.Sections = append(d.Sections, inputs)
	d.JSON = out
	return d
}

func sideOf(line *pricing.Line) (*lineJSON, decimal.Decimal) {
	if line == nil {
		return nil, decimal.Decimal{}
	}
	return &linesJSON([]pricing.Line{*line})[0], line.Amount
}

func quantityOf(line *pricing.Line) string {
	if line == nil {
		return "0"
	}
	return line.Quantity.String()
}

func signedOrBlank(d decimal.Decimal, places int32) string {
	if d.IsZero() {
		return ""
	}
	return signed(d, places)
}

func orNothing(text string) string {
	if text == "" {
		return "(not given)"
	}
	return text
}
