package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
	"microspend/pricing/assumption"
)

// TestCapacity: what each alternative offers beside what is needed of it, and why it cannot do the job where it cannot.
func TestCapacity(t *testing.T) {
	sevenHours := inJobs(t, 100, "25200") // of 2 GB / 1 vCPU
	nineHours := inJobs(t, 100, "32400")
	three := pricing.Demand{ // 3 users × 20 days × 3 h; a launch and two resumes a day, so an hour at a stretch
		Region: "us-east-1", Size: size(t, "8GB"), Users: whole(3), Running: whole(3 * 20 * 3 * 3600),
		Stretches: whole(3 * 20 * 3),
	}
	untrusted := three
	untrusted.OwnKernel = true
	bursting := three
	bursting.Size = size(t, "2GB")
	bursting.Peak = pricing.Burst{Share: dec("0.25"), VCPU: whole(4), GB: whole(8)}

	book := prices(t)
	for _, tc := range []struct {
		name, reason string
		candidate    pricing.Candidate
		demand       pricing.Demand
		offers       string // vCPU, GB, life, isolation
		needs        string
		cannot       []string
	}{
		{
			"seven hours in a function", "15 minutes at most",
			pricing.Function{},
			sevenHours,
			"1.158 2 15 min microVM", "1 2 7 h ",
			[]string{"one run lasts 15 min at most, and 7 h is needed"},
		},
		{
			"seven hours in 2,800 requests of 15 minutes", "it says how the work is cut up: 100 × 7 h / 15 min",
			pricing.Function{Requests: whole(2800)},
			sevenHours, "1.158 2 15 min microVM", "1 2 15 min ", nil,
		},
		{
			"seven hours of CI", "GitHub ends a job after six",
			pricing.CI{Runner: "github-linux-2-core"},
			sevenHours,
			"2 8 6 h VM", "1 2 7 h ",
			[]string{"one run lasts 6 h at most, and 7 h is needed"},
		},
		{
			"seven hours with E2B", "24 hours on its Pro tier",
			pricing.Sandbox{Provider: "e2b"},
			sevenHours,
			"1 2 24 h microVM", "1 2 7 h ", nil,
		},
		{
			"nine hours with AgentCore", "8 hours at most, as a MicroVM",
			pricing.Sandbox{Provider: "agentcore"},
			nineHours,
			"1 2 8 h microVM", "1 2 9 h ",
			[]string{"one run lasts 8 h at most, and 9 h is needed"},
		},
		{
			"too small a task", "0.25 vCPU for 4",
			pricing.Fargate{VCPU: dec("0.25"), GB: dec("0.5")},
			three,
			"0.25 0.5 14 days VM", "4 8 1 h ",
			[]string{"it has 0.25 of the 4 vCPU that are needed", "it has 0.5 of the 8 GB of memory that are needed"},
		},
		{
			"too small a function", "512 MiB / 1,769 of a vCPU, and an hour",
			pricing.Function{GB: dec("0.5")},
			three,
			"0.289 0.5 15 min microVM", "4 8 1 h ",
			[]string{
				"it has 0.289 of the 4 vCPU that are needed", "it has 0.5 of the 8 GB of memory that are needed",
				"one run lasts 15 min at most, and 1 h is needed",
			},
		},
		{
			"too small a bundle", "2 vCPU and half a GB",
			pricing.Lightsail{GB: dec("0.5")},
			three,
			"2 0.5 no limit VM", "4 8 1 h ",
			[]string{"it has 2 of the 4 vCPU that are needed", "it has 0.5 of the 8 GB of memory that are needed"},
		},
		{
			"packed", "100 may share it, and the 3 there are do: 3 × 4 vCPU, 3 × 8 GB",
			pricing.EC2{Type: "t4g.micro", UsersPerInstance: whole(100)},
			three, "2 1 no limit shared VM", "12 24 1 h ",
			[]string{
				"it has 2 of the 12 vCPU that are needed", "it has 1 of the 24 GB of memory that are needed", "3 users are on it at once",
			},
		},
		{
			"packed, but one at a time", "active_at_once says so",
			pricing.EC2{Type: "t4g.xlarge", UsersPerInstance: whole(3), ActiveAtOnce: whole(1)},
			three,
			"4 16 no limit shared VM", "4 8 1 h ", nil,
		},
		{
			"packed, with untrusted code", "its users share a kernel",
			pricing.EC2{Type: "t4g.xlarge", UsersPerInstance: whole(3), ActiveAtOnce: whole(1)},
			untrusted,
			"4 16 no limit shared VM", "4 8 1 h own kernel",
			[]string{"untrusted code shares a kernel with that of others"},
		},
		{
			"a container, with untrusted code", "its host's kernel is shared",
			pricing.Sandbox{Provider: "daytona"},
			untrusted,
			"4 8 no limit container", "4 8 1 h own kernel",
			[]string{"untrusted code shares a kernel with that of others"},
		},
		{
			"gVisor, with untrusted code", "a kernel in user space",
			pricing.Sandbox{Provider: "modal"},
			untrusted,
			"4 8 24 h gVisor", "4 8 1 h own kernel", nil,
		},
		{
			"an instance each", "no limit", pricing.EC2{Type: "t4g.xlarge"}, three, "4 16 no limit VM", "4 8 1 h ", nil,
		},
		{
			"a type that is not listed", "nothing is known of it",
			pricing.EC2{Type: "big", Hourly: new(dec("1"))},
			three,
			"0 0 no limit VM", "4 8 1 h ", nil,
		},
		{
			"a type that the scenario describes", "so it can be judged",
			pricing.EC2{Type: "big", Hourly: new(dec("1")), VCPU: whole(2), GB: whole(64)},
			three, "2 64 no limit VM", "4 8 1 h ",
			[]string{"it has 2 of the 4 vCPU that are needed"},
		},
		{
			"the most of a provider", "two vCPUs a session",
			pricing.Sandbox{Provider: "agentcore"},
			three,
			"2 8 8 h microVM", "4 8 1 h ",
			[]string{"it has 2 of the 4 vCPU that are needed"},
		},
		{
			"no burst", "the baseline does the work, more slowly",
			pricing.Fargate{},
			bursting, "1 2 14 days VM", "1 2 1 h ",
			nil,
		},
		{
			"a price alone", "what it is is for the user to judge",
			pricing.Fixed{Name: "x", PerMonth: whole(1)},
			three,
			"0 0 not known ", "4 8 1 h ", nil,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			alt := tc.candidate.Price(book, tc.demand).Judged(tc.demand)
			require.Empty(t, alt.Unknown())
			words := func(c pricing.Capacity) string {
				return c.VCPU.Round(3).String() + " " + c.GB.String() + " " + c.Life.String() + " " + string(c.Isolation)
			}
			require.Equal(t, tc.offers, words(alt.Offers), tc.reason)
			require.Equal(t, tc.needs, words(alt.Needs), tc.reason)
			require.Equal(t, tc.cannot, alt.Cannot, tc.reason)
		})
	}
	needs := pricing.Fargate{}.Price(book, bursting).Judged(bursting).Needs
	require.Equal(t, []string{"4", "8"}, []string{needs.PeakVCPU.String(), needs.PeakGB.String()}, "beside the baseline")
}

