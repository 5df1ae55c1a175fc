package collector

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/usage"
)

func targets(of ...Target) TargetsFunc {
	return func(context.Context) ([]Target, []Gap) { return of, nil }
}

// The first run reads the lookback, the next ones the overlap and what is new. Nothing counts twice.
func TestRuns(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	w.source.traits.Settle = 10 * time.Minute
	s := w.run()
	assert.Equal(t, []string{"10:00-11:50/5m"}, w.fetchedWindows())
	assert.EqualValues(t, 22, s.Changes.Added)
	s = w.run()
	assert.Equal(t, []string{"11:00-11:50/5m"}, w.fetchedWindows())
	assert.EqualValues(t, 10, s.Changes.Unchanged)
	assert.Zero(t, s.Changes.Added)
	s = w.after(7 * time.Minute)
	assert.Equal(t, []string{"11:00-11:55/5m"}, w.fetchedWindows(), "a period that is over")
	assert.EqualValues(t, 1, s.Changes.Added)
}

// A backfill reads what lies before, and leaves the checkpoint where it is.
func TestBackfillDoesNotMoveTheCheckpoint(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	w.run()
	before := w.checkpoint()

	w.options.Timing.Since, w.options.Timing.Until = clock("06:00"), clock("08:00")
	s := w.after(30 * time.Minute)
	assert.Equal(t, []string{"06:00-08:00/5m"}, w.fetchedWindows())
	assert.EqualValues(t, 24, s.Changes.Added)
	after := w.checkpoint()
	assert.Equal(t, clock("06:00"), after.Begin, "but for where the ledger begins")
	after.Begin, after.stored = before.Begin, before.stored
	assert.Equal(t, before, after)

	w.options.Timing.Since, w.options.Timing.Until = time.Time{}, time.Time{}
	w.after(0)
	assert.Equal(t, []string{"11:00-12:30/5m"}, w.fetchedWindows(),
		"the next run goes on where the one before the backfill ended")
}

// A batch that could not be read because its target failed is owed once, however often the target fails again.
func TestPendingBatchesAreOwedOnce(t *testing.T) {
	w := newWorld(t)
	w.source.series = []string{"a", "b"}
	w.options.Parallel = 1
	w.source.fetch = func(b Batch, _ *Result) error {
		if b.ID == "b" {
			return &TargetError{errors.New("expired")}
		}
		return nil
	}
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "expired", s.Gaps[0].Reason)
	for range 3 {
		pending := w.checkpoint().Pending
		require.Len(t, pending, 1)
		assert.Equal(t, "b", pending[0].ID)
		w.run()
		assert.Equal(t, []string{"10:00-12:00/5m"}, w.fetchedWindows())
	}
	w.source.fetch = nil
	s = w.run()
	assert.Empty(t, s.Gaps)
	assert.Empty(t, w.checkpoint().Pending)
	assert.Len(t, w.records(), 48)
	w.run()
	assert.Empty(t, w.source.fetched, "nothing is owed")
}

// A gap that is due while the target fails stays a gap, and does not become pending besides.
func TestGapOfAFailingTargetStaysOne(t *testing.T) {
	w := newWorld(t)
	w.source.fetch = func(Batch, *Result) error { return errors.New("no") }
	w.run()
	w.source.fetch = func(Batch, *Result) error { return &TargetError{errors.New("expired")} }
	w.after(5 * time.Minute)
	assert.Equal(t, []string{"10:00-12:00/5m"}, w.fetchedWindows())
	s := w.checkpoint()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, 1, s.Gaps[0].Tries, "a target that fails is no try")
	assert.Empty(t, s.Pending)
}

// A target is left when nothing can be read of it, or when batches keep failing; the others are read.
func TestTargetsAreLeft(t *testing.T) {
	for _, test := range []struct {
		reason  string
		err     func(n int) error // of the nth batch of the target
		fetched int
	}{
		{"its credentials fail", func(int) error { return &TargetError{errors.New("expired")} }, 1},
		{"three batches fail in a row", func(int) error { return errors.New("no") }, 3},
		{"two batches fail, again and again", func(n int) error {
			if n%3 == 2 {
				return nil
			}
			return errors.New("no")
		}, 6},
	} {
		w := newWorld(t)
		w.source.series = []string{"a", "b", "c", "d", "e", "f"}
		w.options.Parallel = 1
		other := Target{"210987654321", "eu-west-1"}
		w.options.Targets = targets(ireland, other)
		n := map[Target]int{}
		var of Target
		w.source.hook = func(_ context.Context, t Target, _ Batch) { of = t }
		w.source.fetch = func(Batch, *Result) error {
			n[of]++
			if of == ireland {
				return test.err(n[of] - 1)
			}
			return nil
		}
		w.run()
		assert.Equal(t, test.fetched, n[ireland], test.reason)
		assert.Equal(t, 6, n[other], test.reason)
	}
}

