package spend

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
)

// AnomalyRule says how far a day must leave a tenant's own range to be worth a word. A zero stands for the default.
type AnomalyRule struct {
	K     decimal.Decimal // deviations from the median; default 4
	Floor decimal.Decimal // dollars; default 1
}

const (
	// minHistoryDays is how many days of data it takes to say anything.
	minHistoryDays = 7
	// minSameWeekdays is how many days of the same weekday it takes to compare with these alone.
	minSameWeekdays = 3
)

var (
	defaultK     = decimal.NewFromInt(4)
	defaultFloor = decimal.NewFromInt(1)
	// madScale makes the median absolute deviation comparable with a standard deviation: 1 / Φ⁻¹(3/4).
	madScale = decimal.RequireFromString("1.4826")
	// flatShare is the part of the median that a day must move by where all days before were the same, so that the
	// deviation is zero and any move would stand out. This product's own choice.
	flatShare = decimal.RequireFromString("0.1")
	half      = decimal.RequireFromString("0.5")
)

// AnomalyRequest says where to look.
type AnomalyRequest struct {
	From, To time.Time      // days that lie in [From, To) wholly
	Now      time.Time      // days that are not over, as far as the data goes, are not judged
	Location *time.Location // nil means the source's
	Filter   Filter
}

// Anomaly is a day on which a tenant's own spend left its recent range. Shared cost has a row of its own here.
type Anomaly struct {
	Kind   Kind
	Tenant string
	Day    string // 2026-10-01

	Amount    decimal.Decimal
	Expected  decimal.Decimal // the median of the days compared with
	Low, High decimal.Decimal // what lies between would not have stood out
	Up        bool            // above the range rather than below

	SameWeekday bool // compared with the same weekday only, otherwise with all days
	Days        int  // how many days it was compared with

	Component pricing.BilledQuantity // the billed quantity that moved most against its own median
	Moved     decimal.Decimal        // by how many dollars; below zero where it fell

	Incomplete bool // some usage on that day has no known rate, so that the amount lacks it
}

// AnomalyReport is the days that stand out.
type AnomalyReport struct {
	Anomalies []Anomaly // by day, then tenant
	AsOf      time.Time // how far the data goes; zero where there is none
	Damaged   []ledger.DamagedFile
}

// Anomalies compares each day with the same weekdays of the eight weeks before, or with all days of these where fewer than
// three are known. A day stands out if it is further from the median than K times the median absolute deviation, scaled to a
// standard deviation, and by the floor at least; where it is compared with all days, also from each day of its own weekday,
// so that the first quiet weekends are no news. Days on which the ledger has nothing at all are not known and do not count.
func (s Source) Anomalies(ctx context.Context, request AnomalyRequest) (AnomalyReport, error) {
	if err := (Request{From: request.From, To: request.To}).check(); err != nil {
		return AnomalyReport{}, err
	}
	loc := s.location(request.Location)
	s.Sharing.Policy = OwnRow
	if request.Now.IsZero() {
		request.Now = request.To
	}
	first := civil.DayOf(request.From, loc)
	history := civil.Between((first - historyDays).Start(loc), request.Now)
	out := AnomalyReport{}
	if !history.From.Before(history.To) {
		return out, nil
	}
	covered, err := s.daysWithData(ctx, history, loc)
	if err != nil {
		return out, err
	}
	if out.AsOf, err = s.asOf(ctx, covered, request.Now, loc); err != nil || out.AsOf.IsZero() {
		return out, err
	}
	until := request.To
	if out.AsOf.Before(until) {
		until = out.AsOf
	}
	if !history.From.Before(until) {
		return out, nil
	}
	if !first.Start(loc).Equal(request.From) {
		first++
	}
	rows, damaged, err := s.suspects(ctx, civil.Between(history.From, until), first, covered, loc, request.Filter)
	if err != nil {
		return out, err
	}
	out.Damaged = damaged
	for _, h := range habits(rows, covered) {
		for d := first; !(d + 1).Start(loc).After(until); d++ {
			if a, found := h.judge(d, s.AnomalyRule); found {
				out.Anomalies = append(out.Anomalies, a)
			}
		}
	}
	slices.SortStableFunc(out.Anomalies, func(a, b Anomaly) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Tenant, b.Tenant))
	})
	return out, nil
}

// cellsAtATime bounds how many groups of usage are held at a time where they are read by tenant and day.
const cellsAtATime = 50_000

// suspects are the rows by tenant, day and billed quantity of the tenants that may have a day that stands out. Who that is, a
// sketch tells: exact amounts of all tenants on all days would take as much memory as there are of both.
func (s Source) suspects(
	ctx context.Context, in civil.Span, judged civil.Day, covered map[civil.Day]bool, loc *time.Location, filter Filter,
) (rows []Row, damaged []ledger.DamagedFile, err error) {
	sketch, err := s.sketch(ctx, in, loc, filter)
	if err != nil {
		return nil, nil, err
	}
	first, last := civil.DayOf(in.From, loc), civil.DayOf(in.To.Add(-1), loc)
	by := []Dimension{ByTenant, ByDay, ByComponent}
	names := sketch.worthALook(first, judged, last+1, covered, s.AnomalyRule)
	names = slices.DeleteFunc(names, func(name string) bool { return !matchAny(filter.Tenants, name) })
	damaged = sketch.damaged
	if len(names) == 0 {
		return nil, damaged, nil
	}
	filter.Tenants = nil
	for _, name := range names {
		filter.Tenants = append(filter.Tenants, Exactly(name))
	}
	step := civil.Day(max(1, cellsAtATime/max(len(sketch.series), 1)))
	for d := first; d <= last; d += step {
		to := min(d+step, last+1).Start(loc)
		if in.To.Before(to) {
			to = in.To
		}
		part, err := s.Report(ctx, Request{From: d.Start(loc), To: to, By: by, Location: loc, Filter: filter})
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, part.Rows...)
		damaged = mergeDamaged(damaged, part.Damaged)
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return compareKeys(a.Key, b.Key, by) })
	return rows, damaged, nil
}
