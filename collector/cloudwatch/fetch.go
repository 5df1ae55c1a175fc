package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"microspend/collector"
	"microspend/collector/mapping"
)

// What the summary counts.
const (
	countAbsent  = "periods without a datapoint of any metric"
	countPartial = "records without a datapoint of some metric"
	countRounded = "values rounded to a whole unit of the record"
	countInexact = "values above 2^53, where CloudWatch itself is no longer exact"
	countRepeats = "datapoints that came again with another value, of which the last counts"
	countAgain   = "series that were asked for again"
)

// query is a series that is asked for, and what has come of it.
type query struct {
	subject, metric int
	status          types.StatusCode // of the last page that had the Id; "" where none had
	reason          string
	broken          bool // a value cannot be usage
	asked           types.MetricDataQuery
}

func (q *query) complete() bool { return q.status == types.StatusCodeComplete && !q.broken }

// fetch is a batch that is being read. Values lie query by query, period by period.
type fetch struct {
	window  collector.Window
	periods int
	mapping mapping.Mapping
	queries []query
	convert []mapping.Converter // by metric
	values  []int64
	known   []bool
	result  collector.Result
}

// open reads a batch as it was planned.
func (s *Source) open(batch collector.Batch) (*fetch, batchSpec, error) {
	var spec batchSpec
	if err := json.Unmarshal(batch.Spec, &spec); err != nil || spec.Mapping >= len(s.options.Mappings) ||
		len(spec.Metrics) != len(spec.Subjects) {
		return nil, spec, errors.New("the batch was planned with another configuration")
	}
	return newFetch(s.options.Mappings[spec.Mapping], spec, batch.Window), spec, nil
}

// Fetch implements collector.Source.
func (s *Source) Fetch(ctx context.Context, target collector.Target, batch collector.Batch) (collector.Result, error) {
	f, spec, err := s.open(batch)
	if err != nil {
		return collector.Result{}, err
	}
	t, err := s.targets.For(ctx, target)
	if err != nil {
		return collector.Result{}, err
	}
	if err := f.read(ctx, s, t.Client); err != nil {
		return collector.Result{Calls: f.result.Calls, Counts: f.result.Counts}, s.targets.Failure(err)
	}
	f.assemble(target, spec)
	return f.result, nil
}

func newFetch(of mapping.Mapping, spec batchSpec, window collector.Window) *fetch {
	f := &fetch{
		window: window, periods: int(window.Periods()), mapping: of,
		result: collector.Result{Counts: map[string]int64{}},
	}
	for _, metric := range of.Metrics {
		f.convert = append(f.convert, metric.Converter(window.Period))
	}
	names := of.Names()
	for i, subject := range spec.Subjects {
		values := of.Values(subjectFrom(subject))
		dimensions := make([]types.Dimension, len(names))
		for d := range names {
			dimensions[d] = types.Dimension{Name: &names[d], Value: &values[d]}
		}
		for j := range of.Metrics {
			if spec.Metrics[i]&(1<<j) != 0 {
				asked := f.ask(len(f.queries), &of.Metrics[j], dimensions)
				f.queries = append(f.queries, query{subject: i, metric: j, asked: asked})
			}
		}
	}
	f.values = make([]int64, len(f.queries)*f.periods)
	f.known = make([]bool, len(f.values))
	return f
}

func subjectFrom(values []string) mapping.Subject {
	if len(values) != 4 {
		return mapping.Subject{}
	}
	return mapping.Subject{Tenant: values[0], Image: values[1], MicroVM: values[2], Role: values[3]}
}

// ask makes the query of a metric. Its Id is its number among the queries of the batch.
func (f *fetch) ask(number int, metric *mapping.Metric, dimensions []types.Dimension) types.MetricDataQuery {
	id := "q" + strconv.Itoa(number)
	namespace, period := namespaceOf(f.mapping, *metric), int32(f.window.Period/time.Second)
	label := "-" // in place of one that CloudWatch makes up of the dimensions, for each series on each page
	return types.MetricDataQuery{
		Id: &id, Label: &label,
		MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: &namespace, MetricName: &metric.Name, Dimensions: dimensions},
			Period: &period, Stat: &metric.Statistic, Unit: types.StandardUnit(metric.UnitFilter),
		},
	}
}

