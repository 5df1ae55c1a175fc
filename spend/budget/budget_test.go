package budget_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/usage"
)

var (
	at         = spendtest.At
	dec        = spendtest.Dec
	hour       = spendtest.Hour
	daily      = spendtest.Daily
	always     = spendtest.Always
	officeDays = spendtest.OfficeDays
	hourly     = spendtest.Hours
	text       = spendtest.OrDash
)

var (
	everything = budget.OfEverything()
	tenant     = budget.OfTenant
)

func monthly(name, amount string) budget.Budget {
	return budget.Budget{Subject: tenant(name), Amount: dec(amount)}
}

// dollars is a source on which each vCPU-second costs a dollar.
func dollars(records ...usage.Record) spend.Source {
	return spend.Source{Usage: spendtest.Of(records...), Rates: spendtest.DollarRates{}}
}

func TestBudgetStatus(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		records      []usage.Record
		zone         string
		now          string
		budget       string
		asOf         string
		spent, used  string
		burnDay      string
		burnMonth    string
		forecast     string
		method       budget.Method
		runsOut      string
		status       budget.Status
	}{
		{
			"run rate", "ten days at 24 a day make 744 in a month of 31",
			daily(at(t, "2026-10-01"), at(t, "2026-10-11"), "acme", always(24)),
			"UTC", "2026-10-11T00:30", "800", "2026-10-11", "240", "0.3", "1", "1", "744", budget.RunRate, "", budget.OK,
		},
		{
			"run rate over budget", "480 are reached after 20 days",
			daily(at(t, "2026-10-01"), at(t, "2026-10-11"), "acme", always(24)),
			"UTC", "2026-10-11T00:30", "480", "2026-10-11", "240", "0.5", "1", "1", "744", budget.RunRate, "2026-10-21",
			budget.Warning,
		},
		{
			"late data", "the run rate is that of the time that is known, not of the time since",
			daily(at(t, "2026-10-01"), at(t, "2026-10-11"), "acme", always(24)),
			"UTC", "2026-10-14T12:00", "800", "2026-10-11", "240", "0.3", "1", "1", "744", budget.RunRate, "", budget.OK,
		},
		{
			"weekdays", "22 working days in October 2026, 7 of them gone by the 10th",
			daily(at(t, "2026-09-07"), at(t, "2026-10-10"), "acme", officeDays(10)),
			"UTC", "2026-10-10T00:00", "215", "2026-10-10", "70", "0.3255813953", "0.41666666666666666667",
			"0.32407407407407407407", "220", budget.WeekdayMean, "2026-10-30", budget.Warning,
		},
		{
			"first hour of the month", "nothing spent yet, habits known",
			daily(at(t, "2026-09-01"), at(t, "2026-10-01"), "acme", always(5)),
			"UTC", "2026-10-01T00:40", "100", "2026-10-01", "0", "0", "0.20833333333333333333", "-", "155", budget.WeekdayMean,
			"2026-10-21", budget.Warning,
		},
		{
			"first hour of the first month", "six days of 5 are something to go by",
			daily(at(t, "2026-09-25"), at(t, "2026-10-01"), "acme", always(5)),
			"UTC", "2026-10-01T00:40", "150", "2026-10-01", "0", "0", "0.20833333333333333333", "-", "155", budget.RunRate,
			"2026-10-31", budget.Warning,
		},
		{
			"short month", "28 days of 5 in February, after 31 in January",
			daily(at(t, "2027-01-01"), at(t, "2027-02-01"), "acme", always(5)),
			"UTC", "2027-02-01T00:00", "140", "2027-02-01", "0", "0", "0.20833333333333333333", "-", "140", budget.WeekdayMean,
			"", budget.OK,
		},
		{
			"over", "used up on the day that passed it", daily(at(t, "2026-10-01"), at(t, "2026-10-11"), "acme", always(24)),
			"UTC", "2026-10-11T00:00", "100", "2026-10-11", "240", "2.4", "1", "1", "744", budget.RunRate, "2026-10-05",
			budget.Over,
		},
		{
			"exactly used up", "is not over, but will be", daily(at(t, "2026-10-01"), at(t, "2026-10-02"), "acme", always(24)),
			"UTC", "2026-10-02", "24", "2026-10-02", "24", "1", "1", "1", "744", budget.RunRate, "2026-10-02", budget.Warning,
		},
		{
			"no data", "is not ok", nil, "UTC", "2026-10-11", "100", "", "0", "0", "-", "-", "-", budget.NoForecast, "",
			budget.Unknown,
		},
		{
			"only data from the future", "has not happened", daily(at(t, "2026-10-12"), at(t, "2026-10-20"), "acme", always(24)),
			"UTC", "2026-10-11", "100", "", "0", "0", "-", "-", "-", budget.NoForecast, "", budget.Unknown,
		},
		{
			"month in Berlin", "October begins two hours before it does in UTC",
			hourly(at(t, "2026-09-30T20:00"), at(t, "2026-10-01T10:00"), "acme"),
			"Europe/Berlin", "2026-10-01T10:00", "800", "2026-10-01T10:00", "12", "0.015", "0.58333333333333333333", "1", "745",
			budget.RunRate, "", budget.OK,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := dollars(test.records...)
			source.Location = spendtest.Zone(t, test.zone)
			budgets := budget.Set{Budgets: []budget.Budget{monthly("acme", test.budget)}}
			got, err := budget.Evaluate(t.Context(), source, budgets, at(t, test.now))
			require.NoError(t, err)
			require.Len(t, got.Lines, 2)
			line, runsOut, asOf := got.Lines[0], "", ""
			if line.RunsOut != nil {
				runsOut = line.RunsOut.Format(time.DateOnly)
			}
			if !got.AsOf.IsZero() {
				asOf = got.AsOf.UTC().Format("2006-01-02T15:04:05")
			}
			if test.asOf != "" {
				test.asOf = at(t, test.asOf).Format("2006-01-02T15:04:05")
			}
			require.Equal(t, test.forecast, text(line.Forecast), test.reason)
			require.Equal(t, test.burnDay, text(line.BurnDay), test.reason)
			require.Equal(t, test.burnMonth, text(line.BurnPeriod), test.reason)
			require.Equal(t, test.runsOut, runsOut, test.reason)
			require.Equal(t, test.status, line.Status, test.reason)
			require.Equal(t, test.asOf, asOf)
			require.Equal(t, test.spent, line.Spent.Amount.String(), test.reason)
			require.Equal(t, test.used, line.Used.String(), test.reason)
			require.Equal(t, test.method, line.Method, test.reason)
			require.Equal(t, line.Spent.Amount.GreaterThan(dec(test.budget)), line.Exceeded)
			require.Equal(t, line.Spent, got.Lines[1].Spent, "the total of one tenant")
			require.Equal(t, budget.NoBudget, got.Lines[1].Status)
		})
	}
}

