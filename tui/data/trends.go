package data

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/tui/draw"
)

// TrendDays is how many days sparklines and the overview's chart go back, the day of the latest data included.
const TrendDays = 30

// lastDays are the last days up to the one that the data ends in.
func (r *Reader) lastDays(at Moment) (first civil.Day, span civil.Span) {
	last := civil.DayOf(at.AsOf.Add(-time.Nanosecond), r.Location())
	first = last - TrendDays + 1
	return first, days(Custom, first, last, r.Location()).Span
}

// Trends are the last days of each name of a dimension, for pictures. The zero value is those that are not read yet.
type Trends struct{ of func(spend.Key) []float32 }

// Of is the series of a row, nil where there is none.
func (t *Trends) Of(row spend.Key) []float32 {
	if t == nil || t.of == nil {
		return nil
	}
	return t.of(row)
}

// Trends reads the last days by tenant or by image.
func (r *Reader) Trends(ctx context.Context, of spend.Dimension, at Moment) (Trends, error) {
	first, last := r.lastDays(at)
	if of == spend.ByTenant { // of which there may be many
		estimates, err := r.Source.EstimateDays(ctx, last, nil, spend.Filter{})
		return Trends{func(row spend.Key) []float32 { return heights(estimates.Of(row), estimates.Recorded) }}, err
	}
	found, err := r.Source.Report(ctx, spend.Request{
		From: last.From, To: last.To, By: []spend.Dimension{of, spend.ByDay}, Location: r.Location(),
	})
	if err != nil {
		return Trends{}, err
	}
	series, recorded := map[string][]float32{}, make([]bool, TrendDays)
	for i := range found.Rows {
		row := &found.Rows[i]
		place, dated := placeOf(row, first)
		if !dated {
			continue
		}
		recorded[place] = recorded[place] || !row.Sum.Empty()
		name := row.Value(of)
		if series[name] == nil {
			series[name] = make([]float32, TrendDays)
		}
		series[name][place] = draw.Unknown()
		if row.Known() {
			series[name][place] = float32(row.Amount.InexactFloat64())
		}
	}
	for _, values := range series {
		leaveGaps(values, recorded)
	}
	return Trends{func(row spend.Key) []float32 { return series[row.Value(of)] }}, nil
}

// placeOf is the place of a row's day among the last days.
func placeOf(row *spend.Row, first civil.Day) (place int, dated bool) {
	day, err := civil.Parse(row.Day)
	place = int(day - first)
	return place, err == nil && place >= 0 && place < TrendDays
}

// leaveGaps takes days on which nobody has a record for what they are, which is not nothing spent.
func leaveGaps(values []float32, recorded []bool) {
	for i, there := range recorded {
		if !there {
			values[i] = draw.Missing()
		}
	}
}

// heights are amounts as they are drawn.
func heights(amounts []spend.MicroDollars, recorded []bool) []float32 {
	if amounts == nil {
		return nil
	}
	out := make([]float32, len(amounts))
	for i, amount := range amounts {
		out[i] = float32(amount) / 1e6
		if amount == spend.UnknownMicroDollars {
			out[i] = draw.Unknown()
		}
	}
	leaveGaps(out, recorded)
	return out
}

// Day is one day of the overview's chart.
type Day struct {
	Start   time.Time
	Parts   [pricing.QuantityCount]decimal.Decimal // dollars by billed quantity
	HasData bool
	State   pricing.State // of their sum
}

// Days are the last days, by billed quantity.
type Days struct {
	Days     [TrendDays]Day
	Totals   [pricing.QuantityCount]decimal.Decimal // dollars
	Total    decimal.Decimal
	State    pricing.State    // of the total
	Coverage *decimal.Decimal // nil where nothing was measured
	Damaged  []ledger.DamagedFile
}

// Days reads the last days.
func (r *Reader) Days(ctx context.Context, at Moment) (*Days, error) {
	first, last := r.lastDays(at)
	found, err := r.Source.Report(ctx, spend.Request{
		From: last.From, To: last.To, By: []spend.Dimension{spend.ByDay, spend.ByComponent}, Location: r.Location(),
	})
	if err != nil {
		return nil, err
	}
	out := &Days{
		Damaged:  found.Damaged,
		Total:    found.Total.Amount,
		State:    found.Total.State(),
		Coverage: spend.Coverage(&found.Total.Sum),
	}
	for i := range out.Days {
		out.Days[i].Start = (first + civil.Day(i)).Start(r.Location())
	}
	for i := range found.Rows {
		row := &found.Rows[i]
		place, dated := placeOf(row, first)
		if !dated {
			continue
		}
		day := &out.Days[place]
		if row.State() == pricing.NotMeasured {
			continue
		}
		day.HasData, day.State = true, max(day.State, row.State())
		if q, ok := row.Quantity(); ok {
			day.Parts[q] = day.Parts[q].Add(row.Amount)
			out.Totals[q] = out.Totals[q].Add(row.Amount)
		}
	}
	return out, nil
}
