package collectplans

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/cloudwatch"
	"microspend/collector/mapping"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
)

// metricsFleet is a fleet that publishes metrics.
type metricsFleet struct {
	*plan
	cloudWatch *fakecloudwatch.CloudWatch
	paged      bool
	delisted   time.Duration // how long after its first data a metric is listed
	places     []collector.Target
	subjects   []*subject
	series     map[seriesKey]*published
	dead       map[string]bool // accounts whose credentials are

	timing      collector.Timing
	since       time.Time // of the next run, if it is not zero
	perMicroVM  bool
	leastReread time.Duration // the shortest overlap that any run had
	switched    []time.Time   // when what records are keyed by was changed
	kinds       map[bool]bool // whether records per MicroVM, and per tenant, were ever asked for
}

// subject is a MicroVM of a tenant, with what it does.
type subject struct {
	place                  collector.Target
	tenant, image, microVM string
	from, to               time.Time // when it lives
	sparse                 float64   // how often it leaves a metric out
	bad                    float64   // how often a value is none
}

// seriesKey is whose metrics they are; MicroVM is "" for all of the tenant and image together.
type seriesKey struct {
	place                  collector.Target
	tenant, image, microVM string
}

// published is what was published of a series.
type published struct {
	points []point
	first  [metricCount]time.Time // when each metric could first be read
}

const metricCount = 5

type point struct {
	at, arrives time.Time
	values      [metricCount]float64 // NaN where there is none
}

