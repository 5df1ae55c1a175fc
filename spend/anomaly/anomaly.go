// Package anomaly finds the days on which a tenant's spend left its recent range. It is the program's own and promises
// nothing.
//
// # What is promised
//
// A day is compared with the same weekdays of the eight weeks before, or with all days of these where fewer than three
// are known. It stands out if it is further from their median than K times their median absolute deviation, scaled to a
// standard deviation, and by the floor at least; where it is compared with all days, also from each day of its own
// weekday, so that the first quiet weekends are not reported. Median and deviation, and not mean and standard
// deviation, because the bad days of the past are among the days compared with and must not widen the range. Days on
// which the ledger has nothing at all, and days of which a file is damaged, are not known and do not count: what was
// spent on them is neither judged nor compared with. Nor is an amount that is a lower bound said to have fallen.
//
// # What is not promised
//
// What a day will cost, or why it cost what it did: only the billed quantity that moved most is named.
package anomaly

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
)

// Rule says how far a day must leave a tenant's own range to be reported. A zero stands for the default.
type Rule struct {
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

// Request says where to look.
type Request struct {
	From, To time.Time      // days that lie in [From, To) wholly
	Now      time.Time      // days that are not over, as far as the data goes, are not judged; zero means To
	Location *time.Location // nil means the source's
	Filter   spend.Filter
}

// Anomaly is a day on which a tenant's own spend left its recent range. Shared cost has a row of its own here.
type Anomaly struct {
	Kind   spend.Kind
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

	State pricing.State // of the amount
}

// Name is the tenant, or the label of the kind, as [spend.OwnerName] writes it.
func (a Anomaly) Name() string { return spend.OwnerName(a.Tenant, a.Kind) }

// Report is the days that stand out.
type Report struct {
	From, To  time.Time      // the period that was asked for
	Location  *time.Location // of its days
	Anomalies []Anomaly      // by day, then tenant
	AsOf      time.Time      // how far the data goes; zero where there is none
	Damaged   []ledger.DamagedFile
}

// Find finds the days that stand out.
func Find(ctx context.Context, source spend.Source, rule Rule, request Request) (Report, error) {
	if err := (spend.Request{From: request.From, To: request.To}).Check(); err != nil {
		return Report{}, err
	}
	loc := source.Zone(request.Location)
	out := Report{From: request.From, To: request.To, Location: loc}
	// Shares of shared cost move with what everybody else spends: they would make a tenant stand out for somebody else's
	// day.
	source = source.WithPolicy(spend.OwnRow)
	if request.Now.IsZero() {
		request.Now = request.To
	}
	first := civil.DayOf(request.From, loc)
	history := civil.Between((first - spend.HistoryDays).Start(loc), request.Now)
	if !history.From.Before(history.To) {
		return out, nil
	}
	known, err := source.History(ctx, history, loc)
	out.AsOf = known.AsOf
	if err != nil || out.AsOf.IsZero() {
		return out, err
	}
	history.To = request.To
	if out.AsOf.Before(request.To) {
		history.To = out.AsOf
	}
	if !history.From.Before(history.To) {
		return out, nil
	}
	if !first.Start(loc).Equal(request.From) {
		first++
	}
	maps.DeleteFunc(known.Covered, func(d civil.Day, _ bool) bool { return known.Damaged[d] })
	look := search{ctx: ctx, source: source, in: history, loc: loc, filter: request.Filter}
	habits, err := look.habits(known.Covered)
	if err != nil {
		return out, err
	}
	var found []standout
	last := civil.DayOf(history.To, loc) - 1 // that is over
	for _, h := range habits {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		standouts, err := h.standouts(first, last, rule)
		if err != nil {
			return out, err
		}
		found = append(found, standouts...)
	}
	if out.Anomalies, err = look.explain(found); err != nil {
		return out, err
	}
	out.Damaged = look.damaged
	slices.SortStableFunc(out.Anomalies, func(a, b Anomaly) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Tenant, b.Tenant))
	})
	return out, nil
}