// TestLimitsHaveSources: every sandbox, runner and kind of alternative that has a price says how it isolates, how long
// a run lasts, and where both were read.
func TestLimitsHaveSources(t *testing.T) {
	book, demand := prices(t), hundredHours(t, "us-east-1")
	candidates := []pricing.Candidate{
		pricing.EC2{Type: "t4g.medium"}, pricing.Lightsail{GB: whole(4)}, pricing.Fargate{}, pricing.Function{},
	}
	for _, provider := range book.Sandboxes() {
		candidates = append(candidates, pricing.Sandbox{Provider: provider})
	}
	for _, runner := range book.Runners() {
		candidates = append(candidates, pricing.CI{Runner: runner})
	}
	for _, candidate := range candidates {
		alt := candidate.Price(book, demand).Judged(demand)
		require.Empty(t, alt.Unstated(), alt.Name)
		require.NotEmpty(t, alt.Offers.Isolation, alt.Name)
		require.GreaterOrEqual(t, len(alt.Offers.Limits), 2, alt.Name)
		for _, limit := range alt.Offers.Limits {
			require.NotEmpty(t, limit.Source, alt.Name)
			require.Regexp(t, `^\d{4}-\d{2}-\d{2}$`, limit.ReadOn, "%s: %s", alt.Name, limit.Of)
		}
	}
}

// What nobody states rules nothing out, and is named.
func TestUnstated(t *testing.T) {
	demand := inJobs(t, 100, "25200") // seven hours
	alt := pricing.Fixed{Name: "x", PerMonth: whole(1)}.Price(prices(t), demand).Judged(demand)
	require.Empty(t, alt.Cannot)
	require.Equal(t, []string{"vCPU", "memory", "longest run"}, alt.Unstated(), "isolation is not asked for")

	demand.OwnKernel = true
	alt = alt.Judged(demand)
	require.Empty(t, alt.Cannot)
	require.Equal(t, []string{"vCPU", "memory", "longest run", "isolation"}, alt.Unstated())
}

// Requests of several users reuse a function's environment unless it is told to keep them apart.
func TestUntrustedCodeInFunctions(t *testing.T) {
	demand, book := inJobs(t, 100, "60"), prices(t)
	tenants := assumption.FunctionTenants.Clause()
	require.NotContains(t, pricing.Function{}.Price(book, demand).Judged(demand).Notes, tenants)
	demand.OwnKernel = true
	require.Contains(t, pricing.Function{}.Price(book, demand).Judged(demand).Notes, tenants)
	require.NotContains(t, pricing.Sandbox{Provider: "e2b"}.Price(book, demand).Judged(demand).Notes, tenants)
}

func TestLifeInWords(t *testing.T) {
	for seconds, words := range map[int64]string{
		0: "not known", 59: "59 s", 60: "1 min", 5040: "1.4 h", 86400: "24 h", 172_799: "48 h", 172_800: "2 days", 1_209_600: "14 days",
	} {
		require.Equal(t, words, pricing.Life{Seconds: whole(seconds)}.String())
	}
	require.Equal(t, "no limit", pricing.Life{Unlimited: true}.String())
}
