package fakecloudwatch

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// listMetrics answers with the metrics that had data in the last two weeks, or three hours, a page at a time.
func (c *CloudWatch) listMetrics(place Place, in *cloudwatch.ListMetricsInput, fault Fault) ([]byte, error) {
	out, err := c.listPage(place, in)
	if fault.List != nil {
		if err != nil {
			out = &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
		}
		fault.List(out)
	} else if err != nil {
		return nil, err
	}
	return appendListMetrics(nil, out), nil
}

func (c *CloudWatch) listPage(place Place, in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
	recent := 14 * day
	switch in.RecentlyActive {
	case "":
	case types.RecentlyActivePt3h:
		recent = 3 * time.Hour
	default:
		return nil, invalid("The parameter RecentlyActive must be PT3H.")
	}
	linked := in.IncludeLinkedAccounts != nil && *in.IncludeLinkedAccounts
	if in.OwningAccount != nil && !linked {
		return nil, invalid("The parameter OwningAccount needs IncludeLinkedAccounts.")
	}
	accounts := []string{place.Account}
	if linked {
		accounts = append(accounts, c.options.Linked[place.Account]...)
	}
	request := hashOf(place, in.Namespace, in.MetricName, in.Dimensions, in.RecentlyActive, accounts, in.OwningAccount)
	skip, err := readToken(in.NextToken, request)
	if err != nil {
		return nil, err
	}
	now := c.options.Now()
	out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
	seen := 0
	for _, account := range accounts {
		if in.OwningAccount != nil && *in.OwningAccount != account {
			continue
		}
		for _, s := range c.at(Place{account, place.Region}).all() {
			if !listed(s, in, now, recent, c.options.ListedAfter) {
				continue
			}
			if seen++; seen <= skip {
				continue
			}
			if len(out.Metrics) == c.options.PageMetrics {
				out.NextToken = token{request, seen - 1}.text()
				return out, nil
			}
			out.Metrics = append(out.Metrics, s.metric.wire())
			if linked {
				out.OwningAccounts = append(out.OwningAccounts, account)
			}
		}
	}
	return out, nil
}

// wire is the metric as the service writes it.
func (m Metric) wire() types.Metric {
	metric := types.Metric{Namespace: &m.Namespace, MetricName: &m.Name, Dimensions: []types.Dimension{}}
	for _, name := range m.names() {
		value := m.Dimensions[name]
		metric.Dimensions = append(metric.Dimensions, types.Dimension{Name: &name, Value: &value})
	}
	return metric
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
