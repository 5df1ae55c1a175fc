package logs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"microspend/collector"
	"microspend/internal/civil"
)

const (
	pageBytes = 1 << 20 // of a page of FilterLogEvents
	// sliceBytes is how much a batch reads at most, where an hour is not more, as far as can be told beforehand. What it
	// holds in memory meanwhile is about a fifth of it.
	sliceBytes = 128 << 20
	// roomBytes is how much may be read at a time, by all batches in flight.
	roomBytes = 256 << 20
	// forgetting is how much sooner than a log group forgets a period it is no longer read: lines of it would be missing.
	forgetting = time.Hour
)

// logGroup is a log group that is read.
type logGroup struct {
	name      string
	retention time.Duration // 0 keeps lines for ever
	hourly    int64         // bytes that it takes in an hour on average; below zero where that is not known
	stored    int64
}

type batchSpec struct {
	Group string `json:"group"`
	Slice int64  `json:"slice"` // seconds that are read at a time
	Bytes int64  `json:"bytes"` // expected of them
}

// Plan implements collector.Source. A batch is a log group for so long as it takes in a bearable amount.
func (s *Source) Plan(ctx context.Context, target collector.Target, window collector.Window) (collector.Plan, error) {
	t, err := s.targets.For(ctx, target)
	if err != nil {
		return collector.Plan{}, err
	}
	groups, listing, err := s.list(ctx, t)
	plan := collector.Plan{Listing: listing}
	if err != nil {
		return plan, err
	}
	for _, group := range groups {
		from, note := s.kept(group, window)
		slice := group.slice(window.Period)
		spec, err := json.Marshal(batchSpec{group.name, int64(slice / time.Second), group.expected(slice)})
		if err != nil {
			return plan, err
		}
		if note != "" {
			plan.Notes = append(plan.Notes, note)
		}
		for from.Before(window.To) {
			to := civil.Earlier(from.Truncate(slice).Add(slice), window.To)
			plan.Batches = append(plan.Batches, collector.Batch{
				ID: group.name, Window: collector.Window{From: from, To: to, Period: window.Period}, Spec: spec,
				Cost: collector.Cost{Calls: group.calls(to.Sub(from))},
			})
			from = to
		}
	}
	plan.Notes = append(plan.Notes, s.prices(groups)...)
	return plan, nil
}

// kept is where reading of a group begins: nothing is read of periods of which the group has forgotten a part.
func (s *Source) kept(group logGroup, window collector.Window) (from time.Time, note string) {
	if group.retention == 0 {
		return window.From, ""
	}
	oldest := s.options.Now().Add(forgetting - group.retention).Truncate(window.Period).Add(window.Period)
	if !oldest.After(window.From) {
		return window.From, ""
	}
	return oldest, fmt.Sprintf("retention: the log group %s keeps lines for %d days; what is older is lost", group.name,
		group.retention/(24*time.Hour))
}

// slice is how much time a batch of the group covers: a part of a day, of whole periods.
func (g logGroup) slice(period time.Duration) time.Duration {
	for _, length := range []time.Duration{24 * time.Hour, 12 * time.Hour, 6 * time.Hour, 4 * time.Hour, 2 * time.Hour} {
		if g.expected(length) <= sliceBytes {
			return max(length, period)
		}
	}
	return max(time.Hour, period)
}

// expected is about how much the group takes in in a time. One of which nothing is known is taken for one that is new.
func (g logGroup) expected(length time.Duration) int64 {
	hourly := g.hourly
	if hourly < 0 {
		hourly = sliceBytes / 16
	}
	return hourly * int64(length/time.Minute) / 60
}

// calls is about how many pages a batch takes: those of its lines, and of the lines that were printed later.
func (g logGroup) calls(length time.Duration) int64 {
	return 2 + max(g.hourly, 0)*int64(length/time.Minute)/60/pageBytes
}

// list returns the log groups of a target, and what listing them cost where they had to be listed.
func (s *Source) list(ctx context.Context, t *targetGroups) (groups []logGroup, cost collector.Cost, err error) {
	groups, err = t.Get(s.options.Now(), func(client *Client) ([]logGroup, error) {
		var groups []logGroup
		for _, pattern := range s.options.Groups {
			found, calls, err := s.match(ctx, client, pattern)
			if cost.Calls += calls; err != nil {
				return nil, fmt.Errorf("listing log groups: %w", s.targets.Failure(err))
			}
			groups = append(groups, found...)
		}
		if len(groups) == 0 {
			return nil, fmt.Errorf("there is no log group %s; name those that MicroVMs log to with --log-group or in the "+
				"configuration, under collect.log_groups", strings.Join(s.options.Groups, " or "))
		}
		slices.SortFunc(groups, func(a, b logGroup) int { return strings.Compare(a.name, b.name) })
		return slices.CompactFunc(groups, func(a, b logGroup) bool { return a.name == b.name }), nil
	})
	return groups, cost, err
}

// match lists the log groups of a name, or of a beginning of one.
func (s *Source) match(ctx context.Context, client *Client, pattern string) (
	groups []logGroup, calls int64, err error,
) {
	prefix, open := strings.CutSuffix(pattern, "*")
	in := &cloudwatchlogs.DescribeLogGroupsInput{}
	if prefix != "" {
		in.LogGroupNamePrefix = &prefix
	}
	for barren := 0; ; {
		calls++
		out, err := client.DescribeLogGroups(ctx, in)
		if err != nil {
			return nil, calls, err
		}
		for _, g := range out.LogGroups {
			name := aws.ToString(g.LogGroupName)
			if !strings.HasPrefix(name, prefix) {
				return nil, calls, badReply("it lists a log group that was not requested")
			}
			if !open && name != prefix {
				continue
			}
			group := logGroup{name: name, hourly: -1, stored: aws.ToInt64(g.StoredBytes)}
			group.retention = time.Duration(aws.ToInt32(g.RetentionInDays)) * 24 * time.Hour
			if hours := s.hours(g.CreationTime, group.retention); hours > 0 && group.stored > 0 {
				group.hourly = group.stored / hours
			}
			groups = append(groups, group)
		}
		switch next := aws.ToString(out.NextToken); {
		case next == "" || !open && len(groups) > 0:
			return groups, calls, nil
		case next == aws.ToString(in.NextToken):
			if barren++; barren == endlessPages {
				return nil, calls, badReply("the list of log groups does not end")
			}
		}
		in.NextToken = out.NextToken
	}
}

// hours is how long a log group has been taking lines in that it still has.
func (s *Source) hours(created *int64, retention time.Duration) int64 {
	if created == nil {
		return 0
	}
	age := s.options.Now().Sub(time.UnixMilli(*created))
	if retention > 0 {
		age = min(age, retention)
	}
	return int64(age / time.Hour)
}
