package spend

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/civil"
	"microspend/pricing"
	"microspend/usage"
)

// exactAnomalies judges every tenant on every day by exact amounts, as Anomalies would without a sieve.
func exactAnomalies(t *rapid.T, s Source, from, to time.Time) []Anomaly {
	loc := time.UTC
	first := civil.DayOf(from, loc)
	history := civil.Between((first - HistoryDays).Start(loc), to)
	covered, err := s.daysWithData(context.Background(), history, loc)
	require.NoError(t, err)
	asOf, err := s.asOf(context.Background(), covered, to, loc)
	require.NoError(t, err)
	if asOf.IsZero() {
		return nil
	}
	until := to
	if asOf.Before(until) {
		until = asOf
	}
	report, err := s.Report(context.Background(), Request{From: history.From, To: until, By: []Dimension{ByTenant, ByDay, ByComponent}})
	require.NoError(t, err)
	var out []Anomaly
	for _, h := range habits(report.Rows, covered) {
		for d := first; !(d + 1).Start(loc).After(until); d++ {
			if a, found := h.judge(d, s.AnomalyRule); found {
				out = append(out, a)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Anomaly) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Tenant, b.Tenant))
	})
	return out
}

// TestSieveLosesNoAnomaly holds the anomalies found by way of a sketch to those found by exact amounts of everything: also where
// a day lies on the very edge of what is usual.
func TestSieveLosesNoAnomaly(t *testing.T) {
	end := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		source := &memory{}
		days := rapid.IntRange(1, 80).Draw(t, "days")
		for tenant := range rapid.IntRange(1, 4).Draw(t, "tenants") {
			usual := rapid.SampledFrom([]int64{0, 1, 36_109, 1_000_000}).Draw(t, "usual seconds")
			for day := range days {
				if rapid.IntRange(0, 9).Draw(t, "absent") == 0 {
					continue
				}
				// A second of a vCPU is $0.0000276944, so that 36,109 of them are a hair over a dollar.
				seconds := usual + rapid.SampledFrom([]int64{0, 0, 0, 0, 1, 2, 36_108, 36_109, 36_110, 144_434, 500_000}).Draw(t, "more")
				source.Records = append(source.Records, usage.Record{
					PeriodStart: end.AddDate(0, 0, -day-1), PeriodSeconds: 86_400, Region: "us-east-1", MicroVMID: fmt.Sprintf("mvm-%d", tenant),
					Tenant: []string{"acme", "bravo", Unallocated, ""}[tenant], Source: "test", Quantities: usage.Quantities{VCPUMillis: seconds * 1000},
				})
			}
		}
		s := Source{Usage: source, Rates: pricing.EmbeddedCards()}
		from := end.AddDate(0, 0, -30)
		found, err := s.Anomalies(context.Background(), AnomalyRequest{From: from, To: end})
		require.NoError(t, err)
		require.Equal(t, exactAnomalies(t, s, from, end), found.Anomalies)
	})
}

// TestSketchIsNearTheExactAmounts holds a sketch to what was spent, to a millionth of a dollar for each region.
func TestSketchIsNearTheExactAmounts(t *testing.T) {
	start := time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	source := &memory{}
	for day := range 5 {
		for i, tenant := range []string{"acme", "bravo", ""} {
			for _, region := range []string{"us-east-1", "eu-west-1", "mars-north-1"}[:1+i] {
				source.Records = append(source.Records, usage.Record{
					PeriodStart: start.AddDate(0, 0, day), PeriodSeconds: 3600, Region: region, MicroVMID: "mvm-" + tenant + region, Tenant: tenant, Source: "test",
					Quantities: usage.Quantities{
						VCPUMillis: int64(day+1) * 3_600_000, MemMiBMillis: int64(day) * 3_600_000 * 2048, ReadBytes: 1 << 30, WriteBytes: 3 << 30,
						StorageByteSeconds: 7 << 40,
					},
				})
			}
		}
	}
	source.Records = append(source.Records, usage.Record{
		PeriodStart: start, PeriodSeconds: 3600, Region: "mars-north-1", MicroVMID: "mvm-x", Tenant: "nowhere", Source: "test", Quantities: usage.Quantities{ReadBytes: 1},
	})
	s := Source{Usage: source, Rates: pricing.EmbeddedCards()}
	sketch, err := s.Sketch(context.Background(), start, start.AddDate(0, 0, 7))
	require.NoError(t, err)
	report, err := s.Report(context.Background(), Request{From: start, To: start.AddDate(0, 0, 7), By: []Dimension{ByTenant, ByDay}})
	require.NoError(t, err)
	for _, row := range report.Rows {
		series := sketch.Of(row.Tenant)
		require.Len(t, series, 7)
		at := int(civil.MustParse(row.Day) - civil.DayOf(start, time.UTC))
		if !row.Known() {
			require.Equal(t, UnknownMicroDollars, series[at], "%s on %s is unknown, not zero", row.Tenant, row.Day)
			continue
		}
		off := row.Amount.Shift(6).Sub(decimal.NewFromInt(int64(series[at])))
		require.True(t, !off.IsNegative() && off.LessThanOrEqual(decimal.NewFromInt(3)), "%s on %s is %s off", row.Tenant, row.Day, off)
		require.Zero(t, series[6], "a day without usage")
	}
	require.Nil(t, sketch.Of("nobody"))
}
