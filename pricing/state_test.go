package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestStateOfASum(t *testing.T) {
	for _, test := range []struct {
		a, b, want pricing.State
		reason     string
	}{
		{pricing.Exact, pricing.Exact, pricing.Exact, "exact figures add up exactly"},
		{pricing.Exact, pricing.AtLeast, pricing.AtLeast, "a lower bound bounds the sum"},
		{pricing.AtLeast, pricing.UnknownRates, pricing.UnknownRates, "what has no rate may be of any size"},
		{pricing.Exact, pricing.NotMeasured, pricing.AtLeast, "what was measured is known"},
		{pricing.UnknownRates, pricing.NotMeasured, pricing.UnknownRates, "a lower bound is no better than before"},
		{pricing.NotMeasured, pricing.NotMeasured, pricing.NotMeasured, "nothing is known of either"},
	} {
		require.Equal(t, test.want, test.a.And(test.b), test.reason)
		require.Equal(t, test.want, test.b.And(test.a), "in either order: %s", test.reason)
	}
}
