package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// workRates are round, so that what follows can be worked out by hand.
const workRates = "region: eu-west-1\nimage: {size: 1GB, count: 0}\n" +
	"rates: {vcpu_second: 0.00003, gb_second: 0.000004, snapshot_read_gb: 0, snapshot_write_gb: 0, storage_gb_hour: 0}\n"

func atWork(size, workload string) string {
	return workRates + "microvm: {memory: " + size + "}\nworkload: {" + workload + "}\n"
}

func TestWork(t *testing.T) {
	for _, test := range []struct{ name, reason, size, workload, seconds, month, vcpu, memory string }{
		{
			"amount", "3,600 vCPU-s / 2 vCPU; 3,600,000 × 0.00003; 1,800,000 s × 4 GB × 0.000004",
			"4GB", "jobs: 1000, work: 3600 vcpu-seconds", "1800", "1800000", "108", "28.8",
		},
		{
			"smaller", "0.5 vCPU take four times as long and bill the same vCPU-seconds; 7,200,000 s × 1 GB",
			"1GB", "jobs: 1000, work: 3600 vcpu-seconds", "7200", "7200000", "108", "28.8",
		},
		{
			"hours a day", "25 users × 20 days × 3,600 vCPU-s / 2; 1,800,000 × 0.00003 and 900,000 × 4 × 0.000004",
			"4GB", "users: 25, days: 20, work: 1 vcpu-hour/day", "1800", "900000", "54", "14.4",
		},
		{
			"a month in all", "360,000 vCPU-s / 4",
			"8GB", "jobs: 10, work: 360000 vcpu-seconds/month", "90000", "90000", "10.8", "2.88",
		},
		{
			"burst of both", "all of the time at 8 vCPU and 16 GB: a quarter of the time, the same GB-seconds",
			"4GB", "jobs: 1000, work: 3600 vcpu-seconds, burst: {share: 100%}", "450", "450000", "108", "28.8",
		},
		{
			"burst of vCPU alone", "3,600 / (2 × 0.5 + 8 × 0.5) = 720 s at 4 GB throughout: 720,000 × 4 × 0.000004",
			"4GB", "jobs: 1000, work: 3600 vcpu-seconds, burst: {share: 50%, vcpu: 8, memory: 4GB}", "720", "720000", "108", "11.52",
		},
		{
			"measured", "130 s, whatever vCPU there are: 130,000 s × 1 vCPU × 0.00003 and × 2 GB × 0.000004",
			"2GB", "jobs: 1000, work: {1GB: 240s, 2GB: 130s, 4GB: 70s}", "130", "130000", "3.9", "1.04",
		},
		{
			"measured, with a burst", "the time stands; a quarter of 100,000 s at 4 vCPU: 75,000 + 100,000 vCPU-s",
			"2GB", "jobs: 1000, work: {2GB: 100s}, burst: {share: 25%, vcpu: 4, memory: 2GB}", "100", "100000", "5.25", "0.8",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := estimate(t, atWork(test.size, test.workload))
			require.Equal(t, test.seconds, e.Scenario.Work.Seconds.String(), test.reason)
			require.Equal(t, test.month, e.Scenario.Workload.Running.String(), test.reason)
			require.Equal(t, test.vcpu, sumOf(e.Bill, pricing.BaselineVCPU, pricing.PeakVCPU), test.reason)
			require.Equal(t, test.memory, sumOf(e.Bill, pricing.BaselineMemory, pricing.PeakMemory), test.reason)
		})
	}
}

func sumOf(b pricing.Bill, of ...pricing.Component) string {
	sum := decimal.Decimal{}
	for _, c := range of {
		sum = sum.Add(b.Sum(c))
	}
	return sum.String()
}

