package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestCurveBySecondIsExact: 1 ms of a function of 1,769 MiB is 0.001 × 1.7275390625 × 0.0000133334, and a request
// $0.0000002: more decimals than a division keeps, and none is lost.
func TestCurveBySecondIsExact(t *testing.T) {
	demand := inJobs(t, 1, "0.001")
	alt := pricing.Function{GB: dec("1.7275390625")}.Price(prices(t), demand)
	want := dec("0.001").Mul(dec("1.7275390625")).Mul(dec("0.0000133334")).Add(dec("0.0000002"))
	require.Equal(t, "0.00000022303396933593750", want.StringFixed(23))
	require.Equal(t, want.String(), alt.Curve.At(demand.Running).String())
}