// tenantNames are what tenants may be called; those that CloudWatch has no room for come as the meter writes them.
func tenantNames() []string {
	long := make([]byte, 1023)
	for i := range long {
		long[i] = "ab "[i%3]
	}
	var names []string
	for _, name := range []string{
		"acme", "Müller & Söhne", "(fleet) x", "(shared)", "(unallocated)", "100% off", "a/b", "tab\there", "nul\x00",
		"acme ", `quote"s`, string(long), "日本", "(image) base", "=1+1", "x,y;z", "%41",
	} {
		if name, _ := emf.Name(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func newMetrics(p *plan) *metricsFleet {
	page := pick(p.random, 3, 50, fakecloudwatch.MaxDatapoints)
	m := &metricsFleet{
		plan: p, paged: page < fakecloudwatch.MaxDatapoints, delisted: pick(p.random, 0, 15*time.Minute),
		series: map[seriesKey]*published{}, dead: map[string]bool{}, kinds: map[bool]bool{},
		perMicroVM: p.random.IntN(2) == 0,
	}
	accounts := map[string]string{}
	for i := range 1 + p.random.IntN(2) {
		account := fmt.Sprintf("%012d", 123456789012+i)
		accounts["AK"+account] = account
		for _, region := range []string{"eu-west-1", "us-east-1"}[:1+p.random.IntN(2)] {
			m.places = append(m.places, collector.Target{Account: account, Region: region})
		}
	}
	m.cloudWatch = fakecloudwatch.NewCloudWatch(fakecloudwatch.Options{
		Now: func() time.Time { return p.service }, Accounts: accounts, ListedAfter: m.delisted, PageDatapoints: page,
		PageMetrics: pick(p.random, 2, 500), Faults: m.fault,
	})
	p.wire.handler, p.wire.empty = m.cloudWatch, []byte{0xbf, 0xff}
	m.timing = collector.Timing{
		Period:   pick(p.random, time.Minute, 5*time.Minute, 5*time.Minute, time.Hour),
		Lookback: pick(p.random, 3*time.Hour, 30*time.Hour, 14*24*time.Hour),
		Overlap:  pick(p.random, 48*time.Hour, 48*time.Hour, 6*time.Hour),
		Reread:   pick(p.random, 0, time.Hour, 6*time.Hour),
	}
	m.leastReread = m.timing.Overlap
	m.settle()
	names := tenantNames()
	for i := range 1 + p.random.IntN(6) {
		s := &subject{
			place: pick(
				p.random,
				m.places...), tenant: pick(p.random, names...), image: pick(p.random, "web", "ml/1", emf.NoImage),
			microVM: fmt.Sprint("mvm-", i), from: p.service.Add(-16 * 24 * time.Hour), to: p.service.AddDate(1, 0, 0),
			sparse: pick(p.random, 0, 0, 0.1), bad: pick(p.random, 0, 0, 0, 0.05),
		}
		if p.random.IntN(3) == 0 { // it comes later
			s.from = p.service.Add(time.Duration(p.random.IntN(10*24)) * time.Hour)
		}
		m.subjects = append(m.subjects, s)
	}
	m.live(p.service.Add(-16*24*time.Hour), p.service)
	return m
}

// settle notes what is configured now.
func (m *metricsFleet) settle() {
	m.leastReread = min(m.leastReread, m.timing.Overlap)
	m.kinds[m.perMicroVM] = true
}

func (m *metricsFleet) length() int { return 2 + m.random.IntN(9) }

func (m *metricsFleet) step() time.Duration {
	switch m.random.IntN(20) {
	case 0:
		return 20 * 24 * time.Hour
	case 1:
		return time.Duration(m.random.IntN(7*24)) * time.Hour
	case 2, 3, 4, 5:
		return time.Duration(1+m.random.IntN(300)) * time.Second
	}
	return time.Duration(1+m.random.IntN(20*60)) * time.Minute
}

// heal: whatever is late has arrived two days later; gaps are asked for again within a day.
func (m *metricsFleet) heal() []time.Duration {
	clear(m.dead)
	const hour = time.Hour
	return []time.Duration{hour, 25 * hour, 25 * hour, 25 * hour}
}

func (m *metricsFleet) configure() {
	switch m.random.IntN(6) {
	case 0:
		m.timing.Overlap = pick(m.random, 48*time.Hour, 6*time.Hour)
	case 1:
		m.timing.Period = pick(m.random, time.Minute, 5*time.Minute, time.Hour)
	case 2:
		m.perMicroVM = !m.perMicroVM
		m.switched = append(m.switched, m.service)
	case 3:
		m.since = m.earlier()
	case 4:
		account := pick(m.random, m.places...).Account
		m.dead[account] = !m.dead[account]
	case 5:
		m.skew = pick(m.random, 0, time.Hour, -time.Hour, -26*time.Hour)
	}
	m.settle()
}

// earlier is a time before all that was read.
func (m *metricsFleet) earlier() time.Time {
	begin := m.service
	for _, place := range m.places {
		if first := m.begin(place); !first.IsZero() && first.Before(begin) {
			begin = first
		}
	}
	return begin.Add(-time.Duration(m.random.IntN(40*24)) * time.Hour)
}

// ended notes what came of a run: a time that was asked for is asked for until it was read without a gap.
func (m *metricsFleet) ended(r run) {
	if open := func(g collector.Gap) bool { return !isLoss(g.Reason) }; !r.unknown &&
		!slices.ContainsFunc(r.summary.Gaps, open) {
		m.since = time.Time{}
	}
}

func (m *metricsFleet) targets() []collector.Target { return m.places }

func (m *metricsFleet) mappings() []mapping.Mapping {
	of := mapping.Default()
	if m.perMicroVM {
		of.Dimensions.MicroVM = emf.DimensionMicroVMID
	}
	return []mapping.Mapping{of}
}

func (m *metricsFleet) source() (collector.Source, collector.Timing, error) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	timing := m.timing
	timing.Since = m.since
	return cloudwatch.New(cloudwatch.Options{
		Mappings: m.mappings(), Prices: prices, Now: m.now, Explain: awssource.Explain, Backoff: time.Nanosecond,
		Random: func() float64 { return 0 },
		Client: func(_ context.Context, of collector.Target) (*cloudwatch.Client, error) {
			return cloudwatch.NewClient(m.config(of)), nil
		},
	}), timing, err
}

// config is the SDK's configuration for a target: calls go to the fake, retries wait for nothing.
func (m *metricsFleet) config(of collector.Target) aws.Config { return m.plan.config(of, m.dead) }

func (p *plan) config(of collector.Target, dead map[string]bool) aws.Config {
	url := "http://service"
	retry := awssource.Retry{
		Attempts: 3,
		Base:     time.Nanosecond,
		Longest:  time.Nanosecond,
		Random:   func() float64 { return 0 },
	}
	return aws.Config{
		Region: of.Region, BaseEndpoint: &url, HTTPClient: p.wire,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			if dead[of.Account] {
				return aws.Credentials{}, &awssource.CredentialsError{Err: fmt.Errorf("the session of %s has expired", of.Account)}
			}
			return aws.Credentials{AccessKeyID: "AK" + of.Account, SecretAccessKey: "secret"}, nil
		}),
		Retryer: func() aws.Retryer { return awssource.NewRetryer(retry, nil) },
	}
}

