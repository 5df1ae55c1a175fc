package html

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/report/statement"
	"microspend/spend"
)

// TestMiniTellsGapsFromZero: 10 dollars are the whole height of 20, 5 half of it, nothing spent a line of 1, a day
// without a rate a narrow stroke, and a day without data is empty.
func TestMiniTellsGapsFromZero(t *testing.T) {
	day := func(name string, amount int64, recorded bool, unknown ...spend.Unknown) statement.Day {
		d := statement.Day{Day: name, Recorded: recorded}
		d.Amount, d.Unknown = decimal.NewFromInt(amount), unknown
		return d
	}
	path, width := mini([]statement.Day{
		day("2026-11-01", 10, true), day("2026-11-02", 0, false), day("2026-11-03", 5, true), day("2026-11-04", 0, true),
		day("2026-11-05", 0, true, spend.Unknown{Region: "eu-west-1"}),
	})
	require.Equal(t, 50, width)
	require.Equal(t, "M1 20h8v-20h-8z"+"M21 20h8v-10h-8z"+"M31 20h8v-1h-8z"+"M44 20h2v-6h-2z", path)

	path, _ = mini([]statement.Day{day("2026-11-01", 0, true)})
	require.Empty(t, path, "where nothing was spent at all there is no picture")
}
