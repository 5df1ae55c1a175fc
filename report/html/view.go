package html

import (
	"html/template"
	"time"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/usage"
	"microspend/view"
)

// page is what the template writes: text that is already formatted, and nothing that has to be worked out. Text from
// outside went through [view.Visible]; the template escapes it.
type page struct {
	Security string // the Content-Security-Policy
	Title    string
	Name     string // of the one tenant that the page is about; "" for several
	Period   string
	Zone     string // where days are cut; "" for UTC
	Nav      []Link
	Sections []Link // of the page itself

	Sum, Change string
	Tiles       []tile
	Warnings    []string

	Wide, Narrow template.HTML // the chart, which package chart escapes
	Caption      string

	Tenants      template.HTML
	Groups       template.HTML
	Detailed     []detail
	Compact      []compact
	CompactWords string
	Alone        *detail // of the one tenant

	Budgets   *table
	Month     string // of the budgets
	Anomalies *table
	Advice    *adviceSection
	Days      template.HTML
	Lines     template.HTML
	Rates     template.HTML
	Notes     []pricing.Note
	Methods   []pricing.Note
	Made      string
}

// Link is an address and what it is called.
type Link struct {
	URL, Text string
	Current   bool // the page is that address
}

type tile struct{ Name, Figure, Words string }

func (r renderer) view() page {
	s := r.statement
	p := page{Nav: r.options.Nav, Period: civil.Between(s.From, s.To).Label(s.Location), Notes: s.Assumptions, Methods: s.Methods}
	p.Title = "What Lambda MicroVMs cost"
	switch {
	case r.alone():
		p.Name = view.Visible(s.Tenants[0].Name(spend.ByTenant))
		p.Title = p.Name
	case !s.Whole:
		p.Title = "What Lambda MicroVMs cost, chosen tenants"
	}
	if s.Location != time.UTC && s.Location.String() != "UTC" {
		p.Zone = s.Location.String()
	}
	total := totalOf(&s.Total)
	p.Sum = amount(total, r.cents.total)
	p.Change = r.change()
	p.Tiles = r.tiles()
	p.Warnings = r.warnings()
	p.Wide, p.Narrow, p.Caption = r.chart()
	p.Days = r.dayTable()
	if len(s.Lines) > 0 {
		p.Lines = lineTable(s.Lines, r.cents.lines, &total, "region", "component", "quantity", "unit", "rate", "amount")
	}
	p.Rates = r.rateTable()
	p.Budgets, p.Month = r.budgetTable(), s.Budgets.From.In(s.Location).Format("January 2006")
	p.Anomalies, p.Advice = r.anomalyTable(), r.advice()
	closed := ""
	if len(s.Restatements) == 0 { // where there are, the warnings say it
		for _, note := range report.RestatementNotes(s.Spend) {
			closed += " " + view.Visible(note.Text)
		}
	}
	p.Made = "Made on " + s.Now.In(s.Location).Format("2 January 2006, 15:04 MST") + " from the ledger" + r.asOf() +
		". AWS's public list prices in US dollars unless the rates say otherwise, without tax. " +
		"The figures are an account of usage, not AWS's bill." + closed
	if p.Name != "" {
		alone := r.detail(0)
		p.Alone = &alone
	} else {
		p.Tenants, p.Groups = r.tenantTable(), r.groupTable()
	}
	p.Sections = p.contents()
	return p
}

// alone reports whether the page is about one tenant.
func (r renderer) alone() bool { return len(r.statement.Tenants) == 1 && !r.statement.Whole }

func (r renderer) asOf() string {
	if r.statement.AsOf.IsZero() {
		return ""
	}
	until := r.statement.AsOf.Add(time.Second / 2).In(r.statement.Location)
	return ", which has data until " + until.Format("2 January 2006, 15:04 MST")
}

// contents are the links to the sections that the page has.
func (p page) contents() []Link {
	var links []Link
	add := func(when bool, id, text string) {
		if when {
			links = append(links, Link{URL: "#" + id, Text: text})
		}
	}
	add(true, "days", "Spend by day")
	add(p.Tenants != "", "tenants", "Tenants")
	add(p.Groups != "", "groups", "Groups of tenants")
	add(p.Budgets != nil, "budgets", "Budgets")
	add(true, "anomalies", "Days that stand out")
	add(p.Advice != nil, "advice", "What to change")
	add(p.Lines != "", "lines", "Quantities and rates")
	add(true, "calendar", "Day by day")
	add(true, "basis", "What it rests on")
	return links
}

// change says how the total moved, and what is compared.
func (r renderer) change() string {
	s := r.statement
	before := s.Total.Previous
	if before == nil {
		return ""
	}
	compared := " Compared: " + s.Compared.Sentence + "."
	was := fixed(before.Amount, 2)
	switch {
	case before.Change == nil:
		return "The change is not known: " + before.Reason + "." + compared
	case before.Change.IsZero():
		return "As much as before." + compared
	case before.New:
		return "Nothing was spent before." + compared
	}
	word, moved := "more", r.cents.total.Sub(before.Amount.RoundBank(2))
	if before.Change.IsNegative() {
		word = "less"
	}
	return "$" + fixed(moved.Abs(), 2) + " (" + fixed(before.Percent.Abs(), 1) + "\u00a0%) " + word + " than the $" + was +
		" before." + compared
}

