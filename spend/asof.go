package spend

import (
	"context"
	"maps"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
)

// AsOf is the end of the latest period of usage that starts before now, at most now: how far the data goes. It is zero where
// the ledger has nothing in the eight weeks before now.
func (s Source) AsOf(ctx context.Context, now time.Time) (time.Time, error) {
	loc := s.location(nil)
	covered, err := s.daysWithData(ctx, civil.Between((civil.DayOf(now, loc)-historyDays).Start(loc), now), loc)
	if err != nil {
		return time.Time{}, err
	}
	return s.asOf(ctx, covered, now, loc)
}

// asOf is the end of the latest period that starts before now, at most now, given the days that have any. It is zero where
// no day has.
//
// A ledger tells sums, not single periods, so the start of the latest one is found by halving the last day. Where several
// start together the shortest counts: a record of a whole day, as of image storage, does not mean that the day is over.
func (s Source) asOf(ctx context.Context, covered map[civil.Day]bool, now time.Time, loc *time.Location) (time.Time, error) {
	if len(covered) == 0 {
		return time.Time{}, nil
	}
	last := slices.Max(slices.Collect(maps.Keys(covered)))
	low, end := last.Start(loc), (last + 1).Start(loc)
	if now.Before(end) {
		end = now
	}
	for high := end; high.Sub(low) > time.Second; {
		middle := low.Add((high.Sub(low) / 2).Truncate(time.Second))
		if !middle.After(low) {
			break
		}
		result, err := s.Usage.Aggregate(ctx, ledger.Query{From: middle, To: end, Location: loc})
		if err != nil {
			return time.Time{}, err
		}
		if records(result) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	result, err := s.Usage.Aggregate(ctx, ledger.Query{
		From: low, To: end, By: []ledger.Field{ledger.FieldMicroVM}, Location: loc,
	})
	if err != nil {
		return time.Time{}, err
	}
	shortest := int64(0)
	for _, g := range result.Groups {
		if g.Sum.Records == 0 {
			continue
		}
		if length := int64(g.Sum.Seconds.Lo) / g.Sum.Records; shortest == 0 || length < shortest {
			shortest = length
		}
	}
	until := low.Add(time.Duration(shortest) * time.Second)
	if until.After(now) {
		until = now
	}
	return until, nil
}

func records(result ledger.Result) (n int64) {
	for _, g := range result.Groups {
		n += g.Sum.Records
	}
	return n
}
