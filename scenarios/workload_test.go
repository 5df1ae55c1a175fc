package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestMonth holds the month's billed quantities to figures worked out by hand. A component that is not listed must not
// be in the bill.
func TestMonth(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		sections     string // beside the region, the rates and a MicroVM of 4 GB and 2 vCPU
		want         map[pricing.Component]string
		perUnit      string
	}{
		{
			"users, everything by default", "one launch a day of an image as large as the memory, no cycles",
			"workload: {users: 3, days: 20, running: 4h}",
			map[pricing.Component]string{
				pricing.BaselineVCPU:   "1728000", // 3 × 20 × 14,400 s × 2
				pricing.BaselineMemory: "3456000", // × 4
				pricing.ReadLaunch:     "240",     // 3 × 20 × 1 × 4 GB
				pricing.StorageImage:   "2880",    // 1 × 4 GB × 720 h, shared by all
			},
			"21.49974613333333333333", // (50.3836416 + 13.3411968 + 0.3936 + 0.3808) / 3
		},
		{
			"jobs, everything by default", "one launch for each job",
			"workload: {jobs: 100, running: 30s}",
			map[pricing.Component]string{
				pricing.BaselineVCPU: "6000", pricing.BaselineMemory: "12000", pricing.ReadLaunch: "400",
				pricing.StorageImage: "2880",
			},
			"",
		},
		{
			"users, per day", "said outright",
			"workload: {users: 3, days: 20, running: 4h/day, suspended: 1h/day, launches: 2/day, cycles: 6/day}",
			map[pricing.Component]string{
				pricing.BaselineVCPU: "1728000", pricing.BaselineMemory: "3456000",
				pricing.ReadLaunch:       "480",  // 120 × 4 GB
				pricing.WriteSuspend:     "1440", // 360 × 4 GB
				pricing.ReadResume:       "1440",
				pricing.StorageImage:     "2880",
				pricing.StorageSuspended: "240", // 3 × 20 × 1 h × 4 GB
			},
			"",
		},
		{
			"users, per month", "of each user, whatever the days",
			"workload: {users: 3, days: 20, running: 80h/month, suspended: 20h/month, launches: 40/month, cycles: 120/month}",
			map[pricing.Component]string{
				pricing.BaselineVCPU: "1728000", pricing.BaselineMemory: "3456000", pricing.ReadLaunch: "480",
				pricing.WriteSuspend: "1440", pricing.ReadResume: "1440", pricing.StorageImage: "2880",
				pricing.StorageSuspended: "240",
			},
			"",
		},
		{
			"jobs, per job", "said outright",
			"workload: {jobs: 100, running: 30s/job, suspended: 1m/job, launches: 1/job, cycles: 2/job}",
			map[pricing.Component]string{
				pricing.BaselineVCPU: "6000", pricing.BaselineMemory: "12000", pricing.ReadLaunch: "400",
				pricing.WriteSuspend: "800", pricing.ReadResume: "800", pricing.StorageImage: "2880",
				pricing.StorageSuspended: "6.66666666666666666667", // 6,000 s × 4 GB / 3,600
			},
			"",
		},
		{
			"jobs, per month", "in all, however many jobs",
			"workload: {jobs: 100, running: 50m/month, suspended: 1h/month, launches: 10/month, cycles: 5/month}",
			map[pricing.Component]string{
				pricing.BaselineVCPU: "6000", pricing.BaselineMemory: "12000", pricing.ReadLaunch: "40",
				pricing.WriteSuspend: "20", pricing.ReadResume: "20", pricing.StorageImage: "2880",
				pricing.StorageSuspended: "4",
			},
			"",
		},
		{
			"half a day", "an average month has 21.5 working days",
			"workload: {users: 2, days: 21.5, running: 1h, launches: 0}\nimage: {count: 0}",
			map[pricing.Component]string{pricing.BaselineVCPU: "309600", pricing.BaselineMemory: "619200"}, // 154,800 s
			"",
		},
		{
			"image and state of their own", "each where it is used",
			"workload: {users: 1, days: 10, running: 1h, suspended: 2h, cycles: 3}\nimage: {size: 512MiB, count: 2.5}\nstate: {size: 0.63GB}",
			map[pricing.Component]string{
				pricing.BaselineVCPU: "72000", pricing.BaselineMemory: "144000",
				pricing.ReadLaunch:       "5",    // 10 × 0.5 GB
				pricing.WriteSuspend:     "18.9", // 30 × 0.63 GB
				pricing.ReadResume:       "18.9",
				pricing.StorageImage:     "900",  // 2.5 × 0.5 GB × 720 h
				pricing.StorageSuspended: "12.6", // 20 h × 0.63 GB
			},
			"",
		},
		{
			"image for a day", "a week is billed at least",
			"workload: {jobs: 1, running: 1s, launches: 0}\nimage: {size: 1GB, hours: 24h}",
			map[pricing.Component]string{pricing.BaselineVCPU: "2", pricing.BaselineMemory: "4", pricing.StorageImage: "168"},
			"",
		},
		{
			"image for ten days", "more than a week is billed as it is",
			"workload: {jobs: 1, running: 1s, launches: 0}\nimage: {size: 1GB, hours: 10d}",
			map[pricing.Component]string{pricing.BaselineVCPU: "2", pricing.BaselineMemory: "4", pricing.StorageImage: "240"},
			"",
		},
		{
			"nothing runs", "an image costs while nothing runs",
			"workload: {users: 1, days: 20, running: 0, launches: 0}\nimage: {size: 1GB}",
			map[pricing.Component]string{pricing.StorageImage: "720"},
			"0.0952",
		},
		{
			"burst", "a quarter at the peak, the rest at the baseline",
			"workload: {jobs: 1, running: 400s, launches: 0, burst: {share: 25%, memory: 8GB, vcpu: 3}}\nimage: {count: 0}",
			map[pricing.Component]string{
				pricing.BaselineVCPU: "600", pricing.BaselineMemory: "1200", // 300 s
				pricing.PeakVCPU: "300", pricing.PeakMemory: "800", // 100 s
			},
			"",
		},
		{
			"burst of all", "nothing is left at the baseline",
			"workload: {jobs: 1, running: 400s, launches: 0, burst: {share: 100%}}\nimage: {count: 0}",
			map[pricing.Component]string{pricing.PeakVCPU: "3200", pricing.PeakMemory: "6400"}, // × 8 vCPU, × 16 GB
			"",
		},
		{
			"burst of nothing", "as if it were not there",
			"workload: {jobs: 1, running: 400s, launches: 0, burst: {share: 0%, vcpu: 99}}\nimage: {count: 0}",
			map[pricing.Component]string{pricing.BaselineVCPU: "800", pricing.BaselineMemory: "1600"},
			"",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := estimate(t, atPostRates(tc.sections))
			requireConsistent(t, e)
			got := map[pricing.Component]string{}
			for _, line := range e.Bill.Lines {
				got[line.Component] = line.Quantity.String()
			}
			require.Equal(t, tc.want, got, tc.reason)
			if tc.perUnit != "" {
				requireDecimal(t, tc.perUnit, e.PerUnit, tc.reason)
			}
		})
	}
}

