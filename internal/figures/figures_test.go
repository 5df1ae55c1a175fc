package figures_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/figures"
)

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func TestGrouped(t *testing.T) {
	for _, tc := range []struct{ name, reason, in, want string }{
		{"zero", "the zero value of a decimal", "0", "0"},
		{"three digits", "nothing to separate", "730", "730"},
		{"four digits", "the first comma", "3600", "3,600"},
		{"six digits", "no comma in front", "288000", "288,000"},
		{"seven digits", "two commas", "2592000", "2,592,000"},
		{"fraction", "digits after the point are not grouped", "1234.56789", "1,234.56789"},
		{"small fraction", "a rate is not cut", "0.0000291572", "0.0000291572"},
		{"trailing zeros", "plain notation has none", "1500.000", "1,500"},
		{"negative hundreds", "the sign is not a digit", "-100", "-100"},
		{"negative thousands", "the sign comes first", "-1234.5", "-1,234.5"},
		{"exponent", "plain notation, however the number was made", "1e6", "1,000,000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, figures.Grouped(dec(tc.in)), tc.reason)
		})
	}
	t.Run("never rounds", rapid.MakeCheck(func(t *rapid.T) {
		d := decimal.New(rapid.Int64().Draw(t, "coefficient"), rapid.Int32Range(-30, 10).Draw(t, "exponent"))
		grouped := figures.Grouped(d)
		require.Equal(t, d.String(), strings.ReplaceAll(grouped, ",", ""))
		whole, _, _ := strings.Cut(strings.TrimPrefix(grouped, "-"), ".")
		for i, group := range strings.Split(whole, ",") {
			require.LessOrEqual(t, len(group), 3)
			require.True(t, i == 0 || len(group) == 3, "%s", grouped)
		}
	}))
}

func TestRatio(t *testing.T) {
	for in, want := range map[string]string{
		"0.815": "0.82×", "54.7396": "54.74×", "1234.5": "1,234.50×", "0.1": "0.10×", "0.0390447": "0.039×", "0.0013119": "0.0013×",
		"0": "0.00×", "-0.0013": "-0.0013×", "0.00000000001": "0.0000000000×",
	} {
		require.Equal(t, want, figures.Ratio(dec(in)))
	}
}

func TestFixed(t *testing.T) {
	for _, tc := range []struct {
		name, reason, in string
		places           int32
		want             string
	}{
		{"pads", "all decimals are written", "1500", 2, "1,500.00"},
		{"half to even, down", "0.125 lies between 0.12 and 0.13, and 2 is even", "0.125", 2, "0.12"},
		{"half to even, up", "0.375 lies between 0.37 and 0.38, and 8 is even", "0.375", 2, "0.38"},
		{"no decimals", "a fixed point of none has no point", "1234.5", 0, "1,234"},
		{"rounding carries", "a comma appears by rounding", "999.999", 2, "1,000.00"},
		{"negative", "the sign comes first", "-1234.567", 2, "-1,234.57"},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, figures.Fixed(dec(tc.in), tc.places), tc.reason) })
	}
}

func TestWritten(t *testing.T) {
	for _, tc := range []struct{ name, reason, got, want string }{
		{"up to, fewer", "no zeros are added", figures.UpTo(dec("1234.5"), 3), "1,234.5"},
		{"up to, more", "rounded half-even", figures.UpTo(dec("0.00025"), 4), "0.0002"},
		{"increase", "a change has its sign", figures.Signed(dec("1234.5"), 2), "+1,234.50"},
		{"decrease", "a change has its sign", figures.Signed(dec("-1234.5"), 2), "-1,234.50"},
		{"no change", "nothing has no sign", figures.Signed(decimal.Zero, 2), "0.00"},
		{"a small increase", "it is not nothing", figures.Signed(dec("0.001"), 2), "+0.00"},
		{"int", "grouped", figures.Int(int64(1234567)), "1,234,567"},
		{"one", "the singular", figures.Count(1, "day"), "1 day"},
		{"none", "zero takes the plural", figures.Count(0, "day"), "0 days"},
		{"many", "grouped", figures.Count(1200, "day"), "1,200 days"},
		{"sibilant", "an e before the s", figures.Count(2, "launch"), "2 launches"},
		{"fraction", "a fraction takes the plural", figures.CountOf(dec("0.5"), "instance"), "0.5 instances"},
		{"one, written otherwise", "1.0 is one", figures.CountOf(dec("1.0"), "instance"), "1 instance"},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, tc.got, tc.reason) })
	}
}

func TestCents(t *testing.T) {
	for in, want := range map[string]string{
		"0.3": "0.30", "3": "3.00", "15000": "15,000.00", "0.3000": "0.30", "0.00035": "0.00035", "1234.567": "1,234.567",
		"-1.5": "-1.50", "0": "0.00",
	} {
		require.Equal(t, want, figures.Cents(dec(in)), in)
	}
}

func TestShort(t *testing.T) {
	for _, tc := range []struct {
		reason, in  string
		towardsZero bool
		want        string
	}{
		{"nothing", "0", false, "0.00"},
		{"cents", "0.004", false, "0.00"},
		{"three digits", "98.444", false, "98.4"},
		{"rounding carries", "9.996", false, "10.0"},
		{"into the next thousand, too", "999.5", false, "1.00 k"},
		{"half to even", "998.5", false, "998"},
		{"millions", "20483944.12", false, "20.5 M"},
		{"a lower bound is not rounded up", "20483944.12", true, "20.4 M"},
		{"nor carried", "999999", true, "999 k"},
		{"a fall", "-1234567", false, "-1.23 M"},
		{"towards zero", "-1239999", true, "-1.23 M"},
		{"billions", "1e9", false, "1.00 B"},
		{"trillions", "123456789012345", false, "123 T"},
		{"from there on, powers of ten", "999600000000000", false, "1.00e15"},
		{"the same", "1234567890123456789012345678.5", false, "1.23e27"},
		{"written otherwise", "5e20", false, "5.00e20"},
	} {
		require.Equal(t, tc.want, figures.Short(dec(tc.in), tc.towardsZero), "%s: %s", tc.in, tc.reason)
	}
}

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		d      time.Duration
		want   string
		reason string
	}{
		{0, "0s", "nothing is a length too"},
		{52*time.Second + 999*time.Millisecond, "52s", "rounded down: what has not passed is not said"},
		{time.Minute, "1m00s", "both units always, so that columns line up"},
		{4*time.Minute + 12*time.Second, "4m12s", ""},
		{8*time.Hour - time.Second, "7h59m", "the cap is not reached a second early"},
		{8 * time.Hour, "8h00m", ""},
		{76*time.Hour + 59*time.Minute, "3d04h", ""},
		{-90 * time.Second, "-1m30s", "what lies in the past of a clock that was wrong"},
	} {
		require.Equal(t, test.want, figures.Duration(test.d), test.reason)
	}
}
