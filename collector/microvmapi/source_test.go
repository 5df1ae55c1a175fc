package microvmapi_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
	"microspend/pricing"
	"microspend/usage"
)

// TestAWholeLife follows a MicroVM whose changes come between polls, and works the figures out by hand.
func TestAWholeLife(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.ImagesEvery = -1 })
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 90*time.Second,
		at(90*time.Second, running),
		at(10*time.Minute+30*time.Second, suspended), // in the middle of two polls: exact
		at(20*time.Minute+30*time.Second, running),
		at(27*time.Minute+15*time.Second, terminated), // to the millisecond, as terminatedAt says it
	))
	w.poll()
	w.pollThrough(40*time.Minute, time.Minute)

	ran, slept := (9*60+6*60+45)*time.Second, 10*time.Minute
	sum := w.sum()
	require.Equal(t, ran.Milliseconds(), sum.Amounts[usage.Running])
	require.Equal(t, slept.Milliseconds(), sum.Amounts[usage.Suspended])
	require.Equal(t, w.service.Truth(start, w.now), fakemicrovms.Truth{
		Running: ran, Suspended: slept, Launches: 1,
		Suspends: 1, Resumes: 1,
	})
	require.Equal(t, []int64{1, 1, 1}, []int64{
		sum.Amounts[usage.Launches], sum.Amounts[usage.Suspends],
		sum.Amounts[usage.Resumes],
	})
	require.Equal(t, ran.Milliseconds(), sum.Amounts[pricing.VCPU], "one vCPU at 2 GiB")
	require.Equal(t, ran.Milliseconds()*2048, sum.Amounts[pricing.Memory])
	require.Equal(t, 1110+2*gib, sum.Amounts[pricing.SnapshotRead],
		"the larger build at the launch, the baseline memory at the resume")
	require.Equal(t, 2*gib, sum.Amounts[pricing.SnapshotWrite])
	require.Equal(t, 2*gib*600, sum.Amounts[pricing.SnapshotStorage])

	records := w.list()
	var covers []usage.Coverage
	for _, r := range records {
		covers = append(covers, r.Coverage)
		require.Equal(t, "arn:aws:iam::123456789012:role/mvm-1", r.Role)
		require.Equal(t, imageARN, r.Image)
		require.Equal(t, microvmapi.SourceName, r.Source)
		require.Equal(t, int64(300), r.PeriodSeconds)
	}
	const complete, partial = usage.CoverageComplete, usage.CoveragePartial
	require.Equal(t, []usage.Coverage{partial, complete, partial, complete, partial, partial}, covers,
		"partial where a change lay between two polls: launch, suspend, resume, end")

	// Four changes, each between two polls a minute apart; the end came 15 s after one, the launch 30 s before one.
	minute := time.Minute.Milliseconds()
	require.Equal(t, sum.Amounts[usage.Running], w.counts["milliseconds of running"])
	require.Equal(t, sum.Amounts[usage.Running]-30_000-30_000-30_000-15_000, w.counts["milliseconds of running, at least"])
	require.Equal(t, sum.Amounts[usage.Running]+minute/2+minute/2, w.counts["milliseconds of running, at most"])
	require.Empty(t, w.gaps)
	require.Zero(t, w.counts["milliseconds of MicroVMs that nobody saw"])
}

func TestExactWherePollsBracketTheChanges(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.MaxGap = time.Hour })
	w.addImage(start.Add(-time.Hour))
	w.poll()
	changes := []fakemicrovms.Change{
		at(61*time.Second, running), at(400*time.Second, suspended), at(1000*time.Second, running),
		at(1500*time.Second, terminated),
	}
	w.service.Add(life("mvm-1", 61*time.Second, changes...))
	for _, change := range changes {
		w.now = change.At.Add(-time.Millisecond)
		w.poll()
		w.now = change.At
		w.poll()
	}
	w.pollAt(time.Hour)
	truth, sum := w.service.Truth(start, w.now), w.sum()
	require.InDelta(t, truth.Running.Milliseconds(), sum.Amounts[usage.Running], 2, "a millisecond at each change")
	require.InDelta(t, truth.Suspended.Milliseconds(), sum.Amounts[usage.Suspended], 2)
	require.InDelta(t, sum.Amounts[usage.Running], w.counts["milliseconds of running, at least"], 3)
	require.InDelta(t, sum.Amounts[usage.Running], w.counts["milliseconds of running, at most"], 3)
}

