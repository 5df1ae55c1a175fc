package collector

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// forgetting is a service that keeps periods of 5 minutes for 3 days, and hours for 10.
func forgetting(age time.Duration) time.Duration {
	switch {
	case age <= 3*day:
		return 5 * time.Minute
	case age <= 10*day:
		return time.Hour
	}
	return 0
}

// counted sums up what the ledger has of each series, in minutes.
func counted(records []usage.Record) map[string]int64 {
	minutes := map[string]int64{}
	for _, r := range records {
		minutes[r.Resource.ID] += r.PeriodSeconds / 60
	}
	return minutes
}

// A gap whose periods are no longer kept is asked for in hours, but for those of which the ledger has a part of the
// series: 10:00 to 12:00 of a, b and c could not be read, of which b was read from 10:30 to 11:00 by another run.
func TestOldGapIsReadInHours(t *testing.T) {
	w := newWorld(t)
	w.source.traits.FinestPeriod = forgetting
	source := packedSource{w.source, [][]string{{"a", "b", "c"}}, map[string]string{"a": "no", "b": "no", "c": "no"}}
	w.runPacked(source)
	w.options.Timing.Since, w.options.Timing.Until = clock("10:30"), clock("11:00")
	w.now = w.now.Add(time.Minute)
	source.fails = map[string]string{"a": "no", "c": "no"}
	w.runPacked(source)
	assert.Equal(t, map[string]int64{"b": 30}, counted(w.records()))

	w.options.Timing.Since, w.options.Timing.Until = time.Time{}, time.Time{}
	source.fails = map[string]string{"a": "no", "b": "no", "c": "no"}
	for range 2 {
		w.now = w.now.Add(day)
		w.runPacked(source)
	}
	w.now = w.now.Add(day)
	source.fails = nil
	s, fetched := w.runPacked(source)
	assert.Equal(t, []string{
		"a 10:00-11:00/1h", "a 11:00-12:00/1h", "a 22T12:00-12:00/5m", "b 11:00-12:00/1h", "b 22T12:00-12:00/5m",
		"c 10:00-11:00/1h", "c 11:00-12:00/1h", "c 22T12:00-12:00/5m",
	}, fetched)
	var lost []string
	for _, g := range s.Gaps {
		lost = append(lost, g.What+" "+short(g.Window)+" "+g.Reason)
	}
	const why = " periods of 5m are no longer kept; what was not read of it is lost"
	assert.Equal(t, []string{"b 10:00-10:30/5m" + why}, lost, "10:30 to 11:00 is there; the gap's rest from 11:00 fits into an hour")
	assert.Equal(t, map[string]int64{"a": 120 + 3*1440, "b": 30 + 60 + 3*1440, "c": 120 + 3*1440}, counted(w.records()))
	assert.Empty(t, w.checkpoint().Gaps)

	s = func() Summary { s, _ := w.runPacked(source); return s }()
	assert.Empty(t, s.Gaps, "what is lost is named once")
}

// Whatever of a day was read in whichever order, an old gap that is read in hours counts no minute twice: of each hour
// of a series there is one record of an hour, or records of 5 minutes.
func TestHoursNeverLieBesideTheirMinutes(t *testing.T) {
	for n := range 16 { // which of four stretches of half an hour were read before
		w := newWorld(t)
		w.source.traits.FinestPeriod = forgetting
		source := packedSource{w.source, [][]string{{"a", "b"}}, map[string]string{"a": "no", "b": "no"}}
		w.runPacked(source)
		source.fails = map[string]string{"b": "no"}
		for i := range 4 {
			if n&(1<<i) == 0 {
				continue
			}
			from := clock("10:00").Add(time.Duration(i) * 30 * time.Minute)
			w.options.Timing.Since, w.options.Timing.Until = from, from.Add(30*time.Minute)
			w.runPacked(source)
		}
		w.options.Timing.Since, w.options.Timing.Until = time.Time{}, time.Time{}
		source.fails = map[string]string{"a": "no", "b": "no"}
		w.now = noon.Add(2 * day)
		w.runPacked(source)
		source.fails, w.now = nil, noon.Add(3*day)
		s, _ := w.runPacked(source)
		covered := map[string]bool{}
		for _, r := range w.records() {
			for i := range r.PeriodSeconds / 60 {
				minute := r.Resource.ID + r.PeriodStart.Add(time.Duration(i)*time.Minute).Format(" 2 15:04")
				require.False(t, covered[minute], "%d: %s", n, minute)
				covered[minute] = true
			}
		}
		for at := clock("10:00"); at.Before(noon); at = at.Add(time.Minute) { // read, or named as lost
			lost := slices.ContainsFunc(s.Gaps, func(g Gap) bool { return g.What == "a" && g.Window.Contains(at) })
			require.NotEqual(t, lost, covered[at.Format("a 2 15:04")], "%d: %s", n, at)
			require.True(t, covered[at.Format("b 2 15:04")], "of b nothing was read before")
		}
	}
}

// Of a source that does not tell series apart, any record of the hour keeps it from being read.
func TestOldGapOfBatches(t *testing.T) {
	w := newWorld(t)
	w.source.traits.FinestPeriod = forgetting
	w.source.series = []string{"a", "b"}
	w.source.fetch = func(b Batch, _ *Result) error {
		if b.ID == "a" && b.Window.From.Before(noon) {
			return fmt.Errorf("no")
		}
		return nil
	}
	w.run()
	w.after(2 * day)
	w.source.fetch = nil
	s := w.after(day)
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "periods of 5m are no longer kept; what was not read of it is lost", s.Gaps[0].Reason)
	assert.Equal(t, map[string]int64{"a": 3 * 1440, "b": 120 + 3*1440}, counted(w.records()))
}

// A long gap of which only the beginning is too old stays what it is from the next midnight on.
func TestGapThatIsHalfTooOld(t *testing.T) {
	w := newWorld(t)
	w.source.traits.MaxWindow = 7 * day
	w.source.traits.FinestPeriod = forgetting
	w.options.Timing.Lookback = 24 * time.Hour
	source := packedSource{w.source, [][]string{{"a"}}, map[string]string{"a": "no"}}
	w.runPacked(source) // from the 19th, 12:00
	w.now = w.now.Add(2 * day)
	w.runPacked(source)
	w.now = noon.Truncate(day).Add(3 * day) // the 19th, but not the 20th, lies more than three days ago
	source.fails = nil
	s, fetched := w.runPacked(source)
	assert.Equal(t, []string{"a 00:00-12:00/5m", "a 19T12:00-00:00/1h", "a 22T12:00-00:00/5m"}, fetched)
	assert.Empty(t, s.Gaps)
	assert.Equal(t, map[string]int64{"a": (12 + 72) * 60}, counted(w.records()))
}
