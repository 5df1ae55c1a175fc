package html_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/spendtest"
	"microspend/pricing"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/usage"
)

// TestGroupsUnitCostsAndCurrency: a page of everything has the groups and the currency, one of chosen tenants no
// groups, which would say what others spend.
func TestGroupsUnitCostsAndCurrency(t *testing.T) {
	day := spendtest.At(t, "2026-10-05")
	acme, bravo, core := spendtest.Hour(day, "acme", 10), spendtest.Hour(day, "bravo", 5), spendtest.Hour(day, "core", 1)
	acme.Amounts[usage.Running], acme.Amounts[usage.Launches] = 7_200_000, 4
	currency, err := pricing.ParseCurrency("JPY=150@2026-10-01")
	require.NoError(t, err)
	source := spend.Source{
		Usage: spendtest.Of(acme, bravo, core), Rates: spendtest.DollarRates{}, Currency: &currency,
		Tenants: tenants.File{Groups: map[string]string{"acme": "Eng/Platform", "bravo": "Eng/Data"}},
	}
	request := statement.Request{
		From: spendtest.At(t, "2026-10-01"), To: spendtest.At(t, "2026-11-01"), Now: spendtest.At(t, "2026-11-02"),
	}
	s, err := statement.Build(t.Context(), source, request)
	require.NoError(t, err)
	page := rendered(t, s, html.Options{})
	words := regexp.MustCompile(`<[^>]*>|\x{a0}`).ReplaceAllString(page, " ")
	require.Contains(t, page, `<section id="groups"`)
	for _, line := range []string{
		`Eng +15\.00 +2,250 +93\.8 %`, `Eng/Platform +10\.00 +1,500 +62\.5 %`, `\(no group\) +1\.00 +150 +6\.2 %`,
		`Per running hour +\$8\.0000 +\$4\.0000 per launch`, // 16 dollars over 2 hours and 4 launches
		`In JPY +2,400 +JPY at 150 to the dollar, the rate of 2026-10-01`,
	} {
		require.Regexp(t, line, words)
	}

	request.Tenants = []tenants.Pattern{tenants.Exactly("acme")}
	s, err = statement.Build(t.Context(), source, request)
	require.NoError(t, err)
	require.NotContains(t, rendered(t, s, html.Options{}), "Eng/")
}
