package conformance

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/civil"
	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

func midnight(at time.Time, zone *time.Location) time.Time { return civil.DayOf(at, zone).Start(zone) }

// A handful of questions to each random ledger, which has taken its records in two imports.
func questions(t *testing.T, s Stores) {
	rapid.Check(t, func(rt *rapid.T) {
		start := rapid.SampledFrom(starts).Draw(rt, "start")
		older, newer := recordsFrom(rt, start, "older"), recordsFrom(rt, start, "newer")
		l := with(t, s, older)
		l.upsert(newer)
		r, latest := l.reader(), ledgertest.Latest(older, newer)
		for range 12 {
			q := someQuery(rt, start)
			if q.Check() != nil {
				_, err := r.Aggregate(t.Context(), q)
				require.Error(rt, err)
				continue
			}
			answer(t, r, latest, q)
		}
	})
}

// The amounts are added up with big integers, by nothing that a ledger uses.
func exactSums(t *testing.T, s Stores) {
	records := small.All()
	want := map[string]*[usage.MeasureCount]big.Int{}
	for i := range records {
		r := &records[i]
		r.Amounts[pricing.SnapshotRead], r.Amounts[pricing.SnapshotStorage] = math.MaxInt64, math.MaxInt64-int64(i)
		if want[r.Tenant] == nil {
			want[r.Tenant] = new([usage.MeasureCount]big.Int)
		}
		for m, amount := range r.Amounts {
			want[r.Tenant][m].Add(&want[r.Tenant][m], big.NewInt(amount))
		}
	}
	l := with(t, s, records)
	q := ledger.Query{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant}}
	result, err := l.reader().Aggregate(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, result.Groups, len(want))
	for _, group := range result.Groups {
		for m := range group.Sum.Amounts {
			require.Equal(t, want[group.Tenant][m].String(), group.Sum.Amounts[m].String(), "%s, measure %d", group.Tenant, m)
		}
	}
	// 72 records of 2^63 − 1.
	require.Equal(t, "664082786653543858104", result.Groups[0].Sum.Amounts[pricing.SnapshotRead].String())
}

// Daily records of 1, 2 and 31 October are October's in New York, where all three begin on the evening before; records
// of an hour are cut at New York's midnight.
func otherZones(t *testing.T, s Stores) {
	newYork := zones[2]
	record := func(day, hour, seconds int) usage.Record {
		r := usage.Record{
			PeriodStart:   time.Date(2026, time.October, day, hour, 30*(1-seconds/86_400), 0, 0, time.UTC),
			PeriodSeconds: int64(seconds), Region: "us-east-1", Resource: usage.Resource{ID: fmt.Sprintf("m%d", seconds)},
			Source: "import", Coverage: usage.CoverageComplete,
		}
		r.Amounts[pricing.VCPU] = 1_000_000_001
		return r
	}
	l := with(t, s, []usage.Record{
		record(1, 0, 86_400), record(2, 0, 86_400), record(31, 0, 86_400), record(8, 3, 3600),
	})
	result, err := l.reader().Aggregate(t.Context(), ledger.Query{
		From: civil.MustParse("2026-10-01").Start(newYork), To: civil.MustParse("2026-11-01").Start(newYork),
		By: []ledger.Field{ledger.FieldDay}, Location: newYork,
	})
	require.NoError(t, err)
	var got []string
	for _, g := range result.Groups {
		got = append(got, fmt.Sprintf("%s %s of %d, %s by date", g.Day.Format(time.DateOnly), g.Sum.Amounts[pricing.VCPU],
			g.Sum.Records, g.Sum.ByDate))
	}
	require.Equal(t, []string{
		"2026-10-01 1000000001 of 1, 1 by date",
		"2026-10-02 1000000001 of 1, 1 by date",
		"2026-10-07 500000001 of 1, 0 by date", // 23:30 to midnight; the unit that is left goes to the first
		"2026-10-08 500000000 of 0, 0 by date",
		"2026-10-31 1000000001 of 1, 1 by date",
	}, got)
}

