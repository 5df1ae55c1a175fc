package data

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"microspend/internal/civil"
)

// Kind is how a period is chosen.
type Kind uint8

// The kinds, in the order in which a key goes through them.
const (
	Month Kind = iota // the calendar month that now lies in
	Today
	Week   // today and the six days before
	Custom // as typed
)

// String is the kind in a word, as it is remembered.
func (k Kind) String() string { return [...]string{"month", "today", "week", "custom"}[k] }

// Period is the time that is looked at, which may not be over yet.
type Period struct {
	Kind Kind
	civil.Span
}

// Moment is when the dashboard looks: now, and how far the data goes, which is zero where there is none.
type Moment struct{ Now, AsOf time.Time }

// PeriodOf is the period of a kind around a moment. For Custom it is the month.
func PeriodOf(kind Kind, now time.Time, loc *time.Location) Period {
	switch today := civil.DayOf(now, loc); kind {
	case Today:
		return days(kind, today, today, loc)
	case Week:
		return days(kind, today-6, today, loc)
	default:
		return days(Month, today.FirstOfMonth(), today.FirstOfMonth().AddMonths(1)-1, loc)
	}
}

// days is the period from the start of one day to the end of another.
func days(kind Kind, first, last civil.Day, loc *time.Location) Period {
	return Period{kind, civil.Between(first.Start(loc), (last + 1).Start(loc))}
}

// Until is the part of the period that there is data of. A period that lies after the data stays as it is.
func (p Period) Until(at Moment) Period {
	if at.AsOf.After(p.From) && at.AsOf.Before(p.To) {
		p.To = at.AsOf
	}
	return p
}

// Label names the period: "November 2026", "today", "7 days", or its first and last day.
func (p Period) Label(loc *time.Location) string {
	first, last := p.Days(loc)
	switch {
	case p.Kind == Today:
		return "today"
	case p.Kind == Week:
		return "7 days"
	case p.Kind == Month, p.Months(loc) == 1:
		return first.UTC().Format("January 2006")
	case first == last:
		return first.String()
	default:
		return first.String() + " – " + last.String()
	}
}

// ParsePeriod reads what is typed for a period: "2026-10-01 2026-10-15" (both days included, with .. or a blank between
// them), one day, "2026-10" for a month, or "30d" for as many days up to today.
func ParsePeriod(text string, now time.Time, loc *time.Location) (Period, error) {
	words := strings.Fields(strings.NewReplacer("..", " ", "–", " ").Replace(text))
	switch len(words) {
	case 0:
		return Period{}, errors.New("give days such as 2026-10-01 2026-10-15, a month such as 2026-10, or 30d")
	case 1, 2:
	default:
		return Period{}, errors.New("give a first and a last day")
	}
	first, last, err := parseDays(words[0], civil.DayOf(now, loc))
	if err == nil && len(words) == 2 {
		_, last, err = parseDays(words[1], civil.DayOf(now, loc))
		if err == nil && last < first {
			err = fmt.Errorf("%s is after %s", words[0], words[1])
		}
	}
	if err != nil {
		return Period{}, err
	}
	return days(Custom, first, last, loc), nil
}

// mostDays is how many days "30d" may name: ten years.
const mostDays = 3660

func parseDays(word string, today civil.Day) (first, last civil.Day, err error) {
	if day, err := civil.Parse(word); err == nil {
		return day, day, nil
	}
	if month, err := civil.Parse(word + "-01"); err == nil {
		return month, month.AddMonths(1) - 1, nil
	}
	if digits, found := strings.CutSuffix(word, "d"); found {
		if n, err := strconv.Atoi(digits); err == nil && n > 0 && n <= mostDays && strconv.Itoa(n) == digits {
			return today - civil.Day(n) + 1, today, nil
		}
	}
	return 0, 0, fmt.Errorf("%.20q is neither a day such as 2026-10-01, a month such as 2026-10, nor 30d", word)
}

// Shift is the period by times its own length later, or earlier where by is below zero: whole months stay whole months,
// whole days whole days.
func (p Period) Shift(by int, loc *time.Location) Period {
	first, end := civil.DayOf(p.From, loc), civil.DayOf(p.To, loc)
	switch months := p.Months(loc); {
	case months > 0:
		return days(Custom, first.AddMonths(by*months), end.AddMonths(by*months)-1, loc)
	case p.WholeDays(loc):
		move := civil.Day(by) * (end - first)
		return days(Custom, first+move, end+move-1, loc)
	default:
		move := time.Duration(by) * p.To.Sub(p.From)
		return Period{Custom, civil.Between(p.From.Add(move), p.To.Add(move))}
	}
}

// Labelled is the part of the period whose days have a label, such as a week's or a month's. It reports false where
// no day has it.
func (p Period) Labelled(label string, of func(civil.Day) string, loc *time.Location) (part Period, found bool) {
	first, last := p.Days(loc)
	part = Period{Custom, p.Span}
	for day := first; day <= last; day++ {
		if of(day) != label {
			continue
		}
		if span := day.Span(loc); !found {
			found, part.Span = true, span
		} else {
			part.To = span.To
		}
	}
	if part.From.Before(p.From) {
		part.From = p.From
	}
	if part.To.After(p.To) {
		part.To = p.To
	}
	return part, found
}
