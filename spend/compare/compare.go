// Package compare decides what a stretch of time is compared with, and when there is nothing to compare it with. It is
// the program's own and promises nothing. Every command, page and export asks it, so that none of them can compare a
// part with a whole, or take missing data for zero.
//
// # What is promised
//
// Like for like: a period that still runs is compared as far as data reaches, with the same stretch of the one before
// it. Of two stretches of which one is not known as a whole there is no change, but the reason why.
//
// # What is not promised
//
// That two known stretches are alike otherwise: months have different numbers of weekends, and a month of 30 days is
// compared with one of 31 as it is.
package compare

import (
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
)

// Pair is two stretches of time that are compared.
type Pair struct {
	Now, Before civil.Span
	// Sentence names both: "1–26 November 10:00 with 1–26 October 10:00".
	Sentence string
	// Reason says why nothing can be said of the change, as in "no data before 12 Oct"; "" where something can.
	Reason string
}

// Pair decides what a period is compared with:
//
//   - whole months, such as a quarter, with as many months before; a day with the same weekday a week before; any other
//     period with the equally long one right before it;
//   - a period that still runs, as far as data reaches, with the same stretch of the one before: a month up to the 26th
//     at 10:00 with the month before up to its 26th at 10:00, or to its end where it has no such day; a day until 10:00
//     with the day before until 10:00. [Known.WeekBefore] compares such a day with the same weekday.
//
// A period that begins with a day and ends within one is taken for one that runs until then.
func (k Known) Pair(period civil.Span) Pair {
	loc := k.location()
	whole, reach := k.enclosing(period)
	runs := reach.Before(whole.To)
	now := civil.Between(period.From, reach)
	first, last := whole.Days(loc)
	switch months := whole.Months(loc); {
	case months > 0:
		return k.pair(now, civil.Between(whole.Previous(loc).From, civil.Earlier(addMonths(reach, -months, loc), whole.From)))
	case !whole.WholeDays(loc):
		from := whole.Previous(loc).From
		return k.pair(now, civil.Between(from, from.Add(now.To.Sub(now.From))))
	case first == last && !runs:
		return k.WeekBefore(period)
	default:
		return k.pair(now, moved(now, -(last-first+1), loc))
	}
}

// WeekBefore compares a stretch, as far as data reaches, with the same one a week before: a day with the same weekday.
func (k Known) WeekBefore(period civil.Span) Pair {
	_, reach := k.enclosing(period)
	now := civil.Between(period.From, reach)
	return k.pair(now, moved(now, -7, k.location()))
}

// MonthBefore compares a stretch within a month, as far as data reaches, with the same one of the month before.
func (k Known) MonthBefore(period civil.Span) Pair {
	loc := k.location()
	_, reach := k.enclosing(period)
	return k.pair(civil.Between(period.From, reach),
		civil.Between(addMonths(period.From, -1, loc), addMonths(reach, -1, loc)))
}

// enclosing is the period that a period is so far, and up to where it is looked at: where data reaches, if it does not
// reach the end. A period without any data yet stays as it is.
func (k Known) enclosing(period civil.Span) (whole civil.Span, reach time.Time) {
	loc := k.location()
	whole, reach = period, period.To
	if k.AsOf.After(period.From) && k.AsOf.Before(reach) {
		reach = k.AsOf
	}
	first, last := period.Days(loc)
	switch endsWithin := !period.To.Equal((last + 1).Start(loc)); {
	case !endsWithin || !period.From.Equal(first.Start(loc)):
	case first == first.FirstOfMonth() && last.FirstOfMonth() == first && last > first:
		whole.To = first.AddMonths(1).Start(loc)
	default:
		whole.To = (last + 1).Start(loc)
	}
	return whole, reach
}

func (k Known) pair(now, before civil.Span) Pair {
	out := Pair{Now: now, Before: before, Sentence: k.sentence(now, before), Reason: k.Missing(before)}
	if out.Reason == "" {
		out.Reason = k.Missing(now)
	}
	return out
}

// moved is the stretch some days later, at the same times of the day.
func moved(s civil.Span, days civil.Day, loc *time.Location) civil.Span {
	move := func(t time.Time) time.Time { return onDay(civil.DayOf(t, loc)+days, t, loc) }
	return civil.Between(move(s.From), move(s.To))
}

// addMonths is the same day and time some months later. Where the month has no such day it is the month's end, and not
// its last day at that time: all days that the month has were before the day that it lacks.
func addMonths(t time.Time, months int, loc *time.Location) time.Time {
	day := civil.DayOf(t, loc)
	there := day.AddMonths(months)
	if there.UTC().Day() != day.UTC().Day() {
		return (there + 1).Start(loc)
	}
	return onDay(there, t, loc)
}

// onDay is a day at the time that clocks show at a moment. Where clocks leave that time out, or change at midnight, it
// stays within the day.
func onDay(d civil.Day, at time.Time, loc *time.Location) time.Time {
	if at.Equal(civil.DayOf(at, loc).Start(loc)) {
		return d.Start(loc)
	}
	at = at.In(loc)
	year, month, day := d.UTC().Date()
	moment := time.Date(year, month, day, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), loc)
	return civil.Earlier(civil.Later(moment, d.Start(loc)), (d + 1).Start(loc))
}

// Figure is an amount in dollars and what it rests on.
type Figure struct {
	Amount decimal.Decimal
	State  pricing.State
}

// Change is how a figure moved. The zero value says nothing.
type Change struct {
	// Amount is the later figure minus the earlier one, nil where either is not known as a whole. Percent is that in
	// percent of the earlier one, half-even at [pricing.RatioPlaces]; it is nil also where that is zero.
	Amount, Percent *decimal.Decimal
	New             bool   // nothing was spent before, which is known
	Gone            bool   // something was spent before, and nothing now, which is known
	Reason          string // why Amount is nil; "" where it is not
}

// Reasons that lie in the figures and not in the stretches.
const (
	ReasonRates       = "not every rate is known"
	ReasonNotMeasured = "not measured"
)

// Change compares two figures of the two stretches.
func (p Pair) Change(now, before Figure) Change {
	switch {
	case p.Reason != "":
		return Change{Reason: p.Reason}
	case now.State == pricing.NotMeasured || before.State == pricing.NotMeasured:
		return Change{Reason: ReasonNotMeasured}
	case now.State == pricing.UnknownRates || before.State == pricing.UnknownRates:
		return Change{Reason: ReasonRates}
	}
	amount := now.Amount.Sub(before.Amount)
	out := Change{
		Amount: &amount,
		New:    before.Amount.IsZero() && !now.Amount.IsZero(), Gone: now.Amount.IsZero() && !before.Amount.IsZero(),
	}
	if !before.Amount.IsZero() {
		percent := pricing.Divide(amount.Shift(2), before.Amount, pricing.RatioPlaces)
		out.Percent = &percent
	}
	return out
}
