package fakecloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	noon  = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	place = Place{DefaultAccount, "eu-west-1"}
	ctx   = context.Background()
)

func start(t *testing.T, options Options) (*CloudWatch, *cloudwatch.Client) {
	t.Helper()
	if options.Now == nil {
		options.Now = func() time.Time { return noon }
	}
	c := NewCloudWatch(options)
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return c, clientOf(server.URL)
}

func metricNamed(name string) Metric {
	return Metric{"test", name, map[string]string{"Tenant": "acme", "Image": "web"}}
}

func queryOf(id string, metric Metric, period int32) types.MetricDataQuery {
	query := types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
		Period: &period, Stat: aws.String("Sum"),
		Metric: &types.Metric{Namespace: &metric.Namespace, MetricName: &metric.Name},
	}}
	for name, value := range metric.Dimensions {
		query.MetricStat.Metric.Dimensions = append(query.MetricStat.Metric.Dimensions,
			types.Dimension{Name: &name, Value: &value})
	}
	return query
}

func get(from, to time.Time, queries ...types.MetricDataQuery) *cloudwatch.GetMetricDataInput {
	return &cloudwatch.GetMetricDataInput{StartTime: &from, EndTime: &to, MetricDataQueries: queries}
}

func TestPeriodsBeginAtTheStartAndEndBeforeTheEnd(t *testing.T) {
	c, client := start(t, Options{})
	for minute := range 20 {
		c.Put(place, metricNamed("a"), Value(noon.Add(time.Duration(minute-20)*time.Minute), 1))
	}
	out, err := client.GetMetricData(ctx, get(noon.Add(-15*time.Minute), noon.Add(-5*time.Minute),
		queryOf("q", metricNamed("a"), 300)))
	require.NoError(t, err)
	require.Len(t, out.MetricDataResults, 1)
	result := out.MetricDataResults[0]
	assert.Equal(t, types.StatusCodeComplete, result.StatusCode)
	assert.Equal(t, []float64{5, 5}, result.Values)
	assert.Equal(t, noon.Add(-10*time.Minute), result.Timestamps[0].UTC(), "the newest comes first")
	assert.Equal(t, noon.Add(-15*time.Minute), result.Timestamps[1].UTC())
}

func TestStatistics(t *testing.T) {
	c, client := start(t, Options{})
	for _, value := range []float64{3, 1, 8} {
		c.Put(place, metricNamed("a"), Value(noon.Add(-time.Minute), value))
	}
	for stat, want := range map[string]float64{"Sum": 12, "Average": 4, "Minimum": 1, "Maximum": 8, "SampleCount": 3} {
		query := queryOf("q", metricNamed("a"), 60)
		query.MetricStat.Stat = &stat
		out, err := client.GetMetricData(ctx, get(noon.Add(-time.Hour), noon, query))
		require.NoError(t, err)
		assert.Equal(t, []float64{want}, out.MetricDataResults[0].Values, stat)
	}
}

// Retention: 60 s 15 days, 300 s 63 days, 3600 s 455 days; what is asked for in a finer period is not there, without
// a word.
func TestRetention(t *testing.T) {
	c, client := start(t, Options{})
	for _, test := range []struct {
		age    time.Duration
		period int32
		found  bool
	}{
		{14 * day, 60, true},
		{16 * day, 60, false},
		{16 * day, 300, true},
		{62 * day, 300, true},
		{64 * day, 300, false},
		{64 * day, 3600, true},
		{454 * day, 3600, true},
		{456 * day, 3600, false},
	} {
		metric := metricNamed(fmt.Sprint(test.age))
		at := noon.Add(-test.age)
		c.Put(place, metric, Value(at, 1))
		out, err := client.GetMetricData(ctx, get(at, at.Add(time.Hour), queryOf("q", metric, test.period)))
		require.NoError(t, err)
		assert.Equal(t, test.found, len(out.MetricDataResults[0].Values) == 1, "%v at %d s", test.age, test.period)
	}
}

