package budget

import (
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/spend"
)

// Method is how a forecast was made.
type Method uint8

// The methods.
const (
	NoForecast  Method = iota // nothing to go by
	RunRate                   // each day to come is like the mean of those so far, which are fewer than two weeks
	WeekdayMean               // each is like its weekday over the last eight weeks, at the level of the latest weeks
)

// String is the word used in outputs.
func (m Method) String() string { return [...]string{"none", "run-rate", "weekday-mean"}[m] }

// Outlook is what a period is expected to come to. The zero value is no forecast.
type Outlook struct {
	Method   Method
	Forecast *decimal.Decimal // at the end of the period; nil where Method is NoForecast
	// Low and High are the range that the period ends in eight times out of ten, as far as the errors of past forecasts
	// tell: the tenth and the ninetieth percentile. They are nil with less than four weeks of data.
	Low, High *decimal.Decimal
	// LevelDays is over how many of the latest days the present level was taken.
	LevelDays int
}

// pace is an amount that was spent over some of the time, from which follows what is spent over other time. Time counts
// as much as its weekday's share says.
type pace struct {
	amount decimal.Decimal
	over   int64 // seconds by shares
	shape  shape
}

// forecaster looks ahead from the end of the data.
type forecaster struct {
	loc   *time.Location
	asOf  time.Time // zero where there is no data
	known func(civil.Day) bool
}

// day is what was spent on one.
type day struct {
	amount     decimal.Decimal
	incomplete bool // some of it has no known rate
}

// habit is what a subject's history says about the days to come.
type habit struct {
	forecaster
	history
	method Method
	pace   pace
	level  int // days
}

// habit looks at the complete days of the last eight weeks since the subject's first. A day without a row is one on
// which nothing was spent, unless it is not known what was: then it does not count.
func (f forecaster) habit(daily map[civil.Day]day) habit {
	h := habit{forecaster: f}
	if f.asOf.IsZero() {
		return h
	}
	if len(daily) == 0 { // nothing in eight weeks of others' data: nothing is expected
		h.method, h.pace.shape = RunRate, flat()
		return h
	}
	today := civil.DayOf(f.asOf, f.loc)
	first := today
	for d := range daily {
		if d >= today-spend.HistoryDays {
			first = min(first, d)
		}
	}
	h.history = f.history(daily, first, today, false)
	if h.knownDays() < patternDays {
		// Where a rate is missing day by day, what could be priced of the days still compares.
		h.history = f.history(daily, first, today, true)
	}
	if h.knownDays() < patternDays {
		h.runRate(daily, today)
		return h
	}
	level := h.history.level()
	h.method, h.level = WeekdayMean, len(h.amounts)-level.from
	h.pace = h.paceOf(level.from, level.shape)
	return h
}

func (f forecaster) history(daily map[civil.Day]day, first, today civil.Day, incomplete bool) history {
	var (
		amounts = make([]decimal.Decimal, today-first)
		known   = make([]bool, today-first)
	)
	for d := first; d < today; d++ {
		amounts[d-first] = daily[d].amount
		known[d-first] = f.known(d) && (incomplete || !daily[d].incomplete)
	}
	return newHistory(first, amounts, known)
}

// runRate takes the pace from all complete days but the first, which for a new tenant began whenever it did; from the
// hours of the latest day where there are none; or from the first day where there is nothing else.
func (h *habit) runRate(daily map[civil.Day]day, today civil.Day) {
	h.method = RunRate
	if h.pace = h.paceOf(1, flat()); h.pace.over > 0 {
		return
	}
	start := today.Start(h.loc)
	h.pace = pace{daily[today].amount, civil.Between(start, h.asOf).Seconds() * millionths, flat()}
	if h.pace.over > 0 {
		return
	}
	if h.pace = h.paceOf(0, flat()); h.pace.over == 0 {
		h.method = NoForecast
	}
}

// paceOf is the pace of the known days from an index on.
func (h *habit) paceOf(from int, s shape) pace {
	out := pace{shape: s}
	for i := from; i < len(h.amounts); i++ {
		if h.history.known[i] {
			out.amount = out.amount.Add(h.amounts[i])
			out.over += (h.first + civil.Day(i)).Span(h.loc).Seconds() * s[h.weekday(i)]
		}
	}
	return out
}

// outlook is what a period comes to of which so much is spent.
func (h *habit) outlook(period civil.Span, spent decimal.Decimal) Outlook {
	out := Outlook{Method: h.method}
	if h.method == NoForecast {
		return out
	}
	rest, days := decimal.Decimal{}, 0
	h.ahead(period, func(_ civil.Day, expected decimal.Decimal) bool {
		rest = expected
		days++
		return true
	})
	total := spent.Add(rest)
	out.Forecast = &total
	if h.method != WeekdayMean {
		return out
	}
	out.LevelDays = h.level
	if low, high, ok := h.errorRange(days); ok {
		least := spent.Add(pricing.ProrateTime(rest, low, millionths))
		most := spent.Add(pricing.ProrateTime(rest, high, millionths))
		out.Low, out.High = &least, &most
	}
	return out
}

// ahead goes through the days from the end of the data, or the start of the period where that is later, to the period's
// end, with what is expected until the end of each, until each says to stop.
func (h *habit) ahead(period civil.Span, each func(d civil.Day, expected decimal.Decimal) bool) {
	from, parts := h.asOf, int64(0)
	if from.Before(period.From) {
		from = period.From
	}
	for d := civil.DayOf(from, h.loc); from.Before(period.To); d++ {
		whole := d.Span(h.loc)
		parts += civil.Between(from, whole.To).Seconds() * h.pace.shape[d.Weekday()]
		expected := decimal.Decimal{}
		if h.pace.over > 0 { // otherwise nothing was ever spent
			expected = pricing.ProrateTime(h.pace.amount, parts, h.pace.over)
		}
		if !each(d, expected) {
			return
		}
		from = whole.To
	}
}

// runsOut is the start of the day on which a budget was or will be passed in a period; nil if it is not.
func (h *habit) runsOut(period civil.Span, daily map[civil.Day]day, spent, budget decimal.Decimal) *time.Time {
	on := func(d civil.Day) *time.Time {
		start := d.Start(h.loc)
		return &start
	}
	if spent.GreaterThan(budget) {
		today := civil.DayOf(h.asOf, h.loc)
		sum := decimal.Decimal{}
		for d := civil.DayOf(period.From, h.loc); d < today; d++ {
			if sum = sum.Add(daily[d].amount); sum.GreaterThan(budget) {
				return on(d)
			}
		}
		return on(today)
	}
	if h.method == NoForecast {
		return nil
	}
	var out *time.Time
	h.ahead(period, func(d civil.Day, expected decimal.Decimal) bool {
		if spent.Add(expected).GreaterThan(budget) {
			out = on(d)
		}
		return out == nil
	})
	return out
}
