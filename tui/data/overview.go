package data

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/whatif"
	"microspend/usage"
)

// Sums are the figures at the head of the overview.
type Sums struct {
	Today, Month     spend.Total
	TodayTo, MonthTo time.Time // how far the data goes in them
	TodayFrom        time.Time
	MonthFrom        time.Time
	BeforeFrom       time.Time // what the month is compared with
	BeforeTo         time.Time
}

// Sums reads what was spent today and in this month.
func (r *Reader) Sums(ctx context.Context, now, asOf time.Time) (*Sums, error) {
	out := &Sums{}
	for _, part := range []struct {
		kind     Kind
		into     *spend.Total
		from, to *time.Time
	}{{Today, &out.Today, &out.TodayFrom, &out.TodayTo}, {Month, &out.Month, &out.MonthFrom, &out.MonthTo}} {
		l, err := r.Listing(ctx, Query{Period: PeriodOf(part.kind, now, r.Location())}, asOf)
		if err != nil {
			return nil, err
		}
		*part.into, *part.from, *part.to = l.Spend.Total, l.Query.Period.From, l.Until
		out.BeforeFrom, out.BeforeTo = l.Spend.PreviousFrom, l.Spend.PreviousTo // the month's, which is the last
	}
	return out, nil
}

// Budgets reads how budgets stand.
func (r *Reader) Budgets(ctx context.Context, now time.Time) (*budget.Report, error) {
	report, err := budget.Evaluate(ctx, r.Source, r.BudgetSet, now)
	return &report, err
}

// Anomalies reads which of the last days stand out.
func (r *Reader) Anomalies(ctx context.Context, now, asOf time.Time) (*anomaly.Report, error) {
	days := r.lastDays(asOf)
	report, err := anomaly.Find(ctx, r.Source, r.AnomalyRule, anomaly.Request{
		From: days[0], To: days[TrendDays], Now: now, Location: r.Location(),
	})
	return &report, err
}

// Instead is what the usage of the last days would have cost on something else, in a month at the same pace.
type Instead struct {
	From, To     time.Time
	Month        decimal.Decimal // with MicroVMs
	Complete     bool
	Coverage     *decimal.Decimal
	Alternatives []whatif.Alternative
}

// Seconds is the time that it is worked out from.
func (i *Instead) Seconds() int64 { return int64(i.To.Sub(i.From) / time.Second) }

// Instead works out what the last days would have cost on something else, tenant by tenant and region by region.
func (r *Reader) Instead(ctx context.Context, asOf time.Time) (*Instead, error) {
	from := r.lastDays(asOf)[0]
	parts, total, err := r.Parts(ctx, from, asOf, Scope{}, spend.ByTenant, spend.ByRegion)
	if err != nil {
		return nil, err
	}
	out := &Instead{From: from, To: asOf, Complete: total.Complete(), Coverage: spend.Coverage(&total.Sum)}
	out.Month = pricing.ProrateTime(total.Amount, pricing.HoursPerInstanceMonth*pricing.SecondsPerHour, max(out.Seconds(), 1))
	for _, kind := range whatif.Kinds() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out.Alternatives = append(out.Alternatives, whatif.Instead(r.Prices, kind, parts, out.Seconds()))
	}
	return out, nil
}

// Parts reads usage with its rates, one part for each group and region.
func (r *Reader) Parts(ctx context.Context, from, to time.Time, scope Scope, by ...spend.Dimension) ([]whatif.Part, spend.Total, error) {
	found, err := r.Source.Report(ctx, spend.Request{From: from, To: to, By: by, Location: r.Location(), Filter: scope.filter(), Counts: true})
	if err != nil {
		return nil, spend.Total{}, err
	}
	var parts []whatif.Part
	for i := range found.Rows {
		row := &found.Rows[i]
		if row.Sum == (usage.Sum{}) {
			continue
		}
		card, err := r.card(row.Region)
		if err != nil {
			return nil, spend.Total{}, err
		}
		parts = append(parts, whatif.Part{Region: row.Region, Card: card, Sum: row.Sum})
	}
	return parts, found.Total, nil
}

// card is the card of a region, without rates where there is none.
func (r *Reader) card(region string) (pricing.RateCard, error) {
	card, err := r.Source.Rates.Card(region)
	var none *pricing.NoCardError
	if errors.As(err, &none) {
		return pricing.RateCard{Region: region}, nil
	}
	return card, err
}

// Card is the rate card of a region for a what-if.
func (r *Reader) Card(region string) (pricing.RateCard, error) { return r.card(region) }