// Every Id is on every page; put together by Id, the pages are what one page would have been.
func TestPages(t *testing.T) {
	c, client := start(t, Options{PageDatapoints: 7})
	var queries []types.MetricDataQuery
	for i := range 4 {
		name := fmt.Sprint("m", i)
		queries = append(queries, queryOf(name, metricNamed(name), 60))
		for minute := range 5 {
			c.Put(place, metricNamed(name), Value(noon.Add(time.Duration(minute-10)*time.Minute), float64(i*10+minute)))
		}
	}
	in := get(noon.Add(-time.Hour), noon, queries...)
	in.ScanBy = types.ScanByTimestampAscending
	merged, last, pages := map[string][]float64{}, map[string]types.StatusCode{}, 0
	for {
		out, err := client.GetMetricData(ctx, in)
		require.NoError(t, err)
		pages++
		points := 0
		for _, result := range out.MetricDataResults {
			merged[*result.Id] = append(merged[*result.Id], result.Values...)
			last[*result.Id] = result.StatusCode
			points += len(result.Values)
		}
		assert.LessOrEqual(t, points, 7)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	assert.Equal(t, 3, pages)
	for i := range 4 {
		id, first := fmt.Sprint("m", i), float64(i*10)
		assert.Equal(t, []float64{first, first + 1, first + 2, first + 3, first + 4}, merged[id])
		assert.Equal(t, types.StatusCodeComplete, last[id])
	}

	in.NextToken = aws.String("made-up")
	_, err := client.GetMetricData(ctx, in)
	var e *types.InvalidNextToken
	assert.ErrorAs(t, err, &e)
}

func TestLimitsOfGetMetricData(t *testing.T) {
	_, client := start(t, Options{})
	var many []types.MetricDataQuery
	for i := range MaxQueries + 1 {
		many = append(many, queryOf(fmt.Sprint("q", i), metricNamed("a"), 60))
	}
	_, err := client.GetMetricData(ctx, get(noon.Add(-time.Hour), noon, many[:MaxQueries]...))
	require.NoError(t, err)
	for reason, in := range map[string]*cloudwatch.GetMetricDataInput{
		"too many queries": get(noon.Add(-time.Hour), noon, many...),
		"an Id twice":      get(noon.Add(-time.Hour), noon, many[0], many[0]),
		"a capital Id":     get(noon.Add(-time.Hour), noon, queryOf("Q", metricNamed("a"), 60)),
		"no time":          get(noon, noon, many[0]),
		"an odd period":    get(noon.Add(-time.Hour), noon, queryOf("q", metricNamed("a"), 61)),
	} {
		_, err := client.GetMetricData(ctx, in)
		var api smithy.APIError
		require.ErrorAs(t, err, &api, reason)
		assert.Equal(t, "ValidationError", api.ErrorCode(), reason)
	}
}

func TestListMetrics(t *testing.T) {
	now := noon
	c, client := start(t, Options{ListedAfter: 15 * time.Minute, Now: func() time.Time { return now }})
	for i := range 1201 {
		c.Put(place, Metric{"test", "a", map[string]string{"Tenant": fmt.Sprint(i)}}, Value(noon, 1))
	}
	c.Put(place, Metric{"test", "a", map[string]string{"Tenant": "1", "Image": "web"}}, Value(noon, 1))
	c.Put(place, Metric{"test", "b", map[string]string{"Tenant": "1"}}, Value(noon, 1))
	c.Put(place, Metric{"other", "a", map[string]string{"Tenant": "1"}}, Value(noon, 1))
	c.Put(Place{DefaultAccount, "us-east-1"}, Metric{"test", "a", map[string]string{"Tenant": "1"}}, Value(noon, 1))
	list := func() (found, pages int) {
		in := &cloudwatch.ListMetricsInput{
			Namespace: aws.String("test"), MetricName: aws.String("a"),
			Dimensions: []types.DimensionFilter{{Name: aws.String("Tenant")}},
		}
		for {
			out, err := client.ListMetrics(ctx, in)
			require.NoError(t, err)
			assert.LessOrEqual(t, len(out.Metrics), MaxListed)
			found += len(out.Metrics)
			pages++
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return found, pages
			}
		}
	}
	found, _ := list()
	assert.Zero(t, found, "a new metric is not listed yet")
	now = noon.Add(15 * time.Minute)
	found, pages := list()
	assert.Equal(t, 1202, found, "one has an Image beside the Tenant")
	assert.Equal(t, 3, pages)
	now = noon.AddDate(0, 0, 15)
	found, _ = list()
	assert.Zero(t, found, "an old metric is listed no more")
}

func TestPutMetricData(t *testing.T) {
	_, client := start(t, Options{})
	at := noon.Add(-time.Minute)
	_, err := client.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
		Namespace: aws.String("test"),
		MetricData: []types.MetricDatum{
			{MetricName: aws.String("a"), Timestamp: &at, Value: aws.Float64(2)},
			{MetricName: aws.String("a"), Timestamp: &at, Values: []float64{3, 4}, Counts: []float64{2, 1}},
			{MetricName: aws.String("a"), Timestamp: &at, StatisticValues: &types.StatisticSet{
				Sum: aws.Float64(10), SampleCount: aws.Float64(4), Minimum: aws.Float64(1), Maximum: aws.Float64(5),
			}},
		},
	})
	require.NoError(t, err)
	out, err := client.GetMetricData(ctx, get(noon.Add(-time.Hour), noon,
		queryOf("q", Metric{Namespace: "test", Name: "a"}, 60)))
	require.NoError(t, err)
	assert.Equal(t, []float64{22}, out.MetricDataResults[0].Values)
}

