package parquet

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/usage"
)

// turn is a record of a MicroVM with 1 vCPU that ran all the time, from a minute of the first day on.
func turn(minute, minutes int64) usage.Record {
	return usage.Record{
		PeriodStart: firstDay.Add(time.Duration(minute) * time.Minute), PeriodSeconds: minutes * 60, Region: "us-east-1",
		Resource: usage.Resource{ID: "microvm-a"}, Source: "import", Coverage: usage.CoverageComplete,
		Amounts: usage.Amounts{pricing.VCPU: minutes * 60_000, usage.Running: minutes * 60_000},
	}
}

func with(r usage.Record, change func(*usage.Record)) usage.Record {
	change(&r)
	return r
}

func overlapWriter(t testing.TB, overlaps ledger.Overlaps) *Writer {
	t.Helper()
	w := openWriter(t, t.TempDir())
	w.options.Overlaps = overlaps
	return w
}

func TestOverlapsAreRefused(t *testing.T) {
	first, second := turn(600, 60), turn(630, 60)
	for _, test := range []struct {
		name, reason string
		a, b         usage.Record
		refused      bool
	}{
		{"two turns", "a MicroVM runs once at a time", first, second, true},
		{"one within the other", "as well", turn(600, 90), turn(630, 10), true},
		{"one after the other", "is how a MicroVM runs", first, turn(660, 60), false},
		{"another MicroVM", "runs by itself", first, with(second, func(r *usage.Record) { r.Resource.ID = "b" }), false},
		{"another region", "some number MicroVMs by region", first, with(second, func(r *usage.Record) { r.Region = "eu-west-1" }), false},
		{"an account that is not known", "may be any", first, with(second, func(r *usage.Record) { r.Account = "1" }), true},
		{
			"other accounts", "some number MicroVMs by account", with(first, func(r *usage.Record) { r.Account = "2" }),
			with(second, func(r *usage.Record) { r.Account = "1" }), false,
		},
		{"stored only", "a suspended MicroVM may be recorded by itself", first, with(second, func(r *usage.Record) {
			r.Amounts = usage.Amounts{pricing.SnapshotStorage: 5}
		}), false},
		{
			"a fleet", "many MicroVMs run at the same time", with(first, func(r *usage.Record) { r.Resource.Kind = usage.KindFleet }),
			with(second, func(r *usage.Record) { r.Resource.Kind = usage.KindFleet }), false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, ledgerHas := range []bool{false, true} { // the first, or both are imported together
				w := overlapWriter(t, ledger.RefuseOverlaps)
				records := []usage.Record{test.a, test.b}
				if ledgerHas {
					upsert(t, w, records[:1])
					records = records[1:]
				}
				_, err := w.Upsert(context.Background(), batches(records, 7))
				if !test.refused {
					require.NoError(t, err, test.reason)
					continue
				}
				var refused *ledger.OverlapsError
				require.ErrorAs(t, err, &refused, test.reason)
				place := int64(2)
				if ledgerHas {
					place = 1
				}
				if test.a.Source == test.b.Source {
					assert.Equal(t, []ledger.Overlap{{First: test.a, Second: test.b, FirstRead: place - 1, SecondRead: place}}, refused.Overlaps)
				}
				assert.Equal(t, int64(1), refused.Count)
				assert.Len(t, content(t, w.dir), int(2-place), "nothing was imported")
			}
		})
	}
}

// An export of a ledger that was allowed to have two sources imports, but an import of what the ledger has from another
// source is refused.
func TestOverlapsBetweenSources(t *testing.T) {
	first := turn(600, 60)
	second := with(turn(600, 60), func(r *usage.Record) { r.Source = "meter" })
	w := overlapWriter(t, ledger.RefuseOverlaps)
	upsert(t, w, []usage.Record{first})
	_, err := w.Upsert(t.Context(), batches([]usage.Record{second}, 1))
	require.ErrorContains(t, err, "(source import) and from 2026-10-01 10:00:00 to 11:00:00 (source meter)")

	w = overlapWriter(t, ledger.RefuseOverlaps)
	upsert(t, w, []usage.Record{first, second})
	result, err := w.Check(t.Context())
	require.NoError(t, err)
	assert.True(t, result.OK())
	assert.Equal(t, int64(1), result.OfSourceCount)
}

func TestOverlapsThatAreThereAreFound(t *testing.T) {
	w := overlapWriter(t, ledger.KeepOverlaps)
	upsert(t, w, []usage.Record{turn(600, 60), turn(630, 60), turn(640, 5), turn(900, 1)})
	result, err := w.Check(t.Context())
	require.NoError(t, err)
	assert.False(t, result.OK())
	assert.Equal(t, int64(3), result.OverlapCount)
	assert.Contains(t, result.Overlaps[0].String(), "microvm-a ran from 2026-10-01 10:00:00 to 11:00:00 (source import)")

	// What was decided before is not asked again, but something new is.
	w.options.Overlaps = ledger.RefuseOverlaps
	assert.Equal(t, int64(4), upsert(t, w, []usage.Record{turn(600, 60), turn(630, 60), turn(640, 5), turn(900, 1)}).Unchanged)
	_, err = w.Upsert(t.Context(), batches([]usage.Record{turn(610, 1)}, 1))
	assert.ErrorContains(t, err, "1 time a MicroVM is said to have run twice")

	// A merge heals them.
	w.options.Overlaps = ledger.MergeOverlaps
	upsert(t, w, []usage.Record{turn(600, 60), turn(630, 60), turn(640, 5), turn(900, 1)})
	result, err = w.Check(t.Context())
	require.NoError(t, err)
	assert.True(t, result.OK())
}

