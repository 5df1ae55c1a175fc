package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/scenarios"
)

// estimateJSON is the document microspend.estimate/v1. Its fields are a contract: they are added to, never changed.
type estimateJSON struct {
	Schema       string            `json:"schema"`
	Name         string            `json:"name"`
	Title        string            `json:"title,omitempty"`
	Region       string            `json:"region"`
	Currency     string            `json:"currency"`
	MicroVM      microvmJSON       `json:"microvm"`
	Rates        ratesJSON         `json:"rates"`
	Lines        []lineJSON        `json:"lines"`
	Groups       map[string]string `json:"groups"`
	Total        string            `json:"total"`
	ListTotal    string            `json:"list_total,omitempty"` // at AWS's public rates, where something else was agreed
	PerUser      string            `json:"per_user,omitempty"`
	PerJob       string            `json:"per_job,omitempty"`
	Low          *lowJSON          `json:"low,omitempty"`
	Basis        []string          `json:"basis"`
	Assumptions  []noteJSON        `json:"assumptions"`
	Warnings     []noteJSON        `json:"warnings"`
	Alternatives []alternativeJSON `json:"alternatives"`
	Verdict      *verdictJSON      `json:"verdict,omitempty"`
	Documented   []checkJSON       `json:"documented,omitempty"`
}

// lowJSON is the bill at the cheaper ends of a scenario's ranges; the document's own figures are at the costlier ends.
type lowJSON struct {
	Lines   []lineJSON        `json:"lines"`
	Groups  map[string]string `json:"groups"`
	Total   string            `json:"total"`
	PerUser string            `json:"per_user,omitempty"`
	PerJob  string            `json:"per_job,omitempty"`
}

type microvmJSON struct {
	MemoryGB string `json:"memory_gb"`
	VCPU     string `json:"vcpu"`
}

// ratesJSON has the five rates, each under the key that says what it is per, and no key for a rate that is not known.
type ratesJSON struct {
	Card            string            `json:"card"`
	ReadOn          *string           `json:"read_on"`
	VCPUSecond      string            `json:"vcpu_second,omitempty"`
	VCPUHour        string            `json:"vcpu_hour,omitempty"`
	GBSecond        string            `json:"gb_second,omitempty"`
	GBHour          string            `json:"gb_hour,omitempty"`
	SnapshotReadGB  string            `json:"snapshot_read_gb,omitempty"`
	SnapshotWriteGB string            `json:"snapshot_write_gb,omitempty"`
	StorageGBHour   string            `json:"storage_gb_hour,omitempty"`
	StorageGBMonth  string            `json:"storage_gb_month,omitempty"`
	Discount        string            `json:"discount,omitempty"`  // where it is the same for all
	Discounts       map[string]string `json:"discounts,omitempty"` // where it is not: by billed quantity
	Sources         map[string]string `json:"sources"`
}

type lineJSON struct {
	Component string `json:"component"`
	Quantity  string `json:"quantity"`
	Unit      string `json:"unit"`
	Rate      string `json:"rate"`
	// RateUnits is how many units the rate pays for, where that is not one: 720 GB-Hours for a rate per GB-month.
	RateUnits  string `json:"rate_units,omitempty"`
	ListRate   string `json:"list_rate,omitempty"`   // AWS's, without the discount; where something else was agreed
	ListAmount string `json:"list_amount,omitempty"` // likewise
	// ListRateUnits is how many units the list rate pays for, where that is not as many as of rate.
	ListRateUnits string `json:"list_rate_units,omitempty"`
	Amount        string `json:"amount"`
	Formula       string `json:"formula"`
}

type noteJSON struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

type checkJSON struct {
	Figure     string `json:"figure"`
	Printed    string `json:"printed"`
	Exact      string `json:"exact"`
	Verdict    string `json:"verdict"`
	Difference string `json:"difference"`
	Because    string `json:"because,omitempty"`
	Drift      string `json:"drift,omitempty"`
}

// EstimateOptions say how much of an estimate a table shows.
type EstimateOptions struct {
	Explain bool // each line's formula under it, and how the month's totals come about
}