func TestLogLinesBecomeMetrics(t *testing.T) {
	c, client := start(t, Options{})
	line := fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"test","Dimensions":[["Tenant"],["Tenant","Image"]],
		"Metrics":[{"Name":"a","Unit":"Milliseconds"}]}]},"Tenant":"acme","Image":"web","a":[1,2],"b":5}`,
		noon.Add(-time.Minute).UnixMilli())
	require.NoError(t, c.PutLine(place, []byte(line)))
	require.NoError(t, c.PutLine(place, []byte(`{"message":"no metrics"}`)))
	for _, bad := range []string{
		`{`,
		fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[]}}`, noon.AddDate(0, 0, -15).UnixMilli()),
		fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["x"]],"Metrics":[]}]}}`,
			noon.UnixMilli()),
		fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[[]],"Metrics":[{"Name":"x"}]}]}}`, noon.UnixMilli()),
	} {
		assert.Error(t, c.PutLine(place, []byte(bad)), bad)
	}
	out, err := client.GetMetricData(ctx, get(noon.Add(-time.Hour), noon, queryOf("q", metricNamed("a"), 60)))
	require.NoError(t, err)
	assert.Equal(t, []float64{3}, out.MetricDataResults[0].Values)
}

func TestLateDataIsNotThereYet(t *testing.T) {
	now := noon
	c, client := start(t, Options{Now: func() time.Time { return now }})
	late := Value(noon.Add(-time.Hour), 1)
	late.Arrives = noon.Add(time.Hour)
	c.Put(place, metricNamed("a"), late)
	for hour, want := range []int{0, 1} {
		now = noon.Add(time.Duration(hour) * time.Hour)
		out, err := client.GetMetricData(ctx, get(noon.Add(-2*time.Hour), noon, queryOf("q", metricNamed("a"), 60)))
		require.NoError(t, err)
		assert.Len(t, out.MetricDataResults[0].Values, want)
	}
}

func TestFaults(t *testing.T) {
	var fault atomic.Pointer[Fault] // a call whose connection was dropped may still be looking
	fault.Store(&Fault{})
	c, client := start(t, Options{Faults: func(Call) Fault { return *fault.Load() }})
	c.Put(place, metricNamed("a"), Value(noon.Add(-time.Minute), 1))
	ask := func() (*cloudwatch.GetMetricDataOutput, error) {
		return client.GetMetricData(ctx, get(noon.Add(-time.Hour), noon, queryOf("q", metricNamed("a"), 60)))
	}
	for code, f := range map[string]Fault{
		"Throttling": Throttled, "ThrottlingException": TooMany, "InternalServiceFault": Internal, "ServiceUnavailable": Down,
		"ExpiredToken": Expired, "AccessDenied": Denied,
	} {
		fault.Store(&f)
		_, err := ask()
		var api smithy.APIError
		require.ErrorAs(t, err, &api, code)
		assert.Equal(t, code, api.ErrorCode())
		var status interface{ HTTPStatusCode() int }
		require.True(t, errors.As(err, &status), code)
		assert.Equal(t, f.Status, status.HTTPStatusCode(), code)
	}
	for _, f := range []Fault{{Drop: DropBefore}, {Drop: DropMidway}, {Garbage: []byte("<html>")}} {
		fault.Store(&f)
		_, err := ask()
		assert.Error(t, err, "%+v", f)
	}
	fault.Store(&Fault{
		Result:   func(r *types.MetricDataResult) { r.StatusCode = types.StatusCodeForbidden },
		Messages: []types.MessageData{{Code: aws.String("MaxMetricsExceeded")}},
	})
	out, err := ask()
	require.NoError(t, err)
	assert.Equal(t, types.StatusCodeForbidden, out.MetricDataResults[0].StatusCode)
	assert.Len(t, out.Messages, 1)
}

func TestThrottling(t *testing.T) {
	_, client := start(t, Options{PerSecond: 3})
	refused := 0
	for range 10 {
		if _, err := client.ListMetrics(ctx, &cloudwatch.ListMetricsInput{}); err != nil {
			assert.ErrorContains(t, err, "Throttling")
			refused++
		}
	}
	assert.Positive(t, refused)
	assert.Less(t, refused, 10)
}
