package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/pricing/pricelist"
)

// cardJSON is the document microspend.rates/v1.
type cardJSON struct {
	Schema   string           `json:"schema"`
	Card     string           `json:"card"`
	Region   string           `json:"region"`
	Location string           `json:"location,omitempty"`
	Opened   string           `json:"opened,omitempty"`
	Currency string           `json:"currency"`
	Rates    []rateFigureJSON `json:"rates"`
	AgeDays  int              `json:"age_days"`
	Stale    bool             `json:"stale"`
}

type rateFigureJSON struct {
	Quantity string  `json:"quantity"`
	Key      string  `json:"key"`
	Figure   *string `json:"figure"` // null where the rate is not known
	Unit     string  `json:"unit"`
	Source   string  `json:"source"`
	ReadOn   string  `json:"read_on"`

	// Where something else than list was agreed: AWS's public rate with its unit, the discount, and the figure after it.
	List      string `json:"list_figure,omitempty"`
	ListUnit  string `json:"list_unit,omitempty"`
	Discount  string `json:"discount,omitempty"`
	Effective string `json:"effective_figure,omitempty"`
}

func newCardJSON(card pricing.RateCard, now time.Time) cardJSON {
	days, stale := card.Stale(now)
	out := cardJSON{
		Schema: "microspend.rates/v1", Card: card.Name, Region: card.Region, Location: card.Location,
		Opened: card.Opened.String(), Currency: "USD", AgeDays: days, Stale: stale,
	}
	for _, q := range pricing.BilledQuantities() {
		rate := card.Rate(q)
		figure := rateFigureJSON{
			Quantity: q.String(), Key: string(q.RateKeys()[0]), Unit: q.Unit(), Source: rate.Source, ReadOn: rate.ReadOn.String(),
		}
		if key, known := card.Key(q); known {
			text := rate.Figure.String()
			figure.Key, figure.Figure, figure.Unit = string(key), &text, q.PublishedUnit(rate.Per)
			if card.Negotiated() {
				list := card.ListRate(q)
				figure.List, figure.ListUnit = list.Figure.String(), q.PublishedUnit(list.Per)
				figure.Discount = card.Discounts[q].Shift(2).String() + "%"
				figure.Effective = card.Charged(q).Figure.String()
			}
		}
		out.Rates = append(out.Rates, figure)
	}
	return out
}

var (
	rateCSVHeader   = []string{"region", "quantity", "key", "figure", "unit", "source", "read_on"}
	agreedCSVHeader = []string{"list_figure", "list_unit", "discount", "effective_figure"}
)

// cardCSV is a card with its header, which is longer where something else than list was agreed.
func cardCSV(card cardJSON, agreed bool) [][]string {
	header := slices.Clone(rateCSVHeader)
	if agreed {
		header = append(header, agreedCSVHeader...)
	}
	rows := [][]string{header}
	for _, r := range card.Rates {
		figure := "unknown"
		if r.Figure != nil {
			figure = *r.Figure
		}
		row := []string{card.Region, r.Quantity, r.Key, figure, r.Unit, r.Source, r.ReadOn}
		if agreed {
			row = append(row, r.List, r.ListUnit, r.Discount, r.Effective)
		}
		rows = append(rows, row)
	}
	return rows
}

// Card makes the document of one region's rates.
func Card(card pricing.RateCard, now time.Time) Document {
	out := newCardJSON(card, now)
	t := &Table{Columns: []Column{{Title: "rate"}}}
	if card.Negotiated() {
		t.Columns = append(t.Columns, Column{Title: "list $", Align: Decimal}, Column{Title: "discount", Align: Right})
	}
	t.Columns = append(t.Columns, Column{Title: "$", Align: Decimal}, Column{Title: "per"}, Column{Title: "read on", Drop: 1})
	for i, q := range pricing.BilledQuantities() {
		r := out.Rates[i]
		cells, figure := []string{q.Name()}, "unknown"
		if r.Figure != nil {
			figure = *r.Figure
		}
		if card.Negotiated() {
			list := r.List
			if r.ListUnit != r.Unit {
				list += " per " + r.ListUnit
			}
			cells = append(cells, list, r.Discount)
			if r.Effective != "" {
				figure = r.Effective
			}
		}
		t.Rows = append(t.Rows, Row{Cells: append(cells, figure, r.Unit, r.ReadOn), Warn: r.Figure == nil})
		t.Rows = append(t.Rows, Row{Kind: Footnote, Cells: []string{out.Rates[i].Source}})
	}
	d := Document{
		Title: fmt.Sprintf("%s, %s", card.Region, card.Location),
		JSON:  out, CSV: cardCSV(out, card.Negotiated()),
	}
	if !card.Opened.IsZero() {
		d.Subtitle = "MicroVMs since " + card.Opened.String()
	}
	d.Sections = []Section{{Table: t.view()}, {Notes: []Note{ageNote(card, now)}}}
	return d
}

func ageNote(card pricing.RateCard, now time.Time) Note {
	days, stale := card.Stale(now)
	note := Note{Text: fmt.Sprintf("The oldest figure was read %d days ago.", days)}
	if stale {
		note = Note{Warn: true, Text: fmt.Sprintf("The oldest figure was read %d days ago, more than %d: check the card against AWS's Price List.",
			days, pricing.StaleAfterDays)}
	}
	return note
}

