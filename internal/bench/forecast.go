package main

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/internal/sampleledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/usage"
)

// forecastFigures are how far off the forecast of a month is on several of its days, tenant by tenant, beside two that
// anybody can make: the month going on as it has been so far, and as in the last seven days.
//
// Two fleets are forecast: the demo's up to the end of November 2026, as it is and with the history of four months, and
// the Azure Functions trace of 2019, of which a function stands for a tenant, an invocation for a second of a vCPU and
// a minute for a day. Its 480 minutes are the 480 days from 1 January 2025 on. That keeps what is real of them, which
// is how the load of a function jumps, fades, bursts and falls silent from one reading to the next; what it doesn't
// have is a week, so that a forecast which sees one is punished. The same is done with four minutes to the day, which
// is smoother.
func forecastFigures(show func(figure)) error {
	fmt.Fprintln(os.Stderr, "forecast: making ledgers and forecasting their months takes a minute or two")
	end := civil.Date(2026, time.December, 1)
	for _, days := range []int{45, 120} {
		demo := backtest{}
		err := inTemp(func(dir string) error {
			in, err := sampleledger.Demo(dir, end.UTC(), days)
			if err != nil {
				return err
			}
			return demo.run(in.Source, end-civil.Day(days), end)
		})
		if err != nil {
			return err
		}
		demo.show(show, fmt.Sprintf("demo of %d days", days))
	}
	for _, minutes := range []int{1, 4} {
		trace := backtest{}
		err := inTemp(func(dir string) error {
			source, days, err := azureLedger(dir, minutes)
			if err != nil {
				return err
			}
			return trace.run(source, azureStart, azureStart+civil.Day(days))
		})
		switch {
		case errors.Is(err, fs.ErrNotExist):
			show(figure{"Azure Functions trace", "not measured", "", azureTrace + " is not there"})
			return nil
		case err != nil:
			return err
		}
		trace.show(show, fmt.Sprintf("Azure trace, %d min a day", minutes))
	}
	return nil
}

const azureTrace = "../shared/data/azure-functions-2019-500x480.csv.gz"

var azureStart = civil.Date(2025, time.January, 1)

func inTemp(do func(dir string) error) error {
	dir, err := os.MkdirTemp("", "microspend-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return do(dir)
}

// azureLedger writes the trace as usage, with the given number of its minutes as a day.
func azureLedger(dir string, minutes int) (spend.Source, int, error) {
	file, err := os.Open(azureTrace)
	if err != nil {
		return spend.Source{}, 0, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return spend.Source{}, 0, err
	}
	functions, err := csv.NewReader(unzipped).ReadAll()
	if err != nil {
		return spend.Source{}, 0, err
	}
	const first = 4 // column; those before it name the function
	days := (len(functions[0]) - first) / minutes
	measured, err := sampleledger.Write(dir, func(yield func([]usage.Record) bool) {
		for d := range days {
			var batch []usage.Record
			for i, function := range functions[1:] {
				count := int64(0)
				for _, cell := range function[first+d*minutes : first+(d+1)*minutes] {
					n, _ := strconv.ParseInt(cell, 10, 64) // an empty cell is none
					count += n
				}
				if count == 0 {
					continue
				}
				batch = append(batch, usage.Record{
					PeriodStart: (azureStart + civil.Day(d)).UTC(), PeriodSeconds: 86_400, Region: "us-east-1",
					Resource: usage.Resource{ID: fmt.Sprintf("function-%03d", i)}, Tenant: fmt.Sprintf("function-%03d", i),
					Source: "azure", Coverage: usage.CoverageComplete, Amounts: usage.Amounts{pricing.VCPU: count * 1000},
				})
			}
			if !yield(batch) {
				return
			}
		}
	})
	return spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}, days, err
}

// backtest adds up how far off forecasts were.
type backtest struct {
	forecasts, ranges, within int
	ours, proRata, lastDays   errorSum
}

// errorSum adds up errors, in dollars and as parts of what the month came to.
type errorSum struct{ dollars, relative decimal.Decimal }

