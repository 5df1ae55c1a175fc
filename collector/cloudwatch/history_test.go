package cloudwatch

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
	"microspend/usage"
)

const aDay = 24 * time.Hour

// fleetWorld is a world with the meter's metrics per tenant, of which one counts.
func fleetWorld(t *testing.T, options fakecloudwatch.Options, further ...mapping.Mapping) *world {
	w := newWorld(t, options, append([]mapping.Mapping{cpu(mapping.Default())}, further...)...)
	w.source.options.Backoff = time.Nanosecond
	return w
}

// restart is a process of its own: nothing that was listed is remembered but what is on the disk.
func (w *world) restart(mappings ...mapping.Mapping) {
	w.source = newSource(w.t, w.server.URL, w.options.Now, mappings)
	w.source.options.Backoff = time.Nanosecond
	w.options.Source = w.source
}

// without leaves a tenant out of what CloudWatch lists.
func without(tenant string) func(fakecloudwatch.Call) fakecloudwatch.Fault {
	return func(fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{List: func(out *cloudwatch.ListMetricsOutput) {
			kept := []types.Metric{}
			for _, m := range out.Metrics {
				if *m.Dimensions[1].Value != tenant { // after Image
					kept = append(kept, m)
				}
			}
			out.Metrics = kept
		}}
	}
}

func (w *world) cpuOf(tenant string) (values []int64) {
	total := map[time.Time]int64{}
	var order []time.Time
	for _, r := range w.content() {
		if r.Tenant == tenant {
			total[r.PeriodStart] = r.Amounts[pricing.VCPU]
			order = append(order, r.PeriodStart)
		}
	}
	for at := monday.AddDate(0, -3, 0); at.Before(monday.AddDate(0, 3, 0)); at = at.Add(5 * time.Minute) {
		if value, there := total[at]; there {
			values = append(values, value)
		}
	}
	require.Len(w.t, values, len(order))
	return values
}

// A reply without a list of metrics does not say that there are none.
func TestAReplyWithoutAListIsNoList(t *testing.T) {
	w := fleetWorld(t, fakecloudwatch.Options{})
	w.putFleet(place, w.now.Add(-time.Hour), "acme", "web", 5)
	w.timing.Lookback = 2 * time.Hour
	left := 0
	w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{List: func(out *cloudwatch.ListMetricsOutput) {
			if left--; left >= 0 {
				out.Metrics = nil
			}
		}}
	})
	left = 2
	assert.Empty(t, w.run().Gaps, "the third try has one")
	assert.Equal(t, []int64{5}, w.cpuOf("acme"))

	other := fleetWorld(t, fakecloudwatch.Options{Faults: func(fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{Garbage: []byte{0xbf, 0xff}} // {}
	}})
	other.putFleet(place, other.now.Add(-time.Hour), "acme", "web", 5)
	other.timing.Lookback = 2 * time.Hour
	s := other.run()
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, "listing metrics: unexpected reply from CloudWatch: it has no list of metrics", s.Gaps[0].Reason)
	assert.Len(t, other.fake.Calls(), 3)
	assert.Equal(t, int64(3), s.Cost.Calls)
	assert.Equal(t, "0.00003", s.Cost.APIPrice.String(), "three calls at $0.01 for 1,000")
	other.fake.SetFaults(nil)
	other.now = other.now.Add(5 * time.Minute)
	other.run()
	assert.Equal(t, []int64{5}, other.cpuOf("acme"), "it is read again from where that run began")
}