func TestCostIsLimited(t *testing.T) {
	w := newWorld(t)
	w.source.series, w.source.cost = []string{"a", "b", "c"}, decimal.RequireFromString("0.01")
	limit := decimal.RequireFromString("0.0299")
	w.options.MaxAPICost = &limit
	_, err := w.runner().Run(t.Context())
	var cost *CostError
	require.ErrorAs(t, err, &cost)
	assert.Equal(t, "0.03", cost.Cost.String())
	assert.Empty(t, w.source.fetched)

	limit = decimal.RequireFromString("0.03")
	s := w.run()
	assert.Equal(t, "0.03", s.Cost.APIPrice.String(), "what it may cost exactly is allowed")
	assert.Len(t, w.source.fetched, 3)
}

// With another shape records would have other keys: nothing is read again, but what is owed and was never read.
func TestShapeChanges(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = time.Hour
	w.source.traits.Shape = "by tenant"
	w.source.fetch = func(b Batch, _ *Result) error { return errors.New("no") }
	w.run()
	w.source.traits.Shape, w.source.fetch = "by MicroVM", nil
	w.source.series = []string{"m1", "m2"}
	s := w.after(30 * time.Minute)
	assert.ElementsMatch(t, []string{"10:00-12:00/5m", "10:00-12:00/5m", "12:00-12:30/5m", "12:00-12:30/5m"}, w.fetchedWindows(),
		"nothing had been read of what was owed, so it is planned anew")
	assert.Empty(t, s.Gaps)
	assert.Empty(t, w.checkpoint().Gaps)
	assert.Empty(t, w.checkpoint().Replan)
	assert.Equal(t, "by MicroVM", w.checkpoint().Shape)
	assert.Len(t, w.records(), 2*30)
}

// What was read under other keys is not read again when a time before the change is asked for: both would count. The
// time before what was ever read has no such records.
func TestSinceBeforeTheShapeChanged(t *testing.T) {
	w := newWorld(t)
	w.source.traits.Shape, w.source.series = "by tenant", []string{"t1"}
	w.run() // 10:00 to 12:00
	w.source.traits.Shape, w.source.series = "by MicroVM", []string{"m1"}
	w.after(30 * time.Minute)
	before := len(w.records())
	require.Equal(t, 30, before)
	w.options.Timing.Since = clock("10:30")
	s := w.after(time.Minute)
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].String(), "T10:30:00Z to 2026-11-20T12:00:00Z: the ledger has it under the names of an "+
		"earlier configuration")
	assert.Len(t, w.records(), before, "none counts twice")
	w.options.Timing.Since = clock("10:00").AddDate(0, 0, -2)
	w.options.Timing.Until = clock("10:00").AddDate(0, 0, -1)
	s = w.after(time.Minute)
	assert.Empty(t, s.Gaps)
	assert.Len(t, w.records(), before+24*12)
}

// A record that is not complete never takes the place of one that is, where a part of the batch failed or the service
// forgets.
func TestCompleteRecordsAreKept(t *testing.T) {
	for _, test := range []struct {
		reason string
		grows  bool
		gap    bool
		want   usage.Coverage
	}{
		{"a part of it failed", false, true, usage.CoverageComplete},
		{"what is known only grows", true, false, usage.CoverageComplete},
		{"it was corrected", false, false, usage.CoveragePartial},
	} {
		w := newWorld(t)
		w.options.Timing.Overlap = day
		w.source.traits.Grows = test.grows
		w.run()
		w.source.coverage = usage.CoveragePartial
		w.source.fetch = func(_ Batch, r *Result) error {
			if test.gap {
				r.Gaps = []Gap{{What: "x", Reason: "no"}}
			}
			return nil
		}
		s := w.run()
		assert.Equal(t, test.want, w.records()[0].Coverage, test.reason)
		if test.want == usage.CoverageComplete {
			assert.EqualValues(t, 24, s.Counts[countKept], test.reason)
		}
		w.source.coverage = usage.CoverageComplete
		w.run()
		assert.Equal(t, usage.CoverageComplete, w.records()[0].Coverage, test.reason)
	}
}

