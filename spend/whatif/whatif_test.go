package whatif_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/spend/whatif"
	"microspend/usage"
)

func card(t require.TestingT, region string) pricing.RateCard {
	card, err := pricing.EmbeddedCards().Card(region)
	require.NoError(t, err)
	return card
}

// instead prices parts on something else.
func instead(t require.TestingT, book pricing.PriceBook, kind whatif.Kind, parts []whatif.Part, seconds int64,
) whatif.Alternative {
	out, err := whatif.Instead(context.Background(), book, kind, parts, seconds)
	require.NoError(t, err)
	return out
}

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// twoGB is a MicroVM of 2 GB that ran for 100 hours, was suspended 40 times for 30 minutes each with 1 GB of state,
// and launched 10 times from an image of 2 GB.
func twoGB(region string, t require.TestingT) whatif.Part {
	var sum usage.Sum
	sum.Add(&usage.Record{
		PeriodSeconds: 86_400,
		Amounts: usage.Amounts{
			pricing.VCPU: 360_000_000, pricing.Memory: 360_000_000 * 2048, pricing.SnapshotRead: (20 + 40) << 30,
			pricing.SnapshotWrite:   40 << 30,
			pricing.SnapshotStorage: 72_000 << 30,
			usage.Running:           360_000_000, usage.Suspended: 72_000_000, usage.Launches: 10, usage.Suspends: 40,
			usage.Resumes: 40,
		},
	})
	return whatif.Part{Region: region, Card: new(card(t, region)), Sum: sum}
}

const thirtyDays = 30 * 86_400

func apply(t require.TestingT, change whatif.Change, parts ...whatif.Part) whatif.Outcome {
	out, err := whatif.Apply(parts, thirtyDays, change)
	require.NoError(t, err)
	return out
}

func line(t require.TestingT, out whatif.Outcome, q pricing.BilledQuantity) whatif.Line {
	for _, l := range out.Lines {
		if l.Of == q {
			return l
		}
	}
	require.Fail(t, "no line of "+q.String())
	return whatif.Line{}
}

func TestFacts(t *testing.T) {
	part := twoGB("eu-west-1", t)
	facts, ran := whatif.FactsOf(&part.Sum)
	require.True(t, ran)
	require.Equal(t, "2GB", facts.Size.String())
	require.True(t, facts.Running.Equal(dec("360000")))
	require.True(t, facts.Average.Equal(dec("2")))
	require.True(t, facts.State.Equal(dec("1073741824")))

	part.Sum.Amounts[pricing.Memory] = usage.Uint128{Lo: 360_000_000 * 3000}
	facts, _ = whatif.FactsOf(&part.Sum)
	require.Equal(t, "2GB", facts.Size.String(), "a burst makes the average larger, never the size")
	_, ran = whatif.FactsOf(&usage.Sum{})
	require.False(t, ran)
}

func TestNothingChangedIsTheBill(t *testing.T) {
	out := apply(t, whatif.Change{}, twoGB("eu-west-1", t))
	// 360,000 vCPU-s × 0.0000291572 + 720,000 GB-s × 0.0000038603 + 60 GB × 0.0016403088 + 40 GB × 0.0040636422 + 20
	// GB-h × 0.0001322222
	require.Equal(t, "13.539616660", out.Total.StringFixed(9))
	require.True(t, out.Then.Equal(out.Total))
	require.True(t, out.Complete && out.ThenComplete)
	month := pricing.Divide(out.Total.Mul(dec("730")), dec("720"), pricing.AmountPlaces)
	require.True(t, out.Month.Equal(month))
}

func TestAnotherRegionIsTheSameUsageAtItsRates(t *testing.T) {
	part := twoGB("eu-west-1", t)
	elsewhere := twoGB("us-east-1", t)
	out := apply(t, whatif.Change{Region: "us-east-1", Card: card(t, "us-east-1")}, part)
	require.True(t, out.Then.Equal(apply(t, whatif.Change{}, elsewhere).Total))
	require.True(t, line(t, out, pricing.VCPU).Then.Equal(line(t, out, pricing.VCPU).Quantity))

	unknown := apply(t, whatif.Change{Region: "eu-central-1", Card: card(t, "eu-central-1")}, part)
	require.False(t, unknown.ThenComplete, "no rate of snapshots is known there")
	require.True(t, unknown.Complete)
	require.False(t, line(t, unknown, pricing.SnapshotWrite).ThenKnown)
	require.Contains(t, unknown.Unknown,
		"the snapshot write rate of eu-central-1 is not known; refresh the rates, or give it in microspend.yaml")
}

