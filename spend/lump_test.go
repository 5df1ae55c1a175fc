package spend

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// lumpRates are rates with an agreed discount, with one that changes, and with one that fixed point has no room for.
const lumpRates = `discounts: [{all: 0%}, {all: 12.5%, from: 2026-10-28}]
rates:
  eu-west-1: {vcpu_second: 0.00003}
  ap-northeast-1: [{vcpu_second: 0.00003}, {vcpu_second: 0.00001234567890123457, discount: 33.333333%, from: 2026-11-01}]
  moon-base-1: {vcpu_second: 0.1}
`

// TestLumpIsTheSameReport: a report whose small rows are put together before they are made is the one whose rows are
// put together afterwards, to the last decimal.
func TestLumpIsTheSameReport(t *testing.T) {
	config, err := loadConfig("c.yaml", []byte(lumpRates))
	require.NoError(t, err)
	rates, err := config.Rates(pricing.EmbeddedCards(), nil)
	require.NoError(t, err)
	lumped := 0
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		for i := range records {
			if rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0 {
				records[i].Region = "moon-base-1" // of which only one rate is known
			}
			if i > 0 && rapid.IntRange(0, 3).Draw(t, "as large") == 0 {
				records[i].Amounts = records[0].Amounts
			}
		}
		source, request := drawSource(t, records), drawRequest(t)
		if rapid.Bool().Draw(t, "own rates") {
			source.Rates = rates
		}
		request.Top, request.Min, request.Previous = rapid.IntRange(1, 4).Draw(t, "most"), decimal.Decimal{}, false
		request.Sort, request.Counts = Sort(rapid.IntRange(0, 1).Draw(t, "order")), true
		want, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		request.Lump = true
		got, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		require.Len(t, got.Rows, len(want.Rows))
		for i := range want.Rows {
			require.Equal(t, want.Rows[i].Key, got.Rows[i].Key)
			require.Equal(t, want.Rows[i].Folded, got.Rows[i].Folded)
			requireSame(t, want.Rows[i].Total, got.Rows[i].Total)
			lumped += got.Rows[i].Folded
		}
		requireSame(t, want.Total, got.Total)
		require.Equal(t, want.TenantAsserted, got.TenantAsserted)
	})
	require.Positive(t, lumped)
}

func requireSame(t *rapid.T, want, got Total) {
	require.Equal(t, want.Amount.String(), got.Amount.String())
	require.Equal(t, want.List.String(), got.List.String())
	require.Equal(t, want.Shared.String(), got.Shared.String())
	require.Equal(t, want.Known(), got.Known())
	require.Equal(t, want.Measured, got.Measured)
	require.Equal(t, want.Sum, got.Sum)
	require.Len(t, got.Unknown, len(want.Unknown))
	for i, u := range want.Unknown {
		require.Equal(t, u.String(), got.Unknown[i].String())
		require.True(t, u.Used.Units.Equal(got.Unknown[i].Used.Units))
	}
}
