package budget_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/spend/budget"
	"microspend/usage"
)

// TestStandingIsEvaluateWithoutOutlook: what a prompt says of the month is what the report says, and of nobody else.
func TestStandingIsEvaluateWithoutOutlook(t *testing.T) {
	set := budget.Set{Budgets: []budget.Budget{{Subject: everything, Amount: dec("500")}, monthly("acme", "100")}}
	for _, test := range []struct {
		name, reason string
		days         [][2]string
		now          string
		spent        string
		state        pricing.State
	}{
		{"whole", "22 days at 24", [][2]string{{"2026-09-20", "2026-11-23"}}, "2026-11-23", "528", pricing.Exact},
		{
			"gap", "a gap is told beside the 12 of 22 days that are known",
			[][2]string{{"2026-09-20", "2026-11-06"}, {"2026-11-16", "2026-11-23"}},
			"2026-11-23", "288", pricing.Exact,
		},
		{"first day", "nothing of this month yet", [][2]string{{"2026-09-20", "2026-11-01"}}, "2026-11-01", "0", pricing.Exact},
		{"old", "data ended in October", [][2]string{{"2026-09-20", "2026-10-10"}}, "2026-11-23", "0", pricing.NotMeasured},
	} {
		t.Run(test.name, func(t *testing.T) {
			var records []usage.Record
			for _, days := range test.days {
				records = append(records, daily(at(t, days[0]), at(t, days[1]), "acme", always(24))...)
			}
			source, now := dollars(records...), at(t, test.now)
			whole, err := budget.Evaluate(t.Context(), source, set, now)
			require.NoError(t, err)
			short, err := budget.Standing(t.Context(), source, set, now)
			require.NoError(t, err)
			require.Len(t, short.Lines, 1)
			want, got := whole.Total(), short.Total()
			require.Equal(t, want.Spent.Amount.String(), got.Spent.Amount.String())
			require.Equal(t, want.State, got.State)
			require.Equal(t, want.Used, got.Used)
			require.Equal(t, want.BurnDay, got.BurnDay)
			require.Equal(t, want.BurnDayState, got.BurnDayState)
			require.Equal(t, want.Missing, got.Missing)
			require.Equal(t, whole.AsOf, short.AsOf)
			require.Nil(t, got.Forecast)
			require.Equal(t, test.spent, got.Spent.Amount.String(), test.reason)
			require.Equal(t, test.state, got.State, test.reason)
		})
	}
}
