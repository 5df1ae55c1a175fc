package logs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/internal/civil"
	"microspend/internal/emf"
)

// anyVersion finds the meter's lines by their text, whole or cut, and those of a version that this program cannot
// read. It is a pattern of texts rather than one for JSON, which would pass over lines that are cut.
const anyVersion = `?"` + emf.Schema + `" ?"microspend.meter/v2"`

// Fetch implements collector.Source. It reads a log group's lines twice: all that were printed in the window and soon
// after, then, of what was printed later, those whose period lies in the window.
func (s *Source) Fetch(ctx context.Context, target collector.Target, batch collector.Batch) (collector.Result, error) {
	var spec batchSpec
	if err := json.Unmarshal(batch.Spec, &spec); err != nil || spec.Group == "" || spec.Slice <= 0 {
		return collector.Result{}, errors.New("the batch was planned with another configuration")
	}
	t, err := s.targets.For(ctx, target)
	if err != nil {
		return collector.Result{}, err
	}
	size := min(max(spec.Bytes, 1), roomBytes)
	if err := s.room.Acquire(ctx, size); err != nil {
		return collector.Result{}, err
	}
	defer s.room.Release(size)
	all := collector.Result{Counts: map[string]int64{}}
	slice := time.Duration(spec.Slice) * time.Second
	// A batch that is asked for again may be older by now than its group keeps lines: finding nothing is not reading it.
	from, lost := s.kept(spec.Group, time.Duration(spec.Keeps)*time.Second, batch.Window)
	if lost != nil {
		lost.Series = spec.Group
		all.Quarantined = append(all.Quarantined, *lost)
	}
	for from.Before(batch.Window.To) { // which may be longer than planned
		to := civil.Earlier(from.Truncate(slice).Add(slice), batch.Window.To)
		r := newReading(
			target,
			s.origin(spec.Group),
			s.options.Tenants,
			collector.Window{From: from, To: to, Period: batch.Window.Period},
		)
		if slice > batch.Window.Period { // of a single period, all that there is is read
			r.most = s.crowded
		}
		calls, err := s.read(ctx, t.Client, r, maxPages+int(pagesPerExpected*spec.Bytes/pageBytes))
		all.Calls += calls
		if errors.Is(err, errCrowded) {
			slice = shorter(slice, batch.Window.Period)
			continue
		}
		if gone(err) { // asking again would not bring it back
			all.Quarantined = append(all.Quarantined, collector.Quarantine{
				Window: collector.Window{From: from, To: batch.Window.To, Period: batch.Window.Period},
				What:   "log group " + spec.Group, Series: spec.Group,
				Reason: "it does not exist any more; what was not read of it is lost",
			})
			return all, nil
		}
		if ofGroup(err) { // others can be read all the same
			gap := collector.Gap{
				Window: collector.Window{From: from, To: batch.Window.To, Period: batch.Window.Period},
				What:   "log group " + spec.Group, Reason: s.options.Explain(err).Error(),
			}
			all.Gaps = append(all.Gaps, gap)
			return all, nil
		}
		if err != nil {
			return collector.Result{Calls: all.Calls}, s.targets.Failure(err)
		}
		r.result(&all)
		from = to
	}
	return all, nil
}

// The pages that are followed of one request: some that are empty, as where other programs print a lot, and several
// times as many as the lines are expected to take.
const (
	maxPages         = 1000
	pagesPerExpected = 16
)

// gone reports whether an error says that the log group does not exist.
func gone(err error) bool {
	var missing *types.ResourceNotFoundException
	return errors.As(err, &missing)
}

// ofGroup reports whether an error is one of what was asked for: a log group of a class that cannot be read.
func ofGroup(err error) bool {
	var api smithy.APIError
	var answer interface{ HTTPStatusCode() int }
	return errors.As(err, &api) && errors.As(err, &answer) && answer.HTTPStatusCode() < http.StatusInternalServerError &&
		!awssource.EndsTarget(err) && !awssource.IsThrottled(err)
}

// errCrowded says that a slice has many times as many lines as were expected, as where a fleet, or one MicroVM that
// prints all it can, has just begun. It is read again in shorter ones, as what it takes in memory grows with its lines.
var errCrowded = errors.New("there are more lines than were expected")

// shorter is the next shorter slice of whole periods; at the shortest, the period itself, nothing is too much.
func shorter(slice, period time.Duration) time.Duration {
	for _, part := range []time.Duration{2, 3, 5} {
		if slice%part == 0 && slice/part%period == 0 {
			return slice / part
		}
	}
	return period
}

func (s *Source) read(ctx context.Context, client *Client, r *reading, maxPages int) (calls int64, err error) {
	now := s.options.Now()
	soon := civil.Earlier(r.window.To.Add(printed), now)
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.group, FilterPattern: aws.String(anyVersion)}
	calls, err = s.pages(ctx, client, in, r.window.From.Add(-neighbours), soon, maxPages, r.event)
	if err != nil || !soon.Before(now) {
		return calls, err
	}
	in = &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.group, FilterPattern: aws.String(fmt.Sprintf(
		`{ $.Schema = %q && $.PeriodStart >= %d && $.PeriodStart < %d }`,
		emf.Schema, r.window.From.Add(-neighbours).UnixMilli(), r.window.To.Add(neighbours).UnixMilli(),
	))}
	more, err := s.pages(ctx, client, in, soon, civil.Earlier(r.window.To.Add(backdated), now), maxPages, r.event)
	return calls + more, err
}

// pages reads what was printed in [from, to) to its end. A page may be empty and not be the last.
func (s *Source) pages(
	ctx context.Context, client *Client, in *cloudwatchlogs.FilterLogEventsInput, from, to time.Time, maxPages int,
	event func(*types.FilteredLogEvent) error,
) (calls int64, err error) {
	if !from.Before(to) {
		return 0, nil
	}
	in.StartTime, in.EndTime = aws.Int64(from.UnixMilli()), aws.Int64(to.UnixMilli()-1) // both ends belong to it
	for pages := (awssource.Pages{Max: maxPages}); ; {
		calls++
		out, err := client.FilterLogEvents(ctx, in)
		if err != nil {
			return calls, err
		}
		if out.Events == nil { // where there are none, the list is empty
			return calls, badReply("the list of events is missing")
		}
		for i := range out.Events {
			if err := event(&out.Events[i]); err != nil {
				return calls, err
			}
		}
		more, err := pages.Next(aws.ToString(out.NextToken))
		if err != nil {
			return calls, badReply("reading %s: %s", *in.LogGroupName, err)
		}
		if !more {
			return calls, nil
		}
		in.NextToken = out.NextToken
	}
}
