package cloudwatch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/bits"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/internal/figures"
	"microspend/usage"
)

// batchSpec is a batch as it is kept: subjects of one mapping, each with its metrics.
type batchSpec struct {
	Mapping  int        `json:"mapping"`
	Subjects [][]string `json:"subjects"` // values of the mapping's dimensions, those of Match left out
	Metrics  []uint16   `json:"metrics"`
}

// Plan implements collector.Source. Batches keep to one page of GetMetricData each, where a subject's metrics fit on
// it.
func (s *Source) Plan(ctx context.Context, target collector.Target, window collector.Window) (collector.Plan, error) {
	t, err := s.targets.For(ctx, target)
	if err != nil {
		return collector.Plan{}, err
	}
	series, listing, err := s.list(ctx, t)
	if err != nil {
		return collector.Plan{Listing: listing}, err
	}
	plan := collector.Plan{Listing: listing, Notes: s.notes(series)}
	most := int(max(1, min(maxQueries, maxDatapoints/max(1, window.Periods()))))
	for i, subjects := range series {
		for len(subjects) > 0 {
			n, queries := 0, 0
			for n < len(subjects) && (n == 0 || queries+bits.OnesCount16(subjects[n].metrics) <= most) {
				queries += bits.OnesCount16(subjects[n].metrics)
				n++
			}
			batch, err := s.batch(i, subjects[:n], window, queries)
			if err != nil {
				return plan, err
			}
			batch.ID = fmt.Sprintf("%d/%s", i, batch.ID)
			plan.Batches = append(plan.Batches, batch)
			subjects = subjects[n:]
		}
	}
	return plan, nil
}

// notes say what the metrics cost by themselves, whether they are read or not, and which price is assumed.
func (s *Source) notes(all [][]subjectSeries) []string {
	series := int64(0)
	for _, subjects := range all {
		for _, s := range subjects {
			series += int64(bits.OnesCount16(s.metrics))
		}
	}
	each := s.options.Prices.MetricMonth
	notes := []string{fmt.Sprintf("metrics: CloudWatch bills %s custom metrics at $%s each for a month of data, $%s "+
		"together (first 10,000 of an account; by the hour)",
		figures.Int(series), figures.Cents(each.USD), figures.Cents(each.Cost(series, 1)))}
	if assumed := s.options.Prices.ThousandListCalls; assumed.Assumption != "" {
		notes = append(notes, assumed.Assumption.Clause(figures.Cents(assumed.USD)).String())
	}
	return notes
}

func (s *Source) batch(of int, subjects []subjectSeries, window collector.Window, queries int) (
	collector.Batch, error,
) {
	spec := batchSpec{Mapping: of}
	for _, s := range subjects {
		spec.Subjects = append(spec.Subjects, []string{s.Tenant, s.Image, s.MicroVM, s.Role})
		spec.Metrics = append(spec.Metrics, s.metrics)
	}
	text, err := json.Marshal(spec)
	pages := (int64(queries)*window.Periods() + maxDatapoints - 1) / maxDatapoints
	return collector.Batch{
		ID: resourceOf(subjects[0].Subject).String(), Window: window, Spec: text,
		Cost: collector.Cost{
			Calls: max(1, pages), Metrics: int64(queries),
			APIPrice: s.options.Prices.ThousandMetricsRequested.Cost(int64(queries), 1000),
		},
	}, err
}

// resourceOf is what records of a subject are about: its MicroVM, or the fleet of a tenant and an image.
func resourceOf(s mapping.Subject) usage.Resource {
	if s.MicroVM != "" {
		return usage.Resource{ID: s.MicroVM}
	}
	return usage.Resource{Kind: usage.KindFleet, ID: url.PathEscape(s.Tenant) + "/" + url.PathEscape(s.Image)}
}

