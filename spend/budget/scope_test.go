package budget_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/spend/tenants"
	"microspend/usage"
)

// cents is a figure to the cent, without zeros behind the point: a weekday's share of a week is kept to six digits.
func cents(d *decimal.Decimal) string {
	if d == nil {
		return "-"
	}
	return d.Round(2).String()
}

// words are what tests read of a line.
func words(l budget.Line) string {
	out := l.String() + ": " + l.Spent.Amount.String() + " " + l.State.String() + ", forecast " + cents(l.Forecast)
	if l.RunsOut != nil {
		out += ", out " + l.RunsOut.Format(time.DateOnly)
	}
	out += ", " + l.Status.String()
	if l.Missing != "" && l.State == pricing.Exact {
		out += ", " + l.Missing
	}
	return out
}

// TestScopesAndPeriods: the fleet of 2026 until 10 October, of which acme spends 2 a day in one image and account,
// bravo 3 in another, and charlie 1 on office days in another region. What each comes to is counted by hand: January to
// September are 273 days, and 31 October to 31 December 92; from 1 January to 9 October there are 202 office days, and
// 59 from 10 October to the end of the year.
func TestScopesAndPeriods(t *testing.T) {
	from, to := at(t, "2026-01-01"), at(t, "2026-10-10")
	records := daily(from, to, "acme", always(2))
	for _, r := range daily(from, to, "bravo", always(3)) {
		r.Image, r.Account = "other", "222233334444"
		records = append(records, r)
	}
	for _, r := range daily(from, to, "charlie", officeDays(1)) {
		r.Region = "eu-west-1"
		records = append(records, r)
	}
	source := dollars(records...)
	source.Tenants = tenants.File{Groups: map[string]string{"acme": "Eng/Platform", "bravo": "Eng", "charlie": "Sales"}}
	of := func(scope budget.Scope, name string, period budget.Period, amount string) budget.Budget {
		return budget.Budget{Subject: budget.Subject{Scope: scope, Name: name}, Period: period, Amount: dec(amount)}
	}
	budgets := budget.Set{Budgets: []budget.Budget{
		of(budget.Everything, "", budget.Year, "2086"),
		of(budget.Tenant, "charlie", budget.Quarter, "60"),
		of(budget.Tenant, "charlie", budget.Month, "22"),
		of(budget.Tenant, "charlie", budget.Year, "200"),
		of(budget.Group, "Eng", budget.Month, "154"),
		of(budget.Group, "Eng/Platform", budget.Month, "62"),
		of(budget.Image, "other", budget.Year, "1095"),
		of(budget.Account, "222233334444", budget.Month, "26"),
		of(budget.Region, "eu-west-1", budget.Quarter, "66"),
	}}
	for name, policy := range map[string]spend.Policy{"own row": spend.OwnRow, "shared": spend.ByDirect} {
		source.Sharing.Policy = policy
		got, err := budget.Evaluate(t.Context(), source, budgets, at(t, "2026-10-10"))
		require.NoError(t, err)
		lines := []string{}
		for _, line := range got.Lines {
			lines = append(lines, words(line))
		}
		require.Equal(t, []string{
			"charlie: 7 exact, forecast 22, ok",
			"charlie, quarter: 7 exact, forecast 66, out 2026-12-24, warning",
			"charlie, year: 202 exact, forecast 261, out 2026-10-08, over",
			"group Eng: 45 exact, forecast 155, out 2026-10-31, warning",
			"group Eng/Platform: 18 exact, forecast 62, ok",
			"image other, year: 846 exact, forecast 1095, ok",
			"account 222233334444: 27 exact, forecast 93, out 2026-10-09, over",
			"region eu-west-1, quarter: 7 exact, forecast 66, ok",
			"total: 52 exact, forecast 177, none",
			"total, year: 1612 exact, forecast 2086, ok",
		}, lines, name)
		require.Equal(t, "total", got.Total().String())
		require.Equal(t, at(t, "2026-01-01"), got.Lines[2].From)
		require.Equal(t, at(t, "2027-01-01"), got.Lines[2].To)
	}
}