// Any two stretches of time that adjoin add up to both, wherever they cut a period.
func partsOfPeriods(t *testing.T, s Stores) {
	var records []usage.Record
	for i, seconds := range []int64{86_400, 86_399, 3600, 5400, 7, 40_000, 3600, 1800} {
		for d := range days {
			r := small.Record(i + d)
			r.PeriodStart, r.PeriodSeconds = starts[0].AddDate(0, 0, d), seconds
			if seconds < 40_000 {
				r.PeriodStart = r.PeriodStart.Add(time.Duration(i) * 97 * time.Minute)
			}
			records = append(records, r)
		}
	}
	l := with(t, s, records)
	r := l.reader()
	sum := func(rt *rapid.T, q ledger.Query, from, to time.Time) (sum usage.Sum) {
		q.From, q.To = from, to
		result, err := r.Aggregate(t.Context(), q)
		require.NoError(rt, err)
		for i := range result.Groups {
			sum.Merge(&result.Groups[i].Sum)
		}
		return sum
	}
	rapid.Check(t, func(rt *rapid.T) {
		cuts := make([]time.Time, 3)
		for i := range cuts {
			cuts[i] = starts[0].Add(time.Duration(rapid.IntRange(-20*3600, 90*3600).Draw(rt, "cut")) * time.Second)
		}
		slices.SortFunc(cuts, time.Time.Compare)
		if !cuts[0].Before(cuts[1]) || !cuts[1].Before(cuts[2]) {
			return
		}
		q := someQuery(rt, starts[0])
		q.Most = 0
		left, right := sum(rt, q, cuts[0], cuts[1]), sum(rt, q, cuts[1], cuts[2])
		left.Merge(&right)
		require.Equal(rt, sum(rt, q, cuts[0], cuts[2]), left, "%+v", q)
	})
}

func names(t *testing.T, s Stores) {
	hostile := []string{
		"../../usage/dt=2026-01-01/part-00000.parquet", "/etc/passwd", "'; DROP TABLE usage; --", `\N`, "NULL", "\\", "\"",
		"`", "\t\r\n", "\x1b[2J", "\u202e", "日本語", "a\u0301", "á", "é", "e\u0301", "{name:String}", "%s%n", "${HOME}",
		" ", "  ", "a ",
		"A", "a", "\x7f", "\ufeffx", strings.Repeat("x", usage.MaxNameBytes), strings.Repeat("é", usage.MaxNameBytes/2),
	}
	var records []usage.Record
	for i, name := range hostile {
		r := small.Record(i)
		r.Region, r.Account, r.Image, r.Tenant, r.Role, r.Source = name, name, name, name, name, name
		r.Resource = usage.Resource{Kind: usage.ResourceKind(i % 3), ID: name}
		records = append(records, r)
	}
	l := with(t, s, records)
	l.holds(records)
	r := l.reader()
	for by := range ledger.FieldDay + 1 {
		answer(t, r, ledgertest.Latest(records), ledger.Query{From: always[0], To: always[1], By: []ledger.Field{by}})
	}
	require.Equal(t, int64(len(records)), l.upsert(records).Unchanged)
}

func empty(t *testing.T, s Stores) {
	l := fresh(t, s)
	w := l.writer(ledger.Options{})
	n, err := w.Upsert(t.Context(), ledgertest.Batches(nil, 1))
	require.NoError(t, err)
	require.Equal(t, ledger.Changes{}, n)
	all := ledger.Query{From: always[0], To: always[1], By: []ledger.Field{ledger.FieldTenant}}
	result, err := w.Aggregate(t.Context(), all)
	require.NoError(t, err)
	require.Equal(t, ledger.Result{}, result)
	require.Empty(t, recordsOf(t, w, always[0], always[1]))
	reach, err := w.Extent(t.Context())
	require.NoError(t, err)
	require.Equal(t, ledger.Extent{}, reach)
	sums, err := w.Info(t.Context())
	require.NoError(t, err)
	require.Equal(t, ledger.Info{}, sums)
	documents, err := w.ListDocuments(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, documents)
	_, err = w.Fingerprint(t.Context())
	require.NoError(t, err)
}

func extent(t *testing.T, s Stores) {
	records := small.All()
	l := with(t, s, records[9:20])
	reaches := func(first, last time.Time, seconds int64) {
		t.Helper()
		got, err := l.reader().Extent(t.Context())
		require.NoError(t, err)
		require.Equal(t, ledger.Extent{First: first, Last: last, LastSeconds: seconds}, got)
	}
	reaches(day(0).Add(3*time.Hour), day(0).Add(6*time.Hour), records[0].PeriodSeconds)
	l.upsert(records)
	reaches(day(0), day(2).Add(21*time.Hour), records[0].PeriodSeconds)
	long := records[0]
	long.PeriodStart, long.PeriodSeconds = day(3), 86_400
	l.upsert([]usage.Record{long})
	reaches(day(0), day(3), 86_400)
	short := records[1]
	short.PeriodStart, short.PeriodSeconds = day(3), 600
	l.upsert([]usage.Record{short})
	reaches(day(0), day(3), 600)
}

