package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// 1,000 MicroVMs × 4 metrics every 5 minutes is $11.52 a day: CloudWatch's own price, typed by hand.
func TestMeasuringPrices(t *testing.T) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	require.NoError(t, err)
	day := pricing.Divide(prices.ThousandMetricsRequested.USD.Mul(dec("1152000")), dec("1000"), pricing.AmountPlaces)
	assert.Equal(t, "11.52", day.String())
	assert.Equal(t, "0.3", prices.MetricMonth.USD.String())
	assert.Empty(t, prices.MetricMonth.Assumption)
	assert.Equal(t, "list-metrics-price", prices.ThousandListCalls.Assumption)
}
