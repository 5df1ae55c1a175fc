package budget

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/civil"
	"microspend/spend"
)

// forecasterOn looks ahead from the start of a day, in a ledger that has every day before it.
func forecasterOn(today civil.Day) forecaster {
	return forecaster{loc: time.UTC, asOf: today.Start(time.UTC), known: func(d civil.Day) bool { return d < today }}
}

func monthOf(d civil.Day) civil.Span { return Month.At(d.Start(time.UTC), time.UTC) }

// spent are days in a row, the last of them yesterday.
func spent(today civil.Day, amounts ...int64) map[civil.Day]day {
	out := map[civil.Day]day{}
	for i, amount := range amounts {
		out[today-civil.Day(len(amounts)-i)] = day{amount: decimal.NewFromInt(amount)}
	}
	return out
}

// TestTwoWeeksTellWeekdaysApart: with fourteen complete days a forecast goes by weekdays, with thirteen by the run
// rate.
func TestTwoWeeksTellWeekdaysApart(t *testing.T) {
	today := civil.Date(2026, time.October, 20)
	for days, want := range map[civil.Day]Method{13: RunRate, 14: WeekdayMean} {
		daily := map[civil.Day]day{today - days: {amount: decimal.NewFromInt(1)}}
		h := forecasterOn(today).habit(daily)
		require.Equal(t, want, h.method, "a first day %d days ago", days)
	}
}

// TestHabitsLookBackEightWeeks: the day eight weeks ago counts, the one before it does not.
func TestHabitsLookBackEightWeeks(t *testing.T) {
	today := civil.Date(2026, time.October, 20)
	for ago, want := range map[civil.Day]int{spend.HistoryDays: 56, spend.HistoryDays + 1: 0, spend.HistoryDays - 7: 49} {
		h := forecasterOn(today).habit(map[civil.Day]day{today - ago: {amount: decimal.NewFromInt(80)}})
		require.Len(t, h.amounts, want, "a first day %d days ago", ago)
	}
}

func TestShape(t *testing.T) {
	monday := civil.Date(2026, time.August, 31)
	fill := func(of func(i int) int64) history {
		amounts, known := make([]decimal.Decimal, 56), make([]bool, 56)
		for i := range amounts {
			amounts[i], known[i] = decimal.NewFromInt(of(i)), true
		}
		return newHistory(monday, amounts, known)
	}
	office := shape{0, 1_400_000, 1_400_000, 1_400_000, 1_400_000, 1_400_000, 0}
	for _, test := range []struct {
		name, reason string
		of           func(i int) int64
		want         shape
	}{
		{"equal days", "there is no pattern", func(int) int64 { return 7 }, flat()},
		{"nothing", "neither is there in nothing", func(int) int64 { return 0 }, flat()},
		{"office days", "days that differ by weekday alone keep all of it", func(i int) int64 {
			if i%7 >= 5 {
				return 0
			}
			return 10
		}, office},
		{
			"every ninth day", "six weeks of a job every nine days have it on each weekday about once: no pattern",
			func(i int) int64 {
				if i%9 == 0 {
					return 90
				}
				return 0
			}, flat(),
		},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, fill(test.of).shape(), test.reason) })
	}
	noisy := fill(func(i int) int64 { // Mondays cost 20 to 40, other days 10 to 30
		if i%7 == 0 {
			return 20 + int64(i/7*11%21)
		}
		return 10 + int64(i*13%21)
	}).shape()
	require.Greater(t, noisy[time.Monday], int64(millionths), "Mondays cost more")
	require.Less(t, noisy[time.Monday], int64(1_450_000), "but not by all that the mean of eight of them says")
}

