package collector

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/ledger"
)

// packedSource is a memorySource whose batches are packs of series, as it is told to pack them.
type packedSource struct {
	*memorySource
	packs [][]string
	fails map[string]string // series that fail before noon, and why
}

var _ SeriesSource = packedSource{}

func (p packedSource) Plan(_ context.Context, _ Target, w Window) (Plan, error) {
	var plan Plan
	for _, pack := range p.packs {
		plan.Batches = append(plan.Batches, packed(pack, w))
	}
	return plan, nil
}

func packed(series []string, w Window) Batch {
	spec, err := json.Marshal(series)
	if err != nil {
		panic(err)
	}
	return Batch{ID: series[0], Window: w, Spec: spec}
}

func (p packedSource) Series(b Batch) (series []string) {
	if json.Unmarshal(b.Spec, &series) != nil {
		return nil
	}
	return series
}

func (p packedSource) Readable(b Batch) bool { return len(p.Series(b)) > 0 }

func (p packedSource) Part(b Batch, keep func(string) bool) (Batch, error) {
	return packed(slices.DeleteFunc(p.Series(b), func(s string) bool { return !keep(s) }), b.Window), nil
}

func (p packedSource) Fetch(ctx context.Context, t Target, b Batch) (all Result, err error) {
	for _, series := range p.Series(b) {
		if why := p.fails[series]; why != "" && b.Window.From.Before(noon) {
			all.Gaps = append(all.Gaps, Gap{What: "series " + series, Reason: why, Series: series})
			continue
		}
		one, err := p.memorySource.Fetch(ctx, t, Batch{ID: series, Window: b.Window})
		if err != nil {
			return Result{}, err
		}
		all.Records = append(all.Records, one.Records...)
	}
	return all, nil
}

// runPacked collects once, and returns the series that were fetched with their windows.
func (w *world) runPacked(source packedSource) (Summary, []string) {
	w.t.Helper()
	w.source.fetched = nil
	w.options.Source = source
	r, err := New(w.options)
	require.NoError(w.t, err)
	s, err := r.Run(w.t.Context())
	require.NoError(w.t, err)
	var fetched []string
	for _, b := range w.source.fetched {
		fetched = append(fetched, b.ID+" "+short(b.Window))
	}
	slices.Sort(fetched)
	return s, fetched
}

// A gap is not closed by its window being read again while the listing leaves its series out: it is asked for by
// itself once it is due, and until then it stays.
func TestGapOfASeriesThatIsNotListed(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = 2 * time.Hour
	w.source.series = []string{"a", "b"}
	w.source.fetch = func(b Batch, _ *Result) error {
		if b.ID == "a" {
			return errors.New("no")
		}
		return nil
	}
	w.run()
	w.source.series, w.source.fetch = []string{"b"}, nil // what fails for a while is listed again later
	s := w.after(time.Minute)
	assert.Equal(t, []string{"10:00-12:00/5m"}, w.fetchedWindows())
	require.Len(t, s.Gaps, 1, "it is not due")
	assert.Equal(t, "a", s.Gaps[0].What)

	s = w.after(4 * time.Minute)
	assert.ElementsMatch(t, []string{"10:00-12:05/5m", "10:00-12:00/5m"}, w.fetchedWindows())
	assert.Empty(t, s.Gaps)
	assert.Empty(t, w.checkpoint().Gaps)
	assert.Len(t, w.records(), 24+25)
}

// Of a batch of which a series failed, that one alone is asked for again, in whatever batch it lies by then.
func TestGapsAreOfSeries(t *testing.T) {
	w := newWorld(t)
	source := packedSource{w.source, [][]string{{"a", "b", "c"}, {"d"}}, map[string]string{"b": "refused"}}
	s, _ := w.runPacked(source)
	require.Len(t, s.Gaps, 1)
	open := w.checkpoint().Gaps
	require.Len(t, open, 1)
	assert.Equal(t, []string{"b"}, source.Series(open[0].Batch))
	assert.Equal(t, "series b", open[0].What)

	source.fails = nil
	w.now = w.now.Add(5 * time.Minute)
	s, fetched := w.runPacked(source)
	assert.Equal(t, []string{"a 12:00-12:05/5m", "b 10:00-12:00/5m", "b 12:00-12:05/5m", "c 12:00-12:05/5m", "d 12:00-12:05/5m"},
		fetched)
	assert.Empty(t, s.Gaps)
	assert.Len(t, w.records(), 4*25)
}