func TestBudgetCheck(t *testing.T) {
	records := append(daily(at(t, "2026-10-01"), at(t, "2026-10-11"), "bravo", always(9)),
		daily(at(t, "2026-10-01"), at(t, "2026-10-11"), "acme", always(1))...)
	source := dollars(append(records, hour(at(t, "2026-10-02"), "", 3))...)
	limit := func(of budget.Subject, amount, threshold string) budget.Budget {
		return budget.Budget{Subject: of, Amount: dec(amount), Threshold: dec(threshold)}
	}
	budgets := budget.Set{Budgets: []budget.Budget{
		limit(everything, "103", "1"), limit(tenant("nobody"), "1", "1"), limit(tenant("bravo"), "100", "0.9"),
		limit(tenant("acme"), "11", "0.9"), limit(tenant(spend.Unallocated), "2", "2"),
	}}
	got, err := budget.Evaluate(t.Context(), source, budgets, at(t, "2026-10-11"))
	require.NoError(t, err)
	lines := []string{}
	for _, line := range got.Lines {
		lines = append(lines, line.String()+" "+line.Spent.Amount.String()+" "+line.Status.String())
	}
	require.Equal(t, []string{
		"(unallocated) 3 over", "acme 10 warning", "bravo 90 warning", "nobody 0 unknown",
		"total 103 warning",
	}, lines,
		"in the order of names, the total last")
	exceeded := got.Alerts(budget.AlertSpent)
	require.Len(t, exceeded, 1,
		"90 is not above 90 percent of 100, 3 not above twice 2, 103 not above 103; 10 is above 9.9")
	require.Equal(t, "acme", exceeded[0].Name)
	require.Len(t, got.Alerts(budget.AlertForecast), 4, "all of them are forecast to pass their budget")
	require.Equal(t, everything, got.Lines[4].Subject)
}

func TestBudgetIsTheReport(t *testing.T) {
	day := at(t, "2026-10-05")
	source := spend.Source{Rates: pricing.EmbeddedCards(), Usage: spendtest.Of(
		hour(day, "acme", 7), hour(day, "bravo", 13), spendtest.Stored(day, "base", 3), spendtest.Frankfurt(day, "charlie"),
	)}
	source.Sharing.Policy = spend.ByDirect
	budgets := budget.Set{Budgets: []budget.Budget{
		{Subject: everything, Amount: dec("1000")}, monthly("acme", "1000"), monthly("charlie", "1000"),
	}, Others: []string{"acme", "bravo"}}
	now := at(t, "2026-10-05T12:00")
	got, err := budget.Evaluate(t.Context(), source, budgets, now)
	require.NoError(t, err)
	want, err := source.Report(t.Context(), spend.Request{
		From: at(t, "2026-10-01"), To: now,
		By: []spend.Dimension{spend.ByTenant},
	})
	require.NoError(t, err)
	require.Equal(t, want.Rows[0].Amount.String(), got.Lines[0].Spent.Amount.String(), "one engine, one number")
	require.Len(t, got.Lines, 4, "acme has a budget and is listed once")
	require.Equal(t, want.Rows[1].Amount.String(), got.Lines[2].Spent.Amount.String())
	require.Equal(t, "bravo none", got.Lines[2].Name+" "+got.Lines[2].Status.String(), "forecast without a budget")
	require.NotNil(t, got.Lines[2].Forecast)
	require.Equal(t, want.Total.Amount.String(), got.Lines[3].Spent.Amount.String())
	require.Equal(t, budget.OK, got.Lines[0].Status)
	require.Equal(t, budget.Unknown, got.Lines[1].Status, "what is not known might be over")
	require.Equal(t, at(t, "2026-10-05T01:00"), got.AsOf, "the hour, not the day of the image beside it")
}

