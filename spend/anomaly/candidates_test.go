package anomaly

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
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
	report, err := s.Report(t.Context(), spend.Request{
		From: history.From, To: until,
		By: []spend.Dimension{spend.ByTenant, spend.ByDay, spend.ByComponent},
	})
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

// TestCandidatesLoseNoAnomaly holds the anomalies found among candidates to those found by exact amounts of
// everything: also where a day lies on the very edge of what is usual.
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
				seconds := usual + rapid.SampledFrom([]int64{0, 0, 0, 0, 1, 2, 36_108, 36_109, 36_110, 144_434, 500_000}).Draw(t,
					"more")
				source.Records = append(source.Records, usage.Record{
					PeriodStart: end.AddDate(0, 0, -day-1), PeriodSeconds: 86_400, Region: "us-east-1",
					Resource: usage.Resource{ID: fmt.Sprintf("mvm-%d", tenant)},
					Tenant:   []string{"acme", "bravo", spend.Unallocated, ""}[tenant], Source: "test",
					Amounts: usage.Amounts{pricing.VCPU: seconds * 1000},
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

// TestPeersLookBackEightWeeks: the same weekday eight weeks ago is the first that counts, and three of them are enough.
func TestPeersLookBackEightWeeks(t *testing.T) {
	day := civil.Date(2026, time.October, 8)
	covered := map[civil.Day]bool{}
	for d := day - 100; d <= day; d++ {
		covered[d] = true
	}
	for _, test := range []struct {
		name    string
		since   civil.Day
		same    bool
		count   int
		earlist civil.Day
	}{
		{"long ago", day - 100, true, 8, day - 56},
		{"eight weeks", day - 56, true, 8, day - 56},
		{"a day later", day - 55, true, 7, day - 49},
		{"three weeks", day - 21, true, 3, day - 21},
		{"a day later", day - 20, false, 20, day - 20},
		{"a week", day - 7, false, 7, day - 7},
	} {
		got, same := peers(day, test.since, covered)
		require.Equal(t, test.same, same, test.name)
		require.Len(t, got, test.count, test.name)
		require.Equal(t, test.earlist, got[0], test.name)
	}
	got, _ := peers(day, day-6, covered)
	require.Empty(t, got, "six days say nothing")
	for d := day - 100; d < day-6; d++ {
		covered[d] = d == day-spend.HistoryDays-1
	}
	got, _ = peers(day, day-100, covered)
	require.Empty(t, got, "nor does a day more than eight weeks ago with them")
}

// TestCandidatesBearEstimatesThatAreOff: an estimate that is off by less than half the margin hides no day that
// stands out.
func TestCandidatesBearEstimatesThatAreOff(t *testing.T) {
	first := civil.Date(2026, time.August, 13)
	day := first + spend.HistoryDays
	covered := map[civil.Day]bool{}
	for d := first; d <= day; d++ {
		covered[d] = true
	}
	stand := 0
	rapid.Check(t, func(t *rapid.T) {
		exact := &habit{first: first, days: map[civil.Day]*dayCost{}, covered: covered}
		series := &spend.DaySeries{First: first, Amounts: make([]spend.MicroDollars, day-first+1)}
		usual := rapid.Int64Range(0, 20_000_000).Draw(t, "usual")
		step := rapid.SampledFrom([]int64{0, 1, 1000, 100_000, 1_000_000}).Draw(t, "step")
		for d := first; d <= day; d++ {
			micro := usual + step*rapid.Int64Range(0, 2).Draw(t, "steps")
			if d == day { // close to the edges: the floor of a dollar, and four deviations
				edge := rapid.SampledFrom([]int64{1_000_000, step * 59_304 / 10_000, step*59_304/10_000 + step}).Draw(t, "edge")
				micro = usual + step + edge + rapid.Int64Range(-2, 1000).Draw(t, "beyond")
			}
			exact.days[d] = &dayCost{total: decimal.New(micro, -6)}
			off := rapid.Int64Range(0, int64(margin)/2-1).Draw(t, "off")
			series.Amounts[d-first] = spend.MicroDollars(max(0, micro-off))
		}
		if _, found := exact.judge(day, Rule{}); found {
			stand++
			estimates := spend.DayEstimates{First: first, Days: int(day-first) + 1}
			require.True(t, judged{day, covered, Rule{}}.mayStandOut(estimates, series))
		}
	})
	require.NotZero(t, stand, "some days stood out")
}

// TestTheMarginIsOfADayAndOfTheDeviation: each by itself is enough to miss a day without it.
func TestTheMarginIsOfADayAndOfTheDeviation(t *testing.T) {
	first := civil.Date(2026, time.August, 13)
	day := first + spend.HistoryDays
	covered := map[civil.Day]bool{}
	for d := first; d <= day; d++ {
		covered[d] = true
	}
	may := func(last spend.MicroDollars, others ...spend.MicroDollars) bool {
		series := &spend.DaySeries{First: first, Amounts: make([]spend.MicroDollars, day-first+1)}
		for d := first; d < day; d++ {
			series.Amounts[d-first] = others[int(d-first)/7%len(others)]
		}
		series.Amounts[day-first] = last
		return judged{day, covered, Rule{}}.mayStandOut(spend.DayEstimates{First: first, Days: int(day-first) + 1}, series)
	}
	require.True(t, may(1_999_001, 1_000_000), "a move of a tenth of a cent below the floor may be one of the floor")
	require.False(t, may(1_998_999, 1_000_000), "less cannot")
	// The median is 2, the deviation 1 dollar and four of them 5.9304: 7.9304 is the edge, less a margin, and four of a
	// margin.
	require.True(t, may(7_923_470, 1_000_000, 3_000_000), "within both margins")
	require.False(t, may(7_923_469, 1_000_000, 3_000_000), "outside of them")
}

// TestAnAmountThatIsCutOffIsACandidate: it may be any amount above the most that estimates hold.
func TestAnAmountThatIsCutOffIsACandidate(t *testing.T) {
	first := civil.Date(2026, time.August, 13)
	covered := map[civil.Day]bool{}
	series := &spend.DaySeries{First: first, Amounts: make([]spend.MicroDollars, spend.HistoryDays+1)}
	for i := range series.Amounts {
		covered[first+civil.Day(i)] = true
		series.Amounts[i] = spend.MaxMicroDollars
	}
	last := judged{first + spend.HistoryDays, covered, Rule{}}
	estimates := spend.DayEstimates{First: first, Days: len(series.Amounts)}
	require.True(t, last.mayStandOut(estimates, series))
	series.Amounts[spend.HistoryDays]--
	require.False(t, last.mayStandOut(estimates, series))
}
