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
	units := map[int64]int32{1000: 3, mibMillisPerGBSecond: 30, bytesPerGB: 30, byteSecondsPerGBHour: quotientPlaces}
	check := func(t require.TestingT, n, by int64) {
		want := pricing.Divide(decimal.NewFromInt(n), decimal.NewFromInt(by), units[by])
		require.Equal(t, want.String(), string(appendQuotient(nil, uint64(n), uint64(by))), "%d / %d", n, by)
	}
	for by := range units {
		for _, n := range []int64{0, 1, by - 1, by, by + 1, by / 2, 10*by - 1, 1000 * by, math.MaxInt64, math.MaxInt64 - 1} {
			check(t, n, by)
		}
	}
	t.Run("any", rapid.MakeCheck(func(t *rapid.T) {
		by := rapid.SampledFrom([]int64{1000, mibMillisPerGBSecond, bytesPerGB, byteSecondsPerGBHour}).Draw(t, "by")
		check(t, rapid.Int64Min(0).Draw(t, "n"), by)
	}))
}