// What the first list leaves out has its lookback read once it is listed.
func TestAFirstListThatLeavesASeriesOut(t *testing.T) {
	w := fleetWorld(t, fakecloudwatch.Options{})
	w.timing.Overlap = time.Hour
	w.putFleet(place, w.now.Add(-9*aDay), "acme", "web", 1)
	w.putFleet(place, w.now.Add(-50*time.Hour), "acme", "web", 2)
	w.putFleet(place, w.now.Add(-9*aDay), "zeta", "web", 3)
	w.fake.SetFaults(without("acme"))
	w.run()
	assert.Empty(t, w.cpuOf("acme"))
	w.now = w.now.Add(30 * time.Minute)
	w.run()
	assert.Empty(t, w.cpuOf("acme"))

	w.fake.SetFaults(nil)
	w.now = w.now.Add(30 * time.Minute)
	before := len(w.fake.Calls())
	assert.Empty(t, w.run().Gaps)
	assert.Equal(t, []int64{1, 2}, w.cpuOf("acme"))
	assert.Equal(t, 3, windowsOf(w, before, "acme", "zeta"), "it alone, in windows of a week that end at midnight")

	w.now = w.now.Add(30 * time.Minute)
	before = len(w.fake.Calls())
	w.run()
	assert.Zero(t, windowsOf(w, before, "acme", "zeta"), "once")
}

// What lists leave out for hours is read once it is listed again, from before the overlap, too.
func TestASeriesThatListsLeaveOutForHours(t *testing.T) {
	w := fleetWorld(t, fakecloudwatch.Options{})
	w.timing.Lookback, w.timing.Overlap = aDay, 10*time.Minute
	w.putFleet(place, w.now.Add(-time.Hour), "acme", "web", 1)
	w.putFleet(place, w.now.Add(-time.Hour), "zeta", "web", 9)
	w.run()
	w.fake.SetFaults(without("acme"))
	for range 6 {
		w.at(w.now.Add(time.Hour))
		w.putFleet(place, w.now.Add(-30*time.Minute), "acme", "web", 2)
		w.run()
	}
	assert.Less(t, len(w.cpuOf("acme")), 7, "it has not been listed for so long that it may have ended")
	w.fake.SetFaults(nil)
	w.at(w.now.Add(time.Hour))
	w.run()
	assert.Equal(t, []int64{1, 2, 2, 2, 2, 2, 2}, w.cpuOf("acme"))
	before := len(w.fake.Calls())
	w.at(w.now.Add(time.Hour))
	w.run()
	assert.Zero(t, windowsOf(w, before, "acme", "zeta"))
}

// windowsOf is how many calls since one asked for a tenant's data and not for another's.
func windowsOf(w *world, since int, tenant, but string) (n int) {
	for _, call := range w.fake.Calls()[since:] {
		if call.Get == nil {
			continue
		}
		asked := map[string]bool{}
		for _, query := range call.Get.MetricDataQueries {
			asked[*query.MetricStat.Metric.Dimensions[0].Value] = true
		}
		if asked[tenant] && !asked[but] {
			n++
		}
	}
	return n
}

// A series that was known is asked for, whether it is listed or not, and its gap stays until it is read.
func TestAListThatLeavesOutWhatIsKnown(t *testing.T) {
	w := fleetWorld(t, fakecloudwatch.Options{})
	w.timing.Lookback = 2 * time.Hour
	w.putFleet(place, w.now.Add(-time.Hour), "acme", "web", 1)
	w.putFleet(place, w.now.Add(-time.Hour), "zeta", "web", 9)
	w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{Result: func(r *types.MetricDataResult) {
			r.StatusCode, r.Timestamps, r.Values = types.StatusCodeForbidden, nil, nil
		}}
	})
	require.NotEmpty(t, w.run().Gaps)

	w.now = w.now.Add(30 * time.Minute)
	w.putFleet(place, w.now.Add(-20*time.Minute), "acme", "web", 2)
	w.fake.SetFaults(without("acme"))
	s := w.run()
	assert.Empty(t, s.Gaps)
	assert.Equal(t, []int64{1, 2}, w.cpuOf("acme"), "the gap and what is new")
}

