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
	"microspend/collector/awssource"
	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
	"microspend/ledger"
	"microspend/pricing"
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
	if r.Body == nil { // as a server has it
		r.Body = http.NoBody
	}
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// world is a fake service with a source that polls it, as a runner does: what a poll remembers comes to the next one
// together with the records it made.
type world struct {
	t       testing.TB
	mu      sync.Mutex
	now     time.Time
	service *fakemicrovms.Service
	source  *microvmapi.Source
	ledger  ledger.Store // nil where there is none
	remake  func() *microvmapi.Source

	state   json.RawMessage
	records map[usage.Key]usage.Record
	gaps    []collector.Gap
	left    map[string]string // what was quarantined, with why
	counts  map[string]int64
}

func newWorld(t testing.TB, change func(*microvmapi.Options, *fakemicrovms.Options)) *world {
	w := &world{t: t, now: start, records: map[usage.Key]usage.Record{}, counts: map[string]int64{}, left: map[string]string{}}
	clock := w.time
	served := fakemicrovms.Options{Now: clock}
	options := microvmapi.Options{Poll: time.Minute, Period: 5 * time.Minute, Now: clock, Explain: awssource.Explain}
	if change != nil {
		change(&options, &served)
	}
	w.service = fakemicrovms.New(served)
	options.Client = func(ctx context.Context, _ collector.Target) (*microvmapi.Client, error) {
		sleep := awssource.Clock{Now: clock, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
		config := configOf("http://service", awssource.Retry{Attempts: 3}, nil)
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
	ctx := context.Background()
	if w.ledger != nil {
		ctx = collector.WithLedger(ctx, w.ledger)
	}
	return w.source.Fetch(ctx, target, batch)
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
	for _, q := range result.Quarantined {
		w.left[q.What] = q.Reason
	}
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
		sum.Amounts[pricing.VCPU] += r.Amounts[pricing.VCPU]
		sum.Amounts[pricing.Memory] += r.Amounts[pricing.Memory]
		sum.Amounts[pricing.SnapshotRead] += r.Amounts[pricing.SnapshotRead]
		sum.Amounts[pricing.SnapshotWrite] += r.Amounts[pricing.SnapshotWrite]
		sum.Amounts[pricing.SnapshotStorage] += r.Amounts[pricing.SnapshotStorage]
		sum.Amounts[usage.Running] += r.Amounts[usage.Running]
		sum.Amounts[usage.Suspended] += r.Amounts[usage.Suspended]
		sum.Amounts[usage.Launches] += r.Amounts[usage.Launches]
		sum.Amounts[usage.Suspends] += r.Amounts[usage.Suspends]
		sum.Amounts[usage.Resumes] += r.Amounts[usage.Resumes]
	}
	return sum
}

const (
	mib = int64(1) << 20
	gib = int64(1) << 30
)

func (w *world) addImage(created time.Time) {
	w.service.AddImage(fakemicrovms.Image{
		ARN: imageARN, Version: "1.0", MemoryMiB: 2048, CreatedAt: created,
		Builds: []fakemicrovms.Build{
			{ID: "g3", Memory: 1000, Disk: 100, Code: 10},
			{ID: "g4", Memory: 900, Disk: 100, Code: 10},
			{ID: "bad", State: "FAILED", Memory: 9999},
		},
	})
}

func life(id string, started time.Duration, changes ...fakemicrovms.Change) fakemicrovms.MicroVM {
	return fakemicrovms.MicroVM{
		ID: id, Image: imageARN, Version: "1.0", Role: "arn:aws:iam::123456789012:role/" + id,
		StartedAt: start.Add(started), Changes: changes,
	}
}

func at(after time.Duration, state microvmapi.MicrovmState) fakemicrovms.Change {
	return fakemicrovms.Change{At: start.Add(after), State: state}
}

const (
	running    = microvmapi.StateRunning
	suspended  = microvmapi.StateSuspended
	terminated = microvmapi.StateTerminated
)
