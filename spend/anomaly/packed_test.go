package anomaly

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/civil"
	"microspend/internal/spendtest"
	"microspend/pricing"
)

// TestPackedDaysAreExact: whatever they cost, in whichever order they come.
func TestPackedDaysAreExact(t *testing.T) {
	dec := spendtest.Dec
	rapid.Check(t, func(t *rapid.T) {
		want, packed := make([]dayCost, 300), packed(nil)
		for _, after := range rapid.SliceOfDistinct(rapid.IntRange(0, 299), rapid.ID).Draw(t, "days") {
			want[after] = dayCost{rapid.SampledFrom([]decimal.Decimal{
				dec("0"), dec("0.00000000000000000001"), dec("1"), dec("99999999.5"),
				dec("123456789012345678901234567890123456789012345678.00000000000000000001"),
			}).Draw(t, "total"), pricing.State(rapid.IntRange(0, int(pricing.NotMeasured)).Draw(t, "state"))}
			require.NoError(t, packed.add(civil.Day(after), want[after]))
		}
		got, err := packed.days(len(want))
		require.NoError(t, err)
		for i := range want {
			require.True(t, want[i].total.Equal(got[i].total), "%s is not %s", got[i].total, want[i].total)
			require.Equal(t, want[i].state, got[i].state)
		}
	})
}
