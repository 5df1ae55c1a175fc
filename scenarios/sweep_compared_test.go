package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// By hand, us-east-1: ten users run 4 GB / 2 vCPU for 20 days of n hours. A second costs 2 × 0.0000276944 + 4 ×
// 0.0000036667 = 0.0000700556, each of 200 launches reads 2 × 0.0015467699, and the image is 1,440 × 0.0001111111: for 9
// hours 453.960288 + 0.61870796 + 0.159999984 = 454.738995944. A t4g.medium is 730 × 0.0336 = 24.528 for each user.
const agents = "region: us-east-1\nmicrovm: 4GB\nimage: 2GB\nworkload: {users: 10, days: 20, running: 9h}\n" +
	"compare: [{ec2: t4g.medium}, {sandbox: e2b}]\n"

func TestSweepOfAnAlternative(t *testing.T) {
	for _, tc := range []struct{ name, reason, vary, points string }{
		{
			"type", "245.28 and 490.56; 454.738995944 over each", "compare[0].ec2=t4g.medium,t4g.large",
			"EC2 t4g.medium 245.28 1.8539587245 | EC2 t4g.large 490.56 0.9269793622",
		},
		{
			"sharing", "ten users need 10, then 5 instances", "compare[0].ec2.users_per_instance=1..2/1",
			"EC2 t4g.medium 245.28 1.8539587245 | EC2 t4g.medium, 2 users each 122.64 3.707917449",
		},
		{"unknown price", "the point says so", "compare[0].ec2=t9g.big", "EC2 t9g.big unknown"},
		{"workload alone", "an alternative that no axis varies is not priced", "workload.users=10..10/1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := sweep(t, agents, tc.vary)
			require.NoError(t, err)
			var points []string
			for _, p := range s.Points {
				require.Equal(t, "454.738995944", p.Total.String())
				for _, c := range p.Compared {
					if c.Unknown() != "" {
						points = append(points, c.Name+" unknown")
						continue
					}
					points = append(points, c.Name+" "+c.Monthly.String()+" "+c.Ratio.RoundBank(10).String())
				}
			}
			require.Equal(t, tc.points, strings.Join(points, " | "), tc.reason)
		})
	}
	both, err := sweep(t, agents, "compare[1].sandbox=e2b,modal", "compare[0].ec2=t4g.medium")
	require.NoError(t, err)
	require.Equal(t, []string{"compare[1]", "compare[0]"}, both.Entries())
	require.Equal(
		t,
		[]string{"E2B", "EC2 t4g.medium"},
		[]string{both.Points[0].Compared[0].Name, both.Points[0].Compared[1].Name},
	)
	_, err = sweep(t, agents, "compare[1].sandbox=e2b,e2c")
	require.ErrorContains(t, err, `test.yaml:5:40: compare[1].sandbox: "e2c" is not a known sandbox (did you mean e2b?)`)
	require.ErrorContains(t, err, "(with compare[1].sandbox=e2c)")
}

// TestSweepWarnings: 200 days of 9 hours take two lives of 8 hours each, 400 launches; 200 that are missing read
// 2 × 0.0015467699 each.
func TestSweepWarnings(t *testing.T) {
	s, err := sweep(t, agents, "workload.running=7h..9h/30m")
	require.NoError(t, err)
	all := s.Warnings()
	require.Len(t, all, 1)
	require.Equal(t, "life-cap", all[0].ID)
	require.Equal(t, []int{3, 4}, all[0].Points, "8h30m and 9h; 8 hours are allowed")
	require.True(t, all[0].Alike, "both take two lives a day")
	require.Contains(
		t,
		all[0].Text,
		"at least 400 launches, not 200; the launch reads that are missing here would cost $0.61870796.",
	)

	s, err = sweep(t, agents, "workload.running=9h..17h/8h")
	require.NoError(t, err)
	require.False(t, s.Warnings()[0].Alike, "17 hours take three lives")
	require.Contains(t, s.Warnings()[0].Text, "at least 600 launches, not 200")

	// What is warned of at a point is what an estimate of it warns of.
	for i, text := range []string{
		strings.Replace(agents, "9h", "9h, suspended: 1h", 1),
		strings.Replace(agents, "us-east-1", "us-east-2", 1) + "rates: {vcpu_second: 1, gb_second: 1, snapshot_read_gb: 1, storage_gb_month: 1}\n",
	} {
		e := estimate(t, text)
		s, err := sweep(t, text, "workload.days=20..20/1")
		require.NoError(t, err)
		require.Equal(t, e.Warnings, s.Points[0].Warnings, "%d", i)
		require.NotEmpty(t, e.Warnings)
	}
}
