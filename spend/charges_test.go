package spend

import (
	"testing"
	"time"

	"microspend/pricing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Charges are the same money as a report: by tenant, and in all, however shared cost is shared out.
func TestChargesAreTheReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := drawRecords(t)
		source := drawSource(t, records)
		from, to := time.Date(2026, time.October, 20, 0, 0, 0, 0, time.UTC),
			time.Date(2026, time.November, 9, 0, 0, 0, 0, time.UTC)
		charges, err := source.Charges(t.Context(), from, to, Filter{})
		require.NoError(t, err)
		report, err := source.Report(t.Context(), Request{
			From: from, To: to,
			By: []Dimension{ByTenant, ByDay, ByRegion, ByComponent},
		})
		require.NoError(t, err)

		type owner struct {
			kind   Kind
			tenant string
		}
		want, got := map[owner]decimal.Decimal{}, map[owner]decimal.Decimal{}
		for _, row := range report.Rows {
			of := owner{row.Kind, row.Tenant}
			want[of] = want[of].Add(row.Amount)
		}
		ratios := map[string]decimal.Decimal{}
		total := decimal.Decimal{}
		for _, c := range charges.Lines {
			of := owner{c.Kind, c.Tenant}
			got[of] = got[of].Add(c.Amount)
			total = total.Add(c.Amount)
			if c.Share != nil {
				shared := c.Day.String() + c.Region + c.Quantity.String()
				ratios[shared] = ratios[shared].Add(c.Share.Ratio)
			}
		}
		require.Equal(t, report.Total.Amount.String(), total.String())
		for of, amount := range want {
			require.True(t, amount.Equal(got[of]), "%v: %s, not %s", of, got[of], amount)
		}
		for shared, sum := range ratios {
			require.Equal(t, "1", sum.String(), shared)
		}
	})
}

func TestChargesRefuse(t *testing.T) {
	source := sourceOf(hour(at(t, "2026-10-05"), "acme", 60))
	_, err := source.Charges(t.Context(), at(t, "2026-10-05T01:00"), at(t, "2026-10-06"), Filter{})
	require.EqualError(t, err, "charges are by UTC day; give whole UTC days")
	unknown := hour(at(t, "2026-10-05"), "acme", 60)
	unknown.Region, unknown.Amounts[pricing.SnapshotRead] = "eu-central-1", 1
	_, err = sourceOf(unknown).Charges(t.Context(), at(t, "2026-10-05"), at(t, "2026-10-06"), Filter{})
	var missing *UnknownRatesError
	require.ErrorAs(t, err, &missing, "a line without an amount cannot be handed on")
}