// Estimate makes the document of one estimate.
func Estimate(e *scenarios.Estimate, options EstimateOptions) Document {
	s := e.Scenario
	d := Document{
		Title:    s.Name,
		Subtitle: estimateSubtitle(e),
		JSON:     newEstimateJSON(e),
		CSV:      estimateCSV(e),
	}
	if e.Low == nil {
		d.Sections = append(d.Sections, Section{Table: billTable(e, options).view()})
	} else {
		d.Sections = append(d.Sections, Section{Table: rangeTable(e).view()})
	}
	if options.Explain {
		d.Sections = append(d.Sections, Section{Heading: "How the month comes about", Notes: plainNotes(s.Basis)})
	}
	d.Sections = append(d.Sections, Section{Notes: []Note{{Text: ratesSentence(e.Bill.Card)}}})
	if len(e.Comparisons) > 0 {
		d.Sections = append(d.Sections, comparisonSection(e, e.Comparisons))
	}
	if len(e.Documented) > 0 {
		d.Sections = append(d.Sections, documentedSection(e))
	}
	if len(e.Warnings) > 0 {
		d.Sections = append(d.Sections, Section{Heading: "Warnings", Notes: notes(e.Warnings, true)})
	}
	if len(e.Assumptions) > 0 {
		d.Sections = append(d.Sections, Section{Heading: "Assumptions", Notes: notes(e.Assumptions, false)})
	}
	return d
}

func estimateSubtitle(e *scenarios.Estimate) string {
	s := e.Scenario
	machine := fmt.Sprintf("%s, MicroVM of %s GB / %s vCPU", s.Region, s.Size.GB(), s.Size.VCPU())
	if s.Title == "" {
		return machine
	}
	return s.Title + "\n" + machine
}

// billTable has a column of list amounts where something else than AWS's public rates was agreed.
func billTable(e *scenarios.Estimate, options EstimateOptions) *Table {
	t := &Table{Columns: []Column{
		{Title: "a month"},
		{Title: "quantity", Align: Decimal, Drop: 2},
		{Title: "unit", Drop: 4},
		{Title: "rate $", Align: Decimal, Drop: 3},
	}}
	agreed := e.Bill.Negotiated()
	if agreed {
		t.Columns = append(t.Columns, Column{Title: "list $", Align: Decimal, Drop: 1})
	}
	t.Columns = append(t.Columns, Column{Title: "amount $", Align: Decimal})
	if !options.Explain {
		t.Columns = append(t.Columns, Column{Title: "= quantity × rate", Drop: 5, MinWidth: 110})
	}
	places := placesFor(amountsOf(e.Bill.Lines))
	sums := func(name string, list, charged decimal.Decimal) []string {
		cells := []string{name, "", "", ""}
		if agreed {
			cells = append(cells, fixed(list, places))
		}
		return append(cells, fixed(charged, places))
	}
	for _, group := range pricing.Groups() {
		rows := lineRows(e.Bill, group, places, options.Explain)
		if len(rows) == 0 {
			continue
		}
		t.Rows = append(t.Rows, Row{Kind: Group, Cells: sums(group.String(), e.Bill.ListSum(group), e.Bill.Sum(group))})
		t.Rows = append(t.Rows, rows...)
	}
	t.Rows = append(t.Rows, Row{Kind: Total, Cells: sums("total", e.Bill.ListTotal(), e.Bill.Total())})
	if count, noun := e.Scenario.PerUnit(); count.GreaterThan(decimal.NewFromInt(1)) {
		t.Rows = append(t.Rows, Row{Kind: Footnote, Cells: []string{
			unitPrice(e.PerUnit, noun) + ", " + figures.Grouped(count) + " " + noun + "s",
		}})
	}
	return t
}

func amountsOf(lines []pricing.Line) []decimal.Decimal {
	amounts := make([]decimal.Decimal, len(lines))
	for i, line := range lines {
		amounts[i] = line.Amount
	}
	return amounts
}

