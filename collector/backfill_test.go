package collector

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
)

const (
	notRead       = "123456789012 eu-west-1, backfill of billing, 2026-11-20T10:00:00Z to 2026-11-20T12:00:00Z: "
	notReadSuffix = "; repeat the backfill, or accept that it is missing"
)

// backfillWorld has read from 10:00 to 12:00, and is about to read that of one part again.
func backfillWorld(t *testing.T) *world {
	w := newWorld(t)
	w.usual()
	w.options.Timing.Part = "billing"
	return w
}

func (w *world) usual() Summary {
	w.t.Helper()
	w.options.Timing.Part = ""
	s, err := w.runHistory(nil)
	require.NoError(w.t, err)
	return s
}

func (w *world) backfill() Summary {
	w.t.Helper()
	w.options.Timing.Part = "billing"
	s, err := w.runHistory(nil)
	require.NoError(w.t, err)
	return s
}

func (w *world) state() State {
	w.t.Helper()
	states, err := States(w.t.Context(), w.ledger())
	require.NoError(w.t, err)
	require.Len(w.t, states, 1)
	return states[0]
}

func (w *world) acceptAll() []OpenGap {
	w.t.Helper()
	gaps, _, err := Accept(w.t.Context(), w.options.Ledger, ledger.Options{Now: w.options.Now}, w.now, Acceptance{
		Because: "not wanted", Gap: func(string, OpenGap) bool { return true },
	})
	require.NoError(w.t, err)
	return gaps
}

// A backfill that fails as a whole is named by every run until it is repeated.
func TestABackfillThatFailsIsNamedUntilItIsRepeated(t *testing.T) {
	w := backfillWorld(t)
	w.source.planErr = &TargetError{errors.New("expired")}
	s := w.backfill()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1, 2026-11-20T10:00:00Z to 2026-11-20T12:00:00Z: expired", s.Gaps[0].String())
	assert.Len(t, w.backfill().Gaps, 1)

	w.source.planErr = nil
	for range 2 {
		s = w.usual()
		require.Len(t, s.Gaps, 1)
		assert.Equal(t, notRead+"expired"+notReadSuffix, s.Gaps[0].String())
		assert.Empty(t, w.source.fetched, "no other run reads it")
	}
	open := w.state().Gaps
	require.Len(t, open, 1)
	assert.Equal(t, notRead+"expired"+notReadSuffix, open[0].String())
	assert.Equal(t, 2, open[0].Tries)
	assert.Equal(t, noon, open[0].First)
	assert.True(t, open[0].Next.IsZero())
	assert.Empty(t, w.state().Pending)

	assert.Empty(t, w.backfill().Gaps)
	assert.Equal(t, []string{"10:00-12:00/5m"}, w.fetchedWindows())
	assert.Empty(t, w.state().Gaps)
	assert.Empty(t, w.usual().Gaps)
}

// Accepting ends it likewise, until the same is asked for again.
func TestABackfillThatFailsCanBeAccepted(t *testing.T) {
	w := backfillWorld(t)
	w.source.planErr = &TargetError{errors.New("expired")}
	w.backfill()
	w.source.planErr = nil
	accepted := w.acceptAll()
	require.Len(t, accepted, 1)
	assert.Empty(t, w.acceptAll(), "it was accepted")
	assert.Empty(t, w.usual().Gaps)
	assert.Equal(t, "not wanted", w.state().Gaps[0].Because)
	assert.Equal(t, accepted[0].ID, w.state().Gaps[0].ID)
	w.source.planErr = &TargetError{errors.New("expired")}
	w.backfill()
	w.source.planErr = nil
	assert.Len(t, w.usual().Gaps, 1)
}

// What of a backfill was planned is owed as batches, which the next run reads; the rest of it is named.
func TestABackfillThatFailsHalfWay(t *testing.T) {
	w := backfillWorld(t)
	w.options.Timing.Since = noon.Truncate(day).AddDate(0, 0, -2)
	w.source.fetch = func(Batch, *Result) error { return &TargetError{errors.New("expired")} }
	w.backfill()
	w.options.Timing.Since, w.source.fetch = time.Time{}, nil
	s := w.usual()
	assert.Equal(t, []string{"18T00:00-00:00/5m"}, w.fetchedWindows())
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1, backfill of billing, 2026-11-19T00:00:00Z to 2026-11-20T12:00:00Z: expired"+
		notReadSuffix, s.Gaps[0].String())
	// Repeated for the rest of it but for an hour, that hour is left.
	w.options.Timing.Since, w.options.Timing.Until = noon.Truncate(day).AddDate(0, 0, -1), clock("11:00")
	w.backfill()
	require.Len(t, w.state().Gaps, 1)
	assert.Equal(t, Window{From: clock("11:00"), To: clock("12:00")}, w.state().Gaps[0].Window)
}

