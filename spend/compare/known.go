package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/pricing"
)

// Known is what a ledger knows about time. The zero value knows nothing: there is no data.
type Known struct {
	Location *time.Location // where days are cut; nil means UTC
	// First and Last are the starts of the ledger's first and last period of usage, zero where it has none.
	First, Last time.Time
	// AsOf is how far data goes: the end of the latest period that starts within the stretch that was looked at, or the
	// end of that stretch where there is data after it. It is zero where there is neither.
	AsOf time.Time
	// Covered are the days of the stretch on which anything was recorded, whoever's. On these, what has no record is
	// nothing spent; on other days what was spent is not known.
	Covered map[civil.Day]bool
	// Damaged are the days that a damaged file has records of.
	Damaged map[civil.Day]bool
}

func (k Known) location() *time.Location {
	if k.Location == nil {
		return time.UTC
	}
	return k.Location
}

// fewRestDays is how often a weekday must have come by without data before it is taken for a day of rest: one day
// without data may as well be a gap.
const fewRestDays = 2

// Rest tells the weekdays on which there never is data, such as weekends where nothing runs then. That a weekday
// rests takes two of them between the first and the last day with data, and not one with data.
func (k Known) Rest() (rest [7]bool) {
	if len(k.Covered) == 0 {
		return rest
	}
	days := slices.Collect(maps.Keys(k.Covered))
	var without, with [7]int
	for d := slices.Min(days); d <= slices.Max(days); d++ {
		if k.Covered[d] || k.Damaged[d] {
			with[d.Weekday()]++
		} else {
			without[d.Weekday()]++
		}
	}
	for w := range rest {
		rest[w] = with[w] == 0 && without[w] >= fewRestDays
	}
	return rest
}

// Gaps are the days of a stretch that have no data although there is data before and after them, days of rest aside.
func (k Known) Gaps(s civil.Span) (gaps []civil.Day) {
	if k.First.IsZero() || !s.From.Before(s.To) {
		return nil
	}
	loc, rest := k.location(), k.Rest()
	first, last := s.Days(loc)
	first = max(first, civil.DayOf(k.First, loc))
	last = min(last, civil.DayOf(k.AsOf.Add(-1), loc))
	for d := first; d <= last; d++ {
		if !k.Covered[d] && !k.Damaged[d] && !rest[d.Weekday()] {
			gaps = append(gaps, d)
		}
	}
	return gaps
}

// Missing says why a stretch is not known as a whole, and "" where it is. Where the ledger begins within the first day
// of several, that day is taken as known: what runs begins at some time of the day.
func (k Known) Missing(s civil.Span) string {
	loc := k.location()
	if k.First.IsZero() {
		return "no data"
	}
	first, last := s.Days(loc)
	begins := k.First
	if first != last {
		begins = civil.DayOf(begins, loc).Start(loc)
	}
	switch {
	case begins.After(s.From):
		return "no data before " + k.moment(k.First, first != last)
	case k.AsOf.IsZero():
		return "no data after " + k.moment(k.Last, true)
	case k.AsOf.Before(s.To):
		return "no data after " + k.moment(k.AsOf, false)
	}
	if damaged := k.damagedIn(s); len(damaged) > 0 {
		return damagedText(damaged)
	}
	if gaps := k.Gaps(s); len(gaps) > 0 {
		return "no data on " + k.days(gaps)
	}
	return ""
}

// State is that of a sum over a stretch, as far as time decides it: not measured where there is no data at all, also if
// there was some that is damaged, and a lower bound where a part of it is.
func (k Known) State(s civil.Span) pricing.State {
	switch {
	case !k.anyIn(s):
		return pricing.NotMeasured
	case len(k.damagedIn(s)) > 0:
		return pricing.AtLeast
	default:
		return pricing.Exact
	}
}

func (k Known) anyIn(s civil.Span) bool {
	first, last := s.Days(k.location())
	for d := first; d <= last; d++ {
		if k.Covered[d] {
			return true
		}
	}
	return false
}

func (k Known) damagedIn(s civil.Span) (damaged []civil.Day) {
	first, last := s.Days(k.location())
	for d := range k.Damaged {
		if d >= first && d <= last {
			damaged = append(damaged, d)
		}
	}
	slices.Sort(damaged)
	return damaged
}

func damagedText(days []civil.Day) string {
	if len(days) == 1 {
		return days[0].String() + " is damaged"
	}
	return fmt.Sprintf("%s and %s are damaged", days[0], figures.Count(len(days)-1, "other day"))
}

// mostRuns is how many runs of days are named before the rest is counted.
const mostRuns = 3

// days names days, runs of them together: "3 Oct and 12–13 Oct".
func (k Known) days(of []civil.Day) string {
	var texts []string
	for from := 0; from < len(of); {
		to := from
		for to+1 < len(of) && of[to+1] == of[to]+1 {
			to++
		}
		if len(texts) == mostRuns {
			texts = append(texts, figures.Count(len(of)-from, "other day"))
			break
		}
		texts = append(texts, k.run(of[from], of[to]))
		from = to + 1
	}
	if last := len(texts) - 1; last > 0 {
		return strings.Join(texts[:last], ", ") + " and " + texts[last]
	}
	return texts[0]
}

func (k Known) run(first, last civil.Day) string {
	if first == last {
		return k.short(first)
	}
	if first.FirstOfMonth() == last.FirstOfMonth() {
		return first.UTC().Format("2") + "–" + k.short(last)
	}
	return k.short(first) + " – " + k.short(last)
}

// short is a day as "12 Oct", with the year where it is not the one that the ledger ends in.
func (k Known) short(d civil.Day) string {
	if d.UTC().Year() != k.Last.In(k.location()).Year() {
		return d.UTC().Format("2 Jan 2006")
	}
	return d.UTC().Format("2 Jan")
}

// moment is a moment as "12 Oct 10:00", without the time where it is asked for the day alone or is a day's start.
func (k Known) moment(t time.Time, dayOnly bool) string {
	loc := k.location()
	d := civil.DayOf(t, loc)
	if dayOnly || t.Equal(d.Start(loc)) {
		return k.short(d)
	}
	return k.short(d) + t.In(loc).Format(" 15:04")
}
