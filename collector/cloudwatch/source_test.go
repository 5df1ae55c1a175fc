package cloudwatch

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
	"microspend/usage"
)

func TestCollect(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(monday, w.now, 3)
	s := w.run()
	assert.Empty(t, s.Gaps)
	to := w.now.Add(-10 * time.Minute)
	require.NoError(t, w.holdsTruth(monday, to, w.now))
	assert.Equal(t, s.Changes.Read, s.Changes.Added)
	assert.Equal(t, to, s.To)

	again := w.run()
	assert.Zero(t, again.Changes.Added+again.Changes.Replaced, "the same window again changes nothing")
	require.NoError(t, w.holdsTruth(monday, to, w.now))
}

// Pages on which an Id comes again are put together: whatever the size of a page, the records are the same.
func TestPagesAreMergedByID(t *testing.T) {
	for _, page := range []int{1, 7, 100, 5000} {
		w := newWorld(t, fakecloudwatch.Options{PageDatapoints: page, PageMetrics: 3})
		w.busy(w.now.Add(-5*time.Hour), w.now, 3)
		w.timing.Lookback = 4 * time.Hour
		s := w.run()
		assert.Empty(t, s.Gaps)
		require.NoError(t, w.holdsTruth(w.now.Add(-4*time.Hour), w.now.Add(-10*time.Minute), w.now), "pages of %d", page)
	}
}

func TestStatusCodes(t *testing.T) {
	const bad = "MemoryMiBMilliseconds"
	for _, test := range []struct {
		name   string
		status types.StatusCode
		times  int // of the replies that say so
		reason string
	}{
		{"passes", types.StatusCodeInternalError, 2, ""},
		{"stays", types.StatusCodeInternalError, 100, "InternalError"},
		{"part", types.StatusCodePartialData, 100, "PartialData"},
		{"forbidden", types.StatusCodeForbidden, 100, "Forbidden: ask the owner"},
		{"unheard of", "Confused", 100, "Confused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			left := test.times
			code, value := "Forbidden", "ask the owner"
			w := newWorld(t, fakecloudwatch.Options{Faults: func(call fakecloudwatch.Call) fakecloudwatch.Fault {
				return fakecloudwatch.Fault{Result: func(r *types.MetricDataResult) {
					query := call.Get.MetricDataQueries[indexOf(call, *r.Id)]
					if *query.MetricStat.Metric.MetricName != bad || left == 0 {
						return
					}
					left--
					r.StatusCode = test.status
					if test.status == types.StatusCodeForbidden {
						r.Messages = []types.MessageData{{Value: &value}}
					}
					_ = code
					r.Timestamps, r.Values = nil, nil
				}}
			}})
			w.source.options.Sleep = func(context.Context, time.Duration) error { return nil }
			at := w.now.Add(-time.Hour)
			w.put(at, "a", point{values: [5]int64{1, 2, 3, 4, 5}, given: allGiven})
			w.timing.Lookback = 2 * time.Hour
			s := w.run()
			if test.reason == "" {
				assert.Empty(t, s.Gaps)
				assert.Equal(t, int64(2), s.Counts[countAgain])
				require.NoError(t, w.holdsTruth(monday, w.now, w.now))
				return
			}
			require.Len(t, s.Gaps, 1)
			assert.Contains(t, s.Gaps[0].String(),
				"microspend MemoryMiBMilliseconds {Tenant=tenant of a, Image=web, MicrovmId=a}")
			assert.Contains(t, s.Gaps[0].Reason, test.reason)
			for _, r := range w.content() {
				assert.Equal(t, usage.CoveragePartial, r.Coverage)
				assert.Equal(t, usage.Amounts{
					pricing.VCPU: 1, pricing.SnapshotRead: 3, pricing.SnapshotWrite: 4,
					pricing.SnapshotStorage: 5,
				}, r.Amounts, "the others land")
			}
			w.fake.SetFaults(nil)
			w.now = w.now.Add(5 * time.Minute)
			assert.Empty(t, w.run().Gaps, "the gap heals")
			require.NoError(t, w.holdsTruth(monday, w.now, w.now))
		})
	}
}

