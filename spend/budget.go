package spend

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
)

// Budget is what may be spent in a calendar month.
type Budget struct {
	Monthly   decimal.Decimal // dollars, above zero
	Threshold decimal.Decimal // the part of it above which a check fails, as 0.8; zero stands for 1
}

// TenantBudget is the budget of one tenant.
type TenantBudget struct {
	Tenant string
	Budget
}

// Budgets are all budgets. The zero value is none.
type Budgets struct {
	Total   *Budget
	Tenants []TenantBudget
	Others  []string // tenants without a budget whose spend is forecast all the same
}

// Limit is the amount above which a check fails: the threshold's part of the budget, or all of it where none is set.
func (b Budget) Limit() decimal.Decimal {
	if b.Threshold.IsZero() {
		return b.Monthly
	}
	return b.Monthly.Mul(b.Threshold)
}

// Status says how a budget stands.
type Status uint8

// The statuses.
const (
	StatusOK      Status = iota // neither of the others
	StatusWarning               // spent above the threshold, or forecast to pass the budget by the end of the month
	StatusOver                  // spent more than the budget
	StatusUnknown               // would be ok, but there is no data, or some of the usage has no known rate
	StatusNone                  // there is no budget
)

// String is the word used in outputs.
func (s Status) String() string {
	return [...]string{"ok", "warning", "over", "unknown", "none"}[s]
}

// BudgetReport is how all budgets stand.
type BudgetReport struct {
	From, To time.Time // the calendar month that Now lies in
	Location *time.Location
	Now      time.Time
	// AsOf is the end of the latest period that the ledger has, at most Now: what is spent is known until then. It is zero
	// where the ledger has nothing in this month and the eight weeks before Now.
	AsOf    time.Time
	Lines   []BudgetLine // one for each tenant with a budget, in order of their names, then the others, and the total last
	Damaged []ledger.DamagedFile
}

// Exceeded lists the lines whose spend is above their threshold, for a check that fails.
func (r BudgetReport) Exceeded() []BudgetLine {
	var out []BudgetLine
	for _, line := range r.Lines {
		if line.Exceeded {
			out = append(out, line)
		}
	}
	return out
}

// BudgetLine is how one budget stands.
type BudgetLine struct {
	Tenant string
	Total  bool    // the line is of everything together; Tenant is ""
	Budget *Budget // nil on the total where it has none, and for the others

	Spent Cost             // from the start of the month on
	Used  *decimal.Decimal // spent as a part of the budget, half-even at RatioPlaces; nil without a budget

	// Dollars an hour, half-even at AmountPlaces: over the last 24 hours of data, and since the start of the month. Nil where
	// there is no data, or none in this month.
	BurnDay, BurnMonth *decimal.Decimal

	Forecast *decimal.Decimal // at the end of the month; nil where Method is MethodNone
	Method   Method
	RunsOut  *time.Time // start of the day on which the budget is, or is forecast to be, used up; nil if not in this month

	Exceeded bool // spent is above the threshold
	Status   Status
}

// BudgetStatus works out how the source's budgets stand. The month is that of now in the source's location.
func (s Source) BudgetStatus(ctx context.Context, now time.Time) (BudgetReport, error) {
	loc := s.location(nil)
	first := civil.DayOf(now, loc).FirstOfMonth()
	month := civil.Between(first.Start(loc), first.AddMonths(1).Start(loc))
	out := BudgetReport{From: month.From, To: month.To, Location: loc, Now: now}

	history := civil.Between(min(first, civil.DayOf(now, loc)-historyDays).Start(loc), now)
	covered, err := s.daysWithData(ctx, history, loc)
	if err != nil {
		return out, err
	}
	if out.AsOf, err = s.asOf(ctx, covered, now, loc); err != nil {
		return out, err
	}
	book := budgetBook{source: s, ctx: ctx, now: now, asOf: out.AsOf, month: month}
	f := forecaster{loc: loc, month: month, asOf: out.AsOf, covered: covered}
	if err := book.read(history); err != nil {
		return out, err
	}
	out.Damaged = book.damaged
	budgets := slices.Clone(s.Budgets.Tenants)
	slices.SortFunc(budgets, func(a, b TenantBudget) int { return strings.Compare(a.Tenant, b.Tenant) })
	for _, b := range budgets {
		out.Lines = append(out.Lines, book.line(b.Tenant, &b.Budget, f))
	}
	for _, name := range s.Budgets.Others {
		if !slices.ContainsFunc(budgets, func(b TenantBudget) bool { return b.Tenant == name }) {
			out.Lines = append(out.Lines, book.line(name, nil, f))
		}
	}
	total := book.line("", s.Budgets.Total, f)
	total.Total = true
	out.Lines = append(out.Lines, total)
	return out, nil
}

// budgetBook is the spend that budgets are held against, by tenant; "" stands for everything.
type budgetBook struct {
	source Source
	ctx    context.Context
	now    time.Time
	asOf   time.Time
	month  civil.Span

	spent   map[string]Cost
	lastDay map[string]Cost
	daily   map[string]map[civil.Day]decimal.Decimal
	damaged []ledger.DamagedFile
	only    []Pattern // tenants that a report is narrowed to; none for all
}

