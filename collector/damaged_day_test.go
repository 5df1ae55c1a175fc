package collector

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/usage"
)

// manifestOf is the path of the manifest of a day of November.
func (w *world) manifestOf(day string) string {
	return filepath.Join(w.options.Ledger.Folder, "usage", "dt=2026-11-"+day, "_manifest.json")
}

// damage makes the manifest of a day unreadable, and returns what mends it.
func (w *world) damage(day string) (mend func()) {
	w.t.Helper()
	path := w.manifestOf(day)
	text, err := os.ReadFile(path)
	require.NoError(w.t, err)
	require.NoError(w.t, os.WriteFile(path, []byte("{"), 0o644))
	return func() { require.NoError(w.t, os.WriteFile(path, text, 0o644)) }
}

// A damaged day of the ledger costs that day: it is not asked for, every other day and target is read, and it is read
// once it was repaired, with what the checkpoint has moved past.
func TestDamagedDayIsOwed(t *testing.T) {
	w := newWorld(t)
	w.options.Timing = Timing{Lookback: 72 * time.Hour, Overlap: 48 * time.Hour}
	w.run()
	mend := w.damage("19")

	w.now = w.now.Add(time.Hour)
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1, 2026-11-19T00:00:00Z to 2026-11-20T00:00:00Z: the ledger's day 2026-11-19 cannot "+
		"be written: usage/dt=2026-11-19/_manifest.json is damaged: the manifest is not readable: unexpected EOF; run microspend "+
		"ledger check --repair. It is read once that day is repaired", s.Gaps[0].String())
	assert.Equal(t, []string{"18T12:00-00:00/5m", "00:00-13:00/5m"}, w.fetchedWindows())
	assert.Equal(t, clock("13:00"), w.checkpoint().Through)
	assert.Len(t, w.checkpoint().Damaged, 1)

	s = w.after(time.Hour)
	assert.Len(t, s.Gaps, 1, "it is named by every run")
	mend()
	w.options.Timing.Overlap = time.Hour // so that the day is read for being owed alone
	s = w.after(time.Hour)
	assert.Empty(t, s.Gaps)
	assert.Equal(t, []string{"19T00:00-00:00/5m", "13:00-15:00/5m"}, w.fetchedWindows())
	assert.Empty(t, w.checkpoint().Damaged)
	assert.Len(t, w.records(), 75*12)
}

// Today may be damaged, too: the checkpoint stays before it.
func TestDamagedDayIsToday(t *testing.T) {
	w := newWorld(t)
	w.options.Timing = Timing{Lookback: 24 * time.Hour, Overlap: time.Hour}
	w.run()
	mend := w.damage("20")
	s := w.after(time.Hour)
	assert.Len(t, s.Gaps, 1)
	assert.Empty(t, w.source.fetched)
	assert.Contains(t, w.checkpoint().Trouble, "the ledger's day 2026-11-20 cannot be written")
	assert.Equal(t, noon, w.checkpoint().Through)
	mend()
	s = w.after(time.Hour)
	assert.Empty(t, s.Gaps)
	assert.Len(t, w.records(), 26*12)
	assert.Empty(t, w.checkpoint().Trouble)
}

// A day that is damaged between plan and commit costs no other day: what was read of it is pending.
func TestDayIsDamagedDuringARun(t *testing.T) {
	w := newWorld(t)
	w.options.Timing = Timing{Lookback: 60 * time.Hour, Overlap: time.Hour}
	w.options.Timing.Until = noon.Add(-24 * time.Hour)
	w.run()
	w.options.Timing.Until = time.Time{}
	var mend func()
	w.source.hook = func(context.Context, Target, Batch) {
		if mend == nil {
			mend = w.damage("19")
		}
	}
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].Reason, "the ledger's day 2026-11-19 cannot be written")
	assert.EqualValues(t, 12*12, s.Changes.Added, "today")
	require.Len(t, w.checkpoint().Pending, 1)
	w.source.hook = nil
	s = w.after(5 * time.Minute)
	require.Len(t, s.Gaps, 1, "it is owed")
	mend()
	s = w.after(5 * time.Minute)
	assert.Empty(t, s.Gaps)
	assert.Empty(t, w.checkpoint().Pending)
	assert.Len(t, w.records(), 60*12+2)
}