func (r renderer) warnings() []string {
	var out []string
	for _, unknown := range r.statement.Total.Unknown {
		text := unknown.String()
		out = append(out, view.Visible(upper(text))+".")
	}
	for _, file := range r.statement.Damaged {
		out = append(out, view.Visible(file.Path+" is damaged and left out: "+file.Reason)+".")
	}
	if len(r.statement.Restatements) > 0 {
		for _, note := range append(report.RestatementNotes(r.statement.Spend), report.CauseNotes(r.statement.Spend)...) {
			out = append(out, view.Visible(note.Text))
		}
	}
	missing := 0
	for _, day := range r.statement.Days {
		if !day.Recorded && !day.Rest && r.past(day.Day) {
			missing++
		}
	}
	if missing > 0 {
		out = append(out, "The ledger has nothing for "+figures.Count(missing, "day")+" of this period that "+
			isAre(missing)+" over. What was spent then is not known.")
	}
	return out
}

// past reports whether a day is over, as far as the data goes.
func (r renderer) past(day string) bool {
	s := r.statement
	until := s.AsOf
	if until.IsZero() {
		until = s.Now
	}
	return day < until.In(s.Location).Format(time.DateOnly)
}

// tiles are the figures beside the sum.
func (r renderer) tiles() []tile {
	s := r.statement
	var tiles []tile
	if line, ok := r.outlook(); ok {
		month := s.Budgets.From.In(s.Location).Format("January")
		switch {
		case line.Forecast != nil && !s.Budgets.Over:
			tiles = append(tiles, forecastTile(month, line))
		case line.Budget != nil:
			tiles = append(tiles, tile{
				"Budget for " + month, "$" + fixed(line.Budget.Amount, 2),
				view.Text(percentOf(line.Spent.Amount, line.Budget.Amount)).In(line.State).String() + " of it was spent",
			})
		}
	}
	if name, figure, words, ok := r.typicalDay(); ok {
		tiles = append(tiles, tile{name, figure, words})
	}
	if s.Whole {
		tiles = append(tiles, r.tenantsTile())
	} else if s.Total.Shared.IsPositive() {
		shared := inDollars(s.Total.Shared, s.Total.State())
		tiles = append(tiles, tile{"Of which shared cost", shared, "the share of what all use together"})
	}
	if s.Total.Known() && !s.Total.List.Equal(s.Total.Amount) {
		tiles = append(
			tiles,
			tile{"At list price", inDollars(s.Total.List, s.Total.State()), "what AWS's public rates come to"},
		)
	}
	if c := spend.Coverage(&s.Total.Sum); c != nil {
		words := "every measurement arrived"
		if !c.Equal(one) {
			words = "of the time was measured; the rest is not guessed at"
		}
		tiles = append(tiles, tile{"Coverage", coverageText(&s.Total.Sum), words})
	}
	if !s.Total.Sum.Amounts[usage.Running].IsZero() {
		sums := s.Total.Sum.Amounts
		tiles = append(tiles, tile{
			"Running time", hours(sums[usage.Running]) + " h",
			fixed(sums[usage.Launches].Decimal(), 0) + " launches, " + fixed(sums[usage.Resumes].Decimal(), 0) + " resumes",
		})
	}
	return append(tiles, r.unitTiles()...)
}

func forecastTile(month string, line budget.Line) tile {
	t := tile{
		Name: "Forecast for " + month, Words: "no budget is set",
		Figure: view.Text("$" + fixed(*line.Forecast, 2)).In(line.ForecastState()).String(),
	}
	if line.Budget != nil {
		t.Words = percentOf(*line.Forecast, line.Budget.Amount) + " of the $" + fixed(line.Budget.Amount, 2) + " budget"
	}
	if line.Low != nil && !line.Low.Equal(*line.High) {
		t.Words = "$" + fixed(*line.Low, 2) + " to $" + fixed(*line.High, 2) + "; " + t.Words
	}
	return t
}

// outlook is how the month stands of what the page is about: everything, or the one tenant.
func (r renderer) outlook() (budget.Line, bool) {
	s := r.statement
	if !s.Whole {
		if len(s.Tenants) == 1 && s.Tenants[0].Outlook != nil {
			return *s.Tenants[0].Outlook, true
		}
		return budget.Line{}, false
	}
	return s.Budgets.Total(), true
}

func (r renderer) tenantsTile() tile {
	s := r.statement
	tenants, spending, idle := 0, 0, 0
	top := zero
	for _, t := range s.Tenants {
		if t.Kind != spend.KindTenant {
			continue
		}
		tenants++
		if t.Amount.IsPositive() || !t.Complete() {
			spending++
			if spending <= 3 {
				top = top.Add(t.Amount)
			}
		} else {
			idle++
		}
	}
	words := ""
	if spending > 3 && s.Total.Amount.IsPositive() {
		words = "the largest three are " + percentOf(top, s.Total.Amount)
	}
	if idle > 0 {
		if words != "" {
			words += "; "
		}
		words += figures.Count(idle, "tenant") + " without spend"
	}
	return tile{"Tenants", fixed(decimalOf(tenants), 0), words}
}
