package report

import (
	"time"

	"microspend/pricing"
	"microspend/scenarios"
)

// priceJSON is the document microspend.price/v1.
type priceJSON struct {
	Schema   string     `json:"schema"`
	Region   string     `json:"region"`
	Currency string     `json:"currency"`
	Rates    ratesJSON  `json:"rates"`
	Lines    []lineJSON `json:"lines"`
	Total    string     `json:"total"`
	Warnings []noteJSON `json:"warnings"`
}

// Price makes the document of plain quantities priced at a card.
func Price(bill pricing.Bill, now time.Time) Document {
	places := placesFor(amountsOf(bill.Lines))
	t := &Table{Columns: []Column{
		{Title: ""},
		{Title: "quantity", Align: Decimal, Drop: 1},
		{Title: "unit", Drop: 3},
		{Title: "rate $", Align: Decimal, Drop: 2},
		{Title: "amount $", Align: Decimal},
	}}
	csvRows := [][]string{{"region", "component", "quantity", "unit", "rate", "rate_units", "amount", "formula"}}
	for i, line := range linesJSON(bill.Lines) {
		exact := bill.Lines[i]
		t.Rows = append(t.Rows, Row{Cells: []string{
			exact.Of.Name(), upTo(exact.Quantity, 4), line.Unit, rateText(exact), fixed(exact.Amount, places),
		}})
		csvRows = append(csvRows, []string{
			bill.Card.Region, line.Component, line.Quantity, line.Unit, line.Rate, orOne(line.RateUnits), line.Amount, line.Formula,
		})
	}
	t.Rows = append(t.Rows, Row{Kind: Total, Cells: []string{"total", "", "", "", fixed(bill.Total(), places)}})

	var warnings []pricing.Note
	if note, stale := scenarios.StaleRates(bill.Card, now); stale {
		warnings = append(warnings, note)
	}
	d := Document{
		Sections: []Section{{Table: t}, {Notes: append([]Note{{Text: ratesSentence(bill.Card)}}, notes(warnings, true)...)}},
		JSON: priceJSON{
			Schema: "microspend.price/v1", Region: bill.Card.Region, Currency: "USD",
			Rates: newRatesJSON(bill.Card), Lines: linesJSON(bill.Lines), Total: bill.Total().String(),
			Warnings: notesJSON(warnings),
		},
		CSV: csvRows,
	}
	return d
}
