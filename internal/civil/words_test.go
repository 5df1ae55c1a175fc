package civil

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpansInWords(t *testing.T) {
	for _, row := range []struct{ from, to, zone, label, words string }{
		{"2026-10-01", "2026-11-01", "", "October 2026", "October"},
		{"2028-02-01", "2028-03-01", "", "February 2028", "February"},
		{"2028-02-01", "2028-02-29", "", "1–28 February 2028", "1–28 February"},
		{"2026-11-01", "2026-11-30", "", "1–29 November 2026", "1–29 November"},
		{"2026-10-28", "2026-11-04", "", "28 October – 3 November 2026", "28 October – 3 November"},
		{"2026-12-28", "2027-01-04", "", "28 December 2026 – 3 January 2027", "28 December – 3 January"},
		{"2026-11-27", "2026-11-28", "", "27 November 2026", "Fri 27 November"},
		{"2026-01-01", "2027-01-01", "", "2026", "2026"},
		{"2026-07-01", "2026-10-01", "", "July–September 2026", "July–September"},
		{"2025-12-01", "2026-02-01", "", "December 2025 – January 2026", "December – January"},
		{"2026-04-01", "2027-04-01", "", "April 2026 – March 2027", "April – March"},
		{"2026-11-01", "2026-11-26T10:00", "", "1–26 November 2026 10:00", "1–26 November 10:00"},
		{
			"2026-10-27T12:00", "2026-11-26T12:00", "", "27 October 12:00 – 26 November 2026 12:00",
			"27 October 12:00 – 26 November 12:00",
		},
		{"2026-11-26", "2026-11-26T10:00", "", "26 November 2026 until 10:00", "Thu 26 November until 10:00"},
		{"2026-11-26T22:00", "2026-11-27", "", "26 November 2026 from 22:00", "Thu 26 November from 22:00"},
		{"2026-11-26T06:00", "2026-11-26T10:00", "", "26 November 2026 06:00–10:00", "Thu 26 November 06:00–10:00"},
		{"2026-09-30T22:00", "2026-10-31T23:00", "Europe/Berlin", "October 2026", "October"},
		{"2026-10-24T22:00", "2026-10-25T23:00", "Europe/Berlin", "25 October 2026", "Sun 25 October"},
		{"2026-03-28T22:00", "2026-03-29T21:00", "Asia/Beirut", "29 March 2026", "Sun 29 March"},
	} {
		span, loc := Between(at(t, row.from), at(t, row.to)), zoneOf(t, row.zone)
		require.Equal(t, row.label, span.Label(loc))
		require.Equal(t, row.words, span.Words(loc, false), row.label)
	}
	day := Between(at(t, "2026-11-27"), at(t, "2026-11-28"))
	require.Equal(t, "Fri 27 November 2026", day.Words(zoneOf(t, "UTC"), true))
}
