package microvmapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/pricing"

	"microspend/pricing/assumption"
)

// Options are what a [Source] works with. Client is required.
type Options struct {
	Client func(context.Context, collector.Target) (*Client, error) // asked once per target

	Poll        time.Duration // how often a poll is meant to be made; 0 means a minute
	MaxGap      time.Duration // the longest time between two polls that is filled in; 0 means three times Poll
	Period      time.Duration // of the records: whole seconds that divide a day; 0 means 5 minutes
	ImagesEvery time.Duration // how often images are listed for their storage; 0 means an hour, below zero never
	Sizes       []Sizing      // in place of what the API tells
	Details     int           // most MicroVMs whose details are asked for in one poll; 0 means 300, below zero none

	Now     func() time.Time  // nil means time.Now
	Explain func(error) error // says what an error means to the user; nil leaves it as it is
}

// Source polls the MicroVM API. It implements collector.Source.
type Source struct {
	options Options
	apis    awssource.PerTarget[*Client]
}

var _ collector.Source = (*Source)(nil)

// New returns a source.
func New(options Options) (*Source, error) {
	options.Poll = cmp.Or(options.Poll, time.Minute)
	options.MaxGap = cmp.Or(options.MaxGap, 3*options.Poll)
	options.Period = cmp.Or(options.Period, 5*time.Minute)
	options.ImagesEvery = cmp.Or(options.ImagesEvery, time.Hour)
	options.Details = cmp.Or(options.Details, 300)
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Explain == nil {
		options.Explain = func(err error) error { return err }
	}
	return &Source{
		options: options, apis: awssource.PerTarget[*Client]{Make: options.Client, Explain: options.Explain},
	}, options.check()
}

func (o Options) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	const day = 24 * time.Hour
	if o.Period < time.Second || o.Period > day || day%o.Period != 0 || o.Period%time.Second != 0 {
		fault("a period of %v does not divide a day into whole seconds", o.Period)
	}
	if o.Poll < time.Second || o.Poll > time.Hour {
		fault("a poll every %v is not from 1s to 1h", o.Poll)
	}
	if o.MaxGap < o.Poll {
		fault("the longest gap that is filled in, %v, is shorter than the time between polls, %v", o.MaxGap, o.Poll)
	}
	for _, s := range o.Sizes {
		if s.MemoryMiB < 0 || s.MemoryMiB > maxMemoryMiB {
			fault("a baseline of %d MiB for images %q is not from 1 to %d", s.MemoryMiB, s.Image, maxMemoryMiB)
		}
		if min(s.ImageBytes, s.StateBytes) < 0 || max(s.ImageBytes, s.StateBytes) > maxBytes {
			fault("sizes for images %q are not from 1 to %d bytes", s.Image, int64(maxBytes))
		}
	}
	return errors.Join(faults...)
}

// Name implements collector.Source.
func (s *Source) Name() string { return SourceName }

// Traits implements collector.Source: only the present can be read.
func (s *Source) Traits() collector.Traits {
	return collector.Traits{Live: true, Shape: SourceName + "/v1"}
}

// Plan implements collector.Source: a poll is one batch.
func (s *Source) Plan(_ context.Context, _ collector.Target, window collector.Window) (collector.Plan, error) {
	plan := collector.Plan{Batches: []collector.Batch{{ID: "poll", Window: window, Cost: collector.Cost{Calls: 1}}}}
	for _, note := range Assumptions() {
		plan.Notes = append(plan.Notes, note.ID+": "+note.Text)
	}
	return plan, nil
}

// Fetch implements collector.Source: it looks at the target once.
func (s *Source) Fetch(ctx context.Context, target collector.Target, batch collector.Batch) (collector.Result, error) {
	api, err := s.apis.For(ctx, target)
	if err != nil {
		return collector.Result{}, err
	}
	kept, err := decodeState(batch.State)
	if err != nil {
		return collector.Result{}, err
	}
	p := &poll{
		source: s, api: api, target: target, state: kept,
		inUse: map[string]bool{}, pending: map[string]bool{}, counts: map[string]int64{}, told: map[*life]Microvm{},
	}
	if err := p.run(ctx); err != nil {
		return collector.Result{}, s.apis.Failure(err)
	}
	p.keepDetails(ctx)
	return p.result()
}

func (p *poll) result() (collector.Result, error) {
	next, err := p.state.encode()
	if err != nil {
		return collector.Result{}, err
	}
	for what, n := range map[string]int64{
		"milliseconds of running":                  p.runningSum,
		"milliseconds of running, at least":        p.running.Least,
		"milliseconds of running, at most":         p.running.Most,
		"milliseconds of suspension":               p.suspendedSum,
		"milliseconds of suspension, at least":     p.suspended.Least,
		"milliseconds of suspension, at most":      p.suspended.Most,
		"milliseconds of MicroVMs that nobody saw": p.unseen,
	} {
		if n != 0 {
			p.counts[what] += n
		}
	}
	return collector.Result{
		Records: p.records, Gaps: p.gaps, Quarantined: p.quarantined, Calls: p.calls, Counts: p.counts,
		State: json.RawMessage(next),
	}, nil
}

func (s *Source) explain(err error) error { return s.options.Explain(err) }

// Assumptions are what the records rest on that AWS has not established, or that a poll cannot see.
func Assumptions() []pricing.Note {
	return []pricing.Note{
		assumption.Transitions.Clause(), assumption.StartedAt.Clause(), assumption.HalfWay.Clause(),
		assumption.OneChange.Clause(), assumption.BaselineOnly.Clause(), assumption.ImageSize.Measured(),
		assumption.StateSize.Measured(), assumption.ImageWeek.Clause(),
	}
}
