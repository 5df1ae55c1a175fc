package scenarios

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

func TestParseAxis(t *testing.T) {
	for _, test := range []struct{ name, reason, text, path, values string }{
		{"one unit", "the commonest form", "workload.running=1h..3h/1h", "workload.running", "1h 2h 3h"},
		{"unit once", "the ends share it", "workload.running=1..2h/0.5h", "workload.running", "1h 1.5h 2h"},
		{"step without unit", "it is that of the ends", "workload.running=1h..2h/0.5", "workload.running", "1h 1.5h 2h"},
		{
			"other units", "durations are counted in seconds", "workload.running=30m..1h/900s", "workload.running",
			"1800s 2700s 3600s",
		},
		{"sizes in MiB and GB", "likewise in GB", "state.size=512MiB..1GB/256MiB", "state.size", "0.5GB 0.75GB 1GB"},
		{
			"per day", "the slash of a period is not that of a step", "workload.cycles=2/day..4/day/1", "workload.cycles",
			"2/day 3/day 4/day",
		},
		{"percent", "shares too", "workload.burst.share=10%..30%/10%", "workload.burst.share", "10% 20% 30%"},
		{"not a multiple", "the last value is not beyond the end", "workload.users=1..10/4", "workload.users", "1 5 9"},
		{"one value", "an end may be the start", "workload.users=5..5/1", "workload.users", "5"},
		{
			"MicroVM sizes", "there are five, and no step makes them", "microvm.memory=1GB..8GB", "microvm.memory",
			"1GB 2GB 4GB 8GB",
		},
		{"a list", "regions are not numbers", "region=eu-west-1,us-east-1", "region", "eu-west-1 us-east-1"},
		{"exact steps", "no float drifts", "rates.vcpu_second=0.1..0.3/0.1", "rates.vcpu_second", "0.1 0.2 0.3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			axis, err := ParseAxis(test.text)
			require.NoError(t, err, test.reason)
			require.Equal(t, test.path, axis.Path)
			require.Equal(t, test.values, strings.Join(axis.Values, " "), test.reason)
		})
	}
}

func TestParseAxisRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, message string }{
		{
			"no values", "workload.running",
			`"workload.running" is not of the form path=from..to/step, such as workload.running=1h..12h/1h`,
		},
		{"no path", "=1..2/1", `"=1..2/1" is not of the form path=from..to/step, such as workload.running=1h..12h/1h`},
		{"no step", "workload.users=1..5", "workload.users: 1..5 has no step; write it as 1..5/STEP"},
		{"backwards", "workload.users=5..1/1", "workload.users: ends below its start"},
		{"sizes backwards", "microvm.memory=8GB..1GB", "microvm.memory: ends below its start"},
		{"step of zero", "workload.users=1..5/0", "workload.users: the step must be above zero"},
		{
			"kinds mixed", "workload.running=1h..4GB/1h",
			"workload.running: 1h, 4GB, 1h: start, end and step are not in the same unit",
		},
		{"too many", "workload.users=1..1000000/1", "workload.users: has 1000000 values; at most 100000 are swept"},
		{"exponent", "workload.users=1..1e9/1", "workload.users: 1, 1e9, 1: start, end and step are not in the same unit"},
		{"half a range", "workload.users=..5/1", "workload.users: a range is written as its ends, such as 2h..4h"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseAxis(test.text)
			require.EqualError(t, err, test.message)
		})
	}
}

func FuzzParseAxis(f *testing.F) {
	f.Add("workload.running=1h..12h/1h")
	f.Add("a=0..99999999999999/0.00000000000000000001")
	f.Fuzz(func(t *testing.T, text string) {
		axis, err := ParseAxis(text)
		if err == nil {
			require.NotEmpty(t, axis.Values)
			require.LessOrEqual(t, len(axis.Values), max(MaxSweepPoints, strings.Count(text, ",")+1))
		}
	})
}