func TestAsOf(t *testing.T) {
	for _, test := range []struct{ name, reason, zone, now, want string }{
		{"past", "the end of the last period before now", "UTC", "2026-10-05T20:00", "2026-10-05T16:00"},
		{"now inside a period", "what is to come has not happened", "UTC", "2026-10-05T15:20", "2026-10-05T15:20"},
		{"now at its start", "with usage from now on, all before it is there", "UTC", "2026-10-05T15:00", "2026-10-05T15:00"},
		{"days later", "late data", "Asia/Kolkata", "2026-10-25T15:00", "2026-10-05T16:00"},
		{"before all", "", "UTC", "2026-10-05T03:00", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := dollars(hour(at(t, "2026-10-05T15:00"), "acme", 1), hour(at(t, "2026-10-05T03:00"), "acme", 1))
			source.Location = spendtest.Zone(t, test.zone)
			got, err := budget.Evaluate(t.Context(), source, budget.Set{}, at(t, test.now).Add(time.Nanosecond/2))
			require.NoError(t, err)
			if test.want == "" {
				require.True(t, got.AsOf.IsZero())
				return
			}
			require.Equal(t, at(t, test.want), got.AsOf.UTC(), test.reason)
		})
	}
}

func TestForecastDoesNotDependOnABudget(t *testing.T) {
	day := at(t, "2026-10-01")
	var records []usage.Record
	for n := range 28 {
		dollarsOfDay := int64(10)
		if day.AddDate(0, 0, n).Weekday() == time.Saturday {
			dollarsOfDay = 100
		}
		records = append(records, hour(day.AddDate(0, 0, n), "acme", dollarsOfDay), hour(day.AddDate(0, 0, n), "bravo", 3))
	}
	source := dollars(records...)
	outlook := func(budgets budget.Set, name string) (string, string) {
		got, err := budget.Evaluate(t.Context(), source, budgets, day.AddDate(0, 0, 28))
		require.NoError(t, err)
		for _, line := range got.Lines {
			if line.Subject == tenant(name) {
				return line.Forecast.String(), line.Method.String()
			}
		}
		return "no line", ""
	}
	want, method := outlook(budget.Set{Budgets: []budget.Budget{monthly("acme", "1000")}}, "acme")
	require.Equal(t, "weekday-mean", method)
	for reason, budgets := range map[string]budget.Set{
		"nobody has one":        {Others: []string{"acme"}},
		"somebody else has one": {Budgets: []budget.Budget{monthly("bravo", "1000")}, Others: []string{"acme"}},
	} {
		got, method := outlook(budgets, "acme")
		require.Equal(t, want, got, reason)
		require.Equal(t, "weekday-mean", method, reason)
	}
}

func TestEvaluateStopsWhenToldTo(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := budget.Evaluate(stopped, dollars(hour(at(t, "2026-10-05"), "acme", 1)), budget.Set{}, at(t, "2026-10-06"))
	require.ErrorIs(t, err, context.Canceled)
}

// The burn rate is that of the last 24 hours of data, the first of them included, the one before it not.
func TestBurnRateIsOfTheLast24Hours(t *testing.T) {
	asOf := at(t, "2026-10-11T12:00")
	records := hourly(at(t, "2026-10-01"), asOf, "acme")
	for i := range records {
		switch before := asOf.Sub(records[i].PeriodStart); before {
		case 24 * time.Hour:
			records[i].Amounts[pricing.VCPU] = 25_000
		case 25 * time.Hour:
			records[i].Amounts[pricing.VCPU] = 1_000_000
		}
	}
	set := budget.Set{Budgets: []budget.Budget{monthly("acme", "9000")}}
	got, err := budget.Evaluate(t.Context(), dollars(records...), set, asOf.Add(10*time.Minute))
	require.NoError(t, err)
	require.Equal(t, asOf, got.AsOf.UTC())
	require.Equal(t, "2", text(got.Lines[0].BurnDay), "23 hours of 1 and one of 25")
}