func TestShortLivesBetweenTwoPollsAreSeen(t *testing.T) {
	w := newWorld(t, nil)
	w.addImage(start.Add(-time.Hour))
	w.poll()
	w.service.Add(life("mvm-1", 10*time.Second, at(10*time.Second, running), at(40*time.Second, terminated)))
	w.pollThrough(10*time.Minute, time.Minute)
	sum := w.sum()
	require.Equal(t, int64(30_000), sum.Amounts[usage.Running])
	require.Equal(t, int64(1), sum.Amounts[usage.Launches])
	require.Equal(t, int64(1110), sum.Amounts[pricing.SnapshotRead])
	require.Zero(t, w.counts["milliseconds of running, at least"], "it may have been suspended all the time")
	require.Equal(t, int64(30_000), w.counts["milliseconds of running, at most"])
}

func TestWhatWasBeforeTheFirstPollIsNotCounted(t *testing.T) {
	w := newWorld(t, nil)
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("over", -time.Hour, at(-time.Hour, running), at(-time.Minute, terminated)))
	w.service.Add(life("living", -time.Hour, at(-time.Hour, running)))
	w.now = start.Add(2 * time.Minute)
	w.poll()
	w.pollThrough(10*time.Minute, time.Minute)
	records := w.list()
	var living []usage.Record
	for _, r := range records {
		require.NotEqual(t, "over", r.Resource.ID)
		if r.Resource.ID == "living" {
			living = append(living, r)
		}
	}
	require.Len(t, living, 2)
	require.Equal(t, int64(180_000), living[0].Amounts[usage.Running], "from the first poll on")
	require.Equal(t, usage.CoveragePartial, living[0].Coverage)
	require.Equal(t, int64(300_000), living[1].Amounts[usage.Running])
	require.Equal(t, usage.CoverageComplete, living[1].Coverage)
	require.Zero(t, w.sum().Amounts[usage.Launches])
}

func TestADaemonThatWasDownLeavesAGapAndInventsNothing(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.ImagesEvery = -1 })
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("living", 0, at(0, running)))
	w.service.Add(life("ended-soon", 0, at(0, running), at(11*time.Minute, terminated)))
	w.service.Add(life("short", 90*time.Minute, at(90*time.Minute, running), at(91*time.Minute, terminated)))
	w.poll()
	w.pollThrough(10*time.Minute, time.Minute)
	w.source = w.remake() // another process, three hours later
	w.pollThrough(190*time.Minute, 180*time.Minute)
	w.pollThrough(200*time.Minute, time.Minute)

	sums := map[string]int64{}
	for _, r := range w.list() {
		sums[r.Resource.ID] += r.Amounts[usage.Running]
		if !r.PeriodStart.Before(start.Add(15*time.Minute)) && r.PeriodStart.Before(start.Add(180*time.Minute)) {
			require.Equal(t, "short", r.Resource.ID, "only what is known of the time without polls")
		}
	}
	minute := time.Minute.Milliseconds()
	require.Equal(t, 20*minute, sums["living"])
	require.Equal(t, 11*minute, sums["ended-soon"], "the minute to its end is known well enough")
	require.Equal(t, minute, sums["short"], "it began and ended in the gap, and is listed for a day")
	require.Len(t, w.gaps, 1)
	require.Contains(t, w.gaps[0].String(),
		"123456789012 eu-west-1, 2026-11-20T12:10:00Z to 2026-11-20T15:10:00Z: there was no poll for 3h0m0s")
	require.Equal(t, 180*minute, w.counts["milliseconds of MicroVMs that nobody saw"])
}

func TestAFailedPollChangesNothing(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, f *fakemicrovms.Options) { o.ImagesEvery, f.PageItems = -1, 1 })
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("a", 0, at(0, running)))
	w.service.Add(life("b", 0, at(0, running)))
	w.poll()
	before := string(w.state)
	w.now = start.Add(time.Minute)
	w.service.SetFaults(func(c fakemicrovms.Call) fakemicrovms.Fault {
		if c.Query.Get("nextToken") != "" {
			return fakemicrovms.Throttled // the second page, again and again
		}
		return fakemicrovms.Fault{}
	})
	require.ErrorContains(t, w.fetch(), "AWS throttled the calls again and again")
	require.Equal(t, before, string(w.state))
	w.service.SetFaults(func(fakemicrovms.Call) fakemicrovms.Fault { return fakemicrovms.Denied })
	err := w.fetch()
	var ends *collector.TargetError
	require.ErrorAs(t, err, &ends)
	require.ErrorContains(t, err, "the credentials may not ListMicrovms")
	w.service.SetFaults(nil)
	w.pollThrough(10*time.Minute, time.Minute)
	require.Equal(t, 20*time.Minute.Milliseconds(), w.sum().Amounts[usage.Running],
		"two minutes without a poll are filled in")
}

