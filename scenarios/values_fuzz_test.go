package scenarios

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"

	"microspend/internal/racing"
)

// atOnce is far more than reading one scalar takes, and far less than anybody would wait.
const atOnce = racing.Slowdown * 200 * time.Millisecond

// fuzzScalar reads arbitrary text as a T: it never panics, ends at once, gives the same both times, and what it accepts
// is within the bounds that the type documents.
func fuzzScalar[T any](f *testing.F, seeds []string, check func(*testing.T, T)) {
	for _, seed := range append(seeds, "", "0", "-1", "1e9", "\x00", "\ufeff1", strings.Repeat("9", 300)) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > strictyaml.MaxBytes {
			t.Skip("no file is that large")
		}
		first, second := new(T), new(T)
		start := time.Now()
		err := any(first).(strictyaml.Scalar).ParseScalar(text)
		require.Less(t, time.Since(start), atOnce)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, any(second).(strictyaml.Scalar).ParseScalar(text))
		require.Equal(t, first, second)
		check(t, *first)
	})
}

func requireWithin(t *testing.T, value, low, high decimal.Decimal) {
	t.Helper()
	require.True(t, value.GreaterThanOrEqual(low) && value.LessThanOrEqual(high), "%s is outside %s to %s", value, low,
		high)
	require.Less(t, value.NumDigits(), 80, "exact arithmetic on it is slow")
}

// The bounds that the types document.
var (
	maxSeconds = decimal.NewFromInt(100 * 366 * 86400)
	maxGB      = decimal.NewFromInt(1 << 20)
	maxCount   = decimal.New(1, 12)
)

func FuzzDuration(f *testing.F) {
	fuzzScalar(f, []string{"1h30m", "200ms", "7d", ".5h", "36600d", "1h 30 m"}, func(t *testing.T, d scalar.Duration) {
		requireWithin(t, d.Seconds, decimal.Zero, maxSeconds)
	})
}

func FuzzPeriodDuration(f *testing.F) {
	fuzzScalar(f, []string{"4h", "8s/job", "1600s / month", "4h/day/day"}, func(t *testing.T, d periodDuration) {
		requireWithin(t, d.Seconds, decimal.Zero, maxSeconds)
		require.LessOrEqual(t, d.Per, PerMonth)
	})
}

func FuzzPeriodCount(f *testing.F) {
	fuzzScalar(f, []string{"6", "6/day", "0.5/month"}, func(t *testing.T, c periodCount) {
		requireWithin(t, c.Decimal, decimal.Zero, maxCount)
		require.LessOrEqual(t, c.Per, PerMonth)
	})
}

func FuzzGB(f *testing.F) {
	fuzzScalar(f, []string{"2GB", "0.63 GiB", "512MiB"}, func(t *testing.T, g scalar.GB) {
		requireWithin(t, g.Decimal, decimal.Zero, maxGB)
		require.True(t, g.IsPositive())
	})
}

func FuzzPercent(f *testing.F) {
	fuzzScalar(f, []string{"25%", "100 %"}, func(t *testing.T, p scalar.Percent) {
		requireWithin(t, p.Fraction, decimal.Zero, decimal.NewFromInt(1))
	})
}

func FuzzCount(f *testing.F) {
	fuzzScalar(f, []string{"2.5", "1000000000000"}, func(t *testing.T, c scalar.Count) {
		requireWithin(t, c.Decimal, decimal.Zero, maxCount)
	})
}

func FuzzPrice(f *testing.F) {
	fuzzScalar(f, []string{"$0.10", "0.0000291572"}, func(t *testing.T, p scalar.Price) {
		requireWithin(t, p.Decimal, decimal.Zero, decimal.New(1, 15))
	})
}

func FuzzPrinted(f *testing.F) {
	fuzzScalar(f, []string{"16.79", "~22", "-5..7"}, func(t *testing.T, p Printed) {
		require.True(t, p.Low.LessThanOrEqual(p.High))
		require.Equal(t, Follows, agreement(&p, p.Low), "what is printed agrees with itself")
	})
}

func FuzzMicroVMSize(f *testing.F) {
	fuzzScalar(f, []string{"4GB", "512MiB"}, func(t *testing.T, s scalar.MicroVMSize) {
		require.Contains(t, pricing.Sizes(), s.Size)
	})
}

// TestWords has every type that takes one of a few words take exactly those.
func TestWords(t *testing.T) {
	words := append(append(append(append(archs(), hours()...), purchases()...), verdicts()...), traits()...)
	for name, scalar := range map[string]struct {
		takes  []string
		scalar strictyaml.Scalar
	}{
		"arch": {archs(), new(archName)}, "hours": {hours(), new(billedHours)}, "purchase": {purchases(), new(purchase)},
		"verdict": {verdicts(), new(Verdict)}, "trait": {traits(), new(Trait)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, word := range append(words, "", " arm64", "ARM64", "none") {
				err := scalar.scalar.ParseScalar(word)
				if slices.Contains(scalar.takes, word) {
					require.NoError(t, err)
					continue
				}
				require.ErrorContains(t, err, "is not one of "+list(scalar.takes))
			}
		})
	}
}

// TestTraitsAreListed reads the source, so that a trait can't be declared and then refused.
func TestTraitsAreListed(t *testing.T) {
	source, err := os.ReadFile("choices.go")
	require.NoError(t, err)
	declared := regexp.MustCompile(`\bTrait\w+\s+Trait\s+=\s+"([\w-]+)"`).FindAllStringSubmatch(string(source), -1)
	require.NotEmpty(t, declared)
	var names []string
	for _, match := range declared {
		names = append(names, match[1])
	}
	require.Equal(t, names, traits())
}