// Twenty days of downtime: what ended more than two weeks ago is no longer listed, and is asked for all the same, once
// by what was remembered, once by what the ledger has.
func TestDowntime(t *testing.T) {
	for _, remembered := range []bool{true, false} {
		t.Run(fmt.Sprint("remembered: ", remembered), func(t *testing.T) {
			w := fleetWorld(t, fakecloudwatch.Options{})
			w.timing.Lookback = aDay
			w.putFleet(place, w.now.Add(-time.Hour), "M%C3%BCller", "web", 1)
			w.putFleet(place, w.now.Add(-time.Hour), "zeta", "web", 9)
			w.run()
			w.putFleet(place, w.now.Add(3*time.Hour), "M%C3%BCller", "web", 2)
			w.putFleet(place, w.now.Add(3*time.Hour), "nobody saw", "web", 4)
			w.putFleet(place, w.now.Add(19*aDay), "zeta", "web", 8)
			w.at(w.now.Add(20 * aDay))
			if !remembered {
				w.forgetState()
			}
			s := w.run()
			assert.Empty(t, s.Gaps)
			assert.Equal(t, []int64{1, 2}, w.cpuOf("Müller"))
			assert.Equal(t, []int64{9, 8}, w.cpuOf("zeta"))
			require.NotEmpty(t, s.Quarantined, "what nobody saw is missed without a trace otherwise")
			assert.Equal(t, "series that ended before 2026-11-24 and were never collected: CloudWatch lists only what had data "+
				"in the last two weeks; name them under series to read them", reasons(s.Quarantined)[0])
			w.now = w.now.Add(5 * time.Minute)
			assert.Empty(t, w.run().Quarantined)
		})
	}
}

// forgetState takes what the source remembers out of the checkpoint, as a version has it that remembered nothing.
func (w *world) forgetState() {
	w.editCheckpoint(func(c map[string]json.RawMessage) { delete(c, "source") })
}

func TestSinceBeforeWhatIsListed(t *testing.T) {
	w := fleetWorld(t, fakecloudwatch.Options{})
	w.putFleet(place, w.now.Add(-39*aDay), "gone", "web", 1)
	w.putFleet(place, w.now.Add(-39*aDay), "acme", "web", 2)
	w.putFleet(place, w.now.Add(-aDay), "acme", "web", 3)
	w.timing.Since = w.now.Add(-40 * aDay)
	s := w.run()
	assert.Empty(t, s.Gaps)
	assert.Equal(t, []int64{2, 3}, w.cpuOf("acme"), "it is listed, whenever it began")
	assert.NotEmpty(t, s.Quarantined)

	given := cpu(mapping.Default())
	given.Series = []mapping.Subject{{Tenant: "gone", Image: "web"}}
	other := newWorld(t, fakecloudwatch.Options{}, given)
	other.putFleet(place, other.now.Add(-39*aDay), "gone", "web", 1)
	other.timing.Since = other.now.Add(-40 * aDay)
	s = other.run()
	assert.Empty(t, s.Quarantined, "series are given, so that nothing is unseen")
	assert.Equal(t, []int64{1}, other.cpuOf("gone"))

	first := fleetWorld(t, fakecloudwatch.Options{})
	first.putFleet(place, first.now.Add(-aDay), "acme", "web", 3)
	assert.Empty(t, first.run().Quarantined, "two weeks are what is listed")
}

// The first run of a version that remembers series knows those of the ledger, and reads no lookback of them again.
func TestTheFirstRunThatRemembers(t *testing.T) {
	w := fleetWorld(t, fakecloudwatch.Options{})
	w.timing.Overlap = time.Hour
	w.putFleet(place, w.now.Add(-3*aDay), "acme", "web", 1)
	w.putFleet(place, w.now.Add(-3*aDay), "zeta", "web", 2)
	w.fake.SetFaults(without("zeta"))
	w.run()
	w.forgetState()
	w.fake.SetFaults(nil)
	w.now = w.now.Add(30 * time.Minute)
	before := len(w.fake.Calls())
	w.run()
	assert.Zero(t, windowsOf(w, before, "acme", "zeta"))
	assert.Equal(t, 3, windowsOf(w, before, "zeta", "acme"), "what the ledger lacks may be new")
	assert.Equal(t, []int64{2}, w.cpuOf("zeta"))
}