// Whatever moment a run is killed at, the next one asks for what is missing and for nothing else.
func TestKilledRunIsResumed(t *testing.T) {
	for killed := range 4 {
		w := newWorld(t)
		w.source.series = []string{"a", "b", "c"}
		w.options.Parallel = 1
		copied := filepath.Join(t.TempDir(), "ledger")
		w.source.hook = func(context.Context, Target, Batch) {
			if len(w.source.fetched) == killed {
				time.Sleep(50 * time.Millisecond) // entries are written by another goroutine
				require.NoError(t, os.CopyFS(copied, os.DirFS(w.options.Ledger.Folder)))
			}
		}
		w.run()
		if killed == 3 {
			require.NoError(t, os.CopyFS(copied, os.DirFS(w.options.Ledger.Folder)))
		}
		w.source.hook, w.options.Ledger = nil, In(copied, "")
		s := w.run()
		assert.Len(t, w.source.fetched, 3-killed)
		assert.Equal(t, killed < 3, s.Resumed)
		assert.Len(t, w.records(), 3*24)
		assert.Empty(t, w.checkpoint().Pending)
	}
}

// When its context ends, what is in flight is finished and in the ledger, and the rest is owed.
func TestInterruptedRun(t *testing.T) {
	w := newWorld(t)
	w.source.series = []string{"a", "b", "c"}
	w.options.Parallel = 1
	ctx, cancel := context.WithCancel(t.Context())
	w.source.hook = func(_ context.Context, _ Target, b Batch) {
		if b.ID == "b" {
			cancel()
		}
	}
	s, err := w.runner().Run(ctx)
	require.NoError(t, err)
	assert.True(t, s.Interrupted)
	assert.Len(t, w.records(), 2*24)
	w.source.hook = nil
	w.run()
	assert.Equal(t, []string{"10:00-12:00/5m"}, w.fetchedWindows())
	assert.Len(t, w.records(), 3*24)
}

// Of a live source windows adjoin, and what it wants to remember takes effect with what was read.
func TestLiveSource(t *testing.T) {
	w := newWorld(t)
	w.source.traits = Traits{Live: true}
	polls := []Window{}
	fails := false
	w.source.fetch = func(b Batch, r *Result) error {
		polls = append(polls, b.Window)
		if fails {
			return errors.New("no")
		}
		if len(polls) > 1 {
			assert.Equal(t, `"1"`, string(b.State))
		}
		r.State = rawState("1")
		return nil
	}
	w.run()
	w.after(time.Minute)
	fails = true
	s := w.after(time.Minute)
	require.Len(t, s.Gaps, 1)
	assert.Empty(t, w.checkpoint().Gaps, "the past cannot be asked for")
	fails = false
	w.after(time.Minute)
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	assert.Equal(t, []Window{
		{From: at(0), To: at(0)}, {From: at(0), To: at(1)}, {From: at(1), To: at(2)}, {From: at(1), To: at(3)},
	}, polls, "the first one is empty; after one that failed the next begins where that did")

	s = w.after(-time.Hour)
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "checkpoint is in the future (clock was wrong): it was 2026-11-20T12:03:00Z when the target was last read; "+
		"reading goes on from now", s.Gaps[0].Reason)
	w.after(time.Minute)
	assert.Equal(t, []Window{{From: at(-57), To: at(-57)}, {From: at(-57), To: at(-56)}}, polls[4:], "it is read as a first time")
}

// A checkpoint of the future, as a clock made that was wrong, is not believed.
func TestCheckpointOfTheFuture(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.edit(func(s *checkpoint) { s.Through = noon.AddDate(1, 0, 0) })
	w.after(time.Hour)
	assert.Equal(t, []string{"11:00-13:00/5m"}, w.fetchedWindows(), "the lookback")
	assert.Equal(t, clock("13:00"), w.checkpoint().Through)
}

// Notes and counts are summed up over batches; notes are cut.
func TestNotesAndCounts(t *testing.T) {
	w := newWorld(t)
	w.source.series = []string{"a", "b", "c"}
	w.source.fetch = func(_ Batch, r *Result) error {
		r.Counts = map[string]int64{"lines": 2}
		r.Notes = slices.Repeat([]string{"a note"}, MaxNotes/2+1)
		return nil
	}
	s := w.run()
	assert.EqualValues(t, 6, s.Counts["lines"])
	assert.Len(t, s.Notes, MaxNotes)
}

