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
	"microspend/collector/awssource"
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
	countLost    = "datapoints that cannot be usage"
	countStrange = "results for series that were not requested"
	countMerged  = "records put together from several series of one MicroVM"
	countCut     = "names that are too long for a record, and were cut"
)

// query is a series that is asked for, and what has come of it.
type query struct {
	subject, metric int
	status          types.StatusCode // of the last page that had the Id; "" where none had
	reason          string
	malformed       bool // a page had something else than a value for each timestamp
	lost            []lostPoint
	asked           types.MetricDataQuery
}

func (q *query) complete() bool { return q.status == types.StatusCodeComplete && !q.malformed }

// lostPoint is a datapoint that cannot be usage.
type lostPoint struct {
	at    time.Time
	value float64
	why   string
}

// fetch is a batch that is being read. Values lie query by query, period by period.
type fetch struct {
	window   collector.Window
	periods  int
	mapping  *mapped
	subjects []mapping.Subject
	queries  []query
	convert  []mapping.Converter // by metric
	most     []int64             // by metric: what all of the account can use in a period
	values   []int64
	known    []bool
	spoiled  map[int]bool // what has a datapoint that cannot be usage; nil where nothing has
	result   collector.Result
	clocks   *clocks
}

// read reads the specification of a batch, of this version or of a former one.
func (s *Source) read(batch collector.Batch) (batchSpec, *mapped, error) {
	var spec batchSpec
	err := json.Unmarshal(batch.Spec, &spec)
	of := slices.IndexFunc(s.mappings, func(m mapped) bool { return m.id == spec.Of })
	if spec.Of == "" && err == nil && spec.Mapping >= 0 && spec.Mapping < len(s.mappings) {
		of, spec.Metrics = spec.Mapping, make([]uint16, len(spec.Subjects))
		for i := range spec.Metrics {
			spec.Metrics[i] = s.mappings[of].all()
		}
	}
	if err != nil || of < 0 || len(spec.Metrics) != len(spec.Subjects) {
		return spec, nil, errors.New("the batch was planned with another configuration")
	}
	return spec, &s.mappings[of], nil
}

// subjects are those of a batch, in order, with those that have become known since to be of the same owners: a record
// of an owner is what all of its series come to.
func (t *targetSeries) subjects(spec batchSpec, of *mapped, kept json.RawMessage) []subjectSeries {
	var all []subjectSeries
	for i, values := range spec.Subjects {
		all = append(all, subjectSeries{subjectFrom(values), spec.Metrics[i]})
	}
	known := t.states.get(kept)
	if known == nil || len(known.shared[of.id]) == 0 {
		return all
	}
	for _, s := range slices.Clone(all) {
		for _, other := range known.shared[of.id][ownerOf(s.Subject)] {
			if !slices.ContainsFunc(all, func(has subjectSeries) bool { return has.Subject == other.Subject }) {
				all = append(all, other)
			}
		}
	}
	sortSubjects(all)
	return all
}

// Fetch implements collector.Source.
func (s *Source) Fetch(ctx context.Context, target collector.Target, batch collector.Batch) (collector.Result, error) {
	spec, of, err := s.read(batch)
	if err != nil {
		return collector.Result{}, err
	}
	t, err := s.targets.For(ctx, target)
	if err != nil {
		return collector.Result{}, err
	}
	f := newFetch(of, t.subjects(spec, of, batch.State), batch.Window)
	f.clocks = &s.clocks
	for i, metric := range of.Metrics {
		f.most[i] = s.options.Quota.Most(target.Region, metric.Quantity, batch.Window.Period)
	}
	if err := f.read(ctx, s, t.Client); err != nil {
		return collector.Result{Calls: f.result.Calls, Counts: f.result.Counts}, s.targets.Failure(err)
	}
	f.assemble(target)
	return f.result, nil
}

func newFetch(of *mapped, subjects []subjectSeries, window collector.Window) *fetch {
	f := &fetch{
		window: window, periods: int(window.Periods()), mapping: of,
		result: collector.Result{Counts: map[string]int64{}},
	}
	for _, metric := range of.Metrics {
		f.convert, f.most = append(f.convert, metric.Converter(window.Period)), append(f.most, math.MaxInt64)
	}
	names := of.Names()
	for i, subject := range subjects {
		f.subjects = append(f.subjects, subject.Subject)
		values := of.Values(subject.Subject)
		dimensions := make([]types.Dimension, len(names))
		for d := range names {
			dimensions[d] = types.Dimension{Name: &names[d], Value: &values[d]}
		}
		for j, metric := range of.Metrics {
			if subject.metrics&(1<<metric.Quantity) != 0 {
				asked := f.ask(len(f.queries), &of.Metrics[j], dimensions, subject.Account)
				f.queries = append(f.queries, query{subject: i, metric: j, asked: asked})
			}
		}
	}
	f.values = make([]int64, len(f.queries)*f.periods)
	f.known = make([]bool, len(f.values))
	return f
}

