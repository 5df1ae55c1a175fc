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
	List     string     `json:"list_total,omitempty"` // at AWS's public rates, where something else was agreed
	Warnings []noteJSON `json:"warnings"`
}

// Price makes the document of plain quantities priced at a card.
func Price(bill pricing.Bill, now time.Time) Document {
	places, agreed := placesFor(amountsOf(bill.Lines)), bill.Negotiated()
	t := &Table{Columns: []Column{
		{Title: ""},
		{Title: "quantity", Align: Decimal, Drop: 2},
		{Title: "unit", Drop: 4},
		{Title: "rate $", Align: Decimal, Drop: 3},
	}}
	total := []string{"total", "", "", ""}
	header := []string{"region", "component", "quantity", "unit", "rate", "rate_units", "amount", "formula"}
	listTotal := ""
	if agreed {
		t.Columns = append(t.Columns, Column{Title: "list $", Align: Decimal, Drop: 1})
		total = append(total, fixed(bill.ListTotal(), places))
		header = append(header, "list_amount")
		listTotal = bill.ListTotal().String()
	}
	t.Columns = append(t.Columns, Column{Title: "amount $", Align: Decimal})
	csvRows := [][]string{header}
	for i, line := range linesJSON(bill.Lines) {
		exact := bill.Lines[i]
		cells := []string{exact.Of.Name(), upTo(exact.Quantity, 4), line.Unit, rateText(exact)}
		row := []string{
			bill.Card.Region, line.Component, line.Quantity, line.Unit, line.Rate, orOne(line.RateUnits), line.Amount, line.Formula,
		}
		if agreed {
			cells = append(cells, fixed(exact.ListAmount, places))
			row = append(row, exact.ListAmount.String())
		}
		t.Rows = append(t.Rows, Row{Cells: append(cells, fixed(exact.Amount, places))})
		csvRows = append(csvRows, row)
	}
	t.Rows = append(t.Rows, Row{Kind: Total, Cells: append(total, fixed(bill.Total(), places))})

	var warnings []pricing.Note
	if note, stale := scenarios.StaleRates(bill.Card, now); stale {
		warnings = append(warnings, note)
	}
	d := Document{
		Sections: []Section{{Table: t.view()}, {Notes: append([]Note{{Text: ratesSentence(bill.Card)}}, notes(warnings, true)...)}},
		JSON: priceJSON{
			Schema: "microspend.price/v1", Region: bill.Card.Region, Currency: "USD",
			Rates: newRatesJSON(bill.Card), Lines: linesJSON(bill.Lines), Total: bill.Total().String(), List: listTotal,
			Warnings: notesJSON(warnings),
		},
		CSV: csvRows,
	}
	return d
}