func (b *budgetBook) read(history civil.Span) (err error) {
	b.spent, b.lastDay, b.daily = map[string]Cost{}, map[string]Cost{}, map[string]map[civil.Day]decimal.Decimal{}
	if b.asOf.IsZero() {
		return nil
	}
	add := func(into map[string]Cost) func(Row) {
		return func(row Row) {
			into[""] = into[""].plus(row.Cost)
			into[row.Tenant] = into[row.Tenant].plus(row.Cost)
		}
	}
	if err := b.report(civil.Between(b.month.From, b.now), []Dimension{ByTenant}, add(b.spent)); err != nil {
		return err
	}
	if err := b.report(civil.Between(b.asOf.Add(-24*time.Hour), b.asOf), []Dimension{ByTenant}, add(b.lastDay)); err != nil {
		return err
	}
	return b.readDays(history)
}

// readDays reads what was spent day by day: together, and by each tenant that has a line.
func (b *budgetBook) readDays(history civil.Span) error {
	add := func(names func(Row) []string) func(Row) {
		return func(row Row) {
			if row.Day == "" {
				return // a tenant that is only listed
			}
			d := civil.MustParse(row.Day)
			for _, name := range names(row) {
				if b.daily[name] == nil {
					b.daily[name] = map[civil.Day]decimal.Decimal{}
				}
				b.daily[name][d] = b.daily[name][d].Add(row.Amount)
			}
		}
	}
	if b.source.Sharing.Policy != OwnRow { // what a tenant bears follows from what all others spend
		return b.report(history, []Dimension{ByTenant, ByDay}, add(func(row Row) []string { return []string{"", row.Tenant} }))
	}
	if err := b.report(history, []Dimension{ByDay}, add(func(Row) []string { return []string{""} })); err != nil {
		return err
	}
	for _, budget := range b.source.Budgets.Tenants {
		b.only = append(b.only, Exactly(budget.Tenant))
	}
	for _, name := range b.source.Budgets.Others {
		b.only = append(b.only, Exactly(name))
	}
	if len(b.only) == 0 {
		return nil
	}
	defer func() { b.only = nil }()
	loc := b.source.location(nil)
	step := civil.Day(max(1, cellsAtATime/max(len(b.spent), 1)))
	for d := civil.DayOf(history.From, loc); d.Start(loc).Before(history.To); d += step {
		to := (d + step).Start(loc)
		if history.To.Before(to) {
			to = history.To
		}
		err := b.report(civil.Between(d.Start(loc), to), []Dimension{ByTenant, ByDay}, add(func(row Row) []string { return []string{row.Tenant} }))
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *budgetBook) report(in civil.Span, by []Dimension, each func(Row)) error {
	if !in.From.Before(in.To) {
		return nil
	}
	spend, err := b.source.Report(b.ctx, Request{From: in.From, To: in.To, By: by, Filter: Filter{Tenants: b.only}})
	if err != nil {
		return fmt.Errorf("budgets: %w", err)
	}
	for _, row := range spend.Rows {
		each(row)
	}
	b.damaged = mergeDamaged(b.damaged, spend.Damaged)
	return nil
}

func (b *budgetBook) line(tenant string, budget *Budget, f forecaster) BudgetLine {
	line := BudgetLine{Tenant: tenant, Budget: budget, Spent: b.spent[tenant]}
	if !b.asOf.IsZero() {
		line.BurnDay = perHour(b.lastDay[tenant].Amount, 86_400)
		if elapsed := civil.Between(b.month.From, b.asOf).Seconds(); elapsed > 0 {
			line.BurnMonth = perHour(line.Spent.Amount, elapsed)
		}
	}
	outlook := f.outlook(b.daily[tenant], line.Spent.Amount)
	line.Forecast, line.Method = outlook.amount, outlook.method
	line.Status = StatusNone
	if budget == nil {
		return line
	}
	used := pricing.Divide(line.Spent.Amount, budget.Monthly, pricing.RatioPlaces)
	line.Used = &used
	line.Exceeded = line.Spent.Amount.GreaterThan(budget.Limit())
	line.RunsOut = f.runsOut(outlook, b.daily[tenant], line.Spent.Amount, budget.Monthly)
	switch {
	case line.Spent.Amount.GreaterThan(budget.Monthly):
		line.Status = StatusOver
	case line.Exceeded || (line.Forecast != nil && line.Forecast.GreaterThan(budget.Monthly)):
		line.Status = StatusWarning
	case b.asOf.IsZero() || !line.Spent.Complete():
		line.Status = StatusUnknown
	default:
		line.Status = StatusOK
	}
	return line
}

func perHour(amount decimal.Decimal, seconds int64) *decimal.Decimal {
	rate := pricing.ProrateTime(amount, pricing.SecondsPerHour, seconds)
	return &rate
}
