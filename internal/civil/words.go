package civil

import "time"

// Label names a span as a heading does, with its year: "October 2026", "1–30 November 2026",
// "28 October – 3 November 2026", "27 November 2026", "1–26 November 2026 10:00". It must not be empty. See [Span.Words].
func (s Span) Label(loc *time.Location) string { return s.words(loc, "2 January", " 2006") }

// Words names a span in a sentence as briefly as it can be, without the year unless that is asked for: "October",
// "1–26 November 10:00", "Thu 26 November until 10:00".
func (s Span) Words(loc *time.Location, year bool) string {
	if year {
		return s.words(loc, "Mon 2 January", " 2006")
	}
	return s.words(loc, "Mon 2 January", "")
}

// words writes both ends, or one name for both. Ends of one word have no blanks around the dash between them.
func (s Span) words(loc *time.Location, oneDay, year string) string {
	first, last := s.Days(loc)
	begins, ends := first.UTC(), last.UTC()
	if months := s.Months(loc); months > 0 {
		switch {
		case months == 12 && begins.Month() == time.January:
			return begins.Format("2006")
		case months == 1:
			return begins.Format("January" + year)
		case begins.Year() == ends.Year():
			return begins.Format("January") + "–" + ends.Format("January"+year)
		default:
			return begins.Format("January"+year) + " – " + ends.Format("January"+year)
		}
	}
	fromStart, toEnd := s.From.Equal(first.Start(loc)), s.To.Equal((last + 1).Start(loc))
	from, to := s.From.In(loc).Format("15:04"), s.To.In(loc).Format("15:04")
	if first == last {
		day := begins.Format(oneDay + year)
		switch {
		case fromStart && toEnd:
			return day
		case fromStart:
			return day + " until " + to
		case toEnd:
			return day + " from " + from
		default:
			return day + " " + from + "–" + to
		}
	}
	end := ends.Format("2 January" + year)
	if !toEnd {
		end += " " + to
	}
	switch {
	case fromStart && first.FirstOfMonth() == last.FirstOfMonth():
		return begins.Format("2") + "–" + end
	case begins.Year() == ends.Year():
		year = ""
	}
	begin := begins.Format("2 January" + year)
	if !fromStart {
		begin += " " + from
	}
	return begin + " – " + end
}
