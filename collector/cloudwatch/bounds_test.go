package cloudwatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
	"microspend/usage"
)

// TestADatapointThatNoAccountCanHave: one line in Embedded Metric Format is all that it takes to publish any number for
// anyone. One beyond what the whole account's quota permits does not count, and is named; so is a sum below zero.
func TestADatapointThatNoAccountCanHave(t *testing.T) {
	const most = 240_000_000 // 400 GB are 200 vCPU, four times that in a burst, for 300,000 ms
	for _, tc := range []struct {
		name   string
		forged int64 // besides the honest 60,000
		counts bool
		says   string
	}{
		{"all that the quota permits", most - 60_000, true, ""},
		{"a millisecond more", most - 60_000 + 1, false, "its value 2.40000001e+08 is more than the account's quota of memory"},
		{"the most that a line can say", 1<<53 - 1, false, "is more than the account's quota of memory permits in its period"},
		{"less than nothing", -119_000, false, "its value -59000 is below zero"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, fakecloudwatch.Options{})
			at := w.now.Add(-time.Hour)
			w.put(at, "a", point{values: [5]int64{60_000, 2, 3, 4, 5}, given: allGiven})
			w.put(at, "b", point{values: [5]int64{60_000, 2, 3, 4, 5}, given: allGiven})
			w.put(at, "a", point{values: [5]int64{tc.forged}, given: [5]bool{true}})
			w.timing.Lookback = 2 * time.Hour
			s := w.run()
			require.Empty(t, s.Gaps)
			if tc.counts {
				require.Empty(t, s.Quarantined)
			} else {
				require.Len(t, s.Quarantined, 1)
				require.Contains(t, s.Quarantined[0].What, "microspend VCPUMilliseconds {Tenant=tenant of a, Image=web, MicrovmId=a}")
				require.Contains(t, s.Quarantined[0].Reason, tc.says)
			}
			for _, r := range w.content() {
				want, coverage := int64(60_000), usage.CoverageComplete
				if r.Resource.ID == "a" && tc.counts {
					want += tc.forged
				} else if r.Resource.ID == "a" {
					want, coverage = 0, usage.CoveragePartial
				}
				require.Equal(t, want, r.Amounts[pricing.VCPU], r.Resource.ID)
				require.Equal(t, coverage, r.Coverage, r.Resource.ID)
				require.EqualValues(t, 2, r.Amounts[pricing.Memory], "the other metrics count")
			}
		})
	}
}
