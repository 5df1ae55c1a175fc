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
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/internal/civil"
)

const (
	pageBytes = 1 << 20 // of a page of FilterLogEvents
	// sliceBytes is how much a batch reads at most, where an hour is not more, as far as can be told beforehand. What it
	// holds in memory meanwhile is about a fifth of it.
	sliceBytes = 128 << 20
	// crowdedBytes is how much is read of a slice before it is taken for one that was expected to have less.
	crowdedBytes = 4 * sliceBytes
	// roomBytes is how much may be read at a time, by all batches in flight.
	roomBytes = 256 << 20
	// forgetting is how much sooner than a log group forgets a period it is no longer read: lines of it would be missing.
	forgetting = time.Hour
	// maxGroupPages is how many pages of log groups are followed: an account has a million groups at most, 50 on a page.
	maxGroupPages = 20_000
	maxRetention  = 3653 // days, the longest that a group can have
)

// logGroup is a log group that is read.
type logGroup struct {
	name      string
	retention time.Duration // 0 keeps lines for ever
	created   time.Time     // zero where that is not known
	hourly    int64         // bytes that it takes in an hour on average; below zero where that is not known
	stored    int64
}

type batchSpec struct {
	Group string `json:"group"`
	Slice int64  `json:"slice"`          // seconds that are read at a time
	Bytes int64  `json:"bytes"`          // expected of them
	Keeps int64  `json:"keeps,omitzero"` // seconds that the group keeps lines; 0 for ever
}

// Plan implements collector.Source. A batch is a log group for so long as it takes in a bearable amount.
func (s *Source) Plan(ctx context.Context, target collector.Target, window collector.Window) (collector.Plan, error) {
	return s.PlanWith(ctx, target, window, collector.History{})
}

// batches plans a group for a window, and names what of it is lost.
func (s *Source) batches(plan *collector.Plan, group logGroup, window collector.Window) error {
	slice := group.slice(window.Period)
	spec, err := json.Marshal(batchSpec{
		group.name, int64(slice / time.Second), group.expected(slice), int64(group.retention / time.Second),
	})
	if err != nil {
		return err
	}
	from, lost := s.kept(group.name, group.retention, window)
	if lost != nil && group.created.Before(lost.Window.To) {
		plan.Quarantined = append(plan.Quarantined, *lost)
		plan.Notes = append(plan.Notes, "retention: "+lost.String())
	}
	for from.Before(window.To) {
		to := civil.Earlier(from.Truncate(slice).Add(slice), window.To)
		plan.Batches = append(plan.Batches, collector.Batch{
			ID: group.name, Window: collector.Window{From: from, To: to, Period: window.Period}, Spec: spec,
			Cost: collector.Cost{Calls: group.calls(to.Sub(from))},
		})
		from = to
	}
	return nil
}

// kept is where reading of a group begins: nothing is read of periods of which the group has forgotten a part. What it
// has forgotten is lost, where it was not read in time.
func (s *Source) kept(group string, retention time.Duration, window collector.Window) (
	from time.Time, lost *collector.Quarantine,
) {
	if retention == 0 {
		return window.From, nil
	}
	oldest := s.options.Now().Add(forgetting - retention).Truncate(window.Period).Add(window.Period)
	if !oldest.After(window.From) {
		return window.From, nil
	}
	oldest = civil.Earlier(oldest, window.To)
	return oldest, &collector.Quarantine{
		Window: collector.Window{From: window.From, To: oldest, Period: window.Period}, What: "log group " + group,
		Reason: fmt.Sprintf("it keeps lines for %d days; what was not read by then is lost", retention/(24*time.Hour)),
	}
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
	for pages := (awssource.Pages{Max: maxGroupPages}); ; {
		calls++
		out, err := client.DescribeLogGroups(ctx, in)
		if err != nil {
			return nil, calls, err
		}
		if out.LogGroups == nil { // where there are none, the list is empty
			return nil, calls, badReply("the list of log groups is missing")
		}
		for _, g := range out.LogGroups {
			// What was not asked for is left out, and so is one without a name.
			name := aws.ToString(g.LogGroupName)
			if !strings.HasPrefix(name, prefix) || name == "" || !open && name != prefix {
				continue
			}
			groups = append(groups, s.logGroup(name, &g))
		}
		more, err := pages.Next(aws.ToString(out.NextToken))
		switch {
		case !open && len(groups) > 0:
			return groups, calls, nil
		case err != nil:
			return nil, calls, badReply("listing log groups: %s", err)
		case !more:
			return groups, calls, nil
		}
		in.NextToken = out.NextToken
	}
}

func (s *Source) logGroup(name string, g *types.LogGroup) logGroup {
	group := logGroup{name: name, hourly: -1, stored: max(aws.ToInt64(g.StoredBytes), 0)}
	if days := aws.ToInt32(g.RetentionInDays); days > 0 && days <= maxRetention {
		group.retention = time.Duration(days) * 24 * time.Hour
	}
	if created := aws.ToInt64(g.CreationTime); created > 0 {
		group.created = time.UnixMilli(created)
		if hours := s.hours(group); hours > 0 && group.stored > 0 {
			group.hourly = group.stored / hours
		}
	}
	return group
}

// hours is how long a log group has been taking lines in that it still has.
func (s *Source) hours(group logGroup) int64 {
	age := s.options.Now().Sub(group.created)
	if group.retention > 0 {
		age = min(age, group.retention)
	}
	return int64(age / time.Hour)
}