// Where no target can be made out, it is owed of those there were.
func TestABackfillWithoutATarget(t *testing.T) {
	w := backfillWorld(t)
	targets := w.options.Targets
	w.options.Targets = func(context.Context) ([]Target, []Gap) { return nil, []Gap{{Reason: "the SSO session has expired"}} }
	require.Len(t, w.backfill().Gaps, 1)
	w.options.Targets = targets
	s := w.usual()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, notRead+"the SSO session has expired"+notReadSuffix, s.Gaps[0].String())
	w.backfill()
	assert.Empty(t, w.usual().Gaps)
}

// One that is interrupted, or killed, is named as well.
func TestABackfillThatIsInterrupted(t *testing.T) {
	w := backfillWorld(t)
	w.options.Timing.Part = "billing"
	ctx, cancel := context.WithCancel(t.Context())
	w.source.planOf = func(Target) error { cancel(); return ctx.Err() }
	w.options.Source = historySource{w.source, nil}
	r, err := New(w.options)
	require.NoError(t, err)
	s, err := r.Run(ctx)
	require.NoError(t, err)
	assert.True(t, s.Interrupted)
	w.source.planOf = nil
	s = w.usual()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, notRead+"the run that was to read it ended before it did"+notReadSuffix, s.Gaps[0].String())
}

// A day of the ledger that is damaged is left of a backfill.
func TestABackfillOfADamagedDay(t *testing.T) {
	w := backfillWorld(t)
	manifest := filepath.Join(w.options.Ledger.Folder, "usage", "dt=2026-11-20", "_manifest.json")
	sound, err := os.ReadFile(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(manifest, []byte("{"), 0o600))
	w.backfill()
	require.NoError(t, os.WriteFile(manifest, sound, 0o600))
	s := w.usual()
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].String(), notRead)
	assert.Contains(t, s.Gaps[0].Reason, "_manifest.json is damaged")
}

// A time that was passed over can be accepted: no run reads it that is not told to, nor says that it has yet to.
func TestWhatIsOwedCanBeAccepted(t *testing.T) {
	w := newWorld(t)
	w.run() // 10:00 to 12:00
	w.options.Timing.Since = clock("14:00")
	w.after(3 * time.Hour)
	w.options.Timing.Since = time.Time{}
	require.Len(t, w.state().Pending, 1)
	owed := w.state().Owed
	require.Len(t, owed, 1)
	assert.Equal(t, Window{From: clock("12:00"), To: clock("14:00")}, owed[0].Window)

	accepted := w.acceptAll()
	require.Len(t, accepted, 1)
	assert.Equal(t, owed[0].ID, accepted[0].ID)
	s := w.after(5 * time.Minute)
	assert.Equal(t, []string{"14:00-15:05/5m"}, w.fetchedWindows(), "not even as the overlap, which --from has left due")
	assert.Empty(t, s.Gaps)
	w.options.Timing.Overlap = 4 * time.Hour
	w.after(5 * time.Minute)
	assert.Equal(t, []string{"11:05-12:00/5m", "14:00-15:10/5m"}, w.fetchedWindows())
	w.options.Timing.Overlap = -1
	assert.Empty(t, w.state().Pending)
	require.Len(t, w.state().Owed, 1)
	assert.Equal(t, "not wanted", w.state().Owed[0].Because)
	assert.Equal(t, noon.Add(3*time.Hour), w.state().Owed[0].Accepted)

	// Who asks for it all the same gets it; the rest stays accepted.
	w.options.Timing.Since, w.options.Timing.Until = clock("13:00"), clock("15:00")
	w.after(0)
	assert.Equal(t, []string{"13:00-15:00/5m"}, w.fetchedWindows())
	require.Len(t, w.state().Owed, 1)
	assert.Equal(t, Window{From: clock("12:00"), To: clock("13:00")}, w.state().Owed[0].Window)
	assert.False(t, w.state().Owed[0].Accepted.IsZero())
}

// A damaged day that was accepted is not owed again by each run that passes over it.
func TestADamagedDayThatWasAcceptedIsNotOwedAgain(t *testing.T) {
	of := checkpoint{}
	whole := Window{From: noon.Truncate(day), To: noon.Truncate(day).Add(day)}
	of.owe([]owedDay{{Window: between("06:00", "12:00")}})
	of.Damaged[0].Accepted = noon
	of.owe([]owedDay{{Window: whole}})
	var left []Window
	for _, owed := range of.Damaged {
		if owed.Accepted.IsZero() {
			left = append(left, owed.Window)
		}
	}
	assert.Equal(t, []Window{{From: whole.From, To: clock("06:00")}, {From: noon, To: whole.To}}, left)
}
