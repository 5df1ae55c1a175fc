package report

import (
	"time"

	"microspend/pricing"
	"microspend/scenarios"
	"microspend/view"
)

// Price makes the document of plain quantities priced at a card.
func Price(bill pricing.Bill, now time.Time) view.Document {
	var warnings []pricing.Note
	if note, stale := scenarios.StaleRates(bill.Card, now); stale {
		warnings = append(warnings, note)
	}
	table := billTable(bill, nil, false)
	return view.Document{
		Sections: []view.Section{
			{Table: table},
			{Notes: append(plainNotes(ratesSentence(bill.Card)), notes(warnings, true)...)},
		},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.price/v1"},
			{ID: "region", Value: bill.Card.Region},
			{ID: "arch", Value: string(bill.Card.Arch())},
			{ID: "currency", Value: "USD"},
			{ID: "rates", Value: ratesObject(bill.Card)},
			{ID: "lines", Value: view.Records{Table: table}},
			{ID: "total", Value: bill.Total()},
			{ID: "list_total", Value: view.Exact(bill.ListTotal()).OmitIf(!bill.Negotiated())},
			{ID: "warnings", Value: noteRecords(warnings)},
		},
	}
}
