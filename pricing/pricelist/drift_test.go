package pricelist

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func rate(t *testing.T, figure string, per pricing.Per) pricing.Rate {
	value, err := pricing.ParseDecimal(figure)
	require.NoError(t, err)
	return pricing.Rate{Figure: value, Per: per, Source: "test"}
}

func TestCompareAndPlausible(t *testing.T) {
	var unknown pricing.Rate
	for _, tc := range []struct {
		name, reason string
		quantity     pricing.BilledQuantity
		old, new     pricing.Rate
		drifts       bool
		jump         string
	}{
		{"same", "nothing to tell", pricing.VCPU, rate(t, "0.0000276944", 1), rate(t, "0.00002769440", 1), false, ""},
		{
			"last digit", "compared exactly", pricing.VCPU, rate(t, "0.0000276944", 1), rate(t, "0.0000276945", 1), true,
			"",
		},
		{
			"hour and second, same", "0.36 / 3600 = 0.0001", pricing.VCPU, rate(t, "0.36", pricing.PerHour),
			rate(t, "0.0001", 1), false,
			"",
		},
		{
			"hour and second, repeating", "0.09975 / 3600 = 0.00002770833…: any rounded figure differs", pricing.VCPU,
			rate(t, "0.09975", pricing.PerHour), rate(t, "0.0000277083", 1), true, "",
		},
		{
			"month and hour, same", "0.072 / 720 = 0.0001", pricing.SnapshotStorage, rate(t, "0.072", pricing.PerGBMonth),
			rate(t, "0.0001", 1), false,
			"",
		},
		{
			"month and hour, other", "0.08 / 720 is not 0.0001111111", pricing.SnapshotStorage,
			rate(t, "0.08", pricing.PerGBMonth), rate(t, "0.0001111111", 1), true, "",
		},
		{
			"becomes known", "an import's very purpose", pricing.SnapshotRead, unknown, rate(t, "0.0015467699", 1), true,
			"",
		},
		{
			"becomes unknown", "must not pass unseen", pricing.SnapshotRead, rate(t, "0.0015467699", 1), unknown, true,
			"",
		},
		{"stays unknown", "nothing to tell", pricing.SnapshotRead, unknown, unknown, false, ""},
		{
			"ten times", "the bound is inclusive", pricing.Memory, rate(t, "0.0000036667", 1), rate(t, "0.000036667", 1), true,
			"",
		},
		{
			"over ten times", "a slipped point", pricing.Memory, rate(t, "0.0000036667", 1), rate(t, "0.0000366671", 1), true,
			"eu-west-1: the memory rate goes from 0.0000036667 (gb_second) to 0.0000366671 (gb_second), more than 10 times; look at AWS's pricing page before you take it",
		},
		{
			"under a tenth", "likewise down", pricing.Memory, rate(t, "0.0000036667", 1), rate(t, "0.00000036666", 1), true,
			"eu-west-1: the memory rate goes from 0.0000036667 (gb_second) to 0.00000036666 (gb_second), more than 10 times; look at AWS's pricing page before you take it",
		},
		{
			"hour taken for second", "3,600 times", pricing.VCPU, rate(t, "0.0000276944", 1), rate(t, "0.09975", 1), true,
			"eu-west-1: the vCPU rate goes from 0.0000276944 (vcpu_second) to 0.09975 (vcpu_second), more than 10 times; look at AWS's pricing page before you take it",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			card := pricing.RateCard{Name: pricing.ListCard, Region: "eu-west-1"}
			before, after := card.With(tc.quantity, tc.old), card.With(tc.quantity, tc.new)
			var want []Drift
			if tc.drifts {
				want = []Drift{{tc.quantity.On(""), tc.old, tc.new}}
			}
			require.Equal(t, want, Compare(before, after), tc.reason)
			if tc.jump == "" {
				require.NoError(t, Plausible(before, after), tc.reason)
			} else {
				require.EqualError(t, Plausible(before, after), tc.jump, tc.reason)
			}
		})
	}
}

func TestCompareEmbeddedWithItself(t *testing.T) {
	for _, region := range pricing.EmbeddedCards().Regions() {
		card, err := pricing.EmbeddedCards().Card(region)
		require.NoError(t, err)
		require.Empty(t, Compare(card, card))
		require.NoError(t, Plausible(card, card))
	}
}
