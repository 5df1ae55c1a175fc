package cloudwatch

import (
	"fmt"
	"math"
	"strings"
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

// putFleet adds a value of the meter's first metric to a tenant and an image.
func (w *world) putFleet(of fakecloudwatch.Place, at time.Time, tenant, image string, value float64) {
	w.fake.Put(of, fakecloudwatch.Metric{
		Namespace: "microspend", Name: "VCPUMilliseconds", Dimensions: map[string]string{"Tenant": tenant, "Image": image},
	}, fakecloudwatch.Value(at, value))
}

// putNamed adds a value of the meter's first metric to a MicroVM under a tenant and an image.
func (w *world) putNamed(at time.Time, tenant, image, microVM string, value float64) {
	w.fake.Put(place, fakecloudwatch.Metric{
		Namespace: "microspend", Name: "VCPUMilliseconds",
		Dimensions: map[string]string{"Tenant": tenant, "Image": image, "MicrovmId": microVM},
	}, fakecloudwatch.Value(at, value))
}

// records are the ledger's by resource and minute: "mvm-1 11:00".
func (w *world) records() map[string]usage.Record {
	out := map[string]usage.Record{}
	for key, r := range w.content() {
		out[key.Resource.String()+" "+r.PeriodStart.Format("15:04")] = r
	}
	return out
}

// cpu alone is what these tests publish, so that it alone is required.
func cpu(of mapping.Mapping) mapping.Mapping {
	of.Metrics = of.Metrics[:1]
	return of
}

func reasons(all []collector.Quarantine) (texts []string) {
	for _, q := range all {
		texts = append(texts, q.What+": "+q.Reason)
	}
	return texts
}

// 512 letters and 511 spaces, which are escaped to three characters each, and /web are 2,049: one more than an id may
// have.
func TestALongNameIsCut(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{}, cpu(mapping.Default()))
	at := w.now.Add(-time.Hour)
	long := strings.Repeat("a ", 511) + "a" // 1,023 characters, 511 of them spaces
	w.putFleet(place, at, long, "web", 7)
	w.putFleet(place, at, long[:1022]+"b", "web", 8)
	w.putFleet(place, at, "acme", "web", 9)
	w.timing.Lookback = 2 * time.Hour
	s := w.run()
	assert.Empty(t, s.Gaps)
	assert.Empty(t, s.Quarantined)
	content := w.content()
	require.Len(t, content, 3)
	byTenant := map[string]usage.Record{}
	for key, r := range content {
		byTenant[r.Tenant] = r
		assert.LessOrEqual(t, len(key.Resource.ID), usage.MaxNameBytes)
		assert.NoError(t, r.Check())
	}
	assert.Equal(t, int64(7), byTenant[long].Amounts[pricing.VCPU], "the tenant's name is whole")
	assert.Equal(t, int64(8), byTenant[long[:1022]+"b"].Amounts[pricing.VCPU], "names that differ at the end stay apart")
	assert.Equal(t, int64(9), byTenant["acme"].Amounts[pricing.VCPU])
	assert.Regexp(t, `^a%20a.*~[0-9a-f]{32}/web$`, byTenant[long].Resource.ID)
	assert.Equal(t, int64(2), s.Counts[countCut])

	again := w.run()
	assert.Zero(t, again.Changes.Added+again.Changes.Replaced, "the same name is always cut the same way")
}

// What no record can be of costs itself, and no call.
func TestASubjectThatCannotBeKept(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{}, cpu(perMicroVM()))
	at := w.now.Add(-time.Hour)
	w.putNamed(at, "acme", "web", "(image) base", 1)
	w.putNamed(at, "acme", "web", "mvm-1", 2)
	w.timing.Lookback = 2 * time.Hour
	s := w.run()
	assert.Empty(t, s.Gaps)
	require.Len(t, w.content(), 1)
	require.Len(t, s.Quarantined, 1)
	assert.Equal(t, `microspend {Tenant=acme, Image=web, MicrovmId=(image) base}: microvm_id "(image) base" is not the `+
		`id of a resource of kind microvm`, reasons(s.Quarantined)[0])
	for _, call := range w.fake.Calls() {
		if call.Get != nil {
			assert.Len(t, call.Get.MetricDataQueries, 1)
		}
	}
	assert.Empty(t, w.run().Quarantined, "it is named once")
}

