package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBreakEvenSentence reads what is said about where both cost the same. A MicroVM of 4 GB costs $0.26552016 an hour
// at the post's rates.
func TestBreakEvenSentence(t *testing.T) {
	const (
		alone = "image: {count: 0}\nworkload: {users: 1, days: 20, running: 4h, launches: 0}\n"
		three = "image: {count: 0}\nworkload: {users: 3, days: 20, running: 4h, launches: 0}\n"
		jobs  = "image: {count: 0}\nworkload: {jobs: 500, running: 180s, launches: 0}\n"
	)
	for _, tc := range []struct {
		name, reason, sections string
		hours                  string // per month, rounded to 4 decimals; "" for none
		want                   string
	}{
		{
			"one crossing", "the common case: a price by the month against one by the second",
			alone + "compare: [fixed: {name: offer, per_month: 10}]", "37.6619",
			"At 37.66 running hours a month per user (1.88 h on each of 20 days) both cost $10.00 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
		{
			"the other way round", "launches make MicroVMs dear for little work",
			"image: {size: 4GB}\nworkload: {users: 1, days: 20, running: 4h, cycles: 40}\ncompare: [fixed: {name: dear, per_minute: 0.01}]",
			"56.0632", // (800 cycles × 4 GB × 0.0057 + 20 × 4 × 0.00164 + 0.3808) / (0.6 − 0.26552016)
			"At 56.06 running hours a month per user (2.8 h on each of 20 days) both cost $33.64 a month; " +
				"below that dear costs less, above it MicroVMs do.",
		},
		{
			"all users", "hours are of one user, the cost is of all",
			three + "compare: [fixed: {name: offer, per_month: 30}]", "37.6619",
			"At 37.66 running hours a month per user (1.88 h on each of 20 days) both cost $30.00 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
		{
			"more in all than a month has", "three users may each run 376.62 hours",
			three + "compare: [fixed: {name: offer, per_month: 300}]", "376.6192",
			"At 376.62 running hours a month per user (18.83 h on each of 20 days) both cost $300.00 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
		{
			"around the clock", "24 hours a day are a day",
			alone + "compare: [fixed: {name: offer, per_month: 127.4496768}]", "480",
			"At 480 running hours a month per user (24 h on each of 20 days) both cost $127.45 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
		{
			"one day", "one day, not 1 days",
			"image: {count: 0}\nworkload: {users: 1, days: 1, running: 4h, launches: 0}\ncompare: [fixed: {name: offer, per_month: 1}]", "3.7662",
			"At 3.77 running hours a month per user (3.77 h on its one day) both cost $1.00 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
		{
			"more than the days hold", "600 hours do not fit 20 days, but they fit a month",
			alone + "compare: [fixed: {name: offer, per_month: 159.312096}]", "600",
			"At 600 running hours a month per user (more than 20 days can hold) both cost $159.31 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
		{
			"less than a dollar", "cents would hide it",
			alone + "compare: [fixed: {name: offer, per_month: 0.0123}]", "0.0463",
			"At 0.0463 running hours a month per user (0.00232 h on each of 20 days) both cost $0.0123 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
		{
			"the whole month", "744 hours are included",
			alone + "compare: [fixed: {name: offer, per_month: 197.54699904}]", "744",
			"At 744 running hours a month per user (more than 20 days can hold) both cost $197.55 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
		{
			"beyond the month", "no month has 753 hours",
			alone + "compare: [fixed: {name: offer, per_month: 200}]", "",
			"No break-even within a month: MicroVMs cost less up to 744 hours, the longest there is; both would cost the same at 753.24 running hours a month per user.",
		},
		{
			"beyond the month, three users", "hours are of one user",
			three + "compare: [fixed: {name: offer, per_month: 600}]", "",
			"No break-even within a month: MicroVMs cost less up to 744 hours, the longest there is; both would cost the same at 753.24 running hours a month per user.",
		},
		{
			"MicroVMs always", "dearer by the minute from the first",
			alone + "compare: [fixed: {name: dear, per_month: 1, per_minute: 0.01}]", "",
			"No break-even: MicroVMs cost less at every running time.",
		},
		{
			"other always", "cheaper by the minute from the first",
			alone + "compare: [fixed: {name: cheap, per_minute: 0.001}]", "",
			"No break-even: cheap costs less at every running time.",
		},
		{
			"other always, as MicroVMs cost while nothing runs", "what costs is named",
			"image: {size: 2GB}\nworkload: {users: 1, days: 20, running: 4h, launches: 0, cycles: 1}\ncompare: [fixed: {name: cheap, per_month: 0.5}]", "",
			"No break-even: cheap costs less at every running time; launches, cycles and storage alone cost $0.646 with MicroVMs.",
		},
		{
			"the same throughout", "60 s cost $0.004425336",
			alone + "compare: [fixed: {name: twin, per_minute: 0.004425336}]", "",
			"No break-even: MicroVMs and twin cost the same at every running time.",
		},
		{
			"jobs", "hours are of all, seconds of a job",
			jobs + "compare: [fixed: {name: offer, per_month: 10}]", "37.6619",
			"At 37.66 running hours a month (271.17 s a job) both cost $10.00 a month; below that MicroVMs cost less, above it offer does.",
		},
		{
			"jobs beyond a month's hours", "jobs run side by side",
			jobs + "compare: [fixed: {name: offer, per_month: 1000}]", "3766.1924",
			"At 3,766.19 running hours a month (27,116.59 s a job) both cost $1,000.00 a month; " +
				"below that MicroVMs cost less, above it offer does.",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := estimate(t, atPostRates(tc.sections)).Comparisons[0].BreakEven
			require.Equal(t, tc.want, got.Sentence, tc.reason)
			if tc.hours == "" {
				require.Nil(t, got.HoursPerMonth)
				require.Nil(t, got.HoursPerDay)
				return
			}
			requireDecimal(t, tc.hours, got.HoursPerMonth.Round(4))
		})
	}
}

// TestSteppedBreakEven: a runner that bills started minutes jumps over the MicroVMs' cost again and again before it is
// dearer, or cheaper, for good.
func TestSteppedBreakEven(t *testing.T) {
	const runner = "compare: [ci: {runner: ours, per_minute: "
	for _, tc := range []struct {
		name, reason, sections string
		want                   string
	}{
		{
			"dearer from the first minute", "a MicroVM's minute costs $0.0044",
			"image: {count: 0}\nworkload: {jobs: 100, running: 90s, launches: 0}\n" + runner + "0.005}]",
			"No break-even: MicroVMs cost less at every running time.",
		},
		{
			"a little cheaper", "within each of the first 173 minutes the MicroVM is cheaper at first; after that no longer",
			"image: {count: 0}\nworkload: {jobs: 100, running: 90s, launches: 0}\n" + runner + "0.0044}]",
			"At 288.34 running hours a month (10,380.23 s a job) both cost $76.56 a month, and above it ours costs less; " +
				"below it the cheaper side changes 346 times.", // 174 × 0.44 / 0.26552016
		},
		{
			"then dearer", "launches cost less than the first minute, but the second is dearer",
			"image: {size: 4GB, count: 0}\nworkload: {jobs: 100, running: 90s}\n" + runner + "0.01}]",
			"At 1.3 running hours a month (46.64 s a job) both cost $1.00 a month, but ours bills in steps and the cheaper side changes " +
				"2 times; beyond 1.67 running hours a month MicroVMs cost less.",
		},
		{
			"a jump alone", "launches cost more than the first minute, and less than the second",
			"image: {size: 6.5GB, count: 0}\nworkload: {jobs: 100, running: 90s}\n" + runner + "0.01}]",
			"At no running time do both cost the same, as ours bills in steps: up to 1.67 running hours a month ours costs less, " +
				"beyond it MicroVMs do.",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := estimate(t, atPostRates(tc.sections)).Comparisons[0].BreakEven
			require.Equal(t, tc.want, got.Sentence, tc.reason)
		})
	}
}
