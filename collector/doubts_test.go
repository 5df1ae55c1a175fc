package collector

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger/doubt"
	"microspend/pricing"
	"microspend/usage"
)

// bounded has a world hold its usage against a most of n.
func (w *world) bounded(n int64) {
	w.options.SameUsage = []string{"memory"}
	w.options.Most = func(string, usage.Measure, time.Duration) int64 { return n }
}

func (w *world) doubts() []doubt.Doubt {
	w.t.Helper()
	doubts, err := doubt.Read(w.t.Context(), w.ledger(), noon.AddDate(0, -1, 0), noon.AddDate(0, 1, 0))
	require.NoError(w.t, err)
	return doubts
}

// TestDoubtsFollowTheLedger: what is in doubt is known after the run that brought it, and is not any more after the run
// that put it right.
func TestDoubtsFollowTheLedger(t *testing.T) {
	w := newWorld(t)
	w.bounded(100)
	w.options.Timing.Overlap = 0 // re-read two days
	w.source.series = []string{"a", "b"}
	used := int64(60)
	w.source.fetch = func(_ Batch, r *Result) error {
		for i := range r.Records {
			r.Records[i].Amounts[pricing.Memory] = 1
		}
		r.Records[0].Amounts[pricing.Memory] = used
		return nil
	}
	s := w.run()
	require.EqualValues(t, 1, s.Counts[countDoubts[doubt.BeyondQuota]], "60 and 60 are more than 100")
	require.Len(t, w.doubts(), 1)
	require.Equal(t, "120", w.doubts()[0].Used)
	require.Contains(t, s.Notes[0], "123456789012 eu-west-1, 2026-11-20T10:00:00Z to 2026-11-20T10:05:00Z, most by ")

	s = w.run()
	require.Empty(t, s.Counts, "nothing was written")
	require.Len(t, w.doubts(), 1)

	used = 50
	s = w.after(5 * time.Minute)
	require.Empty(t, s.Counts[countDoubts[doubt.BeyondQuota]], "50 and 50 are not more")
	require.Empty(t, w.doubts())
}

// TestDoubtsAfterAKill: a run that was killed when the ledger had its records, and nothing was known to be in doubt
// yet, is made up for by the next.
func TestDoubtsAfterAKill(t *testing.T) {
	w := newWorld(t)
	w.source.series = []string{"a", "b"}
	w.options.Parallel = 1
	w.source.fetch = func(_ Batch, r *Result) error {
		r.Records[0].Amounts[pricing.Memory] = 60
		return nil
	}
	journal := filepath.Join(w.options.Ledger.Folder, ".collect", "memory", journalName)
	var kept []byte
	w.source.hook = func(context.Context, Target, Batch) {
		if len(w.source.fetched) == 1 {
			time.Sleep(50 * time.Millisecond) // entries are written by another goroutine
			text, err := os.ReadFile(journal)
			require.NoError(t, err)
			kept = text
		}
	}
	w.run()
	require.Empty(t, w.doubts(), "nothing is bounded")

	require.NoError(t, os.WriteFile(journal, kept, 0o600))
	w.source.hook = nil
	w.bounded(100)
	s := w.run()
	require.True(t, s.Resumed)
	require.Zero(t, s.Changes.Added+s.Changes.Replaced)
	require.Len(t, w.doubts(), 1)
}
