package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/pricing"

	"microspend/pricing/assumption"
)

// 1,000 MicroVMs × 4 metrics every 5 minutes is $11.52 a day: CloudWatch's own price, typed by hand.
func TestMeasuringPrices(t *testing.T) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	require.NoError(t, err)
	day := pricing.Divide(prices.ThousandMetricsRequested.USD.Mul(dec("1152000")), dec("1000"), pricing.AmountPlaces)
	assert.Equal(t, "11.52", day.String())
	assert.Equal(t, "0.3", prices.MetricMonth.USD.String())
	assert.Empty(t, prices.MetricMonth.Assumption)
	assert.Equal(t, assumption.ListMetricsPrice, prices.ThousandListCalls.Assumption)
}

func TestLogIngestion(t *testing.T) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	require.NoError(t, err)
	assert.Equal(t, "0.5", prices.LogIngestion(1_000_000_000).String())
	assert.Equal(t, "0.02022", prices.LogIngestion(1000*60*(648+pricing.LogEventBytes)).String(),
		"1,000 hours of a line a minute")
}
