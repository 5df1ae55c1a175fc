package microvmapi_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/awsconfig"
	"microspend/collector/microvmapi"
	"microspend/collector/microvmapi/fake"
	"microspend/usage"
)

var target = collector.Target{Account: "123456789012", Region: region}

// direct calls a handler without a network in between. A connection that the handler breaks is an error.
type direct struct{ handler http.Handler }

func (d direct) Do(r *http.Request) (response *http.Response, err error) {
	defer func() {
		if recover() != nil {
			err = io.ErrUnexpectedEOF
		}
	}()
	w := httptest.NewRecorder()
	r.Host = r.URL.Host
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// world is a fake service with a source that polls it, as a runner does: what a poll remembers comes to the next one
// together with the records it made.
type world struct {
	t       testing.TB
	mu      sync.Mutex
	now     time.Time
	service *fake.Service
	source  *microvmapi.Source
	remake  func() *microvmapi.Source

	state   json.RawMessage
	records map[usage.Key]usage.Record
	gaps    []collector.Gap
	counts  map[string]int64
}

func newWorld(t testing.TB, change func(*microvmapi.Options, *fake.Options)) *world {
	w := &world{t: t, now: start, records: map[usage.Key]usage.Record{}, counts: map[string]int64{}}
	clock := w.time
	served := fake.Options{Now: clock}
	options := microvmapi.Options{Poll: time.Minute, Period: 5 * time.Minute, Now: clock, Explain: awsconfig.Explain}
	if change != nil {
		change(&options, &served)
	}
	w.service = fake.New(served)
	options.Client = func(ctx context.Context, _ collector.Target) (microvmapi.API, error) {
		sleep := awsconfig.Clock{Now: clock, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
		config := configOf("http://service", awsconfig.Retry{Attempts: 3}, nil)
		config.HTTPClient = direct{w.service}
		return microvmapi.NewClient(ctx, config, sleep), nil
	}
	w.remake = func() *microvmapi.Source {
		source, err := microvmapi.New(options)
		require.NoError(t, err)
		return source
	}
	w.source = w.remake()
	return w
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) look() (collector.Result, error) {
	plan, err := w.source.Plan(context.Background(), target, collector.Window{To: w.now})
	require.NoError(w.t, err)
	require.Len(w.t, plan.Batches, 1)
	batch := plan.Batches[0]
	batch.State = w.state
	return w.source.Fetch(context.Background(), target, batch)
}

// killed looks once, and dies before what was seen is kept.
func (w *world) killed() {
	_, _ = w.look()
	w.source = w.remake()
}

// fetch looks once, and keeps what was seen.
func (w *world) fetch() error {
	result, err := w.look()
	if err != nil {
		return err
	}
	w.state = result.State
	for _, r := range result.Records {
		require.NoError(w.t, r.Check())
		require.NotContains(w.t, w.records, r.Key(), "a period is written once")
		w.records[r.Key()] = r
	}
	w.gaps = append(w.gaps, result.Gaps...)
	for what, n := range result.Counts {
		w.counts[what] += n
	}
	return nil
}

func (w *world) poll() {
	w.t.Helper()
	require.NoError(w.t, w.fetch())
}

// pollAt polls at a time after the start.
func (w *world) pollAt(after time.Duration) {
	w.t.Helper()
	w.now = start.Add(after)
	w.poll()
}

// pollThrough polls each step up to a time.
func (w *world) pollThrough(until, step time.Duration) {
	w.t.Helper()
	for w.now.Sub(start) < until {
		w.pollAt(min(w.now.Sub(start)+step, until))
	}
}

// list is the records in order.
func (w *world) list() []usage.Record {
	return slices.SortedFunc(maps.Values(w.records), func(a, b usage.Record) int {
		return a.PeriodStart.Compare(b.PeriodStart)
	})
}

func (w *world) sum() (sum usage.Record) {
	for _, r := range w.records {
		sum.VCPUMillis += r.VCPUMillis
		sum.MemMiBMillis += r.MemMiBMillis
		sum.ReadBytes += r.ReadBytes
		sum.WriteBytes += r.WriteBytes
		sum.StorageByteSeconds += r.StorageByteSeconds
		sum.RunningMS += r.RunningMS
		sum.SuspendedMS += r.SuspendedMS
		sum.Launches += r.Launches
		sum.Suspends += r.Suspends
		sum.Resumes += r.Resumes
	}
	return sum
}

const (
	mib = int64(1) << 20
	gib = int64(1) << 30
)

func (w *world) addImage(created time.Time) {
	w.service.AddImage(fake.Image{
		ARN: imageARN, Version: "1.0", MemoryMiB: 2048, CreatedAt: created,
		Builds: []fake.Build{
			{ID: "g3", Memory: 1000, Disk: 100, Code: 10},
			{ID: "g4", Memory: 900, Disk: 100, Code: 10},
			{ID: "bad", State: "FAILED", Memory: 9999},
		},
	})
}

func life(id string, started time.Duration, changes ...fake.Change) fake.MicroVM {
	return fake.MicroVM{
		ID: id, Image: imageARN, Version: "1.0", Role: "arn:aws:iam::123456789012:role/" + id,
		StartedAt: start.Add(started), Changes: changes,
	}
}

func at(after time.Duration, state microvmapi.MicrovmState) fake.Change {
	return fake.Change{At: start.Add(after), State: state}
}

const (
	running    = microvmapi.StateRunning
	suspended  = microvmapi.StateSuspended
	terminated = microvmapi.StateTerminated
)

// TestAWholeLife follows a MicroVM whose changes come between polls, and works the figures out by hand.
func TestAWholeLife(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) { o.ImagesEvery = -1 })
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
	require.Equal(t, ran.Milliseconds(), sum.RunningMS)
	require.Equal(t, slept.Milliseconds(), sum.SuspendedMS)
	require.Equal(t, w.service.Truth(start, w.now), fake.Truth{Running: ran, Suspended: slept, Launches: 1, Suspends: 1, Resumes: 1})
	require.Equal(t, []int64{1, 1, 1}, []int64{sum.Launches, sum.Suspends, sum.Resumes})
	require.Equal(t, ran.Milliseconds(), sum.VCPUMillis, "one vCPU at 2 GiB")
	require.Equal(t, ran.Milliseconds()*2048, sum.MemMiBMillis)
	require.Equal(t, 1110+2*gib, sum.ReadBytes, "the larger build at the launch, the baseline memory at the resume")
	require.Equal(t, 2*gib, sum.WriteBytes)
	require.Equal(t, 2*gib*600, sum.StorageByteSeconds)

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
	require.Equal(t, sum.RunningMS, w.counts["milliseconds of running"])
	require.Equal(t, sum.RunningMS-30_000-30_000-30_000-15_000, w.counts["milliseconds of running, at least"])
	require.Equal(t, sum.RunningMS+minute/2+minute/2, w.counts["milliseconds of running, at most"])
	require.Empty(t, w.gaps)
	require.Zero(t, w.counts["milliseconds of MicroVMs that nobody saw"])
}

