package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/mapping"
	"microspend/internal/fakecloudwatch"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/usage"
)

// world is a CloudWatch with metrics of which everything is known, a clock, and a collector with a ledger of its own.
type world struct {
	t       testing.TB
	now     time.Time
	fake    *fakecloudwatch.CloudWatch
	server  *httptest.Server
	source  *Source
	ledger  string
	timing  collector.Timing
	options collector.Options

	data map[usage.Key][]point

	// The clocks as others see them: a server may still be at work on a call that was given up.
	shown, service atomic.Pointer[time.Time]
	// steady keeps CloudWatch's own clock where it is when the collector's is set back, as it is in truth: a datapoint
	// that has arrived stays. Without it both clocks are one.
	steady bool
}

// show lets the others see what time it is.
func (w *world) show() {
	now, service := w.now, w.serviceTime()
	w.shown.Store(&now)
	w.service.Store(&service)
}

// at sets the clocks.
func (w *world) at(now time.Time) {
	w.now = now
	w.show()
}

// serviceTime is the time by CloudWatch's clock.
func (w *world) serviceTime() time.Time {
	if before := w.service.Load(); w.steady && before.After(w.now) {
		return *before
	}
	return w.now
}

// point is what one line of a meter adds to a record.
type point struct {
	arrives time.Time
	values  [5]int64
	given   [5]bool
}

var (
	monday = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	target = collector.Target{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"}
	place  = fakecloudwatch.Place(target)
)

func newWorld(t testing.TB, options fakecloudwatch.Options, mappings ...mapping.Mapping) *world {
	w := &world{
		t: t, now: monday.Add(60 * time.Hour), data: map[usage.Key][]point{},
		ledger: filepath.Join(t.TempDir(), "ledger"),
	}
	w.show()
	clock := func() time.Time { return *w.shown.Load() }
	options.Now = func() time.Time { return *w.service.Load() }
	w.fake = fakecloudwatch.NewCloudWatch(options)
	w.server = httptest.NewServer(w.fake)
	t.Cleanup(w.server.Close)
	if len(mappings) == 0 {
		mappings = []mapping.Mapping{perMicroVM()}
	}
	w.source = newSource(t, w.server.URL, clock, mappings)
	w.options = collector.Options{
		Source: w.source, Ledger: collector.In(w.ledger, ""), Now: clock,
		Targets: func(context.Context) ([]collector.Target, []collector.Gap) { return []collector.Target{target}, nil },
	}
	return w
}

func newSource(t testing.TB, url string, now func() time.Time, mappings []mapping.Mapping) *Source {
	prices, err := pricing.EmbeddedMeasuringPrices()
	require.NoError(t, err)
	return New(Options{
		Mappings: mappings, Prices: prices, Now: now, Explain: awssource.Explain, Random: func() float64 { return 0 },
		Client: func(_ context.Context, of collector.Target) (*Client, error) {
			return NewClient(aws.Config{
				Region: of.Region, BaseEndpoint: &url,
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
				}),
				Retryer: func() aws.Retryer {
					return awssource.NewRetryer(awssource.Retry{Attempts: 3, Random: func() float64 { return 0 }}, nil)
				},
			}), nil
		},
	})
}

// perMicroVM is the meter's mapping with a dimension of the MicroVM.
func perMicroVM() mapping.Mapping {
	m := mapping.Default()
	m.Dimensions.MicroVM = "MicrovmId"
	return m
}

// put adds a line of a meter: five metrics of a MicroVM at a minute, each of them given or not.
func (w *world) put(at time.Time, microVM string, p point) {
	m := perMicroVM()
	for i, metric := range m.Metrics {
		if !p.given[i] {
			continue
		}
		datum := fakecloudwatch.Value(at, float64(p.values[i]))
		datum.Arrives = p.arrives
		w.fake.Put(place, fakecloudwatch.Metric{
			Namespace: m.Namespace, Name: metric.Name,
			Dimensions: map[string]string{"Tenant": "tenant of " + microVM, "Image": "web", "MicrovmId": microVM},
		}, datum)
	}
	key := usage.Key{
		Source: "cloudwatch", Region: target.Region, Account: target.Account, Resource: usage.Resource{ID: microVM},
		PeriodStart: at.Truncate(5 * time.Minute).Unix(),
	}
	w.data[key] = append(w.data[key], p)
}

var allGiven = [5]bool{true, true, true, true, true}

