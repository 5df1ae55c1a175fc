package tabular

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The years of moments that are read as a count since 1970: they tell seconds from milliseconds, microseconds and
// nanoseconds, as none of these has a number of the others within them.
const (
	firstYear = 2000
	lastYear  = 2100
)

// Moment reads a time as programs write it: ISO 8601 and RFC 3339 with a T or a space, with or without seconds,
// fractions and an offset (Z, UTC, +02:00, +0200, +02); a date alone, which is its midnight; a day of an ISO week
// (2026-W40-4) or of a year (2026-274); and a count of seconds, milliseconds, microseconds or nanoseconds since 1970.
// One without an offset is UTC, and so is the result. Dates as 03/04/2026 are refused: they are other days in other
// countries.
func Moment(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	fault := fmt.Errorf("%.40q is not a time such as 2026-10-01T00:00:00Z or 2026-10-01 00:00:00", text)
	if moment, ok := counted(text); ok {
		return moment, nil
	}
	if len(text) >= 8 && strings.Count(text[:8], "/")+strings.Count(text[:8], ".") >= 2 && !isYear(text) ||
		len(text) >= 10 && (text[2] == '/' || text[2] == '.') && text[2] == text[5] {
		return time.Time{}, fmt.Errorf("%.40q may begin with the day or with the month; write it as 2026-10-01", text)
	}
	date, clock := text, ""
	if at := strings.IndexAny(text, "Tt "); at > 0 {
		date, clock = text[:at], text[at+1:]
	}
	day, err := dateOf(date)
	if err != nil {
		return time.Time{}, fault
	}
	if clock == "" && date == text {
		return day, nil
	}
	since, zone, err := clockOf(clock)
	if err != nil {
		return time.Time{}, fault
	}
	return day.Add(since - zone), nil
}

func isYear(text string) bool { return len(text) > 4 && strings.Trim(text[:4], "0123456789") == "" }

// counted reads a count since 1970.
func counted(text string) (time.Time, bool) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if len(whole) < 9 || pointed && strings.Trim(fraction, "0") != "" {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	for _, moment := range [...]time.Time{time.Unix(n, 0), time.UnixMilli(n), time.UnixMicro(n), time.Unix(0, n)} {
		if year := moment.UTC().Year(); year >= firstYear && year < lastYear {
			return moment.UTC(), true
		}
	}
	return time.Time{}, false
}

// dateOf reads a date, as its midnight in UTC.
func dateOf(text string) (time.Time, error) {
	if year, week, ok := strings.Cut(text, "-W"); ok {
		return weekDay(year, week)
	}
	if len(text) == 8 && !strings.ContainsAny(text, "-/") {
		return time.Parse("20060102", text)
	}
	if len(text) == 8 && text[4] == '-' {
		return time.Parse("2006-002", text)
	}
	if len(text) == 10 && text[4] == text[7] && text[4] == '/' {
		return time.Parse("2006/01/02", text)
	}
	return time.Parse(time.DateOnly, text)
}

var errNoTime = errors.New("not a time")

// weekDay reads a day of an ISO week.
func weekDay(yearText, text string) (time.Time, error) {
	weekText, dayText, ok := strings.Cut(text, "-")
	year, err1 := strconv.Atoi(yearText)
	week, err2 := strconv.Atoi(weekText)
	day, err3 := strconv.Atoi(dayText)
	if err := errors.Join(err1, err2, err3); err != nil || !ok || day < 1 || day > 7 {
		return time.Time{}, errNoTime
	}
	first := time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC) // which is always in week 1
	monday := first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
	moment := monday.AddDate(0, 0, (week-1)*7+day-1)
	if gotYear, gotWeek := moment.ISOWeek(); gotYear != year || gotWeek != week {
		return time.Time{}, errNoTime
	}
	return moment, nil
}

// clockOf reads a time of day and its offset from UTC.
func clockOf(text string) (since, zone time.Duration, err error) {
	for _, utc := range [...]string{"Z", "z", "UTC", "GMT"} {
		if rest, ok := strings.CutSuffix(text, utc); ok {
			text = strings.TrimSpace(rest)
			break
		}
	}
	if at := strings.LastIndexAny(text, "+-"); at > 0 {
		if zone, err = offsetOf(text[at:]); err != nil {
			return 0, 0, err
		}
		text = strings.TrimSpace(text[:at])
	}
	text = strings.Replace(text, ",", ".", 1)
	if text == "24:00" || text == "24:00:00" { // the end of the day, in ISO 8601
		return 24 * time.Hour, zone, nil
	}
	for _, layout := range [...]string{"15:04:05", "15:04", "150405", "1504"} {
		clock, err := time.Parse(layout, text)
		if err == nil {
			return clock.Sub(clock.Truncate(24 * time.Hour)), zone, nil
		}
	}
	return 0, 0, errNoTime
}

// offsetOf reads +02:00, +0200 or +02.
func offsetOf(text string) (time.Duration, error) {
	digits := strings.Replace(text[1:], ":", "", 1)
	if len(digits) == 2 {
		digits += "00"
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || len(digits) != 4 || n/100 > 15 || n%100 > 59 {
		return 0, errNoTime
	}
	offset := time.Duration(n/100)*time.Hour + time.Duration(n%100)*time.Minute
	if text[0] == '-' {
		offset = -offset
	}
	return offset, nil
}
