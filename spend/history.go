package spend

import (
	"context"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/spend/compare"
	"microspend/usage"
)

// HistoryDays is how far back habits are looked for: eight weeks, so that each weekday is there eight times, and a
// change of habit is forgotten within two months.
const HistoryDays = 8 * 7

// History looks at a stretch of time. AsOf is zero where the stretch has no data and none comes after it: see
// [compare.Known].
func (s Source) History(ctx context.Context, in civil.Span, loc *time.Location) (compare.Known, error) {
	known := compare.Known{Location: loc}
	extent, err := s.measured().Extent(ctx)
	if err != nil {
		return known, err
	}
	known.First, known.Last = extent.First, extent.Last
	if known.Covered, known.Damaged, err = s.daysWithData(ctx, in, loc); err != nil {
		return known, err
	}
	switch {
	case !known.Last.Before(in.To) && known.First.Before(in.To):
		known.AsOf = in.To
	case len(known.Covered) > 0:
		if known.AsOf = asOf(extent, loc); known.AsOf.After(in.To) {
			known.AsOf = in.To
		}
	}
	return known, err
}

// daysWithData are the days of a stretch of time on which anything was recorded, and those that a damaged file has
// records of: a file is of a UTC day, which is a part of two days elsewhere.
func (s Source) daysWithData(
	ctx context.Context, in civil.Span, loc *time.Location,
) (covered, damaged map[civil.Day]bool, err error) {
	result, err := s.measured().Aggregate(ctx, ledger.Query{
		From: in.From, To: in.To, By: []ledger.Field{ledger.FieldDay}, Location: loc,
		Sums: ledger.SumOf(usage.Running), // that there are records is all that counts
	})
	if err != nil {
		return nil, nil, err
	}
	covered = map[civil.Day]bool{}
	for _, g := range result.Groups {
		if !g.Sum.Empty() {
			covered[civil.DayStartingAt(g.Day, loc)] = true
		}
	}
	return covered, damagedDays(result.Damaged, loc), nil
}

func damagedDays(files []ledger.DamagedFile, loc *time.Location) map[civil.Day]bool {
	damaged := map[civil.Day]bool{}
	for _, file := range files {
		first, last := civil.Between(file.Day, file.Day.Add(24*time.Hour)).Days(loc)
		for d := first; d <= last; d++ {
			damaged[d] = true
		}
	}
	return damaged
}

// AsOf is how far the data goes: see [History]. It is zero where the ledger has nothing in the eight weeks before now.
func (s Source) AsOf(ctx context.Context, now time.Time) (time.Time, error) {
	loc := s.Zone(nil)
	history, err := s.History(ctx, civil.Between((civil.DayOf(now, loc)-HistoryDays).Start(loc), now), loc)
	return history.AsOf, err
}

// asOf is the end of the latest period, which begins at a moment: see [ledger.Extent].
func asOf(extent ledger.Extent, loc *time.Location) time.Time {
	if usage.WholeDay(extent.Last.Unix(), extent.LastSeconds) {
		return civil.DayOf(extent.Last, time.UTC).Span(loc).To
	}
	return extent.Last.Add(time.Duration(extent.LastSeconds) * time.Second)
}