const sweptWorkload = "image: {size: 2GB}\nstate: {size: 1GB}\nworkload: {users: 3, days: 20, running: 4h, cycles: 2}\n" +
	"compare: [{ec2: {type: t4g.medium, ebs_gb: 10}}]\n"

func sweep(t testing.TB, text string, vary ...string) (*Sweep, error) {
	t.Helper()
	var axes []Axis
	for _, v := range vary {
		axis, err := ParseAxis(v)
		require.NoError(t, err)
		axes = append(axes, axis)
	}
	return market(t).Sweep(load(t, text), axes...)
}

func TestSweepPricesEachPointAsAnEstimateWould(t *testing.T) {
	s, err := sweep(t, atPostRates(sweptWorkload), "workload.running=1h..6h/30m", "microvm.memory=0.5GB..8GB")
	require.NoError(t, err)
	require.Len(t, s.Points, 11*5)
	for i, p := range s.Points {
		text := strings.Replace(atPostRates(sweptWorkload), "running: 4h", "running: "+p.Values[0], 1)
		text = strings.Replace(text, "{memory: 4GB}", "{memory: "+p.Values[1]+"}", 1)
		e := estimate(t, text)
		require.Equal(t, e.Bill.Total().String(), p.Total.String(), "point %d: %v", i, p.Values)
		require.Equal(t, e.PerUnit.String(), p.PerUnit.String())
	}
	require.Equal(t, []string{"3600s", "0.5GB"}, s.Points[0].Values)
	require.Equal(t, []string{"3600s", "1GB"}, s.Points[1].Values, "the last axis changes fastest")
}

func TestSweepSetsWhatTheFileLeavesOut(t *testing.T) {
	s, err := sweep(t, atPostRates(sweptWorkload), "workload.burst.share=0%..100%/50%")
	require.NoError(t, err)
	require.True(t, s.Points[0].Total.LessThan(s.Points[2].Total))
}

func TestSweepRefuses(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		vary         []string
		message      string
	}{
		{
			"impossible value", "the point is named",
			[]string{"workload.running=23h..25h/1h"},
			"test.yaml:10:41: workload.running: is 25 hours on each active day; a day has 24 (with workload.running=25h)",
		},
		{
			"unknown field", "a misspelt path must not be swept in silence",
			[]string{"workload.runing=1h..2h/1h"},
			"test.yaml: workload.runing: unknown key; allowed here: users, days, jobs, running, work, burst, suspended, launches, cycles, trace, idle_timeout, suspended_duration, trace_period (with workload.runing=1h)",
		},
		{
			"not a path", "nor a path that is none",
			[]string{"workload..x=1,2"},
			`"workload..x" is not a path such as workload.running or compare[0].ec2.ebs_gb`,
		},
		{"no such entry", "list entries are not made", []string{"compare[7].ec2=1,2"}, "compare[7].ec2: there is no entry 7"},
		{"a whole section", "a value cannot take its place", []string{"workload=1,2"}, "workload is not a single value"},
		{
			"below a value", "a value has nothing below it",
			[]string{"region.x=1,2"},
			`region.x: "eu-west-1" stands where x would have to be a mapping`,
		},
		{
			"twice", "one of the two would win",
			[]string{"workload.users=1,2", "workload.users=3,4"},
			"workload.users is varied twice",
		},
		{
			"three", "a table has two sides",
			[]string{"workload.users=1,2", "workload.days=1,2", "state.size=1GB,2GB"},
			"a sweep varies one field or two",
		},
		{
			"too many", "the points multiply",
			[]string{"workload.users=1..1000/1", "workload.running=1s..1000s/1s"},
			"the sweep has more than 100000 points",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := sweep(t, atPostRates(sweptWorkload), test.vary...)
			require.EqualError(t, err, test.message, test.reason)
		})
	}
}

