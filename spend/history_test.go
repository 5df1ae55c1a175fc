package spend

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/ledger"
)

func TestHistory(t *testing.T) {
	records := hourly(at(t, "2026-10-12T08:00"), at(t, "2026-10-14T10:00"), "acme")
	october := civil.Between(at(t, "2026-10-01"), at(t, "2026-11-01"))
	for _, test := range []struct {
		name, reason string
		in           civil.Span
		asOf         string // "" where there is none
		days         int
	}{
		{"all of it", "the last hour begins at nine and ends at ten", october, "2026-10-14T10:00", 3},
		{
			"a part", "there is data after it, so it is known to its end",
			civil.Between(october.From, at(t, "2026-10-13T12:00")), "2026-10-13T12:00", 2,
		},
		{"before", "no data had come yet", civil.Between(october.From, at(t, "2026-10-10")), "", 0},
		{"after", "none came any more", civil.Between(at(t, "2026-10-20"), october.To), "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			known, err := dollars(records...).History(t.Context(), test.in, time.UTC)
			require.NoError(t, err)
			require.Equal(t, at(t, "2026-10-12T08:00"), known.First)
			require.Equal(t, at(t, "2026-10-14T09:00"), known.Last, "the start of the last period")
			require.Len(t, known.Covered, test.days, test.reason)
			if test.asOf == "" {
				require.True(t, known.AsOf.IsZero(), test.reason)
				return
			}
			require.Equal(t, at(t, test.asOf), known.AsOf, test.reason)
		})
	}
}

func TestADamagedFileIsOfTheDaysThatItsDayIsPartOf(t *testing.T) {
	damaged := []ledger.DamagedFile{{Path: "part", Day: at(t, "2026-10-07")}}
	require.Equal(t, map[civil.Day]bool{civil.MustParse("2026-10-07"): true}, damagedDays(damaged, time.UTC))
	require.Equal(t, map[civil.Day]bool{civil.MustParse("2026-10-06"): true, civil.MustParse("2026-10-07"): true},
		damagedDays(damaged, zoneOf(t, "America/New_York")), "which begins at eight in the evening before")
}
