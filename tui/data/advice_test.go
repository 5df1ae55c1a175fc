package data_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/ledger"
	"microspend/tui/data"
	"microspend/usage"
)

// A glance at the overview of a large ledger does not go through millions of records: whoever wants to know asks.
func TestAdviceByTheWayLeavesLargeLedgersAlone(t *testing.T) {
	now := time.Date(2026, time.November, 26, 10, 0, 0, 0, time.UTC)
	day := func(before int, rows int64) ledger.DayInfo {
		return ledger.DayInfo{Day: now.Truncate(24*time.Hour).AddDate(0, 0, -before), Rows: rows}
	}
	looked := 0
	reader := dollars(spendtest.Hours(now.Add(-2*time.Hour), now, "acme")...)
	reader.Records = func(context.Context, time.Time, time.Time) iter.Seq2[usage.Record, error] {
		looked++
		return func(func(usage.Record, error) bool) {}
	}
	for _, tc := range []struct {
		name    string
		days    []ledger.DayInfo
		records int64
		looks   bool
	}{
		{"few", []ledger.DayInfo{day(0, 100_000), day(1, 150_000)}, 250_000, true},
		{"one too many", []ledger.DayInfo{day(0, 100_000), day(1, 150_001)}, 250_001, false},
		{"many long ago", []ledger.DayInfo{day(40, 9_000_000), day(1, 10)}, 10, true},
		{"many to come", []ledger.DayInfo{day(1, 10), day(-2, 9_000_000)}, 10, true},
		{"none", nil, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			looked = 0
			reader.Info = func(context.Context) (ledger.Info, error) { return ledger.Info{Days: tc.days}, nil }
			found, records, err := reader.AdviceByTheWay(t.Context(), data.Moment{Now: now, AsOf: now})
			require.NoError(t, err)
			require.Equal(t, tc.records, records)
			require.Equal(t, tc.looks, found != nil)
			require.Equal(t, tc.looks, looked > 0)
		})
	}
}
