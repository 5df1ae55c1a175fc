package collector

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What --from passes over is named, and read by the next run.
func TestSincePassesOverWhatWasNotRead(t *testing.T) {
	w := newWorld(t)
	w.source.planErr = &TargetError{errors.New("expired")}
	w.run() // in vain, 10:00 to 12:00
	w.options.Timing.Since, w.source.planErr = clock("14:00"), nil
	s := w.after(3 * time.Hour)
	assert.Equal(t, []string{"14:00-15:00/5m"}, w.fetchedWindows())
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1, 2026-11-20T10:00:00Z to 2026-11-20T14:00:00Z: it was not read before, and "+
		"--from passes over it; the next run reads it", s.Gaps[0].String())
	states, err := States(w.t.Context(), w.ledger())
	require.NoError(t, err)
	require.Len(t, states[0].Pending, 1)
	assert.Equal(t, Window{From: clock("10:00"), To: clock("14:00")}, states[0].Pending[0].Window)

	w.options.Timing.Since = time.Time{}
	w.source.planErr = &TargetError{errors.New("expired")}
	s = w.after(0)
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1: expired", s.Gaps[0].String(), "all of the target, not one window")

	w.source.planErr = nil
	s = w.after(5 * time.Minute)
	assert.Empty(t, s.Gaps)
	assert.Equal(t, []string{"10:00-12:00/5m", "12:00-15:05/5m"}, w.fetchedWindows())
	assert.Len(t, w.records(), (5*60+5)/5)
	assert.Empty(t, w.checkpoint().Damaged)
}

// A run reads of what is owed what its own windows leave of it.
func TestOwedBesideTheWindows(t *testing.T) {
	w := newWorld(t)
	w.run() // 10:00 to 12:00
	w.options.Timing.Since = clock("14:00")
	w.after(3 * time.Hour)
	w.options.Timing.Since = clock("13:00")
	s := w.after(0)
	assert.Empty(t, s.Gaps)
	assert.Equal(t, []string{"12:00-13:00/5m", "13:00-15:00/5m"}, w.fetchedWindows())
}

// What --from asks for of a target that fails is asked for again by the next run, also without --from.
func TestSinceOfAFailingTarget(t *testing.T) {
	for until, want := range map[string][]string{
		"":      {"06:00-12:00/5m", "12:00-12:35/5m"},
		"08:00": {"06:00-08:00/5m", "12:00-12:35/5m"},
	} {
		w := newWorld(t)
		w.run()
		w.options.Timing.Since, w.source.planErr = clock("06:00"), &TargetError{errors.New("expired")}
		if until != "" {
			w.options.Timing.Until = clock(until)
		}
		s := w.after(30 * time.Minute)
		require.Len(t, s.Gaps, 1, until)
		w.options.Timing.Since, w.options.Timing.Until, w.source.planErr = time.Time{}, time.Time{}, nil
		s = w.after(5 * time.Minute)
		assert.Empty(t, s.Gaps, until)
		assert.Equal(t, want, w.fetchedWindows(), until)
		w.after(0)
		assert.Empty(t, w.source.fetched, "it is read once")
	}
}

// A backfill that is given up half way goes on from there.
func TestBackfillGivenUpHalfWay(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.options.Timing.Since, w.options.Timing.Until = noon.Truncate(day).AddDate(0, 0, -3), noon.Truncate(day)
	second := w.options.Timing.Since.Add(day)
	w.source.fetch = func(b Batch, r *Result) error {
		if b.Window.From.Equal(second) {
			r.Records = nil
			return &TargetError{errors.New("expired")}
		}
		return nil
	}
	s := w.after(0)
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1, 2026-11-18T00:00:00Z to 2026-11-20T00:00:00Z: expired", s.Gaps[0].String())
	assert.Len(t, w.records(), 288+24)
	w.options.Timing.Since, w.options.Timing.Until, w.source.fetch = time.Time{}, time.Time{}, nil
	s = w.after(5 * time.Minute)
	assert.Empty(t, s.Gaps)
	assert.Len(t, w.records(), 3*288+25)
}

// What a live source could not see is named by the next run where the one that met it was killed once it had moved the
// checkpoint; and once only.
func TestLiveGapOutlivesAKill(t *testing.T) {
	w := newWorld(t)
	w.source.traits.Live = true
	w.run()
	w.source.fetch = func(_ Batch, r *Result) error {
		r.Gaps = []Gap{{What: "polls", Reason: "there was no poll for 22m; it is lost"}}
		return nil
	}
	path := filepath.Join(w.options.Ledger.Folder, ".collect", "memory", "123456789012_eu-west-1.json")
	var left []byte // by a kill between the commit and the end of the run
	w.options.Now = func() time.Time {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), "22m") {
			left = text
		}
		return w.now
	}
	s := w.after(22 * time.Minute)
	require.Len(t, s.Gaps, 1)
	require.NotEmpty(t, left)
	assert.Empty(t, w.checkpoint().Untold, "it was told")

	require.NoError(t, os.WriteFile(path, left, 0o600))
	w.source.fetch = nil
	s = w.after(time.Minute)
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1, polls, 2026-11-20T12:00:00Z to 2026-11-20T12:22:00Z: there was no poll for "+
		"22m; it is lost", s.Gaps[0].String())
	assert.Empty(t, w.after(time.Minute).Gaps)
}

// The run that changes the keys may be the one that is given --from: what the ledger has stays as it was, in that run
// and in the next one's overlap.
func TestSinceWhileTheShapeChanges(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	w.source.traits.Shape, w.source.series = "by tenant", []string{"t1"}
	w.run() // 10:00 to 12:00
	w.source.traits.Shape, w.source.series = "by MicroVM", []string{"m1"}
	w.options.Timing.Since = clock("11:00")
	w.after(30 * time.Minute)
	assert.Equal(t, []string{"12:00-12:30/5m"}, w.fetchedWindows())
	w.options.Timing.Since = time.Time{}
	s := w.after(5 * time.Minute)
	assert.Equal(t, []string{"12:00-12:35/5m"}, w.fetchedWindows())
	assert.Empty(t, s.Gaps)
	assert.Len(t, w.records(), 24+7)
}
