package collector

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// historySource is a memorySource that is planned with its past. It plans what plan says.
type historySource struct {
	*memorySource
	plan func(w Window, h History) (Plan, error)
}

func (h historySource) Parts() []string { return []string{"billing", "usage"} }

func (h historySource) PlanWith(ctx context.Context, t Target, w Window, history History) (Plan, error) {
	p, err := h.Plan(ctx, t, w)
	if err != nil || h.plan == nil {
		return p, err
	}
	return h.plan(w, history)
}

// runHistory is world.run for a source with a past.
func (w *world) runHistory(plan func(Window, History) (Plan, error)) (Summary, error) {
	w.source.planned, w.source.fetched = nil, nil
	w.options.Source = historySource{w.source, plan}
	r, err := New(w.options)
	require.NoError(w.t, err)
	return r.Run(w.t.Context())
}

// one plans a batch of the window for each series.
func one(state string, w Window, series ...string) Plan {
	var p Plan
	if state != "" {
		p.State = json.RawMessage(state)
	}
	for _, s := range series {
		p.Batches = append(p.Batches, Batch{ID: s, Window: w})
	}
	return p
}

func TestAPlanIsGivenThePast(t *testing.T) {
	w := newWorld(t)
	_, err := w.runHistory(func(window Window, h History) (Plan, error) {
		assert.Equal(t, History{}.Read, h.Read, "it was never read")
		assert.Nil(t, h.State)
		earlier, err := h.Earlier(t.Context())
		assert.NoError(t, err)
		assert.Empty(t, earlier, "the first window is all of the lookback")
		return one(`{"known":["a"]}`, window, "a"), nil
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"known":["a"]}`, string(w.checkpoint().Source))

	// A new series is read for the time before the window as well, once, in the periods that the ledger has.
	w.now = w.now.Add(time.Hour)
	w.options.Timing.Period = time.Minute
	s, err := w.runHistory(func(window Window, h History) (Plan, error) {
		assert.JSONEq(t, `{"known":["a"]}`, string(h.State))
		assert.Equal(t, Window{From: clock("10:00"), To: clock("12:00")}, Window{From: h.Read.From, To: h.Read.To})
		earlier, err := h.Earlier(t.Context())
		assert.NoError(t, err)
		assert.Equal(t, []Window{between("11:00", "12:00")}, earlier, "the lookback is two hours, of a day of 5 minutes")
		recorded, err := h.Recorded(t.Context(), clock("10:00"), clock("12:00"))
		assert.NoError(t, err)
		assert.Equal(t, []Recorded{{Account: ireland.Account, Resource: usage.Resource{ID: "a"}}}, recorded)
		none, err := h.Recorded(t.Context(), clock("12:00"), clock("13:00"))
		assert.NoError(t, err)
		assert.Empty(t, none)
		p := one(`{"known":["a","b"]}`, window, "a", "b")
		p.Batches = append(p.Batches, one("", earlier[0], "b").Batches...)
		return p, nil
	})
	require.NoError(t, err)
	assert.Empty(t, s.Gaps)
	assert.ElementsMatch(t, []string{"12:00-13:00/5m", "12:00-13:00/5m", "11:00-12:00/5m"}, w.fetchedWindows())
	assert.JSONEq(t, `{"known":["a","b"]}`, string(w.checkpoint().Source))
	assert.Len(t, w.records(), 24+12+24)
}

// What a plan knows takes effect with the plan, whatever becomes of its batches: a later run reads those.
func TestTheStateOfAPlanIsKeptWithItsBatches(t *testing.T) {
	w := newWorld(t)
	w.source.fetch = func(Batch, *Result) error { return &TargetError{errors.New("the credentials have expired")} }
	_, err := w.runHistory(func(window Window, _ History) (Plan, error) { return one(`"one"`, window, "a"), nil })
	require.NoError(t, err)
	assert.Len(t, w.checkpoint().Pending, 1)
	assert.Equal(t, `"one"`, string(w.checkpoint().Source))

	w.source.fetch = nil
	w.now = w.now.Add(5 * time.Minute)
	_, err = w.runHistory(func(window Window, h History) (Plan, error) {
		assert.Equal(t, `"one"`, string(h.State))
		return one("", window), nil
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"10:00-12:00/5m"}, w.fetchedWindows())
	assert.Equal(t, `"one"`, string(w.checkpoint().Source), "a plan that returns none keeps what was")
}

func TestAPlanIsGivenWhatIsOwedInItsWindow(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	w.source.fetch = func(b Batch, r *Result) error {
		r.Gaps = []Gap{{What: "part of " + b.ID, Reason: "refused"}}
		return nil
	}
	_, err := w.runHistory(func(window Window, _ History) (Plan, error) { return one("", window, "a"), nil })
	require.NoError(t, err)
	w.now = w.now.Add(5 * time.Minute)
	_, err = w.runHistory(func(window Window, h History) (Plan, error) {
		require.Len(t, h.Owed, 1)
		assert.Equal(t, "a", h.Owed[0].ID)
		return one("", window, "a"), nil
	})
	require.NoError(t, err)
}

func TestAPartIsReadAlone(t *testing.T) {
	w := newWorld(t)
	w.source.fetch = func(b Batch, r *Result) error {
		r.Gaps = []Gap{{What: "part of " + b.ID, Reason: "refused"}}
		return nil
	}
	_, err := w.runHistory(func(window Window, _ History) (Plan, error) { return one(`"kept"`, window, "a"), nil })
	require.NoError(t, err)
	before := w.checkpoint()
	w.source.fetch = nil

	w.options.Timing.Part = "billing"
	_, err = w.runHistory(func(window Window, h History) (Plan, error) {
		assert.Equal(t, "billing", h.Part)
		assert.Equal(t, between("10:00", "12:00"), window, "all of the lookback")
		assert.True(t, h.Backfill)
		return one(`"other"`, window, "b"), nil
	})
	require.NoError(t, err)
	after := w.checkpoint()
	assert.Equal(t, before.Through, after.Through)
	assert.Equal(t, `"kept"`, string(after.Source))
	assert.Len(t, after.Gaps, 1, "what of the others is owed stays owed")

	w.options.Timing.Part = "unheard of"
	_, err = New(w.options)
	assert.EqualError(t, err, `the configuration has no "unheard of" to read alone; it has: billing, usage`)
	w.options.Source = w.source
	_, err = New(w.options)
	assert.EqualError(t, err, "the source memory has no parts to read alone")
}

// What is linked to a monitoring account counts as its own, unless it is a target itself; the days of linked accounts
// keep their period, and what another source has collected of one is refused.
func TestLinkedAccounts(t *testing.T) {
	w := newWorld(t)
	w.source.traits.LinkedAccounts = true
	w.source.fetch = func(_ Batch, r *Result) error {
		for i := range r.Records {
			r.Records[i].Account = "222222222222"
		}
		return nil
	}
	linked := func(window Window, _ History) (Plan, error) {
		p := one("", window, "a")
		p.Accounts = []string{"222222222222"}
		return p, nil
	}
	_, err := w.runHistory(linked)
	require.NoError(t, err)

	w.options.Timing = Timing{Lookback: 2 * time.Hour, Period: time.Hour, Overlap: time.Hour}
	w.now = w.now.Add(time.Hour)
	_, err = w.runHistory(func(window Window, h History) (Plan, error) {
		assert.Equal(t, 5*time.Minute, window.Period)
		assert.False(t, h.Direct("222222222222"))
		return linked(window, h)
	})
	require.NoError(t, err)

	other := w.source
	w.source = &memorySource{name: "other", series: []string{"a"}, traits: Traits{LinkedAccounts: true}}
	w.options.SameUsage = []string{"memory", "other"}
	s, err := w.runHistory(linked)
	require.NoError(t, err)
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].Reason, "222222222222 eu-west-1: the ledger has usage of eu-west-1 from the source memory")

	w.source = other
	w.options.Targets = func(context.Context) ([]Target, []Gap) {
		return []Target{ireland, {"222222222222", ireland.Region}}, nil
	}
	_, err = w.runHistory(func(window Window, h History) (Plan, error) {
		assert.True(t, h.Direct("222222222222") || h.Direct(ireland.Account))
		return one("", window), nil
	})
	require.NoError(t, err)
}