// An estimate plans as a run does, and changes nothing.
func TestEstimate(t *testing.T) {
	w := newWorld(t)
	w.source.series, w.source.cost = []string{"a", "b"}, decimal.RequireFromString("0.01")
	e, err := w.runner().Estimate(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "0.02", e.Cost.APIPrice.String())
	require.Len(t, e.Targets, 1)
	assert.Equal(t, TargetEstimate{
		Target: ireland, From: clock("10:00"), To: noon, Period: 5 * time.Minute, Batches: 2,
		Cost: Cost{Calls: 2, APIPrice: e.Cost.APIPrice},
	}, e.Targets[0])
	assert.NoDirExists(t, w.options.Ledger.Folder)
	assert.Empty(t, w.source.fetched)

	w.source.fetch = func(Batch, *Result) error { return &TargetError{errors.New("expired")} }
	w.options.Parallel = 1
	w.run()
	e, err = w.runner().Estimate(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 2, e.Targets[0].Left)

	w.source.planErr = errors.New("no metrics")
	w.now = w.now.Add(time.Hour)
	e, err = w.runner().Estimate(t.Context())
	require.NoError(t, err)
	require.Len(t, e.Gaps, 1)
	assert.Equal(t, "no metrics", e.Gaps[0].Reason)
}

// A first window that could not be planned is read by the next run, from where the first one began.
func TestFirstWindowThatCannotBePlanned(t *testing.T) {
	w := newWorld(t)
	w.source.planErr = errors.New("no metrics")
	s := w.run()
	require.Len(t, s.Gaps, 1)
	w.source.planErr = nil
	w.after(time.Hour)
	assert.Equal(t, []string{"10:00-13:00/5m"}, w.fetchedWindows())
}

// Since is for the first run of a service that gets through; what failed of it is asked for again as a gap.
func TestEvery(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Since = clock("06:00")
	fails := true
	w.source.fetch = func(Batch, *Result) error {
		if fails {
			return errors.New("no")
		}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := w.runner()
	runs := 0
	require.NoError(t, r.Every(ctx, time.Millisecond, func(s Summary, err error) {
		require.NoError(t, err)
		fails = false
		w.now = w.now.Add(firstRetry)
		runs++
		assert.Len(t, s.Gaps, map[int]int{1: 1}[runs], "run %d", runs)
		if runs == 3 {
			cancel()
		}
	}))
	assert.Equal(t, []string{"06:00-12:00/5m", "06:00-12:00/5m", "12:00-12:05/5m", "12:05-12:10/5m"}, w.fetchedWindows())
}

// A target that could not be read at all is owed what Since asks for; the others go on.
func TestEveryReadsSinceOfEachTarget(t *testing.T) {
	w := newWorld(t)
	other := Target{"210987654321", ireland.Region}
	w.options.Targets = func(context.Context) ([]Target, []Gap) { return []Target{ireland, other}, nil }
	w.options.Timing.Since = clock("06:00")
	var read []string
	fails := true
	w.source.hook = func(_ context.Context, at Target, b Batch) { read = append(read, at.Account[:1]+" "+short(b.Window)) }
	w.source.planOf = func(at Target) error {
		if fails && at == other {
			return &TargetError{errors.New("expired")}
		}
		return nil
	}
	w.options.Parallel = 1
	ctx, cancel := context.WithCancel(t.Context())
	runs := 0
	require.NoError(t, w.runner().Every(ctx, time.Millisecond, func(s Summary, err error) {
		require.NoError(t, err)
		w.now = w.now.Add(5 * time.Minute)
		switch runs++; runs {
		case 1:
			assert.Equal(t, []string{"1 06:00-12:00/5m"}, read)
		case 2:
			assert.Equal(t, []string{"1 12:00-12:05/5m"}, read)
			fails = false
		case 3:
			assert.ElementsMatch(t, []string{"1 12:05-12:10/5m", "2 06:00-12:10/5m"}, read)
			cancel()
		}
		read = nil
	}))
}

// A loss that Since meets is named by the first of runs that follow each other, and not by each of them.
func TestEveryNamesALossOnce(t *testing.T) {
	w := newWorld(t)
	w.source.traits.Shape = "by tenant"
	w.run() // 10:00 to 12:00
	w.source.traits.Shape = "by MicroVM"
	w.after(time.Hour)
	w.options.Timing.Since = clock("09:00")
	ctx, cancel := context.WithCancel(t.Context())
	var gaps []string
	runs := 0
	require.NoError(t, w.runner().Every(ctx, time.Millisecond, func(s Summary, err error) {
		require.NoError(t, err)
		for _, g := range s.Gaps {
			gaps = append(gaps, g.String())
		}
		w.now = w.now.Add(5 * time.Minute)
		if runs++; runs == 3 {
			cancel()
		}
	}))
	assert.Equal(t, []string{"123456789012 eu-west-1, 2026-11-20T09:00:00Z to 2026-11-20T12:00:00Z: the ledger has it under the " +
		"names of an earlier configuration; reading it again would count it twice"}, gaps)
}
