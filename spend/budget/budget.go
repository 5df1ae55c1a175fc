// Package budget says how monthly budgets stand: what has been spent, how fast, what the month will come to, and on
// which day a budget is used up.
//
// # What is promised
//
// What is spent is that of a report on the month so far. A forecast rests on data alone: on the days that are
// complete and known, never on days that the ledger has nothing about. Where there is too little to go by there is no
// forecast.
package budget

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
	"microspend/spend"
	"microspend/spend/tenants"
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

// Set is all budgets. The zero value is none.
type Set struct {
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
	OK       Status = iota // neither of the others
	Warning                // spent above the threshold, or forecast to pass the budget by the end of the month
	Over                   // spent more than the budget
	Unknown                // would be ok, but there is no data, or some of the usage has no known rate
	NoBudget               // there is no budget
)

// String is the word used in outputs.
func (s Status) String() string {
	return [...]string{"ok", "warning", "over", "unknown", "none"}[s]
}

// Report is how all budgets stand.
type Report struct {
	From, To time.Time // the calendar month that Now lies in
	Location *time.Location
	Now      time.Time
	// AsOf is the end of the latest period that the ledger has, at most Now: what is spent is known until then. It is zero
	// where the ledger has nothing in this month and the eight weeks before Now.
	AsOf    time.Time
	Lines   []Line // one for each tenant with a budget, in order of their names, then the others, and the total last
	Damaged []ledger.DamagedFile
}

// Exceeded lists the lines whose spend is above their threshold, for a check that fails.
func (r Report) Exceeded() []Line {
	var out []Line
	for _, line := range r.Lines {
		if line.Exceeded {
			out = append(out, line)
		}
	}
	return out
}

// Line is how one budget stands.
type Line struct {
	Tenant string
	Total  bool    // the line is of everything together; Tenant is ""
	Budget *Budget // nil on the total where it has none, and for the others

	Spent spend.Cost       // from the start of the month on
	Used  *decimal.Decimal // spent as a part of the budget, half-even at RatioPlaces; nil without a budget

	// Dollars an hour, half-even at AmountPlaces: over the last 24 hours of data, and since the start of the month. Nil
	// where there is no data, or none in this month.
	BurnDay, BurnMonth *decimal.Decimal

	Forecast *decimal.Decimal // at the end of the month; nil where Method is NoForecast
	Method   Method
	RunsOut  *time.Time // start of the day on which the budget is, or is forecast to be, used up; nil if not in this month

	Exceeded bool // spent is above the threshold
	Status   Status
}

// Evaluate works out how budgets stand. The month is that of now in the source's location.
func Evaluate(ctx context.Context, source spend.Source, budgets Set, now time.Time) (Report, error) {
	loc := source.Zone(nil)
	first := civil.DayOf(now, loc).FirstOfMonth()
	month := civil.Between(first.Start(loc), first.AddMonths(1).Start(loc))
	out := Report{From: month.From, To: month.To, Location: loc, Now: now}

	history := civil.Between(min(first, civil.DayOf(now, loc)-spend.HistoryDays).Start(loc), now)
	known, err := source.History(ctx, history, loc)
	if err != nil {
		return out, err
	}
	out.AsOf = known.AsOf
	spent := reader{
		ctx: ctx, source: source, budgets: budgets, spent: map[string]spend.Cost{},
		lastDay: map[string]spend.Cost{}, daily: map[string]map[civil.Day]decimal.Decimal{},
	}
	if !known.AsOf.IsZero() {
		if err := spent.read(history, month, known.AsOf); err != nil {
			return out, fmt.Errorf("budgets: %w", err)
		}
	}
	out.Damaged = spent.damaged
	f := forecaster{loc: loc, month: month, asOf: known.AsOf, covered: known.Covered}
	sorted := slices.SortedFunc(slices.Values(budgets.Tenants), func(a, b TenantBudget) int {
		return strings.Compare(a.Tenant, b.Tenant)
	})
	for _, b := range sorted {
		out.Lines = append(out.Lines, spent.line(b.Tenant, &b.Budget, f))
	}
	for _, name := range budgets.Others {
		if !slices.ContainsFunc(sorted, func(b TenantBudget) bool { return b.Tenant == name }) {
			out.Lines = append(out.Lines, spent.line(name, nil, f))
		}
	}
	total := spent.line("", budgets.Total, f)
	total.Total = true
	out.Lines = append(out.Lines, total)
	return out, nil
}

// reader reads the spend that budgets are held against, by tenant; "" stands for everything.
type reader struct {
	ctx     context.Context
	source  spend.Source
	budgets Set

	spent   map[string]spend.Cost // this month
	lastDay map[string]spend.Cost // in the last 24 hours of data
	daily   map[string]map[civil.Day]decimal.Decimal
	damaged []ledger.DamagedFile
}

