package spend

import (
	"fmt"
	"time"
)

// civilDay is a day of the calendar, whatever the location: days since 1970-01-01.
type civilDay int

func dayOf(moment time.Time, loc *time.Location) civilDay {
	return dateOf(moment.In(loc).Date())
}

func dateOf(year int, month time.Month, day int) civilDay {
	return civilDay(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
}

func (d civilDay) utc() time.Time { return time.Unix(int64(d)*86_400, 0).UTC() }

func (d civilDay) weekday() time.Weekday { return d.utc().Weekday() }

// String writes the day as 2026-10-01.
func (d civilDay) String() string { return d.utc().Format(time.DateOnly) }

// week is the ISO week as 2026-W40. The year is the week's, which around New Year is not the day's.
func (d civilDay) week() string {
	year, week := d.utc().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

func (d civilDay) month() string { return d.utc().Format("2006-01") }

// addMonths moves by calendar months, to the last day where the month has no such day.
func (d civilDay) addMonths(n int) civilDay {
	year, month, day := d.utc().Date()
	first := dateOf(year, month+time.Month(n), 1)
	last := dateOf(year, month+time.Month(n)+1, 1) - 1
	return min(first+civilDay(day-1), last)
}

func (d civilDay) firstOfMonth() civilDay {
	year, month, _ := d.utc().Date()
	return dateOf(year, month, 1)
}

// start is the first moment of the day in a location. Where clocks go forward at midnight that is not 00:00, and where
// they go back over it there are two 00:00, of which it is the first.
func (d civilDay) start(loc *time.Location) time.Time {
	year, month, day := d.utc().Date()
	moment := time.Date(year, month, day, 0, 0, 0, 0, loc)
	for dayOf(moment, loc) < d {
		moment = moment.Add(30 * time.Minute)
	}
	for dayOf(moment.Add(-30*time.Minute), loc) == d {
		moment = moment.Add(-30 * time.Minute)
	}
	return moment
}

// groupDay is the day of a ledger group, whose moment is midnight where there is one.
func groupDay(midnight time.Time, loc *time.Location) civilDay {
	return dayOf(midnight.Add(6*time.Hour), loc)
}

// span is an interval of time, half-open.
type span struct{ from, to time.Time }

// months counts the calendar months that a span consists of, and is 0 where it does not begin and end with one.
func (s span) months(loc *time.Location) int {
	from, to := dayOf(s.from, loc), dayOf(s.to, loc)
	if from.firstOfMonth() != from || to.firstOfMonth() != to || !s.wholeDays(loc) {
		return 0
	}
	a, b := from.utc(), to.utc()
	return (b.Year()-a.Year())*12 + int(b.Month()-a.Month())
}

func (s span) wholeDays(loc *time.Location) bool {
	return s.from.Equal(dayOf(s.from, loc).start(loc)) && s.to.Equal(dayOf(s.to, loc).start(loc))
}

// previous is the span before: as many calendar months where the span is whole months, as many days where it is whole
// days, which need not be as many hours, and otherwise the same length.
func (s span) previous(loc *time.Location) span {
	if n := s.months(loc); n > 0 {
		return span{dayOf(s.from, loc).addMonths(-n).start(loc), s.from}
	}
	if s.wholeDays(loc) {
		from, to := dayOf(s.from, loc), dayOf(s.to, loc)
		return span{(from - (to - from)).start(loc), s.from}
	}
	return span{s.from.Add(-s.to.Sub(s.from)), s.from}
}

// seconds is the length of the span, rounded up to a whole second and never below zero.
func (s span) seconds() int64 {
	length := s.to.Sub(s.from)
	return max(0, int64((length+time.Second-1)/time.Second))
}
