package compare

import (
	"time"

	"microspend/internal/civil"
)

// sentence names what is compared. Years are named where the two stretches do not lie in the same one.
func (k Known) sentence(now, before civil.Span) string {
	loc := k.location()
	years := now.From.In(loc).Year() != before.From.In(loc).Year() ||
		now.From.In(loc).Year() != now.To.Add(-1).In(loc).Year()
	return Words(now, loc, years) + " with " + Words(before, loc, years)
}

// Words names a stretch of time as briefly as it can be: "October", "1 to 26 November 10:00", "Thu 26 November until
// 10:00", with or without the year.
func Words(s civil.Span, loc *time.Location, year bool) string {
	first, last := s.Days(loc)
	in := ""
	if year {
		in = " 2006"
	}
	if months := s.Months(loc); months > 0 {
		switch {
		case months == 12 && first.UTC().Month() == time.January:
			return first.UTC().Format("2006")
		case months == 1:
			return first.UTC().Format("January" + in)
		case first.UTC().Year() == last.UTC().Year():
			return first.UTC().Format("January") + " to " + last.UTC().Format("January"+in)
		default:
			return first.UTC().Format("January"+in) + " to " + last.UTC().Format("January"+in)
		}
	}
	fromStart, toEnd := s.From.Equal(first.Start(loc)), s.To.Equal((last + 1).Start(loc))
	from, to := s.From.In(loc).Format("15:04"), s.To.In(loc).Format("15:04")
	if first == last {
		day := first.UTC().Format("Mon 2 January" + in)
		switch {
		case fromStart && toEnd:
			return day
		case fromStart:
			return day + " until " + to
		case toEnd:
			return day + " from " + from
		default:
			return day + " " + from + " to " + to
		}
	}
	begin := first.UTC().Format("2 January" + in)
	if first.FirstOfMonth() == last.FirstOfMonth() && fromStart {
		begin = first.UTC().Format("2")
	} else if first.UTC().Year() == last.UTC().Year() {
		begin = first.UTC().Format("2 January")
	}
	if !fromStart {
		begin += " " + from
	}
	end := last.UTC().Format("2 January" + in)
	if !toEnd {
		end += " " + to
	}
	return begin + " to " + end
}
