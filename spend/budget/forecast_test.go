package budget

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/spend"
)

// forecasterOn looks ahead from the start of a day, in a ledger that has every day before it.
func forecasterOn(today civil.Day) forecaster {
	first := today.FirstOfMonth()
	f := forecaster{
		loc: time.UTC, asOf: today.Start(time.UTC), covered: map[civil.Day]bool{},
		month: civil.Between(first.Start(time.UTC), first.AddMonths(1).Start(time.UTC)),
	}
	for d := today - 2*spend.HistoryDays; d < today; d++ {
		f.covered[d] = true
	}
	return f
}

// TestTwoWeeksTellWeekdaysApart: with fourteen complete days a forecast goes by weekdays, with thirteen by the run
// rate.
func TestTwoWeeksTellWeekdaysApart(t *testing.T) {
	today := civil.Date(2026, time.October, 20)
	for days, want := range map[civil.Day]Method{13: RunRate, 14: WeekdayMean} {
		daily := map[civil.Day]decimal.Decimal{today - days: decimal.NewFromInt(1)}
		got := forecasterOn(today).outlook(daily, decimal.NewFromInt(10))
		require.Equal(t, want, got.method, "a first day %d days ago", days)
	}
}

// TestWeekdayMeansLookBackEightWeeks: the day eight weeks ago counts, the one before it does not.
func TestWeekdayMeansLookBackEightWeeks(t *testing.T) {
	today := civil.Date(2026, time.October, 20) // a Tuesday
	for _, test := range []struct {
		name, reason string
		ago          civil.Day
		days         int
		tuesday      string
	}{
		{"eight weeks", "80 dollars over 8 Tuesdays", 56, 56, "10"},
		{"a day more", "is forgotten; the tenant then begins with today", 57, 0, "0"},
		{"a week less", "over the 7 Tuesdays since the first day", 49, 49, "11.42857142857142857143"},
	} {
		t.Run(test.name, func(t *testing.T) {
			means, days := forecasterOn(today).weekdayMeans(map[civil.Day]decimal.Decimal{today - test.ago: decimal.NewFromInt(80)})
			require.Equal(t, test.days, days, test.reason)
			require.Equal(t, test.tuesday, means[time.Tuesday].String(), test.reason)
		})
	}
}

// TestTheRestOfADayIsExpectedOfIt: of the day that the data ends in, only what is still to come.
func TestTheRestOfADayIsExpectedOfIt(t *testing.T) {
	f := forecasterOn(civil.Date(2026, time.October, 30))
	f.asOf = f.asOf.Add(18 * time.Hour)
	var means weekdayMeans
	for i := range means {
		means[i] = decimal.NewFromInt(int64(8 * (i + 1)))
	}
	expected := map[string]string{}
	f.ahead(means, func(d civil.Day, amount decimal.Decimal) bool {
		expected[d.String()] = amount.String()
		return true
	})
	require.Equal(t, map[string]string{"2026-10-30": "12", "2026-10-31": "56"}, expected,
		"a quarter of Friday, and all of Saturday")
}

// TestLateDataIsNotForecastAgain: where data ends before the month, a forecast begins with the month.
func TestLateDataIsNotForecastAgain(t *testing.T) {
	f := forecasterOn(civil.Date(2026, time.October, 1))
	f.asOf = f.asOf.Add(-60 * time.Hour)
	days := 0
	f.ahead(weekdayMeans{}, func(d civil.Day, _ decimal.Decimal) bool {
		require.GreaterOrEqual(t, d, civil.Date(2026, time.October, 1))
		days++
		return true
	})
	require.Equal(t, 31, days)
}

// TestABudgetRunsOutOnTheDayThatPassesIt: a day that uses it up exactly does not.
func TestABudgetRunsOutOnTheDayThatPassesIt(t *testing.T) {
	f, first := forecasterOn(civil.Date(2026, time.October, 11)), civil.Date(2026, time.October, 1)
	daily := map[civil.Day]decimal.Decimal{}
	for d := first; d < first+10; d++ {
		daily[d] = decimal.NewFromInt(24)
	}
	all := decimal.NewFromInt(240)
	for budget, want := range map[int64]string{96: "2026-10-05", 97: "2026-10-05", 95: "2026-10-04"} {
		got := f.runsOut(outlook{method: RunRate, amount: &all}, daily, all, decimal.NewFromInt(budget))
		require.Equal(t, want, got.Format(time.DateOnly), "a budget of %d", budget)
	}
	require.Nil(t, f.runsOut(outlook{method: WeekdayMean, amount: &all}, daily, all, all),
		"used up, and nothing more is expected")
}
