package whatif_test

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/idle"
	"microspend/pricing"
	"microspend/spend/whatif"
	"microspend/usage"
)

// suspended are the records of MicroVMs of 2 GB in a region, each of which was suspended once for so many seconds
// with 1 GB of state, resumed, and ran for an hour.
func suspended(region string, seconds ...int64) []usage.Record {
	var records []usage.Record
	for i, length := range seconds {
		records = append(records, usage.Record{
			PeriodStart: time.Date(2026, time.November, 1+i%28, 0, 0, 0, 0, time.UTC), PeriodSeconds: 86_400, Region: region,
			Resource: usage.Resource{ID: fmt.Sprintf("mvm-%d", i)}, Tenant: "acme",
			Amounts: usage.Amounts{
				pricing.VCPU: 3_600_000, pricing.Memory: 3_600_000 * 2048, pricing.SnapshotRead: 1 << 30,
				pricing.SnapshotWrite: 1 << 30, pricing.SnapshotStorage: length << 30,
				usage.Running: 3_600_000, usage.Suspended: length * 1000, usage.Suspends: 1, usage.Resumes: 1,
			},
		})
	}
	return records
}

func each(records []usage.Record) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func partOf(t require.TestingT, region string, records []usage.Record) whatif.Part {
	part := whatif.Part{Region: region, Card: new(card(t, region))}
	for i := range records {
		if records[i].Region == region {
			part.Sum.Add(&records[i])
		}
	}
	return part
}

func note(out whatif.Outcome, id string) string {
	text := ""
	for _, n := range out.Notes {
		if n.ID == id {
			text += n.Text + "\n"
		}
	}
	return text
}

func TestALongerTimeoutPauseByPause(t *testing.T) {
	records := suspended("eu-west-1", 100, 200, 1000, 4000)
	pauses, err := whatif.ReadPauses(each(records), nil)
	require.NoError(t, err)
	require.EqualValues(t, 4, pauses.Count())
	part := partOf(t, "eu-west-1", records)
	// 300 s more: those of 100 and 200 s are run through, the other two run for 300 s more each.
	out := apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 600, Idle: pauses}, part)
	require.Equal(t, "2", out.ThenSuspend.String())
	require.Equal(t, "15300", out.ThenRunning.String(), "4 × 3,600 + 100 + 200 + 2 × 300")
	require.Equal(t, "15300", line(t, out, pricing.VCPU).Then.String())
	require.Equal(t, "2", line(t, out, pricing.SnapshotWrite).Then.String())
	require.Contains(t, note(out, "idle-pauses"), "from 4 suspensions of eu-west-1")
	require.Contains(t, note(out, "idle-cheapest"), "of 300 s or more for these pauses in eu-west-1 is 300 s")
	require.Empty(t, note(out, "idle-memoryless"))

	same := apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 300, Idle: pauses}, part)
	require.True(t, same.Then.Equal(same.Total))
	shorter := apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 60, Idle: pauses}, part)
	require.True(t, shorter.Then.Equal(apply(t, whatif.Change{TimeoutNow: 300, TimeoutThen: 60}, part).Then),
		"it is estimated as without pauses")
	require.Contains(t, note(shorter, "idle-shorter"), "do not show in the ledger")
}

func TestPausesAreOfTheirRegion(t *testing.T) {
	records := append(suspended("eu-west-1", 100, 4000), suspended("us-east-1", 5000)...)
	pauses, err := whatif.ReadPauses(each(records), nil)
	require.NoError(t, err)
	here, there := partOf(t, "eu-west-1", records), partOf(t, "us-east-1", records)
	change := whatif.Change{TimeoutNow: 300, TimeoutThen: 600, Idle: pauses}
	both := apply(t, change, here, there)
	require.True(t, both.Then.Equal(apply(t, change, here).Then.Add(apply(t, change, there).Then)))
	require.Contains(t, note(both, "idle-pauses"), "2 suspensions of eu-west-1")
	require.Contains(t, note(both, "idle-pauses"), "1 suspensions of us-east-1")
}

func TestWhereThereAreNoPauses(t *testing.T) {
	pauses, err := whatif.ReadPauses(each(nil), nil)
	require.NoError(t, err)
	require.Zero(t, pauses.Count())
	change := whatif.Change{TimeoutNow: 300, TimeoutThen: 600}
	estimated := apply(t, change, twoGB("eu-west-1", t))
	change.Idle = pauses
	out := apply(t, change, twoGB("eu-west-1", t))
	require.True(t, out.Then.Equal(estimated.Then), "sums alone are estimated from")
	require.NotEmpty(t, note(out, "idle-memoryless"))

	open := suspended("eu-west-1", 100, 200)
	open[1].Amounts[usage.Resumes] = 0
	pauses, err = whatif.ReadPauses(each(open), nil)
	require.NoError(t, err)
	change.Idle = pauses
	require.Contains(t, note(apply(t, change, partOf(t, "eu-west-1", open)), "idle-pauses"),
		"; 1 more that no resume was seen for")

	broken := errors.New("broken")
	_, err = whatif.ReadPauses(func(yield func(usage.Record, error) bool) { yield(usage.Record{}, broken) }, nil)
	require.ErrorIs(t, err, broken)
}