// A namespace that is added later has its lookback read, and those that were there keep their overlap.
func TestANamespaceThatIsAddedLater(t *testing.T) {
	added := cpu(mapping.Default())
	added.Namespace = "acme/sandboxes"
	put := func(w *world, at time.Time, tenant string, value float64) {
		w.fake.Put(place, fakecloudwatch.Metric{
			Namespace: added.Namespace, Name: "VCPUMilliseconds",
			Dimensions: map[string]string{"Tenant": tenant, "Image": "web"},
		}, fakecloudwatch.Value(at, value))
	}
	w := fleetWorld(t, fakecloudwatch.Options{})
	w.putFleet(place, w.now.Add(-time.Hour), "acme", "web", 1)
	put(w, w.now.Add(-9*aDay), "beta", 3)
	put(w, w.now.Add(-time.Hour), "beta", 4)
	w.run()
	assert.Empty(t, w.cpuOf("beta"))

	w.putFleet(place, w.now.Add(-2*time.Hour), "acme", "web", 2) // late
	w.now = w.now.Add(time.Hour)
	w.restart(cpu(mapping.Default()), added)
	assert.Empty(t, w.run().Gaps)
	assert.Equal(t, []int64{3, 4}, w.cpuOf("beta"))
	assert.Equal(t, []int64{2, 1}, w.cpuOf("acme"), "the overlap is read again, with what was late")

	// Data from before the first run's lookback is there for who asks.
	put(w, w.now.Add(-30*aDay), "beta", 5)
	w.timing.Part, w.timing.Since = added.Namespace, w.now.Add(-31*aDay)
	before := len(w.fake.Calls())
	s := w.run()
	assert.Empty(t, s.Gaps)
	assert.Equal(t, []int64{5, 3, 4}, w.cpuOf("beta"))
	for _, call := range w.fake.Calls()[before:] {
		if call.Get != nil {
			assert.Equal(t, added.Namespace, *call.Get.MetricDataQueries[0].MetricStat.Metric.Namespace, "it alone")
		}
	}
	w.timing = collector.Timing{}
	before = len(w.fake.Calls())
	w.run()
	assert.Positive(t, len(w.fake.Calls())-before)
}

// Pages that lead back to one that was read end the call at once.
func TestPagesThatLeadInACircle(t *testing.T) {
	next := map[string]string{"": "A", "A": "B", "B": "A"}
	w := fleetWorld(t, fakecloudwatch.Options{})
	w.putFleet(place, w.now.Add(-time.Hour), "acme", "web", 1)
	w.timing.Lookback = 2 * time.Hour
	follow := func(token *string) *string {
		at := ""
		if token != nil {
			at = *token
		}
		to := next[at]
		return &to
	}
	w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{List: func(out *cloudwatch.ListMetricsOutput) {
			out.NextToken = follow(call.List.NextToken)
		}}
	})
	s := w.run()
	require.Len(t, s.Gaps, 1)
	assert.Contains(t, s.Gaps[0].Reason, "unexpected reply from CloudWatch: its pages do not end")
	assert.Len(t, w.fake.Calls(), 3, "A, B, and A again")
	assert.Equal(t, int64(3), s.Cost.Calls)

	w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{Get: func(out *cloudwatch.GetMetricDataOutput) {
			out.NextToken = follow(call.Get.NextToken)
		}}
	})
	w.now = w.now.Add(5 * time.Minute)
	s = w.run()
	require.NotEmpty(t, s.Gaps)
	assert.Contains(t, s.Gaps[0].Reason, "unexpected reply from CloudWatch: its pages do not end")
	assert.Len(t, w.fake.Calls(), 3+1+3)

	// Ever new tokens end as well: after as many pages as there can be news, and some.
	n := 0
	w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{List: func(out *cloudwatch.ListMetricsOutput) {
			n++
			token := fmt.Sprint("token ", n)
			out.Metrics, out.NextToken = []types.Metric{}, &token
		}}
	})
	w.restart(cpu(mapping.Default()))
	w.now = w.now.Add(5 * time.Minute)
	s = w.run()
	require.NotEmpty(t, s.Gaps)
	assert.LessOrEqual(t, n, maxIdlePages)
}