// TestLevelWindow: which of the latest days stand for those to come.
func TestLevelWindow(t *testing.T) {
	today := civil.Date(2026, time.October, 20)
	repeat := func(n int, amount int64) []int64 { return slices.Repeat([]int64{amount}, n) }
	jobs := make([]int64, 56) // one job of 100 on days that have nothing to do with the week
	for _, i := range []int{2, 9, 13, 26, 31, 36, 45, 50} {
		jobs[i] = 100
	}
	spike := repeat(56, 10)
	spike[52] = 500
	for _, test := range []struct {
		name, reason string
		amounts      []int64
		want         int
	}{
		{"flat", "where all do equally well the longest", repeat(56, 10), 56},
		{"quadrupled nine days ago", "a week is all of the new level", append(repeat(47, 10), repeat(9, 40)...), 7},
		{"halved nine days ago", "down as well as up", append(repeat(47, 40), repeat(9, 20)...), 7},
		{"a job every week or so", "the mean of all is the only level", jobs, 56},
		{"one bad day", "is not a level", spike, 56},
		{"a bad day yesterday", "nor is one that may be the first of many", append(repeat(55, 10), 80), 56},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := forecasterOn(today).habit(spent(today, test.amounts...))
			require.Equal(t, WeekdayMean, h.method)
			require.Equal(t, test.want, h.level, test.reason)
		})
	}
}

// TestForecast has months worked out by hand. All end with 31 October, a Saturday.
func TestForecast(t *testing.T) {
	repeat := func(n int, amount int64) []int64 { return slices.Repeat([]int64{amount}, n) }
	office := func(days int, today civil.Day, amount int64) (out []int64) {
		for d := today - civil.Day(days); d < today; d++ {
			if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
				out = append(out, 0)
				continue
			}
			out = append(out, amount)
		}
		return out
	}
	oct := func(d int) civil.Day { return civil.Date(2026, time.October, d) }
	for _, test := range []struct {
		name, reason    string
		today           civil.Day
		amounts         []int64
		spent           int64
		want, low, high string
		method          Method
	}{
		{"flat", "31 days of 5, and no doubt about it", oct(10), repeat(56, 5), 45, "155", "155", "155", WeekdayMean},
		{
			"weekdays only", "22 working days of 10 in October 2026", oct(10), office(56, oct(10), 10), 70, "220", "220",
			"220", WeekdayMean,
		},
		{
			"first of the month", "nothing spent yet", oct(1), office(56, oct(1), 10), 0, "220", "220", "220", WeekdayMean,
		},
		{
			"quadrupled on the 1st", "9 days of 40 are spent and 22 to come; that it quadrupled may happen again", oct(10),
			append(repeat(47, 10), repeat(9, 40)...), 360, "1240", "1240", "above", WeekdayMean,
		},
		{
			"a bad day yesterday", "22 days of the mean of 12; of 15 weeks one came to twice its forecast, and of 12 stretches " +
				"of ten days one to 1.7 times: the ninetieth percentile of the latter is 1 + 0.7 × 0.7",
			oct(10), append(repeat(34, 10), 80), 160, "424", "424", "553.36", WeekdayMean,
		},
		{
			"two weeks", "are enough for a forecast, not for a range", oct(10), repeat(14, 5), 45, "155", "-", "-", WeekdayMean,
		},
		{"new tenant", "five days of 5, the first of which may have begun late", oct(10), []int64{1, 5, 5, 5, 5}, 21, "131", "-", "-", RunRate},
		{"began yesterday", "one day is all there is", oct(10), []int64{4}, 4, "92", "-", "-", RunRate},
		{"nothing any more", "a tenant that left eight weeks ago", oct(10), append([]int64{9}, repeat(55, 0)...), 0, "0", "-", "-", WeekdayMean},
		{"never seen", "nothing is expected of who spends nothing", oct(10), nil, 0, "0", "-", "-", RunRate},
	} {
		t.Run(test.name, func(t *testing.T) {
			daily := spent(test.today, test.amounts...)
			h := forecasterOn(test.today).habit(daily)
			got := h.outlook(monthOf(test.today), decimal.NewFromInt(test.spent))
			require.Equal(t, test.method, got.Method, test.reason)
			figures := texts(got.Forecast, got.Low, got.High)
			if test.high == "above" {
				require.True(t, got.High.GreaterThan(*got.Forecast), test.reason)
				figures[2] = test.high
			}
			require.Equal(t, []string{test.want, test.low, test.high}, figures, test.reason)
		})
	}
}

