package cloudwatch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/mapping"
)

const (
	// listedFor is how long after its last datapoint a metric is listed. Source: CloudWatch API reference,
	// ListMetrics, read 2026.
	listedFor = 14 * 24 * time.Hour
	// listedAfter is how long after its first datapoint a metric may be listed. Source: ditto.
	listedAfter = 15 * time.Minute

	// maxIdlePages is how many pages may bring nothing new. A page may be empty and be followed by one that is not.
	maxIdlePages = 100
	// maxNamed is how many of the entries that make no sense are named; all are counted.
	maxNamed = 10
)

// listing is what a target has by ListMetrics or by configuration: for each mapping its subjects.
type listing struct {
	subjects    []map[mapping.Subject]uint16
	series      int64 // listed, with all of their metrics
	quarantined []collector.Quarantine
}

// list returns what there is to read of a target, and what listing it cost where it had to be listed.
func (s *Source) list(ctx context.Context, t *targetSeries, target collector.Target) (
	found listing, cost collector.Cost, err error,
) {
	found, err = t.Get(s.options.Now(), func(client *Client) (listing, error) {
		l := lister{source: s, client: client, account: target.Account}
		for i := range s.mappings {
			if err := l.mapping(ctx, &s.mappings[i]); err != nil {
				cost.Calls = l.calls
				return listing{}, fmt.Errorf("listing metrics: %w", s.targets.Failure(err))
			}
		}
		cost.Calls = l.calls
		if l.strange > maxNamed {
			l.found.quarantined = append(l.found.quarantined, collector.Quarantine{
				What: "further entries of CloudWatch's list of metrics", Reason: "they are not what was asked for",
			})
		}
		return l.found, nil
	})
	cost.APIPrice = s.options.Prices.ThousandListCalls.Cost(cost.Calls, 1000)
	return found, cost, err
}

// lister lists the metrics of a target.
type lister struct {
	source  *Source
	client  *Client
	account string // the target's
	found   listing
	calls   int64
	strange int // entries that make no sense
}

// mapping adds the subjects of a mapping.
func (l *lister) mapping(ctx context.Context, of *mapped) error {
	metrics := map[mapping.Subject]uint16{}
	for _, s := range of.Series {
		s.Account = unless(s.Account, l.account)
		metrics[s] = of.all()
	}
	if len(of.Series) == 0 {
		for i := range of.Metrics {
			if err := l.metric(ctx, of, &of.Metrics[i], metrics); err != nil {
				return err
			}
		}
	}
	l.found.subjects = append(l.found.subjects, metrics)
	for s, m := range metrics {
		l.found.series += int64(queriesOf([]subjectSeries{{s, m}}))
	}
	return nil
}

// metric adds the subjects that have a metric. CloudWatch lists also series with further dimensions, which are left
// out: they are the same usage again.
func (l *lister) metric(
	ctx context.Context, of *mapped, metric *mapping.Metric, into map[mapping.Subject]uint16,
) error {
	namespace, linked := namespaceOf(of.Mapping, *metric), l.source.options.LinkedAccounts
	in := &cloudwatch.ListMetricsInput{Namespace: &namespace, MetricName: &metric.Name}
	if linked {
		in.IncludeLinkedAccounts = &linked
	}
	for _, name := range of.Names() {
		filter := types.DimensionFilter{Name: &name}
		if i := slices.IndexFunc(of.Match, func(d mapping.Dimension) bool { return d.Name == name }); i >= 0 {
			filter.Value = &of.Match[i].Value
		}
		in.Dimensions = append(in.Dimensions, filter)
	}
	prices := l.source.options.Prices
	ctx = collector.WithCallCost(ctx, collector.Cost{Calls: 1, APIPrice: prices.ThousandListCalls.Cost(1, 1000)})
	var pages awssource.Pages
	for idle := 0; idle < maxIdlePages; {
		out, err := l.page(ctx, in)
		if err != nil {
			return err
		}
		before := len(into)
		for i := range out.Metrics {
			account := ""
			if linked && i < len(out.OwningAccounts) {
				account = out.OwningAccounts[i]
			}
			l.entry(of, metric, &out.Metrics[i], account, into)
		}
		if idle++; len(into) > before || len(out.Metrics) > 0 {
			idle = 0
		}
		if more, err := pages.Next(aws.ToString(out.NextToken)); err != nil || !more {
			return asBadReply(err)
		}
		in.NextToken = out.NextToken
	}
	return badReply("the pages of metrics do not end")
}

// page asks for a page until it is one: a reply without a list of metrics does not say that there are none.
func (l *lister) page(ctx context.Context, in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
	delay := l.source.options.Backoff
	for attempt := 1; ; attempt++ {
		l.calls++
		out, err := l.client.ListMetrics(ctx, in)
		if err != nil {
			return nil, err
		}
		l.source.clocks.told(l.client, out.ResultMetadata)
		if out.Metrics != nil && (len(out.OwningAccounts) == 0 || len(out.OwningAccounts) == len(out.Metrics)) {
			return out, nil
		}
		if attempt == l.source.options.Attempts {
			if out.Metrics == nil {
				return nil, badReply("it has no list of metrics")
			}
			return nil, badReply("%d owning accounts for %d metrics", len(out.OwningAccounts), len(out.Metrics))
		}
		if err := l.source.pause(ctx, &delay); err != nil {
			return nil, err
		}
	}
}

// pause waits for a random part of a delay, which doubles.
func (s *Source) pause(ctx context.Context, delay *time.Duration) error {
	wait := time.Duration(s.options.Random() * float64(*delay))
	*delay *= 2
	return s.options.Sleep(ctx, wait)
}

// entry adds the subject of an entry of the list. One that makes no sense costs itself.
func (l *lister) entry(
	of *mapped, metric *mapping.Metric, series *types.Metric, account string, into map[mapping.Subject]uint16,
) {
	var dimensions []mapping.Dimension
	for _, d := range series.Dimensions {
		if d.Name == nil || d.Value == nil {
			l.refuse(series, "it has a dimension without a name or a value")
			return
		}
		dimensions = append(dimensions, mapping.Dimension{Name: *d.Name, Value: *d.Value})
	}
	switch {
	case !is(series.Namespace, namespaceOf(of.Mapping, *metric)) || !is(series.MetricName, metric.Name):
		l.refuse(series, "CloudWatch lists it, but it was not asked for")
		return
	case account != "" && !accountID.MatchString(account):
		l.refuse(series, fmt.Sprintf("its owner %.40q is not an account id", account))
		return
	}
	if subject, ok := of.SubjectOf(dimensions); ok {
		subject.Account = unless(account, l.account)
		into[subject] |= 1 << metric.Quantity
	}
}

func (l *lister) refuse(series *types.Metric, why string) {
	if l.strange++; l.strange > maxNamed {
		return
	}
	var dimensions []string
	for _, d := range series.Dimensions {
		dimensions = append(dimensions, nameOr(d.Name)+"="+nameOr(d.Value))
	}
	l.found.quarantined = append(l.found.quarantined, collector.Quarantine{
		What: fmt.Sprintf("%s %s {%s}", nameOr(series.Namespace), nameOr(series.MetricName),
			strings.Join(dimensions, ", ")),
		Reason: why,
	})
}

// nameOr is a name for a message, also where it is missing.
func nameOr(name *string) string {
	if name == nil {
		return "(none)"
	}
	return shown(*name)
}

func is(text *string, want string) bool { return text != nil && *text == want }

func namespaceOf(of mapping.Mapping, metric mapping.Metric) string {
	return cmp.Or(metric.Namespace, of.Namespace)
}
