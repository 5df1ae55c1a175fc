package spend

import (
	"math/big"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/spend/tenants"
	"microspend/usage"
)

type memory = spendtest.Ledger

var (
	dec       = spendtest.Dec
	at        = spendtest.At
	zoneOf    = spendtest.Zone
	hour      = spendtest.Hour
	hourly    = spendtest.Hours
	stored    = spendtest.Stored
	frankfurt = spendtest.Frankfurt
)

// sourceOf is a source over records at AWS's list prices.
func sourceOf(records ...usage.Record) Source {
	return Source{Usage: spendtest.Of(records...), Rates: pricing.EmbeddedCards()}
}

// oracle prices records one quantity at a time in fractions, sharing no code with the engine: the sum of what is used
// in a region, times its rate.
func oracle(t testing.TB, records []usage.Record) *big.Rat {
	t.Helper()
	total, cards := new(big.Rat), pricing.EmbeddedCards()
	for _, r := range records {
		card, err := cards.Card(r.Region)
		require.NoError(t, err)
		for q, count := range map[pricing.BilledQuantity]struct{ units, per int64 }{
			pricing.VCPU:            {r.Amounts[pricing.VCPU], 1000},
			pricing.Memory:          {r.Amounts[pricing.Memory], 1024 * 1000},
			pricing.SnapshotRead:    {r.Amounts[pricing.SnapshotRead], 1 << 30},
			pricing.SnapshotWrite:   {r.Amounts[pricing.SnapshotWrite], 1 << 30},
			pricing.SnapshotStorage: {r.Amounts[pricing.SnapshotStorage], 3600 << 30},
		} {
			if count.units == 0 {
				continue
			}
			rate := card.Rate(q)
			require.True(t, rate.Known())
			amount := new(big.Rat).Mul(rate.Figure.Rat(), big.NewRat(count.units, count.per))
			total.Add(total, amount.Quo(amount, new(big.Rat).SetInt64(int64(rate.Per))))
		}
	}
	return total
}

// requireNear holds an amount to an exact one, up to half a unit of the last place for each rounding.
func requireNear(t require.TestingT, want *big.Rat, got decimal.Decimal, roundings int) {
	away := new(big.Rat).Sub(want, got.Rat())
	most := new(big.Rat).Mul(big.NewRat(int64(roundings), 2), dec("0.00000000000000000001").Rat())
	require.LessOrEqual(t, away.Abs(away).Cmp(most), 0, "%s is not %s", got, want.FloatString(25))
}

func requireDecimal(t require.TestingT, want string, got decimal.Decimal, reason ...any) {
	require.Equal(t, dec(want).String(), got.String(), reason...)
}

// amounts lists rows as "label amount", the label being the values of the dimensions.
func amounts(s Spend) []string {
	out := []string{}
	for _, row := range s.Rows {
		text := ""
		for _, d := range s.By {
			text += row.Value(d) + " "
		}
		if row.Kind == KindOther && !slices.Contains(s.By, ByTenant) && len(s.By) == 0 {
			text = Other + " "
		}
		out = append(out, text+row.Amount.String())
	}
	return out
}

func report(t testing.TB, s Source, r Request) Spend {
	t.Helper()
	out, err := s.Report(t.Context(), r)
	require.NoError(t, err)
	requireAddsUp(t, out)
	return out
}

// requireAddsUp holds a report to what every report promises.
func requireAddsUp(t require.TestingT, s Spend) {
	sum, shared, complete := decimal.Decimal{}, decimal.Decimal{}, true
	var measured usage.Sum
	for _, row := range s.Rows {
		sum, shared = sum.Add(row.Amount), shared.Add(row.Shared)
		complete = complete && row.Complete()
		measured.Merge(&row.Sum)
		require.False(t, row.Amount.IsNegative())
	}
	require.True(t, sum.Equal(s.Total.Amount), "rows %s, total %s", sum, s.Total.Amount)
	require.True(t, shared.Equal(s.Total.Shared))
	require.Equal(t, complete, s.Total.Complete())
	require.Equal(t, s.Total.Sum.Amounts[pricing.VCPU], measured.Amounts[pricing.VCPU])
	require.Equal(t, s.Total.Sum.Amounts[pricing.SnapshotStorage], measured.Amounts[pricing.SnapshotStorage])
}

func pattern(t testing.TB, text string) tenants.Pattern {
	p, err := tenants.ParsePattern(text)
	require.NoError(t, err)
	return p
}
