package scenarios_test

import (
	"maps"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/scenarios"
)

// What is made in a program is what a file with the same fields is.
func TestNewIsLoad(t *testing.T) {
	made, err := scenarios.New("team", team())
	require.NoError(t, err)
	read, err := scenarios.Load("team.yaml", []byte(`region: eu-west-1
microvm: 4GB
image: 2GB
workload: {users: 20, days: 20, running: 4h}
`))
	require.NoError(t, err)
	require.Equal(t, read.Name, made.Name)
	require.Equal(t, read.Workload, made.Workload)
	require.Equal(t, read.Notes, made.Notes)
	require.Equal(t, read.Basis(), made.Basis())

	var market scenarios.Market
	a, err := market.Estimate(made)
	require.NoError(t, err)
	b, err := market.Estimate(read)
	require.NoError(t, err)
	require.Equal(t, b.Bill.Total().String(), a.Bill.Total().String())
	_, err = market.Sensitivity(a, decimal.New(1, -1))
	require.NoError(t, err)
	regions, err := market.Regions(made, []string{"us-east-1"})
	require.NoError(t, err)
	require.Len(t, regions.Rows, 1)
	axis, err := scenarios.ParseAxis("workload.running=1h..3h/1h")
	require.NoError(t, err)
	sweep, err := market.Sweep(made, axis)
	require.NoError(t, err)
	require.Len(t, sweep.Points, 3)
}

func TestNewNamesEveryFault(t *testing.T) {
	with := func(changes scenarios.Fields) scenarios.Fields {
		fields := team()
		maps.Copy(fields, changes)
		return fields
	}
	for _, tc := range []struct {
		fields scenarios.Fields
		want   []string
	}{
		{nil, []string{"team: region: is missing", "team: microvm: is missing", "team: workload: is missing"}},
		{with(scenarios.Fields{"microvm.memory": "3GB"}), []string{"team: microvm.memory: 3GB is not a MicroVM size"}},
		{with(scenarios.Fields{"workload.user": "3"}), []string{"team: workload.user: unknown key"}},
		{with(scenarios.Fields{"workload.jobs": "3"}), []string{"takes the place of users and days"}},
		{with(scenarios.Fields{"workload.running": "25h"}), []string{"a day has 24"}},
		{with(scenarios.Fields{"region": "mars"}), []string{`"mars" is not an AWS region`}},
		{with(scenarios.Fields{"compare[0].ec2": "t4g.medium"}), []string{"there is no entry 0"}},
		{with(scenarios.Fields{"a b": "1"}), []string{`"a b" is not a path`}},
		{with(scenarios.Fields{"workload.trace": "gaps.csv"}), []string{"workload.trace"}},
	} {
		_, err := scenarios.New("team", tc.fields)
		require.Error(t, err)
		for _, want := range tc.want {
			require.ErrorContains(t, err, want)
		}
	}
}

func TestWithLeavesTheScenarioAsItIs(t *testing.T) {
	scenario, err := scenarios.New("team", team())
	require.NoError(t, err)
	more, err := scenario.With(scenarios.Fields{"workload.users": "40"})
	require.NoError(t, err)
	require.Equal(t, "40", more.Users.String())
	require.Equal(t, "20", scenario.Users.String())
	_, err = scenario.With(scenarios.Fields{"workload.users": "-1"})
	require.ErrorContains(t, err, "workload.users")
}

// A literal has not been checked: it is refused, and nothing is dereferenced.
func TestScenariosThatNothingHasChecked(t *testing.T) {
	var market scenarios.Market
	literal := &scenarios.Scenario{Region: "eu-west-1", Size: pricing.MustSize("4GB")}
	for name, scenario := range map[string]*scenarios.Scenario{"literal": literal, "nil": nil} {
		_, err := market.Estimate(scenario)
		require.ErrorIs(t, err, scenarios.ErrNotLoaded, name)
		_, err = market.Sweep(scenario)
		require.ErrorIs(t, err, scenarios.ErrNotLoaded, name)
		_, err = market.Regions(scenario, nil)
		require.ErrorIs(t, err, scenarios.ErrNotLoaded, name)
		_, err = scenario.With(nil)
		require.ErrorIs(t, err, scenarios.ErrNotLoaded, name)
	}
}
