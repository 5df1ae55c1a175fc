package data

import (
	"errors"
	"fmt"
	"strings"
	"time"
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

// Period is the time that is looked at: [From, To), which may not be over yet.
type Period struct {
	Kind     Kind
	From, To time.Time
}

// PeriodOf is the period of a kind around a moment. For Custom it is the month.
func PeriodOf(kind Kind, now time.Time, loc *time.Location) Period {
	year, month, day := now.In(loc).Date()
	at := func(month time.Month, day int) time.Time { return time.Date(year, month, day, 0, 0, 0, 0, loc) }
	switch kind {
	case Today:
		return Period{Today, at(month, day), at(month, day+1)}
	case Week:
		return Period{Week, at(month, day-6), at(month, day+1)}
	default:
		return Period{Month, at(month, 1), at(month+1, 1)}
	}
}

// Label names the period: "November 2026", "today", "7 days", or its first and last day.
func (p Period) Label(loc *time.Location) string {
	switch p.Kind {
	case Today:
		return "today"
	case Week:
		return "7 days"
	case Month:
		return p.From.In(loc).Format("January 2006")
	}
	from, last := p.From.In(loc), p.To.Add(-time.Nanosecond).In(loc)
	if from.Day() == 1 && from.AddDate(0, 1, 0).Equal(p.To) {
		return from.Format("January 2006")
	}
	if from.Format(time.DateOnly) == last.Format(time.DateOnly) {
		return from.Format(time.DateOnly)
	}
	return from.Format(time.DateOnly) + " – " + last.Format(time.DateOnly)
}

// ParsePeriod reads what is typed for a period: "2026-10-01 2026-10-15" (both days included, with .. or a blank between
// them), one day, "2026-10" for a month, or "30d" for so many days up to today.
func ParsePeriod(text string, now time.Time, loc *time.Location) (Period, error) {
	words := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(text, "..", " "), "–", " "))
	switch len(words) {
	case 0:
		return Period{}, errors.New("give days such as 2026-10-01 2026-10-15, a month such as 2026-10, or 30d")
	case 1:
		return parseOne(words[0], now, loc)
	case 2:
		from, err := parseOne(words[0], now, loc)
		if err != nil {
			return Period{}, err
		}
		to, err := parseOne(words[1], now, loc)
		if err != nil {
			return Period{}, err
		}
		if !from.From.Before(to.To) {
			return Period{}, fmt.Errorf("%s is after %s", words[0], words[1])
		}
		return Period{Custom, from.From, to.To}, nil
	default:
		return Period{}, errors.New("give a first and a last day")
	}
}

func parseOne(word string, now time.Time, loc *time.Location) (Period, error) {
	if day, err := time.ParseInLocation(time.DateOnly, word, loc); err == nil {
		return Period{Custom, day, day.AddDate(0, 0, 1)}, nil
	}
	if month, err := time.ParseInLocation("2006-01", word, loc); err == nil {
		return Period{Custom, month, month.AddDate(0, 1, 0)}, nil
	}
	var days int
	if _, err := fmt.Sscanf(word, "%dd", &days); err == nil && days > 0 && days <= 3660 && word == fmt.Sprintf("%dd", days) {
		year, month, day := now.In(loc).Date()
		return Period{Custom, time.Date(year, month, day-days+1, 0, 0, 0, 0, loc), time.Date(year, month, day+1, 0, 0, 0, 0, loc)}, nil
	}
	return Period{}, fmt.Errorf("%.20q is neither a day such as 2026-10-01, a month such as 2026-10, nor 30d", word)
}

// String is the kind in a word, as it is remembered.
func (k Kind) String() string { return [...]string{"month", "today", "week", "custom"}[k] }

// Shift is the period so many of its own length later, or earlier where by is below zero: whole months stay whole months.
func (p Period) Shift(by int, loc *time.Location) Period {
	from, to := p.From.In(loc), p.To.In(loc)
	if from.Day() == 1 && to.Day() == 1 && from.Hour() == to.Hour() {
		months := (to.Year()-from.Year())*12 + int(to.Month()-from.Month())
		return Period{Custom, from.AddDate(0, by*months, 0), to.AddDate(0, by*months, 0)}
	}
	days := int(to.Sub(from).Hours()+12) / 24
	return Period{Custom, from.AddDate(0, 0, by*days), to.AddDate(0, 0, by*days)}
}