func TestTwiceTheMemory(t *testing.T) {
	size, err := pricing.ParseSize("4GB")
	require.NoError(t, err)
	out := apply(t, whatif.Change{Memory: &size}, twoGB("eu-west-1", t))
	two := dec("2")
	for _, q := range []pricing.BilledQuantity{
		pricing.VCPU, pricing.Memory, pricing.SnapshotWrite,
		pricing.SnapshotStorage,
	} {
		require.True(t, line(t, out, q).Then.Equal(line(t, out, q).Quantity.Mul(two)), "%s doubles", q)
	}
	require.True(t, line(t, out, pricing.SnapshotRead).Then.Equal(dec("100")),
		"20 GB of images stay, 40 GB of state double")
}

func TestAnotherIdleTimeout(t *testing.T) {
	part := twoGB("eu-west-1", t)
	// The mean suspended time is 1,800 s. At 300 s + 1,800 s there are 40/e suspends, and each less is 1,800 s more of
	// running.
	out := apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 2100}, part)
	require.Equal(t, "14.7151776469", out.ThenSuspend.StringFixed(10))
	require.Equal(t, "405512.680236", out.ThenRunning.StringFixed(6))
	require.Equal(t, "405512.680236", line(t, out, pricing.VCPU).Then.StringFixed(6),
		"idle time runs at the baseline, one vCPU")
	require.Equal(t, "14.715178", line(t, out, pricing.SnapshotWrite).Then.StringFixed(6))
	require.Equal(t, "34.715178", line(t, out, pricing.SnapshotRead).Then.StringFixed(6))
	shorter := apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 60}, part)
	require.True(t, shorter.ThenSuspend.GreaterThan(shorter.Suspends) && shorter.ThenRunning.LessThan(shorter.Running))
	require.True(t, apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 300}, part).Then.Equal(out.Total))

	part.Sum.Amounts[usage.Suspends], part.Sum.Amounts[usage.Suspended] = usage.Uint128{}, usage.Uint128{}
	none := apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 60}, part)
	require.True(t, none.Then.Equal(none.Total))
	require.Equal(t, "idle-no-suspends", none.Notes[0].ID)
}

// TestIdleModel is what must hold whatever the usage: a longer timeout never runs less nor suspends more, nothing
// falls below zero, and time is only moved between running and suspended.
func TestIdleModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := whatif.Facts{
			Running:   decimal.NewFromInt(rapid.Int64Range(0, 1e9).Draw(t, "running")),
			Suspended: decimal.NewFromInt(rapid.Int64Range(0, 1e9).Draw(t, "suspended")),
			Suspends:  decimal.NewFromInt(rapid.Int64Range(0, 1e6).Draw(t, "suspends")),
		}
		now := rapid.Int64Range(60, 28_800).Draw(t, "now")
		short, long := rapid.Int64Range(60, 28_800).Draw(t, "short"), rapid.Int64Range(60, 28_800).Draw(t, "long")
		if short > long {
			short, long = long, short
		}
		a, b := whatif.Memoryless{}.Effect(nil, f, now, short), whatif.Memoryless{}.Effect(nil, f, now, long)
		require.True(t, b.Running.GreaterThanOrEqual(a.Running), "%s %s", a.Running, b.Running)
		require.True(t, b.Suspends.LessThanOrEqual(a.Suspends))
		for _, e := range []whatif.Effect{a, b} {
			require.False(t, f.Running.Add(e.Running).IsNegative())
			require.False(t, f.Suspends.Add(e.Suspends).IsNegative())
			require.True(t, e.Running.Add(e.Suspended).IsZero())
		}
	})
}

// TestRunningTimeThatIsNotMeasured: metrics may have what is billed and not for how long anything ran.
func TestRunningTimeThatIsNotMeasured(t *testing.T) {
	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	part := twoGB("eu-west-1", t)
	measured := part
	part.Sum.Amounts[usage.Running] = usage.Uint128{}
	size, err := pricing.ParseSize("4GB")
	require.NoError(t, err)
	for name, change := range map[string]whatif.Change{
		"size":    {Memory: &size},
		"timeout": {TimeoutNow: 300, TimeoutThen: 600},
	} {
		out := apply(t, change, part)
		require.True(t, out.Complete && !out.ThenComplete, "another %s is not the same bill", name)
		require.Contains(t, out.Unknown[0], "for how long MicroVMs ran in eu-west-1 is not measured")
	}
	elsewhere := apply(t, whatif.Change{Region: "us-east-1", Card: card(t, "us-east-1")}, part)
	require.True(t, elsewhere.ThenComplete, "rates are all that changes")

	alt := instead(t, book, whatif.EC2, []whatif.Part{part, measured}, thirtyDays)
	require.Equal(t, []int{1, 1}, []int{alt.Priced, alt.Unpriced}, "its bill has no counterpart, which is not a saving")
	alt = instead(t, book, whatif.EC2, []whatif.Part{part}, thirtyDays)
	out := apply(t, whatif.Change{Alternative: &alt}, part)
	require.False(t, out.ThenComplete)
	require.Contains(t, out.Unknown[0], "is not measured")

	part.Sum = usage.Sum{Amounts: usage.Totals{pricing.SnapshotStorage: {Lo: 1 << 40}}}
	alt = instead(t, book, whatif.EC2, []whatif.Part{part}, thirtyDays)
	out = apply(t, whatif.Change{Alternative: &alt}, part)
	require.False(t, out.ThenComplete, "suspended all the time")
	require.Contains(t, out.Unknown[0], "nothing ran")
}

