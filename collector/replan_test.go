package collector

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// changedSource is a packedSource that cannot read batches that it has not planned itself, as after its configuration
// has changed.
type changedSource struct {
	packedSource
	mark string
}

func (s changedSource) Plan(ctx context.Context, t Target, w Window) (Plan, error) {
	plan, err := s.packedSource.Plan(ctx, t, w)
	for i := range plan.Batches {
		plan.Batches[i].ID += s.mark
	}
	return plan, err
}

func (s changedSource) Readable(b Batch) bool {
	return len(b.ID) >= len(s.mark) && (s.mark == "" || slices.Contains([]byte(b.ID), s.mark[0]))
}

// A first run is killed when it has read 30 of 120 tenants; then the mapping changes. The other 90 are read as they are
// identified now, and none of the 30 is counted twice.
func TestKilledFirstRunAndAChangedMapping(t *testing.T) {
	pack := func(from, to int, name string) (series []string) {
		for i := from; i < to; i++ {
			series = append(series, fmt.Sprintf("%s%03d", name, i))
		}
		return series
	}
	for _, test := range []struct {
		reason string
		packs  [][]string // of the new mapping
		want   int        // series in the window of the killed run
		lost   int        // gaps
	}{
		{"the same tenants, packed in another way", [][]string{pack(0, 70, "t"), pack(70, 120, "t")}, 120, 0},
		{
			"a tenant has gone, others have come, which may be what was read under another name",
			[][]string{pack(0, 119, "t"), pack(0, 50, "new")},
			119, 1,
		},
		{"other names throughout", [][]string{pack(0, 500, "m")}, 30, 1},
	} {
		w := newWorld(t)
		w.options.Parallel = 1
		w.source.traits.Shape = "before"
		copied := filepath.Join(t.TempDir(), "ledger")
		w.source.hook = func(_ context.Context, _ Target, b Batch) {
			if b.ID == "t030" {
				time.Sleep(50 * time.Millisecond) // entries are written by another goroutine
				require.NoError(t, os.CopyFS(copied, os.DirFS(w.options.Ledger.Folder)))
			}
		}
		before := packedSource{w.source, [][]string{pack(0, 30, "t"), pack(30, 60, "t"), pack(60, 90, "t"), pack(90, 120, "t")}, nil}
		w.runPacked(before)
		w.source.hook, w.options.Ledger = nil, In(copied, "")

		w.source.traits.Shape = "after"
		after := changedSource{packedSource{w.source, test.packs, nil}, "!"}
		w.now = w.now.Add(time.Hour)
		w.options.Source = after
		run := func() Summary {
			r, err := New(w.options)
			require.NoError(t, err)
			s, err := r.Run(t.Context())
			require.NoError(t, err)
			return s
		}
		s := run()
		require.Len(t, s.Gaps, test.lost, "%s: %v", test.reason, s.Gaps)
		series := map[string]int{}
		for _, r := range w.records() {
			if r.PeriodStart.Before(noon) {
				series[r.Resource.ID]++
			}
		}
		assert.Len(t, series, test.want, test.reason)
		for name, n := range series {
			assert.Equal(t, 24, n, "%s: %s", test.reason, name)
		}
		assert.Empty(t, w.checkpoint().Pending, test.reason)
		assert.Empty(t, w.checkpoint().Replan, test.reason)
		w.source.fetched = nil
		w.now = w.now.Add(time.Minute)
		assert.Empty(t, run().Gaps, test.reason)
		assert.Empty(t, w.source.fetched, "%s: nothing is owed any more", test.reason)
	}
}

// What is planned anew survives being killed: whatever moment that is, the next run asks for what is missing.
func TestKilledWhilePlanningAnew(t *testing.T) {
	for killed := range 7 {
		w := newWorld(t)
		w.options.Parallel = 1
		w.source.traits.Shape = "before"
		w.source.fetch = func(b Batch, _ *Result) error {
			if b.ID == "b" {
				return &TargetError{fmt.Errorf("expired")}
			}
			return nil
		}
		w.runPacked(packedSource{w.source, [][]string{{"a"}, {"b"}, {"c"}}, nil})
		w.source.fetch = nil
		w.source.traits.Shape = "after"
		after := changedSource{packedSource{w.source, [][]string{{"a"}, {"b"}, {"c"}}, nil}, "!"}
		w.options.Source = after
		w.now = w.now.Add(time.Hour)
		copied := filepath.Join(t.TempDir(), "ledger")
		n := 0
		w.source.hook = func(context.Context, Target, Batch) {
			if n == killed {
				time.Sleep(50 * time.Millisecond)
				require.NoError(t, os.CopyFS(copied, os.DirFS(w.options.Ledger.Folder)))
			}
			n++
		}
		run := func() {
			r, err := New(w.options)
			require.NoError(t, err)
			s, err := r.Run(t.Context())
			require.NoError(t, err)
			assert.Empty(t, s.Gaps)
		}
		run()
		require.Equal(t, 5, n, "b and c of two hours, and a, b and c of the one since")
		if killed >= 5 {
			require.NoError(t, os.CopyFS(copied, os.DirFS(w.options.Ledger.Folder)))
		}
		w.source.hook, w.options.Ledger, w.source.fetched = nil, In(copied, ""), nil
		run()
		assert.Len(t, w.source.fetched, max(0, 5-killed), "killed at %d", killed)
		assert.Equal(t, map[string]int64{"a": 180, "b": 180, "c": 180}, counted(w.records()))
		assert.Empty(t, w.checkpoint().Replan)
	}
}