func TestWorkIsRefused(t *testing.T) {
	for _, test := range []struct{ name, size, workload, message string }{
		{
			"beside running", "4GB", "jobs: 1, running: 1h, work: 1 vcpu-hour",
			"workload.work: takes the place of running; give one or the other",
		},
		{
			"an amount and times", "4GB", "jobs: 1, work: {amount: 1 vcpu-hour, 4GB: 70s}",
			"workload.work: has both an amount and measured times; give one or the other",
		},
		{
			"a size that was not measured", "8GB", "jobs: 1, work: {1GB: 240s, 2GB: 130s}",
			"workload.work: has no time measured on 8GB, and none is guessed; measured are 1GB, 2GB",
		},
		{"nothing", "8GB", "jobs: 1, work: {}", "workload.work: has neither an amount, such as 3600 vcpu-seconds, nor a measured time"},
		{
			"a size that there is not", "4GB", "jobs: 1, work: {3GB: 240s}",
			"workload.work.3GB: unknown key; allowed here: amount, 0.5GB, 1GB, 2GB, 4GB, 8GB",
		},
		{"no time", "4GB", "jobs: 1, work: {4GB: 0s}", "workload.work.4GB: is not above zero"},
		{"no work", "4GB", "jobs: 1, work: 0 vcpu-seconds", "workload.work: 0 vcpu-seconds is not above zero"},
		{
			"another unit", "4GB", "jobs: 1, work: 3600s",
			`workload.work: "3600s" is not CPU time such as 3600 vcpu-seconds or 1 vcpu-hour/day`,
		},
		{"per day of jobs", "4GB", "jobs: 1, work: 1 vcpu-hour/day", "workload.work: is per day, but the workload is counted in jobs"},
		{
			"more than a day", "0.5GB", "users: 1, days: 20, work: 10 vcpu-hours",
			"workload.work: is 40 hours on each active day; a day has 24",
		},
		{
			"a range of sizes", "1GB..4GB", "jobs: 1, work: 1 vcpu-hour",
			"microvm.memory: cannot be a range beside workload.work, whose running time falls as this grows; " +
				"use microspend sweep --vary microvm.memory=1GB..4GB",
		},
		{
			"a burst that cannot be", "4GB", "jobs: 1, work: 1 vcpu-hour, burst: {share: 50%, vcpu: 9}",
			"workload.burst.vcpu: 9 is not possible on a 4GB MicroVM; give 2 (its baseline) to 8 (4 times that)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load("test.yaml", []byte(atWork(test.size, test.workload)))
			require.ErrorContains(t, err, test.message)
			require.NotContains(t, err.Error(), "\n", "one mistake is one fault")
		})
	}
}

func TestWorkMayBeARange(t *testing.T) {
	e := estimate(t, atWork("4GB", "jobs: 1000, work: 1800..3600 vcpu-seconds"))
	require.Equal(t, "136.8", e.Bill.Total().String())
	require.Equal(t, "68.4", e.Low.Bill.Total().String(), "half the work costs half")
}

// TestTimesCanBeMeasuredOnEverySize: the keys of the table are the sizes that there are.
func TestTimesCanBeMeasuredOnEverySize(t *testing.T) {
	for _, size := range pricing.Sizes() {
		s := load(t, atWork(size.String(), "jobs: 1, work: {"+size.String()+": 90s}"))
		require.Equal(t, "90", s.Work.Seconds.String())
	}
}

