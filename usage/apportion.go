package usage

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"microspend/internal/civil"
)

// PartOf is the part of an amount that belongs to [from, to) of a period of the given length, in whole units: the
// difference of what had been used by its two ends, each in proportion to the time and rounded half up. So parts that
// adjoin add up to the part of both, wherever a period is cut, and of two parts that a single cut makes the one with
// the larger remainder gets the unit that is left. 0 ≤ from ≤ to ≤ length, in any unit of time.
func PartOf(amount, from, to, length int64) int64 {
	return usedBy(amount, to, length) - usedBy(amount, from, length)
}

func usedBy(amount, at, length int64) int64 {
	switch { // most are asked for by a period's own ends, and a division takes as long as all else of a record's sum
	case amount == 0 || at == 0:
		return 0
	case at == length:
		return amount
	}
	hi, lo := bits.Mul64(uint64(amount), uint64(at))
	whole, rest := bits.Div64(hi, lo, uint64(length))
	if rest >= uint64(length)-rest {
		whole++
	}
	return int64(whole)
}

// maxRowSeconds is the longest period that is split into days: a leap year.
const maxRowSeconds = 366 * MaxPeriodSeconds

// Days checks a record from outside, whose period may be of several UTC days, up to a year. It returns the records by
// day that [Record.Split] makes of it, or none where it is of one day as it is.
func (r *Record) Days() ([]Record, error) {
	start := r.PeriodStart.Unix()
	sound := r.PeriodStart.Nanosecond() == 0 && start >= earliest && start < latest && r.PeriodSeconds > 0 &&
		r.PeriodSeconds <= maxRowSeconds && slices.Min(r.Amounts[:]) >= 0
	if !sound || start%MaxPeriodSeconds+r.PeriodSeconds <= MaxPeriodSeconds {
		return nil, r.Check()
	}
	days := r.Split()
	return days, days[0].Check() // the others differ in the day alone
}

// Split cuts a record into one for each UTC day that its period touches. What it counts is apportioned in proportion to
// the time, in whole units by the largest remainder: what is left after rounding down goes, unit by unit, to the days
// with the largest fractions, the earlier where they are equal, so that the parts add up to the record exactly. The
// period may be of any length.
func (r *Record) Split() []Record {
	parts := []Record{}
	for start, left := r.PeriodStart.Unix(), r.PeriodSeconds; left > 0; {
		part := *r
		part.PeriodStart = time.Unix(start, 0).UTC()
		part.PeriodSeconds = min(left, MaxPeriodSeconds-start%MaxPeriodSeconds)
		start, left = start+part.PeriodSeconds, left-part.PeriodSeconds
		parts = append(parts, part)
	}
	for m := range r.Amounts {
		apportion(parts, m, uint64(r.Amounts[m]), uint64(r.PeriodSeconds))
	}
	return parts
}

func apportion(parts []Record, m int, amount, length uint64) {
	rests := make([]uint64, len(parts))
	order := make([]int, len(parts))
	left := amount
	for i := range parts {
		hi, lo := bits.Mul64(amount, uint64(parts[i].PeriodSeconds))
		whole, rest := bits.Div64(hi, lo, length)
		parts[i].Amounts[m] = int64(whole)
		left -= whole
		rests[i], order[i] = rest, i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
	for _, i := range order[:left] {
		parts[i].Amounts[m]++
	}
}

// WholeDay reports whether a period is a whole UTC day.
//
// No MicroVM lives for a day, so what is recorded by the day is a sum that somebody made, and when in the day it was
// used is not known. In every time zone such a record is of the day with its date, rather than of the hours from the
// midnight of Greenwich: the usage of 1 October must not become September's for being looked at from New York.
func WholeDay(startUnix, seconds int64) bool {
	return seconds == MaxPeriodSeconds && startUnix%MaxPeriodSeconds == 0
}

// Period is the time that a record's usage is spread over, evenly as far as is known, where days are cut in a location:
// [PeriodStart, PeriodStart + PeriodSeconds), but for the record of a [WholeDay] the location's day with that date.
func (r *Record) Period(loc *time.Location) civil.Span {
	start := r.PeriodStart.Unix()
	if WholeDay(start, r.PeriodSeconds) {
		return civil.DayOf(r.PeriodStart, time.UTC).Span(loc)
	}
	return civil.Between(time.Unix(start, 0).UTC(), time.Unix(start+r.PeriodSeconds, 0).UTC())
}

// Within cuts out of a record what belongs to a stretch of time by [PartOf], and reports whether there is any. The
// record is spread over its [Record.Period] in the location, and is counted where that begins. Time is counted in whole
// seconds, as in [civil.Span.Unix].
func (r *Record) Within(in civil.Span, loc *time.Location) (s Sum, ok bool) {
	period := r.Period(loc)
	begin, end := period.Unix()
	from, to := in.Unix()
	from, to, length := max(0, from-begin), min(end, to)-begin, end-begin
	if from >= to {
		return s, false
	}
	part := func(amount int64) Uint128 { return Uint128{Lo: uint64(PartOf(amount, from, to, length))} }
	for m, amount := range r.Amounts {
		s.Amounts[m] = part(amount)
	}
	s.Seconds = part(r.PeriodSeconds)
	if r.Coverage == CoverageComplete {
		s.CoveredSeconds = s.Seconds
	}
	if from == 0 && !period.From.Before(in.From) {
		s.Records = 1
		if loc != time.UTC && WholeDay(r.PeriodStart.Unix(), r.PeriodSeconds) {
			s.ByDate = Uint128{Lo: 1}
		}
	}
	return s, true
}