// TestScenarioWithEverything is a scenario that uses every section, with its burst and without.
func TestScenarioWithEverything(t *testing.T) {
	const scenario = "microvm: {memory: 4GB}\nimage: {size: 2GB, count: 1}\nstate: {size: 4GB}\n" +
		"workload: {users: 1, days: 20, running: 4h, suspended: 0h, launches: 0, cycles: 1"
	plain := estimate(t, atPostRates(scenario+"}"))
	requireDecimal(t, "21.8880128", plain.Bill.Total(), "16.7945472 + 4.4470656 + 0.3248 + 0.1312 + 0.1904")
	requireDecimal(t, "21.8880128", plain.PerUnit)

	// A quarter of 288,000 s at 4 vCPU and 8 GB, twice the baseline, adds a quarter of the compute.
	bursting := estimate(t, atPostRates(scenario+", burst: {share: 25%, memory: 8GB, vcpu: 4}}"))
	requireDecimal(t, "26.552016", bursting.Bill.Sum(pricing.Compute), "21.2416128 × 1.25")
	requireDecimal(t, "27.198416", bursting.Bill.Total())
}

// TestParts: a workload costs the same in one scenario as in several.
func TestParts(t *testing.T) {
	const day = "days: 20, running: 3h, suspended: 2h, cycles: 4, burst: {share: 10%}}"
	for _, tc := range []struct {
		name, reason string
		whole        string
		parts        []string
	}{
		{
			"users", "nothing depends on how many users there are but the images, which are in one part only",
			"workload: {users: 100, " + day + "\nimage: {size: 2GB, count: 3}",
			[]string{
				"workload: {users: 30, " + day + "\nimage: {size: 2GB, count: 3}",
				"workload: {users: 70, " + day + "\nimage: {size: 2GB, count: 0}",
			},
		},
		{
			"images", "each version costs the same",
			"workload: {jobs: 7, running: 1m}\nimage: {size: 2GB, count: 5}",
			[]string{
				"workload: {jobs: 3, running: 1m}\nimage: {size: 2GB, count: 4}",
				"workload: {jobs: 4, running: 1m}\nimage: {size: 2GB, count: 1}",
			},
		},
		{
			"users and jobs", "a job is a user's day",
			"workload: {users: 5, days: 2, running: 1h}\nimage: {size: 2GB, count: 0}",
			[]string{
				"workload: {jobs: 4, running: 1h}\nimage: {size: 2GB, count: 0}",
				"workload: {users: 1, days: 6, running: 1h}\nimage: {size: 2GB, count: 0}",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			whole := estimate(t, atPostRates(tc.whole))
			sum := map[pricing.Component]string{}
			for _, component := range pricing.Components() {
				of := dec(t, "0")
				for _, part := range tc.parts {
					of = of.Add(estimate(t, atPostRates(part)).Bill.Sum(component))
				}
				sum[component] = of.String()
				requireDecimal(t, sum[component], whole.Bill.Sum(component), "%s: %s", component, tc.reason)
			}
		})
	}
}
