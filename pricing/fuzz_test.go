package pricing_test

import (
	"math/big"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

var plain = regexp.MustCompile(`^-?([0-9]+)(?:\.([0-9]+))?$`)

// requirePlain checks the parser against a regular expression and big.Rat: what is accepted, and that nothing is lost.
func requirePlain(t require.TestingT, text string) {
	got, err := pricing.ParseDecimal(text)
	parts := plain.FindStringSubmatch(text)
	inBounds := parts != nil && len(strings.TrimLeft(parts[1], "0")) <= 15 && len(parts[1]) <= 35 && len(parts[2]) <= 20
	require.Equal(t, inBounds, err == nil, "%q: %v", text, err)
	if err != nil {
		return
	}
	want, ok := new(big.Rat).SetString(text)
	require.True(t, ok)
	require.Zero(t, want.Cmp(got.Rat()), "%q lost something: %s", text, got)
	again, err := pricing.ParseDecimal(got.String())
	require.NoError(t, err, "what is written can be read")
	requireDecimal(t, got, again)
}

func TestParseDecimalIsLossless(t *testing.T) {
	t.Run("plain", rapid.MakeCheck(func(t *rapid.T) {
		requirePlain(t, rapid.StringMatching(`-?[0-9]{1,17}(\.[0-9]{1,22})?`).Draw(t, "text"))
	}))
	t.Run("almost", rapid.MakeCheck(func(t *rapid.T) {
		requirePlain(t, rapid.StringMatching(`[-+]{0,2}[0-9_,]{0,5}[.eE]{0,2}[-0-9.]{0,5}`).Draw(t, "text"))
	}))
}

func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{
		"0", "-0", "12", "0.0000291572", "-1.50", "999999999999999.99999999999999999999", "1000000000000000",
		"1e9", "1e-999999999", ".5", "5.", "+1", "1_0", "1,0", "0x1", "NaN", "Inf", "", "-", "--1", "٣", "1\n", "1\x00",
		strings.Repeat("0", 36), strings.Repeat("9", 4000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { requirePlain(t, text) })
}

func FuzzParseGB(f *testing.F) {
	for _, seed := range []string{
		"2GB", "2 GiB", "0.63GiB", "512MiB", "1MiB", "0GB", "-1GB", "GB", "GBGB", "2gb",
		"1e3GB", "\u00a02GB", "2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := pricing.ParseGB(text)
		if err != nil {
			require.True(t, got.IsZero())
			return
		}
		require.True(t, got.IsPositive())
		number, divisor := text, int64(1)
		switch {
		case strings.HasSuffix(text, "MiB"):
			number, divisor = strings.TrimSuffix(text, "MiB"), 1024
		case strings.HasSuffix(text, "GiB"):
			number = strings.TrimSuffix(text, "GiB")
		default:
			number = strings.TrimSuffix(text, "GB")
		}
		want, ok := new(big.Rat).SetString(strings.TrimSpace(number))
		require.True(t, ok, "%q", text)
		require.Zero(t, want.Quo(want, big.NewRat(divisor, 1)).Cmp(got.Rat()), "%q lost something: %s", text, got)
	})
}

func FuzzParseSize(f *testing.F) {
	for _, seed := range []string{"0.5GB", "512MiB", "1GiB", "8 GB", "3GB", "8192MiB", "16GB", "0.50GB", "", "GB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := pricing.ParseSize(text)
		if err != nil {
			return
		}
		require.Contains(t, pricing.Sizes(), got)
		gb, err := pricing.ParseGB(text)
		require.NoError(t, err, "a size is an amount of memory")
		requireDecimal(t, gb, got.GB())
	})
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{
		"2026-09-19", "2028-02-29", "2026-02-29", "0001-01-01", "9999-12-31", "2026-9-19", "", "2026-09-19 ", "-001-01-01",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := pricing.ParseDate(text)
		if err != nil {
			require.True(t, got.IsZero())
			return
		}
		require.Equal(t, text, got.String(), "a day has one spelling")
		require.False(t, got.IsZero())
		midnight, err := time.Parse(time.DateOnly, text)
		require.NoError(t, err)
		require.Equal(t, got, pricing.DateOf(midnight))
		require.Zero(t, got.DaysUntil(midnight))
	})
}

// FuzzParseCard proves that no text makes ParseCard panic, that what it accepts is a card as its comment promises, and
// that such a card, if it says something about all five rates, survives being written and read again.
func FuzzParseCard(f *testing.F) {
	for _, region := range []string{"us-east-1", "ap-northeast-1", "eu-central-1"} {
		text, err := os.ReadFile("rates/" + region + ".yaml")
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("card: c\nregion: r\ncurrency: USD\n"))
	f.Add([]byte("card: c\nregion: r\ncurrency: USD\nrates:\n  gb_hour: {figure: &a 1, source: *a, read_on: 2026-09-19}\n"))
	f.Add([]byte("card: [\nregion: {r: [*b]}\ncurrency: USD\nrates: {vcpu_second: ~}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		card, err := pricing.ParseCard(text)
		if err != nil {
			require.Equal(t, pricing.RateCard{}, card)
			return
		}
		require.NotEmpty(t, card.Name)
		require.NotEmpty(t, card.Region)
		complete := true
		for _, q := range pricing.BilledQuantities() {
			rate := card.Rate(q)
			require.False(t, rate.Figure.IsNegative())
			require.Equal(t, rate.Source != "", !rate.ReadOn.IsZero(), "a rate has both or was not given")
			require.True(t, rate.Source != "" || !rate.Known(), "a figure has a source")
			_, known := card.Key(q)
			require.Equal(t, rate.Known(), known)
			complete = complete && rate.Source != ""
		}
		if complete {
			requireRoundTrip(t, card)
		}
	})
}