// Series of one MicroVM under several names. Values are of five-minute periods from 10:00 on.
func TestOneMicroVMUnderSeveralNames(t *testing.T) {
	type line struct {
		minute        int
		tenant, image string
		value         float64
	}
	type want struct {
		period, tenant, image string
		value                 int64
		coverage              usage.Coverage
	}
	for _, test := range []struct {
		name, reason string
		lines        []line
		want         []want
		quarantined  []string
	}{
		{
			"first without a tenant, then with one", "each period counts under the name that the MicroVM then had",
			[]line{{0, "(unallocated)", "web", 10}, {5, "acme", "web", 20}},
			[]want{{"10:00", "", "web", 10, usage.CoverageComplete}, {"10:05", "acme", "web", 20, usage.CoverageComplete}},
			nil,
		},
		{
			"named in the middle of a period", "10 before and 5 after are 15 of the same MicroVM, and it is acme's",
			[]line{{1, "(unallocated)", "web", 10}, {3, "acme", "web", 5}, {5, "acme", "web", 20}},
			[]want{{"10:00", "acme", "web", 15, usage.CoverageComplete}, {"10:05", "acme", "web", 20, usage.CoverageComplete}},
			nil,
		},
		{
			"image and tenant named one after the other", "what one line lacks another has",
			[]line{{0, "(unallocated)", "web", 1}, {1, "acme", "(unknown)", 2}},
			[]want{{"10:00", "acme", "web", 3, usage.CoverageComplete}},
			nil,
		},
		{
			"two tenants one after the other", "no period has both",
			[]line{{0, "acme", "web", 10}, {5, "zeta", "web", 20}},
			[]want{{"10:00", "acme", "web", 10, usage.CoverageComplete}, {"10:05", "zeta", "web", 20, usage.CoverageComplete}},
			nil,
		},
		{
			"two tenants at a time", "neither may be charged for it; 10 + 20 + 4 is used all the same",
			[]line{{0, "acme", "web", 10}, {1, "zeta", "web", 20}, {2, "(unallocated)", "web", 4}, {5, "acme", "web", 5}},
			[]want{{"10:00", "", "web", 34, usage.CoveragePartial}, {"10:05", "acme", "web", 5, usage.CoverageComplete}},
			[]string{`mvm-1: it is metered under the tenants "acme" and "zeta" at the same time; its usage then counts for ` +
				`neither of them`},
		},
		{
			"three tenants at a time", "the third does not win either",
			[]line{{0, "acme", "web", 1}, {0, "beta", "web", 2}, {0, "zeta", "web", 4}},
			[]want{{"10:00", "", "web", 7, usage.CoveragePartial}},
			[]string{`mvm-1: it is metered under the tenants "acme" and "beta" at the same time; its usage then counts for ` +
				`neither of them`},
		},
		{
			"two images at a time", "whose it is is not in doubt",
			[]line{{0, "acme", "web", 1}, {0, "acme", "api", 2}},
			[]want{{"10:00", "acme", "", 3, usage.CoveragePartial}},
			[]string{`mvm-1: it is metered under the images "api" and "web" at the same time; its usage then counts for ` +
				`neither of them`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, fakecloudwatch.Options{}, cpu(perMicroVM()))
			w.at(monday.Add(11 * time.Hour))
			for _, l := range test.lines {
				w.putNamed(monday.Add(10*time.Hour+time.Duration(l.minute)*time.Minute), l.tenant, l.image, "mvm-1", l.value)
			}
			w.putNamed(monday.Add(10*time.Hour), "acme", "web", "mvm-2", 3)
			w.timing.Lookback = 2 * time.Hour
			s := w.run()
			assert.Empty(t, s.Gaps)
			assert.Equal(t, test.quarantined, reasons(s.Quarantined), test.reason)
			content := w.records()
			assert.Len(t, content, len(test.want)+1)
			assert.Equal(t, int64(3), content["mvm-2 10:00"].Amounts[pricing.VCPU], "another MicroVM is read")
			for _, r := range test.want {
				got := content["mvm-1 "+r.period]
				assert.Equal(t, r, want{r.period, got.Tenant, got.Image, got.Amounts[pricing.VCPU], got.Coverage}, test.reason)
			}
		})
	}
}

