package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPeriodAt(t *testing.T) {
	kept := func(age time.Duration) time.Duration {
		switch {
		case age <= 15*day:
			return time.Minute
		case age <= 63*day:
			return 5 * time.Minute
		case age <= 455*day:
			return time.Hour
		}
		return 0
	}
	for _, test := range []struct {
		wanted time.Duration
		age    time.Duration
		want   time.Duration
		reason string
	}{
		{time.Minute, 14 * day, time.Minute, "as wanted"},
		{time.Minute, 16 * day, 5 * time.Minute, "minutes are gone"},
		{5 * time.Minute, 64 * day, time.Hour, "five minutes are gone"},
		{10 * time.Minute, 16 * day, 10 * time.Minute, "ten are made of fives"},
		{10 * time.Minute, 64 * day, time.Hour, "an hour is made of tens"},
		{90 * time.Minute, 64 * day, day, "an hour is not made of ninety minutes"},
		{time.Hour, 456 * day, 0, "all is gone"},
	} {
		assert.Equal(t, test.want, Timing{Period: test.wanted}.periodAt(test.age, kept), test.reason)
	}
	assert.Equal(t, time.Minute, Timing{Period: time.Minute}.periodAt(1000*day, nil), "a source that keeps everything")
}

func TestReach(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	timing := Timing{}.withDefaults(Traits{Settle: 10 * time.Minute})
	hours := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	read := checkpoint{
		Shape: "s", Begin: hours(-100), From: hours(-30), Through: hours(-1), ReadAt: hours(-1),
		Goal: hours(-1),
	}
	with := func(change func(*checkpoint, *Timing)) (checkpoint, Timing) {
		s, t := read, timing
		change(&s, &t)
		return s, t
	}
	for _, test := range []struct {
		change   func(*checkpoint, *Timing)
		from     time.Time
		resumed  bool
		backfill bool
		reason   string
	}{
		{
			func(s *checkpoint, _ *Timing) { *s = checkpoint{} }, hours(-14 * 24), false, false,
			"the first run reads the lookback",
		},
		{func(*checkpoint, *Timing) {}, hours(-49), false, false, "the overlap before the last run"},
		{func(s *checkpoint, _ *Timing) { s.Begin = hours(-3) }, hours(-3), false, false, "never before the first window"},
		{func(s *checkpoint, _ *Timing) { s.Goal = hours(0) }, hours(-1), true, false, "the last run did not get to its end"},
		{func(s *checkpoint, _ *Timing) { s.Pending = []Batch{{}} }, hours(-1), true, false, "it left batches"},
		{func(s *checkpoint, _ *Timing) { s.Shape = "other" }, hours(-1), false, false, "other keys are not read again"},
		{func(_ *checkpoint, t *Timing) { t.Since = hours(-5) }, hours(-5), false, false, "as asked for"},
		{
			func(_ *checkpoint, t *Timing) { t.Since, t.Until = hours(-50), hours(-40) }, hours(-50), false, true,
			"a backfill moves nothing",
		},
		{
			func(s *checkpoint, t *Timing) { s.Goal, t.Since = hours(0), hours(-30) }, hours(-1), true, false,
			"the same since goes on",
		},
		{func(_ *checkpoint, t *Timing) { t.Overlap = 0 }, hours(-1), false, false, "without an overlap"},
		{
			func(_ *checkpoint, t *Timing) { t.Reread = 2 * time.Hour }, now.Add(-90 * time.Minute), false, false,
			"the overlap was read an hour ago",
		},
		{
			func(_ *checkpoint, t *Timing) { t.Reread, t.Overlap = 2*time.Hour, 0 }, hours(-1), false, false,
			"there is no overlap, recent or not",
		},
		{
			func(_ *checkpoint, t *Timing) { t.Reread = time.Hour }, hours(-49), false, false,
			"it is time to read the overlap again",
		},
		{
			func(s *checkpoint, t *Timing) { t.Reread, s.ReadAt = time.Hour, hours(1) }, hours(-48), false, false,
			"the clock was set back: nobody knows when it was read",
		},
	} {
		s, timing := with(test.change)
		r := timing.reach(now, &s, "s")
		assert.Equal(t, test.from, r.from, test.reason)
		assert.Equal(t, test.resumed, r.resumed, test.reason)
		assert.Equal(t, test.backfill, r.backfill, test.reason)
	}
}