// list returns the series of a target, and what listing them cost where they had to be listed.
func (s *Source) list(ctx context.Context, t *targetSeries) (series [][]subjectSeries, cost collector.Cost, err error) {
	series, err = t.Get(s.options.Now(), func(client *Client) ([][]subjectSeries, error) {
		series := make([][]subjectSeries, len(s.options.Mappings))
		owner := map[string]int{} // of what stands for a MicroVM, the mapping
		for i, of := range s.options.Mappings {
			found, calls, err := s.listMapping(ctx, client, of)
			cost.Calls += calls
			if err != nil {
				return nil, fmt.Errorf("listing metrics: %w", err)
			}
			for _, subject := range found {
				id := resourceOf(subject.Subject).String()
				if first, twice := owner[id]; twice {
					return nil, fmt.Errorf("%q is in the metrics of %s and in those of %s, and would count twice; tell them apart by "+
						"their dimensions", id, s.options.Mappings[first].Namespace, of.Namespace)
				}
				owner[id] = i
			}
			series[i] = found
		}
		cost.APIPrice = s.options.Prices.ThousandListCalls.Cost(cost.Calls, 1000)
		return series, nil
	})
	return series, cost, err
}

// listMapping gives the subjects of a mapping, in order.
func (s *Source) listMapping(ctx context.Context, client *Client, of mapping.Mapping) ([]subjectSeries, int64, error) {
	if len(of.Series) > 0 {
		all := uint16(1)<<len(of.Metrics) - 1
		given := make([]subjectSeries, len(of.Series))
		for i, s := range of.Series {
			given[i] = subjectSeries{s, all}
		}
		return given, 0, nil
	}
	metrics := map[mapping.Subject]uint16{}
	var calls int64
	for i := range of.Metrics {
		n, err := s.listMetric(ctx, client, of, i, metrics)
		if calls += n; err != nil {
			return nil, calls, s.targets.Failure(err)
		}
	}
	found := make([]subjectSeries, 0, len(metrics))
	for s, of := range metrics {
		found = append(found, subjectSeries{s, of})
	}
	// In the order in which the ledger keeps them, which is less work for it.
	slices.SortFunc(found, func(a, b subjectSeries) int {
		return cmp.Or(resourceOf(a.Subject).Compare(resourceOf(b.Subject)), cmp.Compare(a.Tenant, b.Tenant),
			cmp.Compare(a.Image, b.Image), cmp.Compare(a.MicroVM, b.MicroVM), cmp.Compare(a.Role, b.Role))
	})
	return found, calls, nil
}

// listMetric adds the subjects that have a metric. CloudWatch lists also series with further dimensions, which are left
// out: they are the same usage again.
func (s *Source) listMetric(
	ctx context.Context, client *Client, of mapping.Mapping, index int, into map[mapping.Subject]uint16,
) (calls int64, err error) {
	metric := of.Metrics[index]
	namespace := namespaceOf(of, metric)
	in := &cloudwatch.ListMetricsInput{Namespace: &namespace, MetricName: &metric.Name}
	for _, name := range of.Names() {
		filter := types.DimensionFilter{Name: &name}
		if i := slices.IndexFunc(of.Match, func(d mapping.Dimension) bool { return d.Name == name }); i >= 0 {
			filter.Value = &of.Match[i].Value
		}
		in.Dimensions = append(in.Dimensions, filter)
	}
	ctx = collector.WithCallCost(ctx, collector.Cost{Calls: 1, APIPrice: s.options.Prices.ThousandListCalls.Cost(1, 1000)})
	var dimensions []mapping.Dimension
	for {
		calls++
		out, err := client.ListMetrics(ctx, in)
		if err != nil {
			return calls, err
		}
		if in.NextToken != nil && out.Metrics == nil {
			return calls, badReply("a page of metrics is missing")
		}
		for _, series := range out.Metrics {
			if !is(series.Namespace, namespace) || !is(series.MetricName, metric.Name) {
				return calls, badReply("it lists a metric that was not requested")
			}
			dimensions = dimensions[:0]
			for _, d := range series.Dimensions {
				if d.Name == nil || d.Value == nil {
					return calls, badReply("it lists a dimension without a name or a value")
				}
				dimensions = append(dimensions, mapping.Dimension{Name: *d.Name, Value: *d.Value})
			}
			if subject, ok := of.SubjectOf(dimensions); ok {
				into[subject] |= 1 << index
			}
		}
		if out.NextToken == nil {
			return calls, nil
		}
		if in.NextToken != nil && *in.NextToken == *out.NextToken {
			return calls, badReply("a page of metrics points to itself")
		}
		in.NextToken = out.NextToken
	}
}

func is(text *string, want string) bool { return text != nil && *text == want }

func namespaceOf(of mapping.Mapping, metric mapping.Metric) string {
	return cmp.Or(metric.Namespace, of.Namespace)
}
