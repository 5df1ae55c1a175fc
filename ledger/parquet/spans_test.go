package parquet

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// Sums of many large values do not wrap around at 64 bits: neither one bit below the guard against it nor above.
func TestSpansNeverWrap(t *testing.T) {
	of := func(s *usage.Sum) *usage.Uint128 { return &s.Seconds }
	for bits := 40; bits < 64; bits++ {
		for _, rows := range []int{1, 2, 3, 4, 7, 8, 9, 4095, 4096, 4097} {
			values := make([]int64, rows)
			var want usage.Uint128
			for i := range values {
				values[i] = math.MaxInt64 >> (63 - bits)
				want = want.AddInt(values[i])
			}
			sums, next := make([]usage.Sum, 1), 0
			require.NoError(t, addSpans(sums, of, []span{{0, rows, 0}}, &next, 0, values))
			require.Equal(t, want, sums[0].Seconds, "%d values of %d bits", rows, bits)
		}
	}
	sums, next := make([]usage.Sum, 1), 0
	err := addSpans(sums, of, []span{{0, 3, 0}}, &next, 0, []int64{1, -1, 1})
	require.ErrorIs(t, err, errNegative)
}