func (r *reader) read(history, month civil.Span, asOf time.Time) error {
	add := func(into map[string]spend.Cost) func(spend.Row) {
		return func(row spend.Row) {
			into[""] = into[""].Plus(row.Cost)
			into[row.Tenant] = into[row.Tenant].Plus(row.Cost)
		}
	}
	if err := r.report(civil.Between(month.From, history.To), add(r.spent), spend.ByTenant); err != nil {
		return err
	}
	lastDay := civil.Between(asOf.Add(-24*time.Hour), asOf)
	if err := r.report(lastDay, add(r.lastDay), spend.ByTenant); err != nil {
		return err
	}
	return r.readDays(history)
}

// readDays reads what was spent day by day: together, and by each tenant that has a line.
func (r *reader) readDays(history civil.Span) error {
	add := func(name string, row spend.Row) {
		if row.Day == "" {
			return // a tenant that is only listed
		}
		if r.daily[name] == nil {
			r.daily[name] = map[civil.Day]decimal.Decimal{}
		}
		d := civil.MustParse(row.Day)
		r.daily[name][d] = r.daily[name][d].Add(row.Amount)
	}
	ofAll := func(row spend.Row) { add("", row) }
	ofEach := func(row spend.Row) { add(row.Tenant, row) }
	if r.source.Sharing.Policy != spend.OwnRow {
		// What a tenant bears follows from what all others spend, over the whole stretch: no step and no filter is possible.
		return r.report(history, func(row spend.Row) { ofAll(row); ofEach(row) }, spend.ByTenant, spend.ByDay)
	}
	if err := r.report(history, ofAll, spend.ByDay); err != nil {
		return err
	}
	// Only the tenants that have a line, and few days at a time: there may be many more tenants than budgets.
	request := spend.Request{From: history.From, To: history.To, By: []spend.Dimension{spend.ByTenant, spend.ByDay}}
	for _, b := range r.budgets.Tenants {
		request.Filter.Tenants = append(request.Filter.Tenants, tenants.Exactly(b.Tenant))
	}
	for _, name := range r.budgets.Others {
		request.Filter.Tenants = append(request.Filter.Tenants, tenants.Exactly(name))
	}
	if len(request.Filter.Tenants) == 0 {
		return nil
	}
	return r.source.ReportInSteps(r.ctx, request, len(r.spent), func(part spend.Spend) error {
		r.take(part, ofEach)
		return nil
	})
}

func (r *reader) report(in civil.Span, each func(spend.Row), by ...spend.Dimension) error {
	if !in.From.Before(in.To) {
		return nil
	}
	report, err := r.source.Report(r.ctx, spend.Request{From: in.From, To: in.To, By: by})
	if err != nil {
		return err
	}
	r.take(report, each)
	return nil
}

func (r *reader) take(report spend.Spend, each func(spend.Row)) {
	for _, row := range report.Rows {
		each(row)
	}
	r.damaged = spend.MergeDamaged(r.damaged, report.Damaged)
}

func (r *reader) line(tenant string, budget *Budget, f forecaster) Line {
	line := Line{Tenant: tenant, Budget: budget, Spent: r.spent[tenant]}
	if !f.asOf.IsZero() {
		line.BurnDay = perHour(r.lastDay[tenant].Amount, 86_400)
		if elapsed := civil.Between(f.month.From, f.asOf).Seconds(); elapsed > 0 {
			line.BurnMonth = perHour(line.Spent.Amount, elapsed)
		}
	}
	outlook := f.outlook(r.daily[tenant], line.Spent.Amount)
	line.Forecast, line.Method = outlook.amount, outlook.method
	line.Status = NoBudget
	if budget == nil {
		return line
	}
	used := pricing.Divide(line.Spent.Amount, budget.Monthly, pricing.RatioPlaces)
	line.Used = &used
	line.Exceeded = line.Spent.Amount.GreaterThan(budget.Limit())
	line.RunsOut = f.runsOut(outlook, r.daily[tenant], line.Spent.Amount, budget.Monthly)
	switch {
	case line.Spent.Amount.GreaterThan(budget.Monthly):
		line.Status = Over
	case line.Exceeded || (line.Forecast != nil && line.Forecast.GreaterThan(budget.Monthly)):
		line.Status = Warning
	case f.asOf.IsZero() || !line.Spent.Complete():
		line.Status = Unknown // after the others: what is known to be over stays over, however much more there is
	default:
		line.Status = OK
	}
	return line
}

func perHour(amount decimal.Decimal, seconds int64) *decimal.Decimal {
	rate := pricing.ProrateTime(amount, pricing.SecondsPerHour, seconds)
	return &rate
}