func TestSweepLeavesTheScenarioAlone(t *testing.T) {
	s := load(t, atPostRates(sweptWorkload))
	before, err := market(t).Estimate(s)
	require.NoError(t, err)
	_, err = market(t).Sweep(s, Axis{Path: "workload.users", Values: []string{"7", "9"}})
	require.NoError(t, err)
	after, err := market(t).Estimate(s)
	require.NoError(t, err)
	require.Equal(t, before.Bill.Total().String(), after.Bill.Total().String())
	require.Len(t, after.Comparisons, 1)
}

func TestRanges(t *testing.T) {
	const ranged = "image: {size: 1GB..2GB}\nstate: {size: 512MiB..1GB}\n" +
		"workload: {users: 10..20, days: 20, running: 2..4h, suspended: 1h, cycles: 1/day..3/day, burst: {share: 0%..25%}}\n"
	const low = "image: {size: 1GB}\nstate: {size: 512MiB}\n" +
		"workload: {users: 10, days: 20, running: 2h, suspended: 1h, cycles: 1, burst: {share: 0%}}\n"
	const high = "image: {size: 2GB}\nstate: {size: 1GB}\n" +
		"workload: {users: 20, days: 20, running: 4h, suspended: 1h, cycles: 3, burst: {share: 25%}}\n"
	e := estimate(t, atPostRates(ranged))
	require.Equal(t, estimate(t, atPostRates(high)).Bill.Total().String(), e.Bill.Total().String())
	require.NotNil(t, e.Low)
	require.Equal(t, estimate(t, atPostRates(low)).Bill.Total().String(), e.Low.Bill.Total().String())
	for _, line := range e.Bill.Lines {
		component := line.Component
		require.True(t, e.Low.Bill.Sum(component).LessThanOrEqual(line.Amount), "%s is not lower at the low end", component)
	}
	require.Contains(t, ids(e.Assumptions), "range")
}

func TestRangeOfDiscountCostsMoreAtItsLowEnd(t *testing.T) {
	text := strings.Replace(atPostRates(sweptWorkload), "  storage_gb_month", "  discount: 5%..15%\n  storage_gb_month", 1)
	e := estimate(t, text)
	require.Equal(t, "0.05", e.Bill.Card.Discounts[pricing.VCPU].String())
	require.Equal(t, "0.15", e.Low.Bill.Card.Discounts[pricing.VCPU].String())
	require.True(t, e.Low.Bill.Total().LessThan(e.Bill.Total()))
}

func TestRangeOfOneDiscountCostsMoreAtItsLowEnd(t *testing.T) {
	text := strings.Replace(atPostRates(sweptWorkload), "  storage_gb_month",
		"  discount: {vcpu: 5%..15%, memory: 1%}\n  storage_gb_month", 1)
	e := estimate(t, text)
	require.Equal(t, "5% on vCPU, 1% on memory", e.Bill.Card.Discounts.String())
	require.Equal(t, "15% on vCPU, 1% on memory", e.Low.Bill.Card.Discounts.String())
	require.True(t, e.Low.Bill.Total().LessThan(e.Bill.Total()))
}

func TestRangesRefuse(t *testing.T) {
	for _, test := range []struct{ name, field, message string }{
		{"backwards", "running: 4h..2h", `test.yaml:8:41: workload.running: "4h..2h": ends below its start`},
		{"half", "running: 4h..", `test.yaml:8:41: workload.running: "4h..": a range is written as its ends, such as 2h..4h`},
		{
			"high end impossible", "running: 4h..25h",
			"test.yaml:8:41: workload.running: is 25 hours on each active day; a day has 24",
		},
		{
			"low end impossible", "running: 4h, users: 0..5",
			"test.yaml:8:52: workload.users: 0 is not a whole number of at least 1",
		},
		{
			"three ends", "running: 1h..2h..3h",
			`test.yaml:8:41: workload.running: "1h..2h..3h": a range is written as its ends, such as 2h..4h`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			users := "users: 1, "
			if strings.Contains(test.field, "users") {
				users = "          "
			}
			_, err := Load("test.yaml", []byte(atPostRates("workload: {"+users+"days: 20, "+test.field+"}")))
			require.EqualError(t, err, test.message)
		})
	}
}

