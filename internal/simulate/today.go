package simulate

import (
	"slices"
	"time"

	"microspend/usage"
)

// Today is what the fleet used on the UTC day of now, up to now: the hours that are over. It carries on where the
// days before it end, for a demonstration that is as fresh as the clock.
func (f Fleet) Today(now time.Time) []usage.Record {
	return f.since(now, now.UTC().Truncate(24*time.Hour))
}

// Recent is Today and the day before: all that [Fleet.Live] shows has been in it from its launch on.
func (f Fleet) Recent(now time.Time) []usage.Record {
	return f.since(now, now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -1))
}

// upTo is the fleet with the UTC day of now as a day more.
func (f Fleet) upTo(now time.Time) Fleet {
	f.Days, f.End = f.days()+1, now
	f.End = f.end().AddDate(0, 0, 1)
	return f
}

// since is what the fleet used from a day on, up to now.
func (f Fleet) since(now, day time.Time) (out []usage.Record) {
	next := f.upTo(now)
	at := next.Start()
	for batch := range next.Batches() {
		if !at.Before(day) {
			out = append(out, batch...)
		}
		at = at.AddDate(0, 0, 1)
	}
	return slices.DeleteFunc(out, func(r usage.Record) bool {
		return r.PeriodStart.Add(time.Duration(r.PeriodSeconds) * time.Second).After(now)
	})
}