func lineRows(bill pricing.Bill, group pricing.Component, places int32, explain bool) []Row {
	var rows []Row
	agreed := bill.Negotiated()
	for _, line := range bill.Lines {
		if !line.Component.Within(group) {
			continue
		}
		cells := []string{"  " + line.Component.Label(), upTo(line.Quantity, 4), line.Of.Unit(), rateText(line)}
		if agreed {
			cells = append(cells, fixed(line.ListAmount, places))
		}
		rows = append(rows, Row{Cells: append(cells, fixed(line.Amount, places), line.Formula())})
		if explain {
			rows = append(rows, Row{Kind: Footnote, Cells: []string{line.Formula() + " = $" + figures.Grouped(line.Amount)}})
		}
	}
	return rows
}

// rateText is the rate as published, with what it is per where that is not the unit beside it.
func rateText(line pricing.Line) string {
	return line.EffectiveRate().String() + perSuffix(line.Rate.Per)
}

func perSuffix(per pricing.Per) string {
	switch per {
	case pricing.PerGBMonth:
		return "/720"
	case pricing.PerHour:
		return "/3600"
	default:
		return ""
	}
}

// ratesSentence says where the rates come from and how old they are.
func ratesSentence(card pricing.RateCard) string {
	if card.Name == "inline" {
		return "Rates: " + strings.Join(rateSources(card), "; ") + "." + discountSentence(card)
	}
	return fmt.Sprintf("Rates: card %s of %s, read on %s.%s", card.Name, card.Region, card.ReadOn(), discountSentence(card))
}

