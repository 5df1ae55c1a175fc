package idle

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// parseMS reads plain decimal seconds into milliseconds. What is finer is rounded half-even, and reported.
func parseMS(text string) (ms int64, rounded bool, err error) {
	whole, fraction, hasPoint := strings.Cut(text, ".")
	if whole == "" || hasPoint && fraction == "" {
		return 0, false, errNotSeconds
	}
	if whole[0] == '-' {
		if _, _, err := parseMS(text[1:]); err != nil {
			return 0, false, errNotSeconds
		}
		return 0, false, errors.New("is below zero")
	}
	for _, digit := range []byte(whole) {
		if digit < '0' || digit > '9' {
			return 0, false, errNotSeconds
		}
		if ms = ms*10 + int64(digit-'0'); ms > maxSeconds {
			return 0, false, errFar
		}
	}
	ms *= msPerSecond
	unit := int64(100)
	var half, below bool
	for i, digit := range []byte(fraction) {
		if digit < '0' || digit > '9' {
			return 0, false, errNotSeconds
		}
		switch {
		case i < 3:
			ms += int64(digit-'0') * unit
			unit /= 10
		case i == 3:
			half, below = digit >= '5', digit != '0' && digit != '5'
		default:
			below = below || digit != '0'
		}
	}
	exact5 := half && !below
	if half && (!exact5 || ms%2 == 1) {
		ms++
	}
	return ms, half || below, nil
}

// maxSeconds is far beyond every moment that a trace can be from, and far within the range of milliseconds.
const maxSeconds = 1e12

var (
	errNotSeconds = errors.New("is not a plain number of seconds such as 90 or 12.5")
	errFar        = errors.New("is too large for a number of seconds")
)

// parseGap reads the length of a gap.
func parseGap(text string) (ms int64, rounded bool, err error) {
	ms, rounded, err = parseMS(text)
	if err == nil && ms > maxGapMS {
		err = errors.New("is longer than a hundred years")
	}
	return ms, rounded, err
}

// moments of a trace by dates are in these years; a date far off is a slip.
var (
	earliest = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// parseMoment reads a moment written in RFC 3339, or in seconds of any clock.
func parseMoment(text string) (ms int64, dated, rounded bool, err error) {
	if !strings.ContainsAny(text, "T:Z ") {
		ms, rounded, err = parseMS(text)
		if err != nil {
			err = fmt.Errorf("%w, nor a moment such as 2026-10-01T06:00:00Z", err)
		}
		return ms, false, rounded, err
	}
	at, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "T", 1))
	if err != nil {
		return 0, true, false, errors.New("is not a moment such as 2026-10-01T06:00:00Z, nor a number of seconds")
	}
	if at.Before(earliest) || !at.Before(latest) {
		return 0, true, false, errors.New("is not in the years 1970 to 2199")
	}
	ms = at.UnixMilli()
	switch rest := at.Nanosecond() % int(time.Millisecond); {
	case rest == 0:
		return ms, true, false, nil
	case rest > 500_000, rest == 500_000 && ms%2 == 1:
		ms++
	}
	return ms, true, true, nil
}
