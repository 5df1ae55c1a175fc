package parquet

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/civil"
	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func written(t *testing.T, records []usage.Record) *Ledger {
	t.Helper()
	w, err := OpenForWriting(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	defer w.Close()
	_, err = w.Upsert(context.Background(), func(yield func([]usage.Record, error) bool) { yield(records, nil) })
	require.NoError(t, err)
	return &w.Ledger
}

// Daily records of 1, 2 and 31 October are October's in New York, where all three begin on the evening before; records
// of an hour are cut at New York's midnight.
func TestDaysOfRecordsInOtherZones(t *testing.T) {
	newYork := location(t, "America/New_York")
	record := func(day, hour, seconds int) usage.Record {
		r := usage.Record{
			PeriodStart: time.Date(2026, time.October, day, hour, 30*(1-seconds/86_400), 0, 0, time.UTC), PeriodSeconds: int64(seconds),
			Region: "us-east-1", Resource: usage.Resource{ID: fmt.Sprintf("m%d", seconds)}, Source: "import",
			Coverage: usage.CoverageComplete,
		}
		r.Amounts[pricing.VCPU] = 1_000_000_001
		return r
	}
	l := written(t, []usage.Record{record(1, 0, 86_400), record(2, 0, 86_400), record(31, 0, 86_400), record(8, 3, 3600)})
	result, err := l.Aggregate(t.Context(), ledger.Query{
		From: civil.MustParse("2026-10-01").Start(newYork), To: civil.MustParse("2026-11-01").Start(newYork),
		By: []ledger.Field{ledger.FieldDay}, Location: newYork,
	})
	require.NoError(t, err)
	var got []string
	for _, g := range result.Groups {
		got = append(got, fmt.Sprintf("%s %s of %d, %s by date", g.Day.Format(time.DateOnly), g.Sum.Amounts[pricing.VCPU],
			g.Sum.Records, g.Sum.ByDate))
	}
	assert.Equal(t, []string{
		"2026-10-01 1000000001 of 1, 1 by date",
		"2026-10-02 1000000001 of 1, 1 by date",
		"2026-10-07 500000001 of 1, 0 by date", // 23:30 to midnight; the unit that is left goes to the first
		"2026-10-08 500000000 of 0, 0 by date",
		"2026-10-31 1000000001 of 1, 1 by date",
	}, got)
}

// The ledger answers as the plain grouping of its records does, whatever is cut, and any two stretches of time that
// adjoin add up to both.
func TestCutPeriodsAddUp(t *testing.T) {
	zones := []*time.Location{
		nil, time.UTC, location(t, "America/New_York"), location(t, "Asia/Kathmandu"), location(t, "Pacific/Kiritimati"),
		location(t, "Africa/Cairo"),
	}
	first := time.Date(2026, time.October, 28, 0, 0, 0, 0, time.UTC) // Cairo's clocks go back on the 30th
	var records []usage.Record
	for day := range 4 {
		for i, seconds := range []int64{86_400, 86_399, 3600, 5400, 7, 40_000} {
			for start, n := int64(i)*13, 0; start+seconds <= 86_400 && n < 30 || start == 0 && seconds == 86_400; n++ {
				r := usage.Record{
					PeriodStart: first.AddDate(0, 0, day).Add(time.Duration(start) * time.Second), PeriodSeconds: seconds,
					Region: "us-east-1", Resource: usage.Resource{ID: fmt.Sprint("m", i)}, Tenant: fmt.Sprint("t", n%3),
					Source: "import", Coverage: usage.Coverage(n % 3),
				}
				for m := range r.Amounts {
					r.Amounts[m] = int64(n*1_000_003 + m*77 + i)
				}
				records = append(records, r)
				start += max(seconds, 2900)
			}
		}
	}
	l, plain := written(t, records), ledgertest.Records(records)
	rapid.Check(t, func(t *rapid.T) {
		second := func(name string) time.Time {
			return first.Add(time.Duration(rapid.Int64Range(-20*3600, 110*3600).Draw(t, name)) * time.Second)
		}
		cuts := []time.Time{second("a"), second("b"), second("c")}
		slices.SortFunc(cuts, time.Time.Compare)
		if !cuts[0].Before(cuts[1]) || !cuts[1].Before(cuts[2]) {
			return
		}
		q := ledger.Query{
			From: cuts[0], To: cuts[2], Location: rapid.SampledFrom(zones).Draw(t, "zone"),
			By: rapid.SliceOfDistinct(rapid.SampledFrom([]ledger.Field{ledger.FieldTenant, ledger.FieldDay}),
				rapid.ID[ledger.Field]).Draw(t, "by"),
			Uncut: rapid.Bool().Draw(t, "uncut"),
		}
		ask := func(of ledger.Aggregator, from, to time.Time) (ledger.Result, usage.Sum) {
			asked := q
			asked.From, asked.To = from, to
			result, err := of.Aggregate(context.Background(), asked)
			require.NoError(t, err)
			result.Read = nil
			var sum usage.Sum
			for _, g := range result.Groups {
				sum.Merge(&g.Sum)
			}
			return result, sum
		}
		got, whole := ask(l, q.From, q.To)
		want, _ := ask(plain, q.From, q.To)
		require.Equal(t, want, got, "%+v", q)
		_, left := ask(l, q.From, cuts[1])
		_, right := ask(l, cuts[1], q.To)
		left.Merge(&right)
		require.Equal(t, whole, left)
	})
}