// rateSources lists where a card's figures come from, each source once, with its date where that is known.
func rateSources(card pricing.RateCard) []string {
	var sources []string
	for _, q := range pricing.BilledQuantities() {
		rate := card.Rate(q)
		source := rate.Source
		if !rate.ReadOn.IsZero() {
			source += ", read on " + rate.ReadOn.String()
		}
		if rate.Known() && !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	return sources
}

func discountSentence(card pricing.RateCard) string {
	if card.Discounts.IsZero() {
		return ""
	}
	if _, flat := card.Discounts.Flat(); flat {
		return fmt.Sprintf(" All are after a discount of %s.", card.Discounts)
	}
	return fmt.Sprintf(" They are after discounts: %s.", card.Discounts)
}

func plainNotes(texts []string) []Note {
	list := make([]Note, len(texts))
	for i, text := range texts {
		list[i] = Note{Text: text}
	}
	return list
}

func notes(from []pricing.Note, warn bool) []Note {
	list := make([]Note, len(from))
	for i, n := range from {
		list[i] = Note{Tag: n.ID, Text: n.Text, Warn: warn}
	}
	return list
}

func notesJSON(from []pricing.Note) []noteJSON {
	list := make([]noteJSON, len(from))
	for i, n := range from {
		list[i] = noteJSON(n)
	}
	return list
}

func newEstimateJSON(e *scenarios.Estimate) estimateJSON {
	s := e.Scenario
	out := estimateJSON{
		Schema: "microspend.estimate/v1", Name: s.Name, Title: s.Title, Region: s.Region, Currency: "USD",
		MicroVM: microvmJSON{s.Size.GB().String(), s.Size.VCPU().String()},
		Rates:   newRatesJSON(e.Bill.Card), Lines: linesJSON(e.Bill.Lines),
		Total: e.Bill.Total().String(), Basis: s.Basis,
		Assumptions: notesJSON(e.Assumptions), Warnings: notesJSON(e.Warnings),
		Alternatives: alternativesJSON(e, e.Comparisons), Documented: checksJSON(e.Documented),
	}
	if e.Bill.Negotiated() {
		out.ListTotal = e.Bill.ListTotal().String()
	}
	out.Groups, out.PerUser, out.PerJob = groupSums(e.Bill), perUser(e), perJob(e)
	if e.Low != nil {
		out.Low = &lowJSON{
			linesJSON(e.Low.Bill.Lines), groupSums(e.Low.Bill), e.Low.Bill.Total().String(), perUser(e.Low), perJob(e.Low),
		}
	}
	return out
}

func groupSums(bill pricing.Bill) map[string]string {
	sums := map[string]string{}
	for _, group := range pricing.Groups() {
		sums[group.String()] = bill.Sum(group).String()
	}
	return sums
}

// perUser and perJob are what one of them costs, "" where the workload is counted in the other.
func perUser(e *scenarios.Estimate) string {
	if e.Scenario.Jobs.IsPositive() {
		return ""
	}
	return e.PerUnit.String()
}

func perJob(e *scenarios.Estimate) string {
	if e.Scenario.Jobs.IsZero() {
		return ""
	}
	return e.PerUnit.String()
}

func newRatesJSON(card pricing.RateCard) ratesJSON {
	out := ratesJSON{Card: card.Name, Sources: map[string]string{}}
	if readOn := ratesReadOn(card); !readOn.IsZero() {
		text := readOn.String()
		out.ReadOn = &text
	}
	if _, flat := card.Discounts.Flat(); flat {
		out.Discount = card.Discounts.String()
	} else {
		out.Discounts = map[string]string{}
		for _, q := range pricing.BilledQuantities() {
			out.Discounts[q.String()] = card.Discounts[q].Shift(2).String() + "%"
		}
	}
	fields := map[pricing.RateKey]*string{
		"vcpu_second": &out.VCPUSecond, "vcpu_hour": &out.VCPUHour,
		"gb_second": &out.GBSecond, "gb_hour": &out.GBHour,
		"snapshot_read_gb": &out.SnapshotReadGB, "snapshot_write_gb": &out.SnapshotWriteGB,
		"storage_gb_hour": &out.StorageGBHour, "storage_gb_month": &out.StorageGBMonth,
	}
	for _, q := range pricing.BilledQuantities() {
		if key, known := card.Key(q); known {
			*fields[key] = card.Rate(q).Figure.String()
			out.Sources[string(key)] = card.Rate(q).Source
		}
	}
	return out
}

// ratesReadOn is the day of the card's oldest figure, or of the inline figures where the card gives none.
func ratesReadOn(card pricing.RateCard) pricing.Date {
	if readOn := card.ReadOn(); !readOn.IsZero() {
		return readOn
	}
	for _, q := range pricing.BilledQuantities() {
		if rate := card.Rate(q); rate.Known() {
			return rate.ReadOn
		}
	}
	return pricing.Date{}
}

func linesJSON(lines []pricing.Line) []lineJSON {
	list := make([]lineJSON, len(lines))
	for i, line := range lines {
		list[i] = lineJSON{
			Component: line.Component.String(), Quantity: line.Quantity.String(), Unit: line.Of.Unit(),
			Rate: line.EffectiveRate().String(), Amount: line.Amount.String(), Formula: line.Formula(),
		}
		if line.Rate.Per != pricing.PerUnit {
			list[i].RateUnits = fmt.Sprint(int64(line.Rate.Per))
		}
		if line.Negotiated() {
			list[i].ListRate, list[i].ListAmount = line.ListRate.Figure.String(), line.ListAmount.String()
			if line.ListRate.Per != line.Rate.Per {
				list[i].ListRateUnits = fmt.Sprint(int64(line.ListRate.Per))
			}
		}
	}
	return list
}

var estimateColumns = []string{
	"name", "region", "component", "quantity", "unit", "rate", "rate_units", "amount", "formula", "low_amount",
}

// estimateCSV has a row for each line of the bill. The low amount is that of the cheaper ends of ranges, and the same as
// the amount where there are none. Where something else than list was agreed, the list amount is one more column.
func estimateCSV(e *scenarios.Estimate) [][]string {
	rows := [][]string{slices.Clone(estimateColumns)}
	agreed := e.Bill.Negotiated()
	if agreed {
		rows[0] = append(rows[0], "list_amount")
	}
	for i, line := range linesJSON(e.Bill.Lines) {
		low := line.Amount
		if e.Low != nil {
			low = e.Low.Bill.Sum(e.Bill.Lines[i].Component).String()
		}
		row := []string{
			e.Scenario.Name, e.Scenario.Region, line.Component, line.Quantity, line.Unit, line.Rate, orOne(line.RateUnits),
			line.Amount, line.Formula, low,
		}
		if agreed {
			row = append(row, e.Bill.Lines[i].ListAmount.String())
		}
		rows = append(rows, row)
	}
	return rows
}

func orOne(units string) string {
	if units == "" {
		return "1"
	}
	return units
}
