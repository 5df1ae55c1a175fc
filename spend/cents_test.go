package spend

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// TestCentsOfAReport: rows add up to the total, and to what reports by less show for the same, in whatever order rows
// and dimensions stand.
func TestCentsOfAReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []Row
		for tenant := range rapid.IntRange(1, 6).Draw(t, "tenants") {
			for day := range 4 {
				for _, q := range pricing.BilledQuantities() {
					key := Key{Tenant: string(rune('a' + tenant)), Day: []string{"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04"}[day]}
					key.Component = q.String()
					row := Row{Key: key}
					row.Amount = decimal.New(rapid.Int64Range(1, 3_000_000).Draw(t, "amount"), -6)
					rows = append(rows, row)
				}
			}
		}
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		cents := func(by ...Dimension) map[Key]string {
			summed := map[Key]decimal.Decimal{}
			for _, row := range rows {
				key := Key{}
				for _, d := range by {
					*key.field(d) = row.Value(d)
				}
				summed[key] = summed[key].Add(row.Amount)
			}
			s := Spend{By: by}
			for key, amount := range summed {
				s.Rows = append(s.Rows, Row{Key: key, Total: Total{Cost: Cost{Amount: amount}}})
			}
			shuffle.Shuffle(len(s.Rows), func(i, j int) { s.Rows[i], s.Rows[j] = s.Rows[j], s.Rows[i] })
			shown, total := s.Cents(AmountOf)
			out, sum := map[Key]string{}, decimal.Decimal{}
			for i, row := range s.Rows {
				out[row.Key] = shown[i].StringFixed(2)
				require.True(t, shown[i].Sub(row.Amount).Abs().LessThan(dec("0.01")))
				sum = sum.Add(shown[i])
			}
			require.True(t, sum.Equal(total), "rows add up to the total")
			return out
		}
		require.Equal(t, cents(ByTenant, ByDay), cents(ByDay, ByTenant))
		all := cents(ByDay, ByTenant, ByComponent)
		require.Equal(t, all, cents(ByComponent, ByTenant, ByDay))
		for _, by := range [][]Dimension{{ByTenant}, {ByDay}, {ByTenant, ByDay}} {
			sums := map[Key]decimal.Decimal{}
			for key, shown := range all {
				to := Key{}
				for _, d := range by {
					*to.field(d) = key.Value(d)
				}
				sums[to] = sums[to].Add(dec(shown))
			}
			for key, shown := range cents(by...) {
				require.Equal(t, shown, sums[key].StringFixed(2), "%v: %v", by, key)
			}
		}
	})
}

// TestFoldingChangesNoCent: what the largest rows show does not depend on how many others are listed.
func TestFoldingChangesNoCent(t *testing.T) {
	var rows []*Row
	for i := range 9 {
		row := &Row{Key: Key{Tenant: string(rune('a' + i))}}
		row.Amount = decimal.New(int64(10_004+7*i), -3) // four tenths of a cent above, and so on
		rows = append(rows, row)
	}
	shown := func(top int) map[string]string {
		s := Spend{By: []Dimension{ByTenant}}
		for _, row := range arrange(rows, Request{By: s.By, Top: top}) {
			s.Rows = append(s.Rows, *row)
		}
		cents, total := s.Cents(AmountOf)
		out := map[string]string{"total": total.String()}
		for i, row := range s.Rows {
			out[row.Tenant] = cents[i].StringFixed(2)
		}
		return out
	}
	all := shown(0)
	for top := 1; top < len(rows); top++ {
		for tenant, cents := range shown(top) {
			if tenant != Other {
				require.Equal(t, all[tenant], cents, "%s of %d", tenant, top)
			}
		}
	}
}

// TestSharesAddUp: thirds are 33.4, 33.3 and 33.3 %.
func TestSharesAddUp(t *testing.T) {
	s := Spend{By: []Dimension{ByTenant}}
	for _, tenant := range []string{"a", "b", "c"} {
		s.Rows = append(s.Rows, Row{Key: Key{Tenant: tenant}, Total: Total{Cost: Cost{Amount: dec("1")}}})
	}
	s.Total.Amount = dec("3")
	require.Equal(t, "[0.334 0.333 0.333]", fmt.Sprint(s.Shares()))
	s.Total.Amount = dec("0")
	require.Equal(t, "[0 0 0]", fmt.Sprint(s.Shares()))
}
