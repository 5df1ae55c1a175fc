package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const figureScenario = `
image: {size: 2GB}
state: {size: 4GB}
compare: [ec2: t4g.medium, ec2: t9g.nano, fixed: {name: v1.5 offer, per_month: 50}, fixed: {name: gift, per_month: 0}]
workload: {users: 2, days: 20, running: 4h, launches: 0, cycles: 1}
`

// TestFigure reads the bill of twice the post's scenario 1: 2 × (16.7945472 + 4.4470656 + 0.3248 + 0.1312) + 0.1904.
func TestFigure(t *testing.T) {
	e := estimate(t, atPostRates(figureScenario))
	for _, tc := range []struct{ name, reason, id, want string }{
		{"total", "all lines", "total", "43.5856256"},
		{"per user", "the total, divided", "per_user", "21.7928128"},
		{"total per user", "the same, spelt out", "total.per_user", "21.7928128"},
		{"component", "one line", "compute.baseline.vcpu", "33.5890944"},
		{"component per user", "one line, divided", "compute.baseline.vcpu.per_user", "16.7945472"},
		{"group", "lines under it", "compute", "42.4832256"},
		{"inner group", "lines under it", "snapshot.read", "0.2624"},
		{"group per user", "lines under it, divided", "storage.per_user", "0.0952"},
		{"no such line", "the bill has no burst, which is not an error", "compute.peak.memory", "0"},
		{"no such group", "likewise", "compute.peak.per_user", "0"},
		{"monthly", "of all users", "alternatives.EC2 t4g.medium.monthly", "53.728"},
		{"alternative per user", "divided", "alternatives.EC2 t4g.medium.per_user", "26.864"},
		{"ratio", "MicroVMs over the alternative, at 10 decimals", "alternatives.EC2 t4g.medium.ratio", "0.8112273973"},
		{"inverse ratio", "the alternative over MicroVMs", "alternatives.EC2 t4g.medium.inverse_ratio", "1.2326999845"},
		{"saving", "in percent of the alternative", "alternatives.EC2 t4g.medium.saving_percent", "18.8772602740"},
		{"break-even", "hours of one user", "alternatives.EC2 t4g.medium.running_hours_per_month", "99.0990665266"},
		{"break-even a day", "over the scenario's 20 days", "alternatives.EC2 t4g.medium.hours_per_day", "4.9549533263"},
		{"break-even over 20 days", "the same", "alternatives.EC2 t4g.medium.hours_per_day_20", "4.9549533263"},
		{
			"break-even over 22 days", "a month of working days", "alternatives.EC2 t4g.medium.hours_per_day_22",
			"4.5045030239",
		},
		{"break-even over 30 days", "a month of all days", "alternatives.EC2 t4g.medium.hours_per_day_30", "3.3033022176"},
		{"name with a point", "the measure is after the last point", "alternatives.v1.5 offer.monthly", "50"},
		{"free alternative", "zero is a price", "alternatives.gift.monthly", "0"},
		{"free alternative, inverse", "and may be divided", "alternatives.gift.inverse_ratio", "0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := e.Figure(tc.id)
			require.NoError(t, err, tc.reason)
			requireDecimal(t, tc.want, got, tc.reason)
		})
	}
}

func TestFigureRefuses(t *testing.T) {
	e := estimate(t, atPostRates(figureScenario))
	const none = "no such figure; figures are total, per_user, per_job, a component or a group"
	for _, tc := range []struct{ name, reason, id, want string }{
		{"nothing", "the empty id is no id for the total", "", none},
		{"unknown", "a zero would look like an answer", "tax", none},
		{"part of a name", "a prefix is not a group", "comp", none},
		{"point at the end", "nothing lies under it", "compute.", none},
		{"capital", "ids are written small", "Total", none},
		{"divided twice", "per user, per user", "per_user.per_user", none},
		{"divided by both", "there are users or jobs", "total.per_job.per_user", none},
		{"per job", "there are no jobs", "per_job", "the workload is counted in users"},
		{"component per job", "there are no jobs", "compute.per_job", "the workload is counted in users"},
		{"no measure", "which figure of it?", "alternatives.EC2 t4g.medium", "write alternatives.NAME.MEASURE"},
		{"no name", "of which?", "alternatives.ratio", "write alternatives.NAME.MEASURE"},
		{"empty name", "of which?", "alternatives..ratio", "write alternatives.NAME.MEASURE"},
		{
			"unknown measure", "they are listed", "alternatives.EC2 t4g.medium.cost",
			"a measure is one of monthly, per_user, per_job, ratio,",
		},
		{
			"unknown name", "they are listed", "alternatives.EC2 t4g.large.ratio",
			`no alternative is named "EC2 t4g.large"; the compare list has: EC2 t4g.medium, EC2 t9g.nano, v1.5 offer, gift`,
		},
		{
			"unknown price", "it is not zero", "alternatives.EC2 t9g.nano.monthly",
			"the price of EC2 t9g.nano in eu-west-1 is not known; give it as hourly",
		},
		{
			"ratio to nothing", "nothing divides by zero", "alternatives.gift.ratio",
			"gift has no ratio: one of the two costs nothing",
		},
		{"saving on nothing", "likewise", "alternatives.gift.saving_percent", "one of the two costs nothing"},
		{
			"no break-even", "the sentence says why", "alternatives.gift.running_hours_per_month",
			"gift has no running_hours_per_month: No break-even: gift costs less at every running time",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := e.Figure(tc.id)
			require.ErrorContains(t, err, tc.want, tc.reason)
		})
	}
}

// TestFigureOfJobs: with jobs it is the other way round, and break-even has no days.
func TestFigureOfJobs(t *testing.T) {
	e := estimate(t, atPostRates("workload: {jobs: 4, running: 1h, launches: 0}", "image: {count: 0}",
		"compare: [fixed: {name: f, per_month: 10}]"))
	per, err := e.Figure("per_job")
	require.NoError(t, err)
	requireDecimal(t, "0.26552016", per)
	_, err = e.Figure("per_user")
	require.ErrorContains(t, err, "the workload is counted in jobs")
	_, err = e.Figure("alternatives.f.hours_per_day")
	require.ErrorContains(t, err, "f has no hours_per_day: At 37.66 running hours a month")
}

// TestEveryMeasureIsKnown keeps the list of measures and the switch that reads them together.
func TestEveryMeasureIsKnown(t *testing.T) {
	e := estimate(t, atPostRates(figureScenario))
	for _, measure := range measures {
		require.NotNil(t, e.Comparisons[0].measure(measure, e.Bill.Total()), measure)
	}
	require.Nil(t, e.Comparisons[0].measure("cost", e.Bill.Total()))
}
