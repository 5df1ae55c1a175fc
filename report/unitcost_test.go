package report_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/report"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
)

// TestUnitCostsAreNoLowerBounds: 10 dollars of 4 launches are 2.50 a launch as far as they were measured. The launch
// that nobody saw may have cost less than that.
func TestUnitCostsAreNoLowerBounds(t *testing.T) {
	for _, test := range []struct {
		name     string
		measured pricing.State
		text     string
		amount   string
	}{
		{"whole", pricing.Exact, "2.5000", "10.00"},
		{"in part", pricing.AtLeast, "2.5000", "≥ 10.00"},
		{"not every rate is known", pricing.UnknownRates, "2.5000 +?", "10.00 +?"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var row spend.Row
			row.Amount, row.Measured = spendtest.Dec("10"), test.measured
			row.Sum.Records = 1
			row.Sum.Amounts[usage.Launches] = usage.Uint128{Lo: 4}
			row.Sum.Amounts[usage.Running] = usage.Uint128{Lo: 4 * 3_600_000}
			columns := report.SpendColumns(spend.Spend{Rows: []spend.Row{row}, Total: row.Total}, report.SpendLook{Counts: true})
			text := func(id string) string { return view.Pick(columns, id)[0].Value(&row).String() }
			require.Equal(t, test.text, text("per_launch"))
			require.Equal(t, test.text, text("per_running_hour"))
			require.Equal(t, test.amount, text("amount"))
			require.Equal(t, row.State().String(), text("state"), "which says so to programs")
		})
	}
}
