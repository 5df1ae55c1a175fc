package microvmapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/microvmapi"
	"microspend/collector/watch"
	"microspend/internal/fakemicrovms"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
	"microspend/ledger/parquet"
)

// watchWorld is fakes of the service in one or more regions, with a watcher that looks at them.
type watchWorld struct {
	t        testing.TB
	mu       sync.Mutex
	now      time.Time
	services map[string]*fakemicrovms.Service
	options  microvmapi.WatchOptions
	watcher  *microvmapi.Watcher
}

func newWatchWorld(t testing.TB, regions ...string) *watchWorld {
	w := &watchWorld{t: t, now: start, services: map[string]*fakemicrovms.Service{}}
	for _, region := range regions {
		w.services[region] = fakemicrovms.New(fakemicrovms.Options{Now: w.time})
	}
	w.options = microvmapi.WatchOptions{
		Targets: func(context.Context) (targets []collector.Target, gaps []collector.Gap) {
			for _, region := range regions {
				targets = append(targets, collector.Target{Account: target.Account, Region: region})
			}
			return targets, nil
		},
		Client: func(ctx context.Context, of collector.Target) (*microvmapi.Client, error) {
			sleep := awssource.Clock{Now: w.time, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
			config := configOf("http://service", awssource.Retry{Attempts: 2}, nil)
			config.HTTPClient = direct{w.services[of.Region]}
			return microvmapi.NewClient(ctx, config, sleep), nil
		},
		Quota: func(string) int64 { return 400 << 10 },
		Now:   w.time, Explain: awssource.Explain,
	}
	w.remake()
	return w
}

func (w *watchWorld) remake() {
	var err error
	w.watcher, err = microvmapi.NewWatcher(w.options)
	require.NoError(w.t, err)
}

func (w *watchWorld) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watchWorld) at(after time.Duration) watch.Look {
	w.t.Helper()
	w.mu.Lock()
	w.now = start.Add(after)
	w.mu.Unlock()
	look, err := w.watcher.Look(w.t.Context())
	require.NoError(w.t, err)
	return look
}

// lived is a life as a test writes it: from, to, state and ~ where nobody is sure.
func lived(m watch.MicroVM) (out []string) {
	for _, s := range m.Life {
		mark := ""
		if !s.Sure {
			mark = "~"
		}
		out = append(out, fmt.Sprintf("%v-%v %s%s", s.From.Sub(start), s.To.Sub(start), mark, s.State))
	}
	return out
}

func (w *watchWorld) image(region string) {
	w.services[region].AddImage(fakemicrovms.Image{
		ARN: imageARN, Version: "1.0", MemoryMiB: 2048, CreatedAt: start.Add(-24 * time.Hour),
		Builds: []fakemicrovms.Build{{ID: "g4", Memory: 900, Disk: 100, Code: 10}},
	})
}

func TestWatcherFollowsALife(t *testing.T) {
	w := newWatchWorld(t, region)
	w.image(region)
	vm := life(
		"a",
		10*time.Second,
		at(20*time.Second, running),
		at(70*time.Second, suspended),
		at(2*time.Minute, terminated),
	)
	vm.Idle, vm.MaxSeconds = &fakemicrovms.IdlePolicy{
		MaxIdleSeconds:   300,
		SuspendedSeconds: 3600,
		AutoResume:       true,
	}, 28_800
	w.services[region].Add(vm)

	empty := w.at(0)
	require.Empty(t, empty.MicroVMs)
	require.Equal(t, []watch.Place{{
		Account: target.Account, Region: region, ListedAt: start, Calls: 1, Quota: 400 << 10,
	}}, empty.Places)

	found := w.at(15 * time.Second).MicroVMs[0]
	require.Equal(t, watch.MicroVM{
		ID: "a", Region: region, Account: target.Account, Image: imageARN, ImageVersion: "1.0", Role: vm.Role, Arch: "arm64",
		MemoryMiB: 2048, StateBytes: 2 << 30, ImageBytes: 1010,
		Policy:  watch.Policy{Known: true, MaxIdle: 5 * time.Minute, Suspended: time.Hour, AutoResume: true},
		MaxLife: 8 * time.Hour, State: watch.Pending, SeenAt: start.Add(15 * time.Second), StartedAt: start.Add(10 * time.Second),
		Life: []watch.Stretch{{From: start.Add(10 * time.Second), To: start.Add(15 * time.Second), State: watch.Pending}},
	}, found)

	for _, step := range []struct {
		at    time.Duration
		state watch.State
		life  []string
	}{
		{30 * time.Second, watch.Running, []string{"10s-22.5s ~PENDING", "22.5s-30s ~RUNNING"}},
		{60 * time.Second, watch.Running, []string{"10s-22.5s ~PENDING", "22.5s-30s ~RUNNING", "30s-1m0s RUNNING"}},
		{80 * time.Second, watch.Suspended, []string{
			"10s-22.5s ~PENDING", "22.5s-30s ~RUNNING", "30s-1m0s RUNNING", "1m0s-1m10s ~RUNNING", "1m10s-1m20s ~SUSPENDED",
		}},
		{3 * time.Minute, watch.Terminated, []string{
			"10s-22.5s ~PENDING", "22.5s-30s ~RUNNING", "30s-1m0s RUNNING", "1m0s-1m10s ~RUNNING", "1m10s-2m0s ~SUSPENDED",
		}},
	} {
		m := w.at(step.at).MicroVMs[0]
		require.Equal(t, step.state, m.State, step.at)
		require.Equal(t, step.life, lived(m), step.at)
	}
	require.Equal(t, start.Add(2*time.Minute), w.at(4 * time.Minute).MicroVMs[0].EndedAt)
}

