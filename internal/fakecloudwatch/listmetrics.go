package fakecloudwatch

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// listMetrics answers with the metrics that had data in the last two weeks, or three hours, a page at a time.
func (c *CloudWatch) listMetrics(place Place, in *cloudwatch.ListMetricsInput) ([]byte, error) {
	recent := 14 * day
	switch in.RecentlyActive {
	case "":
	case types.RecentlyActivePt3h:
		recent = 3 * time.Hour
	default:
		return nil, invalid("The parameter RecentlyActive must be PT3H.")
	}
	request := hashOf(place, in.Namespace, in.MetricName, in.Dimensions, in.RecentlyActive)
	skip, err := readToken(in.NextToken, request)
	if err != nil {
		return nil, err
	}
	now := c.options.Now()
	out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
	seen := 0
	for _, s := range c.at(place).all() {
		if !listed(s, in, now, recent, c.options.ListedAfter) {
			continue
		}
		if seen++; seen <= skip {
			continue
		}
		if len(out.Metrics) == c.options.PageMetrics {
			out.NextToken = token{request, seen - 1}.text()
			break
		}
		metric := types.Metric{Namespace: &s.metric.Namespace, MetricName: &s.metric.Name, Dimensions: []types.Dimension{}}
		for _, name := range s.metric.names() {
			value := s.metric.Dimensions[name]
			metric.Dimensions = append(metric.Dimensions, types.Dimension{Name: &name, Value: &value})
		}
		out.Metrics = append(out.Metrics, metric)
	}
	return appendListMetrics(nil, out), nil
}

// listed reports whether a metric is found by a request: by its namespace, name and the dimensions that it has, perhaps
// beside others.
func listed(s *series, in *cloudwatch.ListMetricsInput, now time.Time, recent, after time.Duration) bool {
	if in.Namespace != nil && *in.Namespace != s.metric.Namespace || in.MetricName != nil &&
		*in.MetricName != s.metric.Name {
		return false
	}
	for _, filter := range in.Dimensions {
		value, has := s.metric.Dimensions[*filter.Name]
		if !has || filter.Value != nil && *filter.Value != value {
			return false
		}
	}
	if now.Sub(s.first) < after {
		return false
	}
	s.sort()
	for i := len(s.data) - 1; i >= 0; i-- {
		if now.Sub(s.data[i].At) > recent {
			return false
		}
		if !s.data[i].Arrives.After(now) {
			return true
		}
	}
	return false
}