// read asks for all queries, and for those that failed in a way that may pass again, by themselves.
func (f *fetch) read(ctx context.Context, s *Source, client *Client) error {
	asked := make([]int, len(f.queries))
	for i := range asked {
		asked[i] = i
	}
	delay := s.options.Backoff
	for attempt := 1; ; attempt++ {
		each := int64(len(asked))
		priced := collector.WithCallCost(ctx, collector.Cost{
			Calls: 1, Metrics: each, APIPrice: s.options.Prices.ThousandMetricsRequested.Cost(each, 1000),
		})
		if err := f.readPages(priced, client, asked); err != nil {
			return err
		}
		asked = slices.DeleteFunc(asked, func(i int) bool {
			q := &f.queries[i]
			return q.complete() || q.broken || q.status == types.StatusCodeForbidden
		})
		if len(asked) == 0 || attempt == s.options.Attempts {
			return nil
		}
		f.result.Counts[countAgain] += int64(len(asked))
		if err := s.options.Sleep(ctx, time.Duration(s.options.Random()*float64(delay))); err != nil {
			return err
		}
		delay *= 2
	}
}

func (f *fetch) request() *cloudwatch.GetMetricDataInput {
	return &cloudwatch.GetMetricDataInput{
		StartTime: &f.window.From, EndTime: &f.window.To,
		ScanBy: types.ScanByTimestampAscending,
	}
}

// readPages reads all pages of some queries and puts them together by Id.
func (f *fetch) readPages(ctx context.Context, client *Client, asked []int) error {
	in := f.request()
	for _, i := range asked {
		in.MetricDataQueries = append(in.MetricDataQueries, f.queries[i].asked)
		f.queries[i].status, f.queries[i].reason = "", ""
	}
	// A page may bring nothing and be followed by one that does, but not for ever.
	for left := 100 + len(f.values); left > 0; left-- {
		f.result.Calls++
		out, err := client.GetMetricData(ctx, in)
		if err != nil {
			return err
		}
		for i := range out.MetricDataResults {
			if err := f.take(&out.MetricDataResults[i]); err != nil {
				return err
			}
		}
		for _, message := range out.Messages {
			f.result.Counts["replies with the message "+messageText(message)]++
		}
		if out.NextToken == nil {
			return nil
		}
		if in.NextToken != nil && *in.NextToken == *out.NextToken {
			return badReply("a page of data points to itself")
		}
		in.NextToken = out.NextToken
	}
	return badReply("the pages do not end")
}

func messageText(message types.MessageData) string {
	parts := []string{aws.ToString(message.Code), aws.ToString(message.Value)}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ": ")
}

// number reads the Id of a query.
func (f *fetch) number(id *string) (int, bool) {
	digits, ok := strings.CutPrefix(aws.ToString(id), "q")
	n, err := strconv.ParseUint(digits, 10, 31)
	return int(n), ok && err == nil && int(n) < len(f.queries)
}

// take adds what a page has of a series.
func (f *fetch) take(r *types.MetricDataResult) error {
	n, ok := f.number(r.Id)
	if !ok {
		return badReply("it has a series that was not requested")
	}
	if len(r.Timestamps) != len(r.Values) {
		return badReply("%d values for %d timestamps", len(r.Values), len(r.Timestamps))
	}
	q := &f.queries[n]
	// On every page but an Id's last one, PartialData says that there is more to come. An error on one page is not made
	// good by the next.
	if r.StatusCode != "" && (q.status == "" || q.status == types.StatusCodePartialData || q.complete()) {
		q.status = r.StatusCode
	}
	for _, message := range r.Messages {
		q.reason = messageText(message)
	}
	convert := f.convert[q.metric]
	values, known := f.values[n*f.periods:(n+1)*f.periods], f.known[n*f.periods:(n+1)*f.periods]
	from, period := f.window.From.Unix(), int64(f.window.Period/time.Second)
	for i, number := range r.Values {
		at := r.Timestamps[i].Unix() - from
		if at < 0 || at%period != 0 || at/period >= int64(f.periods) || r.Timestamps[i].Nanosecond() != 0 {
			return badReply("a datapoint at %s is not the start of a requested period",
				r.Timestamps[i].UTC().Format(time.RFC3339Nano))
		}
		value, rounded, err := convert.Convert(number)
		if err != nil {
			q.broken, q.reason = true, fmt.Sprintf("its value at %s, %v, %s", r.Timestamps[i].UTC().Format(time.RFC3339),
				number, err)
			continue
		}
		p := at / period
		if known[p] && values[p] != value {
			f.result.Counts[countRepeats]++
		}
		if rounded {
			f.result.Counts[countRounded]++
		}
		if number > mapping.MaxExact && number != math.Inf(1) {
			f.result.Counts[countInexact]++
		}
		values[p], known[p] = value, true
	}
	return nil
}
