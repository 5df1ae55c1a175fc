package idle

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseMS reads plain decimal seconds into milliseconds. What is finer is rounded half-even, and reported.
func parseMS(text string) (ms int64, rounded bool, err error) {
	unsigned := strings.TrimPrefix(text, "-")
	whole, fraction, hasPoint := strings.Cut(unsigned, ".")
	if !areDigits(whole) || hasPoint && !areDigits(fraction) {
		return 0, false, errNotSeconds
	}
	if unsigned != text {
		return 0, false, errors.New("is below zero")
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds > maxSeconds {
		return 0, false, errFar
	}
	if !hasPoint {
		return seconds * msPerSecond, false, nil
	}
	thousandths, err := strconv.ParseInt((fraction + "000")[:3], 10, 64)
	ms = seconds*msPerSecond + thousandths
	finer := strings.TrimRight(fraction[min(len(fraction), 3):], "0")
	// Without trailing zeros, digits after a point compare as text does.
	if finer > "5" || finer == "5" && ms%2 == 1 {
		ms++
	}
	return ms, finer != "", err
}

func areDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

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
	rest := at.Nanosecond() % int(time.Millisecond)
	if half := int(time.Millisecond / 2); rest > half || rest == half && ms%2 == 1 {
		ms++
	}
	return ms, true, rest != 0, nil
}
