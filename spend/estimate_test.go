package spend

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/usage"
)

// TestEstimatesAreNearTheExactAmounts holds estimates to what was spent, to a millionth of a dollar for each region.
func TestEstimatesAreNearTheExactAmounts(t *testing.T) {
	start := time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	source := &memory{}
	for day := range 5 {
		for i, tenant := range []string{"acme", "bravo", ""} {
			for _, region := range []string{"us-east-1", "eu-west-1", "mars-north-1"}[:1+i] {
				source.Records = append(source.Records, usage.Record{
					PeriodStart: start.AddDate(0, 0, day), PeriodSeconds: 3600, Region: region,
					Resource: usage.Resource{ID: "mvm-" + tenant + region}, Tenant: tenant, Source: "test",
					Amounts: usage.Amounts{
						pricing.VCPU: int64(day+1) * 3_600_000, pricing.Memory: int64(day) * 3_600_000 * 2048,
						pricing.SnapshotRead:  1 << 30,
						pricing.SnapshotWrite: 3 << 30, pricing.SnapshotStorage: 7 << 40,
					},
				})
			}
		}
	}
	source.Records = append(source.Records, usage.Record{
		PeriodStart: start, PeriodSeconds: 3600, Region: "mars-north-1", Resource: usage.Resource{ID: "mvm-x"},
		Tenant: "nowhere", Source: "test", Amounts: usage.Amounts{pricing.SnapshotRead: 1},
	})
	s := Source{Usage: source, Rates: pricing.EmbeddedCards()}
	estimates, err := s.EstimateDays(t.Context(), civil.Between(start, start.AddDate(0, 0, 7)), nil, Filter{})
	require.NoError(t, err)
	report, err := s.Report(context.Background(), Request{
		From: start, To: start.AddDate(0, 0, 7),
		By: []Dimension{ByTenant, ByDay},
	})
	require.NoError(t, err)
	for _, row := range report.Rows {
		series := estimates.Of(row.Key)
		require.Len(t, series, 7)
		at := int(civil.MustParse(row.Day) - civil.DayOf(start, time.UTC))
		if !row.Known() {
			require.Equal(t, UnknownMicroDollars, series[at], "%s on %s is unknown, not zero", row.Tenant, row.Day)
			continue
		}
		off := row.Amount.Shift(6).Sub(decimal.NewFromInt(int64(series[at])))
		require.True(t, !off.IsNegative() && off.LessThanOrEqual(decimal.NewFromInt(3)), "%s on %s is %s off", row.Tenant,
			row.Day, off)
		require.Zero(t, series[6], "a day without usage")
	}
	require.Nil(t, estimates.Of(Key{Tenant: "nobody"}))
}

// TestWhatIsUnknownInOneRegionLeavesTheRest: in whichever order regions come.
func TestWhatIsUnknownInOneRegionLeavesTheRest(t *testing.T) {
	for _, costs := range [][]MicroDollars{
		{UnknownMicroDollars, 5, 7},
		{5, UnknownMicroDollars, 7},
		{5, 7, UnknownMicroDollars},
	} {
		series := DaySeries{Amounts: make([]MicroDollars, 1)}
		for _, cost := range costs {
			series.add(0, cost)
		}
		require.Equal(t, MicroDollars(12), series.Amounts[0], costs)
	}
	series := DaySeries{Amounts: make([]MicroDollars, 1)}
	series.add(0, UnknownMicroDollars)
	require.Equal(t, UnknownMicroDollars, series.Amounts[0])
	series.add(0, MaxMicroDollars)
	series.add(0, 1)
	require.Equal(t, MaxMicroDollars, series.Amounts[0], "cut off at the most")
}