// What was there before anybody looked counts as it is seen, and nobody is sure of it.
func TestWatcherStartsInTheMiddle(t *testing.T) {
	w := newWatchWorld(t, region)
	w.image(region)
	w.services[region].Add(life("asleep", -2*time.Hour, at(-2*time.Hour, running), at(-time.Hour, suspended)))
	w.services[region].Add(life("over", -3*time.Hour, at(-3*time.Hour, running), at(-time.Hour, terminated)))
	w.services[region].Add(life("runs", -2*time.Hour, at(-2*time.Hour, running)))
	found := w.at(0).MicroVMs
	require.Equal(t, []string{"-2h0m0s-0s ~SUSPENDED"}, lived(found[0]))
	require.Empty(t, found[1].Life)
	require.Equal(t, start.Add(-time.Hour), found[1].EndedAt)
	require.Equal(t, []string{"-2h0m0s-0s ~RUNNING"}, lived(found[2]))
	require.Equal(t, []string{"-2h0m0s-0s ~RUNNING", "0s-1m0s RUNNING"}, lived(w.at(time.Minute).MicroVMs[2]))
	asleep := w.at(30 * time.Minute).MicroVMs[2]
	require.Equal(t, []string{"-2h0m0s-0s ~RUNNING", "0s-1m0s RUNNING", "1m0s-30m0s ~RUNNING"}, lived(asleep),
		"the machine slept, and nothing seems to have changed")
}

// What the collector knows is not asked for again.
func TestWatcherGoesOnFromTheCollector(t *testing.T) {
	w := newWatchWorld(t, region)
	w.image(region)
	w.services[region].Add(life("a", -time.Hour, at(-time.Hour, running)))
	collected := newWorld(t, func(o *microvmapi.Options, _ *fakemicrovms.Options) { o.ImagesEvery = -1 })
	collected.service.Add(life("a", -time.Hour, at(-time.Hour, running)))
	collected.addImage(start.Add(-24 * time.Hour))
	collected.poll()
	maxIdle, maxLife := int64(300), int64(28_800)
	table := newTable(t, lifecycle.MicroVM{
		ID: "a", Region: region, Account: target.Account, StartedAt: start.Add(-time.Hour), MaxIdle: &maxIdle, MaxLife: &maxLife,
	})
	w.options.State = func(context.Context, collector.Target) (json.RawMessage, error) { return collected.state, nil }
	w.options.Launched = func(context.Context, time.Time, time.Time) (*lifecycle.Table, error) { return table, nil }
	w.remake()
	m := w.at(time.Minute).MicroVMs[0]
	require.Equal(t, []string{"-1h0m0s-0s ~RUNNING", "0s-1m0s RUNNING"}, lived(m))
	require.Equal(t, 5*time.Minute, m.Policy.MaxIdle)
	require.Equal(t, 8*time.Hour, m.MaxLife)
	require.Len(t, w.services[region].Calls(), 1, "the listing alone")
}

