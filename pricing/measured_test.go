package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// The amount of a count is that of its line, so that whoever prices without a bill gets the bill's money.
func TestAmountOfACountIsThatOfItsLine(t *testing.T) {
	t.Run("any card, any discount", rapid.MakeCheck(func(t *rapid.T) {
		card := drawCard(t, false)
		card.Discount = whole(rapid.Int64Range(0, 100).Draw(t, "discount in percent")).Shift(-2)
		var measured pricing.Measured
		for _, q := range pricing.BilledQuantities() {
			measured[q] = pricing.Count{
				Units: whole(rapid.Int64Min(0).Draw(t, "units")), Per: rapid.SampledFrom([]int64{1, 1000, 1024 * 1000, 1 << 30, 1 << 30 * 3600}).Draw(t, "per"),
			}
		}
		bill, err := measured.Bill(card)
		require.NoError(t, err)
		for _, q := range pricing.BilledQuantities() {
			amount, err := measured[q].Amount(card, q)
			require.NoError(t, err)
			requireDecimal(t, bill.Sum(q.String()), amount, "%s", q)
		}
	}))
	_, err := pricing.Count{Units: whole(1), Per: 1}.Amount(pricing.RateCard{Region: "nowhere"}, pricing.Memory)
	require.ErrorContains(t, err, "the memory rate of nowhere is not known", "unknown is not zero")
	amount, err := pricing.Count{}.Amount(pricing.RateCard{Region: "nowhere"}, pricing.Memory)
	require.NoError(t, err, "what was not used needs no rate")
	require.True(t, amount.IsZero())
}
