package scalar

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestRatesHaveEveryKey(t *testing.T) {
	var none Rates
	var keys []pricing.RateKey
	for key, figure := range none.figures() {
		keys = append(keys, key)
		require.Nil(t, figure, "%s is not given", key)
	}
	require.ElementsMatch(t, pricing.RateKeys(), keys)
}

func TestInlineRates(t *testing.T) {
	price := func(text string) *Price { return &Price{Decimal: decimal.RequireFromString(text)} }
	rates := Rates{VCPUHour: price("0.09"), StorageGBMonth: price("0.08")}
	got := rates.Inline("given in a test")
	require.Len(t, got, 2)
	require.Equal(t, "0.09", got[pricing.VCPU.On("")].Figure.String())
	require.Equal(t, pricing.PerHour, got[pricing.VCPU.On("")].Per)
	require.Equal(t, pricing.PerGBMonth, got[pricing.SnapshotStorage.On("")].Per)
	require.Equal(t, "given in a test", got[pricing.VCPU.On("")].Source)
	require.True(t, got[pricing.VCPU.On("")].Inline)

	var faults []string
	rates.VCPUSecond = price("0.00002")
	rates.Check("rates", func(path, _ string, args ...any) {
		faults = append(faults, path+" "+
			string(args[0].(pricing.RateKey)))
	})
	require.Equal(t, []string{"rates.vcpu_hour vcpu_second"}, faults)
}