func TestWatcherKeepsToTheLimits(t *testing.T) {
	w := newWatchWorld(t, region)
	w.image(region)
	for i := range 1000 {
		w.services[region].Add(life(fmt.Sprintf("mvm-%04d", i), -time.Hour, at(-time.Hour, running)))
	}
	count := func(of string) (n int) {
		for _, call := range w.services[region].Calls() {
			if call.Operation == of {
				n++
			}
		}
		return n
	}
	require.Len(t, w.at(0).MicroVMs, 1000)
	require.Equal(t, 20, count("ListMicrovms"))
	require.Equal(t, 25, count("GetMicrovm"), "the rest is asked for later")
	w.at(9 * time.Second)
	require.Equal(t, 20, count("ListMicrovms"), "a listing of 20 pages is not made again within 10 s")
	known := 0
	for at := 10 * time.Second; at <= 7*time.Minute; at += 2 * time.Second {
		known = 0
		for _, m := range w.at(at).MicroVMs {
			if m.Role != "" {
				known++
			}
		}
	}
	require.Equal(t, 1000, known)
	require.Equal(t, 1000, count("GetMicrovm"), "each is asked about once")
	require.LessOrEqual(t, count("ListMicrovms"), 20*43)
	require.Equal(t, 1, count("GetMicrovmImageVersion"))
}

// A place in trouble is told as it was, beside the others, and is left alone for longer each time.
func TestWatcherOfAPlaceInTrouble(t *testing.T) {
	for _, test := range []struct {
		name      string
		fault     fakemicrovms.Fault
		says      string
		throttled bool
		denied    bool
	}{
		{"throttled", fakemicrovms.Throttled, "throttled", true, false},
		{"denied", fakemicrovms.Denied, "not authorized", false, true},
		{"down", fakemicrovms.Fault{Drop: true}, "EOF", false, false},
		{"a listing without end", fakemicrovms.Fault{Token: "0"}, "does not end", false, false},
	} {
		w := newWatchWorld(t, region, "us-east-1")
		for region := range w.services {
			w.image(region)
			w.services[region].Add(life("same-id", -time.Hour, at(-time.Hour, running)))
		}
		require.Len(t, w.at(0).MicroVMs, 2)
		w.services[region].SetFaults(func(call fakemicrovms.Call) fakemicrovms.Fault {
			if call.Operation == "ListMicrovms" {
				return test.fault
			}
			return fakemicrovms.Fault{}
		})
		look := w.at(time.Minute)
		i := slices.IndexFunc(look.Places, func(p watch.Place) bool { return p.Region == region })
		bad, good := look.Places[i], look.Places[1-i]
		require.Contains(t, bad.Fault, test.says, test.name)
		require.Equal(t, test.throttled, bad.Throttled, test.name)
		require.Equal(t, test.denied, bad.Denied, test.name)
		require.Equal(t, start, bad.ListedAt, test.name)
		require.Empty(t, good.Fault)
		require.Len(t, look.MicroVMs, 2, "%s: what was known is still told", test.name)
		require.Equal(t, start, look.MicroVMs[i].SeenAt)
		require.Equal(t, start.Add(time.Minute), look.MicroVMs[1-i].SeenAt)

		before := len(w.services[region].Calls())
		w.at(time.Minute + 3*time.Second)
		require.Len(t, w.services[region].Calls(), before, "%s: it is left alone", test.name)
		w.services[region].SetFaults(nil)
		require.Empty(t, w.at(10 * time.Minute).Places[i].Fault, test.name)
	}
}

func TestWatcherTellsNothingWhereNothingIsKnown(t *testing.T) {
	w := newWatchWorld(t, region)
	w.services[region].SetFaults(func(fakemicrovms.Call) fakemicrovms.Fault { return fakemicrovms.Denied })
	_, err := w.watcher.Look(t.Context())
	require.ErrorContains(t, err, "not authorized")
	w.options.Targets = func(context.Context) ([]collector.Target, []collector.Gap) {
		return nil, []collector.Gap{{Reason: "no AWS credentials were found"}}
	}
	w.remake()
	_, err = w.watcher.Look(t.Context())
	require.EqualError(t, err, "no AWS credentials were found")
}

// Who may list and no more is told what there is.
func TestWatcherWithTheListingAlone(t *testing.T) {
	w := newWatchWorld(t, region)
	w.image(region)
	w.services[region].Add(life("a", -time.Hour, at(-time.Hour, running)))
	w.services[region].SetFaults(func(call fakemicrovms.Call) fakemicrovms.Fault {
		if call.Operation != "ListMicrovms" {
			return fakemicrovms.Denied
		}
		return fakemicrovms.Fault{}
	})
	look := w.at(0)
	require.Equal(t, watch.Running, look.MicroVMs[0].State)
	require.Zero(t, look.MicroVMs[0].MemoryMiB)
	require.False(t, look.MicroVMs[0].Policy.Known)
	require.Contains(t, look.Places[0].Lacks, "details of MicroVMs")
	require.Empty(t, look.Places[0].Fault)
}