// ask makes the query of a metric. Its Id is its number among the queries of the batch.
func (f *fetch) ask(
	number int, metric *mapping.Metric, dimensions []types.Dimension, account string,
) types.MetricDataQuery {
	id := "q" + strconv.Itoa(number)
	namespace, period := namespaceOf(f.mapping.Mapping, *metric), int32(f.window.Period/time.Second)
	var owner *string
	if account != "" {
		owner = &account
	}
	label := "-" // in place of one that CloudWatch makes up of the dimensions, for each series on each page
	return types.MetricDataQuery{
		Id: &id, Label: &label, AccountId: owner,
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
		for chunk := range slices.Chunk(asked, maxQueries) {
			each := int64(len(chunk))
			priced := collector.WithCallCost(ctx, collector.Cost{
				Calls: 1, Metrics: each, APIPrice: s.options.Prices.ThousandMetricsRequested.Cost(each, 1000),
			})
			if err := f.readPages(priced, client, chunk); err != nil {
				return err
			}
		}
		asked = slices.DeleteFunc(asked, func(i int) bool {
			q := &f.queries[i]
			return q.complete() || q.status == types.StatusCodeForbidden
		})
		if len(asked) == 0 || attempt == s.options.Attempts {
			return nil
		}
		f.result.Counts[countAgain] += int64(len(asked))
		if err := s.pause(ctx, &delay); err != nil {
			return err
		}
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
		q := &f.queries[i]
		in.MetricDataQueries = append(in.MetricDataQueries, q.asked)
		q.status, q.reason, q.malformed, q.lost = "", "", false, nil
		for p := range f.periods {
			delete(f.spoiled, i*f.periods+p)
		}
	}
	pages := awssource.Pages{Max: maxIdlePages + len(asked)*f.periods}
	// Every page but a few brings a datapoint that none had before: that is how many pages there can be.
	for idle := 0; idle < maxIdlePages; {
		f.result.Calls++
		out, err := client.GetMetricData(ctx, in)
		if err != nil {
			return err
		}
		if f.clocks != nil {
			f.clocks.told(client, out.ResultMetadata)
		}
		news := false
		for i := range out.MetricDataResults {
			news = f.take(&out.MetricDataResults[i]) || news
		}
		if !news {
			idle++
		}
		for _, message := range out.Messages {
			f.result.Counts["replies with the message "+messageText(message)]++
		}
		if more, err := pages.Next(aws.ToString(out.NextToken)); err != nil || !more {
			return asBadReply(err)
		}
		in.NextToken = out.NextToken
	}
	return badReply("the pages of data do not end")
}

func messageText(message types.MessageData) string {
	parts := []string{aws.ToString(message.Code), aws.ToString(message.Value)}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ": ")
}

// errBeyondQuota says of a value that all of the account's MicroVMs together cannot have used as much.
var errBeyondQuota = errors.New(
	"is more than the account's quota of memory permits in its period (if AWS has raised that, " +
		"set collect.quota)",
)

// number reads the Id of a query.
func (f *fetch) number(id *string) (int, bool) {
	digits, ok := strings.CutPrefix(aws.ToString(id), "q")
	n, err := strconv.ParseUint(digits, 10, 31)
	return int(n), ok && err == nil && int(n) < len(f.queries)
}

// take adds what a page has of a series, and reports whether a datapoint was new.
func (f *fetch) take(r *types.MetricDataResult) (news bool) {
	n, ok := f.number(r.Id)
	if !ok {
		if f.result.Counts[countStrange]++; f.result.Counts[countStrange] <= maxNamed {
			f.result.Notes = append(f.result.Notes, fmt.Sprintf("CloudWatch's reply has a result %.40q that was not requested; "+
				"it is left out", aws.ToString(r.Id)))
		}
		return false
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
	if len(r.Timestamps) != len(r.Values) {
		// Which value is whose is anyone's guess.
		q.malformed, q.reason = true, fmt.Sprintf("%d values for %d timestamps", len(r.Values), len(r.Timestamps))
		return false
	}
	from, period := f.window.From.Unix(), int64(f.window.Period/time.Second)
	for i, number := range r.Values {
		stamp := r.Timestamps[i]
		at := stamp.Unix() - from
		p := at / period
		if at < 0 || p >= int64(f.periods) {
			q.lose(stamp, number, "is outside of the time that was asked for")
			continue
		}
		place := n*f.periods + int(p)
		if at%period != 0 || stamp.Nanosecond() != 0 {
			f.spoil(place)
			q.lose(stamp, number, "is not at the start of a period")
			continue
		}
		value, rounded, err := f.convert[q.metric].Convert(number)
		if err == nil && value > f.most[q.metric] {
			err = errBeyondQuota
		}
		if err != nil {
			f.spoil(place)
			q.lose(stamp, number, err.Error())
			continue
		}
		if f.known[place] && f.values[place] != value {
			f.result.Counts[countRepeats]++
		}
		if rounded {
			f.result.Counts[countRounded]++
		}
		if number > mapping.MaxExact {
			f.result.Counts[countInexact]++
		}
		news = news || !f.known[place]
		f.values[place], f.known[place] = value, true
	}
	return news
}

// lose notes a datapoint that cannot be usage. It costs itself: the rest of its series counts.
func (q *query) lose(at time.Time, value float64, why string) {
	q.lost = append(q.lost, lostPoint{at.UTC(), value, why})
}

func (f *fetch) spoil(place int) {
	if f.spoiled == nil {
		f.spoiled = map[int]bool{}
	}
	f.spoiled[place] = true
}