// A second name that is listed later does not take away what the MicroVM used under the first one.
func TestANameThatIsListedLater(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{ListedAfter: 15 * time.Minute}, cpu(perMicroVM()))
	w.at(monday.Add(10*time.Hour + 10*time.Minute))
	w.putNamed(monday.Add(10*time.Hour), "(unallocated)", "web", "mvm-1", 10)
	w.timing.Lookback, w.timing.Overlap = 2*time.Hour, 10*time.Minute
	w.run()
	assert.Empty(t, w.records(), "it is not listed yet")

	w.at(monday.Add(11 * time.Hour))
	w.run()
	assert.Equal(t, int64(10), w.records()["mvm-1 10:00"].Amounts[pricing.VCPU], "it is new, and its lookback is read")

	w.putNamed(monday.Add(10*time.Hour+2*time.Minute), "acme", "web", "mvm-1", 5)
	w.at(monday.Add(11*time.Hour + 30*time.Minute))
	w.run()
	got := w.records()["mvm-1 10:00"]
	assert.Equal(t, int64(15), got.Amounts[pricing.VCPU])
	assert.Equal(t, "acme", got.Tenant)
}

// Of two mappings that have the same MicroVM the first counts.
func TestTwoMappingsOfOneMicroVM(t *testing.T) {
	second := cpu(perMicroVM())
	second.Namespace = "other"
	w := newWorld(t, fakecloudwatch.Options{}, cpu(perMicroVM()), second)
	at := w.now.Add(-time.Hour)
	w.putNamed(at, "acme", "web", "mvm-1", 1)
	for id, value := range map[string]float64{"mvm-1": 50, "mvm-2": 2} {
		w.fake.Put(place, fakecloudwatch.Metric{
			Namespace: "other", Name: "VCPUMilliseconds",
			Dimensions: map[string]string{"Tenant": "acme", "Image": "web", "MicrovmId": id},
		}, fakecloudwatch.Value(at, value))
	}
	w.timing.Lookback = 2 * time.Hour
	s := w.run()
	assert.Empty(t, s.Gaps)
	content := w.records()
	require.Len(t, content, 2)
	assert.Equal(t, int64(1), content["mvm-1 "+at.Format("15:04")].Amounts[pricing.VCPU])
	assert.Equal(t, int64(2), content["mvm-2 "+at.Format("15:04")].Amounts[pricing.VCPU])
	assert.Equal(t, []string{`other {Tenant=acme, Image=web, MicrovmId=mvm-1}: "mvm-1" is in the metrics of microspend ` +
		`as well, and would count twice; only those are read. Tell them apart by their dimensions`}, reasons(s.Quarantined))
}

// A datapoint that cannot be usage costs itself. The series has 100 at 10:00 and 200 at 10:10; a fault changes what is
// at 10:05.
func TestADatapointThatCannotBeUsage(t *testing.T) {
	bad := monday.Add(10*time.Hour + 5*time.Minute)
	for _, test := range []struct {
		name   string
		at     time.Time
		value  float64
		reason string
		spoils bool // a period of the window
	}{
		{"below zero", bad, -1, "its value -1 is below zero", true},
		{"no number", bad, math.NaN(), "its value NaN is not a number", true},
		{"infinite", bad, math.Inf(1), "its value +Inf is not a number", true},
		{"too large", bad, 1e300, "its value 1e+300 is more than 9223372036854775807", true},
		{"off the grid", bad.Add(time.Second), 5, "its value 5 is not at the start of a period", true},
		{"fractions of a second", bad.Add(time.Millisecond), 5, "its value 5 is not at the start of a period", true},
		{"before the window", monday.Add(-time.Hour), 5, "its value 5 is outside of the time that was asked for", false},
		{"after the window", monday.Add(48 * time.Hour), 5, "its value 5 is outside of the time that was asked for", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, fakecloudwatch.Options{}, cpu(mapping.Default()))
			w.at(monday.Add(11 * time.Hour))
			w.putFleet(place, bad.Add(-5*time.Minute), "acme", "web", 100)
			w.putFleet(place, bad.Add(5*time.Minute), "acme", "web", 200)
			w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
				return fakecloudwatch.Fault{Result: func(r *types.MetricDataResult) {
					r.Timestamps, r.Values = append(r.Timestamps, test.at), append(r.Values, test.value)
				}}
			})
			w.timing.Lookback = 2 * time.Hour
			s := w.run()
			assert.Empty(t, s.Gaps, "asking again would not help")
			require.Len(t, s.Quarantined, 1)
			q := s.Quarantined[0]
			assert.Equal(t, "microspend VCPUMilliseconds {Tenant=acme, Image=web} at "+test.at.Format(time.RFC3339Nano), q.What)
			assert.Equal(t, test.reason+"; it does not count", q.Reason)
			assert.Equal(t, test.at, q.Window.From)
			content := w.records()
			for minute, value := range map[string]int64{"10:00": 100, "10:10": 200} {
				r := content["(fleet) acme/web "+minute]
				assert.Equal(t, value, r.Amounts[pricing.VCPU])
				assert.Equal(t, usage.CoverageComplete, r.Coverage, "the rest of the series is whole")
			}
			spoiled, there := content["(fleet) acme/web 10:05"]
			assert.Equal(t, test.spoils, there)
			if there {
				assert.Zero(t, spoiled.Amounts)
				assert.Equal(t, usage.CoveragePartial, spoiled.Coverage, "something was used, and nobody knows how much")
			}

			w.now = w.now.Add(5 * time.Minute)
			assert.Empty(t, w.run().Quarantined, "it is named once")
			w.fake.SetFaults(nil)
			w.putFleet(place, bad, "acme", "web", 150)
			w.now = w.now.Add(5 * time.Minute)
			w.run()
			assert.Equal(t, int64(150), w.records()["(fleet) acme/web 10:05"].Amounts[pricing.VCPU],
				"it counts once it is right")
		})
	}
}

