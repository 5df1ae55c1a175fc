package spend

import (
	"context"
	"maps"
	"slices"
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
	extent, err := s.Usage.Extent(ctx)
	if err != nil {
		return known, err
	}
	known.First, known.Last = extent.First, extent.Last
	if known.Covered, known.Damaged, err = s.daysWithData(ctx, in, loc); err != nil {
		return known, err
	}
	switch {
	case known.Last.After(in.To) && known.First.Before(in.To):
		known.AsOf = in.To
	case len(known.Covered) > 0:
		last := slices.Max(slices.Collect(maps.Keys(known.Covered))).Span(loc)
		if in.To.Before(last.To) {
			last.To = in.To
		}
		known.AsOf, err = s.asOf(ctx, last, in.To, loc)
	}
	return known, err
}

// daysWithData are the days of a stretch of time on which anything was recorded, and those that a damaged file has
// records of: a file is of a UTC day, which is a part of two days elsewhere.
func (s Source) daysWithData(
	ctx context.Context, in civil.Span, loc *time.Location,
) (covered, damaged map[civil.Day]bool, err error) {
	result, err := s.Usage.Aggregate(ctx, ledger.Query{
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

// asOf is the end of the latest period that has a part in a span, at most now. The span is at most a day, and there is
// such a period; it may begin on the day before.
//
// A ledger tells sums, not single periods, so the start of the latest one is found by halving the span. Where several
// start together the shortest counts: a record of a whole day, as of image storage, does not mean that the day is over.
func (s Source) asOf(ctx context.Context, in civil.Span, now time.Time, loc *time.Location) (time.Time, error) {
	in.From = in.From.AddDate(0, 0, -1)
	for high := in.To; high.Sub(in.From) > time.Second; {
		middle := in.From.Add((high.Sub(in.From) / 2).Truncate(time.Second))
		if !middle.After(in.From) {
			break
		}
		result, err := s.Usage.Aggregate(ctx, ledger.Query{From: middle, To: in.To, Location: loc, Uncut: true})
		if err != nil {
			return time.Time{}, err
		}
		if slices.ContainsFunc(result.Groups, func(g ledger.Group) bool { return g.Sum.Records > 0 }) {
			in.From = middle
		} else {
			high = middle
		}
	}
	result, err := s.Usage.Aggregate(ctx, ledger.Query{
		From: in.From, To: in.To, By: []ledger.Field{ledger.FieldResource}, Location: loc, Uncut: true,
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
	until := in.From.Add(time.Duration(shortest) * time.Second)
	if until.After(now) {
		until = now
	}
	return until, nil
}

// rowsAtATime bounds how many rows are held at a time where usage is read by tenant and day.
const rowsAtATime = 50_000

// ReportInSteps makes the same report for one stretch of days after the other, each short enough for the rows that a
// day is expected to have: what is added up day by day need not be held for all days at once.
func (s Source) ReportInSteps(ctx context.Context, request Request, rowsADay int, each func(Spend) error) error {
	loc, to := s.Zone(request.Location), request.To
	step := civil.Day(max(1, rowsAtATime/max(rowsADay, 1)))
	for d := civil.DayOf(request.From, loc); d.Start(loc).Before(to); d += step {
		request.From, request.To = d.Start(loc), (d + step).Start(loc)
		if to.Before(request.To) {
			request.To = to
		}
		part, err := s.Report(ctx, request)
		if err != nil {
			return err
		}
		if err := each(part); err != nil {
			return err
		}
	}
	return nil
}