func TestExactWherePollsBracketTheChanges(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) { o.MaxGap = time.Hour })
	w.addImage(start.Add(-time.Hour))
	w.poll()
	changes := []fake.Change{
		at(61*time.Second, running), at(400*time.Second, suspended), at(1000*time.Second, running), at(1500*time.Second, terminated),
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
	require.InDelta(t, truth.Running.Milliseconds(), sum.RunningMS, 2, "a millisecond at each change")
	require.InDelta(t, truth.Suspended.Milliseconds(), sum.SuspendedMS, 2)
	require.InDelta(t, sum.RunningMS, w.counts["milliseconds of running, at least"], 3)
	require.InDelta(t, sum.RunningMS, w.counts["milliseconds of running, at most"], 3)
}

func TestShortLivesBetweenTwoPollsAreSeen(t *testing.T) {
	w := newWorld(t, nil)
	w.addImage(start.Add(-time.Hour))
	w.poll()
	w.service.Add(life("mvm-1", 10*time.Second, at(10*time.Second, running), at(40*time.Second, terminated)))
	w.pollThrough(10*time.Minute, time.Minute)
	sum := w.sum()
	require.Equal(t, int64(30_000), sum.RunningMS)
	require.Equal(t, int64(1), sum.Launches)
	require.Equal(t, int64(1110), sum.ReadBytes)
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
		require.NotEqual(t, "over", r.MicroVMID)
		if r.MicroVMID == "living" {
			living = append(living, r)
		}
	}
	require.Len(t, living, 2)
	require.Equal(t, int64(180_000), living[0].RunningMS, "from the first poll on")
	require.Equal(t, usage.CoveragePartial, living[0].Coverage)
	require.Equal(t, int64(300_000), living[1].RunningMS)
	require.Equal(t, usage.CoverageComplete, living[1].Coverage)
	require.Zero(t, w.sum().Launches)
}

func TestADaemonThatWasDownLeavesAGapAndInventsNothing(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) { o.ImagesEvery = -1 })
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
		sums[r.MicroVMID] += r.RunningMS
		if !r.PeriodStart.Before(start.Add(15*time.Minute)) && r.PeriodStart.Before(start.Add(180*time.Minute)) {
			require.Equal(t, "short", r.MicroVMID, "only what is known of the time without polls")
		}
	}
	minute := time.Minute.Milliseconds()
	require.Equal(t, 20*minute, sums["living"])
	require.Equal(t, 11*minute, sums["ended-soon"], "the minute to its end is known well enough")
	require.Equal(t, minute, sums["short"], "it began and ended in the gap, and is listed for a day")
	require.Len(t, w.gaps, 1)
	require.Contains(t, w.gaps[0].String(), "123456789012 eu-west-1, 2026-11-20T12:10:00Z to 2026-11-20T15:10:00Z: there was no poll for 3h0m0s")
	require.Equal(t, 180*minute, w.counts["milliseconds of MicroVMs that nobody saw"])
}

