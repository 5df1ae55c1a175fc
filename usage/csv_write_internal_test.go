package usage

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// Quotients are written digit by digit; they must be those that decimals give.
func TestQuotientsAreThoseOfDecimals(t *testing.T) {
	var units []int64
	for _, m := range Measures() {
		units = append(units, m.Counted().PerUnit)
	}
	check := func(t require.TestingT, n, by int64) {
		places := int32(finitePlaces)
		if by%3 == 0 {
			places = quotientPlaces
		}
		want := pricing.Divide(decimal.NewFromInt(n), decimal.NewFromInt(by), places)
		require.Equal(t, want.String(), string(appendQuotient(nil, uint64(n), uint64(by))), "%d / %d", n, by)
	}
	for _, by := range units {
		for _, n := range []int64{0, 1, by - 1, by, by + 1, by / 2, 10*by - 1, 1000 * by, math.MaxInt64, math.MaxInt64 - 1} {
			check(t, n, by)
		}
	}
	t.Run("any", rapid.MakeCheck(func(t *rapid.T) {
		by := rapid.SampledFrom(units).Draw(t, "by")
		check(t, rapid.Int64Min(0).Draw(t, "n"), by)
	}))
}
