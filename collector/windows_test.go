package collector

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/usage"
)

// A day keeps the period of its records: at another one it would count twice.
func TestDayKeepsItsPeriod(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.options.Timing.Period = time.Hour
	w.after(90 * time.Minute)
	assert.Equal(t, []string{"12:00-13:30/5m"}, w.fetchedWindows(), "today has periods of 5 minutes")
	w.after(24 * time.Hour)
	assert.Equal(t, []string{"13:30-00:00/5m", "21T00:00-13:00/1h"}, w.fetchedWindows(), "tomorrow has the new ones")

	// The other way round: what the service keeps only for a while can no longer be read at the day's period.
	fine := w.source.traits.FinestPeriod
	w.source.traits.FinestPeriod = func(age time.Duration) time.Duration {
		if age > day {
			return time.Hour
		}
		return time.Minute
	}
	w.options.Timing.Since, w.options.Timing.Until = clock("11:00"), clock("12:00")
	s := w.after(0)
	assert.Empty(t, w.fetchedWindows())
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "the ledger has that day in periods of 5m, which the service no longer keeps; it is not read again",
		s.Gaps[0].Reason)
	w.source.traits.FinestPeriod = fine
	w.after(0)
	assert.Equal(t, []string{"11:00-12:00/5m"}, w.fetchedWindows(), "a service that still keeps it")
}

// A record of a length that no run makes shows that somebody has mixed lengths: the day cannot be read again.
func TestDayOfMixedLengthsIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	put(t, w, "memory", ireland, clock("08:00"), 7*60)
	w.options.Timing.Lookback = 6 * time.Hour
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "the ledger has records of different lengths of that day; it is not read again", s.Gaps[0].Reason)
}

func put(t *testing.T, w *world, source string, target Target, at time.Time, seconds int64) {
	t.Helper()
	writer, err := parquet.OpenForWriting(w.options.Ledger.Folder, ledger.Options{})
	require.NoError(t, err)
	_, err = writer.Upsert(t.Context(), func(yield func([]usage.Record, error) bool) {
		yield([]usage.Record{{
			PeriodStart: at, PeriodSeconds: seconds, Region: target.Region, Account: target.Account,
			Resource: usage.Resource{ID: "other"}, Source: source,
		}}, nil)
	})
	require.NoError(t, err)
	require.NoError(t, writer.Close())
}

// What the service no longer keeps of what earlier runs left is lost: reported once, and no longer owed.
func TestBacklogThatIsNoLongerKeptIsLost(t *testing.T) {
	const kept = 3 * time.Hour
	for _, test := range []struct {
		reason string
		age    time.Duration // of the backlog's window
		finest time.Duration // beyond kept
		lost   bool
	}{
		{"as long as its period is kept", kept, time.Hour, false},
		{"a longer one that is not made of its own", kept + 1, 7 * time.Minute, true},
		{"a finer one will do", kept + 1, time.Minute, false},
		{"nothing is kept", kept + 1, 0, true},
	} {
		w := newWorld(t)
		w.source.fetch = func(b Batch, _ *Result) error {
			if b.ID == "pending" {
				return &TargetError{errors.New("expired")}
			}
			return errors.New("no")
		}
		w.source.series = []string{"gap", "pending"}
		w.options.Parallel = 1
		w.run()
		require.Len(t, w.checkpoint().Gaps, 1)
		require.Len(t, w.checkpoint().Pending, 1)

		w.source.fetch, w.source.series = nil, []string{"new"}
		w.source.traits.FinestPeriod = func(age time.Duration) time.Duration {
			if age <= kept {
				return 5 * time.Minute
			}
			return test.finest
		}
		w.options.Timing.Period = time.Minute // what is read now is another matter
		w.now = clock("10:00").Add(test.age)
		s := w.run()
		var lost int
		for _, g := range s.Gaps {
			if g.Reason == "periods of 5m are no longer kept; what was not read of it is lost" {
				lost++
			}
		}
		assert.Equal(t, test.lost, lost == 2, test.reason)
		assert.Equal(t, !test.lost, hasSeries(w.records(), "gap") && hasSeries(w.records(), "pending"), test.reason)
		assert.Empty(t, w.checkpoint().Pending, test.reason)
		assert.Empty(t, w.checkpoint().Gaps, test.reason)
	}
}

