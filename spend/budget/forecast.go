package budget

import (
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend"
)

// patternDays is how many complete days of data it takes to tell weekdays apart: two weeks, as one week has each of
// them once and would take the odd day for the rule.
const patternDays = 14

// Method is how a forecast was made.
type Method uint8

// The methods.
const (
	NoForecast  Method = iota // nothing to go by
	RunRate                   // the month goes on as it has been so far
	WeekdayMean               // each day to come is like the mean of its weekday over the last up to eight weeks
)

// String is the word used in outputs.
func (m Method) String() string { return [...]string{"none", "run-rate", "weekday-mean"}[m] }

// forecaster looks ahead to the end of a month.
type forecaster struct {
	loc     *time.Location
	month   civil.Span
	asOf    time.Time // zero where there is no data
	covered map[civil.Day]bool
}

// outlook is a forecast.
type outlook struct {
	method Method
	amount *decimal.Decimal // at the end of the month
	means  weekdayMeans
}

func (f forecaster) outlook(daily map[civil.Day]decimal.Decimal, spent decimal.Decimal) outlook {
	if f.asOf.IsZero() {
		return outlook{}
	}
	if means, days := f.weekdayMeans(daily); days >= patternDays {
		sum := spent
		f.ahead(means, func(_ civil.Day, expected decimal.Decimal) bool {
			sum = sum.Add(expected)
			return true
		})
		return outlook{WeekdayMean, &sum, means}
	}
	elapsed := civil.Between(f.month.From, f.asOf).Seconds()
	if elapsed == 0 {
		return outlook{}
	}
	sum := pricing.ProrateTime(spent, f.month.Seconds(), elapsed)
	return outlook{method: RunRate, amount: &sum}
}

// weekdayMeans are the means of a tenant's days; a weekday that was never seen has the mean of all days.
type weekdayMeans [7]decimal.Decimal

// weekdayMeans looks at the complete days of the last eight weeks since the tenant's first. A day without a row is a
// day on which nothing was spent, unless the ledger has nothing at all on it: then it is not known, and does not
// count.
func (f forecaster) weekdayMeans(daily map[civil.Day]decimal.Decimal) (means weekdayMeans, days int) {
	today := civil.DayOf(f.asOf, f.loc)
	first := today
	for d := range daily {
		if d >= today-spend.HistoryDays {
			first = min(first, d)
		}
	}
	var (
		sums   [7]decimal.Decimal
		counts [7]int64
		all    decimal.Decimal
	)
	for d := first; d < today; d++ {
		if f.covered[d] {
			sums[d.Weekday()] = sums[d.Weekday()].Add(daily[d])
			counts[d.Weekday()]++
			all = all.Add(daily[d])
			days++
		}
	}
	if days == 0 {
		return means, 0
	}
	for weekday := range means {
		if counts[weekday] > 0 {
			means[weekday] = pricing.Divide(sums[weekday], decimal.NewFromInt(counts[weekday]), pricing.AmountPlaces)
		} else {
			means[weekday] = pricing.Divide(all, decimal.NewFromInt(int64(days)), pricing.AmountPlaces)
		}
	}
	return means, days
}

// ahead goes through the days from as-of to the end of the month with what is expected of each, of the first one for
// the rest of the day, until each says to stop.
func (f forecaster) ahead(means weekdayMeans, each func(civil.Day, decimal.Decimal) bool) {
	from := f.asOf
	if from.Before(f.month.From) {
		from = f.month.From
	}
	for d := civil.DayOf(from, f.loc); from.Before(f.month.To); d++ {
		whole := d.Span(f.loc)
		expected := means[d.Weekday()]
		if rest := civil.Between(from, whole.To).Seconds(); rest < whole.Seconds() {
			expected = pricing.ProrateTime(expected, rest, whole.Seconds())
		}
		if !each(d, expected) {
			return
		}
		from = whole.To
	}
}

// runsOut is the start of the day on which a budget was or will be passed in this month; nil if it is not.
func (f forecaster) runsOut(o outlook, daily map[civil.Day]decimal.Decimal, spent, budget decimal.Decimal) *time.Time {
	on := func(d civil.Day) *time.Time {
		start := d.Start(f.loc)
		return &start
	}
	if spent.GreaterThan(budget) {
		today := civil.DayOf(f.asOf, f.loc)
		sum := decimal.Decimal{}
		for d := civil.DayOf(f.month.From, f.loc); d < today; d++ {
			if sum = sum.Add(daily[d]); sum.GreaterThan(budget) {
				return on(d)
			}
		}
		return on(today)
	}
	if o.amount == nil || !o.amount.GreaterThan(budget) {
		return nil
	}
	if o.method == RunRate {
		elapsed := decimal.NewFromInt(civil.Between(f.month.From, f.asOf).Seconds())
		seconds := pricing.Divide(budget.Mul(elapsed), spent, 0).IntPart()
		used := civil.DayOf(f.month.From.Add(time.Duration(seconds)*time.Second), f.loc)
		return on(min(used, civil.DayOf(f.month.To, f.loc)-1))
	}
	var out *time.Time
	f.ahead(o.means, func(d civil.Day, expected decimal.Decimal) bool {
		if spent = spent.Add(expected); spent.GreaterThan(budget) {
			out = on(d)
		}
		return out == nil
	})
	return out
}
