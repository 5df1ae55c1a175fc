package conformance

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/usage"
)

var small = ledgertest.Fleet{MicroVMs: 9, Tenants: 3, Days: 3, Periods: 8}

func day(n int) time.Time { return ledgertest.FirstDay.AddDate(0, 0, n) }

func oneRecordPerKey(t *testing.T, s Stores) {
	records := small.All()
	l := fresh(t, s)
	n := l.upsert(records)
	assert.Equal(t, ledger.Changes{Read: 216, Added: 216, Days: []time.Time{day(0), day(1), day(2)}}, n)
	l.holds(records)

	late := records[80]
	late.Tenant, late.Amounts[pricing.VCPU] = "someone else", 7
	n = l.upsert([]usage.Record{records[80], late, records[1]})
	assert.Equal(t, ledger.Changes{Read: 3, Replaced: 1, Unchanged: 1, Superseded: 1, Days: []time.Time{late.Day()}}, n)
	l.holds(records, []usage.Record{late})

	// What differs in any part of its key is another record.
	other := make([]usage.Record, 6)
	for i := range other {
		other[i] = records[0]
		other[i].Tenant = "other"
	}
	other[0].Source = "import"
	other[1].Region = "eu-north-1"
	other[2].Account = ""
	other[3].Resource.Kind = usage.KindFleet
	other[4].Resource.ID += "x"
	other[5].PeriodStart = other[5].PeriodStart.Add(time.Second)
	n = l.upsert(other)
	assert.Equal(t, ledger.Changes{Read: 6, Added: 6, Days: []time.Time{day(0)}}, n)
	l.holds(records, []usage.Record{late}, other)
}

func again(t *testing.T, s Stores) {
	records := small.All()
	early, late := records[:150], records[150:]
	l := with(t, s, early)
	assert.Equal(t, ledger.Changes{Read: 150, Unchanged: 150}, l.upsert(early))
	l.holds(early)
	n := l.upsert(append(slices.Clone(early), late...))
	assert.Equal(t, [2]int64{66, 150}, [2]int64{n.Added, n.Unchanged})
	l.holds(records)
	assert.Equal(t, ledger.Changes{Read: 66, Unchanged: 66}, l.upsert(late), "by another writer, in another order")
	l.holds(records)
}

func orderAndPieces(t *testing.T, s Stores) {
	rapid.Check(t, func(rt *rapid.T) {
		older, newer := someRecords(rt, "older"), someRecords(rt, "newer")
		latest := ledgertest.Latest(older, newer)
		one, many := with(t, s, slices.Concat(older, newer)), with(t, s, older)
		shuffled := rapid.Permutation(slices.Concat(latest, latest)).Draw(rt, "order")
		for len(shuffled) > 0 {
			n := rapid.IntRange(min(len(shuffled), 1+len(latest)/3), len(shuffled)).Draw(rt, "split")
			many.upsert(shuffled[:n])
			shuffled = shuffled[n:]
		}
		require.Equal(rt, latest, one.content())
		require.Equal(rt, latest, many.content())
		many.check()
	})
}

var errSource = errors.New("the source broke off")

func failing(t *testing.T, s Stores) {
	records := small.All()
	bad := slices.Clone(records)
	bad[210].Amounts[pricing.VCPU] = -1
	had := records[:100]
	l := with(t, s, had)
	before, err := l.reader().Fingerprint(t.Context())
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	w := l.writer(ledger.Options{})
	for _, test := range []struct {
		name string
		run  func() error
		want string
	}{
		{"a record that cannot be", func() error {
			_, err := w.Upsert(t.Context(), ledgertest.Batches(bad, 7))
			return err
		}, "record 211: vcpu_ms is -1"},
		{"a source that fails", func() error {
			_, err := w.Upsert(t.Context(), func(yield func([]usage.Record, error) bool) {
				_ = yield(records, nil) && yield(nil, errSource)
			})
			return err
		}, errSource.Error()},
		{"a context that ends", func() error {
			_, err := w.Upsert(ended, func(yield func([]usage.Record, error) bool) {
				yield(records, nil)
				cancel()
			})
			return err
		}, "context canceled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.ErrorContains(t, test.run(), test.want)
			require.Equal(t, ledgertest.Latest(had), l.content())
		})
	}
	after, err := l.reader().Fingerprint(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
	n, err := w.Upsert(t.Context(), ledgertest.Batches(records, 7))
	require.NoError(t, err, "the writer goes on")
	require.Equal(t, int64(116), n.Added)
	require.NoError(t, w.Close())
	require.NoError(t, w.Close(), "closing twice is no fault")
	_, err = w.Upsert(t.Context(), ledgertest.Batches(records, 7))
	require.ErrorContains(t, err, "closed")
	l.holds(records)
}