func TestTooManyPauses(t *testing.T) {
	one := suspended("eu-west-1", 100)[0]
	read := 0
	_, err := whatif.ReadPauses(func(yield func(usage.Record, error) bool) {
		for ; yield(one, nil); read++ {
		}
	}, nil)
	require.ErrorIs(t, err, whatif.TooManyPausesError{})
	require.ErrorContains(t, err, "there are more than 500,000 pauses")
	require.Equal(t, whatif.MostPauses, read)
}

// TestPausesAreThoseOfTheIdleAnalysis: the difference between the bills is the one that the idle analysis finds for
// the same records, and so is the cheapest timeout.
func TestPausesAreThoseOfTheIdleAnalysis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := suspended("eu-west-1", rapid.SliceOfN(rapid.Int64Range(1, 20_000), 1, 20).Draw(t, "suspended")...)
		now := rapid.Int64Range(60, 3600).Draw(t, "now")
		then := now + rapid.Int64Range(1, 20_000).Draw(t, "longer")
		pauses, err := whatif.ReadPauses(each(records), nil)
		require.NoError(t, err)
		out := apply(t, whatif.Change{TimeoutNow: now, TimeoutThen: then, Idle: pauses}, partOf(t, "eu-west-1", records))

		trace, err := idle.FromRecords(each(records), idle.RecordOptions{TimeoutMS: now * 1000})
		require.NoError(t, err)
		size, err := pricing.ParseSize("2GB")
		require.NoError(t, err)
		model, err := idle.NewModel(card(t, "eu-west-1"), size, dec("1"), dec("0"))
		require.NoError(t, err)
		analysis, err := model.Analyse(trace, idle.Options{NoLives: true, CurrentSeconds: now, Timeouts: []int64{then}})
		require.NoError(t, err)
		require.Equal(t, analysis.Policies[0].Cost.Sub(analysis.Current.Cost).String(), out.Then.Sub(out.Total).String())
		require.Contains(t, note(out, "idle-cheapest"), fmt.Sprintf(" is %d s\n", analysis.Best.TimeoutSeconds()))
	})
}

// Rates that change within the time change what the same pauses cost, and not what a longer timeout does to them: 300 s
// more are 900 s of running whether there is one card or two.
func TestPausesUnderTwoCards(t *testing.T) {
	records := suspended("eu-west-1", 100, 200, 1000, 4000)
	pauses, err := whatif.ReadPauses(each(records), nil)
	require.NoError(t, err)
	change := whatif.Change{TimeoutNow: 300, TimeoutThen: 600, Idle: pauses}
	one := apply(t, change, partOf(t, "eu-west-1", records))
	for at := 1; at < len(records); at++ {
		part := partOf(t, "eu-west-1", records[:at])
		part.Continue(partOf(t, "eu-west-1", records[at:]))
		two := apply(t, change, part)
		require.Equal(t, "15300", two.ThenRunning.Round(15).String(), "4 × 3,600 + 100 + 200 + 2 × 300")
		require.Equal(t, "2", two.ThenSuspend.Round(15).String())
		require.Equal(t, one.Then.Round(15).String(), two.Then.Round(15).String(), "the cards are the same")
	}

	// A second card that asks twice as much for a vCPU: of the 900 s, those are at it that 5,000 of 5,300 s suspended
	// bring.
	later := partOf(t, "eu-west-1", records[2:])
	rate := later.Card.Rate(pricing.VCPU)
	rate.Figure = rate.Figure.Add(rate.Figure)
	later.Card = new(later.Card.With(pricing.VCPU, rate))
	part := partOf(t, "eu-west-1", records[:2])
	part.Continue(later)
	before, after := line(t, one, pricing.VCPU), line(t, apply(t, change, part), pricing.VCPU)
	require.Equal(t, "15300", after.Then.Round(15).String())
	added := pricing.Prorate(before.ThenAmount, decimal.NewFromInt(7200*5300+900*5000), decimal.NewFromInt(15300*5300))
	require.Equal(t, before.ThenAmount.Add(added).Round(15).String(), after.ThenAmount.Round(15).String())
}
