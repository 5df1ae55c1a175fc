package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBreakEvenOfScenario1 is the post's scenario 1 against one t4g.medium: what is left of $26.864 after the cycles
// and the image, at $0.26552016 an hour.
func TestBreakEvenOfScenario1(t *testing.T) {
	e := estimate(t, atPostRates(
		"image: {size: 2GB}\nworkload: {users: 1, days: 20, running: 4h, launches: 0, cycles: 1}\ncompare: [ec2: t4g.medium]",
	))
	c := e.Comparisons[0]
	requireDecimal(t, "26.864", c.Monthly, "730 h × $0.0368")
	requireDecimal(t, "26.864", c.PerUnit)
	requireDecimal(t, "0.8147711733", c.Ratio.RoundBank(10))
	// (26.864 − 0.456 − 0.1904) / 0.26552016
	requireDecimal(t, "98.74052501324193236401", c.BreakEven.HoursPerMonth.RoundBank(20))
	requireDecimal(t, "4.9370262507", c.BreakEven.HoursPerDay.RoundBank(10))
	require.Nil(t, c.BreakEven.SecondsPerJob)
	require.Nil(t, c.BreakEven.UsersPerInstance, "one instance costs more than the MicroVM")
	require.Equal(t, "At 98.74 running hours a month per user (4.94 h on each of 20 days) both cost $26.86 a month; "+
		"below that MicroVMs cost less, above it EC2 t4g.medium does.", c.BreakEven.Sentence)
}

// TestUsersPerInstance: as many users must share an instance that the instances cost no more than the MicroVMs, and
// with one user fewer they cost more.
func TestUsersPerInstance(t *testing.T) {
	const hundred = "image: {count: 0}\nworkload: {users: 100, days: 20, running: 2.5h, launches: 0}\ncompare: [{ec2: {type: t4g.medium, users_per_instance: "
	for _, tc := range []struct {
		name, reason, sections string
		want                   string // "" for none
	}{
		{"three", "1,327.60 buys 49 instances, which take 100 users by threes", hundred + "1}}]", "3"},
		{"whatever is compared", "the answer does not depend on the number asked about", hundred + "10}}]", "3"},
		{
			"none", "one instance for all costs more than the MicroVMs",
			"image: {count: 0}\nworkload: {users: 3, days: 1, running: 1h, launches: 0}\ncompare: [ec2: t4g.medium]", "",
		},
		{
			"bundles", "a Lightsail bundle can be shared as well",
			"image: {count: 0}\nworkload: {users: 100, days: 20, running: 2.5h, launches: 0}\ncompare: [lightsail: 4GB]", "2",
		},
		{
			"jobs", "nobody is there to share",
			"image: {count: 0}\nworkload: {jobs: 100, running: 50h, launches: 0}\ncompare: [ec2: t4g.medium]", "",
		},
		{
			"tasks", "a task of one's own is not shared",
			"image: {count: 0}\nworkload: {users: 100, days: 20, running: 2.5h, launches: 0}\ncompare: [fargate: always]", "",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := estimate(t, atPostRates(tc.sections)).Comparisons[0].BreakEven.UsersPerInstance
			if tc.want == "" {
				require.Nil(t, got, tc.reason)
				return
			}
			require.NotNil(t, got, tc.reason)
			requireDecimal(t, tc.want, *got, tc.reason)
		})
	}
	two, three := estimate(t, atPostRates(hundred+"2}}]")), estimate(t, atPostRates(hundred+"3}}]"))
	require.Equal(t, -1, three.Comparisons[0].Monthly.Cmp(three.Bill.Total()))
	require.Equal(t, 1, two.Comparisons[0].Monthly.Cmp(two.Bill.Total()))
}

