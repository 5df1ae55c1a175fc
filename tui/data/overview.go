package data

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/compare"
	"microspend/spend/whatif"
)

// Sums are the figures at the head of the overview.
type Sums struct {
	Today, Month                 spend.Total
	MonthFrom                    time.Time
	TodayCompared, MonthCompared compare.Pair
	SameWeekday                  *spend.Compared // today with the same weekday a week before, nil where it is that already
}

// Sums reads what was spent today and in this month.
func (r *Reader) Sums(ctx context.Context, at Moment) (*Sums, error) {
	today, err := r.Listing(ctx, Query{Period: PeriodOf(Today, at.Now, r.Location())}, at)
	if err != nil {
		return nil, err
	}
	month, err := r.Listing(ctx, Query{Period: PeriodOf(Month, at.Now, r.Location())}, at)
	if err != nil {
		return nil, err
	}
	return &Sums{
		Today: today.Spend.Total, Month: month.Spend.Total, MonthFrom: month.Query.Period.From,
		TodayCompared: today.Spend.Compared, MonthCompared: month.Spend.Compared,
		SameWeekday: today.Spend.SameWeekday,
	}, nil
}

// Budgets reads how budgets stand.
func (r *Reader) Budgets(ctx context.Context, at Moment) (*budget.Report, error) {
	report, err := budget.Evaluate(ctx, r.Source, r.BudgetSet, at.Now)
	return &report, err
}

// Anomalies reads which of the last days stand out.
func (r *Reader) Anomalies(ctx context.Context, at Moment) (*anomaly.Report, error) {
	_, last := r.lastDays(at)
	report, err := anomaly.Find(ctx, r.Source, r.AnomalyRule, anomaly.Request{
		From: last.From, To: last.To, Now: at.Now, Location: r.Location(),
	})
	return &report, err
}

// Instead is what the usage of the last days would have cost on something else, in a month at the same pace.
type Instead struct {
	civil.Span
	Month        decimal.Decimal // with MicroVMs
	State        pricing.State   // of Month
	Measured     pricing.State   // how far the usage was measured that the alternatives are priced by, too
	Alternatives []whatif.Alternative
}

// StateOf is the state of an alternative's price: what was not measured would have run elsewhere, too.
func (i *Instead) StateOf(alt whatif.Alternative) pricing.State {
	if alt.Unpriced > 0 {
		return i.Measured.And(pricing.UnknownRates)
	}
	return i.Measured
}

// Instead works out what the last days would have cost on something else, tenant by tenant and region by region.
func (r *Reader) Instead(ctx context.Context, at Moment) (*Instead, error) {
	_, last := r.lastDays(at)
	period := Period{Custom, civil.Between(last.From, at.AsOf)}
	parts, total, err := r.Parts(ctx, period, Scope{}, spend.ByTenant, spend.ByRegion)
	if err != nil {
		return nil, err
	}
	seconds := max(int64(period.To.Sub(period.From)/time.Second), 1)
	out := &Instead{Span: period.Span, State: total.State(), Measured: total.Measured}
	out.Month = pricing.ProrateTime(total.Amount, pricing.HoursPerInstanceMonth*pricing.SecondsPerHour, seconds)
	for _, kind := range whatif.Kinds() {
		alternative, err := whatif.Instead(ctx, r.Prices, kind, parts, seconds)
		if err != nil {
			return nil, err
		}
		out.Alternatives = append(out.Alternatives, alternative)
	}
	return out, nil
}

// Parts reads usage with its rates, one part for each group and region.
func (r *Reader) Parts(
	ctx context.Context, period Period, scope Scope, by ...spend.Dimension,
) ([]whatif.Part, spend.Total, error) {
	found, err := r.Source.Report(ctx, spend.Request{
		From: period.From, To: period.To, By: by, Location: r.Location(), Filter: scope.filter(), Counts: true, Rated: true,
	})
	if err != nil {
		return nil, spend.Total{}, err
	}
	parts := make([]whatif.Part, 0, len(found.Rows)) // of ten thousand tenants, growing would double the peak
	for i := range found.Rows {
		row := &found.Rows[i]
		if row.Card == nil {
			continue // nothing was used
		}
		part := whatif.Part{Region: row.Region, Card: row.Card, Sum: row.Sum}
		if i > 0 && row.SameButForRates(found.Rows[i-1].Key) { // which is the card before
			parts[len(parts)-1].Continue(part)
		} else {
			parts = append(parts, part)
		}
	}
	return parts, found.Total, nil
}
