package fakecloudwatch

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"microspend/internal/lazyregexp"
)

// Limits of GetMetricData and ListMetrics, CloudWatch API reference, read 2026.
const (
	MaxQueries    = 500
	MaxDatapoints = 100_800
	MaxListed     = 500

	day = 24 * time.Hour
)

// finest is the shortest period that data of an age can still be had by, and 0 where it is gone.
func finest(age time.Duration) time.Duration {
	switch {
	case age <= 15*day:
		return time.Minute
	case age <= 63*day:
		return 5 * time.Minute
	case age <= 455*day:
		return time.Hour
	}
	return 0
}

// token is where a next page begins.
type token struct {
	Of uint64 `json:"of"` // hash of the request
	At int    `json:"at"` // data points before the page
}

func (t token) text() *string {
	content, _ := json.Marshal(t) // two numbers
	text := base64.RawURLEncoding.EncodeToString(content)
	return &text
}

func readToken(text *string, of uint64) (int, error) {
	if text == nil {
		return 0, nil
	}
	var t token
	content, err := base64.RawURLEncoding.DecodeString(*text)
	if err == nil {
		err = json.Unmarshal(content, &t)
	}
	if err != nil || t.Of != of || t.At < 0 {
		return 0, &failure{400, "InvalidNextToken", "The next token is invalid."}
	}
	return t.At, nil
}

func hashOf(parts ...any) uint64 {
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(parts)
	return h.Sum64()
}

var queryID = lazyregexp.New(`^[a-z][a-zA-Z0-9_]{0,254}$`)

// getMetricData answers with a page: data points are dealt out query by query. The Id of a query whose points do not
// fit comes again on the next page, and so do those of queries that are through, without points.
func (c *CloudWatch) getMetricData(place Place, in *cloudwatch.GetMetricDataInput, fault Fault) ([]byte, error) {
	if err := checkGet(in); err != nil {
		return nil, err
	}
	out, err := c.getPage(place, in, fault)
	if fault.Get != nil {
		if err != nil {
			out = &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{}}
		}
		fault.Get(out)
	} else if err != nil {
		return nil, err
	}
	return AppendGetMetricData(nil, out), nil
}

func (c *CloudWatch) getPage(
	place Place, in *cloudwatch.GetMetricDataInput, fault Fault,
) (*cloudwatch.GetMetricDataOutput, error) {
	request := hashOf(place, in.StartTime, in.EndTime, in.ScanBy, in.MetricDataQueries)
	skip, err := readToken(in.NextToken, request)
	if err != nil {
		return nil, err
	}
	room := c.options.PageDatapoints
	if in.MaxDatapoints != nil {
		room = min(room, int(*in.MaxDatapoints))
	}
	out := &cloudwatch.GetMetricDataOutput{Messages: fault.Messages}
	more := false
	at := skip
	for i := range in.MetricDataQueries {
		query := &in.MetricDataQueries[i]
		status, messages, owner := types.StatusCodeComplete, []types.MessageData(nil), place
		if query.AccountId != nil {
			owner.Account = *query.AccountId
		}
		if owner.Account != place.Account && !slices.Contains(c.options.Linked[place.Account], owner.Account) {
			status, messages, owner = types.StatusCodeForbidden, notLinked, Place{}
		}
		times, values := c.points(owner, query, in)
		from := min(skip, len(times))
		skip -= from
		to := min(from+room, len(times))
		room -= to - from
		at += to - from
		if to < len(times) {
			status, more = types.StatusCodePartialData, true
		}
		label := *query.MetricStat.Metric.MetricName
		if query.Label != nil {
			label = *query.Label
		}
		result := types.MetricDataResult{
			Id: query.Id, Label: &label, StatusCode: status, Timestamps: times[from:to], Values: values[from:to],
			Messages: messages,
		}
		if fault.Result != nil {
			fault.Result(&result)
		}
		out.MetricDataResults = append(out.MetricDataResults, result)
	}
	if more {
		out.NextToken = token{request, at}.text()
	}
	return out, nil
}

var (
	notLinkedCode, notLinkedText = "Forbidden", "The account is not linked to this one."

	notLinked = []types.MessageData{{Code: &notLinkedCode, Value: &notLinkedText}}
)

