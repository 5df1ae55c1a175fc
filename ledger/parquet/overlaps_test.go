package parquet

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"microspend/ledger"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// An export of a ledger that was allowed to have two sources imports.
func TestOverlapsBetweenSources(t *testing.T) {
	first := turn(600, 60)
	second := with(turn(600, 60), func(r *usage.Record) { r.Source = "meter" })
	w := overlapWriter(t, ledger.RefuseOverlaps)
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

func TestANewLedgerWithoutDataIsRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	w, err := OpenForWriting(dir, ledger.Options{Overlaps: ledger.RefuseOverlaps})
	require.NoError(t, err)
	_, err = w.Upsert(t.Context(), batches([]usage.Record{turn(0, 2), turn(1, 2)}, 2))
	require.Error(t, err)
	require.NoError(t, w.Close())
	_, err = os.Stat(dir)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Open(dir, ledger.Options{})
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