func hasSeries(records []usage.Record, id string) bool {
	return slices.ContainsFunc(records, func(r usage.Record) bool { return r.Resource.ID == id })
}

// Windows end at midnight where the period changes, and where the source can take no more.
func TestWindowsAreCut(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Lookback = 60 * time.Hour
	w.run()
	assert.Equal(t, []string{"18T00:00-00:00/5m", "19T00:00-00:00/5m", "00:00-12:00/5m"}, w.fetchedWindows(),
		"a day unless it says")

	w = newWorld(t)
	w.options.Timing.Lookback = 60 * time.Hour
	w.source.traits.MaxWindow = 2 * day
	w.run()
	assert.Equal(t, []string{"18T00:00-00:00/5m", "00:00-12:00/5m"}, w.fetchedWindows(), "two days")

	w = newWorld(t)
	w.options.Timing.Lookback = 60 * time.Hour
	w.source.traits.MaxWindow = 7 * day
	w.source.traits.FinestPeriod = func(age time.Duration) time.Duration {
		if age > 2*day {
			return time.Hour
		}
		return time.Minute
	}
	w.run()
	assert.Equal(t, []string{"18T00:00-00:00/1h", "19T00:00-12:00/5m"}, w.fetchedWindows(), "where the period changes")

	w = newWorld(t)
	w.options.Timing.Lookback = 60 * time.Hour
	w.source.traits.FinestPeriod = func(age time.Duration) time.Duration {
		if age > 2*day {
			return 0
		}
		return time.Minute
	}
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "the service no longer keeps data of that age", s.Gaps[0].Reason)
	assert.Equal(t, []string{"19T00:00-00:00/5m", "00:00-12:00/5m"}, w.fetchedWindows(), "the rest is read")
}

// Time that another source of the same usage has collected is refused.
func TestOverlappingSourcesAreRefused(t *testing.T) {
	for _, test := range []struct {
		reason  string
		change  func(*world)
		refused bool
	}{
		{"another source of the same usage", func(*world) {}, true},
		{"before what is read", func(w *world) { w.options.Timing.Lookback = time.Hour }, false},
		{"a source of other usage, such as an import", func(w *world) { w.options.SameUsage = []string{"memory"} }, false},
		{"it is wanted", func(w *world) { w.options.AllowOverlappingSources = true }, false},
		{"another account", func(w *world) {
			w.options.Targets = targets(Target{"210987654321", "eu-west-1"})
		}, false},
		{"another region", func(w *world) {
			w.options.Targets = targets(Target{"123456789012", "eu-west-2"})
		}, false},
	} {
		w := newWorld(t)
		w.options.SameUsage = []string{"memory", "other"}
		put(t, w, "other", ireland, clock("10:30"), 300)
		test.change(w)
		_, err := w.runner().Run(t.Context())
		if !test.refused {
			require.NoError(t, err, test.reason)
			continue
		}
		var overlap *OverlapError
		require.ErrorAs(t, err, &overlap, test.reason)
		assert.Equal(t, OverlapError{ireland, "memory", "other", noon.Truncate(day)}, *overlap)
		assert.Empty(t, w.source.fetched)
	}
}

// What a run could not read is read with the period that it was planned with. So is the rest of that day, though the
// ledger has nothing of it yet, or it would have records of two lengths.
func TestADayKeepsThePeriodOfWhatIsOwedOfIt(t *testing.T) {
	w := newWorld(t)
	w.source.fetch = func(Batch, *Result) error { return errors.New("down") }
	require.Len(t, w.run().Gaps, 1)
	w.source.fetch = nil
	w.options.Timing.Period = time.Minute
	require.Empty(t, w.after(time.Hour).Gaps)
	lengths := map[int64]int{}
	for _, r := range w.records() {
		lengths[r.PeriodSeconds]++
	}
	require.Equal(t, map[int64]int{300: 36}, lengths, "two hours and one, in periods of 5 minutes")
}