func TestAFailedPollChangesNothing(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, f *fake.Options) { o.ImagesEvery, f.PageItems = -1, 1 })
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("a", 0, at(0, running)))
	w.service.Add(life("b", 0, at(0, running)))
	w.poll()
	before := string(w.state)
	w.now = start.Add(time.Minute)
	w.service.SetFaults(func(c fake.Call) fake.Fault {
		if c.Query.Get("nextToken") != "" {
			return fake.Throttled // the second page, again and again
		}
		return fake.Fault{}
	})
	require.ErrorContains(t, w.fetch(), "AWS throttled the calls again and again")
	require.Equal(t, before, string(w.state))
	w.service.SetFaults(func(fake.Call) fake.Fault { return fake.Denied })
	err := w.fetch()
	var ends *collector.TargetError
	require.ErrorAs(t, err, &ends)
	require.ErrorContains(t, err, "the credentials may not ListMicrovms")
	w.service.SetFaults(nil)
	w.pollThrough(10*time.Minute, time.Minute)
	require.Equal(t, 20*time.Minute.Milliseconds(), w.sum().RunningMS, "two minutes without a poll are filled in")
}

func TestPagesMayBeEmptyAndItemsMayComeTwice(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, f *fake.Options) {
		o.ImagesEvery, f.PageItems = -1, 3
		empties := 0
		f.Faults = func(c fake.Call) fake.Fault {
			if empties++; empties%2 == 0 {
				return fake.Fault{Empty: true}
			}
			return fake.Fault{Repeat: true}
		}
	})
	w.addImage(start.Add(-time.Hour))
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		w.service.Add(life(id, 0, at(0, running)))
	}
	w.poll()
	w.pollThrough(5*time.Minute, time.Minute)
	require.Equal(t, 7*5*time.Minute.Milliseconds(), w.sum().RunningMS)
	require.Len(t, w.records, 7)

	w.service.SetFaults(func(fake.Call) fake.Fault { return fake.Fault{Empty: true} })
	require.ErrorContains(t, w.fetch(), "the listing of MicroVMs does not end")
}

func TestAMicroVMThatIsNoLongerListedEnded(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, f *fake.Options) {
		o.ImagesEvery, f.ListedFor = -1, time.Millisecond // gone as soon as it ends
	})
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running), at(150*time.Second, terminated)))
	w.poll()
	w.pollThrough(10*time.Minute, time.Minute)
	require.Equal(t, int64(150_000), w.sum().RunningMS, "half of the minute in which it ended")
	require.Equal(t, int64(120_000), w.counts["milliseconds of running, at least"])
	require.Equal(t, int64(180_000), w.counts["milliseconds of running, at most"])
	require.Equal(t, int64(1), w.counts["MicroVMs that ended"])
	require.NotContains(t, string(w.state), "mvm-1", "and it is forgotten")
}

func TestSizesThatAreNotKnownAreNotZero(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) { o.ImagesEvery = -1 })
	w.service.Add(life("mvm-1", 0, at(0, running))) // its image has been deleted
	w.poll()
	w.pollThrough(10*time.Minute, time.Minute)
	for _, r := range w.list() {
		require.Equal(t, usage.CoverageUnknown, r.Coverage)
		require.Zero(t, r.VCPUMillis)
		require.NotZero(t, r.RunningMS)
	}
	require.Len(t, w.records, 2)
	require.Equal(t, int64(2), w.counts["records of MicroVMs whose baseline is not known"])
	require.Equal(t, int64(1), w.counts["launches that read an image of unknown size"])
	require.NotEmpty(t, w.gaps)
	require.Contains(t, w.gaps[0].String(), "the sizes of "+imageARN+":1.0")

	w = newWorld(t, func(o *microvmapi.Options, _ *fake.Options) {
		o.ImagesEvery = -1
		o.Sizes = []microvmapi.Sizing{{Image: "team/*", MemoryMiB: 512, StateBytes: 3}, {ImageBytes: 7, StateBytes: 9}}
	})
	w.service.Add(life("mvm-1", 0, at(0, running), at(30*time.Second, suspended)))
	w.poll()
	w.pollThrough(5*time.Minute, time.Minute)
	sum := w.sum()
	require.Equal(t, int64(30_000/4), sum.VCPUMillis, "a quarter of a vCPU at 512 MiB")
	require.Equal(t, int64(7), sum.ReadBytes)
	require.Equal(t, int64(3), sum.WriteBytes, "the first rule that says something counts")
	require.Empty(t, w.gaps, "nothing is asked for that is configured")
}

