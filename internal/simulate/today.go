package simulate

import (
	"slices"
	"time"

	"microspend/usage"
)

// Today is what the fleet used on the UTC day of now, up to now: the hours that are over. It carries on where the
// days before it end, for a demonstration that is as fresh as the clock.
func (f Fleet) Today(now time.Time) []usage.Record {
	f.End, f.Days = now, f.days()
	next := f
	next.End, next.Days = f.end().AddDate(0, 0, 1), f.days()+1
	var last []usage.Record
	for batch := range next.Batches() {
		last = batch
	}
	return slices.DeleteFunc(last, func(r usage.Record) bool {
		return r.PeriodStart.Add(time.Duration(r.PeriodSeconds) * time.Second).After(now)
	})
}
