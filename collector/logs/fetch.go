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

// endlessPages is how often in a row a page may be followed by itself: more are taken for a service that will not end.
const endlessPages = 100

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
	for from := batch.Window.From; from.Before(batch.Window.To); { // which may be longer than planned
		to := civil.Earlier(from.Truncate(slice).Add(slice), batch.Window.To)
		r := newReading(target, spec.Group, collector.Window{From: from, To: to, Period: batch.Window.Period})
		calls, err := s.read(ctx, t.Client, r)
		all.Calls += calls
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

// ofGroup reports whether an error is one of what was asked for: a log group that is gone, or of a class that cannot be
// read.
func ofGroup(err error) bool {
	var api smithy.APIError
	var answer interface{ HTTPStatusCode() int }
	return errors.As(err, &api) && errors.As(err, &answer) && answer.HTTPStatusCode() < http.StatusInternalServerError &&
		!awssource.EndsTarget(err) && !awssource.IsThrottled(err)
}

func (s *Source) read(ctx context.Context, client *Client, r *reading) (calls int64, err error) {
	now := s.options.Now()
	soon := civil.Earlier(r.window.To.Add(printed), now)
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.group, FilterPattern: aws.String(anyVersion)}
	calls, err = s.pages(ctx, client, in, r.window.From.Add(-neighbours), soon, r.event)
	if err != nil || !soon.Before(now) {
		return calls, err
	}
	in = &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &r.group, FilterPattern: aws.String(fmt.Sprintf(
		`{ $.Schema = %q && $.PeriodStart >= %d && $.PeriodStart < %d }`,
		emf.Schema, r.window.From.Add(-neighbours).UnixMilli(), r.window.To.Add(neighbours).UnixMilli(),
	))}
	more, err := s.pages(ctx, client, in, soon, civil.Earlier(r.window.To.Add(backdated), now), r.event)
	return calls + more, err
}

// pages reads what was printed in [from, to) to its end. A page may be empty and not be the last.
func (s *Source) pages(
	ctx context.Context, client *Client, in *cloudwatchlogs.FilterLogEventsInput, from, to time.Time,
	event func(*types.FilteredLogEvent) error,
) (calls int64, err error) {
	if !from.Before(to) {
		return 0, nil
	}
	in.StartTime, in.EndTime = aws.Int64(from.UnixMilli()), aws.Int64(to.UnixMilli()-1) // both ends belong to it
	for barren := 0; ; {
		calls++
		out, err := client.FilterLogEvents(ctx, in)
		if err != nil {
			return calls, err
		}
		for i := range out.Events {
			e := &out.Events[i]
			if e.Message == nil || e.Timestamp == nil {
				return calls, badReply("an event has no message or no timestamp")
			}
			if *e.Timestamp < *in.StartTime || *e.Timestamp > *in.EndTime {
				return calls, badReply("an event lies outside the requested time")
			}
			if err := event(e); err != nil {
				return calls, err
			}
		}
		switch next := aws.ToString(out.NextToken); {
		case next == "":
			return calls, nil
		case next == aws.ToString(in.NextToken):
			if barren++; barren == endlessPages {
				return calls, badReply("the pages of %s do not end", *in.LogGroupName)
			}
		default:
			barren = 0
		}
		in.NextToken = out.NextToken
	}
}