func indexOf(call fakecloudwatch.Call, id string) int {
	for i, query := range call.Get.MetricDataQueries {
		if *query.Id == id {
			return i
		}
	}
	return -1
}

// A series that fails when it is read again takes nothing away.
func TestAGapDoesNotUndoWhatWasRead(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(w.now.Add(-3*time.Hour), w.now, 2)
	w.timing.Lookback = 2 * time.Hour
	w.run()
	before := w.content()
	w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{Result: func(r *types.MetricDataResult) {
			if indexOf(call, *r.Id)%5 == 1 {
				r.StatusCode, r.Timestamps, r.Values = types.StatusCodeForbidden, nil, nil
			}
		}}
	})
	w.now = w.now.Add(5 * time.Minute)
	s := w.run()
	assert.NotEmpty(t, s.Gaps)
	assert.Positive(t, s.Counts["records that were read before with fewer gaps, and stay as they were"])
	after := w.content()
	for key, r := range before {
		assert.Equal(t, r, after[key])
	}
}

func TestAbsentIsNotZero(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.put(w.now.Add(-time.Hour), "a", point{values: [5]int64{1, 2}, given: [5]bool{true, true}})
	w.timing.Lookback = 2 * time.Hour
	s := w.run()
	content := w.content()
	require.Len(t, content, 1, "a period without a datapoint makes no record")
	for _, r := range content {
		assert.Equal(t, usage.CoveragePartial, r.Coverage, "what has no datapoint is not known")
	}
	assert.Equal(t, int64(21), s.Counts[countAbsent], "2 h less 10 min are 22 periods")
	assert.Equal(t, int64(1), s.Counts[countPartial])

	sparse := perMicroVM()
	for i := 2; i < 5; i++ {
		sparse.Metrics[i].Sparse = true
	}
	other := newWorld(t, fakecloudwatch.Options{}, sparse)
	other.put(other.now.Add(-time.Hour), "a", point{values: [5]int64{1, 2}, given: [5]bool{true, true}})
	other.timing.Lookback = 2 * time.Hour
	other.run()
	for _, r := range other.content() {
		assert.Equal(t, usage.CoverageComplete, r.Coverage, "what is only published when there is some is zero")
	}
}

func TestFleets(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{}, mapping.Default())
	for name, tenant := range map[string]string{"fleet": "acme/eu", "also listed": "acme/eu"} {
		dimensions := map[string]string{"Tenant": tenant, "Image": "web"}
		if name == "also listed" {
			dimensions["MicrovmId"] = "a" // the same usage again
		}
		w.fake.Put(place, fakecloudwatch.Metric{Namespace: "microspend", Name: "VCPUMilliseconds", Dimensions: dimensions},
			fakecloudwatch.Value(w.now.Add(-time.Hour), 5))
	}
	w.timing.Lookback = 2 * time.Hour
	w.run()
	content := w.content()
	require.Len(t, content, 1)
	for key, r := range content {
		assert.Equal(t, "(fleet) acme%2Feu/web", key.Resource.String())
		assert.Equal(t, "acme/eu", r.Tenant)
		assert.Equal(t, int64(5), r.Amounts[pricing.VCPU])
	}
}

// Everything that a batch asks for fits into the limits, whatever the period.
func TestBatchesKeepToTheLimits(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	for i := range 300 {
		w.put(w.now.Add(-time.Hour), strings.Repeat("x", 1+i%5)+string(rune('a'+i%26))+time.Duration(i).String(),
			point{given: allGiven})
	}
	for _, period := range []time.Duration{time.Minute, 5 * time.Minute, time.Hour} {
		for _, length := range []time.Duration{time.Hour, 24 * time.Hour, 72 * time.Hour} {
			window := collector.Window{From: monday, To: monday.Add(length), Period: period}
			plan, err := w.source.Plan(context.Background(), target, window)
			require.NoError(t, err)
			metrics, ids := int64(0), map[string]bool{}
			for _, b := range plan.Batches {
				assert.LessOrEqual(t, b.Cost.Metrics, int64(maxQueries))
				assert.LessOrEqual(t, b.Cost.Metrics*window.Periods(), int64(maxDatapoints))
				assert.Equal(t, int64(1), b.Cost.Calls)
				assert.False(t, ids[b.ID])
				ids[b.ID] = true
				metrics += b.Cost.Metrics
			}
			assert.Equal(t, int64(1500), metrics)
		}
	}
}