func (e *errorSum) add(forecast, actual decimal.Decimal) {
	off := forecast.Sub(actual).Abs()
	e.dollars = e.dollars.Add(off)
	if actual.IsPositive() {
		e.relative = e.relative.Add(pricing.Divide(off, actual, pricing.RatioPlaces))
	}
}

// lookDays are the days of the month on whose first moment it is forecast: as many are over, less one.
var lookDays = []civil.Day{4, 8, 11, 15, 21, 26}

// run forecasts every whole month of a ledger but those that begin in its first two weeks, in which all go by the run
// rate.
func (b *backtest) run(source spend.Source, first, end civil.Day) error {
	daily, err := dailySpend(source, first, end)
	if err != nil {
		return err
	}
	var names []string
	for name := range daily {
		names = append(names, name)
	}
	for month := first.FirstOfMonth(); month.AddMonths(1) <= end; month = month.AddMonths(1) {
		if month < first+14 {
			continue
		}
		for _, day := range lookDays {
			now := month + day - 1
			status, err := budget.Evaluate(context.Background(), source, budget.Set{Others: names}, now.UTC())
			if err != nil {
				return err
			}
			for _, line := range status.Lines {
				if line.Scope == budget.Tenant && line.Forecast != nil {
					b.judge(line, daily[line.Name], month, now)
				}
			}
		}
	}
	return nil
}

// judge holds a forecast against what the month came to. Tenants that had not spent anything yet, and for which every
// method says nothing, are left out.
func (b *backtest) judge(line budget.Line, daily map[civil.Day]decimal.Decimal, month, now civil.Day) {
	next := month.AddMonths(1)
	actual, spent, week := sum(daily, month, next), sum(daily, month, now), sum(daily, now-7, now)
	if line.Forecast.IsZero() && week.IsZero() && actual.IsZero() {
		return
	}
	b.forecasts++
	b.ours.add(*line.Forecast, actual)
	b.proRata.add(pricing.ProrateTime(spent, int64(next-month), int64(now-month)), actual)
	b.lastDays.add(spent.Add(pricing.ProrateTime(week, int64(next-now), 7)), actual)
	if line.Low != nil {
		b.ranges++
		if actual.GreaterThanOrEqual(*line.Low) && actual.LessThanOrEqual(*line.High) {
			b.within++
		}
	}
}

func sum(daily map[civil.Day]decimal.Decimal, from, to civil.Day) (total decimal.Decimal) {
	for d := from; d < to; d++ {
		total = total.Add(daily[d])
	}
	return total
}

func dailySpend(source spend.Source, from, to civil.Day) (map[string]map[civil.Day]decimal.Decimal, error) {
	report, err := source.Report(context.Background(), spend.Request{
		From: from.UTC(), To: to.UTC(), By: []spend.Dimension{spend.ByTenant, spend.ByDay},
	})
	out := map[string]map[civil.Day]decimal.Decimal{}
	for _, row := range report.Rows {
		if row.Kind != spend.KindTenant || row.Day == "" {
			continue
		}
		if out[row.Tenant] == nil {
			out[row.Tenant] = map[civil.Day]decimal.Decimal{}
		}
		out[row.Tenant][civil.MustParse(row.Day)] = row.Amount
	}
	return out, err
}

// show prints errors as ratios, so that they mean the same for a fleet of any size.
func (b *backtest) show(show func(figure), name string) {
	against := func(title string, other errorSum) {
		dollars := pricing.Divide(b.ours.dollars, other.dollars, 2)
		relative := pricing.Divide(b.ours.relative, other.relative, 2)
		show(figure{
			name + ": error / " + title, dollars.StringFixed(2) + " ×", "below 1 ×",
			relative.StringFixed(2) + " × where each tenant's month counts the same",
		})
	}
	against("pro rata", b.proRata)
	against("last 7 days", b.lastDays)
	part := pricing.Divide(decimal.NewFromInt(int64(b.within)*100), decimal.NewFromInt(int64(max(b.ranges, 1))), 0)
	show(figure{
		name + ": months within P10–P90", part.String() + " %", "about 80 %",
		fmt.Sprintf("%d forecasts, %d with a range", b.forecasts, b.ranges),
	})
}