func checkGet(in *cloudwatch.GetMetricDataInput) error {
	switch {
	case in.StartTime == nil || in.EndTime == nil:
		return &failure{400, "ValidationError", "The parameters StartTime and EndTime are required."}
	case !in.StartTime.Before(*in.EndTime):
		return &failure{400, "ValidationError", "The parameter StartTime must be less than the parameter EndTime."}
	case len(in.MetricDataQueries) == 0:
		return &failure{400, "ValidationError", "The parameter MetricDataQueries is required."}
	case len(in.MetricDataQueries) > MaxQueries:
		return &failure{400, "ValidationError", fmt.Sprintf("The collection MetricDataQueries must not have a size "+
			"greater than %d.", MaxQueries)}
	case in.MaxDatapoints != nil && (*in.MaxDatapoints < 1 || *in.MaxDatapoints > MaxDatapoints):
		return &failure{400, "ValidationError", "The parameter MaxDatapoints is out of range."}
	}
	seen := map[string]bool{}
	for _, query := range in.MetricDataQueries {
		stat := query.MetricStat
		switch {
		case query.Id == nil || !queryID.MatchString(*query.Id):
			return &failure{400, "ValidationError", "The value for Id is not valid."}
		case seen[*query.Id]:
			return &failure{400, "ValidationError", "The values for parameter Id in MetricDataQueries are not unique."}
		case stat == nil || query.Expression != nil:
			return &failure{400, "ValidationError", "This fake reads metrics, not expressions."}
		case stat.Metric == nil || stat.Metric.Namespace == nil || stat.Metric.MetricName == nil || stat.Period == nil ||
			stat.Stat == nil:
			return &failure{400, "ValidationError", "The parameter MetricStat is not complete."}
		case *stat.Period < 60 || *stat.Period%60 != 0:
			return &failure{400, "ValidationError", "Invalid value for Period."}
		case !slices.Contains([]string{"Sum", "Average", "Minimum", "Maximum", "SampleCount"}, *stat.Stat):
			return &failure{400, "ValidationError", "Invalid value for Stat."}
		}
		seen[*query.Id] = true
	}
	return nil
}

// points works out the data points of a query: what has arrived and is still kept at the period, in periods that begin
// from the start, which counts, to the end, which does not; the newest first unless it is asked for the other way.
func (c *CloudWatch) points(place Place, query *types.MetricDataQuery,
	in *cloudwatch.GetMetricDataInput,
) ([]time.Time, []float64) {
	times, values := []time.Time{}, []float64{}
	stat := query.MetricStat
	s := c.at(place).byKey[Metric{
		*stat.Metric.Namespace, *stat.Metric.MetricName,
		dimensionsOf(stat.Metric.Dimensions),
	}.key()]
	if s == nil {
		return times, values
	}
	s.sort()
	now := c.options.Now()
	period := time.Duration(*stat.Period) * time.Second
	var sum Datum
	flush := func() {
		if sum.Samples > 0 {
			times, values = append(times, sum.At), append(values, statistic(sum, *stat.Stat))
		}
		sum = Datum{}
	}
	first, _ := slices.BinarySearchFunc(s.data, in.StartTime.Truncate(period), func(d Datum,
		at time.Time,
	) int {
		return d.At.Compare(at)
	})
	for _, datum := range s.data[first:] {
		begins := datum.At.Truncate(period)
		if !begins.Before(*in.EndTime) {
			break
		}
		shortest := finest(now.Sub(datum.At))
		gone := shortest == 0 || period%shortest != 0
		other := stat.Unit != "" && string(stat.Unit) != datum.Unit
		if begins.Before(*in.StartTime) || gone || other || datum.Arrives.After(now) {
			continue
		}
		if !begins.Equal(sum.At) {
			flush()
		}
		if sum.Samples == 0 {
			sum = datum
			sum.At = begins
			continue
		}
		sum.Sum += datum.Sum
		sum.Samples += datum.Samples
		sum.Min, sum.Max = min(sum.Min, datum.Min), max(sum.Max, datum.Max)
	}
	flush()
	if in.ScanBy != types.ScanByTimestampAscending {
		slices.Reverse(times)
		slices.Reverse(values)
	}
	return times, values
}

func statistic(d Datum, name string) float64 {
	switch name {
	case "Average":
		return d.Sum / d.Samples
	case "Minimum":
		return d.Min
	case "Maximum":
		return d.Max
	case "SampleCount":
		return d.Samples
	default:
		return d.Sum
	}
}