// A gap of two series is closed for the one that is read again, and for the time that is read.
func TestGapsAreClosedBySeriesAndTime(t *testing.T) {
	w := newWorld(t)
	source := packedSource{w.source, [][]string{{"a", "b", "c"}}, map[string]string{"a": "refused", "b": "refused"}}
	w.runPacked(source)
	require.Len(t, w.checkpoint().Gaps, 1)

	w.options.Timing.Since, w.options.Timing.Until = clock("11:00"), clock("12:00")
	source.packs, source.fails = [][]string{{"x", "b"}}, nil
	w.now = w.now.Add(time.Minute) // a is not due
	s, fetched := w.runPacked(source)
	assert.Equal(t, []string{"b 11:00-12:00/5m", "x 11:00-12:00/5m"}, fetched)
	var left []string
	for _, g := range w.checkpoint().Gaps {
		for _, series := range source.Series(g.Batch) {
			left = append(left, series+" "+short(g.Batch.Window))
		}
	}
	assert.ElementsMatch(t, []string{"a 10:00-12:00/5m", "b 10:00-11:00/5m"}, left)
	assert.Len(t, s.Gaps, 2)

	w.options.Timing.Since, w.options.Timing.Until = time.Time{}, time.Time{}
	w.now = noon.Add(5 * time.Minute)
	source.packs = [][]string{{"c"}}
	s, fetched = w.runPacked(source)
	assert.Equal(t, []string{"a 10:00-12:00/5m", "b 10:00-11:00/5m", "c 12:00-12:05/5m"}, fetched)
	assert.Empty(t, s.Gaps)
	assert.Empty(t, w.checkpoint().Gaps)
}

// A gap that goes on failing in the overlap is tried ever less often once it lies before it, and says since when.
func TestGapRemembersHowOftenItWasTried(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = 2 * time.Hour
	source := packedSource{w.source, [][]string{{"a"}}, map[string]string{"a": "refused"}}
	for range 3 {
		w.runPacked(source)
		w.now = w.now.Add(5 * time.Minute)
	}
	open := w.checkpoint().Gaps
	require.Len(t, open, 2)
	assert.Equal(t, []string{"10:00-10:05/5m", "10:05-12:10/5m"}, []string{short(open[0].Batch.Window), short(open[1].Batch.Window)})
	assert.Equal(t, []int{2, 3}, []int{open[0].Tries, open[1].Tries}, "the first has left the overlap")
	assert.Equal(t, []time.Time{noon, noon}, []time.Time{open[0].First, open[1].First})
}

// What was accepted stays accepted while it is read again and fails again, and is gone once it has been read.
func TestAcceptedGapThatIsReadAgain(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = 2 * time.Hour
	source := packedSource{w.source, [][]string{{"a", "b"}}, map[string]string{"a": "refused"}}
	w.runPacked(source)
	accepted, _, err := Accept(w.t.Context(), w.options.Ledger, ledger.Options{}, w.now, Acceptance{
		Gap: func(string, OpenGap) bool { return true },
	})
	require.NoError(t, err)
	require.Len(t, accepted, 1)
	s, _ := w.runPacked(source)
	assert.Empty(t, s.Gaps)

	w.now = w.now.Add(time.Hour)
	s, _ = w.runPacked(source)
	require.Len(t, s.Gaps, 1, "the hour since has not been accepted")
	require.Len(t, w.checkpoint().Gaps, 2)
	assert.Equal(t, "12:00-13:00/5m", short(w.checkpoint().Gaps[1].Batch.Window))
	assert.Equal(t, "10:00-12:00/5m", short(w.checkpoint().Gaps[0].Batch.Window))

	source.fails = nil
	w.now = w.now.Add(time.Minute)
	s, _ = w.runPacked(source)
	assert.Empty(t, s.Gaps)
	require.Len(t, w.checkpoint().Gaps, 1, "10:00 to 11:00 was not read again")
	assert.Equal(t, "10:00-11:00/5m", short(w.checkpoint().Gaps[0].Batch.Window))
}

// A quarantine is forgotten when its series is read well for all of its time.
func TestQuarantineHeals(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Overlap = 2 * time.Hour
	bad := true
	w.source.fetch = func(b Batch, r *Result) error {
		if bad && b.Window.Contains(clock("11:30")) {
			r.Quarantined = []Quarantine{{
				What: "a datapoint of a", Reason: "-1 cannot be usage", Series: "a", Window: between("11:30", "11:35"),
			}}
		}
		return nil
	}
	w.run()
	w.after(time.Minute)
	require.Len(t, w.checkpoint().Quarantined, 1)
	assert.EqualValues(t, 2, w.checkpoint().Quarantined[0].Times)
	w.options.Timing.Since = clock("12:00")
	bad = false
	w.after(time.Hour)
	require.Len(t, w.checkpoint().Quarantined, 1, "its time was not read")
	w.options.Timing.Since = clock("11:00")
	w.run()
	assert.Empty(t, w.checkpoint().Quarantined)
}