// A run that was killed beside a damaged day knows of it when its journal is taken in.
func TestDamagedDayIsInTheJournal(t *testing.T) {
	w := newWorld(t)
	w.options.Timing = Timing{Lookback: 24 * time.Hour, Overlap: 24 * time.Hour}
	w.run()
	mend := w.damage("19")
	copied := filepath.Join(t.TempDir(), "ledger")
	w.options.Parallel, w.source.series = 1, []string{"a", "b"}
	w.source.hook = func(_ context.Context, _ Target, b Batch) {
		if b.ID == "b" {
			time.Sleep(50 * time.Millisecond) // entries are written by another goroutine
			require.NoError(t, os.CopyFS(copied, os.DirFS(w.options.Ledger.Folder)))
		}
	}
	w.after(time.Hour)
	mend()
	w.source.hook, w.options.Ledger = nil, In(copied, "")
	w.damage("19")
	s := w.run()
	assert.True(t, s.Resumed)
	assert.Len(t, s.Gaps, 1)
	require.Len(t, w.checkpoint().Damaged, 1)
	assert.Equal(t, noon.AddDate(0, 0, -1), w.checkpoint().Damaged[0].Window.From)
	assert.Empty(t, w.checkpoint().Pending)
}

// A live source goes on where other days are damaged than today. What it has measured of those is lost, and named.
func TestLiveSourceAndDamagedDays(t *testing.T) {
	w := newWorld(t)
	w.source.traits.Live = true
	w.source.fetch = func(b Batch, r *Result) error {
		for at := b.Window.From; at.Before(b.Window.To); at = at.Add(time.Hour) {
			r.Records = append(r.Records, usage.Record{
				PeriodStart: at, PeriodSeconds: 300, Region: "eu-west-1", Resource: usage.Resource{ID: "a"}, Source: "memory",
			})
		}
		return nil
	}
	w.run()
	w.after(time.Hour)
	mend := w.damage("20")
	s := w.after(time.Hour)
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].Reason, "Nothing can be kept of what is measured until that day is repaired or over")
	assert.Empty(t, w.source.fetched)
	assert.Equal(t, clock("13:00"), w.checkpoint().Through)

	s = w.after(12 * time.Hour)
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].Reason, "What was measured of it is lost")
	assert.Equal(t, Window{From: clock("13:00"), To: clock("00:00").Add(day)}, s.Gaps[0].Window)
	assert.EqualValues(t, 2, s.Changes.Added, "midnight and an hour later")
	assert.Empty(t, w.after(time.Hour).Gaps)
	mend()
	assert.Empty(t, w.after(time.Hour).Gaps)
}

// Another damaged day: a folder that is a file, as a copy that went wrong leaves it.
func TestDayThatIsAFile(t *testing.T) {
	w := newWorld(t)
	path := filepath.Dir(w.manifestOf("20"))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	w.options.Timing.Lookback = 14 * time.Hour
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.EqualValues(t, 2*12, s.Changes.Added, "yesterday")
	l, err := parquet.Open(w.options.Ledger.Folder, ledger.Options{})
	require.NoError(t, err)
	assert.Error(t, l.Unwritable(t.Context(), noon))
	assert.NoError(t, l.Unwritable(t.Context(), noon.Add(-day)))
}

// A target that another source has collected is refused, and the others are read.
func TestOverlapCostsItsTarget(t *testing.T) {
	w := newWorld(t)
	other := Target{"210987654321", "eu-west-1"}
	w.run()
	w.options.SameUsage = []string{"memory", "second"}
	w.source.name = "second"
	w.options.Targets = func(context.Context) ([]Target, []Gap) { return []Target{ireland, other}, nil }
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "123456789012 eu-west-1: the ledger has usage of eu-west-1 from the source memory, on 2026-11-20 and perhaps "+
		"later; reading it from second as well would count it twice. Begin after it with --from, keep another ledger, or allow "+
		"it with --allow-overlapping-sources", s.Gaps[0].String())
	assert.EqualValues(t, 24, s.Changes.Added)
	assert.Equal(t, 1, s.Unusable)
	assert.Contains(t, w.checkpoint().Trouble, "would count it twice")

	e, err := w.runner().Estimate(t.Context())
	require.NoError(t, err)
	assert.Len(t, e.Gaps, 1)

	w.options.Targets = func(context.Context) ([]Target, []Gap) { return []Target{ireland}, nil }
	_, err = w.runner().Run(t.Context())
	var overlap *OverlapError
	require.ErrorAs(t, err, &overlap, "there is no other target")
}