// TestAtRisk: a tenant whose weeks vary is forecast below its budget, and may well pass it.
func TestAtRisk(t *testing.T) {
	weeks := []int64{10, 14, 9, 13, 10, 15, 9, 12} // dollars a day
	start := at(t, "2026-08-16")
	records := daily(start, start.AddDate(0, 0, 56), "acme", func(d time.Time) int64 {
		return weeks[int(d.Sub(start).Hours())/24/7]
	})
	evaluate := func(amount string) budget.Report {
		got, err := budget.Evaluate(t.Context(), dollars(records...),
			budget.Set{Budgets: []budget.Budget{monthly("acme", amount)}}, at(t, "2026-10-11"))
		require.NoError(t, err)
		return got
	}
	line := evaluate("1000").Lines[0]
	require.Equal(t, budget.OK, line.Status)
	require.True(t, line.Low.LessThan(*line.Forecast) && line.Forecast.LessThan(*line.High))
	for _, test := range []struct {
		reason, budget string
		status         budget.Status
		alerts         [3]int // that fail by spent, by forecast, at risk
	}{
		{"above the range", line.High.String(), budget.OK, [3]int{0, 0, 0}},
		{"within its upper end", line.High.Sub(dec("0.01")).String(), budget.AtRisk, [3]int{0, 0, 1}},
		{"as much as is forecast", line.Forecast.String(), budget.AtRisk, [3]int{0, 0, 1}},
		{"below the forecast", line.Forecast.Sub(dec("0.01")).String(), budget.Warning, [3]int{0, 1, 1}},
		{"spent already", "100", budget.Over, [3]int{1, 1, 1}},
	} {
		got := evaluate(test.budget)
		require.Equal(t, test.status, got.Lines[0].Status, test.reason)
		for i, want := range test.alerts {
			require.Len(t, got.Alerts(budget.Alert(i)), want, "%s, alert %d", test.reason, i)
		}
	}
}

func TestParseAlert(t *testing.T) {
	for i, word := range []string{"spent", "forecast", "at-risk"} {
		got, err := budget.ParseAlert(word)
		require.NoError(t, err)
		require.Equal(t, budget.Alert(i), got)
	}
	_, err := budget.ParseAlert("risk")
	require.EqualError(t, err, `unknown alert "risk"; valid alerts: spent, forecast, at-risk`)
}