func fingerprint(t *testing.T, s Stores) {
	records := small.All()
	l := with(t, s, records[:72])
	of := func() string {
		t.Helper()
		got, err := l.reader().Fingerprint(t.Context())
		require.NoError(t, err)
		return got
	}
	seen := []string{of()}
	stays := func(reason string) {
		t.Helper()
		require.Equal(t, seen[len(seen)-1], of(), reason)
	}
	changes := func(reason string) {
		t.Helper()
		now := of()
		require.NotContains(t, seen, now, reason)
		seen = append(seen, now)
	}
	stays("nothing was done")
	l.upsert(records[:72])
	stays("the same again")
	_, err := l.try(append(slices.Clone(records), usage.Record{}), ledger.Options{})
	require.Error(t, err)
	stays("an import that failed")
	_, err = l.try([]usage.Record{turn(0, 60), turn(30, 60)}, ledger.Options{Overlaps: ledger.RefuseOverlaps})
	require.Error(t, err)
	stays("an import that was refused")
	w := l.writer(ledger.Options{})
	require.NoError(t, w.PutDocument(t.Context(), "bills/x.json", []byte("{}")))
	require.NoError(t, w.Close())
	stays("a document is no usage")
	l.upsert(records[72:])
	changes("more days")
	for i := range 5 {
		records[0].Amounts[pricing.VCPU] += int64(i + 1)
		l.upsert(records[:1])
		changes("a figure of one record")
	}
	l.upsert([]usage.Record{ledger.Withdraw(records[0], 1)})
	changes("a record was withdrawn")
	long := l.reader()
	before, err := long.Fingerprint(t.Context())
	require.NoError(t, err)
	l.upsert(records[:1])
	after, err := long.Fingerprint(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, before, after, "a reader that stays open sees it, too")
}

func info(t *testing.T, s Stores) {
	records := small.All()
	l := with(t, s, records)
	got, err := l.reader().Info(t.Context())
	require.NoError(t, err)
	require.Len(t, got.Days, 3)
	require.Equal(t, int64(216), got.Rows)
	require.Equal(t, [2]time.Time{day(0), day(2).Add(21 * time.Hour)}, [2]time.Time{got.First, got.Last})
	require.Empty(t, got.Damaged)
	bytes, parts := int64(0), 0
	for i, of := range got.Days {
		covered := int64(0)
		for _, r := range records[72*i : 72*(i+1)] {
			if r.Coverage == usage.CoverageComplete {
				covered += r.PeriodSeconds
			}
		}
		require.Equal(t, ledger.DayInfo{
			Day: day(i), Rows: 72, Bytes: of.Bytes, Parts: of.Parts, First: day(i), Last: day(i).Add(21 * time.Hour),
			Seconds: 72 * 10_800, CoveredSeconds: covered,
			RollupRows: of.RollupRows, RollupBytes: of.RollupBytes, NoRollup: of.NoRollup, RollupNeedless: of.RollupNeedless, // as the store likes
		}, of)
		bytes, parts = bytes+of.Bytes, parts+of.Parts
	}
	require.Equal(t, [2]int64{got.Bytes, int64(got.Parts)}, [2]int64{bytes, int64(parts)})
	require.Positive(t, parts)
}

func unanswerable(t *testing.T, s Stores) {
	l := with(t, s, small.All())
	r := l.reader()
	for _, q := range []ledger.Query{
		{From: day(0), To: day(0)},
		{From: day(1), To: day(0)},
		{From: day(0), To: day(1), By: []ledger.Field{ledger.FieldDay + 1}},
		{From: day(0), To: day(1), By: []ledger.Field{ledger.FieldTenant, ledger.FieldTenant}},
		{From: day(0), To: day(1), Sums: 1 << usage.MeasureCount},
	} {
		_, err := r.Aggregate(t.Context(), q)
		require.Error(t, err, "%+v", q)
	}
	q := ledger.Query{From: day(0), To: day(1), By: []ledger.Field{ledger.FieldResource}, Most: 8}
	_, err := r.Aggregate(t.Context(), q)
	require.Equal(t, &ledger.TooManyGroupsError{Most: 8}, err)
	q.Most = 9
	answer(t, r, small.All(), q)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Aggregate(ended, ledger.Query{From: day(0), To: day(1)})
	require.ErrorIs(t, err, context.Canceled)
	for _, err = range r.Records(ended, always[0], always[1]) {
		if err != nil {
			break
		}
	}
	require.ErrorIs(t, err, context.Canceled)
}