func TestPagesMayBeEmptyAndItemsMayComeTwice(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, f *fakemicrovms.Options) {
		o.ImagesEvery, f.PageItems = -1, 3
		empties := 0
		f.Faults = func(c fakemicrovms.Call) fakemicrovms.Fault {
			if empties++; empties%2 == 0 {
				return fakemicrovms.Fault{Empty: true}
			}
			return fakemicrovms.Fault{Repeat: true}
		}
	})
	w.addImage(start.Add(-time.Hour))
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		w.service.Add(life(id, 0, at(0, running)))
	}
	w.poll()
	w.pollThrough(5*time.Minute, time.Minute)
	require.Equal(t, 7*5*time.Minute.Milliseconds(), w.sum().Amounts[usage.Running])
	require.Len(t, w.records, 7)

	w.service.SetFaults(func(fakemicrovms.Call) fakemicrovms.Fault { return fakemicrovms.Fault{Empty: true} })
	require.ErrorContains(t, w.fetch(), "the listing of MicroVMs does not end")
}

func TestAMicroVMThatIsNoLongerListedEnded(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, f *fakemicrovms.Options) {
		o.ImagesEvery, f.ListedFor = -1, time.Millisecond // gone as soon as it ends
	})
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running), at(150*time.Second, terminated)))
	w.poll()
	w.pollThrough(10*time.Minute, time.Minute)
	require.Equal(t, int64(150_000), w.sum().Amounts[usage.Running], "half of the minute in which it ended")
	require.Equal(t, int64(120_000), w.counts["milliseconds of running, at least"])
	require.Equal(t, int64(180_000), w.counts["milliseconds of running, at most"])
	require.Equal(t, int64(1), w.counts["MicroVMs that ended"])
	require.NotContains(t, string(w.state), "mvm-1", "and it is forgotten")
}

func TestSizesThatAreNotKnownAreNotZero(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.ImagesEvery = -1 })
	w.service.Add(life("mvm-1", 0, at(0, running))) // its image has been deleted
	w.poll()
	w.pollThrough(10*time.Minute, time.Minute)
	for _, r := range w.list() {
		require.Equal(t, usage.CoverageUnknown, r.Coverage)
		require.Zero(t, r.Amounts[pricing.VCPU])
		require.NotZero(t, r.Amounts[usage.Running])
	}
	require.Len(t, w.records, 2)
	require.Equal(t, int64(2), w.counts["records of MicroVMs whose baseline is not known"])
	require.Equal(t, int64(1), w.counts["launches that read an image of unknown size"])
	require.NotEmpty(t, w.gaps)
	require.Contains(t, w.gaps[0].String(), "the sizes of "+imageARN+":1.0")

	w = newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) {
		o.ImagesEvery = -1
		o.Sizes = []microvmapi.Sizing{{Image: "team/*", MemoryMiB: 512, StateBytes: 3}, {ImageBytes: 7, StateBytes: 9}}
	})
	w.service.Add(life("mvm-1", 0, at(0, running), at(30*time.Second, suspended)))
	w.poll()
	w.pollThrough(5*time.Minute, time.Minute)
	sum := w.sum()
	require.Equal(t, int64(30_000/4), sum.Amounts[pricing.VCPU], "a quarter of a vCPU at 512 MiB")
	require.Equal(t, int64(7), sum.Amounts[pricing.SnapshotRead])
	require.Equal(t, int64(3), sum.Amounts[pricing.SnapshotWrite], "the first rule that says something counts")
	require.Empty(t, w.gaps, "nothing is asked for that is configured")
}

func TestSizesThatCouldNotBeAskedForHoldRecordsBack(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.ImagesEvery = -1 })
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	w.service.SetFaults(func(c fakemicrovms.Call) fakemicrovms.Fault {
		if c.Operation == "GetMicrovmImageVersion" {
			return fakemicrovms.Internal
		}
		return fakemicrovms.Fault{}
	})
	w.poll()
	w.pollThrough(11*time.Minute, time.Minute)
	require.Empty(t, w.records)
	require.NotEmpty(t, w.gaps)
	w.service.SetFaults(nil)
	w.pollThrough(15*time.Minute, time.Minute)
	require.Equal(t, 15*time.Minute.Milliseconds(), w.sum().Amounts[pricing.VCPU])
	require.Len(t, w.records, 3)
}

func TestTheClockOfTheServiceCounts(t *testing.T) {
	var drift time.Duration // of the machine's clock
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) {
		service := o.Now
		o.Now = func() time.Time { return service().Add(drift) }
		o.ImagesEvery = -1
	})
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	w.poll()
	w.pollThrough(10*time.Minute, time.Minute)
	drift = 2 * time.Hour // someone sets the clock
	w.pollThrough(20*time.Minute, time.Minute)
	drift = -time.Hour
	w.pollThrough(30*time.Minute, time.Minute)
	require.InDelta(t, 30*time.Minute.Milliseconds(), w.sum().Amounts[usage.Running], 2000,
		"no hours were made up or lost")
	require.Empty(t, w.gaps)
	require.Equal(t, int64(2), w.counts["times the machine's clock did not go with the service's"])
	partial := 0
	for _, r := range w.list() {
		if r.Coverage != usage.CoverageComplete {
			partial++
		}
	}
	require.Equal(t, 2, partial)
}

