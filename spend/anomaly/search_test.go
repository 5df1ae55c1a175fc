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

// plainAnomalies judges a report by tenant, day and billed quantity of all days at once.
func plainAnomalies(t *rapid.T, s spend.Source, from, to time.Time) []Anomaly {
	loc := time.UTC
	first := civil.DayOf(from, loc)
	history := civil.Between((first - spend.HistoryDays).Start(loc), to)
	known, err := s.History(t.Context(), history, loc)
	require.NoError(t, err)
	if known.AsOf.IsZero() {
		return nil
	}
	history.To = civil.Earlier(to, known.AsOf)
	report, err := s.Report(t.Context(), spend.Request{
		From: history.From, To: history.To,
		By: []spend.Dimension{spend.ByTenant, spend.ByDay, spend.ByComponent},
	})
	require.NoError(t, err)
	habits, parts := map[owner]*habit{}, map[owner]map[civil.Day]*pricing.Quantities{}
	origin, last := history.Days(loc)
	for _, row := range report.Rows {
		who, d := owner{row.Kind, row.Tenant}, civil.MustParse(row.Day)
		if habits[who] == nil {
			habits[who] = &habit{who: who, origin: origin, first: d, covered: known.Covered}
			habits[who].days = make([]dayCost, last-origin+1)
			parts[who] = map[civil.Day]*pricing.Quantities{}
		}
		day, sum := &habits[who].days[d-origin], row.Amount
		if !day.total.IsZero() {
			sum = sum.Add(day.total)
		}
		day.total, day.state = sum, day.state.And(row.State())
		if parts[who][d] == nil {
			parts[who][d] = &pricing.Quantities{}
		}
		if q, used := row.Quantity(); used {
			parts[who][d][q] = row.Amount
		}
	}
	var out []Anomaly
	for who, h := range habits {
		for d := first; !(d + 1).Start(loc).After(history.To); d++ {
			if peers, _ := peers(d, h.first, h.covered); len(peers) > 0 && h.near(d, peers, defaultFloor) {
				middle, _ := h.usual(peers, Rule{})
				require.True(t, h.on(d).total.Sub(middle).Abs().LessThan(defaultFloor), "what is near is near the median")
			}
			if found, far := h.judge(d, Rule{}); far {
				found.Component, found.Moved = moved(parts[who], d, found.peers)
				out = append(out, found.Anomaly)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Anomaly) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Tenant, b.Tenant))
	})
	return out
}

// TestFindAgreesWithAPlainReport: also where a day lies on the very edge of what is usual.
func TestFindAgreesWithAPlainReport(t *testing.T) {
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
					Amounts: usage.Amounts{
						pricing.VCPU: seconds * 1000, pricing.SnapshotWrite: rapid.Int64Range(0, 3).Draw(t, "GiB") << 30,
					},
				})
			}
		}
		s := spend.Source{Usage: source, Rates: pricing.EmbeddedCards()}
		from := end.AddDate(0, 0, -30)
		found, err := Find(t.Context(), s, Rule{}, Request{From: from, To: end})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(plainAnomalies(t, s, from, end)), fmt.Sprint(found.Anomalies))
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