// fault draws what CloudWatch itself does wrong.
func (m *metricsFleet) fault(call fakecloudwatch.Call) (fault fakecloudwatch.Fault) {
	if !m.wire.fails(m.wire.mood / 2) {
		return fault
	}
	random := m.wire.random
	switch random.IntN(7) {
	case 0:
		return fakecloudwatch.Throttled
	case 1:
		return fakecloudwatch.TooMany
	case 2:
		return fakecloudwatch.Internal
	case 3:
		return fakecloudwatch.Down
	case 4:
		return pick(random, fakecloudwatch.Expired, fakecloudwatch.Denied)
	}
	kind := random.IntN(6)
	fault.Result = func(r *types.MetricDataResult) {
		if random.IntN(4) != 0 || len(r.Values) == 0 {
			return
		}
		switch kind {
		case 0, 1, 2:
			status := []types.StatusCode{
				types.StatusCodeInternalError, types.StatusCodeForbidden, types.StatusCodePartialData,
			}[kind]
			if m.paged && status == types.StatusCodePartialData {
				return // where there are more pages it says that there are, and the last page is what counts
			}
			r.StatusCode, r.Timestamps, r.Values = status, r.Timestamps[:0], r.Values[:0]
		case 3:
			r.Values = slices.Clone(r.Values)
			r.Values[random.IntN(len(r.Values))] = pick(random, -1, math.NaN(), math.Inf(1), 1e300)
		case 4:
			r.Timestamps = slices.Clone(r.Timestamps)
			at := random.IntN(len(r.Timestamps))
			r.Timestamps[at] = r.Timestamps[at].Add(pick(random, 30*time.Second, -400*24*time.Hour, 400*24*time.Hour))
		case 5:
			r.Messages = []types.MessageData{{Code: aws.String("Warning"), Value: aws.String("look\x1b[2J here")}}
		}
	}
	return fault
}

// live publishes what the fleet does in a time.
func (m *metricsFleet) live(from, to time.Time) {
	minutes := int(to.Sub(from) / time.Minute)
	if minutes == 0 {
		return
	}
	for _, s := range m.subjects {
		for range 1 + m.random.IntN(min(30, 1+minutes/4)) {
			at := from.Add(time.Duration(m.random.IntN(minutes)) * time.Minute).Truncate(time.Minute)
			if at.Before(s.from) || !at.Before(s.to) {
				continue
			}
			p := point{at: at, arrives: at.Add(time.Minute)}
			switch m.random.IntN(20) {
			case 0, 1, 2:
				p.arrives = at.Add(time.Duration(m.random.IntN(5*60)) * time.Minute)
			case 3:
				p.arrives = at.Add(time.Duration(m.random.IntN(60*60)) * time.Minute)
			}
			for i := range p.values {
				p.values[i] = float64(m.random.Int64N(1 << 20))
				switch f := m.random.Float64(); {
				case f < s.sparse:
					p.values[i] = math.NaN()
				case f < s.sparse+s.bad:
					p.values[i] = pick(m.random, -1e9, 1e300)
				}
			}
			m.publish(s, p)
		}
	}
}

func (m *metricsFleet) publish(s *subject, p point) {
	for _, microVM := range []string{"", s.microVM} {
		key := seriesKey{s.place, s.tenant, s.image, microVM}
		dimensions := map[string]string{"Tenant": s.tenant, "Image": s.image}
		if microVM != "" {
			dimensions[emf.DimensionMicroVMID] = microVM
		}
		of := m.series[key]
		if of == nil {
			of = &published{}
			m.series[key] = of
		}
		of.points = append(of.points, p)
		for i, metric := range mapping.Default().Metrics {
			if math.IsNaN(p.values[i]) {
				continue
			}
			if of.first[i].IsZero() || p.arrives.Before(of.first[i]) {
				of.first[i] = p.arrives
			}
			datum := fakecloudwatch.Value(p.at, p.values[i])
			datum.Arrives = p.arrives
			m.cloudWatch.Put(fakecloudwatch.Place(s.place), fakecloudwatch.Metric{
				Namespace: emf.DefaultNamespace, Name: metric.Name, Dimensions: dimensions,
			}, datum)
		}
		slices.SortStableFunc(of.points, func(a, b point) int { return cmp.Compare(a.at.Unix(), b.at.Unix()) })
	}
}
