package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestLifeCap: one MicroVM lives 8 hours at most, running and suspended together. Rates are the post's, the image has
// 2 GB, so that one launch reads for 2 × $0.00164 = $0.00328.
func TestLifeCap(t *testing.T) {
	for _, tc := range []struct {
		name, reason, workload string
		needed                 string
		warning                string // its id, or "" for none
		says                   string
	}{
		{"exactly 8 h", "the limit is included", "{users: 1, days: 20, running: 8h}", "20", "", ""},
		{
			"8 h and a second", "the second MicroVM lives for a second",
			"{users: 1, days: 20, running: 28801s}", "40", "life-cap",
			"at least 40 launches, not 20; the launch reads that are missing here would cost $0.0656.",
		},
		{"8 h in all", "suspended time counts", "{users: 1, days: 20, running: 3h, suspended: 5h, cycles: 1}", "20", "", ""},
		{
			"8 h and a second in all", "suspended time counts",
			"{users: 1, days: 20, running: 3h, suspended: 18001s, cycles: 1}", "40", "life-cap", "at least 40 launches, not 20",
		},
		{
			"suspended overnight", "what cannot happen: a day and a night in one life",
			"{users: 1, days: 20, running: 8h, suspended: 16h, cycles: 1}", "60", "life-cap", "at least 60 launches, not 20",
		},
		{
			"enough launches", "who writes them is not warned",
			"{users: 1, days: 20, running: 8h, suspended: 16h, cycles: 1, launches: 3}", "60", "", "",
		},
		{"more than enough", "likewise", "{users: 1, days: 20, running: 1h, launches: 5}", "20", "", ""},
		{
			"enough per month", "the period of launches is of no matter",
			"{users: 2, days: 20, running: 12h, launches: 40/month}", "80", "", "",
		},
		{
			"always on, by the day", "90 lives of 8 hours are 30 days",
			"{users: 1, days: 30, running: 24h, launches: 0}", "90", "life-cap",
			"at least 90 launches, not 0; the launch reads that are missing here would cost $0.2952.",
		},
		{
			"always on, by the month", "2,592,000 s are 30 days",
			"{users: 1, days: 30, running: 2592000s/month, launches: 0}", "90", "life-cap", "at least 90 launches, not 0",
		},
		{
			"always on, with the default", "30 launches are in the bill",
			"{users: 1, days: 30, running: 24h}", "90", "life-cap",
			"at least 90 launches, not 30; the launch reads that are missing here would cost $0.1968.",
		},
		{
			"a month's time of several users", "each user's time is cut into lives by itself",
			"{users: 3, days: 20, running: 9h/month, launches: 1/month}", "6", "life-cap", "at least 6 launches, not 3",
		},
		{
			"long jobs", "20 hours take three lives",
			"{jobs: 10, running: 20h}", "30", "life-cap",
			"at least 30 launches, not 10; the launch reads that are missing here would cost $0.0656.",
		},
		{"short jobs", "they may share a MicroVM for as long as it lives", "{jobs: 1000, running: 1s}", "1", "", ""},
		{
			"pooled jobs", "100,000 × 0.2 s fit into one life", "{jobs: 100000, running: 200ms, launches: 10/month}", "1", "",
			"",
		},
		{
			"pooled too far", "100,000 × 8 s take 27.8 lives", "{jobs: 100000, running: 8s, launches: 10/month}", "28",
			"life-cap", "at least 28 launches, not 10",
		},
		{
			"a month's time of jobs", "as if it were one stretch: the fewest there can be",
			"{jobs: 1000, running: 9h/month, launches: 2/month}", "2", "", "",
		},
		{
			"mixed periods", "a figure per day means that every day starts anew",
			"{users: 1, days: 20, running: 100h/month, suspended: 1h/day, cycles: 1}", "20", "", "",
		},
		{
			"mixed periods, long", "120 h over 10 days are 12 h a day",
			"{users: 1, days: 10, running: 100h/month, suspended: 2h/day, cycles: 1}", "20", "life-cap",
			"at least 20 launches, not 10",
		},
		{
			"no launches, short days", "the life is not the reason",
			"{users: 1, days: 20, running: 4h, launches: 0}", "20", "no-launches",
			"no launch is priced, but a MicroVM has to start at least 20 times; the launch reads that are missing here would cost $0.0656.",
		},
		{
			"no launch, once", "one time, not 1 times",
			"{users: 1, days: 1, running: 4h, launches: 0}", "1", "no-launches",
			"has to start at least 1 time; the launch reads",
		},
		{
			"no launches, jobs", "two of them fit into one life",
			"{jobs: 10, running: 4h, launches: 0}", "5", "no-launches", "has to start at least 5 times",
		},
		{"nothing runs", "nothing has to start", "{users: 1, days: 20, running: 0, launches: 0}", "0", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := estimate(t, atPostRates("image: {size: 2GB}", "workload: "+tc.workload))
			requireDecimal(t, tc.needed, e.Scenario.neededLaunches(), tc.reason)
			if tc.warning == "" {
				require.Empty(t, e.Warnings, tc.reason)
				return
			}
			require.Equal(t, []string{tc.warning}, ids(e.Warnings), tc.reason)
			require.Contains(t, note(t, e.Warnings, tc.warning), tc.says)
		})
	}
}

// TestMissingLaunchesCostWhatTheySay adds the launches that the warning asks for: the bill rises by what it says, and
// the warning is gone.
func TestMissingLaunchesCostWhatTheySay(t *testing.T) {
	const always = "{users: 1, days: 30, running: 24h, launches: "
	without := estimate(t, atPostRates("image: {size: 2GB}", "workload: "+always+"1}"))
	with := estimate(t, atPostRates("image: {size: 2GB}", "workload: "+always+"3}"))
	require.Contains(t, note(t, without.Warnings, "life-cap"), "would cost $0.1968.")
	requireDecimal(t, "0.1968", with.Bill.Total().Sub(without.Bill.Total()))
	require.Empty(t, with.Warnings)
}

// TestLaunchesOfUnknownCost: what is not known is not zero, in a warning either.
func TestLaunchesOfUnknownCost(t *testing.T) {
	const text = "region: eu-central-1\nmicrovm: {memory: 4GB}\nimage: {count: 0}\n" +
		"workload: {users: 1, days: 30, running: 24h, launches: 0}\n"
	e := estimate(t, text)
	require.Contains(t, note(t, e.Warnings, "life-cap"),
		"the cost of the launch reads that are missing here is not known.")

	discounted := estimate(t, text+"rates: {snapshot_read_gb: 0.002, discount: 50%}\n")
	require.Contains(t, note(t, discounted.Warnings, "life-cap"), "would cost $0.36.", "90 × 4 GB × 0.002, half of it")
}

func TestCeilDivide(t *testing.T) {
	for _, tc := range []struct{ a, b, want string }{
		{"0", "8", "0"}, {"8", "8", "1"}, {"8.000000000000000000001", "8", "2"}, {"7.9", "8", "1"}, {"1", "0.3", "4"},
	} {
		requireDecimal(t, tc.want, ceilDivide(dec(t, tc.a), dec(t, tc.b)), "%s / %s", tc.a, tc.b)
	}
	require.EqualValues(t, 8*3600, pricing.MaxLifeSeconds)
}