func TestASeriesOfDatapointsThatCannotBeUsage(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{}, cpu(mapping.Default()))
	for minute := range 240 {
		w.putFleet(place, w.now.Add(-time.Duration(minute)*time.Minute), "acme", "web", -1)
	}
	w.timing.Lookback = 2 * time.Hour
	s := w.run()
	require.Len(t, s.Quarantined, 1)
	assert.Equal(t, "microspend VCPUMilliseconds {Tenant=acme, Image=web}: more than 20 of its datapoints cannot be "+
		"usage, and do not count", reasons(s.Quarantined)[0])
	assert.Equal(t, int64(22), s.Counts[countLost], "2 h less 10 min are 22 periods")
	w.now = w.now.Add(time.Hour)
	assert.Empty(t, w.run().Quarantined, "it is known, whatever the window")
}

// A reply that makes no sense concerns the smallest part that it can.
func TestRepliesThatMakeNoSense(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*types.MetricDataResult)
		gap    string
		note   string
	}{
		{"a series that was not requested", func(r *types.MetricDataResult) { *r.Id = "q999" }, "leaves it out", `"q999"`},
		{
			"values without a time", func(r *types.MetricDataResult) { r.Values = append(r.Values, 1) },
			"2 values for 1 timestamps", "",
		},
		{
			"times without a value", func(r *types.MetricDataResult) { r.Values = nil }, "0 values for 1 timestamps", "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, fakecloudwatch.Options{}, cpu(mapping.Default()))
			w.source.options.Backoff = time.Nanosecond
			at := w.now.Add(-time.Hour)
			w.putFleet(place, at, "acme", "web", 1)
			w.putFleet(place, at, "zeta", "web", 2)
			w.fake.SetFaults(func(call fakecloudwatch.Call) fakecloudwatch.Fault {
				return fakecloudwatch.Fault{Result: func(r *types.MetricDataResult) {
					if *call.Get.MetricDataQueries[indexOf(call, *r.Id)].MetricStat.Metric.Dimensions[0].Value == "acme" {
						test.change(r)
					}
				}}
			})
			w.timing.Lookback = 2 * time.Hour
			s := w.run()
			require.Len(t, s.Gaps, 1)
			assert.Contains(t, s.Gaps[0].String(), "{Tenant=acme, Image=web}")
			assert.Contains(t, s.Gaps[0].Reason, test.gap)
			assert.Contains(t, fmt.Sprint(s.Notes), test.note)
			content := w.records()
			require.Len(t, content, 1)
			assert.Equal(t, int64(2), content["(fleet) zeta/web "+at.Format("15:04")].Amounts[pricing.VCPU])

			w.fake.SetFaults(nil)
			w.now = w.now.Add(5 * time.Minute)
			assert.Empty(t, w.run().Gaps)
			assert.Len(t, w.content(), 2)
		})
	}
}

