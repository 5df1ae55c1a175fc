package pricing_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// dec reads a figure as a test writes it, without going through the parser under test.
func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// whole is a whole number of anything.
func whole(n int64) decimal.Decimal { return decimal.NewFromInt(n) }

// date reads a day that the test knows to be one.
func date(t testing.TB, text string) pricing.Date {
	t.Helper()
	d, err := pricing.ParseDate(text)
	require.NoError(t, err)
	return d
}

// moment is a time of day in UTC, written as 2026-09-19T12:00:00Z.
func moment(t testing.TB, text string) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return m
}

// size reads a MicroVM size that the test knows to be one.
func size(t testing.TB, text string) pricing.Size {
	t.Helper()
	s, err := pricing.ParseSize(text)
	require.NoError(t, err)
	return s
}

// listCard is the embedded card of a region.
func listCard(t testing.TB, region string) pricing.RateCard {
	t.Helper()
	card, err := pricing.EmbeddedCards().Card(region)
	require.NoError(t, err)
	return card
}

// inlineCard has the five given rates: the first four per unit, storage per GB-month, as a worked example pins them.
func inlineCard(region, vcpu, memory, read, write, storageMonth string) pricing.RateCard {
	card := pricing.RateCard{Name: "inline", Region: region}
	for q, figure := range map[pricing.BilledQuantity]string{
		pricing.VCPU: vcpu, pricing.Memory: memory, pricing.SnapshotRead: read, pricing.SnapshotWrite: write,
	} {
		card = card.With(q, pricing.Rate{Figure: dec(figure), Per: pricing.PerUnit, Inline: true})
	}
	return card.With(pricing.SnapshotStorage, pricing.Rate{
		Figure: dec(storageMonth), Per: pricing.PerGBMonth,
		Inline: true,
	})
}

// prices are the embedded prices of alternatives.
func prices(t testing.TB) pricing.PriceBook {
	t.Helper()
	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	return book
}

// requireDecimal compares by value and reports both in plain notation. It takes the failures of rapid, too.
func requireDecimal(t require.TestingT, want, got decimal.Decimal, context ...any) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	if !want.Equal(got) {
		require.Equal(t, want.String(), got.String(), context...)
	}
}

// requireWithin asserts |want − got| ≤ tolerance, in rationals.
func requireWithin(t require.TestingT, tolerance *big.Rat, want, got *big.Rat, context ...any) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	gap := new(big.Rat).Sub(want, got)
	if gap.Abs(gap).Cmp(tolerance) > 0 {
		require.Equal(t, want.FloatString(30), got.FloatString(30), context...)
	}
}

// tenToMinus is 10^−n.
func tenToMinus(n int64) *big.Rat {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil)
	return new(big.Rat).SetFrac(big.NewInt(1), power)
}

// decimals draws coefficient × 10^−places with the coefficient and the number of places within bounds.
func decimals(low, high int64, maxPlaces int32) *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal {
		coefficient := rapid.Int64Range(low, high).Draw(t, "coefficient")
		return decimal.New(coefficient, -rapid.Int32Range(0, maxPlaces).Draw(t, "places"))
	})
}
