package data_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/tui/data"
)

func berlin(t *testing.T) *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return loc
}

func TestPeriods(t *testing.T) {
	loc := berlin(t)
	now := time.Date(2026, time.October, 25, 12, 0, 0, 0, loc) // the day on which clocks go back
	for _, row := range []struct {
		kind     data.Kind
		from, to string
		label    string
	}{
		{data.Month, "2026-10-01", "2026-11-01", "October 2026"},
		{data.Today, "2026-10-25", "2026-10-26", "today"},
		{data.Week, "2026-10-19", "2026-10-26", "7 days"},
	} {
		p := data.PeriodOf(row.kind, now, loc)
		require.Equal(t, row.from, p.From.Format(time.DateOnly))
		require.Equal(t, row.to, p.To.Format(time.DateOnly))
		require.Equal(t, row.label, p.Label(loc))
		require.Zero(t, p.From.Hour())
		require.Zero(t, p.To.Hour())
	}
	require.Equal(t, 25*time.Hour, data.PeriodOf(data.Today, now, loc).To.Sub(data.PeriodOf(data.Today, now, loc).From),
		"that day has 25 hours")
}

// TestParsePeriod: names of kinds give those; what else can be typed is tested where it is parsed.
func TestParsePeriod(t *testing.T) {
	loc := berlin(t)
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, loc)
	for text, want := range map[string]struct {
		kind  data.Kind
		label string
	}{
		"month":                  {data.Month, "November 2026"},
		"today":                  {data.Today, "today"},
		"week":                   {data.Week, "7 days"},
		"7d":                     {data.Custom, "17–23 November 2026"},
		"2026-11":                {data.Custom, "November 2026"},
		"2026-10-25":             {data.Custom, "25 October 2026"},
		"2026-10-01..2026-10-15": {data.Custom, "1–15 October 2026"},
	} {
		p, err := data.ParsePeriod(text, now, loc)
		require.NoError(t, err, text)
		require.Equal(t, want.kind, p.Kind, text)
		require.Equal(t, want.label, p.Label(loc), text)
	}
	_, err := data.ParsePeriod("custom", now, loc)
	require.ErrorContains(t, err, "not a period", "custom is what the others are called")
	require.Equal(t, data.PeriodOf(data.Month, now, loc), data.PeriodOf(data.Custom, now, loc))
}

func TestShift(t *testing.T) {
	loc := berlin(t)
	now := time.Date(2026, time.October, 28, 12, 0, 0, 0, loc)
	month := data.PeriodOf(data.Month, now, loc)
	require.Equal(t, "September 2026", month.Shift(-1, loc).Label(loc))
	require.Equal(t, "January 2027", month.Shift(3, loc).Label(loc))
	week := data.PeriodOf(data.Week, now, loc) // has the hour that comes twice in it
	require.Equal(t, "15–21 October 2026", week.Shift(-1, loc).Label(loc))
	require.Equal(t, "29 October – 4 November 2026", week.Shift(1, loc).Label(loc))
	require.Equal(t, week.From, week.Shift(-1, loc).Shift(1, loc).From)
}
