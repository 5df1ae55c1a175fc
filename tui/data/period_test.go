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

func TestParsePeriod(t *testing.T) {
	loc := berlin(t)
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, loc)
	for _, row := range []struct{ text, label string }{
		{"2026-10-01 2026-10-15", "2026-10-01 – 2026-10-15"},
		{"2026-10-01..2026-10-15", "2026-10-01 – 2026-10-15"},
		{"2026-10-25", "2026-10-25"},
		{"2026-10", "October 2026"},
		{"2026-09 2026-10", "2026-09-01 – 2026-10-31"},
		{"30d", "2026-10-25 – 2026-11-23"},
		{" 1d ", "2026-11-23"},
	} {
		p, err := data.ParsePeriod(row.text, now, loc)
		require.NoError(t, err, row.text)
		require.Equal(t, row.label, p.Label(loc), row.text)
	}
	for _, text := range []string{
		"", "x", "2026-13", "2026-10-15 2026-10-01", "0d", "-3d", "99999d", "3days", "1 2 3",
		"2026-10-01 x",
	} {
		_, err := data.ParsePeriod(text, now, loc)
		require.Error(t, err, text)
	}
}

func TestShift(t *testing.T) {
	loc := berlin(t)
	now := time.Date(2026, time.October, 28, 12, 0, 0, 0, loc)
	month := data.PeriodOf(data.Month, now, loc)
	require.Equal(t, "September 2026", month.Shift(-1, loc).Label(loc))
	require.Equal(t, "January 2027", month.Shift(3, loc).Label(loc))
	week := data.PeriodOf(data.Week, now, loc) // has the hour that comes twice in it
	require.Equal(t, "2026-10-15 – 2026-10-21", week.Shift(-1, loc).Label(loc))
	require.Equal(t, "2026-10-29 – 2026-11-04", week.Shift(1, loc).Label(loc))
	require.Equal(t, week.From, week.Shift(-1, loc).Shift(1, loc).From)
}

// FuzzParsePeriod reads anything.
func FuzzParsePeriod(f *testing.F) {
	for _, seed := range []string{"2026-10", "30d", "2026-10-01..2026-10-02", "x", "", "9999-12-31 1"} {
		f.Add(seed)
	}
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := data.ParsePeriod(text, now, time.UTC); err == nil && !p.From.Before(p.To) {
			t.Fatalf("%q is an empty period", text)
		}
	})
}
