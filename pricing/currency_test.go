package pricing

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestParseCurrency(t *testing.T) {
	for _, tc := range []struct {
		text, reason string
		places       int32
		tenDollars   string
	}{
		{"EUR=0.92@2026-11-20", "cents", 2, "9.2"},
		{"JPY=151.3@2026-11-20", "the yen has no smaller unit", 0, "1513"},
		{"KWD=0.30615@2026-11-20", "a dinar is a thousand fils", 3, "3.0615"},
	} {
		c, err := ParseCurrency(tc.text)
		require.NoError(t, err, tc.reason)
		require.Equal(t, tc.text, c.String(), "as it was written")
		require.Equal(t, tc.places, c.Places(), tc.reason)
		require.Equal(t, tc.tenDollars, c.Of(decimal.NewFromInt(10)).String(), tc.reason)
	}
	for text, want := range map[string]string{
		"EUR=0.92": `"EUR=0.92" is not a currency with its rate and the rate's day, such as EUR=0.92@2026-11-20 ` +
			`where a dollar is worth 0.92 euros`,
		"USD=1@2026-11-20":     "amounts are in USD already; give the currency to show beside it",
		"EUT=1@2026-11-20":     `"EUT" is not an ISO 4217 currency code such as EUR; did you mean EUR?`,
		"eur=0.92@2026-11-20":  `"eur" is not an ISO 4217 currency code such as EUR; did you mean EUR?`,
		"EUR=0@2026-11-20":     "0 EUR to the dollar is not above zero",
		"EUR=0,92@2026-11-20":  `"0,92" is not a plain decimal number such as 12 or 0.0000291572 (no exponent, no separators)`,
		"EUR=0.92@20 November": `"20 November" is not a date such as 2026-09-19`,
	} {
		_, err := ParseCurrency(text)
		require.EqualError(t, err, want, text)
	}
}
