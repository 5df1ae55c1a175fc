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
	return first, days(first, last, r.Location()).Span
}

// Trends are the last days of each name of a dimension, for pictures. The zero value is those that are not read yet.
type Trends struct {
	of     spend.Dimension
	series map[trendOf][]float32
}

// trendOf is whose a series is: a label such as [spend.Shared] is not a tenant of the same name.
type trendOf struct {
	kind spend.Kind
	name string
}

// Of is the series of a row, nil where there is none.
func (t *Trends) Of(row spend.Key) []float32 {
	if t == nil {
		return nil
	}
	return t.series[trendOf{row.Kind, row.Value(t.of)}]
}

// Trends reads the last days of each name of a dimension. Of many tenants only what is drawn is kept.
func (r *Reader) Trends(ctx context.Context, of spend.Dimension, at Moment) (Trends, error) {
	first, last := r.lastDays(at)
	out, recorded := Trends{of, map[trendOf][]float32{}}, make([]bool, TrendDays)
	request := spend.Request{
		From: last.From, To: last.To, By: []spend.Dimension{of, spend.ByDay}, Location: r.Location(),
	}
	_, err := r.Source.EachRow(ctx, request, func(row *spend.Row) {
		place, dated := placeOf(row, first)
		if !dated {
			return
		}
		recorded[place] = recorded[place] || !row.Sum.Empty()
		whose := trendOf{row.Kind, row.Value(of)}
		if out.series[whose] == nil {
			out.series[whose] = make([]float32, TrendDays)
		}
		out.series[whose][place] = draw.Unknown()
		if row.Known() {
			out.series[whose][place] = float32(row.Amount.InexactFloat64())
		}
	})
	for _, values := range out.series {
		leaveGaps(values, recorded)
	}
	return out, err
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

// Day is one day of the overview's chart.
type Day struct {
	Start, End time.Time
	Parts      [pricing.QuantityCount]decimal.Decimal // dollars by billed quantity
	HasData    bool
	State      pricing.State // of their sum
	// Coverage is the part of its time that was measured completely; nil where nothing was measured.
	Coverage *decimal.Decimal
}

// Days are the last days, by billed quantity.
type Days struct {
	Days     [TrendDays]Day
	Until    time.Time                              // data reaches: the day that it lies within still runs
	Totals   [pricing.QuantityCount]decimal.Decimal // dollars
	Total    decimal.Decimal
	State    pricing.State    // of the total
	Coverage *decimal.Decimal // nil where nothing was measured
	Unknown  []spend.Unknown  // rates that are needed and that are not known
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
		Until:    at.AsOf,
		Damaged:  found.Damaged,
		Unknown:  found.Total.Unknown,
		Total:    found.Total.Amount,
		State:    found.Total.State(),
		Coverage: spend.Coverage(&found.Total.Sum),
	}
	for i := range out.Days {
		span := (first + civil.Day(i)).Span(r.Location())
		out.Days[i].Start, out.Days[i].End = span.From, span.To
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
		if day.Coverage == nil { // which is that of the time, and so of every quantity
			day.Coverage = spend.Coverage(&row.Sum)
		}
		if q, ok := row.Quantity(); ok {
			day.Parts[q] = day.Parts[q].Add(row.Amount)
			out.Totals[q] = out.Totals[q].Add(row.Amount)
		}
	}
	return out, nil
}
