package mapping

import (
	"math"
	"math/big"
	"strconv"
	"testing"
	"time"

	"microspend/usage"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestConvert(t *testing.T) {
	for _, test := range []struct {
		quantity Quantity
		unit     string
		scale    string
		number   float64
		want     int64
		rounded  bool
		reason   string
	}{
		{VCPU, "vcpu-milliseconds", "", 576_000_000, 576_000_000, false, "the record's own unit"},
		{VCPU, "vcpu-seconds", "", 0.1, 100, false, "a tenth, although no binary float is one"},
		{VCPU, "vcpu-seconds", "", 0.0005, 0, true, "half a millisecond goes to the even neighbour"},
		{VCPU, "vcpu-seconds", "", 0.0015, 2, true, "likewise, upwards"},
		{VCPU, "vcpu-hours", "", 2, 7_200_000, false, ""},
		{VCPU, "vcpus", "", 0.5, 150_000, false, "half a vCPU in use for five minutes"},
		{VCPU, "vcpus", "0.01", 50, 150_000, false, "50 % of one vCPU for five minutes"},
		{Memory, "gb-seconds", "", 2, 2_048_000, false, "a GB is 1024 MiB"},
		{Memory, "byte-seconds", "", 1 << 30, 1_024_000, false, "bytes divide into MiB exactly"},
		{Memory, "byte-seconds", "", 1, 0, true, "one byte-second is less than a MiB-millisecond"},
		{Memory, "gb", "", 2, 614_400_000, false, "2 GB held for five minutes"},
		{Memory, "bytes", "", 1 << 31, 614_400_000, false, "the same in bytes"},
		{SnapshotRead, "gb", "", 0.5, 1 << 29, false, ""},
		{SnapshotStorage, "gb-hours", "", 1, 3600 << 30, false, ""},
		{SnapshotStorage, "byte-seconds", "", 1 << 60, 1 << 60, false, "beyond 2^53, as the float has it"},
		{Launches, "count", "", 3, 3, false, ""},
	} {
		unit, err := ParseUnit(test.quantity, test.unit)
		require.NoError(t, err, test.reason)
		m := Metric{Quantity: test.quantity, Unit: unit}
		if test.scale != "" {
			m.Scale = decimal.RequireFromString(test.scale)
		}
		got, rounded, err := m.Converter(5 * time.Minute).Convert(test.number)
		require.NoError(t, err, test.reason)
		assert.Equal(t, test.want, got, "%s %v: %s", test.unit, test.number, test.reason)
		assert.Equal(t, test.rounded, rounded, "%s %v: %s", test.unit, test.number, test.reason)
	}
}

func TestConvertRefuses(t *testing.T) {
	c := Metric{}.Converter(time.Minute)
	for _, number := range []float64{-1, math.NaN(), math.Inf(1), math.Inf(-1), 1e19, -math.SmallestNonzeroFloat64} {
		_, _, err := c.Convert(number)
		assert.Error(t, err, number)
	}
}

// Whatever the number and the factor, the result is that of exact rational arithmetic.
func TestConvertIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := Quantity(rapid.IntRange(0, int(usage.MeasureCount)-1).Draw(t, "quantity"))
		unit := rapid.SampledFrom(unitsOf(q)).Draw(t, "unit")
		scale := decimal.New(rapid.Int64Range(1, 1_000_000).Draw(t, "scale"), -rapid.Int32Range(0, 6).Draw(t, "places"))
		number := rapid.OneOf(rapid.Float64Range(0, 1e6),
			rapid.Map(rapid.Int64Range(0, 1<<53), func(n int64) float64 { return float64(n) })).Draw(t, "number")
		period := rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Minute, time.Hour}).Draw(t, "period")
		got, rounded, err := Metric{Unit: unit, Scale: scale}.Converter(period).Convert(number)

		exact, _ := new(big.Rat).SetString(strconv.FormatFloat(number, 'g', -1, 64))
		exact.Mul(exact, unit.factor.Rat()).Mul(exact, scale.Rat())
		if unit.level {
			exact.Mul(exact, new(big.Rat).SetInt64(int64(period/time.Second)))
		}
		if exact.Cmp(new(big.Rat).SetInt64(math.MaxInt64)) > 0 {
			if err == nil && got != math.MaxInt64 {
				t.Fatalf("%v is more than fits", exact)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(got))
		half := big.NewRat(1, 2)
		switch c := off.Abs(off).Cmp(half); {
		case c > 0, c == 0 && got%2 != 0:
			t.Fatalf("%v became %d", exact, got)
		}
		if rounded != (off.Sign() != 0) {
			t.Fatalf("%v became %d, rounded %v", exact, got, rounded)
		}
	})
}

func TestSubjectOf(t *testing.T) {
	m := Mapping{Dimensions: Dimensions{Tenant: "Tenant", Image: "Image"}, Match: []Dimension{{"Stage", "prod"}}}
	for _, test := range []struct {
		dimensions []Dimension
		ok         bool
		reason     string
	}{
		{[]Dimension{{"Tenant", "acme"}, {"Stage", "prod"}, {"Image", "web"}}, true, "in any order"},
		{[]Dimension{{"Tenant", "acme"}, {"Image", "web"}}, false, "one is missing"},
		{[]Dimension{{"Tenant", "acme"}, {"Image", "web"}, {"Stage", "test"}}, false, "another value"},
		{
			[]Dimension{{"Tenant", "acme"}, {"Image", "web"}, {"Stage", "prod"}, {"MicrovmId", "1"}},
			false,
			"one more: it would count twice",
		},
	} {
		s, ok := m.SubjectOf(test.dimensions)
		assert.Equal(t, test.ok, ok, test.reason)
		if ok {
			assert.Equal(t, Subject{Tenant: "acme", Image: "web"}, s)
			assert.Equal(t, []string{"acme", "web", "prod"}, m.Values(s))
		}
	}
}

func TestParseUnitSaysWhatThereIs(t *testing.T) {
	_, err := ParseUnit(Launches, "gb")
	assert.EqualError(t, err, `unknown unit "gb" for launches; valid units: count`)
	for _, q := range usage.Measures() {
		for _, u := range unitsOf(q) {
			parsed, err := ParseUnit(q, u.String())
			require.NoError(t, err)
			assert.Equal(t, u.String(), parsed.String())
		}
		back, err := ParseQuantity(Word(q))
		require.NoError(t, err)
		assert.Equal(t, q, back)
	}
}
