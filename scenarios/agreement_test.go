package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAgreement(t *testing.T) {
	for _, tc := range []struct {
		name, reason   string
		printed, exact string
		want           Verdict
		difference     string
	}{
		{"the same", "nothing is rounded", "16.4", "16.4", Follows, "0"},
		{"rounded up", "16.7945 is 16.79", "16.79", "16.7945472", Follows, "0.0045472"},
		{"rounded down", "0.0952 is 0.10", "0.10", "0.0952", Follows, "-0.0048"},
		{"half a cent above", "the boundary may be rounded either way", "1.00", "1.005", Follows, "0.005"},
		{"half a cent below", "likewise", "1.00", "0.995", Follows, "-0.005"},
		{"just above half a cent", "1.01, not 1.00", "1.00", "1.00500000000000000001", Differs, "0.00500000000000000001"},
		{"just below", "0.99, not 1.00", "1.00", "0.99499999999999999999", Differs, "-0.00500000000000000001"},
		{"cut off", "10.4966 is 10.50", "10.49", "10.496592", Differs, "0.006592"},
		{"one decimal", "fewer are printed, more is allowed", "1.0", "1.05", Follows, "0.05"},
		{"no decimals", "as in 7 times", "7", "7.1163830852", Follows, "0.1163830852"},
		{"no decimals, half", "7.5 may be printed as 7 or 8", "7", "7.5", Follows, "0.5"},
		{"no decimals, above half", "7.51 may not", "7", "7.51", Differs, "0.51"},
		{"thousands", "1200 is exact, as nothing says that its zeros are not", "1200", "1241.22", Differs, "41.22"},
		{"negative", "rounding is symmetric", "-1.00", "-1.005", Follows, "-0.005"},
		{"zero", "0.00 is what little prints as", "0.00", "0.004", Follows, "0.004"},

		{"about, within a percent", "1 % of 19.50 is 0.195", "~19.50", "19.305", Follows, "-0.195"},
		{"about, a percent and a bit", "just below", "~19.50", "19.3049", Differs, "-0.1951"},
		{"about, above", "to both sides", "~19.50", "19.695", Follows, "0.195"},
		{"about, small", "rounding allows more than the percent", "~11", "11.5", Follows, "0.5"},
		{"about, small and off", "neither allows it", "~11", "11.51", Differs, "0.51"},
		{"about, large", "1 % of 750 is 7.5", "~750", "742.5", Follows, "-7.5"},
		{"about, negative", "a part of its size", "~-100.0", "-101", Follows, "-1"},

		{"range, inside", "a range is taken at its word", "5..7", "6.2", Follows, "0"},
		{"range, at its start", "ends are included", "5..7", "5", Follows, "0"},
		{"range, at its end", "ends are included", "5..7", "7", Follows, "0"},
		{
			"range, just outside", "7.1 is not within 5 to 7, though it rounds to 7", "5..7", "7.1163830852", Differs,
			"0.1163830852",
		},
		{"range, below", "the nearer end counts", "5..7", "3.5", Differs, "-1.5"},
		{"range of one", "as if it were one figure", "5..5", "5.4", Follows, "0.4"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			printed := &Printed{}
			require.NoError(t, printed.ParseScalar(tc.printed))
			exact := dec(t, tc.exact)
			require.Equal(t, tc.want, agreement(printed, exact), tc.reason)
			requireDecimal(t, tc.difference, Check{Printed: printed, Exact: exact}.Difference(), tc.reason)
		})
	}
	require.Empty(t, agreement(nil, dec(t, "1")), "nothing printed, nothing to agree with")
	requireDecimal(t, "0", Check{Exact: dec(t, "1")}.Difference())
}
