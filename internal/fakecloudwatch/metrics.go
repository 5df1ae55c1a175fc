package fakecloudwatch

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Metric names a metric: its namespace, its name and the values of its dimensions.
type Metric struct {
	Namespace, Name string
	Dimensions      map[string]string
}

// key is the metric as text, so that it can be looked up.
func (m Metric) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q", m.Namespace, m.Name)
	for _, name := range m.names() {
		fmt.Fprintf(&b, " %q=%q", name, m.Dimensions[name])
	}
	return b.String()
}

func (m Metric) names() []string {
	names := make([]string, 0, len(m.Dimensions))
	for name := range m.Dimensions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Datum is one value, or several at once by their statistics.
type Datum struct {
	At       time.Time // cut to the minute, which is the finest that is kept
	Arrives  time.Time // when it can be read; zero means at once
	Sum      float64
	Min, Max float64
	Samples  float64
	Unit     string
}

// Value is a datum of one value.
func Value(at time.Time, value float64) Datum {
	return Datum{At: at, Sum: value, Min: value, Max: value, Samples: 1}
}

type series struct {
	metric Metric
	data   []Datum // in the order of time, from sorted on as they came
	sorted bool
	first  time.Time // when the first datum came
}

func (s *series) sort() {
	if !s.sorted {
		slices.SortStableFunc(s.data, func(a, b Datum) int { return a.At.Compare(b.At) })
		s.sorted = true
	}
}

// metrics are those of a place.
type metrics struct {
	byKey map[string]*series
	order []*series // by key, as listed
	stale bool      // whether order lacks some
}

func newMetrics() *metrics { return &metrics{byKey: map[string]*series{}} }

func (m *metrics) put(metric Metric, datum Datum, now time.Time) {
	key := metric.key()
	came := now
	if !datum.Arrives.IsZero() {
		came = datum.Arrives
	}
	s := m.byKey[key]
	if s == nil {
		s = &series{metric: metric, first: came}
		m.byKey[key], m.stale = s, true
	}
	if came.Before(s.first) {
		s.first = came
	}
	datum.At = datum.At.UTC().Truncate(time.Minute)
	if n := len(s.data); n > 0 && s.data[n-1].At.After(datum.At) {
		s.sorted = false
	} else if n == 0 {
		s.sorted = true
	}
	s.data = append(s.data, datum)
}

func (m *metrics) all() []*series {
	if m.stale {
		m.order = m.order[:0]
		for _, s := range m.byKey {
			m.order = append(m.order, s)
		}
		slices.SortFunc(m.order, func(a, b *series) int { return cmp.Compare(a.metric.key(), b.metric.key()) })
		m.stale = false
	}
	return m.order
}

// Put adds a datum to a metric, as PutMetricData and log lines do.
func (c *CloudWatch) Put(place Place, metric Metric, datum Datum) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at(place).put(metric, datum, c.options.Now())
}

func (c *CloudWatch) putMetricData(place Place, in *cloudwatch.PutMetricDataInput) error {
	const most = 1000
	data := in.MetricData
	for _, of := range in.EntityMetricData {
		data = append(data, of.MetricData...)
	}
	if in.Namespace == nil || *in.Namespace == "" {
		return &failure{400, "MissingRequiredParameterException", "The parameter Namespace is required."}
	}
	if len(data) == 0 || len(data) > most {
		return invalid("The parameter MetricData must hold 1 to %d data.", most)
	}
	type put struct {
		Metric
		Datum
	}
	var puts []put
	now := c.options.Now()
	for i, datum := range data {
		if datum.MetricName == nil {
			return &failure{400, "MissingRequiredParameterException", fmt.Sprintf("The parameter "+
				"MetricData.member.%d.MetricName is required.", i+1)}
		}
		metric := Metric{*in.Namespace, *datum.MetricName, dimensionsOf(datum.Dimensions)}
		at := now
		if datum.Timestamp != nil {
			at = *datum.Timestamp
		}
		values, err := valuesOf(datum)
		if err != nil {
			return invalid("The parameter MetricData.member.%d: %s", i+1, err)
		}
		for _, value := range values {
			value.At, value.Unit = at, string(datum.Unit)
			puts = append(puts, put{metric, value})
		}
	}
	for _, p := range puts {
		c.at(place).put(p.Metric, p.Datum, now)
	}
	return nil
}

func dimensionsOf(dimensions []types.Dimension) map[string]string {
	out := map[string]string{}
	for _, d := range dimensions {
		if d.Name != nil && d.Value != nil {
			out[*d.Name] = *d.Value
		}
	}
	return out
}

// valuesOf reads the three forms of a datum: one value, a set of statistics, values with counts.
func valuesOf(datum types.MetricDatum) ([]Datum, error) {
	switch s := datum.StatisticValues; {
	case len(datum.Values) > 0:
		if datum.Counts != nil && len(datum.Counts) != len(datum.Values) {
			return nil, errors.New("the lists Counts and Values differ in length")
		}
		out := make([]Datum, len(datum.Values))
		for i, value := range datum.Values {
			count := 1.0
			if datum.Counts != nil {
				count = datum.Counts[i]
			}
			out[i] = Datum{Sum: value * count, Min: value, Max: value, Samples: count}
		}
		return out, nil
	case s != nil:
		if s.Sum == nil || s.Minimum == nil || s.Maximum == nil || s.SampleCount == nil {
			return nil, errors.New("the set StatisticValues is not complete")
		}
		return []Datum{{Sum: *s.Sum, Min: *s.Minimum, Max: *s.Maximum, Samples: *s.SampleCount}}, nil
	case datum.Value == nil:
		return nil, errors.New("there is no value")
	case math.IsNaN(*datum.Value) || math.IsInf(*datum.Value, 0):
		return nil, errors.New("the value is not a number")
	default:
		return []Datum{Value(time.Time{}, *datum.Value)}, nil
	}
}