// truth is the record that a key should have, of what has arrived at a time.
func (w *world) truth(key usage.Key, at time.Time) (usage.Record, bool) {
	r := usage.Record{
		PeriodStart: time.Unix(key.PeriodStart, 0).UTC(), PeriodSeconds: 300, Region: key.Region, Account: key.Account,
		Resource: usage.Resource{ID: key.Resource.ID}, Tenant: "tenant of " + key.Resource.ID, Image: "web",
		Source: key.Source, TenantBy: usage.TenantGuest,
	}
	var given [5]bool
	for _, p := range w.data[key] {
		if p.arrives.After(at) {
			continue
		}
		for i, amount := range []*int64{
			&r.Amounts[pricing.VCPU], &r.Amounts[pricing.Memory],
			&r.Amounts[pricing.SnapshotRead], &r.Amounts[pricing.SnapshotWrite], &r.Amounts[pricing.SnapshotStorage],
		} {
			if p.given[i] {
				*amount += p.values[i]
				given[i] = true
			}
		}
	}
	r.Coverage = usage.CoveragePartial
	if given == allGiven {
		r.Coverage = usage.CoverageComplete
	}
	return r, given != [5]bool{}
}

func (w *world) run() collector.Summary {
	w.t.Helper()
	s, err := w.tryRun(context.Background())
	require.NoError(w.t, err)
	return s
}

func (w *world) tryRun(ctx context.Context) (collector.Summary, error) {
	w.show()
	w.options.Timing = w.timing
	runner, err := collector.New(w.options)
	require.NoError(w.t, err)
	return runner.Run(ctx)
}

// reader reads the ledger.
func (w *world) reader() ledger.Reader {
	opened, err := w.options.Ledger.Open(w.t.Context(), ledger.Options{})
	require.NoError(w.t, err)
	return opened
}

// content is all that the ledger has.
func (w *world) content() map[usage.Key]usage.Record {
	w.t.Helper()
	opened, err := parquet.Open(w.ledger, ledger.Options{})
	require.NoError(w.t, err)
	out := map[usage.Key]usage.Record{}
	for r, err := range opened.Records(context.Background(), monday.AddDate(-2, 0, 0), monday.AddDate(2, 0, 0)) {
		require.NoError(w.t, err)
		key := r.Key()
		if _, twice := out[key]; twice {
			w.t.Fatalf("two records of %+v", key)
		}
		out[key] = r
	}
	return out
}

// holdsTruth says where the ledger differs from what had arrived at a time, in [from, to).
func (w *world) holdsTruth(from, to, at time.Time) error {
	content := w.content()
	for key := range w.data {
		start := time.Unix(key.PeriodStart, 0)
		if start.Before(from) || !start.Before(to) {
			continue
		}
		want, known := w.truth(key, at)
		got, found := content[key]
		switch {
		case known != found:
			return fmt.Errorf("%s at %s: there is a record %v, it should be %v", key.Resource.ID, start.UTC(), found, known)
		case known && want != got:
			return fmt.Errorf("%s at %s:\n got %+v\nwant %+v", key.Resource.ID, start.UTC(), got, want)
		}
	}
	for key := range content {
		if _, known := w.truth(key, at); !known {
			return fmt.Errorf("%s at %s: usage that never was", key.Resource.ID, time.Unix(key.PeriodStart, 0).UTC())
		}
	}
	return nil
}

// busy fills days with a line every few minutes for each of some MicroVMs.
func (w *world) busy(from, to time.Time, microVMs int) {
	n := int64(0)
	for at := from; at.Before(to); at = at.Add(7 * time.Minute) {
		for i := range microVMs {
			n++
			w.put(at, fmt.Sprint("microvm-", i), point{values: [5]int64{n, 2 * n, n % 3, n % 2, 5 * n}, given: allGiven})
		}
	}
}

// editCheckpoint changes the target's checkpoint between two runs.
func (w *world) editCheckpoint(change func(map[string]json.RawMessage)) {
	w.t.Helper()
	path := filepath.Join(w.ledger, ".collect", "cloudwatch", target.Account+"_"+target.Region+".json")
	text, err := os.ReadFile(path)
	require.NoError(w.t, err)
	var members map[string]json.RawMessage
	require.NoError(w.t, json.Unmarshal(text, &members))
	change(members)
	text, err = json.Marshal(members)
	require.NoError(w.t, err)
	require.NoError(w.t, os.WriteFile(path, text, 0o600))
}

// bothTargets are the target and another account in its region.
func bothTargets(other string) collector.TargetsFunc {
	return func(context.Context) ([]collector.Target, []collector.Gap) {
		return []collector.Target{target, {Account: other, Region: target.Region}}, nil
	}
}
