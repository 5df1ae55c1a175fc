package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/mapping"
	"microspend/internal/fakecloudwatch"
	"microspend/ledger"
	"microspend/usage"
)

// getCalls are the calls of GetMetricData so far.
func (w *world) getCalls() int {
	n := 0
	for _, call := range w.fake.Calls() {
		if call.Get != nil {
			n++
		}
	}
	return n
}

// Credentials that expire in the middle cost no call twice: what was read is kept, and the next run asks for the rest.
func TestExpiredCredentials(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(w.now.Add(-48*time.Hour), w.now, 150) // 48 h are 574 periods, so 35 MicroVMs make a batch
	w.timing.Lookback = 48 * time.Hour
	w.options.Parallel = 1
	w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		if call.Get != nil && w.now.Before(monday.Add(61*time.Hour)) && call.Number > 6 {
			return fakecloudwatch.Expired
		}
		return fakecloudwatch.Fault{}
	})
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].Reason, "the credentials have expired; renew them")
	read := s.Batches
	assert.Positive(t, read)
	assert.NotEmpty(t, w.content(), "what was read is in the ledger")
	calls := w.getCalls()

	w.now = w.now.Add(2 * time.Hour)
	s = w.run()
	assert.Empty(t, s.Gaps)
	plan, err := w.source.Plan(context.Background(), target, collector.Window{
		From: monday.Add(12 * time.Hour), To: monday.Add(60*time.Hour - 10*time.Minute), Period: 5 * time.Minute,
	})
	require.NoError(t, err)
	rest := int64(len(plan.Batches)) - read
	assert.Equal(t, rest+2, s.Batches, "the rest, and two batches of what has come since")
	assert.Equal(t, calls+int(rest)+2, w.getCalls())
	require.NoError(t, w.holdsTruth(monday.Add(12*time.Hour), w.now.Add(-10*time.Minute), w.now))
}

func TestNoNetwork(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(w.now.Add(-5*time.Hour), w.now, 2)
	w.timing.Lookback = 4 * time.Hour
	gone := httptest.NewServer(w.fake)
	gone.Close()
	w.options.Source = newSource(t, gone.URL, func() time.Time { return *w.shown.Load() }, []mapping.Mapping{perMicroVM()})
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].Reason, "no connection to 127.0.0.1")
	first := w.now.Add(-4 * time.Hour)

	w.options.Source = w.source
	w.now = w.now.Add(6 * time.Hour)
	require.Empty(t, w.run().Gaps)
	require.NoError(t, w.holdsTruth(first, w.now.Add(-10*time.Minute), w.now), "also what came before the lookback")
}

// A target that fails keeps none of the others from being read.
func TestOneOfManyTargetsFails(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{Faults: func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		if call.Place.Region == "us-east-1" {
			return fakecloudwatch.Denied
		}
		return fakecloudwatch.Fault{}
	}})
	w.busy(w.now.Add(-5*time.Hour), w.now, 2)
	w.timing.Lookback = 4 * time.Hour
	w.options.Targets = func(context.Context) ([]collector.Target, []collector.Gap) {
		return []collector.Target{{Account: target.Account, Region: "us-east-1"}, target},
			[]collector.Gap{{Reason: "a role cannot be assumed"}}
	}
	s := w.run()
	require.Len(t, s.Gaps, 2)
	assert.Equal(t, 3, s.Targets)
	require.NoError(t, w.holdsTruth(w.now.Add(-4*time.Hour), w.now.Add(-10*time.Minute), w.now))
}

func TestTwoAtOnce(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{Faults: func(fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{Delay: 2 * time.Millisecond}
	}})
	w.busy(w.now.Add(-5*time.Hour), w.now, 2)
	w.timing.Lookback = 4 * time.Hour
	w.options.Timing = w.timing
	var held, done atomic.Int64
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			runner, err := collector.New(w.options)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = runner.Run(context.Background())
			var other *ledger.HeldError
			switch {
			case errors.As(err, &other):
				held.Add(1)
			case err == nil:
				done.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	assert.Equal(t, int64(6), held.Load()+done.Load())
	assert.Positive(t, done.Load())
	require.NoError(t, w.holdsTruth(w.now.Add(-4*time.Hour), w.now.Add(-10*time.Minute), w.now))
}

func TestClockThatJumps(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(monday, monday.Add(5*24*time.Hour), 2)
	w.timing.Lookback = 4 * time.Hour
	start := w.now
	first := start.Add(-4 * time.Hour)
	for _, at := range []time.Duration{
		0, -3 * time.Hour, 2 * time.Hour, 400 * 24 * time.Hour, 3 * time.Hour, -time.Hour,
		20 * time.Hour, 19 * time.Hour,
	} {
		w.now = start.Add(at)
		w.run()
	}
	w.now = start.Add(21 * time.Hour)
	require.Empty(t, w.run().Gaps)
	require.NoError(t, w.holdsTruth(first, w.now.Add(-10*time.Minute), w.now))
}

// Late data heals for as long as the overlap is.
func TestLateDataHeals(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.timing.Lookback = 24 * time.Hour
	at := w.now.Add(-2 * time.Hour)
	w.put(at, "a", point{arrives: at, values: [5]int64{1, 1, 1, 1, 1}, given: allGiven})
	w.put(at, "a", point{arrives: w.now.Add(45 * time.Hour), values: [5]int64{5, 5, 5, 5, 5}, given: allGiven})
	w.run()
	require.NoError(t, w.holdsTruth(monday, w.now, w.now))
	w.now = w.now.Add(45*time.Hour + time.Minute)
	s := w.run()
	assert.Equal(t, int64(1), s.Changes.Replaced)
	require.NoError(t, w.holdsTruth(monday, w.now, w.now))
}

