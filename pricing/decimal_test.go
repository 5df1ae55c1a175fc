package pricing_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

func TestDivide(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		a, b         string
		places       int32
		want         string
	}{
		{"exact", "no remainder, nothing to round", "1", "8", 3, "0.125"},
		{"exact in fewer places", "trailing places are zeros", "6", "3", 20, "2"},
		{"below half", "the rest is less than half of the last place", "1", "3", 4, "0.3333"},
		{"above half", "the rest is more than half of the last place", "2", "3", 4, "0.6667"},
		{"tie to even below", "0.125 lies between 0.12 and 0.13; 2 is even", "1", "8", 2, "0.12"},
		{"tie to even above", "0.375 lies between 0.37 and 0.38; 8 is even", "3", "8", 2, "0.38"},
		{"tie at zero", "0.5 lies between 0 and 1; 0 is even", "1", "2", 0, "0"},
		{"tie at one", "1.5 lies between 1 and 2; 2 is even", "3", "2", 0, "2"},
		{"just above a tie", "one unit in the twentieth place decides", "0.50000000000000000001", "1", 0, "1"},
		{"just below a tie", "one unit in the twentieth place decides", "0.49999999999999999999", "1", 0, "0"},
		{"negative below half", "rounding is the same on both sides of zero", "-1", "3", 4, "-0.3333"},
		{"negative above half", "away from zero where it is nearer", "-2", "3", 4, "-0.6667"},
		{"negative tie to even below", "−0.125 goes to −0.12", "-1", "8", 2, "-0.12"},
		{"negative tie to even above", "−0.375 goes to −0.38", "3", "-8", 2, "-0.38"},
		{"negative that vanishes", "−0.4 rounds to zero, which has no sign", "-2", "5", 0, "0"},
		{"both negative", "the quotient is positive", "-3", "-8", 2, "0.38"},
		{"tie that carries", "9.5 goes to 10, an even number with a digit more", "19", "2", 0, "10"},
		{"tens", "negative places round before the point", "25", "1", -1, "20"},
		{"zero dividend", "zero over anything", "0", "-7", 20, "0"},
		{
			"large by small", "thirty digits before the point stay", "123456789012345", "0.000000000000003", 0,
			"41152263004115000000000000000",
		},
		{"smallest kept", "half of 10⁻²⁰ is a tie with zero", "0.00000000000000000001", "2", 20, "0"},
		{"image storage of AWS's example 1", "1,760 / 720 at twenty places", "1760", "720", 20, "2.44444444444444444444"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := pricing.Divide(dec(tc.a), dec(tc.b), tc.places)
			require.Equal(t, tc.want, got.String(), tc.reason)
		})
	}
	require.Panics(t, func() { pricing.Divide(whole(1), decimal.Decimal{}, 20) }, "nothing divides by zero")
}

// roundHalfEven is the oracle: a/b × 10^places in rationals, to the nearest integer, ties to the even one.
func roundHalfEven(a, b *big.Rat, places int32) *big.Rat {
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil))
	if places < 0 {
		scale.Inv(scale)
	}
	x := new(big.Rat).Quo(a, b)
	x.Mul(x, scale)
	floor := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean, so towards −∞ for a positive denominator
	rest := new(big.Rat).Sub(x, new(big.Rat).SetInt(floor))
	switch order := rest.Cmp(big.NewRat(1, 2)); {
	case order > 0, order == 0 && floor.Bit(0) == 1:
		floor.Add(floor, big.NewInt(1))
	}
	return new(big.Rat).Quo(new(big.Rat).SetInt(floor), scale)
}

func TestDivideAgainstRationals(t *testing.T) {
	t.Run("any numbers", rapid.MakeCheck(func(t *rapid.T) {
		a := decimals(-1<<62, 1<<62, 25).Draw(t, "a")
		b := decimals(-1<<40, 1<<40, 25).Filter(func(d decimal.Decimal) bool { return !d.IsZero() }).Draw(t, "b")
		places := rapid.Int32Range(-5, 40).Draw(t, "places")
		want := roundHalfEven(a.Rat(), b.Rat(), places)
		require.Zero(t, want.Cmp(pricing.Divide(a, b, places).Rat()), "%s / %s at %d places", a, b, places)
	}))
	t.Run("ties and their neighbours", rapid.MakeCheck(func(t *rapid.T) {
		// (2n+1)/2 units of the last place, times b, over b: a tie by construction; nudge moves it off by very little.
		n := rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "n")
		b := decimals(1, 1_000_000, 6).Draw(t, "b")
		places := rapid.Int32Range(0, 20).Draw(t, "places")
		nudge := decimal.New(rapid.Int64Range(-1, 1).Draw(t, "nudge"), -45)
		if rapid.Bool().Draw(t, "negative divisor") {
			b = b.Neg()
		}
		tie := decimal.New((2*n+1)*5, -places-1)
		a := tie.Mul(b).Add(nudge)
		want := roundHalfEven(a.Rat(), b.Rat(), places)
		require.Zero(t, want.Cmp(pricing.Divide(a, b, places).Rat()), "%s / %s at %d places", a, b, places)
	}))
	t.Run("exact quotients", rapid.MakeCheck(func(t *rapid.T) {
		quotient := decimals(-1<<40, 1<<40, 20).Draw(t, "quotient")
		b := decimals(1, 1<<40, 20).Draw(t, "b")
		requireDecimal(t, quotient, pricing.Divide(quotient.Mul(b), b, 20))
	}))
}

