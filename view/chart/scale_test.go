package chart

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTicks(t *testing.T) {
	for _, tc := range []struct {
		name   string
		span   span
		most   int
		want   []float64
		reason string
	}{
		{
			"a month of hours",
			span{0, 744},
			8,
			[]float64{0, 100, 200, 300, 400, 500, 600, 700},
			"fixed bounds need not be round",
		},
		{"tenths", span{0, 0.5}, 5, []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5}, "three tenths are 0.3, not 0.30000000000000004"},
		{"around zero", span{-1, 1}, 4, []float64{-1, -0.5, 0, 0.5, 1}, "zero is a tick, without a sign"},
		{"between", span{7, 8.2}, 3, []float64{7, 7.5, 8}, "ticks lie within"},
		{"huge", span{-1e300, 1e300}, 2, []float64{-1e300, 0, 1e300}, "no overflow"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []float64
			for _, tick := range ticksIn(tc.span, tc.most, formatOr(nil)) {
				got = append(got, tick.at)
			}
			require.Equal(t, tc.want, got, tc.reason)
			for _, v := range got {
				require.False(t, v == 0 && math.Signbit(v), "minus zero")
			}
		})
	}
}

func TestRound(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []float64
		want   span
		reason string
	}{
		{"none", nil, span{0, 1}, "an axis has some length"},
		{"one", []float64{24}, span{0, 25}, "a flat line stands above zero"},
		{"near zero", []float64{4, 51}, span{0, 60}, "money starts at nothing"},
		{"far from zero", []float64{1001, 1009}, span{1000, 1010}, "a small change far up stays visible"},
		{"below zero", []float64{-24}, span{-25, 0}, "the same below"},
		{"not numbers", []float64{math.NaN(), math.Inf(1), 2e300, 3}, span{0, 3}, "left out"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var e extent
			for _, v := range tc.values {
				e.add(v)
			}
			require.Equal(t, tc.want, e.round(steps), tc.reason)
		})
	}
}

func TestFittingTicksAreDistinct(t *testing.T) {
	whole := func(v float64) string { return formatOr(nil)(math.Round(v)) }
	ticks := fittingTicks(span{0, 2}, 10, whole, func([]tick) bool { return true })
	require.Equal(t, []tick{{0, "0"}, {1, "1"}, {2, "2"}}, ticks, "half steps would repeat their labels")
}
