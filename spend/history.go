package spend

import (
	"context"
	"maps"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

// HistoryDays is how far back habits are looked for: eight weeks, so that each weekday is there eight times, and a
// change of habit is forgotten within two months.
const HistoryDays = 8 * 7

// History is what a ledger knows about a stretch of time.
type History struct {
	// Covered are the days on which anything was recorded, whoever's. On these, what has no row is nothing spent; on other
	// days what was spent is not known.
	Covered map[civil.Day]bool
	// AsOf is how far the data goes: the end of the latest period of usage that starts within the stretch, at most its
	// end. It is zero where there is none.
	AsOf time.Time
}

// History looks at a stretch of time.
func (s Source) History(ctx context.Context, in civil.Span, loc *time.Location) (out History, err error) {
	if out.Covered, err = s.Covered(ctx, in, loc); err != nil || len(out.Covered) == 0 {
		return out, err
	}
	last := slices.Max(slices.Collect(maps.Keys(out.Covered))).Span(loc)
	if in.To.Before(last.To) {
		last.To = in.To
	}
	out.AsOf, err = s.asOf(ctx, last, in.To, loc)
	return out, err
}

// Covered are the days of a stretch of time on which anything was recorded.
func (s Source) Covered(ctx context.Context, in civil.Span, loc *time.Location) (map[civil.Day]bool, error) {
	result, err := s.Usage.Aggregate(ctx, ledger.Query{
		From: in.From, To: in.To, By: []ledger.Field{ledger.FieldDay}, Location: loc,
		Sums: ledger.SumOf(usage.Running), // that there are records is all that counts
	})
	if err != nil {
		return nil, err
	}
	days := map[civil.Day]bool{}
	for _, g := range result.Groups {
		if g.Sum.Records > 0 {
			days[civil.DayStartingAt(g.Day, loc)] = true
		}
	}
	return days, nil
}

// AsOf is how far the data goes: see [History]. It is zero where the ledger has nothing in the eight weeks before now.
func (s Source) AsOf(ctx context.Context, now time.Time) (time.Time, error) {
	loc := s.Zone(nil)
	history, err := s.History(ctx, civil.Between((civil.DayOf(now, loc)-HistoryDays).Start(loc), now), loc)
	return history.AsOf, err
}

// asOf is the end of the latest period that starts in a span, at most now. The span is at most a day, and has one.
//
// A ledger tells sums, not single periods, so the start of the latest one is found by halving the span. Where several
// start together the shortest counts: a record of a whole day, as of image storage, does not mean that the day is over.
func (s Source) asOf(ctx context.Context, in civil.Span, now time.Time, loc *time.Location) (time.Time, error) {
	for high := in.To; high.Sub(in.From) > time.Second; {
		middle := in.From.Add((high.Sub(in.From) / 2).Truncate(time.Second))
		if !middle.After(in.From) {
			break
		}
		result, err := s.Usage.Aggregate(ctx, ledger.Query{From: middle, To: in.To, Location: loc})
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
		From: in.From, To: in.To, By: []ledger.Field{ledger.FieldResource}, Location: loc,
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
