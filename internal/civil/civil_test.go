package civil

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// at is a moment in UTC, written as 2026-10-01T12:00 or 2026-10-01.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	moment, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		moment, err = time.Parse(time.DateOnly, text)
	}
	require.NoError(t, err)
	return moment
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func TestPeriodBefore(t *testing.T) {
	for _, test := range []struct{ name, reason, zone, from, to, wantFrom string }{
		{"month", "October is held against September", "UTC", "2026-10-01", "2026-11-01", "2026-09-01"},
		{"short month", "March against all of February", "UTC", "2026-03-01", "2026-04-01", "2026-02-01"},
		{"quarter", "three months against three", "UTC", "2026-04-01", "2026-07-01", "2026-01-01"},
		{"month in Berlin", "its own midnights", "Europe/Berlin", "2026-10-31T23:00", "2026-11-30T23:00", "2026-09-30T22:00"},
		{"days", "a week against the week before", "UTC", "2026-10-05", "2026-10-12", "2026-09-28"},
		{
			"days over a change of clocks", "24 hours against a day of 25", "Europe/Berlin", "2026-10-25T23:00",
			"2026-10-26T23:00", "2026-10-24T22:00",
		},
		{"hours", "the same length", "UTC", "2026-10-05T10:00", "2026-10-05T12:30", "2026-10-05T07:30"},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := Between(at(t, test.from), at(t, test.to))
			before := now.Previous(zoneOf(t, test.zone))
			require.Equal(t, at(t, test.wantFrom), before.From.UTC(), test.reason)
			require.Equal(t, now.From, before.To.UTC())
		})
	}
}

func TestUTCDaysOfMoments(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		moment := time.Unix(rapid.Int64Range(-1<<33, 1<<34).Draw(r, "second"), 0)
		require.Equal(r, moment.UTC().Format(time.DateOnly), DayOf(moment, time.UTC).String())
	})
}

func TestDayStartsAreDays(t *testing.T) {
	zones := []string{
		"UTC", "Europe/Berlin", "Asia/Beirut", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe",
		"America/Sao_Paulo",
	}
	rapid.Check(t, func(r *rapid.T) {
		loc := zoneOf(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		d := Day(rapid.IntRange(14_000, 25_000).Draw(r, "day"))
		if d.String() == "2011-12-30" {
			return // Samoa left this day out when it crossed the date line
		}
		start := d.Start(loc)
		require.Equal(r, d, DayOf(start, loc))
		require.Less(r, DayOf(start.Add(-time.Second), loc), d)
		require.Equal(r, d, DayStartingAt(start, loc))
		require.Equal(r, d, MustParse(d.String()))
	})
}
