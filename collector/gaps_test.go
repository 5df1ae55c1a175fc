package collector

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What of a gap a later run doesn't read again is still a gap.
func TestGapsAreCutByWhatIsReadAgain(t *testing.T) {
	for _, test := range []struct {
		reason string
		again  Window
		want   []string
	}{
		{"all of it", between("10:00", "12:00"), nil},
		{"more than it", between("09:00", "13:00"), nil},
		{"its head: the tail stays", between("09:30", "11:00"), []string{"11:00-12:00/5m"}},
		{"its tail: the head stays", between("11:00", "12:30"), []string{"10:00-11:00/5m"}},
		{"its middle: both ends stay", between("10:30", "11:00"), []string{"10:00-10:30/5m", "11:00-12:00/5m"}},
		{"what touches it before", between("09:00", "10:00"), []string{"10:00-12:00/5m"}},
		{"what touches it after", between("12:00", "13:00"), []string{"10:00-12:00/5m"}},
	} {
		s := checkpoint{Gaps: []openGap{{Batch: Batch{ID: "a", Window: between("10:00", "12:00")}, Tries: 3}}}
		s.closeGaps(splitter{&memorySource{}}, splitter{&memorySource{}}.covered(&stage{planEntry: planEntry{
			Window: test.again, Batches: []Batch{{ID: "a", Window: test.again}},
		}}))
		var got []string
		for _, g := range s.Gaps {
			got = append(got, short(g.Batch.Window))
			assert.Equal(t, 3, g.Tries, test.reason)
		}
		assert.Equal(t, test.want, got, test.reason)
	}
}

func TestGapsThatFollowEachOtherAreOne(t *testing.T) {
	gap := func(from, to string, change func(*openGap)) openGap {
		g := openGap{Batch: Batch{ID: "a", Window: between(from, to)}, Tries: 1, Next: clock("12:00")}
		if change != nil {
			change(&g)
		}
		return g
	}
	for _, test := range []struct {
		reason string
		second openGap
		joined bool
	}{
		{"the same batch", gap("11:00", "12:00", nil), true},
		{"there is a hole between them", gap("11:05", "12:00", nil), false},
		{"another batch", gap("11:00", "12:00", func(g *openGap) { g.Batch.ID = "b" }), false},
		{"another period", gap("11:00", "12:00", func(g *openGap) { g.Batch.Window.Period = time.Hour }), false},
		{"read in another way", gap("11:00", "12:00", func(g *openGap) { g.Batch.Spec = json.RawMessage("1") }), false},
		{"one is reported already", gap("11:00", "12:00", func(g *openGap) { g.reported = true }), false},
	} {
		s := checkpoint{Gaps: []openGap{test.second, gap("10:00", "11:00", nil)}}
		s.join()
		if !test.joined {
			assert.Len(t, s.Gaps, 2, test.reason)
			continue
		}
		require.Len(t, s.Gaps, 1, test.reason)
		assert.Equal(t, "10:00-12:00/5m", short(s.Gaps[0].Batch.Window), test.reason)
	}
	// The more patient of two wins, whichever comes first.
	for _, tries := range [][2]int{{1, 4}, {4, 1}} {
		first, second := gap("10:00", "11:00", nil), gap("11:00", "12:00", nil)
		first.Tries, second.Tries = tries[0], tries[1]
		first.Next, second.Next = clock("12:00").Add(time.Duration(tries[0])), clock("12:00").Add(time.Duration(tries[1]))
		s := checkpoint{Gaps: []openGap{first, second}}
		s.join()
		require.Len(t, s.Gaps, 1)
		assert.Equal(t, 4, s.Gaps[0].Tries)
		assert.Equal(t, clock("12:00").Add(4), s.Gaps[0].Next)
	}
}

// A batch that fails is a gap. It is asked for again when it is due, less and less often, until it is read.
func TestGapIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	fails := true
	w.source.fetch = func(b Batch, _ *Result) error {
		if fails && b.Window.From.Before(noon) {
			return errors.New("no")
		}
		return nil
	}
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1, a, 2026-11-20T10:00:00Z to 2026-11-20T12:00:00Z: no", s.Gaps[0].String())
	assert.Empty(t, w.records())

	wait := 5 * time.Minute
	for tries := 1; tries <= 4; tries++ {
		open := w.checkpoint().Gaps
		require.Len(t, open, 1)
		assert.Equal(t, tries, open[0].Tries)
		assert.Equal(t, w.now.Add(wait), open[0].Next)

		s = w.after(wait - time.Nanosecond)
		assert.NotContains(t, w.fetchedWindows(), "10:00-12:00/5m", "it is not due")
		require.Len(t, s.Gaps, 1, "it is reported all the same")
		assert.Contains(t, s.Gaps[0].Reason, "no; tried "+string(rune('0'+tries))+" times, next retry after ")
		assert.Equal(t, tries, w.checkpoint().Gaps[0].Tries)

		s = w.after(time.Nanosecond)
		assert.Contains(t, w.fetchedWindows(), "10:00-12:00/5m")
		require.Len(t, s.Gaps, 1, "it is reported once")
		assert.Equal(t, "no", s.Gaps[0].Reason)
		wait *= 2
	}
	fails = false
	s = w.after(wait)
	assert.Empty(t, s.Gaps)
	assert.Empty(t, w.checkpoint().Gaps)
	assert.Equal(t, clock("10:00"), w.records()[0].PeriodStart)
}

// A gap in a window that is read anyway is not asked for besides; what the window leaves of it is.
func TestHalfReadGapKeepsItsTail(t *testing.T) {
	w := newWorld(t)
	w.source.fetch = func(Batch, *Result) error { return errors.New("no") }
	w.run()
	w.source.fetch = nil
	w.options.Timing.Since, w.options.Timing.Until = clock("09:00"), clock("11:00")
	s := w.after(time.Hour)
	assert.Equal(t, []string{"09:00-11:00/5m"}, w.fetchedWindows())
	require.Len(t, s.Gaps, 1)
	open := w.checkpoint().Gaps
	require.Len(t, open, 1)
	assert.Equal(t, "11:00-12:00/5m", short(open[0].Batch.Window))
	assert.Equal(t, 1, open[0].Tries, "it has not been tried again")

	w.options.Timing.Since, w.options.Timing.Until = time.Time{}, time.Time{}
	s = w.run()
	assert.Equal(t, []string{"11:00-12:00/5m", "12:00-13:00/5m"}, w.fetchedWindows())
	assert.Empty(t, s.Gaps)
	assert.Len(t, w.records(), 4*12)
}

// Parts of a batch that cannot be read are gaps; the rest is in the ledger.
func TestPartsThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	w.source.fetch = func(_ Batch, r *Result) error {
		r.Gaps = []Gap{{What: "x", Reason: "first"}, {What: "y", Reason: "second"}}
		return nil
	}
	s := w.run()
	require.Len(t, s.Gaps, 2)
	assert.Equal(t, "123456789012 eu-west-1, x, 2026-11-20T10:00:00Z to 2026-11-20T12:00:00Z: first", s.Gaps[0].String())
	assert.Len(t, w.records(), 24)
	open := w.checkpoint().Gaps
	require.Len(t, open, 1, "they are asked for together")
	assert.Equal(t, "x and others", open[0].What)
	assert.Equal(t, "first", open[0].Reason)
}