// $0.01 per 1,000 metrics requested: 1,000 MicroVMs with 4 metrics, asked 288 times, are $11.52 a day.
func TestPriceOfADay(t *testing.T) {
	m := mapping.Default()
	m.Metrics = m.Metrics[:4]
	for i := range 1000 {
		m.Series = append(m.Series, mapping.Subject{Tenant: time.Duration(i).String(), Image: "web"})
	}
	w := newWorld(t, fakecloudwatch.Options{}, m)
	w.timing.Lookback = time.Hour
	w.options.Timing = w.timing
	runner, err := collector.New(w.options)
	require.NoError(t, err)
	e, err := runner.Estimate(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "0.04", e.Cost.APIPrice.String())
	assert.Equal(t, int64(4000), e.Cost.Metrics)
	assert.Equal(t, int64(8), e.Cost.Calls)
	assert.NoDirExists(t, w.ledger, "finding out writes nothing")
}

// A day that the ledger has in one length of periods stays so: an hour beside its twelfths would count them twice.
func TestADayKeepsItsPeriod(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	w.busy(monday, monday.Add(90*time.Hour), 2)
	w.timing.Lookback = 24 * time.Hour
	w.run()
	w.timing.Period = time.Hour
	w.now = w.now.Add(20 * time.Hour) // the next day
	require.Empty(t, w.run().Gaps)
	lengths := map[string]map[int64]bool{}
	for _, r := range w.content() {
		day := r.Day().Format(time.DateOnly)
		if lengths[day] == nil {
			lengths[day] = map[int64]bool{}
		}
		lengths[day][r.PeriodSeconds] = true
	}
	assert.Equal(t, map[string]map[int64]bool{
		"2026-11-17": {300: true}, "2026-11-18": {300: true}, "2026-11-19": {3600: true},
	}, lengths)
}

// Where the series are keyed in another way than before, nothing is read again: it would stand there twice.
func TestOtherKeysAreNotReadAgain(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{})
	for hour := range 30 {
		at := w.now.Add(time.Duration(hour-20) * time.Hour)
		w.put(at, "a", point{values: [5]int64{1, 2, 3, 4, 5}, given: allGiven})
		w.fake.Put(place, fakecloudwatch.Metric{
			Namespace: "microspend", Name: "VCPUMilliseconds", Dimensions: map[string]string{"Tenant": "t", "Image": "web"},
		}, fakecloudwatch.Value(at, 1))
	}
	w.timing.Lookback = 24 * time.Hour
	w.run()
	w.options.Source = newSource(t, w.server.URL, func() time.Time { return *w.shown.Load() },
		[]mapping.Mapping{mapping.Default()})
	w.now = w.now.Add(5 * time.Hour)
	w.run()
	seen := map[time.Time]int{}
	for _, r := range w.content() {
		seen[r.PeriodStart]++
	}
	for at, n := range seen {
		assert.Equal(t, 1, n, at)
	}
	assert.Len(t, seen, 25)
}

// CloudWatch keeps periods for a number of days, and a run takes an hour at most: what would be gone by its end isn't
// asked for.
func TestFinestPeriod(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		age  time.Duration
		want time.Duration
	}{
		{0, time.Minute},
		{15*day - margin, time.Minute},
		{15*day - margin + 1, 5 * time.Minute},
		{63*day - margin, 5 * time.Minute},
		{63*day - margin + 1, time.Hour},
		{455*day - margin, time.Hour},
		{455*day - margin + 1, 0},
	} {
		assert.Equal(t, test.want, finestPeriod(test.age), "%s", test.age)
	}
}
