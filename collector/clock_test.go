package collector

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readUntil has a source whose service has nothing of the time to come, by the true time.
func readUntil(truth *time.Time) func(Batch, *Result) error {
	return func(_ Batch, r *Result) error {
		for i, record := range r.Records {
			if record.PeriodStart.Add(time.Duration(record.PeriodSeconds) * time.Second).After(*truth) {
				r.Records = r.Records[:i]
				break
			}
		}
		return nil
	}
}

// A first run of a clock that is ahead takes the time to come for read. When the clock has been set, that is named, and
// everything is read when it comes, however far the clock was ahead.
func TestFirstRunOfAClockThatIsAhead(t *testing.T) {
	for _, ahead := range []time.Duration{time.Minute, time.Hour, 3 * time.Hour, 30 * time.Hour, 300 * day} {
		w := newWorld(t)
		truth := noon
		w.source.fetch = readUntil(&truth)
		w.now = truth.Add(ahead)
		w.run()
		truth = truth.Add(5 * time.Minute)
		w.now = truth
		s := w.run()
		if ahead > 5*time.Minute {
			require.Len(t, s.Gaps, 1, "%s", ahead)
			assert.Contains(t, s.Gaps[0].Reason, "checkpoint is in the future (clock was wrong): everything until "+
				noon.Add(ahead).Format(time.RFC3339)+" was taken for read; re-reading from 2026-11-20T1")
		}
		for range 3 {
			truth = truth.Add(time.Hour)
			w.now = truth
			s = w.run()
			assert.Empty(t, s.Gaps, "it is named once")
		}
		records := w.records()
		require.NotEmpty(t, records, "%s", ahead)
		from := records[0].PeriodStart
		assert.False(t, from.After(clock("12:00")), "%s: from %s", ahead, from)
		assert.Len(t, records, int(clock("15:05").Sub(from)/(5*time.Minute)), "%s: all of it, and nothing twice", ahead)
	}
}

// A clock that was ahead for a while, after a long time in which it was right: what came while it was is read once it
// is right again, though it lies before the lookback.
func TestClockThatWasAheadForAWhile(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	truth := noon
	w.source.fetch = readUntil(&truth)
	w.run()
	for range 10 { // for ten hours, 30 days ahead
		truth = truth.Add(time.Hour)
		w.now = truth.Add(30 * day)
		w.run()
	}
	truth = truth.Add(time.Hour)
	w.now = truth
	s := w.run()
	require.Len(t, s.Gaps, 1)
	w.now = truth.Add(time.Minute)
	assert.Empty(t, w.run().Gaps)
	assert.Equal(t, map[string]int64{"a": 13 * 60}, counted(w.records()), "from 10:00 to 23:00")
}

// What the ledger has of the time to come shows that it is now that the clock is wrong: nothing is read, nothing moves,
// and it is said until the clock is set.
func TestClockThatIsBehind(t *testing.T) {
	w := newWorld(t)
	w.run()
	before := w.checkpoint()
	for range 2 {
		s := w.after(-24 * time.Hour)
		require.Len(t, s.Gaps, 1)
		assert.Contains(t, s.Gaps[0].Reason, "this machine's clock is wrong: it says 2026-11-1")
		assert.Contains(t, s.Gaps[0].Reason, "but usage of 2026-11-20T11:55:00Z was collected already; nothing is read until it is set")
		assert.Empty(t, w.source.fetched)
	}
	assert.Equal(t, before.Through, w.checkpoint().Through)
	s := w.after(49 * time.Hour)
	assert.Empty(t, s.Gaps)
	assert.Equal(t, []string{"12:00-13:00/5m"}, w.fetchedWindows())
}

// Gaps that a clock noted which was ahead are asked for at once, not when that clock would have.
func TestGapsOfAClockThatWasAhead(t *testing.T) {
	w := newWorld(t)
	w.source.fetch = func(Batch, *Result) error { return errors.New("no") }
	w.run()
	w.edit(func(s *checkpoint) {
		s.Gaps[0].Next = noon.AddDate(1, 0, 0)
		tomorrow := s.Gaps[0]
		tomorrow.Batch.Window = Window{clock("10:00").Add(day), clock("12:00").Add(day), 5 * time.Minute}
		s.Gaps = append(s.Gaps, tomorrow)
		s.Through = noon.Add(day)
	})
	w.source.fetch = nil
	w.after(time.Minute)
	assert.Empty(t, w.checkpoint().Gaps)
	assert.Equal(t, map[string]int64{"a": 120}, counted(w.records()))
}

// toldSource is a source whose service tells the time.
type toldSource struct {
	*memorySource
	service *time.Time
}

func (s toldSource) ServiceTime(Target, time.Time) (time.Time, bool) {
	return *s.service, len(s.planned) > 0
}

// A service that tells the time keeps a clock that is ahead from moving the checkpoint beyond it, be it the first run
// or a later one; and once the clock is set, all is as if nothing had been.
func TestServiceThatTellsTheTime(t *testing.T) {
	for _, first := range []bool{true, false} {
		w := newWorld(t)
		truth := noon
		w.options.Source = toldSource{w.source, &truth}
		run := func() Summary {
			w.source.planned, w.source.fetched = nil, nil
			r, err := New(w.options)
			require.NoError(t, err)
			s, err := r.Run(t.Context())
			require.NoError(t, err)
			return s
		}
		if !first {
			require.Empty(t, run().Gaps)
		}
		w.now = truth.Add(30 * day)
		for range 2 {
			s := run()
			require.Len(t, s.Gaps, 1)
			assert.Equal(t, "this machine's clock is wrong: it says 2026-12-20T12:00:00Z, the service says 2026-11-20T12:00:00Z; "+
				"nothing is read until it is set", s.Gaps[0].Reason)
			assert.Empty(t, w.source.fetched)
			assert.Equal(t, first, w.checkpoint().Through.IsZero())
		}
		truth = truth.Add(time.Hour)
		w.now = truth
		s := run()
		assert.Empty(t, s.Gaps)
		minutes := int64(3 * 60)
		if first {
			minutes = 2 * 60
		}
		assert.Equal(t, map[string]int64{"a": minutes}, counted(w.records()))
	}
}