func TestRecordsAreCutAtPeriodsAndDays(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) {
		o.ImagesEvery, o.Period, o.Poll = -1, time.Hour, 7*time.Minute
	})
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	w.poll()
	w.pollThrough(13*time.Hour, 7*time.Minute)
	records := w.list()
	require.Len(t, records, 13)
	for i, r := range records {
		require.Equal(t, start.Add(time.Duration(i)*time.Hour), r.PeriodStart)
		require.Equal(t, time.Hour.Milliseconds(), r.Amounts[usage.Running])
		require.Equal(t, usage.CoverageComplete, r.Coverage)
	}
}

// The midnight from which another period counts may pass while there are no polls: the day before it still has to be
// cut as it was begun, or it would have records of two lengths.
func TestAnotherPeriodAndSilenceOverItsMidnight(t *testing.T) {
	period := 5 * time.Minute
	w := newWorld(t, nil)
	w.remake = func() *microvmapi.Source {
		source, err := microvmapi.New(microvmapi.Options{
			Client: func(context.Context, collector.Target) (*microvmapi.Client, error) { return apiOf(t, w), nil },
			Poll:   time.Minute, Period: period, ImagesEvery: -1, Now: func() time.Time { return w.now },
		})
		require.NoError(t, err)
		return source
	}
	w.source = w.remake()
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	w.pollThrough(10*time.Minute, time.Minute)
	period = time.Minute
	w.source = w.remake()
	w.pollThrough(13*time.Minute, time.Minute)
	w.service.Add(life("mvm-2", 20*time.Minute, at(20*time.Minute, running))) // its launch is seen afterwards
	w.pollAt(50 * time.Hour)
	w.pollThrough(50*time.Hour+10*time.Minute, time.Minute)
	lengths := map[string][]int64{}
	for _, r := range w.list() {
		day := r.PeriodStart.Format(time.DateOnly)
		if !slices.Contains(lengths[day], r.PeriodSeconds) {
			lengths[day] = append(lengths[day], r.PeriodSeconds)
		}
	}
	require.Equal(t, map[string][]int64{
		start.Format(time.DateOnly): {300}, start.AddDate(0, 0, 2).Format(time.DateOnly): {60},
	}, lengths)
}

func TestAnotherPeriodTakesEffectAtMidnight(t *testing.T) {
	period := 5 * time.Minute
	w := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.ImagesEvery, o.Poll = -1, 10*time.Minute })
	w.remake = func() *microvmapi.Source {
		source, err := microvmapi.New(microvmapi.Options{
			Client: func(context.Context, collector.Target) (*microvmapi.Client, error) { return apiOf(t, w), nil },
			Poll:   10 * time.Minute, Period: period, ImagesEvery: -1, Now: func() time.Time { return w.now },
		})
		require.NoError(t, err)
		return source
	}
	w.source = w.remake()
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	w.poll()
	w.pollThrough(time.Hour, 10*time.Minute)
	period = time.Hour
	w.source = w.remake()
	w.pollThrough(13*time.Hour, 10*time.Minute)
	for _, r := range w.list() {
		want := int64(300)
		if !r.PeriodStart.Before(start.Add(12 * time.Hour)) {
			want = 3600
		}
		require.Equal(t, want, r.PeriodSeconds, r.PeriodStart)
		require.Equal(t, want*1000, r.Amounts[usage.Running])
	}
	require.Equal(t, 13*time.Hour.Milliseconds(), w.sum().Amounts[usage.Running])
}

func TestOptionsThatCannotBe(t *testing.T) {
	for name, options := range map[string]microvmapi.Options{
		"period":   {Period: 7 * time.Minute},
		"poll":     {Poll: 2 * time.Hour},
		"gap":      {Poll: time.Minute, MaxGap: time.Second},
		"baseline": {Sizes: []microvmapi.Sizing{{MemoryMiB: -1}}},
		"sizes":    {Sizes: []microvmapi.Sizing{{ImageBytes: 1 << 50}}},
	} {
		_, err := microvmapi.New(options)
		require.Error(t, err, name)
	}
}

func TestAStateOfAnotherVersionIsNotRead(t *testing.T) {
	w := newWorld(t, nil)
	for _, text := range []string{`{"version":2}`, `[]`, `{"version"`} {
		w.state = json.RawMessage(text)
		require.ErrorContains(t, w.fetch(), "the state of the last poll")
	}
}
