package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"microspend/internal/civil"
)

// Why a day's records are read whatever is asked, where something can be done about it.
const (
	NoRollup    = "there is no rollup; microspend ledger rollup makes one"
	StaleRollup = "the rollup is of other records; microspend ledger rollup makes it anew"
)

// Hourly is what a store knows of the records that a UTC day's sums by hour were made of, as far as it matters to what
// these sums answer. An hour's sums have of every period the part that lies in that hour, by [usage.PartOf], so that
// hours add up to what the records say of any stretch of them. Records of a whole day ([usage.WholeDay]) have sums of a
// day's length, as they are of other hours in each time zone.
type Hourly struct {
	Day civil.Day // in UTC
	// From and Until are the time that the records cover together, but for those of a whole day: in Unix seconds, from
	// the first start to the last end or further apart. Both are of the same moment where there are no such records.
	From, Until int64
	WholeDays   bool // whether there may be records of a whole day
}

// AnyRecords is what is known of a day of which nothing is known.
func AnyRecords(day civil.Day) Hourly {
	h := Hourly{Day: day, WholeDays: true}
	h.From, h.Until = day.Span(time.UTC).Unix()
	return h
}

// Refuses is why the day's sums by hour do not give exactly what its records would; "" where they do. It is the one
// rule of what rollups answer, for every store that keeps them.
func (h Hourly) Refuses(q *Query) string {
	if slices.Contains(q.By, FieldResource) {
		return "the query is by MicroVM"
	}
	loc := cmp.Or(q.Location, time.UTC)
	from, to := civil.Between(q.From, q.To).Unix()
	for _, cut := range append(h.midnights(q, loc), from, to) {
		switch at := time.Unix(cut, 0).In(loc).Format("15:04:05 -07:00"); {
		case cut <= h.From || cut >= h.Until: // no record of these is cut
		case q.Uncut: // one that begins before the cut and ends after it is on one side alone
			return fmt.Sprintf("periods are taken as a whole where %s cuts them", at)
		case cut%3600 != 0:
			return fmt.Sprintf("%s is within an hour of UTC", at)
		}
	}
	if !h.WholeDays || q.Uncut {
		return ""
	}
	// A record of a whole day has the date's hours in the location, and each such record units of its own to round.
	if begin, end := h.Day.Span(loc).Unix(); from > begin && from < end || to > begin && to < end {
		return "records of the whole day are cut"
	}
	return ""
}

// Whole reports whether a query that is not refused wants all that the day's records used, on one day of its location,
// so that their sum answers it. Where days begin elsewhere, records of a whole day are counted apart: see [usage.Sum].
func (h Hourly) Whole(q *Query) bool {
	elsewhere := cmp.Or(q.Location, time.UTC) != time.UTC
	if elsewhere && (h.WholeDays || slices.Contains(q.By, FieldDay)) {
		return false
	}
	from, to := civil.Between(q.From, q.To).Unix()
	if h.WholeDays {
		day, end := civil.Between(h.Day.UTC(), (h.Day + 1).UTC()).Unix()
		return from <= day && to >= end
	}
	return from <= h.From && to >= h.Until
}

// midnights are the moments before Until at which the query begins another day.
func (h Hourly) midnights(q *Query, loc *time.Location) (cuts []int64) {
	if !slices.Contains(q.By, FieldDay) {
		return nil
	}
	for day := civil.DayOf(time.Unix(h.From, 0), loc) + 1; day.Start(loc).Unix() < h.Until; day++ {
		cuts = append(cuts, day.Start(loc).Unix())
	}
	return cuts
}