func TestInstead(t *testing.T) {
	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	part := twoGB("eu-west-1", t)
	ec2 := instead(t, book, whatif.EC2, []whatif.Part{part}, thirtyDays)
	require.Equal(t, "EC2 t4g.small", ec2.Name, "the cheapest with 2 GB whose price is known there")
	require.Equal(t, "13.432", ec2.Month.String(), "0.0184 × 730 h: one is busy for 101 h")
	require.Equal(t, 0, ec2.Cheaper, "100 h of 0.13276008 and the rest are 13.54")
	require.NotNil(t, ec2.BreakEven)
	// (13.432 − what reads, writes and storage cost a month) / what an hour of 1 vCPU and 2 GB costs
	rest := pricing.Divide(dec("0.263608660").Mul(dec("730")), dec("720"), 20)
	hour := dec("0.0000291572").Add(dec("0.0000038603").Mul(dec("2"))).Mul(dec("3600"))
	require.Equal(t, pricing.Divide(dec("13.432").Sub(rest), hour, 4).String(), ec2.BreakEven.RoundBank(4).String())

	three := instead(t, book, whatif.EC2, []whatif.Part{
		part, part,
		{Region: "mars-north-1", Card: &pricing.RateCard{}, Sum: part.Sum},
	}, thirtyDays)
	require.Equal(t, "26.864", three.Month.String())
	require.Equal(t, []int{2, 1}, []int{three.Priced, three.Unpriced}, "what has no price is counted, not taken for free")
	require.Contains(t, three.Unknown, "the price of EC2 with 2GB in mars-north-1 is not known")

	out := apply(t, whatif.Change{Alternative: &ec2}, part)
	require.Equal(t, "13.432", out.ThenMonth.String())
	require.Equal(t, pricing.Divide(dec("13.432").Mul(dec("720")), dec("730"), 20).String(), out.Then.String())
	for _, kind := range whatif.Kinds() {
		alt := instead(t, book, kind, []whatif.Part{part}, thirtyDays)
		require.Equal(t, 1, alt.Priced, kind)
		require.NotEmpty(t, alt.Sources)
		require.True(t, alt.Month.IsPositive())
	}
	require.Zero(t, instead(t, book, whatif.EC2, []whatif.Part{{Region: "eu-west-1"}}, thirtyDays).Priced,
		"nothing ran")
}

// Another region has rates of its own for each architecture, and images stay what they are: half of the fleet runs on
// x86-64. Of each half, 360,000 vCPU-s and 720,000 GB-s, at us-east-1's rates:
//
//	ARM64   360,000 × 0.0000276944 = 9.969984    720,000 × 0.0000036667 = 2.640024
//	x86-64  360,000 × 0.0000326557 = 11.756052   720,000 × 0.0000043235 = 3.112920
func TestAnotherRegionKeepsTheArchitecture(t *testing.T) {
	arm, x86 := twoGB("eu-west-1", t), twoGB("eu-west-1", t)
	x86.Card = new(x86.Card.For(pricing.ArchX86))
	there := whatif.Change{Region: "us-east-1", Card: card(t, "us-east-1")}
	out := apply(t, there, arm, x86)
	require.Equal(t, "21.726036", line(t, out, pricing.VCPU).ThenAmount.String())
	require.Equal(t, "5.752944", line(t, out, pricing.Memory).ThenAmount.String())

	both := arm
	both.Continue(x86) // rows of one tenant, told apart by their cards
	mixed := apply(t, there, both)
	require.Equal(t, out.Then.String(), mixed.Then.String(), "one tenant may run both")

	unknown := card(t, "eu-central-1")
	require.False(t, unknown.For(pricing.ArchX86).Rate(pricing.VCPU).Known())
	out = apply(t, whatif.Change{Region: "eu-central-1", Card: unknown}, x86)
	require.False(t, line(t, out, pricing.VCPU).ThenKnown, "never at the rate of ARM64")
}
