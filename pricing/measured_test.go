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
		if rapid.Bool().Draw(t, "agreed") {
			card = card.AgainstList(drawCard(t, false))
		}
		var measured pricing.Measured
		for _, q := range pricing.BilledQuantities() {
			measured[q] = pricing.Count{
				Units: whole(rapid.Int64Min(0).Draw(t, "units")),
				Per:   rapid.SampledFrom([]int64{1, 1000, 1024 * 1000, 1 << 30, 1 << 30 * 3600}).Draw(t, "per"),
			}
		}
		bill, err := measured.Bill(card)
		require.NoError(t, err)
		for _, q := range pricing.BilledQuantities() {
			amount, list, err := measured[q].Amounts(card, q)
			require.NoError(t, err)
			requireDecimal(t, bill.Sum(q.Component()), amount, "%s", q)
			requireDecimal(t, bill.ListSum(q.Component()), list, "%s at list", q)
		}
	}))
	_, _, err := pricing.Count{Units: whole(1), Per: 1}.Amounts(pricing.RateCard{Region: "nowhere"}, pricing.Memory)
	require.ErrorContains(t, err, "the memory rate of nowhere is not known", "unknown is not zero")
	amount, _, err := pricing.Count{}.Amounts(pricing.RateCard{Region: "nowhere"}, pricing.Memory)
	require.NoError(t, err, "what was not used needs no rate")
	require.True(t, amount.IsZero())
}
