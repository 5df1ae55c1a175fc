package data_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/spend"
	"microspend/tui/data"
	"microspend/usage"
)

// dollars is a reader of records of which each vCPU-second costs a dollar, but in Ireland, where no rate is known.
func dollars(records ...usage.Record) *data.Reader {
	return &data.Reader{Source: spend.Source{Usage: spendtest.Of(records...), Rates: notInIreland{}}}
}

type notInIreland struct{ spendtest.DollarRates }

func (r notInIreland) Series(region string) (pricing.Series, error) {
	if region == "eu-west-1" {
		return pricing.OneCard(pricing.RateCard{Name: "empty", Region: region}), nil
	}
	return r.DollarRates.Series(region)
}

// TestPeriodsAreComparedByTheRule: whole, and not as far as data reaches alone, which would be taken for a stretch of
// its own length. From October 1 to November 26 at 10:00 there are 56 days and 10 hours, as from August 1 to September
// 26 at 10:00: 1,354 hours of a dollar each. The 56 days and 10 hours right before are others.
func TestPeriodsAreComparedByTheRule(t *testing.T) {
	now := spendtest.At(t, "2026-11-26T10:00")
	r := dollars(spendtest.Hours(spendtest.At(t, "2026-07-01"), now, "acme")...)
	at := data.Moment{Now: now, AsOf: now}
	period, err := data.ParsePeriod("2026-10 2026-11", now, time.UTC)
	require.NoError(t, err)
	got, err := r.Listing(t.Context(), data.Query{Period: period, By: []spend.Dimension{spend.ByTenant}}, at)
	require.NoError(t, err)
	require.Equal(t, "1354", got.Spend.Total.Amount.String())
	require.Equal(t, spendtest.At(t, "2026-08-01"), got.Spend.Compared.Before.From)
	require.Equal(t, spendtest.At(t, "2026-09-26T10:00"), got.Spend.Compared.Before.To)
	require.Equal(t, "1354", got.Spend.Total.Previous.Amount.String())

	sums, err := r.Sums(t.Context(), at)
	require.NoError(t, err)
	require.Equal(t, "10", sums.Today.Previous.Amount.String(), "yesterday until 10:00")
	require.Equal(t, spendtest.At(t, "2026-11-19T10:00"), sums.SameWeekday.Before.To, "and a week ago until 10:00")
	require.Equal(t, "10", sums.SameWeekday.Amount.String())
}

// TestTrendsTellGapsFromZero: a day without a record of anybody is a gap, one on which others spent is zero, and one
// without a rate is unknown.
func TestTrendsTellGapsFromZero(t *testing.T) {
	now := spendtest.At(t, "2026-11-27")
	var records []usage.Record
	for _, hour := range spendtest.Hours(spendtest.At(t, "2026-10-01"), now, "acme") {
		switch hour.PeriodStart.Day() {
		case 10: // the collector was off
		case 12: // others ran
			hour.Tenant, hour.Region = "bravo", "us-east-2"
			fallthrough
		default:
			records = append(records, hour)
		}
		if hour.PeriodStart.Day() == 14 {
			hour.Tenant, hour.Region, hour.Resource.ID = "bravo", "eu-west-1", "mvm-bravo"
			records = append(records, hour)
		}
	}
	const first = 28 // October
	place := func(november int) int { return november + 31 - first }
	r, at := dollars(records...), data.Moment{Now: now, AsOf: now}
	for _, test := range []struct {
		of                 spend.Dimension
		us, ireland, other spend.Key
	}{
		{spend.ByTenant, spend.Key{Tenant: "acme"}, spend.Key{Tenant: "bravo"}, spend.Key{Tenant: "bravo"}},
		{spend.ByRegion, spend.Key{Region: "us-east-1"}, spend.Key{Region: "eu-west-1"}, spend.Key{Region: "us-east-2"}},
	} {
		trends, err := r.Trends(t.Context(), test.of, at)
		require.NoError(t, err)
		us, ireland, other := trends.Of(test.us), trends.Of(test.ireland), trends.Of(test.other)
		require.Len(t, us, data.TrendDays)
		require.InDelta(t, 24, us[place(9)], 0)
		require.True(t, math.IsNaN(float64(us[place(10)])), "a gap")
		require.True(t, math.IsNaN(float64(ireland[place(10)])), "of everybody")
		require.InDelta(t, 24, us[place(11)], 0)
		require.InDelta(t, 0, us[place(12)], 0, "nothing spent, which is known")
		require.InDelta(t, 24, other[place(12)], 0)
		require.True(t, math.IsInf(float64(ireland[place(14)]), -1), "no rate is known")
		require.Nil(
			t,
			trends.Of(spend.Key{Kind: spend.KindUnallocated, Tenant: "acme"}),
			"a label is not a tenant of its name",
		)
	}
}

// TestWhatStillRunsSaysSo: the day, the week and the month that data ends within, and none that is over.
func TestWhatStillRunsSaysSo(t *testing.T) {
	from, until := spendtest.At(t, "2026-11-20"), spendtest.At(t, "2026-11-25T21:00")
	r := dollars(spendtest.Hours(from, until, "acme")...)
	period, err := data.ParsePeriod("2026-11", until, time.UTC)
	require.NoError(t, err)
	for _, test := range []struct {
		by     spend.Dimension
		asOf   time.Time
		suffix string
		reason string
	}{
		{spend.ByDay, until, "Wed until 21:00", "three hours are to come"},
		{spend.ByDay, spendtest.At(t, "2026-11-26"), "2026-11-25 Wed", "the day is over"},
		{spend.ByWeek, until, " until 25 Nov 21:00", "it is Wednesday"},
		{spend.ByMonth, until, "2026-11 until 25 Nov 21:00", "the 25th"},
		{spend.ByTenant, until, "acme", "no stretch of time"},
	} {
		got, err := r.Listing(t.Context(), data.Query{Period: period, By: []spend.Dimension{test.by}},
			data.Moment{Now: until, AsOf: test.asOf})
		require.NoError(t, err)
		marked := 0
		for _, name := range got.Names[0] {
			if strings.Contains(name, "until") {
				marked++
			}
		}
		require.Contains(t, strings.Join(got.Names[0], "\n"), test.suffix, test.reason)
		require.Equal(t, strings.Count(test.suffix, "until"), marked, "%s: %v", test.by, got.Names[0])
	}
	days, err := r.Days(t.Context(), data.Moment{Now: until, AsOf: until})
	require.NoError(t, err)
	last := days.Days[data.TrendDays-1]
	require.True(t, days.Until.Equal(until) && days.Until.Before(last.End), "the last day still runs")
	require.Equal(t, "1", last.Coverage.String())
	require.Nil(t, days.Days[0].Coverage, "nothing was measured")
}
