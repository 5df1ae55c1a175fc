package data

import (
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

// KindOf is the kind that a text names, Custom where it names none.
func KindOf(text string) Kind {
	for kind := range Custom {
		if text == kind.String() {
			return kind
		}
	}
	return Custom
}

// Period is the time that is looked at, which may not be over yet.
type Period struct {
	Kind Kind
	civil.Span
}

// Moment is when the dashboard looks: now, and how far the data goes, which is zero where there is none.
type Moment struct{ Now, AsOf time.Time }

// PeriodOf is the period of a kind around a moment. For Custom it is the month.
func PeriodOf(kind Kind, now time.Time, loc *time.Location) Period {
	if kind == Custom {
		kind = Month
	}
	period, _ := ParsePeriod(kind.String(), now, loc) // a period's name is one
	return period
}

// days is the period from the start of one day to the end of another.
func days(first, last civil.Day, loc *time.Location) Period {
	return Period{Custom, civil.Between(first.Start(loc), (last + 1).Start(loc))}
}

// Until is the part of the period that there is data of. A period that lies after the data stays as it is.
func (p Period) Until(at Moment) Period {
	if at.AsOf.After(p.From) && at.AsOf.Before(p.To) {
		p.To = at.AsOf
	}
	return p
}

// Label names the period: "today", "7 days", or as [civil.Span.Label] does.
func (p Period) Label(loc *time.Location) string {
	switch p.Kind {
	case Today:
		return "today"
	case Week:
		return "7 days"
	default:
		return p.Span.Label(loc)
	}
}

// ParsePeriod reads what is typed for a period, see [civil.ParsePeriod]. The name of a kind gives a period of that kind.
func ParsePeriod(text string, now time.Time, loc *time.Location) (Period, error) {
	span, err := civil.ParsePeriod(text, now, loc)
	return Period{KindOf(text), span}, err
}

// Shift is the period by times its own length later, or earlier where by is below zero: whole months stay whole months,
// whole days whole days.
func (p Period) Shift(by int, loc *time.Location) Period {
	first, end := civil.DayOf(p.From, loc), civil.DayOf(p.To, loc)
	switch months := p.Months(loc); {
	case months > 0:
		return days(first.AddMonths(by*months), end.AddMonths(by*months)-1, loc)
	case p.WholeDays(loc):
		move := civil.Day(by) * (end - first)
		return days(first+move, end+move-1, loc)
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