func texts(of ...*decimal.Decimal) (out []string) {
	for _, d := range of {
		if d == nil {
			out = append(out, "-")
			continue
		}
		out = append(out, d.String())
	}
	return out
}

// TestForecastWithoutDays: days that are not known count for nothing, wherever they lie and whatever is on them.
func TestForecastWithoutDays(t *testing.T) {
	today := civil.Date(2026, time.October, 10)
	flat := spent(today, slices.Repeat([]int64{5}, 56)...)
	without := func(change func(d civil.Day, daily map[civil.Day]day) bool) Outlook {
		f, daily, absent := forecasterOn(today), map[civil.Day]day{}, map[civil.Day]bool{}
		for d := range flat {
			daily[d] = flat[d]
			absent[d] = change(d, daily)
		}
		f.known = func(d civil.Day) bool { return !absent[d] }
		h := f.habit(daily)
		return h.outlook(monthOf(today), decimal.NewFromInt(45))
	}
	gap := func(from, to civil.Day) func(civil.Day, map[civil.Day]day) bool {
		return func(d civil.Day, daily map[civil.Day]day) bool {
			if d < today-from || d >= today-to {
				return false
			}
			delete(daily, d)
			return true
		}
	}
	for name, got := range map[string]Outlook{
		"a week's gap":       without(gap(7, 0)),
		"a gap in September": without(gap(30, 20)),
		"all but two weeks":  without(gap(56-7, 7)),
		"damaged days that have something": without(func(d civil.Day, daily map[civil.Day]day) bool {
			daily[d] = day{amount: decimal.NewFromInt(5 - int64(d)%3)}
			return d%3 != 0
		}),
		"days without a rate": without(func(d civil.Day, daily map[civil.Day]day) bool {
			if d%3 == 0 {
				daily[d] = day{amount: decimal.NewFromInt(1), incomplete: true}
			}
			return false
		}),
		"all without a rate": without(func(d civil.Day, daily map[civil.Day]day) bool {
			daily[d] = day{flat[d].amount, true}
			return false
		}),
	} {
		require.Equal(t, "155", texts(got.Forecast)[0], name)
	}
}

// TestTheRestOfADayIsExpectedOfIt: of the day that the data ends in, only what is still to come.
func TestTheRestOfADayIsExpectedOfIt(t *testing.T) {
	today := civil.Date(2026, time.October, 30) // a Friday
	f := forecasterOn(today)
	f.asOf = f.asOf.Add(18 * time.Hour)
	h := habit{forecaster: f, pace: pace{decimal.NewFromInt(56), 7 * 86_400 * millionths, flat()}}
	h.pace.shape[time.Saturday] = 3 * millionths
	expected := map[string]string{}
	h.ahead(monthOf(today), func(d civil.Day, amount decimal.Decimal) bool {
		expected[d.String()] = amount.String()
		return true
	})
	require.Equal(t, map[string]string{"2026-10-30": "2", "2026-10-31": "26"}, expected,
		"a quarter of Friday's 8, and all of Saturday's 24 upon it")
}

// TestLateDataIsNotForecastAgain: where data ends before the period, a forecast begins with the period.
func TestLateDataIsNotForecastAgain(t *testing.T) {
	first := civil.Date(2026, time.October, 1)
	f := forecasterOn(first)
	f.asOf = f.asOf.Add(-60 * time.Hour)
	days := 0
	h := habit{forecaster: f}
	h.ahead(monthOf(first), func(d civil.Day, _ decimal.Decimal) bool {
		require.GreaterOrEqual(t, d, first)
		days++
		return true
	})
	require.Equal(t, 31, days)
}