// A monitoring account reads what is linked to it. Records are of the account that has the series.
func TestSeriesOfLinkedAccounts(t *testing.T) {
	const linked = "222222222222"
	theirs := fakecloudwatch.Place{Account: linked, Region: place.Region}
	w := fleetWorld(t, fakecloudwatch.Options{
		Linked: map[string][]string{place.Account: {linked}}, PageMetrics: 1,
	})
	at := w.now.Add(-time.Hour)
	w.putFleet(place, at, "acme", "web", 1)
	w.putFleet(theirs, at, "acme", "web", 2)
	w.timing.Lookback = 2 * time.Hour
	w.run()
	assert.Len(t, w.content(), 1, "unless it is asked to, it reads its own")

	w.now = w.now.Add(30 * time.Minute)
	w.source.options.LinkedAccounts = true
	w.timing.Lookback = 4 * time.Hour
	s := w.run()
	assert.Empty(t, s.Gaps)
	key := usage.Key{
		Source: "cloudwatch", Region: place.Region, Account: place.Account, PeriodStart: at.Unix(),
		Resource: usage.Resource{Kind: usage.KindFleet, ID: "acme/web"},
	}
	content := w.content()
	require.Len(t, content, 2)
	assert.Equal(t, int64(1), content[key].Amounts[pricing.VCPU])
	key.Account = linked
	assert.Equal(t, int64(2), content[key].Amounts[pricing.VCPU])

	// An account that is a target itself is read there.
	w.options.Targets = bothTargets(linked)
	w.now = w.now.Add(30 * time.Minute)
	before := len(w.fake.Calls())
	w.run()
	for _, call := range w.fake.Calls()[before:] {
		if call.Get == nil {
			continue
		}
		for _, query := range call.Get.MetricDataQueries {
			assert.Nil(t, query.AccountId)
		}
	}
}

func TestPartsOfABatch(t *testing.T) {
	w := fleetWorld(t, fakecloudwatch.Options{})
	for _, tenant := range []string{"a", "b", "c"} {
		w.putFleet(place, w.now.Add(-time.Hour), tenant, "web", 1)
	}
	window := collector.Window{From: w.now.Add(-2 * time.Hour), To: w.now, Period: 5 * time.Minute}
	plan, err := w.source.Plan(t.Context(), target, window)
	require.NoError(t, err)
	require.Len(t, plan.Batches, 1)
	assert.Equal(t, []string{"(fleet) a/web", "(fleet) b/web", "(fleet) c/web"}, w.source.Series(plan.Batches[0]))
	part, err := w.source.Part(plan.Batches[0], func(series string) bool { return series == "(fleet) b/web" })
	require.NoError(t, err)
	assert.Equal(t, []string{"(fleet) b/web"}, w.source.Series(part))
	assert.Equal(t, int64(1), part.Cost.Metrics)
	result, err := w.source.Fetch(t.Context(), target, part)
	require.NoError(t, err)
	require.Len(t, result.Records, 1)
	assert.Equal(t, "b", result.Records[0].Tenant)

	// Plans of versions that knew mappings by their place.
	old := collector.Batch{ID: "0/(fleet) a/web", Window: window, Spec: json.RawMessage(
		`{"mapping":0,"subjects":[["a","web","",""]],"metrics":[31]}`)}
	assert.Equal(t, []string{"(fleet) a/web"}, w.source.Series(old))
	result, err = w.source.Fetch(t.Context(), target, old)
	require.NoError(t, err)
	require.Len(t, result.Records, 1)
	assert.Nil(t, w.source.Series(collector.Batch{Spec: json.RawMessage(`{"of":"0123"}`)}), "of another configuration")
}
