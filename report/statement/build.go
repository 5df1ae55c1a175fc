package statement

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/tenants"
)

// Request says what a statement is about.
type Request struct {
	From, To time.Time
	Location *time.Location // nil means the source's
	Now      time.Time      // decides what is a forecast and what is known; must be given

	// Tenants chooses tenants, or labels such as (unallocated). Empty chooses everything.
	Tenants []tenants.Pattern

	// Detailed is for how many of the largest tenants images and MicroVMs are listed; 0 stands for all. There may be a
	// hundred times as many MicroVMs as tenants.
	Detailed int
	// Listed is how many images and MicroVMs are listed for each; 0 stands for 5.
	Listed int
	// Apart fills the parts of each tenant's days, which [Statement.For] needs. It makes five times as many figures.
	Apart bool

	Budgets     budget.Set
	AnomalyRule anomaly.Rule

	// Advice is what advice is worked out from, besides the source; nil for a statement without.
	Advice *advise.Inputs
}

const listedByDefault = 5

// Build makes a statement. Errors are those of [spend.Source.Report], [budget.Evaluate] and [anomaly.Find].
func Build(ctx context.Context, source spend.Source, request Request) (Statement, error) {
	if request.Location == nil {
		request.Location = cmp.Or(source.Location, time.UTC)
	}
	source.Location = request.Location // budgets and days that stand out are cut like everything else
	request.Listed = cmp.Or(request.Listed, listedByDefault)
	b := &builder{ctx: ctx, source: source, request: request}
	for _, step := range []func() error{
		b.tenants, b.groups, b.days, b.tenantDays, b.lines, b.details, b.budgets, b.anomalies, b.advice,
	} {
		if err := step(); err != nil {
			return Statement{}, err
		}
	}
	b.out.annotate()
	return b.out, nil
}

// builder asks for one report after the other and puts their rows into their places.
type builder struct {
	ctx     context.Context
	source  spend.Source
	request Request
	out     Statement

	at    map[owner]int  // places of tenants
	dayAt map[string]int // places of days
}

// owner tells a tenant from a label that happens to be the same text.
type owner struct {
	kind spend.Kind
	name string
}

func (b *builder) report(request spend.Request, by ...spend.Dimension) (spend.Spend, error) {
	request.From, request.To, request.Location, request.By = b.request.From, b.request.To, b.request.Location, by
	if request.Filter.Tenants == nil {
		request.Filter.Tenants = b.request.Tenants
	}
	return b.source.Report(b.ctx, request)
}

// tenants fills in who spent what, and the total.
func (b *builder) tenants() error {
	s, err := b.report(spend.Request{Previous: true, Counts: true, Restated: true, Sort: spend.SortAmount}, spend.ByTenant)
	if err != nil {
		return err
	}
	b.out = Statement{Spend: s, Now: b.request.Now, Whole: len(b.request.Tenants) == 0}
	if !b.out.Whole {
		b.out.SharedOut = nil
	}
	b.at = make(map[owner]int, len(s.Rows))
	for _, row := range s.Rows {
		b.at[owner{row.Kind, row.Tenant}] = len(b.out.Tenants)
		b.out.Tenants = append(b.out.Tenants, Tenant{
			Row: row, Detailed: b.request.Detailed == 0 || len(b.out.Tenants) < b.request.Detailed,
		})
	}
	return nil
}

// groups fills in what each group of tenants spent.
func (b *builder) groups() error {
	if !b.out.Whole || len(b.source.Tenants.Groups) == 0 {
		return nil
	}
	s, err := b.report(spend.Request{Previous: true, Counts: true, Sort: spend.SortAmount}, spend.ByGroup)
	b.out.Groups = &s
	return err
}

// tenant is the tenant of a row; nil for one that a report by tenant alone does not have, which cannot be.
func (b *builder) tenant(key spend.Key) *Tenant {
	if i, ok := b.at[owner{key.Kind, key.Tenant}]; ok {
		return &b.out.Tenants[i]
	}
	return nil
}