// TestABudgetRunsOutOnTheDayThatPassesIt: a day that uses it up exactly does not.
func TestABudgetRunsOutOnTheDayThatPassesIt(t *testing.T) {
	today := civil.Date(2026, time.October, 11)
	daily := spent(today, slices.Repeat([]int64{24}, 10)...)
	h := forecasterOn(today).habit(daily)
	for budget, want := range map[int64]string{
		96: "2026-10-05", 97: "2026-10-05", 95: "2026-10-04", 240: "2026-10-11", 264: "2026-10-12", 743: "2026-10-31",
	} {
		got := h.runsOut(monthOf(today), daily, decimal.NewFromInt(240), decimal.NewFromInt(budget))
		require.Equal(t, want, got.Format(time.DateOnly), "a budget of %d", budget)
	}
	require.Nil(t, h.runsOut(monthOf(today), daily, decimal.NewFromInt(240), decimal.NewFromInt(744)), "exactly used up")
	quiet := forecasterOn(today).habit(nil)
	require.Nil(t, quiet.runsOut(monthOf(today), nil, decimal.NewFromInt(240), decimal.NewFromInt(240)),
		"used up, and nothing more is expected")
}

func TestPeriods(t *testing.T) {
	for _, test := range []struct {
		period         Period
		day, from, end string
	}{
		{Month, "2026-10-10", "2026-10-01", "2026-11-01"},
		{Quarter, "2026-10-10", "2026-10-01", "2027-01-01"},
		{Quarter, "2026-03-31", "2026-01-01", "2026-04-01"},
		{Quarter, "2026-05-01", "2026-04-01", "2026-07-01"},
		{Year, "2026-10-10", "2026-01-01", "2027-01-01"},
		{Year, "2026-01-01", "2026-01-01", "2027-01-01"},
	} {
		got := test.period.At(civil.MustParse(test.day).UTC(), time.UTC)
		require.Equal(t, test.from+" "+test.end, got.From.Format(time.DateOnly)+" "+got.To.Format(time.DateOnly))
	}
}

func TestPercentile(t *testing.T) {
	numbers := []int64{10, 20, 30, 40, 50, 60, 70, 80, 90}
	require.Equal(t, int64(10), percentile(numbers, 10))
	require.Equal(t, int64(50), percentile(numbers, 50))
	require.Equal(t, int64(90), percentile(numbers, 90))
	require.Equal(t, int64(15), percentile([]int64{10, 20}, 50))
	require.Equal(t, int64(20), percentile([]int64{10, 20}, 90), "never outside of them")
}

// TestForecastsScale: ten times the spend is ten times the forecast, and the range holds it.
func TestForecastsScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		today := civil.Date(2026, time.October, rapid.IntRange(1, 31).Draw(t, "today"))
		amounts := rapid.SliceOfN(rapid.Int64Range(0, 1000), 14, 56).Draw(t, "amounts")
		amounts[0]++ // the first day is the first with any
		var tenfold []int64
		for _, a := range amounts {
			tenfold = append(tenfold, a*10)
		}
		one := forecasterOn(today).habit(spent(today, amounts...))
		ten := forecasterOn(today).habit(spent(today, tenfold...))
		a, b := one.outlook(monthOf(today), decimal.Decimal{}), ten.outlook(monthOf(today), decimal.Decimal{})
		off := a.Forecast.Shift(1).Sub(*b.Forecast).Abs()
		require.True(t, off.LessThan(decimal.New(1, -15)), "%s and %s", a.Forecast, b.Forecast)
		require.False(t, a.Forecast.IsNegative())
		if a.Low != nil {
			require.True(t, a.Low.LessThanOrEqual(*a.Forecast) && a.Forecast.LessThanOrEqual(*a.High))
			require.False(t, a.Low.IsNegative())
		}
	})
}