func TestSensitivity(t *testing.T) {
	e := estimate(t, atPostRates("image: {count: 0}\nstate: {size: 1GB}\nworkload: {users: 5, days: 20, running: 4h, launches: 0, cycles: 2}\n"))
	s, err := market(t).Sensitivity(e, decimal.New(2, -1))
	require.NoError(t, err)
	byInput := map[string]Influence{}
	for i, in := range s.Inputs {
		byInput[in.Input] = in
		if i > 0 {
			require.True(t, in.Swing().Abs().LessThanOrEqual(s.Inputs[i-1].Swing().Abs()), "the largest comes first")
		}
	}
	// Everything scales with users, so ±20 % of them is ±20 % of the bill.
	total := e.Bill.Total()
	requireDecimal(t, total.Mul(dec(t, "0.8")).String(), byInput["workload.users"].Low)
	requireDecimal(t, total.Mul(dec(t, "1.2")).String(), byInput["workload.users"].High)
	// Running time moves compute alone, and the rates of vCPU and memory share it.
	compute := e.Bill.Sum(pricing.Compute)
	requireDecimal(t, compute.Mul(dec(t, "0.4")).String(), byInput["workload.running"].Swing())
	requireDecimal(t, compute.Mul(dec(t, "0.4")).String(),
		byInput["rates.vcpu_second"].Swing().Add(byInput["rates.gb_second"].Swing()))
	// Sizes move to their neighbours: half and twice the compute.
	requireDecimal(t, total.Sub(compute).Add(compute.Mul(dec(t, "2"))).String(), byInput["microvm.memory"].High)
	require.NotContains(t, byInput, "image.size", "what moves nothing is left out")
	require.NotContains(t, byInput, "workload.suspended")

	for _, by := range []string{"0", "1", "-0.1"} {
		_, err := market(t).Sensitivity(e, dec(t, by))
		require.Error(t, err)
	}
}

func TestSensitivityStaysWithinWhatIsPossible(t *testing.T) {
	e := estimate(t, atPostRates("image: {count: 0}\nworkload: {users: 1, days: 30, running: 22h, burst: {share: 90%, memory: 5GB}}\n"))
	s, err := market(t).Sensitivity(e, decimal.New(5, -1))
	require.NoError(t, err)
	notes := map[string]string{}
	for _, in := range s.Inputs {
		notes[in.Input] = in.Note
	}
	require.Equal(t, "at most 31", notes["workload.days"])
	require.Equal(t, "at most 86400s", notes["workload.running"])
	require.Equal(t, "at most 100%", notes["workload.burst.share"])
	require.Equal(t, "at most 8", notes["workload.burst.vcpu"])
}

func TestFleetIsTheSumOfItsParts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var estimates []*Estimate
		sum := decimal.Decimal{}
		for range rapid.IntRange(1, 5).Draw(r, "files") {
			users := rapid.IntRange(1, 50).Draw(r, "users")
			size := rapid.SampledFrom([]string{"0.5GB", "2GB", "8GB"}).Draw(r, "size")
			e := estimate(t, atPostRates("microvm: {memory: "+size+"}",
				"workload: {days: 20, running: 100s, suspended: 7s, cycles: 1, users: "+
					decimal.NewFromInt(int64(users)).String()+"}"))
			estimates = append(estimates, e)
			sum = sum.Add(e.Bill.Total())
		}
		fleet := NewFleet(estimates)
		require.Equal(t, sum.String(), fleet.Total.String())
		lines, groups := decimal.Decimal{}, decimal.Decimal{}
		for _, line := range fleet.Lines {
			lines = lines.Add(line.Amount)
		}
		for _, group := range pricing.Groups() {
			groups = groups.Add(fleet.Sum(group))
		}
		require.Equal(t, sum.String(), lines.String())
		require.Equal(t, sum.String(), groups.String())
	})
}