// days fills in each day of the period, and which of them the ledger knows anything about.
func (b *builder) days() error {
	known, err := b.source.History(b.ctx, civil.Between(b.out.From, b.out.To), b.out.Location)
	if err != nil {
		return err
	}
	b.dayAt = map[string]int{}
	rest := known.Rest()
	first, last := civil.Between(b.out.From, b.out.To).Days(b.out.Location)
	for d := first; d <= last; d++ {
		b.dayAt[d.String()] = len(b.out.Days)
		b.out.Days = append(b.out.Days, Day{Day: d.String(), Recorded: known.Covered[d], Rest: rest[d.Weekday()]})
	}
	whole, err := b.report(spend.Request{}, spend.ByDay)
	if err != nil {
		return err
	}
	for _, row := range whole.Rows {
		b.day(b.out.Days, row)
	}
	parts, err := b.report(spend.Request{}, spend.ByDay, spend.ByComponent)
	if err != nil {
		return err
	}
	for _, row := range parts.Rows {
		b.part(b.out.Days, row)
	}
	return nil
}

func (b *builder) day(days []Day, row spend.Row) {
	if i, ok := b.dayAt[row.Day]; ok {
		days[i].Figure, days[i].Shared, days[i].Sum = figureOf(&row), row.Shared, row.Sum
	}
}

func (b *builder) part(days []Day, row spend.Row) {
	i, dayKnown := b.dayAt[row.Day]
	q, componentKnown := row.Quantity()
	if dayKnown && componentKnown {
		days[i].Parts[q] = figureOf(&row)
	}
}

// tenantDays fills in the days of each tenant.
func (b *builder) tenantDays() error {
	for i := range b.out.Tenants {
		days := make([]Day, len(b.out.Days))
		for n, day := range b.out.Days {
			days[n] = Day{Day: day.Day, Recorded: day.Recorded, Rest: day.Rest}
		}
		b.out.Tenants[i].Days = days
	}
	s, err := b.report(spend.Request{}, spend.ByTenant, spend.ByDay)
	if err != nil {
		return err
	}
	for _, row := range s.Rows {
		if t := b.tenant(row.Key); t != nil {
			b.day(t.Days, row)
		}
	}
	if !b.request.Apart {
		return nil
	}
	if s, err = b.report(spend.Request{}, spend.ByTenant, spend.ByDay, spend.ByComponent); err != nil {
		return err
	}
	for _, row := range s.Rows {
		if t := b.tenant(row.Key); t != nil {
			b.part(t.Days, row)
		}
	}
	return nil
}

// lines fills in quantities and rates, of everything and of each tenant.
func (b *builder) lines() error {
	all, err := b.report(spend.Request{Rated: true}, spend.ByRegion, spend.ByComponent)
	if err != nil {
		return err
	}
	for _, row := range all.Rows {
		b.out.Lines = line(b.out.Lines, row)
	}
	each, err := b.report(spend.Request{Rated: true}, spend.ByTenant, spend.ByRegion, spend.ByComponent)
	if err != nil {
		return err
	}
	for _, row := range each.Rows {
		if t := b.tenant(row.Key); t != nil {
			t.Lines = line(t.Lines, row)
		}
	}
	b.out.Rates = ratesOf(all.Rows)
	return nil
}

func line(lines []Line, row spend.Row) []Line {
	q, ok := row.Quantity()
	if !ok {
		return lines // a tenant without usage
	}
	return append(lines, Line{
		Region: row.Region, Quantity: q, Arch: q.On(row.Card.Arch()).Arch, Used: spend.Quantities(&row.Sum)[q],
		Rate: row.Card.Rate(q), Discount: row.Card.Discounts[q],
		Figure: figureOf(&row), Shared: row.Shared,
	})
}