// TestStates: what the figures of a budget rest on, and which status stands on that.
func TestStates(t *testing.T) {
	const now = "2026-10-11"
	flat := func() []usage.Record { return daily(at(t, "2026-08-01"), at(t, now), "acme", always(5)) }
	for _, test := range []struct {
		name, reason string
		change       func([]usage.Record) []usage.Record
		damaged      string // a day whose file cannot be read
		now          string
		want         string
		complete     bool
	}{
		{"exact", "", nil, "", now, "acme: 50 exact, forecast 155, ok", true},
		{
			"partial", "what was not measured may have cost something", func(r []usage.Record) []usage.Record {
				r[len(r)-1].Coverage = usage.CoveragePartial
				return r
			}, "", now, "acme: 50 at-least, forecast 155, ok", false,
		},
		{
			"damaged day", "what its file has is missing from what is spent, and is not taken for a quiet day",
			func(r []usage.Record) []usage.Record { return r[:len(r)-1] }, "2026-10-10", now,
			"acme: 45 at-least, forecast 155, ok", false,
		},
		{
			"damaged day before", "what October came to lacks nothing", func(r []usage.Record) []usage.Record {
				return append(r[:40:40], r[41:]...)
			}, "2026-09-10", now, "acme: 50 exact, forecast 155, ok", true,
		},
		{
			"gap week", "is not a week without spend", func(r []usage.Record) []usage.Record {
				return append(r[:40:40], r[47:]...)
			}, "", now, "acme: 50 exact, forecast 155, ok", true,
		},
		{
			"unknown rate", "what can be priced is less than what is spent", func(r []usage.Record) []usage.Record {
				return append(r, spendtest.Frankfurt(at(t, "2026-10-05"), "acme"))
			}, "", now, "acme: 50 unknown-rates, forecast 155, unknown", false,
		},
		{
			"late data", "of November there is none, and a forecast alone earns no tick", nil, "", "2026-11-02",
			"acme: 0 not-measured, forecast 150, ok", false,
		},
		{
			"gap", "what the gap hides is not in what was spent", func(r []usage.Record) []usage.Record {
				return append(r[:64:64], r[66:]...)
			}, "", now, "acme: 40 exact, forecast 145, ok, no data on 4–5 Oct", false,
		},
		{
			"younger than the month", "the days before may have cost something", func(r []usage.Record) []usage.Record {
				return r[64:]
			}, "", now, "acme: 35 exact, forecast 140, ok, no data before 4 Oct", false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			records := flat()
			if test.change != nil {
				records = test.change(records)
			}
			measured := spendtest.Of(records...)
			if test.damaged != "" {
				measured.Damaged = []ledger.DamagedFile{{Path: "part", Day: at(t, test.damaged), Reason: "torn"}}
			}
			source := spend.Source{Usage: onlyInSpan{measured}, Rates: vcpuOnly{}}
			got, err := budget.Evaluate(t.Context(), source,
				budget.Set{Budgets: []budget.Budget{monthly("acme", "1000")}}, at(t, test.now))
			require.NoError(t, err)
			if test.name == "late data" {
				require.Equal(t, at(t, now), got.AsOf)
			}
			line := got.Lines[0]
			line.RunsOut = nil
			require.Equal(t, test.want, words(line), test.reason)
			require.Equal(t, test.complete, line.Complete())
		})
	}
}

// onlyInSpan is a ledger that names a damaged file only where its day is asked for, as ledgers do.
type onlyInSpan struct{ *spendtest.Ledger }

func (l onlyInSpan) Aggregate(ctx context.Context, q ledger.Query) (ledger.Result, error) {
	out, err := l.Ledger.Aggregate(ctx, q)
	var damaged []ledger.DamagedFile
	for _, file := range out.Damaged {
		if file.Day.Before(q.To) && q.From.Before(file.Day.AddDate(0, 0, 1)) {
			damaged = append(damaged, file)
		}
	}
	out.Damaged = damaged
	return out, err
}

// vcpuOnly is a card on which a vCPU-second costs a dollar, in all regions but Frankfurt.
type vcpuOnly struct{ spendtest.DollarRates }

func (r vcpuOnly) Series(region string) (pricing.Series, error) {
	if region == "eu-central-1" {
		return pricing.Series{}, &pricing.NoCardError{Region: region}
	}
	return r.DollarRates.Series(region)
}

// TestABudgetOfANameThatNothingHas: a misspelled name is not a tenant that spends nothing.
func TestABudgetOfANameThatNothingHas(t *testing.T) {
	source := dollars(daily(at(t, "2026-08-01"), at(t, "2026-10-10"), "acme", always(5))...)
	source.Tenants = tenants.File{Known: []string{"idle"}}
	got, err := budget.Evaluate(t.Context(), source, budget.Set{Budgets: []budget.Budget{
		monthly("acmee", "100"), monthly("idle", "100"),
		{Subject: budget.Subject{Scope: budget.Region, Name: "us-east-2"}, Amount: dec("100")},
	}}, at(t, "2026-10-10"))
	require.NoError(t, err)
	require.Equal(t, "acmee: 0 not-measured, forecast -, unknown", words(got.Lines[0]))
	require.Equal(t, `there is no tenant "acmee" in the ledger or the tenants file; did you mean "acme"?`,
		got.Lines[0].Missing)
	require.Equal(t, "idle: 0 exact, forecast 0, ok", words(got.Lines[1]), "the tenants file has it")
	require.Equal(t, "region us-east-2: 0 not-measured, forecast -, unknown", words(got.Lines[2]))
	require.Contains(t, got.Lines[2].Missing, `did you mean "us-east-1"?`)
}
