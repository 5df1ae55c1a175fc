package pricing_test

import (
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// TestFixedAmounts holds amounts in fixed point to those of decimals, to the last place and in the same notation.
func TestFixedAmounts(t *testing.T) {
	t.Parallel()
	card, err := pricing.EmbeddedCards().Card("us-east-1")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		card := card.For(rapid.SampledFrom([]pricing.Arch{"arm64", "x86_64"}).Draw(t, "arch"))
		q := rapid.SampledFrom(pricing.BilledQuantities()).Draw(t, "quantity")
		if rapid.Bool().Draw(t, "own rate") {
			figure := decimal.New(rapid.Int64Range(0, 1<<40).Draw(t, "figure"), -rapid.Int32Range(0, 20).Draw(t, "places"))
			per := rapid.SampledFrom([]pricing.Per{pricing.PerUnit, pricing.PerHour, pricing.PerGBMonth}).Draw(t, "per")
			card = card.With(q, pricing.Rate{Figure: figure, Per: per}).AgainstList(card)
		}
		card.Discounts[q] = decimal.New(rapid.Int64Range(0, 9999).Draw(t, "discount"), -4)
		rates, fits := card.FixedRates()
		if !fits {
			t.Skip("a rate that is for decimals alone")
		}
		hi, lo := rapid.Uint64Range(0, 1<<10).Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")
		if rapid.Bool().Draw(t, "small") {
			hi, lo = 0, lo>>rapid.IntRange(1, 63).Draw(t, "shift")
		}
		units := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(hi), 64), new(big.Int).SetUint64(lo))
		count := pricing.Count{Units: decimal.NewFromBigInt(units, 0), Per: q.Counted().PerUnit}
		amount, list, err := count.Amounts(card, q)
		if err != nil {
			t.Fatal(err)
		}
		got, gotList, known, ok := rates.Amounts(q, hi, lo)
		if !known {
			t.Fatal("the rate is known")
		}
		most := decimal.NewFromInt(790_000_000)
		if !ok {
			if amount.LessThan(most) && list.LessThan(most) {
				t.Fatalf("%s and %s at list should fit", amount, list)
			}
			return
		}
		if !got.Decimal().Equal(amount) || !gotList.Decimal().Equal(list) {
			t.Fatalf("%s and %s at list, but %s and %s by decimals", got.Decimal(), gotList.Decimal(), amount, list)
		}
	})
}

// TestFixedRounding rounds half to even, by hand: at 512,000 × 10^-20 dollars for a GB-second, of which a unit counted is
// 1 / 1,024,000, each unit costs half a part of 10^-20 dollars.
func TestFixedRounding(t *testing.T) {
	t.Parallel()
	figure := decimal.New(512_000, -20) // half a part for each MiB-millisecond
	card := pricing.RateCard{}.With(pricing.Memory, pricing.Rate{Figure: figure, Per: pricing.PerUnit})
	rates, ok := card.FixedRates()
	require.True(t, ok)
	for units, parts := range map[uint64]int64{0: 0, 1: 0, 2: 1, 3: 2, 4: 2, 5: 2, 6: 3, 7: 4} {
		amount, _, _, ok := rates.Amounts(pricing.Memory, 0, units)
		require.True(t, ok)
		require.True(t, amount.Decimal().Equal(decimal.New(parts, -20)), "%d units: %s", units, amount.Decimal())
	}
	_, _, known, _ := rates.Amounts(pricing.VCPU, 0, 1)
	require.False(t, known)
}

// TestFixedOrder adds up and compares across the border of 64 bits.
func TestFixedOrder(t *testing.T) {
	t.Parallel()
	card := pricing.RateCard{}.With(pricing.VCPU, pricing.Rate{Figure: decimal.New(1, 0), Per: pricing.PerUnit})
	rates, ok := card.FixedRates()
	require.True(t, ok)
	small, _, _, _ := rates.Amounts(pricing.VCPU, 0, 1)                // $0.001
	large, _, _, ok := rates.Amounts(pricing.VCPU, 0, 790_000_000_000) // $790 million
	require.True(t, ok)
	require.Equal(t, "790000000.001", small.Plus(large).Decimal().String())
	require.Equal(t, -1, small.Compare(large))
	require.Equal(t, 1, small.Plus(large).Compare(large))
	require.Zero(t, large.Compare(large))
	_, _, _, ok = rates.Amounts(pricing.VCPU, 0, 800_000_000_000)
	require.False(t, ok)
}