func TestWhichSizeForWork(t *testing.T) {
	sizes := Axis{Path: "microvm.memory", Values: []string{"0.5GB", "1GB", "2GB", "4GB", "8GB"}}
	for _, test := range []struct{ name, reason, workload, totals, front string }{
		{
			"perfectly parallel", "every size costs the same, and the tie goes to the fastest",
			"jobs: 1000, work: 3600 vcpu-seconds", "136.8 136.8 136.8 136.8 136.8", "8GB",
		},
		{
			// 2 GB: 130,000 s × (0.00003 + 0.000008); 4 GB: 70,000 × 0.000076; 1 GB: 240,000 × 0.000019.
			"measured", "from size to size each costs more and is faster; what was not measured is unknown",
			"jobs: 1000, work: {1GB: 240s, 2GB: 130s, 4GB: 70s}, burst: {share: 0%}", "? 4.56 4.94 5.32 ?", "1GB 2GB 4GB",
		},
		{
			// 1 GB: 240,000 × 0.000019; 2 GB: 110,000 × 0.000038; 4 GB: 110,000 × 0.000076.
			"no gain from more", "4 GB is no faster than 2 GB, which is cheaper than 1 GB and beats both",
			"jobs: 1000, work: {1GB: 240s, 2GB: 110s, 4GB: 110s}", "? 4.56 4.18 8.36 ?", "2GB",
		},
		{
			"longer than a life", "20,000 vCPU-s take 11 hours on the smallest, which is cheapest for its image but cannot",
			"jobs: 1000, work: 20000 vcpu-seconds", "760 760 760 760 760", "8GB",
		},
		{
			"longer than a day", "10 vCPU-hours are 40 hours on 0.5 GB: unknown there, and 20 on 1 GB are beyond a life",
			"users: 1, days: 10, work: 10 vcpu-hours", "? 13.68 13.68 13.68 13.68", "8GB",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			size := "1GB"
			s, err := market(t).Sweep(load(t, atWork(size, test.workload)), sizes)
			require.NoError(t, err)
			var totals, front []string
			for _, p := range s.Points {
				if totals = append(totals, p.Total.String()); p.Unknown != "" {
					totals[len(totals)-1] = "?"
				}
			}
			for _, p := range s.Front() {
				front = append(front, p.Values[0])
			}
			require.Equal(t, test.totals, strings.Join(totals, " "), test.reason)
			require.Equal(t, test.front, strings.Join(front, " "), test.reason)
		})
	}
}

func TestSensitivityOfWork(t *testing.T) {
	e := estimate(t, atWork("4GB", "jobs: 1000, work: 3600 vcpu-seconds, burst: {share: 50%, vcpu: 4, memory: 4GB}"))
	// 3,600 / 3 vCPU = 1,200 s: 1,200,000 × 4 × 0.000004 = 19.2, and 108 for the vCPU.
	require.Equal(t, "127.2", e.Bill.Total().String())
	s, err := market(t).Sensitivity(e, decimal.RequireFromString("0.2"))
	require.NoError(t, err)
	totals := map[string]string{}
	for _, in := range s.Inputs {
		totals[in.Input] = in.Low.Round(4).String() + " " + in.High.Round(4).String()
	}
	require.Equal(t, "101.76 152.64", totals["workload.work"], "in proportion")
	// At 40 % and 60 % of the time: 3,600 / 2.8 and / 3.2 vCPU; the vCPU-seconds stay, the memory's time does not.
	require.Equal(t, "128.5714 126", totals["workload.burst.share"], "more of a burst of vCPU alone saves memory")
	require.NotContains(t, totals, "workload.running")
}

// TestWorkIsBilledOnce: whatever the size and the burst, work that keeps every vCPU busy bills its vCPU-seconds, but
// for the last of 20 decimals of a time that is no finite one.
func TestWorkIsBilledOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom(pricing.Sizes()).Draw(t, "size")
		jobs, seconds := rapid.IntRange(1, 100_000).Draw(t, "jobs"), rapid.IntRange(1, 100_000).Draw(t, "vCPU-seconds")
		share := rapid.IntRange(0, 100).Draw(t, "share")
		factor := rapid.SampledFrom([]int64{1, 2, 3, 4}).Draw(t, "peak")
		e := estimate(t, atWork(size.String(), fmt.Sprintf("jobs: %d, work: %d vcpu-seconds, burst: {share: %d%%, vcpu: %s}",
			jobs, seconds, share, size.VCPU().Mul(decimal.NewFromInt(factor)))))
		billed := decimal.Decimal{}
		for _, line := range e.Bill.Lines {
			if line.Of == pricing.VCPU {
				billed = billed.Add(line.Quantity)
			}
		}
		off := billed.Sub(decimal.NewFromInt(int64(jobs) * int64(seconds))).Abs()
		require.True(t, off.LessThan(decimal.New(1, -15)), "billed %s", billed)
	})
}
