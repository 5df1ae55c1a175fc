package pricing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

func TestParseDiscounts(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		given        []string
		want         string
		err          string
	}{
		{"none", "list prices", nil, "", ""},
		{"flat", "a percentage of the service", []string{"5%"}, "5%", ""},
		{"one", "of one usage type", []string{"snapshot.read=12.5%"}, "12.5% on snapshot read", ""},
		{
			"both", "the usage type's own wins, whichever stands first",
			[]string{"vcpu=10%", "5%", "storage=0%"},
			"10% on vCPU, 5% on memory, 5% on snapshot read, 5% on snapshot write", "",
		},
		{
			"no sign", "5 might be 5 % or 5 dollars",
			[]string{"5"},
			"",
			`"5" is not a discount such as 5% or vcpu=10%, from 0% to below 100%`,
		},
		{
			"all of it", "would hide what was used",
			[]string{"100%"},
			"",
			`"100%" is not a discount such as 5% or vcpu=10%, from 0% to below 100%`,
		},
		{
			"negative", "is a surcharge",
			[]string{"-1%"},
			"",
			`"-1%" is not a discount such as 5% or vcpu=10%, from 0% to below 100%`,
		},
		{
			"unknown", "is no usage type",
			[]string{"gpu=5%"},
			"",
			`"gpu" is not a billed quantity; they are vcpu, memory, snapshot.read, snapshot.write and storage`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := pricing.ParseDiscounts(tc.given)
			if tc.err != "" {
				require.EqualError(t, err, tc.err, tc.reason)
				return
			}
			require.NoError(t, err, tc.reason)
			require.Equal(t, tc.want, got.String(), tc.reason)
		})
	}
}

// What was agreed changes what is charged and nothing else: set against a list, a private card's list amounts are
// those of the list's own bill, line by line.
func TestListAmountsAreThoseOfTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, private, public := drawWorkload(t, 1), drawCard(t, false), drawCard(t, false)
		public.Discounts = pricing.Discounts{}
		agreed, err := w.Bill(private.AgainstList(public))
		require.NoError(t, err)
		charged, err := w.Bill(private)
		require.NoError(t, err)
		list, err := w.Bill(public)
		require.NoError(t, err)
		require.Equal(t, charged.Total().String(), agreed.Total().String(), "what is charged stays the same")
		require.Equal(t, list.Total().String(), agreed.ListTotal().String())
		for i, line := range agreed.Lines {
			require.Equal(t, list.Lines[i].Amount.String(), line.ListAmount.String())
		}
	})
}

func TestListRateThatIsNotKnown(t *testing.T) {
	card := awsCard()
	public := card.With(pricing.SnapshotRead, pricing.Rate{})
	agreed := card.AgainstList(public)
	require.Equal(t, card.Rate(pricing.SnapshotRead), agreed.ListRate(pricing.SnapshotRead),
		"where AWS publishes none, the agreed one is all that can be compared with")
	require.False(t, agreed.Negotiated())
	changed := agreed.With(pricing.VCPU, pricing.Rate{Figure: dec("0.00002"), Per: pricing.PerUnit}).AgainstList(card)
	require.True(t, changed.Negotiated(), "a rate of its own is as much an agreement as a discount")
}

// FuzzParseDiscounts: what is read is from nothing to less than everything, and one figure is read as it is written.
func FuzzParseDiscounts(f *testing.F) {
	f.Add("5%", "vcpu=10%")
	f.Add("100%", "snapshot.read=0%")
	f.Fuzz(func(t *testing.T, first, second string) {
		got, err := pricing.ParseDiscounts([]string{first, second})
		if err != nil {
			return
		}
		for _, fraction := range got {
			require.False(t, fraction.IsNegative())
			require.True(t, fraction.LessThan(dec("1")))
		}
		if all, named := strings.Contains(first, "="), strings.Contains(second, "="); all != named {
			other, err := pricing.ParseDiscounts([]string{second, first})
			require.NoError(t, err)
			require.Equal(t, got.String(), other.String(), "the order does not matter")
		}
	})
}

// With replaces the rate for good: a list rate set before it is not that of the new one, which stands for itself until
// it is set against a list again.
func TestWithForgetsTheListRate(t *testing.T) {
	card := awsCard().AgainstList(awsCard().With(pricing.VCPU, pricing.Rate{Figure: dec("1"), Per: pricing.PerUnit}))
	require.True(t, card.Negotiated())
	fresh := pricing.Rate{Figure: dec("0.5"), Per: pricing.PerHour, Source: "a test"}
	replaced := card.With(pricing.VCPU, fresh)
	require.Equal(t, fresh, replaced.ListRate(pricing.VCPU))
	require.False(t, replaced.Negotiated(), "list and charged rate are the same one")
	requireDecimal(t, dec("1"), card.ListRate(pricing.VCPU).Figure, "the card itself is not changed")
}