// TestUnknownPrices: what is not known has no cost, no ratio and no break-even, and the others keep theirs.
func TestUnknownPrices(t *testing.T) {
	const list = "compare: [ec2: t9g.nano, {ec2: {type: t4g.medium, purchase: spot}}, lightsail: 3GB, ec2: t4g.medium]"
	e := estimate(t, atPostRates("workload: {users: 1, days: 20, running: 4h}\n"+list))
	require.Len(t, e.Comparisons, 4)
	want := []string{
		"the price of EC2 t9g.nano in eu-west-1 is not known; give it as hourly",
		"the spot price of EC2 t4g.medium is not known; give it as hourly, or as a discount off the on-demand price",
		"no Lightsail bundle of 3 GB is known; bundles are 0.5, 1, 2, 4 and 8 GB; give another's price as per_month",
		"",
	}
	for i, c := range e.Comparisons {
		require.Equal(t, want[i], c.Unknown())
		if c.Unknown() == "" {
			requireDecimal(t, "26.864", c.Monthly)
			continue
		}
		require.Nil(t, c.Ratio)
		require.Nil(t, c.BreakEven.HoursPerMonth)
		require.Nil(t, c.BreakEven.UsersPerInstance)
		require.Equal(t, "No break-even: "+c.Unknown()+".", c.BreakEven.Sentence)
	}
	require.Equal(t, []string{"unknown-alternative", "unknown-alternative", "unknown-alternative"}, ids(e.Warnings))
}

// TestUsualAlternatives: without a list, an architect's usual ones are compared, all with a price.
func TestUsualAlternatives(t *testing.T) {
	for _, tc := range []struct {
		name, reason, text string
		want               []string
	}{
		{
			"a team", "no instance with a known price has room for four of them at once; a day is too long for a function",
			"region: eu-west-1\nmicrovm: {memory: 4GB}\nworkload: {users: 25, days: 20, running: 3h}\n",
			[]string{
				"EC2 t4g.medium", "Fargate arm64 2 vCPU 4 GB, active",
				"Fargate arm64 2 vCPU 4 GB, always on",
				"Lightsail 4 GB", "AgentCore Runtime", "Daytona", "E2B", "Fly Machines, performance", "Modal Sandbox",
			},
		},
		{
			"a team of small ones", "four of 0.25 vCPU and 0.5 GB fit a t4g.small, all at once",
			"region: us-east-1\nmicrovm: {memory: 0.5GB}\nworkload: {users: 10, days: 20, running: 4h}\n",
			[]string{
				"EC2 t4g.micro", "EC2 t4g.small, 4 users each", "Fargate arm64 0.25 vCPU 0.5 GB, active",
				"Fargate arm64 0.25 vCPU 0.5 GB, always on", "Lightsail 0.5 GB", "AgentCore Runtime", "Daytona", "E2B",
				"Fly Machines, performance", "Modal Sandbox",
			},
		},
		{
			"one user, short", "15 minutes fit a function",
			"region: us-east-1\nmicrovm: {memory: 2GB}\nworkload: {users: 1, days: 20, running: 900s}\n",
			[]string{
				"EC2 t4g.small", "Fargate arm64 1 vCPU 2 GB, active", "Fargate arm64 1 vCPU 2 GB, always on",
				"Lambda function 2 GB",
				"Lightsail 2 GB", "AgentCore Runtime", "Daytona", "E2B", "Fly Machines, performance", "Modal Sandbox",
			},
		},
		{
			"jobs", "a CI runner takes jobs",
			"region: us-east-1\nmicrovm: {memory: 8GB}\nworkload: {jobs: 500, running: 901s}\n",
			[]string{
				"EC2 t4g.xlarge", "Fargate arm64 4 vCPU 8 GB, active", "Fargate arm64 4 vCPU 8 GB, always on",
				"GitHub Actions Linux 4-core", "AgentCore Runtime", "Daytona", "E2B", "Fly Machines, performance", "Modal Sandbox",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, e := market(t), estimate(t, tc.text)
			require.Empty(t, e.Comparisons)
			comparisons, err := m.Compare(e)
			require.NoError(t, err)
			var names []string
			for _, c := range comparisons {
				names = append(names, c.Name)
				require.Empty(t, c.Unknown(), c.Name)
			}
			require.Equal(t, append(tc.want, "MicroVMs on x86-64"), names, tc.reason)
		})
	}
	m, e := market(t), estimate(t,
		atPostRates("workload: {users: 1, days: 20, running: 4h}\ncompare: [fixed: {name: f, per_month: 1}]"))
	comparisons, err := m.Compare(e)
	require.NoError(t, err)
	require.Equal(t, e.Comparisons, comparisons[:len(comparisons)-1], "what the file lists is what is compared")
}