// Where the overlap is read again by some of the runs only, what is late heals with the next of them, and what is a
// little late with the next run.
func TestLateDataHealsWithTheNextReread(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.timing.Lookback, w.timing.Reread = 24*time.Hour, time.Hour
	late := func(before, arrives time.Duration) {
		w.put(w.now.Add(-before), "a", point{arrives: w.now.Add(arrives), values: [5]int64{5, 5, 5, 5, 5}, given: allGiven})
	}
	late(2*time.Hour, 0)
	late(2*time.Hour, 4*time.Minute)  // two hours late
	late(20*time.Minute, time.Minute) // twenty minutes late
	began := w.now
	w.run()
	for minutes := 5; minutes < 60; minutes += 5 {
		w.now = began.Add(time.Duration(minutes) * time.Minute)
		s := w.run()
		assert.LessOrEqual(t, s.To.Sub(s.From), 35*time.Minute)
		require.NoError(t, w.holdsTruth(began.Add(-time.Hour), w.now, w.now), "after %d minutes", minutes)
		require.Error(t, w.holdsTruth(monday, w.now, w.now))
	}
	w.now = began.Add(time.Hour)
	s := w.run()
	assert.Equal(t, int64(1), s.Changes.Replaced)
	require.NoError(t, w.holdsTruth(monday, w.now, w.now))
}

// A gap is reported by every run until it is filled, also by those that read only the end of it again, in vain.
func TestAGapIsReportedUntilItIsFilled(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{Faults: func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		if call.Get != nil {
			return fakecloudwatch.Internal
		}
		return fakecloudwatch.Fault{}
	}})
	w.source.options.Backoff = time.Nanosecond
	w.timing.Lookback, w.timing.Reread = 24*time.Hour, time.Hour
	w.busy(monday, w.now, 1)
	first := w.run()
	require.NotEmpty(t, first.Gaps)
	for range 3 {
		w.now = w.now.Add(5 * time.Minute)
		s := w.run()
		for at := first.From; at.Before(s.To); at = at.Add(5 * time.Minute) {
			require.True(t, inGap(s.Gaps, usage.Key{}, at), "%s is in no gap of %v", at, s.Gaps)
		}
	}
	w.fake.SetFaults(nil)
	w.now = w.now.Add(time.Hour)
	assert.Empty(t, w.run().Gaps)
	require.NoError(t, w.holdsTruth(first.From, w.now.Add(-10*time.Minute), w.now))
}

// What is asked for by its beginning is read once by runs that follow each other, not by each of them.
func TestABackfillIsReadOnce(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(monday, w.now, 1)
	w.options.Timing = collector.Timing{Since: monday, Reread: time.Hour}
	runner, err := collector.New(w.options)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var from []time.Time
	require.NoError(t, runner.Every(ctx, time.Millisecond, func(s collector.Summary, err error) {
		assert.NoError(t, err)
		w.now = w.now.Add(5 * time.Minute)
		w.show()
		if from = append(from, s.From); len(from) == 3 {
			cancel()
		}
	}))
	assert.Equal(t, monday, from[0])
	assert.Equal(t, monday.Add(60*time.Hour-10*time.Minute-30*time.Minute), from[1])
	assert.Equal(t, from[1].Add(5*time.Minute), from[2])
}

// One token bucket per account and region keeps a run within what the service allows.
func TestTokenBucket(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{PerSecond: 200})
	for i := range 400 {
		w.put(w.now.Add(-time.Hour), fmt.Sprint("m", i), point{values: [5]int64{1, 2, 3, 4, 5}, given: allGiven})
	}
	w.timing.Lookback = 2 * time.Hour
	limit := awssource.NewLimit(awssource.Rate{PerSecond: 100, Burst: 5}, awssource.Clock{})
	url := w.server.URL
	client := NewClient(aws.Config{
		Region: target.Region, BaseEndpoint: &url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
		Retryer: func() aws.Retryer {
			return awssource.NewRetryer(awssource.Retry{Attempts: 2, Random: func() float64 { return 0.5 }}, limit)
		},
	})
	w.source.options.Client = func(context.Context, collector.Target) (*Client, error) { return client, nil }
	began := time.Now()
	s := w.run()
	assert.Empty(t, s.Gaps)
	assert.Len(t, w.content(), 400)
	assert.GreaterOrEqual(t, time.Since(began), time.Duration(len(w.fake.Calls())-5)*10*time.Millisecond,
		"no faster than the bucket")
}

// Memory grows with the series, not with the window.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("it collects half a million records")
	}
	fleet := fakecloudwatch.Fleet{Namespace: "microspend", MicroVMs: 130, Tenants: 10}
	server := httptest.NewServer(fleet)
	defer server.Close()
	now := monday.Add(20 * 24 * time.Hour)
	peak := func(days int) uint64 {
		source := newSource(t, server.URL, func() time.Time { return now }, []mapping.Mapping{perMicroVM()})
		runner, err := collector.New(collector.Options{
			Source: source, Ledger: collector.In(t.TempDir(), ""), Now: func() time.Time { return now },
			Timing:  collector.Timing{Lookback: time.Duration(days) * 24 * time.Hour},
			Targets: func(context.Context) ([]collector.Target, []collector.Gap) { return []collector.Target{target}, nil },
		})
		require.NoError(t, err)
		most, stop := uint64(0), make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			var m runtime.MemStats
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
			}
		})
		runtime.GC()
		s, err := runner.Run(context.Background())
		close(stop)
		wait.Wait()
		require.NoError(t, err)
		require.Empty(t, s.Gaps)
		t.Logf("%d days, %d records: %d MB", days, s.Changes.Added, most>>20)
		return most
	}
	short, long := peak(7), peak(14)
	assert.Less(t, long, short*2, "a week more is not to need more memory")
}
