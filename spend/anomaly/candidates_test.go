package anomaly

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/civil"
	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// exactAnomalies judges every tenant on every day by exact amounts, as Find would without candidates.
func exactAnomalies(t *rapid.T, s spend.Source, from, to time.Time) []Anomaly {
	loc := time.UTC
	first := civil.DayOf(from, loc)
	history := civil.Between((first - spend.HistoryDays).Start(loc), to)
	known, err := s.History(t.Context(), history, loc)
	require.NoError(t, err)
	if known.AsOf.IsZero() {
		return nil
	}
	until := to
	if known.AsOf.Before(until) {
		until = known.AsOf
	}
	report, err := s.Report(t.Context(), spend.Request{From: history.From, To: until, By: []spend.Dimension{spend.ByTenant, spend.ByDay, spend.ByComponent}})
	require.NoError(t, err)
	var out []Anomaly
	for _, h := range habits(report.Rows, known.Covered) {
		for d := first; !(d + 1).Start(loc).After(until); d++ {
			if a, found := h.judge(d, Rule{}); found {
				out = append(out, a)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Anomaly) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Tenant, b.Tenant))
	})
	return out
}

// TestCandidatesLoseNoAnomaly holds the anomalies found among candidates to those found by exact amounts of everything: also where
// a day lies on the very edge of what is usual.
func TestCandidatesLoseNoAnomaly(t *testing.T) {
	end := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		source := spendtest.Of()
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
					PeriodStart: end.AddDate(0, 0, -day-1), PeriodSeconds: 86_400, Region: "us-east-1", Resource: usage.Resource{ID: fmt.Sprintf("mvm-%d", tenant)},
					Tenant: []string{"acme", "bravo", spend.Unallocated, ""}[tenant], Source: "test", Amounts: usage.Amounts{pricing.VCPU: seconds * 1000},
				})
			}
		}
		s := spend.Source{Usage: source, Rates: pricing.EmbeddedCards()}
		from := end.AddDate(0, 0, -30)
		found, err := Find(t.Context(), s, Rule{}, Request{From: from, To: end})
		require.NoError(t, err)
		require.Equal(t, exactAnomalies(t, s, from, end), found.Anomalies)
	})
}
