package parquet

import (
	"context"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/pricing"
	"microspend/usage"
)

var firstDay = ledgertest.FirstDay

// fleet makes records as [ledgertest.Fleet] does.
type fleet struct {
	microVMs, tenants, days int
	periods                 int // a day
}

func (f fleet) shared() ledgertest.Fleet {
	return ledgertest.Fleet{MicroVMs: f.microVMs, Tenants: f.tenants, Days: f.days, Periods: f.periods}
}

func (f fleet) count() int { return f.shared().Count() }

func (f fleet) record(i int) usage.Record { return f.shared().Record(i) }

func (f fleet) all() []usage.Record { return f.shared().All() }

func batches(records []usage.Record, size int) iter.Seq2[[]usage.Record, error] {
	return ledgertest.Batches(records, size)
}

// smallSizes make a few hundred records spill, and fill several parts and row groups.
var smallSizes = sizes{partRows: 40, groupRows: 16, stageRows: 50, rollupFrom: 4096, rollupShare: 4}

// sharedCodec saves each of the tests' many writers from setting up encoders of its own.
var sharedCodec = newCodec()

// openWriter opens a writer of small files, and closes it with the test.
func openWriter(t testing.TB, dir string) *Writer {
	t.Helper()
	w, err := OpenForWriting(dir, ledger.Options{})
	require.NoError(t, err)
	w.sizes, w.codec = smallSizes, sharedCodec
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func upsert(t testing.TB, w *Writer, records []usage.Record) ledger.Changes {
	t.Helper()
	n, err := w.Upsert(context.Background(), batches(records, 7))
	require.NoError(t, err)
	return n
}

// always is a span of time that every record of the tests lies in.
var always = [2]time.Time{firstDay.AddDate(-1, 0, 0), firstDay.AddDate(1, 0, 0)}

// content reads a ledger's records, in the order of their keys.
func content(t testing.TB, dir string) []usage.Record {
	t.Helper()
	l, err := Open(dir, ledger.Options{})
	require.NoError(t, err)
	var records []usage.Record
	for r, err := range l.Records(context.Background(), always[0], always[1]) {
		require.NoError(t, err)
		records = append(records, r)
	}
	return records
}

// reference is what a ledger must hold after imports.
func reference(imports ...[]usage.Record) []usage.Record { return ledgertest.Latest(imports...) }

// generation gives the same keys each time, with records that all say which generation they are of.
func generation(g int64) []usage.Record {
	records := fleet{microVMs: 9, tenants: 3, days: 4, periods: 8}.all()
	for i := range records {
		records[i].Amounts[pricing.VCPU], records[i].Tenant = g, fmt.Sprint("generation-", g)
	}
	return records
}

// generations checks that each day is whole, and of a generation or the one after.
func generations(t *testing.T, dir string, completed int64) {
	t.Helper()
	byDay := map[time.Time][]usage.Record{}
	for _, r := range content(t, dir) {
		byDay[r.Day()] = append(byDay[r.Day()], r)
	}
	require.Len(t, byDay, 4)
	for day, records := range byDay {
		g := records[0].Amounts[pricing.VCPU]
		require.Contains(t, []int64{completed, completed + 1}, g, day)
		other := func(r usage.Record) bool { return !r.Day().Equal(day) }
		require.Equal(t, slices.DeleteFunc(reference(generation(g)), other), records)
	}
}

// bigSum adds up records with big integers, by a name made from each record: vCPU-ms, MiB-ms, bytes read, written,
// stored × seconds, running, suspended, launches, suspends, resumes, seconds, covered seconds, records.
func bigSum(records []usage.Record, by func(usage.Record) string) map[string][13]string {
	sums := map[string]*[13]big.Int{}
	for _, r := range records {
		s := sums[by(r)]
		if s == nil {
			s = &[13]big.Int{}
			sums[by(r)] = s
		}
		covered, begins := int64(0), int64(1)
		if r.PeriodStart.Nanosecond() != 0 { // the rest of a period that was cut
			begins = 0
		}
		if r.Coverage == usage.CoverageComplete {
			covered = r.PeriodSeconds
		}
		for i, n := range []int64{
			r.Amounts[pricing.VCPU], r.Amounts[pricing.Memory], r.Amounts[pricing.SnapshotRead],
			r.Amounts[pricing.SnapshotWrite], r.Amounts[pricing.SnapshotStorage], r.Amounts[usage.Running],
			r.Amounts[usage.Suspended], r.Amounts[usage.Launches],
			r.Amounts[usage.Suspends], r.Amounts[usage.Resumes], r.PeriodSeconds, covered, begins,
		} {
			s[i].Add(&s[i], big.NewInt(n))
		}
	}
	texts := map[string][13]string{}
	for name, s := range sums {
		var text [13]string
		for i := range s {
			text[i] = s[i].String()
		}
		texts[name] = text
	}
	return texts
}

// sumTexts gives a result's sums in the form of bigSum.
func sumTexts(groups []ledger.Group, by func(ledger.Group) string) map[string][13]string {
	texts := map[string][13]string{}
	for _, g := range groups {
		s := g.Sum
		texts[by(g)] = [13]string{
			s.Amounts[pricing.VCPU].String(), s.Amounts[pricing.Memory].String(), s.Amounts[pricing.SnapshotRead].String(),
			s.Amounts[pricing.SnapshotWrite].String(),
			s.Amounts[pricing.SnapshotStorage].String(), s.Amounts[usage.Running].String(), s.Amounts[usage.Suspended].String(),
			s.Amounts[usage.Launches].String(), s.Amounts[usage.Suspends].String(),
			s.Amounts[usage.Resumes].String(), s.Seconds.String(), s.CoveredSeconds.String(), fmt.Sprint(s.Records),
		}
	}
	return texts
}
