package data

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/spend"
	"microspend/tui/draw"
)

// TrendDays is how many days sparklines and the overview's chart go back, the day of the latest data included.
const TrendDays = 30

// Trends are the last days of each name of a dimension, for pictures.
type Trends struct {
	From time.Time
	of   func(name string) []float32
}

// Of is the series of a row's name, nil where there is none.
func (t *Trends) Of(name string) []float32 {
	if t == nil {
		return nil
	}
	return t.of(name)
}

// Trends reads the last days by tenant or by image.
func (r *Reader) Trends(ctx context.Context, of spend.Dimension, asOf time.Time) (*Trends, error) {
	days := r.lastDays(asOf)
	if of == spend.ByTenant { // of which there may be many
		estimates, err := r.Source.EstimateDays(ctx, civil.Between(days[0], days[TrendDays]), nil, spend.Filter{})
		return &Trends{From: days[0], of: func(name string) []float32 { return heights(estimates.Of(name)) }}, err
	}
	found, err := r.Source.Report(ctx, spend.Request{
		From: days[0], To: days[TrendDays], By: []spend.Dimension{of, spend.ByDay}, Location: r.Location(),
	})
	if err != nil {
		return nil, err
	}
	places, series := map[string]int{}, map[string][]float32{}
	for i := range TrendDays {
		places[days[i].Format(time.DateOnly)] = i
	}
	for i := range found.Rows {
		row := &found.Rows[i]
		place, dated := places[row.Day]
		if !dated {
			continue
		}
		name := row.Value(of)
		if series[name] == nil {
			series[name] = make([]float32, TrendDays)
		}
		value := draw.Missing()
		if row.Known() {
			value = float32(row.Amount.InexactFloat64())
		}
		series[name][place] = value
	}
	return &Trends{From: days[0], of: func(name string) []float32 { return series[name] }}, nil
}

// heights are amounts as they are drawn.
func heights(amounts []spend.MicroDollars) []float32 {
	if amounts == nil {
		return nil
	}
	out := make([]float32, len(amounts))
	for i, amount := range amounts {
		out[i] = float32(amount) / 1e6
		if amount == spend.UnknownMicroDollars {
			out[i] = draw.Missing()
		}
	}
	return out
}

// lastDays are the starts of the last days up to the one that the data ends in, and the end of that.
func (r *Reader) lastDays(asOf time.Time) []time.Time {
	loc := r.Location()
	year, month, day := asOf.Add(-time.Nanosecond).In(loc).Date()
	days := make([]time.Time, TrendDays+1)
	for i := range days {
		days[i] = time.Date(year, month, day-TrendDays+1+i, 0, 0, 0, 0, loc)
	}
	return days
}

// Day is one day of the overview's chart.
type Day struct {
	Start   time.Time
	Amount  decimal.Decimal
	Parts   [5]decimal.Decimal // by billed quantity
	HasData bool
	Known   bool // there is a rate for at least some of it
}

// Days are the last days, by billed quantity.
type Days struct {
	Days     []Day
	Totals   [5]decimal.Decimal
	Total    decimal.Decimal
	Coverage *decimal.Decimal // nil where nothing was measured
	Damaged  []ledger.DamagedFile
}

// Days reads the last days.
func (r *Reader) Days(ctx context.Context, asOf time.Time) (*Days, error) {
	starts := r.lastDays(asOf)
	found, err := r.Source.Report(ctx, spend.Request{
		From: starts[0], To: starts[TrendDays], By: []spend.Dimension{spend.ByDay, spend.ByComponent}, Location: r.Location(),
	})
	if err != nil {
		return nil, err
	}
	out := &Days{Days: make([]Day, TrendDays), Damaged: found.Damaged, Total: found.Total.Amount, Coverage: spend.Coverage(&found.Total.Sum)}
	places := map[string]int{}
	for i := range out.Days {
		out.Days[i].Start = starts[i]
		places[starts[i].Format(time.DateOnly)] = i
	}
	for i := range found.Rows {
		row := &found.Rows[i]
		place, dated := places[row.Day]
		if !dated {
			continue
		}
		day := &out.Days[place]
		day.HasData = true
		day.Known = day.Known || row.Known()
		day.Amount = day.Amount.Add(row.Amount)
		if q, ok := row.Quantity(); ok {
			day.Parts[q] = day.Parts[q].Add(row.Amount)
			out.Totals[q] = out.Totals[q].Add(row.Amount)
		}
	}
	return out, nil
}
