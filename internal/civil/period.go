package civil

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// PeriodForms lists the ways to write a period, for help and messages. [ParsePeriod] says what each stands for.
const PeriodForms = dayForms + ", or two with .. between them"

const dayForms = "today, yesterday, week, last-week, month, last-month, year, last-year, 30d, 2026, 2026-10, 2026-W40, " +
	"2026-10-01"

// ParsePeriod reads a period around a moment, in the days of a location:
//
//	today, yesterday          one day
//	week, 30d                 the seven days up to today, today included; as many days as are given, at most 3660
//	last-week                 the last week that is over, from Monday to Sunday
//	month, year               that of today, to its end
//	last-month, last-year     the one before
//	2026, 2026-10, 2026-W40   a year, a month, an ISO week from Monday to Sunday
//	2026-10-01                one day
//	A..B                      from the start of A to the end of B, each any of the above
//
// A blank or a dash (–) may stand for the two dots. The span holds whole days, so its To is the start of the day after
// the last.
func ParsePeriod(text string, now time.Time, loc *time.Location) (Span, error) {
	first, last, isRange := strings.Cut(strings.ReplaceAll(strings.ToLower(text), "–", ".."), "..")
	if words := strings.Fields(first); !isRange && len(words) == 2 {
		first, last, isRange = words[0], words[1], true
	}
	if !isRange {
		last = first
	}
	today := DayOf(now, loc)
	from, _, ok := parseDays(strings.TrimSpace(first), today)
	_, to, alsoOK := parseDays(strings.TrimSpace(last), today)
	switch {
	case !ok || !alsoOK:
		return Span{}, fmt.Errorf("%.40q is not a period; write %s", text, PeriodForms)
	case to < from:
		return Span{}, fmt.Errorf("%.40q begins on %s, after its end on %s", text, from, to)
	}
	return Span{from.Start(loc), (to + 1).Start(loc)}, nil
}

// ParseStart reads a moment written with its offset, or the start of a period without "..": that of 2026-10 is the first
// of October.
func ParseStart(text string, now time.Time, loc *time.Location) (time.Time, error) {
	if first, _, ok := parseDays(strings.ToLower(text), DayOf(now, loc)); ok {
		return first.Start(loc), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, fmt.Errorf("%.40q is not a day; write %s, or a moment such as 2026-10-01T06:00:00Z", text, dayForms)
}

// mostDays is how many days "30d" may name: ten years.
const mostDays = 3660

func parseDays(word string, today Day) (first, last Day, ok bool) {
	month, monday := today.FirstOfMonth(), today.monday()
	year := Date(today.UTC().Year(), time.January, 1)
	switch word {
	case "today":
		return today, today, true
	case "yesterday":
		return today - 1, today - 1, true
	case "week":
		return today - 6, today, true
	case "last-week":
		return monday - 7, monday - 1, true
	case "month":
		return month, month.AddMonths(1) - 1, true
	case "last-month":
		return month.AddMonths(-1), month - 1, true
	case "year":
		return year, year.AddMonths(12) - 1, true
	case "last-year":
		return year.AddMonths(-12), year - 1, true
	}
	if digits, found := strings.CutSuffix(word, "d"); found {
		n, err := strconv.Atoi(digits)
		return today - Day(n) + 1, today, err == nil && n > 0 && n <= mostDays && strconv.Itoa(n) == digits
	}
	if year, week, found := strings.Cut(word, "-w"); found {
		january, err := Parse(year + "-01-04") // which lies in week 1
		n, _ := strconv.Atoi(week)             // 0, which is no week, where it is not a number
		first = january.monday() + Day(7*(n-1))
		return first, first + 6, err == nil && n > 0 && n <= 53 && strings.ToLower(first.Week()) == word
	}
	for _, of := range []struct {
		rest   string // of a day
		months int
	}{{"", 0}, {"-01", 1}, {"-01-01", 12}} {
		if first, err := Parse(word + of.rest); err == nil {
			if of.months == 0 {
				return first, first, true
			}
			return first, first.AddMonths(of.months) - 1, true
		}
	}
	return 0, 0, false
}

// monday is the first day of the day's ISO week.
func (d Day) monday() Day { return d - Day(d.Weekday()+6)%7 }
