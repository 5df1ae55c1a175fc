package civil

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestParsePeriod: worked out with a calendar. 27 November 2026 is a Friday, 1 March 2028 the day after a leap day.
func TestParsePeriod(t *testing.T) {
	for _, row := range []struct{ text, from, to, now, zone, reason string }{
		{text: "today", from: "2026-11-27", to: "2026-11-28"},
		{text: "yesterday", from: "2026-11-26", to: "2026-11-27"},
		{text: "week", from: "2026-11-21", to: "2026-11-28", reason: "the seven days up to today"},
		{text: "last-week", from: "2026-11-16", to: "2026-11-23", reason: "Monday to Sunday"},
		{text: "last-week", now: "2026-11-23", from: "2026-11-16", to: "2026-11-23", reason: "asked for on a Monday"},
		{text: "last-week", now: "2026-11-22", from: "2026-11-09", to: "2026-11-16", reason: "on a Sunday, whose week runs"},
		{text: "month", from: "2026-11-01", to: "2026-12-01", reason: "to its end"},
		{text: "last-month", from: "2026-10-01", to: "2026-11-01"},
		{text: "last-month", now: "2026-01-31", from: "2025-12-01", to: "2026-01-01", reason: "of another year"},
		{text: "year", from: "2026-01-01", to: "2027-01-01"},
		{text: "last-year", from: "2025-01-01", to: "2026-01-01"},
		{text: "1d", from: "2026-11-27", to: "2026-11-28", reason: "today alone"},
		{text: "7d", from: "2026-11-21", to: "2026-11-28"},
		{text: "30d", from: "2026-10-29", to: "2026-11-28"},
		{text: "3660d", from: "2016-11-20", to: "2026-11-28", reason: "the most; 10 years have 3,652 days"},
		{text: "2026", from: "2026-01-01", to: "2027-01-01"},
		{text: "2026-10", from: "2026-10-01", to: "2026-11-01"},
		{text: "2028-02", from: "2028-02-01", to: "2028-03-01", reason: "29 days"},
		{text: "2028-02-29", from: "2028-02-29", to: "2028-03-01"},
		{text: "2d", now: "2028-03-01", from: "2028-02-29", to: "2028-03-02"},
		{text: "2026-W40", from: "2026-09-28", to: "2026-10-05"},
		{text: "2026-W01", from: "2025-12-29", to: "2026-01-05", reason: "the week of 4 January"},
		{text: "2026-W53", from: "2026-12-28", to: "2027-01-04", reason: "2026 begins on a Thursday and so has 53 weeks"},
		{text: "2026-10-01..2026-10-15", from: "2026-10-01", to: "2026-10-16", reason: "both days are in it"},
		{text: "2026-10-01 2026-10-15", from: "2026-10-01", to: "2026-10-16"},
		{text: " 2026-10-01 – 2026-10-15 ", from: "2026-10-01", to: "2026-10-16"},
		{text: "2026-09..2026-10", from: "2026-09-01", to: "2026-11-01"},
		{text: "2026-10-20..today", from: "2026-10-20", to: "2026-11-28"},
		{text: "last-month..yesterday", from: "2026-10-01", to: "2026-11-27"},
		{text: "LAST-Month", from: "2026-10-01", to: "2026-11-01"},
		{text: "today", zone: "Asia/Tokyo", from: "2026-11-27T15:00", to: "2026-11-28T15:00", reason: "the 28th there already"},
		{text: "2026-10-25", zone: "Europe/Berlin", from: "2026-10-24T22:00", to: "2026-10-25T23:00", reason: "25 hours"},
		{text: "2026-03", zone: "Europe/Berlin", from: "2026-02-28T23:00", to: "2026-03-31T22:00", reason: "an hour less"},
		{text: "2026-03-29", zone: "Asia/Beirut", from: "2026-03-28T22:00", to: "2026-03-29T21:00", reason: "begins at 01:00"},
	} {
		if row.now == "" {
			row.now = "2026-11-27T20:00"
		}
		span, err := ParsePeriod(row.text, at(t, row.now), zoneOf(t, row.zone))
		require.NoError(t, err, row.text)
		require.Equal(t, Between(at(t, row.from), at(t, row.to)), Between(span.From.UTC(), span.To.UTC()), "%s: %s",
			row.text, row.reason)
	}
}

func TestParsePeriodRefuses(t *testing.T) {
	now := at(t, "2026-11-27T20:00")
	for _, text := range []string{
		"", " ", "x", "..", "2026-10-01..", "..2026-10-01", "2026-10-01...2026-10-02", "2026-13", "2026-00", "2026-02-29",
		"2026-10-1", "20261001", "26", "02026", "0d", "00d", "-3d", "+3d", "030d", "3661d", "99999999999999999999d", "3days", "d",
		"5m", "1 2 3", "2026-10-01 x", "2026-W00", "2026-W54", "2025-W53", "2026-W5", "2026-W+5", "-W40", "2026-10-01T06:00:00Z",
		"today today today", "2026-10\x00", "2026-10\n\x1b[31m", "\xff\xfe", "٢٠٢٦", strings.Repeat("2026-10..", 10_000),
	} {
		_, err := ParsePeriod(text, now, time.UTC)
		require.ErrorContains(t, err, " is not a period; write "+PeriodForms, text)
		require.Less(t, len(err.Error()), 400)
		require.NotContains(t, err.Error(), "\x1b")
	}
	for text, message := range map[string]string{
		"2026-10-15..2026-10-01": `"2026-10-15..2026-10-01" begins on 2026-10-15, after its end on 2026-10-01`,
		"today..yesterday":       `"today..yesterday" begins on 2026-11-27, after its end on 2026-11-26`,
	} {
		_, err := ParsePeriod(text, now, time.UTC)
		require.EqualError(t, err, message)
	}
}

func TestParseStart(t *testing.T) {
	now, berlin := at(t, "2026-11-27T20:00"), zoneOf(t, "Europe/Berlin")
	for text, want := range map[string]string{
		"2026-10-26": "2026-10-25T23:00", "2026-10": "2026-09-30T22:00", "2026": "2025-12-31T23:00",
		"today": "2026-11-26T23:00", "7d": "2026-11-20T23:00", "2026-W40": "2026-09-27T22:00",
		"2026-10-01T06:00:00Z": "2026-10-01T06:00", "2026-10-01T06:00:00+02:00": "2026-10-01T04:00",
	} {
		start, err := ParseStart(text, now, berlin)
		require.NoError(t, err, text)
		require.Equal(t, at(t, want), start.UTC(), text)
	}
	for _, text := range []string{"", "x", "2026-10-01..2026-10-02", "2026-10-01 06:00", "2026-10-01T06:00", " 2026-10"} {
		_, err := ParseStart(text, now, berlin)
		require.ErrorContains(t, err, " is not a day; write "+dayForms, text)
	}
}

// FuzzParsePeriod reads anything.
func FuzzParsePeriod(f *testing.F) {
	for _, seed := range []string{"2026-10", "30d", "2026-W53", "2026-10-01..2026-10-02", "x", "", "9999-12-31 1", "week..year"} {
		f.Add(seed)
	}
	now := time.Date(2026, time.November, 27, 20, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		span, err := ParsePeriod(text, now, time.UTC)
		if err == nil && (!span.From.Before(span.To) || !span.WholeDays(time.UTC) || span.Label(time.UTC) == "") {
			t.Fatalf("%q is an empty period, or not one of whole days", text)
		}
	})
}
