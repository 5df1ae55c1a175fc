package usage

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// The quick check and the one that explains agree on every record.
func TestCheckAgreesWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := func(label string) string {
			return rapid.OneOf(
				rapid.Just("a"), rapid.Just("é"), rapid.Just("b"), rapid.Just("c"), rapid.Just("d"), rapid.Just("e"), rapid.Just("f"),
				rapid.SampledFrom([]string{"", "\x00", "\xff", string(make([]byte, 2049))}),
			).Draw(t, label)
		}
		amount := func(label string) int64 {
			return rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(0, 9), rapid.Int64Min(0), rapid.Int64Min(1), rapid.SampledFrom([]int64{1, -1, math.MaxInt64, math.MinInt64})).Draw(t, label)
		}
		start := rapid.SampledFrom([]time.Time{
			earliest, earliest.Add(-time.Second), latest, latest.Add(-time.Second), earliest.Add(time.Nanosecond),
			{},
			time.Date(2026, 10, 1, 23, 59, 59, 0, time.UTC), time.Date(2026, 10, 2, 1, 0, 0, 0, time.FixedZone("", 7200)),
		}).Draw(t, "start")
		r := Record{
			PeriodStart: start, PeriodSeconds: rapid.SampledFrom([]int64{1, 0, -1, 2, 3600, 86_400, 86_401, math.MaxInt64}).Draw(t, "seconds"),
			Region: name("region"), Account: name("account"), MicroVMID: name("microvm"), Image: name("image"), Tenant: name("tenant"),
			Role: name("role"), Source: name("source"),
			Amounts:  Amounts{amount("v"), amount("m"), amount("r"), amount("w"), amount("s"), Running: amount("running"), Suspended: amount("suspended"), Launches: amount("launches"), Suspends: amount("suspends"), Resumes: amount("resumes")},
			Coverage: Coverage(rapid.IntRange(0, 3).Draw(t, "coverage")),
		}
		if faults := r.faults(); r.sound() != (faults == nil) {
			t.Fatalf("sound: %v, faults: %v", r.sound(), faults)
		}
	})
}

func TestCheckExplains(t *testing.T) {
	r := Record{PeriodStart: time.Date(2026, 10, 1, 23, 0, 0, 0, time.UTC), PeriodSeconds: 7200, Amounts: Amounts{Running: -1}}
	assert.EqualError(t, r.Check(), `the period from 2026-10-01T23:00:00Z of 7200 s crosses midnight UTC; split it there
region is missing
microvm_id is missing
source is missing
running_ms is -1; it cannot be below zero`)
	r = Record{PeriodStart: time.Date(2026, 10, 1, 23, 0, 0, 0, time.UTC), PeriodSeconds: 3600, Region: "r", MicroVMID: "m", Source: "s"}
	assert.NoError(t, r.Check())
}