const notPlain = "not a plain decimal number such as 12 or 0.0000291572 (no exponent, no separators)"

func TestParseDecimal(t *testing.T) {
	for _, tc := range []struct{ name, reason, in, want, err string }{
		{"integer", "digits alone", "12", "12", ""},
		{"rate", "as the Price List writes it", "0.0000291572", "0.0000291572", ""},
		{"negative", "a minus may lead; whether it makes sense is the caller's matter", "-1.5", "-1.5", ""},
		{"minus zero", "zero has no sign", "-0", "0", ""},
		{"leading zeros", "they count for nothing", "007", "7", ""},
		{"trailing zeros", "plain notation drops them", "3.50", "3.5", ""},
		{
			"largest", "fifteen digits before and twenty after the point", "999999999999999.99999999999999999999",
			"999999999999999.99999999999999999999", "",
		},
		{"zeros before fifteen digits", "only digits that count are counted", "00000999999999999999", "999999999999999", ""},
		{"sixteen digits", "one too many", "1000000000000000", "", "too large: at most 15 digits before the point"},
		{
			"twenty-one decimals", "one too many", "0.000000000000000000001", "",
			"too long: at most 15 digits before and 20 after the point",
		},
		{
			"a flood of zeros", "leading zeros are bounded too", strings.Repeat("0", 36), "",
			"too long: at most 15 digits before and 20 after the point",
		},
		{"empty", "nothing is not zero", "", "", notPlain},
		{"minus alone", "a sign is not a number", "-", "", notPlain},
		{"two minuses", "one sign at most", "--1", "", notPlain},
		{"plus", "plain notation has no plus", "+1", "", notPlain},
		{"no digits before the point", "a point stands between digits", ".5", "", notPlain},
		{"no digits after the point", "a point stands between digits", "5.", "", notPlain},
		{"two points", "one point at most", "1.2.3", "", notPlain},
		{"exponent", "1e9 is a way to make arithmetic slow", "1e9", "", notPlain},
		{"thousands", "a comma means two things in the world", "1,000", "", notPlain},
		{"underscore", "Go's separator is not plain notation", "1_000", "", notPlain},
		{"space", "the caller trims, or not", " 1", "", notPlain},
		{"NaN", "not a number", "NaN", "", notPlain},
		{"infinity", "not a number", "Inf", "", notPlain},
		{"hexadecimal", "not decimal", "0x10", "", notPlain},
		{"other digits", "Arabic-Indic digits are digits to Unicode only", "٣", "", notPlain},
		{"dollar", "a unit is not part of a number", "$1", "", notPlain},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := pricing.ParseDecimal(tc.in)
			if tc.err != "" {
				require.EqualError(t, err, tc.err, tc.reason)
				return
			}
			require.NoError(t, err, tc.reason)
			require.Equal(t, tc.want, got.String(), tc.reason)
		})
	}
}

// Nobody's input may make exact arithmetic slow. The bound is a thousand times what a refusal takes.
func TestParseDecimalRefusesHugeInputFast(t *testing.T) {
	for _, tc := range []struct{ name, reason, in string }{
		{"exponent", "10^999,999,999 would need a gigabit of memory", "1e999999999"},
		{"negative exponent", "likewise", "1e-999999999"},
		{"ten million digits", "digits are counted before they are converted", strings.Repeat("9", 10_000_000)},
		{"ten million zeros", "also those that count for nothing", strings.Repeat("0", 10_000_000)},
		{"ten million decimals", "also behind the point", "0." + strings.Repeat("3", 10_000_000)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			start := time.Now()
			_, err := pricing.ParseDecimal(tc.in)
			require.Error(t, err, tc.reason)
			require.Less(t, len(err.Error()), 200, "the message does not repeat the input")
			require.Less(t, time.Since(start), 5*time.Second, tc.reason)
		})
	}
}