func TestOverlapsAreMerged(t *testing.T) {
	w := overlapWriter(t, ledger.MergeOverlaps)
	records := []usage.Record{turn(630, 60), turn(600, 60), turn(610, 20)}
	records[0].Amounts[pricing.SnapshotRead] = 5
	n := upsert(t, w, records)
	assert.Equal(t, [3]int64{2, 2, 0}, [3]int64{n.Added, n.Merged, n.Removed})
	want := []usage.Record{turn(600, 60), turn(660, 30)} // 5,400 s
	want[1].Amounts[pricing.SnapshotRead] = 2            // of 5, the half that is left; the unit goes to the half before
	assert.Equal(t, want, content(t, w.dir))

	n = upsert(t, w, records)
	assert.Equal(t, [4]int64{0, 0, 2, 0}, [4]int64{n.Added, n.Replaced, n.Unchanged, int64(len(n.Days))}, "twice is once")
	n = upsert(t, w, records[:1])
	assert.Equal(t, [3]int64{0, 0, 1}, [3]int64{n.Added, n.Replaced, n.Unchanged}, "also in part")
	assert.Equal(t, want, content(t, w.dir))
}

// However turns overlap, and in whatever order and pieces they come, the time counts once.
func TestMergedTimeIsTheUnion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := overlapWriter(t, ledger.MergeOverlaps)
		var seen [1440]bool
		var records []usage.Record
		for range rapid.IntRange(1, 8).Draw(rt, "turns") {
			minute := rapid.Int64Range(0, 100).Draw(rt, "minute")
			r := turn(minute, rapid.Int64Range(1, 40).Draw(rt, "minutes"))
			r.Source = rapid.SampledFrom([]string{"import", "meter"}).Draw(rt, "source")
			records = append(records, r)
		}
		latest := reference(records)
		for _, r := range latest {
			for m := range r.PeriodSeconds / 60 {
				seen[int64(r.PeriodStart.Sub(firstDay)/time.Minute)+m] = true
			}
		}
		want := int64(0)
		for _, ran := range seen {
			if ran {
				want += 60_000
			}
		}
		for range 2 {
			upsert(t, w, latest)
			got := int64(0)
			for _, r := range content(t, w.dir) {
				require.Equal(rt, r.PeriodSeconds*1000, r.Amounts[usage.Running])
				got += r.Amounts[usage.Running]
			}
			require.Equal(rt, want, got)
		}
		require.NoError(rt, w.Close())
		result, err := w.Check(context.Background())
		require.NoError(rt, err)
		require.True(rt, result.OK())
	})
}

func TestAMarkWithdrawsWhatIsNotGiven(t *testing.T) {
	w := overlapWriter(t, ledger.KeepOverlaps)
	tomorrow := with(turn(1440, 30), func(r *usage.Record) { r.Coverage = usage.CoveragePartial })
	other := with(turn(1440, 30), func(r *usage.Record) { r.Source = "meter" })
	before, after := turn(60, 1), turn(1300, 140)
	upsert(t, w, []usage.Record{before, after, tomorrow, other})
	changed := turn(1300, 100)
	n := upsert(t, w, []usage.Record{ledger.Withdraw(changed, 140*60), changed, ledger.Withdraw(tomorrow, 5*3600)})
	assert.Equal(t, ledger.Changes{Read: 1, Replaced: 1, Removed: 1, Days: []time.Time{firstDay, firstDay.AddDate(0, 0, 1)}}, n)
	assert.Equal(t, []usage.Record{before, changed, other}, content(t, w.dir))
	n = upsert(t, w, []usage.Record{ledger.Withdraw(changed, 140*60), changed, ledger.Withdraw(tomorrow, 5*3600)})
	assert.Equal(t, ledger.Changes{Read: 1, Unchanged: 1}, n)

	n = upsert(t, w, []usage.Record{ledger.Withdraw(other, 1)})
	assert.Equal(t, int64(1), n.Removed, "a day may become empty")
	assert.Equal(t, []usage.Record{before, changed}, content(t, w.dir))
	result, err := w.Check(t.Context())
	require.NoError(t, err)
	assert.True(t, result.OK())
}

func TestANewLedgerWithoutDataIsRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	w, err := OpenForWriting(dir, ledger.Options{Overlaps: ledger.RefuseOverlaps})
	require.NoError(t, err)
	_, err = w.Upsert(t.Context(), batches([]usage.Record{turn(0, 2), turn(1, 2)}, 2))
	require.Error(t, err)
	require.NoError(t, w.Close())
	_, err = os.Stat(dir)
	require.ErrorIs(t, err, os.ErrNotExist)

	w, err = OpenForWriting(dir, ledger.Options{})
	require.NoError(t, err)
	upsert(t, w, []usage.Record{turn(0, 2)})
	require.NoError(t, w.Close())
	w, err = OpenForWriting(dir, ledger.Options{})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	assert.Len(t, content(t, dir), 1)
}
