package collector

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
)

func (w *world) states() []State {
	w.t.Helper()
	states, err := States(w.t.Context(), w.ledger())
	require.NoError(w.t, err)
	return states
}

// What is accepted is neither asked for nor reported from then on.
func TestAcceptedGaps(t *testing.T) {
	w := newWorld(t)
	w.source.series = []string{"a", "b"}
	w.source.fetch = func(b Batch, _ *Result) error {
		if b.ID == "a" && b.Window.From.Before(noon) {
			return errors.New("no")
		}
		return nil
	}
	w.run()
	states := w.states()
	require.Len(t, states, 1)
	assert.Equal(t, "memory", states[0].Source)
	assert.Equal(t, ireland, states[0].Target)
	assert.Equal(t, []time.Time{clock("10:00"), noon, noon}, []time.Time{states[0].Begin, states[0].Through, states[0].Success})
	require.Len(t, states[0].Gaps, 1)
	g := states[0].Gaps[0]
	assert.Equal(t, "123456789012 eu-west-1, a, 2026-11-20T10:00:00Z to 2026-11-20T12:00:00Z: no", g.String())
	assert.Equal(t, []time.Time{noon, noon.Add(5 * time.Minute)}, []time.Time{g.First, g.Next})
	assert.Len(t, g.ID, 10)

	accept := func(id string) []OpenGap {
		accepted, _, err := Accept(w.t.Context(), w.options.Ledger, ledger.Options{}, w.now, Acceptance{
			Because: "deleted", Gap: func(source string, g OpenGap) bool { return source == "memory" && g.ID == id },
		})
		require.NoError(t, err)
		return accepted
	}
	assert.Empty(t, accept("another"))
	assert.Len(t, accept(g.ID), 1)
	assert.Empty(t, accept(g.ID), "it is accepted already")
	assert.Equal(t, noon, w.states()[0].Gaps[0].Accepted)
	assert.Equal(t, "deleted", w.states()[0].Gaps[0].Because)
	s := w.after(time.Hour)
	assert.Empty(t, s.Gaps)
	assert.Equal(t, []string{"12:00-13:00/5m", "12:00-13:00/5m"}, w.fetchedWindows())
}

func TestNothingToAccept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "none")
	accepted, _, err := Accept(t.Context(), In(folder, ""), ledger.Options{}, noon, Acceptance{
		Gap: func(string, OpenGap) bool { return true },
	})
	require.NoError(t, err)
	assert.Empty(t, accepted)
	assert.NoDirExists(t, folder)
	states, err := States(t.Context(), reader(t, t.TempDir()))
	require.NoError(t, err)
	assert.Empty(t, states)
}

// A target that cannot be read says since when, and why.
func TestTroubleOfATarget(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.source.fetch = func(Batch, *Result) error { return &TargetError{errors.New("expired")} }
	w.after(time.Hour)
	state := w.states()[0]
	assert.Equal(t, noon, state.Success)
	assert.Equal(t, "expired", state.Trouble)
	require.Len(t, state.Pending, 1)
	assert.Equal(t, "123456789012 eu-west-1, a, 2026-11-20T12:00:00Z to 2026-11-20T13:00:00Z: "+
		"the run that planned it ended before it was read", state.Pending[0].String())
	w.source.fetch = nil
	w.after(time.Hour)
	state = w.states()[0]
	assert.Equal(t, clock("14:00"), state.Success)
	assert.Empty(t, state.Trouble)
	assert.Empty(t, state.Pending)
}

// What is quarantined is accepted by its id, stays so when it is met again, and is still there to be listed.
func TestQuarantinedIsAccepted(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	w.source.fetch = func(_ Batch, r *Result) error {
		r.Quarantined = []Quarantine{{What: "vm-1", Reason: "its name is too long"}}
		return nil
	}
	w.run()
	k := w.states()[0].Quarantined[0]
	assert.Regexp(t, "^q[0-9a-f]{10}$", k.ID)
	_, accepted, err := Accept(w.t.Context(), w.options.Ledger, ledger.Options{}, w.now, Acceptance{
		Because: "a test of ours", Quarantine: func(_ string, other KnownQuarantine) bool { return other.ID == k.ID },
	})
	require.NoError(t, err)
	require.Len(t, accepted, 1)
	assert.Empty(t, w.after(time.Hour).Quarantined)
	again := w.states()[0].Quarantined[0]
	assert.Equal(t, []any{k.ID, noon, "a test of ours", int64(2)}, []any{again.ID, again.Accepted, again.Because, again.Times})
}
