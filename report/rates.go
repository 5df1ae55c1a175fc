package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"microspend/pricing"
	"microspend/pricing/pricelist"
	"microspend/view"
)

// ratesObject has a card's rates in the documents that are priced at it, each under the key that says what it is per.
// A rate that is not known has no key. The discount is one figure where it is the same for all, or else by billed
// quantity.
func ratesObject(card pricing.RateCard) view.Object {
	o := view.Object{{ID: "card", Value: card.Name}, {ID: "read_on", Value: view.Value{}}}
	if readOn := ratesReadOn(card); !readOn.IsZero() {
		o[1].Value = readOn.String()
	}
	sources, discounts := map[string]string{}, map[string]string{}
	for _, q := range pricing.BilledQuantities() {
		discounts[q.String()] = discountText(card, q)
		if key, known := card.Key(q); known {
			o = append(o, view.Field{ID: string(key), Value: card.Rate(q).Figure})
			sources[string(key)] = card.Rate(q).Source
		}
	}
	_, flat := card.Discounts.Flat()
	o = o.With(flat, "discount", view.Text(card.Discounts.String()).OmitEmpty()).With(!flat, "discounts", discounts)
	return append(o, view.Field{ID: "sources", Value: sources})
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

func discountText(card pricing.RateCard, q pricing.BilledQuantity) string {
	return card.Discounts[q].Shift(2).String() + "%"
}

// ratesSentence says where the rates come from and how old they are.
func ratesSentence(card pricing.RateCard) string {
	from := strings.Join(rateSources(card), "; ")
	if card.Name != "inline" {
		name := "card " + card.Name
		if rest, listed := strings.CutPrefix(card.Name, pricing.ListCard); listed {
			name = "AWS's list prices" + rest // such as " with inline figures"
		}
		from = fmt.Sprintf("%s in %s, read on %s%s", name, card.Region, card.ReadOn(), givenRates(card))
	}
	return "Rates: " + from + "." + discountSentence(card)
}

// givenRates names the rates of a card that are given beside it, with where they are.
func givenRates(card pricing.RateCard) (text string) {
	names := map[string][]string{}
	var where []string
	for _, q := range pricing.BilledQuantities() {
		if rate := card.Rate(q); rate.Inline && strings.HasPrefix(rate.Source, "given ") {
			if names[rate.Source] == nil {
				where = append(where, rate.Source)
			}
			names[rate.Source] = append(names[rate.Source], q.Name())
		}
	}
	for _, source := range where {
		text += "; " + strings.Join(names[source], ", ") + " " + source
	}
	return text
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

// CardRate is one rate of a card.
type CardRate struct {
	Card *pricing.RateCard // for the architecture of the rate
	Of   pricing.BilledQuantity
}

// Rated is what the rate is of.
func (r CardRate) Rated() pricing.Rated { return r.Of.On(r.Card.Arch()) }

// RatesOf are the rates of cards, each in the order of a bill, with those on other architectures than ARM64 that a card
// speaks of.
func RatesOf(cards ...pricing.RateCard) []CardRate {
	var rates []CardRate
	for _, card := range cards {
		for _, rated := range pricing.AllRated() {
			if !rated.Optional() || card.RateOf(rated).Source != "" {
				rates = append(rates, CardRate{new(card.For(rated.Arch)), rated.Quantity})
			}
		}
	}
	return rates
}

// rateColumns have AWS's public rate, the discount and the figure after it where something else was agreed.
func rateColumns(agreed bool) []view.Column[CardRate] {
	type rate = CardRate
	text := func(of func(rate) string) func(rate) view.Value {
		return func(r rate) view.Value { return view.Text(of(r)) }
	}
	unit := func(r rate) string {
		if known := r.Card.Rate(r.Of); known.Known() {
			return r.Of.PublishedUnit(known.Per)
		}
		return r.Of.Unit()
	}
	ifAgreed := func(of func(rate) view.Value) func(rate) view.Value {
		return func(r rate) view.Value {
			if !r.Card.Negotiated() || !r.Card.Rate(r.Of).Known() {
				return view.Value{}.OmitIf(true)
			}
			return of(r)
		}
	}
	list := func(r rate) pricing.Rate { return r.Card.ListRate(r.Of) }
	listUnit := func(r rate) view.Value { return view.Text(r.Of.PublishedUnit(list(r).Per)) }
	discount := func(r rate) view.Value { return view.Text(discountText(*r.Card, r.Of)) }
	people, agreedData := view.When(agreed, view.People), view.JSONOnly|view.When(agreed, view.CSVOnly)
	return []view.Column[rate]{
		{ID: "region", Scope: view.CSVOnly, Value: text(func(r rate) string { return r.Card.Region })},
		{ID: "quantity", Title: "rate", Value: func(r rate) view.Value {
			return view.Text(r.Rated().String()).Shown(r.Rated().Name())
		}},
		{Title: "list", Unit: "$", Scope: people, Value: ifAgreed(func(r rate) view.Value {
			figure := view.Exact(list(r).Figure)
			if other := r.Of.PublishedUnit(list(r).Per); other != unit(r) {
				return figure.Marked(" per " + other)
			}
			return figure
		})},
		{Title: "discount", Align: view.Right, Scope: people, Value: ifAgreed(discount)},
		{ID: "key", Value: func(r rate) view.Value {
			return view.Text(r.Rated().RateKey(r.Card.Rate(r.Of).Per))
		}},
		{ID: "figure", Unit: "$", Value: func(r rate) view.Value {
			if !r.Card.Rate(r.Of).Known() {
				return view.Unknown()
			}
			return view.Exact(r.Card.Rate(r.Of).Figure).Shown(r.Card.Charged(r.Of).Figure.String())
		}},
		{ID: "unit", Title: "per", Value: text(unit)},
		{ID: "source", Value: text(func(r rate) string { return r.Card.Rate(r.Of).Source })},
		{ID: "read_on", Title: "read on", Drop: 1, Value: text(func(r rate) string {
			return r.Card.Rate(r.Of).ReadOn.String()
		})},
		{ID: "list_figure", Scope: agreedData, Value: ifAgreed(func(r rate) view.Value {
			return view.Exact(list(r).Figure)
		})},
		{ID: "list_unit", Scope: agreedData, Value: ifAgreed(listUnit)},
		{ID: "discount", Scope: agreedData, Value: ifAgreed(discount)},
		{ID: "effective_figure", Scope: agreedData, Value: ifAgreed(func(r rate) view.Value {
			return view.Exact(r.Card.Charged(r.Of).Figure)
		})},
	}
}

// cardObject is the document microspend.rates/v1: the card that holds now, and all of the series beside it.
func cardObject(series pricing.Series, now time.Time) view.Object {
	card := series.On(pricing.DateOf(now))
	var dated []view.Object
	for _, each := range series {
		dated = append(dated, view.Object{
			{ID: "from", Value: fromValue(each)},
			{ID: "rates", Value: view.Records{Table: view.NewTable(rateColumns(each.Negotiated()), RatesOf(each), nil)}},
		})
	}
	days, stale := card.Stale(now)
	return view.Object{
		{ID: "schema", Value: "microspend.rates/v1"},
		{ID: "card", Value: card.Name},
		{ID: "region", Value: card.Region},
		{ID: "location", Value: view.Text(card.Location).OmitEmpty()},
		{ID: "opened", Value: view.Text(card.Opened.String()).OmitEmpty()},
		{ID: "currency", Value: "USD"},
		{ID: "rates", Value: view.Records{Table: view.NewTable(rateColumns(card.Negotiated()), RatesOf(card), nil)}},
		{ID: "age_days", Value: days},
		{ID: "stale", Value: stale},
		{ID: "from", Value: fromValue(card)},
		{ID: "series", Value: dated},
	}
}

// fromValue is the first day on which a card holds, null where it always does.
func fromValue(card pricing.RateCard) view.Value {
	if card.From.IsZero() {
		return view.Value{}
	}
	return view.Date(card.From.String())
}

// Card makes the document of one region's rates.
func Card(series pricing.Series, now time.Time) view.Document {
	card := series.On(pricing.DateOf(now))
	days, stale := card.Stale(now)
	age := view.Note{Warn: stale, Text: fmt.Sprintf("The oldest figure was read %d days ago.", days)}
	if stale {
		age.Text = fmt.Sprintf(
			"The oldest figure was read %d days ago, more than %d: check the card against AWS's Price List.",
			days, pricing.StaleAfterDays)
	}
	d := view.Document{
		Title: fmt.Sprintf("%s, %s", card.Region, card.Location),
		JSON:  cardObject(series, now),
		Sections: []view.Section{
			{Table: view.NewTable(rateColumns(card.Negotiated()), RatesOf(card), func(r CardRate) view.Look {
				rate := r.Card.Rate(r.Of)
				return view.Look{Warn: !rate.Known(), Notes: []string{rate.Source}}
			})},
			{Notes: []view.Note{age}},
		},
	}
	if !card.Opened.IsZero() {
		d.Subtitle = "MicroVMs since " + card.Opened.String()
	}
	if len(series.Changes()) > 0 {
		d.Add(view.Section{Table: view.NewTable(seriesColumns(series), series, nil)})
		d.Add(view.Section{Notes: plainNotes("A day is priced by the last of these that holds on it, and one before the " +
			"first by the first. The table above holds today.")})
	}
	return d
}

// seriesColumns are for people, who see from when which rate is charged; list prices and sources are with each card.
func seriesColumns(series pricing.Series) []view.Column[pricing.RateCard] {
	columns := []view.Column[pricing.RateCard]{{Title: "from", Value: func(c pricing.RateCard) view.Value {
		return fromValue(c).Or("always", !c.From.IsZero())
	}}}
	columns = append(columns, rateFigureColumns...)
	if slices.ContainsFunc(series, func(c pricing.RateCard) bool { return !c.Discounts.IsZero() }) {
		columns = append(columns, view.Column[pricing.RateCard]{
			Title: "discount", Value: func(c pricing.RateCard) view.Value { return view.Text(c.Discounts.String()) },
		})
	}
	return columns
}

// Cards makes the document of the rates of all regions, per the unit that is billed or as published. Its CSV is that of
// each card.
func Cards(all []pricing.Series, now time.Time) view.Document {
	list, cards := make([]view.Object, len(all)), make([]pricing.RateCard, len(all))
	var unknown, stale []string
	for i, series := range all {
		card := series.On(pricing.DateOf(now))
		list[i], cards[i] = cardObject(series, now), card
		lacks := func(arch pricing.Arch) bool { return len(card.For(arch).Unknown()) > 0 }
		if slices.ContainsFunc(pricing.Archs(), lacks) {
			unknown = append(unknown, card.Region)
		}
		if days, old := card.Stale(now); old {
			stale = append(stale, fmt.Sprintf("%s (%d days)", card.Region, days))
		}
	}
	notes := plainNotes("Stored is per GB-hour. Figures marked /h are published per hour and billed per second. " +
		"Run microspend rates show REGION for sources.")
	if len(unknown) > 0 {
		text := "? is unknown; whatever needs such a rate fails: " + strings.Join(unknown, ", ") + "."
		notes = append(notes, view.Note{Text: text})
	}
	if len(stale) > 0 {
		notes = append(notes, view.Note{Warn: true, Text: fmt.Sprintf("read more than %d days ago: %s.",
			pricing.StaleAfterDays, strings.Join(stale, ", "))})
	}
	table := view.NewTable(cardColumns, cards, nil)
	table.Tight = true
	d := view.Document{
		JSON: list, Data: view.NewTable(rateColumns(false), RatesOf(cards...), nil),
		Sections: []view.Section{{Table: table}},
	}
	for _, arch := range pricing.Archs()[1:] {
		table := view.NewTable(computeColumns(arch), cards, nil)
		table.Tight = true
		d.Add(view.Section{Heading: "Compute on " + arch.Name(), Table: table})
	}
	d.Add(view.Section{Notes: notes})
	return d
}

// computeColumns are the rates of what is billed by the architecture, on one. In the table of all rates there is no
// room for them.
func computeColumns(arch pricing.Arch) []view.Column[pricing.RateCard] {
	columns := []view.Column[pricing.RateCard]{cardColumns[0]}
	for _, column := range rateFigureColumns[:2] {
		of := column.Value
		column.Value = func(card pricing.RateCard) view.Value { return of(card.For(arch)) }
		columns = append(columns, column)
	}
	return columns
}

// cardColumns are for people: programs get each rate by itself.
var cardColumns = slices.Concat([]view.Column[pricing.RateCard]{
	{Title: "region", Value: func(c pricing.RateCard) view.Value { return view.Text(c.Region) }},
}, rateFigureColumns, []view.Column[pricing.RateCard]{
	{Title: "read on", Drop: 5, Value: func(c pricing.RateCard) view.Value { return view.Text(c.ReadOn().String()) }},
	{Title: "where", MinWidth: 120, Value: func(c pricing.RateCard) view.Value { return view.Text(c.Location) }},
})

// rateFigureColumns are a card's rates as published.
var rateFigureColumns = []view.Column[pricing.RateCard]{
	{Title: "vCPU-s", Unit: "$", Value: briefRate(pricing.VCPU)},
	{Title: "GB-s", Unit: "$", Value: briefRate(pricing.Memory)},
	{Title: "read GB", Unit: "$", Drop: 2, Value: briefRate(pricing.SnapshotRead)},
	{Title: "write GB", Unit: "$", Drop: 3, Value: briefRate(pricing.SnapshotWrite)},
	{Title: "stored", Unit: "$", Drop: 4, Value: briefRate(pricing.SnapshotStorage)},
}

func briefRate(q pricing.BilledQuantity) func(pricing.RateCard) view.Value {
	return func(card pricing.RateCard) view.Value { return published(card.Rate(q)) }
}

// published is a rate as its source has it: for programs divided by how many units it pays for, as in "0.08 / 720".
func published(r pricing.Rate) view.Value {
	if !r.Known() {
		return view.Unknown().Shown("?")
	}
	figure := r.Figure.String()
	exact := view.Text(fmt.Sprintf("%s / %d", figure, r.Per))
	switch r.Per {
	case pricing.PerHour:
		return exact.Shown(figure + "/h")
	case pricing.PerGBMonth:
		return exact.Shown(figure + "/month")
	default:
		return view.Text(figure)
	}
}

// Drift makes the document of how rate cards differ from a price list, and reports whether any does.
func Drift(changes []pricelist.Change) (d view.Document, drifted bool) {
	var rows []cardDrift
	same := []string{}
	for _, change := range changes {
		if len(change.Drift) == 0 {
			same = append(same, change.Next.Region)
		}
		for _, drift := range change.Drift {
			rows = append(rows, cardDrift{drift, change.Next.Region})
		}
	}
	table := view.NewTable(driftColumns, rows, func(cardDrift) view.Look { return view.Look{Warn: true} })
	d.Data = table
	d.JSON = view.Object{
		{ID: "schema", Value: "microspend.rates-check/v1"},
		{ID: "drift", Value: view.Records{Table: table}},
		{ID: "same", Value: slices.Clone(same)},
	}
	if len(rows) > 0 {
		d.Add(view.Section{Table: table})
	}
	if len(same) > 0 {
		slices.Sort(same)
		d.Add(view.Section{Notes: plainNotes("No difference: " + strings.Join(same, ", ") + ".")})
	}
	return d, len(rows) > 0
}

type cardDrift struct {
	pricelist.Drift
	region string
}

var driftColumns = []view.Column[cardDrift]{
	{ID: "region", Title: "region", Value: func(d cardDrift) view.Value { return view.Text(d.region) }},
	{ID: "quantity", Title: "rate", Value: func(d cardDrift) view.Value {
		return view.Text(d.Rated.String()).Shown(d.Rated.Name())
	}},
	{ID: "present", Title: "card", Unit: "$", Value: func(d cardDrift) view.Value { return published(d.Old) }},
	{ID: "listed", Title: "price list", Unit: "$", Value: func(d cardDrift) view.Value { return published(d.New) }},
	{ID: "change_percent", Title: "change", Align: view.Decimal, Drop: 1, Value: func(d cardDrift) view.Value {
		percent, comparable := d.Old.ChangePercent(d.New)
		return view.SignedPercent(percent, 2).Or("", comparable)
	}},
}
