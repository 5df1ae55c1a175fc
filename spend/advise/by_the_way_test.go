package advise

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/ledger"
	"microspend/usage"
)

func TestByTheWayCountsTheDaysOfThePeriod(t *testing.T) {
	day := func(month time.Month, day int, rows int64) ledger.DayInfo {
		return ledger.DayInfo{Day: time.Date(2026, month, day, 0, 0, 0, 0, time.UTC), Rows: rows}
	}
	looked := false
	in := twoToMove().inputs(t)
	in.Records = func(context.Context, time.Time, time.Time) iter.Seq2[usage.Record, error] {
		looked = true
		return func(func(usage.Record, error) bool) {}
	}
	in.Info = func(context.Context) (ledger.Info, error) {
		return ledger.Info{Days: []ledger.DayInfo{
			day(time.September, 1, 9_000_000), day(time.October, 31, 1), day(time.November, 1, 100_000),
			day(time.November, 30, 150_000), day(time.December, 1, 10),
		}}, nil
	}
	noon := december.Add(12 * time.Hour)
	for _, tc := range []struct {
		name    string
		request Request
		records int64
		looks   bool
	}{
		{"a month, without the days next to it", Request{Now: noon, From: november, To: december}, 250_000, true},
		{"a day of it", Request{Now: noon, From: november, To: november.AddDate(0, 0, 1)}, 100_000, true},
		{"days cut elsewhere touch one more", Request{Now: noon, From: november.Add(-time.Hour), To: december}, 250_001, false},
		{"the 31 days before now", Request{Now: noon}, 250_011, false},
		{"a period that runs ends now", Request{
			Now: december.Add(-12 * time.Hour), From: november, To: december.AddDate(0, 1, 0),
		}, 250_000, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			looked = false
			found, records, err := ByTheWay(t.Context(), in, tc.request)
			require.NoError(t, err)
			require.Equal(t, tc.records, records)
			require.Equal(t, tc.looks, found != nil)
			require.Equal(t, tc.looks, looked)
		})
	}
}

// On x86-64, moving saves 0.01909764; after the images are built for ARM64, which comes first, it saves what
// TestAMoveIsOnePieceForAllTenants has.
func TestWhatPiecesAddIsTheCombinedSaving(t *testing.T) {
	w := twoToMove()
	for i := range w.records {
		w.records[i].Arch = usage.ArchX86
	}
	report := w.advise(t, Request{Kinds: []Kind{Region, Architecture}})
	require.Equal(t, 2, len(report.Advice))
	same(t, "0.06688656", report.Advice[0].Added)
	same(t, "0.01909764", report.Advice[1].Saving)
	same(t, "0.01998", report.Advice[1].Added)
	same(t, "0.08686656", report.Combined.Saving)
}