// A region that does not answer keeps nobody waiting for longer than a look may take.
func TestWatcherDoesNotWaitForASlowRegion(t *testing.T) {
	w := newWatchWorld(t, region, "us-east-1")
	w.services["us-east-1"].Add(life("a", -time.Hour, at(-time.Hour, running)))
	release := make(chan struct{})
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { close(release) }) })
	w.services[region].SetFaults(func(fakemicrovms.Call) fakemicrovms.Fault {
		<-release
		return fakemicrovms.Fault{}
	})
	w.options.Patience = 100 * time.Millisecond
	w.remake()
	began := time.Now()
	look := w.at(0)
	require.Less(t, time.Since(began), 5*time.Second)
	require.Len(t, look.MicroVMs, 1)
	require.Equal(t, "it is still being listed", look.Places[0].Fault)
	once.Do(func() { close(release) })
	require.Eventually(t, func() bool { return w.at(time.Minute).Places[0].Fault == "" }, 10*time.Second, time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.watcher.Look(ctx)
	require.True(t, errors.Is(err, context.Canceled))
}

func TestWatcherSurvivesHostileAnswers(t *testing.T) {
	w := newWatchWorld(t, region)
	w.image(region)
	hostile := life("h", -time.Hour, at(-time.Hour, running))
	hostile.ID = strings.Repeat("x", 200) + "\u202e\x1b[31m"
	w.services[region].Add(hostile)
	odd := life("odd", -time.Hour)
	odd.Amend = map[string]any{"state": "HIBERNATED", "startedAt": "yesterday"}
	odd.AmendDetails = map[string]any{"idlePolicy": "none", "maximumDurationInSeconds": -4, "startedAt": nil}
	w.services[region].Add(odd)
	w.services[region].Add(
		fakemicrovms.MicroVM{ID: "ancient", Image: imageARN, Version: "1.0", StartedAt: time.Unix(1, 0)},
	)
	for _, after := range []time.Duration{0, time.Minute, -time.Hour, 48 * time.Hour} {
		look := w.at(after)
		for _, m := range look.MicroVMs {
			if m.ID == "odd" {
				require.Equal(t, watch.State("HIBERNATED"), m.State)
				require.Zero(t, m.MaxLife)
				require.False(t, m.Policy.Known)
			}
			for i, s := range m.Life {
				require.True(t, s.From.Before(s.To), m.ID)
				require.True(t, i == 0 || !s.From.Before(m.Life[i-1].To), "%s: stretches do not overlap", m.ID)
			}
		}
	}
}

func newTable(t *testing.T, microvms ...lifecycle.MicroVM) *lifecycle.Table {
	t.Helper()
	store, err := parquet.OpenForWriting(t.TempDir(), ledger.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, lifecycle.Write(t.Context(), store, microvms))
	table, err := lifecycle.Read(t.Context(), store, start.Add(-24*time.Hour), start.Add(24*time.Hour))
	require.NoError(t, err)
	return table
}

// Users paste a policy with these actions, which the documentation's test compares: it has what is called, and nothing else.
func TestWatcherCallsItsActions(t *testing.T) {
	w := newWatchWorld(t, region)
	w.image(region)
	w.services[region].Add(life("a", -time.Hour, at(-time.Hour, running), at(30*time.Second, suspended)))
	w.services[region].Add(life("over", -2*time.Hour, at(-2*time.Hour, running), at(-time.Hour, terminated)))
	gone := life("gone", -time.Hour, at(-time.Hour, running))
	w.services[region].Add(gone)
	for after := time.Duration(0); after < 2*time.Hour; after += 10 * time.Minute {
		gone.Unlisted = after > 0
		w.services[region].Add(gone)
		w.at(after)
	}
	called := map[string]bool{}
	for _, call := range w.services[region].Calls() {
		called["lambda:"+call.Operation] = true
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(called)), microvmapi.WatchActions())
}

// 10,000 MicroVMs are 200 pages, and come and go; a look at what has not changed costs next to nothing.
func TestWatcherOfAVeryLargeFleet(t *testing.T) {
	w := newWatchWorld(t, region)
	w.image(region)
	for i := range 10_000 {
		w.services[region].Add(life(fmt.Sprintf("mvm-%05d", i), -time.Hour, at(-time.Hour, running)))
	}
	require.Len(t, w.at(0).MicroVMs, 10_000)
	before := len(w.services[region].Calls())
	for after := time.Second; after < 100*time.Second; after += time.Second {
		require.Len(t, w.at(after).MicroVMs, 10_000)
	}
	require.Len(t, w.services[region].Calls(), before)
}