func TestSizesThatCouldNotBeAskedForHoldRecordsBack(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) { o.ImagesEvery = -1 })
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	w.service.SetFaults(func(c fake.Call) fake.Fault {
		if c.Operation == "GetMicrovmImageVersion" {
			return fake.Internal
		}
		return fake.Fault{}
	})
	w.poll()
	w.pollThrough(11*time.Minute, time.Minute)
	require.Empty(t, w.records)
	require.NotEmpty(t, w.gaps)
	w.service.SetFaults(nil)
	w.pollThrough(15*time.Minute, time.Minute)
	require.Equal(t, 15*time.Minute.Milliseconds(), w.sum().VCPUMillis)
	require.Len(t, w.records, 3)
}

func TestTheClockOfTheServiceCounts(t *testing.T) {
	var drift time.Duration // of the machine's clock
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) {
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
	require.InDelta(t, 30*time.Minute.Milliseconds(), w.sum().RunningMS, 2000, "no hours were made up or lost")
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
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) {
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
		require.Equal(t, time.Hour.Milliseconds(), r.RunningMS)
		require.Equal(t, usage.CoverageComplete, r.Coverage)
	}
}

func TestAnotherPeriodTakesEffectAtMidnight(t *testing.T) {
	period := 5 * time.Minute
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) { o.ImagesEvery, o.Poll = -1, 10*time.Minute })
	w.remake = func() *microvmapi.Source {
		source, err := microvmapi.New(microvmapi.Options{
			Client: func(context.Context, collector.Target) (microvmapi.API, error) { return apiOf(t, w), nil },
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
		require.Equal(t, want*1000, r.RunningMS)
	}
	require.Equal(t, 13*time.Hour.Milliseconds(), w.sum().RunningMS)
}

// apiOf is a client of a world's service without a server in between.
func apiOf(t *testing.T, w *world) microvmapi.API {
	server := httptest.NewServer(w.service)
	t.Cleanup(server.Close)
	return microvmapi.NewClient(t.Context(), configOf(server.URL, awsconfig.Retry{Attempts: 1}, nil), awsconfig.Clock{Now: func() time.Time { return w.now }})
}

func TestImagesAreStoredFromTheirCreationToTheirDeletion(t *testing.T) {
	w := newWorld(t, func(o *microvmapi.Options, _ *fake.Options) { o.Poll, o.MaxGap = 10*time.Minute, time.Hour })
	w.addImage(start.Add(-100 * 24 * time.Hour)) // long before: its week is over
	w.service.AddImage(fake.Image{
		ARN: imageARN, Version: "2.0", MemoryMiB: 512, CreatedAt: start.Add(90 * time.Minute), DeletedAt: start.Add(5*time.Hour + 30*time.Minute),
		Builds: []fake.Build{{ID: "b", Memory: 5000}},
	})
	w.service.AddImage(fake.Image{ARN: "arn:aws:lambda:eu-west-1:123456789012:microvm-image:bare", Version: "1", CreatedAt: start})
	w.poll()
	w.pollThrough(8*time.Hour, 10*time.Minute)

	byVersion := map[string]usage.Record{}
	for _, r := range w.list() {
		sum := byVersion[r.MicroVMID]
		sum.StorageByteSeconds += r.StorageByteSeconds
		byVersion[r.MicroVMID] = sum
		require.Zero(t, r.SuspendedMS+r.RunningMS)
	}
	require.Equal(t, []string{"(image) " + imageARN + ":1.0", "(image) " + imageARN + ":2.0"}, slices.Sorted(maps.Keys(byVersion)))
	hour := int64(3600)
	require.Equal(t, 1110*8*hour, byVersion["(image) "+imageARN+":1.0"].StorageByteSeconds)
	require.Equal(t, 5000*7*24*hour, byVersion["(image) "+imageARN+":2.0"].StorageByteSeconds, "four hours, and the rest of its first week")
	require.NotZero(t, w.counts["image versions whose size is not known"])
}

func TestImagesThatMayNotBeListedAreAGapOnly(t *testing.T) {
	w := newWorld(t, nil)
	w.addImage(start.Add(-time.Hour))
	w.service.Add(life("mvm-1", 0, at(0, running)))
	w.service.SetFaults(func(c fake.Call) fake.Fault {
		if c.Operation == "ListMicrovmImages" {
			return fake.Denied
		}
		return fake.Fault{}
	})
	w.poll()
	w.pollThrough(5*time.Minute, time.Minute)
	require.Equal(t, 5*time.Minute.Milliseconds(), w.sum().RunningMS)
	require.Contains(t, w.gaps[0].String(), "the storage of images")
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
		require.ErrorContains(t, w.fetch(), "what was kept of the last poll")
	}
}