// ratesOf are the cards that rows by region and rate card were priced at, region by region and in the order in which
// they held.
func ratesOf(rows []spend.Row) []RegionRates {
	var rates []RegionRates
	for _, row := range rows {
		known := func(r RegionRates) bool { return r.Region == row.Region && r.Card.SamePrices(*row.Card) }
		if row.Card != nil && !slices.ContainsFunc(rates, known) {
			rates = append(rates, RegionRates{Region: row.Region, NoCard: row.Card.Name == "", Card: row.Card.For("")})
		}
	}
	slices.SortStableFunc(rates, func(x, y RegionRates) int {
		return cmp.Or(cmp.Compare(x.Region, y.Region), x.Card.From.Start().Compare(y.Card.From.Start()))
	})
	return rates
}

// details lists images and MicroVMs.
func (b *builder) details() error {
	request := spend.Request{Sort: spend.SortAmount, Counts: true}
	if b.request.Detailed > 0 && b.request.Detailed < len(b.out.Tenants) {
		for _, t := range b.out.Tenants[:b.request.Detailed] {
			request.Filter.Tenants = append(request.Filter.Tenants, tenants.Exactly(t.Name(spend.ByTenant)))
		}
	}
	images, err := b.report(request, spend.ByTenant, spend.ByImage)
	if err != nil {
		return err
	}
	for _, row := range images.Rows {
		if t := b.tenant(row.Key); t != nil && t.Detailed && !row.Sum.Empty() {
			t.Images = b.listed(t.Images, &t.OtherImages, row)
		}
	}
	request.Counts = false // which images have a column of, and reading every record for takes as long as two sums
	microVMs, err := b.report(request, spend.ByTenant, spend.ByMicroVM)
	if err != nil {
		return err
	}
	for _, row := range microVMs.Rows {
		if t := b.tenant(row.Key); t != nil && t.Detailed && !row.Sum.Empty() {
			t.MicroVMs = b.listed(t.MicroVMs, &t.OtherMicroVMs, row)
		}
	}
	return nil
}

// listed appends to a list that is not yet full, and otherwise adds to what stands behind it. Shares of shared cost
// belong to no image or MicroVM of the tenant's.
func (b *builder) listed(list []spend.Row, rest *Rest, row spend.Row) []spend.Row {
	row.Amount = row.Amount.Sub(row.Shared)
	if len(list) < b.request.Listed {
		return append(list, row)
	}
	rest.Count++
	rest.Figure = rest.plus(figureOf(&row))
	return list
}

// budgets fills in how budgets stood when the period ended, or stand now where it has not.
func (b *builder) budgets() error {
	moment := b.request.Now
	over := !moment.Before(b.out.To)
	if over {
		moment = b.out.To.Add(-1)
	}
	budgets := b.request.Budgets
	named := map[string]*Tenant{}
	if b.request.Apart || !b.out.Whole {
		for i := range b.out.Tenants {
			if t := &b.out.Tenants[i]; t.Kind == spend.KindTenant {
				named[t.Name(spend.ByTenant)] = t
			}
		}
		budgets.Others = append(budgets.Others, slices.Sorted(maps.Keys(named))...)
	}
	status, err := budget.Evaluate(b.ctx, b.source, budgets, moment)
	if err != nil {
		return err
	}
	b.out.AsOf = status.AsOf
	for _, line := range status.Lines {
		if line.Scope != budget.Tenant || line.Period != budget.Month {
			continue
		}
		if t := named[line.Name]; t != nil {
			t.Outlook = &line
		}
	}
	status.Lines = slices.DeleteFunc(status.Lines, func(line budget.Line) bool {
		return (line.Budget == nil && line.Scope != budget.Everything) ||
			(!b.out.Whole && (line.Scope != budget.Tenant || !matches(b.request.Tenants, line.Name)))
	})
	b.out.Budgets = Budgets{status, !b.request.Now.Before(status.To)}
	return nil
}

func matches(patterns []tenants.Pattern, name string) bool {
	return slices.ContainsFunc(patterns, func(p tenants.Pattern) bool { return p.Match(name) })
}

func (b *builder) anomalies() error {
	found, err := anomaly.Find(b.ctx, b.source, b.request.AnomalyRule, anomaly.Request{
		From: b.out.From, To: b.out.To, Now: b.request.Now, Filter: spend.Filter{Tenants: b.request.Tenants},
	})
	b.out.Anomalies = found.Anomalies
	return err
}
