package pricing_test

import (
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// What a gap's prices come to in dollars is the bill of the same use, at every card that knows its rates, at rates per
// hour and per month, and with a discount.
func TestGapPricesAreTheBills(t *testing.T) {
	cards := map[string]pricing.RateCard{}
	for _, region := range pricing.EmbeddedCards().Regions() {
		card, err := pricing.EmbeddedCards().Card(region)
		require.NoError(t, err)
		if len(card.Unknown()) == 0 {
			cards[region] = card
		}
	}
	require.NotEmpty(t, cards)
	other := cards["us-east-1"]
	other.Discounts = pricing.FlatDiscount(dec("0.125"))
	for q, rate := range map[pricing.BilledQuantity]pricing.Rate{
		pricing.VCPU:            {Figure: dec("0.12599"), Per: pricing.PerHour},
		pricing.Memory:          {Figure: dec("0.016679"), Per: pricing.PerHour},
		pricing.SnapshotStorage: {Figure: dec("0.0952"), Per: pricing.PerGBMonth},
	} {
		other = other.With(q, rate)
	}
	cards["per hour and month, discounted"] = other

	for name, card := range cards {
		for _, size := range pricing.Sizes() {
			state, image := dec("0.63"), dec("1.7")
			p, err := card.GapPrices(size, state, image)
			require.NoError(t, err)
			dollars := func(amount *big.Int, times int64) string {
				return new(big.Rat).SetFrac(new(big.Int).Mul(amount, big.NewInt(times)), p.PerDollar).FloatString(18)
			}
			// A million hours leave no remainder worth a digit here.
			const seconds = 3_600_000_000
			bill := func(w pricing.Workload) string {
				w.Size, w.StateGB, w.Image = size, state, pricing.Image{GB: image, NotStored: true}
				b, err := w.Bill(card)
				require.NoError(t, err)
				return b.Total().StringFixedBank(18)
			}
			require.Equal(t, bill(pricing.Workload{Running: whole(seconds)}), dollars(p.Running, seconds*1000), name)
			require.Equal(t, bill(pricing.Workload{Suspended: whole(seconds)}), dollars(p.Suspended, seconds*1000), name)
			require.Equal(t, bill(pricing.Workload{Cycles: whole(1000)}), dollars(p.Cycle, 1000), name)
			require.Equal(t, bill(pricing.Workload{Launches: whole(1000)}), dollars(p.Launch, 1000), name)
		}
	}
}

func TestGapPricesRefusals(t *testing.T) {
	card, err := pricing.EmbeddedCards().Card("eu-central-1")
	require.NoError(t, err)
	_, err = card.GapPrices(pricing.Size{}, dec("1"), dec("1"))
	require.ErrorContains(t, err, "the snapshot read rate of eu-central-1 is not known")
	require.ErrorContains(t, err, "the snapshot storage rate of eu-central-1 is not known")

	dear := pricing.RateCard{Region: "xx-test-1"}
	for _, q := range pricing.BilledQuantities() {
		dear = dear.With(q, pricing.Rate{Figure: decimal.NewFromInt(1), Per: pricing.PerUnit})
	}
	prices, err := dear.GapPrices(pricing.Size{}, dec("100000"), dec("1"))
	require.NoError(t, err)
	_, pays := prices.BreakEvenSeconds()
	require.False(t, pays, "a second suspended costs more than one running")
}

// A suspend without a resume is written and not read.
func TestUnresumed(t *testing.T) {
	card, err := pricing.EmbeddedCards().Card("us-east-1")
	require.NoError(t, err)
	bill, err := pricing.Workload{Cycles: whole(2), Unresumed: whole(3), StateGB: whole(2)}.Bill(card)
	require.NoError(t, err)
	require.Equal(t, "0.037977138", bill.Sum(pricing.WriteSuspend).String(), "5 suspends of 2 GB")
	require.Equal(t, "0.0061870796", bill.Sum(pricing.SnapshotReads).String(), "2 resumes of 2 GB")
	_, err = pricing.Workload{Unresumed: whole(-1)}.Bill(card)
	require.EqualError(t, err, "number of suspends without a resume is -1; it cannot be below zero")
}

// e/(e − 1) times what hindsight pays above being suspended throughout.
func TestRandomisedCost(t *testing.T) {
	require.Equal(t, "1.58197670686932642439", pricing.RandomisedCost(dec("1"), dec("0")).String())
	require.Equal(t, "5", pricing.RandomisedCost(dec("5"), dec("5")).String())
	require.Equal(t, "3.58197670686932642439", pricing.RandomisedCost(dec("3"), dec("2")).String())
}
