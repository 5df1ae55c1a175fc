package parquet

import (
	"context"
	"fmt"
	"iter"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/usage"
)

var firstDay = time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

// fleet makes deterministic records: hours of MicroVMs that run, are suspended and launched, over some days. About 1
// record in 33 has amounts that a meter would give (no two alike), the rest is noise around habits.
type fleet struct {
	microVMs, tenants, days int
	periods                 int // a day
}

func (f fleet) count() int { return f.microVMs * f.days * f.periods }

// record makes the record number i; neighbours are MicroVMs of the same period.
func (f fleet) record(i int) usage.Record {
	vm, slot := i%f.microVMs, i/f.microVMs
	noise := rand.New(rand.NewPCG(uint64(vm), uint64(slot)))
	seconds := int64(secondsInDay / f.periods)
	memory := int64(512 << (vm % 5)) // MiB
	running := noise.Int64N(seconds*1000 + 1)
	r := usage.Record{
		PeriodStart:   firstDay.Add(time.Duration(slot) * time.Duration(seconds) * time.Second),
		PeriodSeconds: seconds,
		Region:        []string{"eu-west-1", "us-east-1"}[vm%2],
		Account:       "111122223333",
		Resource:      usage.Resource{ID: fmt.Sprintf("microvm-%017x", uint64(vm+1)*0x9e3779b97f4a7c15>>1)},
		Image:         fmt.Sprintf("image-%d", vm%40),
		Tenant:        fmt.Sprintf("tenant-%03d", vm%f.tenants),
		Source:        "cloudwatch",
		Amounts:       usage.Amounts{usage.Running: running, usage.Suspended: seconds*1000 - running},
		Coverage:      usage.Coverage(noise.IntN(20)/9) % 3,
	}
	r.Amounts[pricing.VCPU] = running * memory / 2048
	r.Amounts[pricing.Memory] = running * memory
	if noise.IntN(4) == 0 { // a burst, as metered
		r.Amounts[pricing.VCPU] += noise.Int64N(running/2 + 1)
		r.Amounts[pricing.Memory] += noise.Int64N(running*memory/2 + 1)
	}
	r.Amounts[usage.Suspends] = noise.Int64N(3)
	r.Amounts[usage.Resumes] = noise.Int64N(3)
	r.Amounts[usage.Launches] = noise.Int64N(8) / 7
	r.Amounts[pricing.SnapshotWrite] = r.Amounts[usage.Suspends] * memory << 20
	r.Amounts[pricing.SnapshotRead] = r.Amounts[usage.Resumes]*memory<<20 + r.Amounts[usage.Launches]*2<<30
	r.Amounts[pricing.SnapshotStorage] = (r.Amounts[usage.Suspended] / 1000) * memory << 20
	return r
}

func (f fleet) all() []usage.Record {
	records := make([]usage.Record, f.count())
	for i := range records {
		records[i] = f.record(i)
	}
	return records
}

// batches gives records in batches of a size.
func batches(records []usage.Record, size int) iter.Seq2[[]usage.Record, error] {
	return func(yield func([]usage.Record, error) bool) {
		for batch := range slices.Chunk(records, size) {
			if !yield(batch, nil) {
				return
			}
		}
	}
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

// reference is what a ledger must hold after imports: the latest record of each key, in the ledger's order.
func reference(imports ...[]usage.Record) []usage.Record {
	latest := map[usage.Key]usage.Record{}
	for _, records := range imports {
		for _, r := range records {
			latest[r.Key()] = r
		}
	}
	var records []usage.Record
	for _, r := range latest {
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b usage.Record) int {
		if c := a.Day().Compare(b.Day()); c != 0 {
			return c
		}
		return ledger.CompareKeys(&a, &b)
	})
	return records
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
