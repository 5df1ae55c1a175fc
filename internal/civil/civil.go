// Package civil has the days of the calendar, and stretches of time that are cut into them. A day is the same
// everywhere; only a location says when it begins and ends, and that is asked for each time.
//
// # What is promised
//
// A day's end is the next day's start, so days cover time without a gap, also where clocks change at midnight. A day
// that a location left out, as Samoa did with 30 December 2011, is empty there.
package civil

import (
	"fmt"
	"time"
)

// Day is a day of the calendar, whatever the location: days since 1970-01-01.
type Day int

const secondsPerDay = 86_400

// DayOf is the day that a moment lies in.
func DayOf(moment time.Time, loc *time.Location) Day {
	if loc == time.UTC { // asked of every record of a ledger, where a calendar would take most of the time
		seconds := moment.Unix()
		day := Day(seconds / secondsPerDay)
		if seconds%secondsPerDay < 0 { // division truncates towards 1970
			day--
		}
		return day
	}
	return Date(moment.In(loc).Date())
}

// Date is the day with a date. As with [time.Date] a month or a day outside its range is carried over.
func Date(year int, month time.Month, day int) Day {
	return DayOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), time.UTC)
}

// DayStartingAt is the day that begins at a moment which [Day.Start] gave, or at the midnight that [time.Date] gives.
// Where clocks change at midnight the latter may lie in the last hour of the day before, so the day is told from the
// hours after.
func DayStartingAt(start time.Time, loc *time.Location) Day {
	return DayOf(start.Add(6*time.Hour), loc)
}

// Parse reads a day written as 2026-10-01.
func Parse(text string) (Day, error) {
	moment, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a day such as 2026-10-01", text)
	}
	return DayOf(moment, time.UTC), nil
}

// MustParse reads a day that [Day.String] wrote.
func MustParse(text string) Day {
	day, err := Parse(text)
	if err != nil {
		panic("civil: " + err.Error())
	}
	return day
}

// UTC is the start of the day in UTC.
func (d Day) UTC() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.UTC().Weekday() }

// String writes the day as 2026-10-01.
func (d Day) String() string { return d.UTC().Format(time.DateOnly) }

// Week is the ISO 8601 week, written as 2026-W40. The year is the week's, which around New Year is not the day's.
func (d Day) Week() string {
	year, week := d.UTC().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

// Month is the month, written as 2026-10.
func (d Day) Month() string { return d.UTC().Format("2006-01") }

// AddMonths moves by calendar months, to the last day where the month has no such day.
func (d Day) AddMonths(n int) Day {
	year, month, day := d.UTC().Date()
	first := Date(year, month+time.Month(n), 1)
	last := Date(year, month+time.Month(n)+1, 1) - 1
	return min(first+Day(day-1), last)
}

// FirstOfMonth is the first day of the day's month.
func (d Day) FirstOfMonth() Day {
	year, month, _ := d.UTC().Date()
	return Date(year, month, 1)
}

// Start is the first moment of the day in a location. Where clocks go forward at midnight that is not 00:00, and where
// they go back over it there are two 00:00, of which it is the first. [time.Date] promises neither.
func (d Day) Start(loc *time.Location) time.Time {
	year, month, day := d.UTC().Date()
	moment := time.Date(year, month, day, 0, 0, 0, 0, loc)
	for DayOf(moment, loc) < d {
		moment = moment.Add(30 * time.Minute)
	}
	for DayOf(moment.Add(-30*time.Minute), loc) == d {
		moment = moment.Add(-30 * time.Minute)
	}
	return moment
}

// Span is the day as a stretch of time: 23, 24 or 25 hours as a rule.
func (d Day) Span(loc *time.Location) Span { return Span{d.Start(loc), (d + 1).Start(loc)} }

// Span is a stretch of time, [From, To).
type Span struct{ From, To time.Time }

// Between is the span [from, to).
func Between(from, to time.Time) Span { return Span{from, to} }

// Covering is the span of whole days from that of one moment to that of another.
func Covering(first, last time.Time, loc *time.Location) Span {
	return Span{DayOf(first, loc).Start(loc), (DayOf(last, loc) + 1).Start(loc)}
}

// Overlaps reports whether two spans have any time in common.
func (s Span) Overlaps(other Span) bool { return s.From.Before(other.To) && other.From.Before(s.To) }

// Within reports whether a span lies in another.
func (s Span) Within(other Span) bool { return !s.From.Before(other.From) && !s.To.After(other.To) }

// Unix is the span in whole seconds since 1970: those that begin in it. Spans that adjoin have no second in common, and
// leave none out.
func (s Span) Unix() (from, to int64) {
	return s.From.Add(time.Second - 1).Unix(), s.To.Add(time.Second - 1).Unix()
}

// Days are the first and the last day that the span touches; it must not be empty.
func (s Span) Days(loc *time.Location) (first, last Day) {
	return DayOf(s.From, loc), DayOf(s.To.Add(-1), loc)
}

// Months counts the calendar months that a span consists of, and is 0 where it does not begin and end with one.
func (s Span) Months(loc *time.Location) int {
	from, to := DayOf(s.From, loc), DayOf(s.To, loc)
	if from.FirstOfMonth() != from || to.FirstOfMonth() != to || !s.WholeDays(loc) {
		return 0
	}
	a, b := from.UTC(), to.UTC()
	return (b.Year()-a.Year())*12 + int(b.Month()-a.Month())
}

// WholeDays reports whether the span begins and ends where days do.
func (s Span) WholeDays(loc *time.Location) bool {
	return s.From.Equal(DayOf(s.From, loc).Start(loc)) && s.To.Equal(DayOf(s.To, loc).Start(loc))
}

// Previous is the span before: as many calendar months where the span is whole months, as many days where it is whole
// days, which need not be as many hours, and otherwise the same length.
func (s Span) Previous(loc *time.Location) Span {
	if n := s.Months(loc); n > 0 {
		return Span{DayOf(s.From, loc).AddMonths(-n).Start(loc), s.From}
	}
	if s.WholeDays(loc) {
		from, to := DayOf(s.From, loc), DayOf(s.To, loc)
		return Span{(from - (to - from)).Start(loc), s.From}
	}
	return Span{s.From.Add(-s.To.Sub(s.From)), s.From}
}

// Seconds is the length of the span, rounded up to a whole second and never below zero.
func (s Span) Seconds() int64 {
	length := s.To.Sub(s.From)
	return max(0, int64((length+time.Second-1)/time.Second))
}

// Earlier is the earlier of two moments.
func Earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Later is the later of two moments.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
