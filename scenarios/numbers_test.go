package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestByNumbers: what cannot do the job, and what has no known price, is never what costs least. At the post's rates a
// running hour of 4 GB / 2 vCPU costs $0.26552016, so 80 hours cost $21.2416128, and 160 cost $42.4832256.
func TestByNumbers(t *testing.T) {
	const (
		users  = "image: {count: 0}\nworkload: {users: 1, days: 20, running: 4h, launches: 0}\n"
		jobs   = "image: {count: 0}\nworkload: {jobs: 10, running: 9h, launches: 0}\n"
		range1 = "image: {count: 0}\nworkload: {users: 1, days: 20, running: 4h..8h, launches: 0}\n"
	)
	for _, tc := range []struct {
		name, reason, sections string
		cheapest, low, flips   string
		want                   string
	}{
		{
			"MicroVMs", "t4g.medium is $26.864", users + "compare: [ec2: t4g.medium]", "MicroVMs", "", "",
			"MicroVMs cost least, $21.24 a month.",
		},
		{
			"another", "m7g.medium has one vCPU of the two; E2B is 288,000 s × (2 × 0.000014 + 4 × 0.0000045)",
			users + "compare: [ec2: m7g.medium, sandbox: e2b]", "E2B", "", "",
			"E2B costs least, $13.25 a month against $21.24.",
		},
		{
			"only unknown prices", "nothing is said to cost least", users + "compare: [ec2: t9g.huge]", "", "", "",
			"MicroVMs cost $21.24 a month, and there is nothing to compare them with: the price is not known of EC2 t9g.huge.",
		},
		{
			"some unknown", "it is said of what", users + "compare: [ec2: t9g.huge, ec2: t4g.medium]", "MicroVMs", "", "",
			"MicroVMs cost least, $21.24 a month. That leaves out what has no known price: EC2 t9g.huge.",
		},
		{
			"all too small", "the MicroVMs alone can do it", users + "compare: [ec2: m7g.medium, lightsail: 0.5GB]", "MicroVMs",
			"", "",
			"MicroVMs cost $21.24 a month, and there is nothing to compare them with: Lightsail 0.5 GB; EC2 m7g.medium cannot do the job.",
		},
		{
			"a size that is not known", "cheapest, but with a word",
			users + "compare: [ec2: {type: big, hourly: 0.01}]", "EC2 big", "", "",
			"EC2 big costs least, $7.30 a month against $21.24. Not known here of what it offers: vCPU, memory; see whether it is enough.",
		},
		{
			"nine hours of a job", "a MicroVM lives for eight; 90 h × 0.26552016; E2B 324,000 × 0.000046",
			jobs + "compare: [sandbox: e2b]", "E2B", "", "",
			"E2B costs least, $14.90 a month; MicroVMs, at $23.90, cannot do the job.",
		},
		{
			"nothing can", "a function runs for 15 minutes", jobs + "compare: [function: 4GB]", "", "", "",
			"Nothing that is compared can do the job at a known price.",
		},
		{
			"a range within which it flips", "4 h cost $21.24, 8 h $42.48, t4g.medium $26.86", range1 + "compare: [ec2: t4g.medium]",
			"EC2 t4g.medium", "MicroVMs", "flips",
			"It depends on where in the ranges the workload is: at their cheap ends MicroVMs cost least, $21.24 a month against " +
				"$26.86 of EC2 t4g.medium; at their expensive ends EC2 t4g.medium does, $26.86 against $42.48.",
		},
		{
			"a range within which it flips against one", "E2B costs least at both ends, 0.6 of the MicroVMs",
			range1 + "compare: [ec2: t4g.medium, sandbox: e2b]", "E2B", "E2B", "flips",
			"E2B costs least, $13.25 to $26.50 a month against $21.24 to $42.48. Against EC2 t4g.medium it depends on where in the " +
				"ranges the workload is: MicroVMs cost less at one end and more at the other.",
		},
		{
			"a range within which it does not", "twice of both", range1 + "compare: [fixed: {name: dear, per_minute: 1}]",
			"MicroVMs", "MicroVMs", "", "MicroVMs cost least, $21.24 to $42.48 a month.",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := estimate(t, atPostRates(tc.sections))
			v := e.Rank(e.Comparisons).ByNumbers()
			require.Equal(t, tc.want, v.Sentence, tc.reason)
			require.Equal(t, tc.cheapest, v.Cheapest)
			require.Equal(t, tc.low, v.CheapestLow)
			require.Equal(t, tc.flips == "flips", v.Flips)
		})
	}
}

// TestBreakEvenBeyondADay: 27 hours a day are none, and one user does not share an instance with anybody.
func TestBreakEvenBeyondADay(t *testing.T) {
	e := estimate(t, "region: us-east-1\nmicrovm: {memory: 2GB}\nworkload: {users: 3, days: 7, running: 1h}\n"+
		"compare: [{ec2: t4g.medium}, {ec2: {type: big, hourly: 1}}]")
	medium, big := e.Comparisons[0].BreakEven, e.Comparisons[1].BreakEven
	require.Equal(t, "193.92", medium.HoursPerMonth.RoundBank(2).String())
	require.Nil(t, medium.HoursPerDay, "27.7 hours on each of 7 days")
	require.Equal(t, "9.7", medium.HoursPerDayOver(20).RoundBank(1).String())
	require.Nil(t, big.HoursPerMonth, "5,788 hours are no month")
	require.Nil(t, big.HoursPerDayOver(30))
	require.Contains(t, big.Sentence, "No break-even within a month")
	require.Empty(t, medium.Shared)

	// One t4g.medium for each costs 26.864; 10 users at 53.1 each could pay for 19 of them.
	e = estimate(t, atPostRates("image: {count: 0}\nworkload: {users: 10, days: 20, running: 10h, launches: 0}\n"+
		"compare: [{ec2: t4g.medium}]"))
	require.Equal(t, "1", e.Comparisons[0].BreakEven.UsersPerInstance.String())
	require.Empty(t, e.Comparisons[0].BreakEven.Shared, "shared by 1 user or more says nothing")

	// 10 users at 10.620806 each make 106.208, which pays for three: four users on each, and two vCPU for four.
	e = estimate(t, atPostRates("image: {count: 0}\nworkload: {users: 10, days: 20, running: 2h, launches: 0}\n"+
		"compare: [{ec2: t4g.medium}]"))
	require.Equal(t, "Shared by 4 users or more, EC2 t4g.medium costs no more than MicroVMs, at $26.86 for each, but there is no "+
		"room for all of them at once: it has 2 of the 8 vCPU that are needed; it has 4 of the 16 GB of memory that are needed.",
		e.Comparisons[0].BreakEven.Shared)
}