// A batch may be used again once the next one is asked for.
func huge(t *testing.T, s Stores) {
	fleet := ledgertest.Fleet{MicroVMs: 25, Tenants: 7, Days: 10, Periods: 48}
	records := fleet.All()
	batch := make([]usage.Record, 0, 500)
	l := fresh(t, s)
	w := l.writer(ledger.Options{})
	n, err := w.Upsert(t.Context(), func(yield func([]usage.Record, error) bool) {
		for chunk := range slices.Chunk(records, cap(batch)) {
			batch = append(batch[:0], chunk...)
			if !yield(batch, nil) {
				return
			}
			clear(batch)
		}
	})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Equal(t, int64(len(records)), n.Added)
	require.Len(t, n.Days, 10)
	l.holds(records)
}

func recordsInOrder(t *testing.T, s Stores) {
	records := small.All()
	for i := range records {
		records[i].Resource.Kind = usage.ResourceKind(i % 3)
	}
	l := with(t, s, records)
	latest, r := ledgertest.Latest(records), l.reader()
	for _, test := range []struct {
		reason   string
		from, to time.Time
	}{
		{"all of it", always[0], always[1]},
		{"a day in the middle", day(1), day(2)},
		{"half-open: 03:00 is in, 06:00 is out", day(1).Add(3 * time.Hour), day(2).Add(6 * time.Hour)},
		{"what counts is where a period begins", day(1).Add(time.Second), day(2).Add(time.Second)},
		{"nothing", day(10), day(11)},
		{"nothing before either", day(-10), day(0)},
		{"no time at all", day(1), day(1)},
	} {
		var want ledgertest.Records
		for _, record := range latest {
			if !record.PeriodStart.Before(test.from) && record.PeriodStart.Before(test.to) {
				want = append(want, record)
			}
		}
		require.Equal(t, want, recordsOf(t, r, test.from, test.to), test.reason)
	}
	n := 0
	for _, err := range r.Records(t.Context(), always[0], always[1]) {
		require.NoError(t, err)
		if n++; n == 10 {
			break // whoever has enough may stop
		}
	}
	require.Equal(t, 10, n)
}

func impossible(t *testing.T, s Stores) {
	good := small.Record(0)
	l := with(t, s, []usage.Record{good})
	for _, test := range []struct {
		reason string
		change func(*usage.Record)
	}{
		{"no region", func(r *usage.Record) { r.Region = "" }},
		{"no source", func(r *usage.Record) { r.Source = "" }},
		{"no MicroVM", func(r *usage.Record) { r.Resource.ID = "" }},
		{"a kind that there is not", func(r *usage.Record) { r.Resource.Kind = 9 }},
		{"an image's name for a MicroVM", func(r *usage.Record) { r.Resource.ID = "(image) base" }},
		{"a period of nothing", func(r *usage.Record) { r.PeriodSeconds = 0 }},
		{"a period longer than a day", func(r *usage.Record) { r.PeriodSeconds = 86_401 }},
		{"a period across midnight", func(r *usage.Record) { r.PeriodStart = r.PeriodStart.Add(23 * time.Hour) }},
		{"half a second", func(r *usage.Record) { r.PeriodStart = r.PeriodStart.Add(time.Second / 2) }},
		{"a year before there were MicroVMs", func(r *usage.Record) { r.PeriodStart = always[0].Add(-time.Hour) }},
		{"a year far off", func(r *usage.Record) { r.PeriodStart = always[1] }},
		{"an amount below zero", func(r *usage.Record) { r.Amounts[usage.Resumes] = math.MinInt64 }},
		{"a name that is not text", func(r *usage.Record) { r.Tenant = "\xff" }},
		{"a name with a zero byte", func(r *usage.Record) { r.Image = "a\x00b" }},
		{"a name that is too long", func(r *usage.Record) { r.Role = strings.Repeat("x", usage.MaxNameBytes+1) }},
		{"an unknown architecture", func(r *usage.Record) { r.Arch = "mips" }},
		{"an unknown word for the tenant", func(r *usage.Record) { r.TenantBy = "me" }},
		{"an unknown coverage", func(r *usage.Record) { r.Coverage = 3 }},
	} {
		bad, sound := good, small.Record(1)
		test.change(&bad)
		_, err := l.try([]usage.Record{sound, bad}, ledger.Options{})
		require.ErrorContains(t, err, "record 2: ", test.reason)
	}
	l.holds([]usage.Record{good})
}