func TestRuleOfThumb(t *testing.T) {
	for _, test := range []struct {
		name, reason, workload string
		says                   Rule
		sentence               string
	}{
		{
			"assistant", "state and long runs", "workload: {users: 10, days: 20, running: 4h, cycles: 2}",
			RuleMicroVM, "A MicroVM: state between requests, runs longer than 15 minutes.",
		},
		{
			"rendering", "stateless, short and a lot of it", "workload: {jobs: 200000, running: 8s}",
			RuleFunction, "A function: stateless, short, high volume.",
		},
		{
			"CI", "long and stateless points both ways", "workload: {jobs: 500, running: 30m}\ntraits: [untrusted-code]",
			RuleMicroVM, "A MicroVM: untrusted or users' code, runs longer than 15 minutes.",
		},
		{
			"users' scripts", "untrusted code against short, stateless runs",
			"workload: {jobs: 500, running: 30s}\ntraits: [untrusted-code]",
			RuleOpen, "Open: untrusted or users' code speak for a MicroVM, stateless, short for a function.",
		},
		{
			"always on", "a rate per second is no bargain around the clock", "workload: {users: 1, days: 30, running: 24h}",
			RuleContinuous, "It computes around the clock: EC2 or Fargate, as a MicroVM bills every second at a higher rate.",
		},
		{
			"kernel module", "no MicroVM takes it",
			"workload: {users: 1, days: 20, running: 2h}\ntraits: [custom-kernel, state]",
			RuleEC2, "A kernel of its own, or another system than Linux: only EC2 can run it.",
		},
		{
			"blog", "nothing to isolate", "workload: {users: 1, days: 30, running: 1h}\ntraits: [simple-public-site]",
			RuleLightsail, "A simple public site: Lightsail.",
		},
		{
			"nothing said", "short visits say nothing", "workload: {users: 1, days: 20, running: 10m}",
			RuleOpen, "Open: nothing in the workload speaks for either; state its traits.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := load(t, atPostRates(test.workload)).RuleOfThumb()
			require.Equal(t, test.says, rule.Says, test.reason)
			require.Equal(t, test.sentence, rule.Sentence)
		})
	}
}

// TestSweepForgetsThePointBefore: what is decoded once is what no axis changes, and nothing of one point stays for the
// next: a value of a section that is varied, a rate, an architecture's size, a fault.
func TestSweepForgetsThePointBefore(t *testing.T) {
	for _, vary := range [][]string{
		{"rates.discount=0%..50%/25%"},
		{"region=us-east-1,eu-west-1", "workload.cycles=0..4/2"},
		{"microvm.memory=0.5GB..8GB", "workload.burst.share=0%..50%/25%"},
		{"state.size=1GB..2GB/0.5GB", "image.count=0..2/1"},
	} {
		text := "region: us-east-1\nmicrovm: {memory: 4GB}\nworkload: {users: 2, days: 20, running: 2h, cycles: 3}\n"
		s := load(t, text)
		axes := make([]Axis, len(vary))
		for i := range vary {
			var err error
			axes[i], err = ParseAxis(vary[i])
			require.NoError(t, err)
		}
		swept, err := market(t).Sweep(s, axes...)
		require.NoError(t, err)
		for _, p := range swept.Points {
			root := cloneTree(s.root)
			for i, axis := range axes {
				require.NoError(t, setScalar(root, axis.Path, p.Values[i]))
			}
			alone, err := fromTree("alone", root, s.traces, nil)
			require.NoError(t, err)
			e, err := market(t).Estimate(alone)
			require.NoError(t, err)
			require.Equal(t, e.Bill.Total().String(), p.Total.String(), "%v", p.Values)
		}
	}
}