func TestEntriesOfAListThatMakeNoSense(t *testing.T) {
	text := func(s string) *string { return &s }
	w := newWorld(t, fakecloudwatch.Options{}, cpu(mapping.Default()))
	at := w.now.Add(-time.Hour)
	w.putFleet(place, at, "acme", "web", 1)
	w.fake.SetFaults(func(fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{List: func(out *cloudwatch.ListMetricsOutput) {
			out.Metrics = append(out.Metrics,
				types.Metric{Namespace: text("other"), MetricName: text("VCPUMilliseconds")},
				types.Metric{MetricName: text("VCPUMilliseconds")},
				types.Metric{
					Namespace: text("microspend"), MetricName: text("VCPUMilliseconds"),
					Dimensions: []types.Dimension{{Name: text("Tenant")}, {Name: text("Image"), Value: text("web")}},
				})
		}}
	})
	w.timing.Lookback = 2 * time.Hour
	s := w.run()
	assert.Empty(t, s.Gaps)
	assert.Len(t, w.content(), 1)
	assert.ElementsMatch(t, []string{
		"other VCPUMilliseconds {}: CloudWatch lists it, but it was not asked for",
		"(none) VCPUMilliseconds {}: CloudWatch lists it, but it was not asked for",
		"microspend VCPUMilliseconds {Tenant=(none), Image=web}: it has a dimension without a name or a value",
	}, reasons(s.Quarantined))
}

// Names are those that the application gave, the keys of records those that they were.
func TestNamesAreDecoded(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{}, cpu(mapping.Default()))
	at := w.now.Add(-time.Hour)
	w.putFleet(place, at, "M%C3%BCller", "caf%C3%A9", 1)
	w.putFleet(place, at, "50%25", "web", 2)
	w.timing.Lookback = 2 * time.Hour
	w.run()
	content := w.records()
	r := content["(fleet) M%25C3%25BCller/caf%25C3%25A9 "+at.Format("15:04")]
	assert.Equal(t, "Müller", r.Tenant)
	assert.Equal(t, "café", r.Image)
	assert.Equal(t, int64(1), r.Amounts[pricing.VCPU])
	assert.Equal(t, "50%25", content["(fleet) 50%2525/web "+at.Format("15:04")].Tenant, "the meter did not encode it")
	for _, call := range w.fake.Calls() {
		if call.Get != nil {
			assert.Contains(t, []string{"M%C3%BCller", "50%25"},
				*call.Get.MetricDataQueries[0].MetricStat.Metric.Dimensions[0].Value, "CloudWatch has the series as they are")
		}
	}

	foreign := cpu(mapping.Default())
	foreign.Metrics[0].Name, foreign.Namespace = "CPU", "acme"
	other := newWorld(t, fakecloudwatch.Options{}, foreign)
	other.fake.Put(place, fakecloudwatch.Metric{
		Namespace: "acme", Name: "CPU", Dimensions: map[string]string{"Tenant": "M%C3%BCller", "Image": "web"},
	}, fakecloudwatch.Value(at, 1))
	other.timing.Lookback = 2 * time.Hour
	other.run()
	assert.Equal(t, "M%C3%BCller", other.records()["(fleet) M%25C3%25BCller/web "+at.Format("15:04")].Tenant,
		"what others publish is as they name it")
}

// A thousand characters of a tenant's leave room for the MicroVM and the moment that the message is about, and keep
// apart from those that begin alike.
func TestALongTenantHidesNeitherMicroVMNorMoment(t *testing.T) {
	w := newWorld(t, fakecloudwatch.Options{}, cpu(perMicroVM()))
	at := w.now.Add(-time.Hour)
	long := strings.Repeat("ab ", 340) + "a"
	w.putNamed(at, long+"x", "web", "mvm-1", -1)
	w.putNamed(at, long+"y", "web", "mvm-1", -1)
	w.timing.Lookback = 2 * time.Hour
	s := w.run()
	require.Len(t, s.Quarantined, 3, "two datapoints, and that they are of one MicroVM")
	for _, q := range s.Quarantined[:2] {
		assert.Regexp(t, `^microspend \w+ \{Tenant=(ab ){6}ab… \(1022 characters, [0-9a-f]{8}\), Image=web, `+
			`MicrovmId=mvm-1\} at `+at.Format(time.RFC3339)+`$`, q.What)
	}
	assert.NotEqual(t, s.Quarantined[0].What, s.Quarantined[1].What)
}