// Cards makes the document that sets the rates of all regions beside each other, per the unit that is billed or as
// published.
func Cards(cards []pricing.RateCard, now time.Time) Document {
	t := &Table{Tight: true, Columns: []Column{
		{Title: "region"},
		{Title: "vCPU-s $", Align: Decimal},
		{Title: "GB-s $", Align: Decimal},
		{Title: "read GB $", Align: Decimal, Drop: 2},
		{Title: "write GB $", Align: Decimal, Drop: 3},
		{Title: "stored $", Align: Decimal, Drop: 4},
		{Title: "read on", Drop: 5},
		{Title: "where", MinWidth: 120},
	}}
	d := Document{CSV: [][]string{rateCSVHeader}}
	list := make([]cardJSON, len(cards))
	var unknown, stale []string
	for i, card := range cards {
		list[i] = newCardJSON(card, now)
		d.CSV = append(d.CSV, cardCSV(list[i], false)[1:]...)
		cells := []string{card.Region}
		for _, q := range pricing.BilledQuantities() {
			cells = append(cells, briefRate(card.Rate(q)))
		}
		t.Rows = append(t.Rows, Row{Cells: append(cells, card.ReadOn().String(), card.Location)})
		if len(card.Unknown()) > 0 {
			unknown = append(unknown, card.Region)
		}
		if list[i].Stale {
			stale = append(stale, fmt.Sprintf("%s (%d days)", card.Region, list[i].AgeDays))
		}
	}
	d.JSON = list
	section := Section{Notes: []Note{{Text: "Stored is per GB-hour. Figures marked /h are published per hour and billed per second. microspend rates show REGION has sources."}}}
	if len(unknown) > 0 {
		section.Notes = append(section.Notes, Note{Text: "? is not known, and an error where it is needed: " + strings.Join(unknown, ", ") + "."})
	}
	if len(stale) > 0 {
		section.Notes = append(section.Notes, Note{Warn: true, Text: fmt.Sprintf("read more than %d days ago: %s.",
			pricing.StaleAfterDays, strings.Join(stale, ", "))})
	}
	d.Sections = []Section{{Table: t.view()}, section}
	return d
}

func briefRate(r pricing.Rate) string {
	switch {
	case !r.Known():
		return "?"
	case r.Per == pricing.PerHour:
		return r.Figure.String() + "/h"
	case r.Per == pricing.PerGBMonth:
		return r.Figure.String() + "/month"
	default:
		return r.Figure.String()
	}
}

// CardChange is a region's present card beside the one a price list gives. Present is the zero card where there is none.
type CardChange struct {
	Present, Next pricing.RateCard
	Drift         []pricelist.Drift
}

type driftJSON struct {
	Region   string  `json:"region"`
	Quantity string  `json:"quantity"`
	Present  *string `json:"present"` // as published; null where it is not known
	Listed   *string `json:"listed"`
	Change   *string `json:"change_percent"`
}

// Drift makes the document of how rate cards differ from a price list, and tells whether any does.
func Drift(changes []CardChange) (d Document, drifted bool) {
	t := &Table{Columns: []Column{
		{Title: "region"},
		{Title: "rate"},
		{Title: "card $", Align: Decimal},
		{Title: "price list $", Align: Decimal},
		{Title: "change", Align: Decimal, Drop: 1},
	}}
	rows := []driftJSON{}
	d.CSV = [][]string{{"region", "quantity", "present", "listed", "change_percent"}}
	var same []string
	for _, change := range changes {
		if len(change.Drift) == 0 {
			same = append(same, change.Next.Region)
		}
		for _, drift := range change.Drift {
			row := driftJSON{Region: change.Next.Region, Quantity: drift.Quantity.String()}
			row.Present, row.Listed, row.Change = published(drift.Old), published(drift.New), changePercent(drift)
			rows = append(rows, row)
			cells := []string{
				row.Region, drift.Quantity.Name(), briefRate(drift.Old), briefRate(drift.New), "",
			}
			if row.Change != nil {
				cells[4] = signed(decimal.RequireFromString(*row.Change), 2) + " %"
			}
			t.Rows = append(t.Rows, Row{Cells: cells, Warn: true})
			d.CSV = append(d.CSV, []string{row.Region, row.Quantity, orUnknown(row.Present), orUnknown(row.Listed), orEmpty(row.Change)})
		}
	}
	d.JSON = struct {
		Schema string      `json:"schema"`
		Drift  []driftJSON `json:"drift"`
		Same   []string    `json:"same"`
	}{"microspend.rates-check/v1", rows, append([]string{}, same...)}
	if len(rows) > 0 {
		d.Sections = append(d.Sections, Section{Table: t.view()})
	}
	if len(same) > 0 {
		slices.Sort(same)
		d.Sections = append(d.Sections, Section{Notes: []Note{{Text: "No difference: " + strings.Join(same, ", ") + "."}}})
	}
	return d, len(rows) > 0
}

func published(r pricing.Rate) *string {
	if !r.Known() {
		return nil
	}
	text := r.Figure.String()
	if r.Per != pricing.PerUnit {
		text = fmt.Sprintf("%s / %d", text, r.Per)
	}
	return &text
}

// changePercent is the change of the rate per billed unit, half-even at pricing.RatioPlaces; nil where there is nothing to
// compare with.
func changePercent(drift pricelist.Drift) *string {
	percent, ok := drift.Old.ChangePercent(drift.New)
	if !ok {
		return nil
	}
	text := percent.String()
	return &text
}

func orUnknown(text *string) string {
	if text == nil {
		return "unknown"
	}
	return *text
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
