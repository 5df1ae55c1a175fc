package cloudwatch

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/mapping"
	"microspend/internal/tenantproof"
	"microspend/pricing"
)

// Limits of GetMetricData, CloudWatch API reference, read 2026.
const (
	maxQueries    = 500
	maxDatapoints = 100_800 // of a page
)

const (
	// maxWindow is a week, so that the overlap of two days and what has come since are mostly one window: a metric that is
	// requested costs the same for an hour as for days.
	maxWindow = 7 * 24 * time.Hour
	// settle is how long after a period its data is usually there.
	settle = 10 * time.Minute
	// margin is how much sooner than CloudWatch forgets a period it is no longer asked for: a run takes a while.
	margin = time.Hour
)

// Options are what a [Source] works with. Client, Mappings, Prices, Explain and Now are required.
type Options struct {
	// Client gives the client of a target. It is asked once per target, by one goroutine at a time.
	Client   func(context.Context, collector.Target) (*Client, error)
	Mappings []mapping.Mapping // at least one
	// LinkedAccounts has series read that belong to accounts linked to the one that is asked, a monitoring account.
	LinkedAccounts bool
	Prices         pricing.MeasuringPrices
	Quota          awssource.Quota   // a datapoint beyond what it permits the whole account is none
	Explain        func(error) error // says what an error means to a user
	Tenants        tenantproof.Policy

	Attempts int // how often a series that fails is asked for; 0 means 3
	// before the second attempt, doubled before each further one; 0 means 1 s
	Backoff time.Duration
	Now     func() time.Time
	Sleep   func(context.Context, time.Duration) error // nil means a timer
	Random  func() float64                             // in [0, 1); nil means math/rand
}

// Source reads usage from CloudWatch metrics. It implements collector.Source and collector.HistoryPlanner.
type Source struct {
	options  Options
	shape    string
	mappings []mapped
	targets  awssource.PerTarget[*targetSeries]
	clocks   clocks
}

// mapped is a mapping, with what is worked out of it once.
type mapped struct {
	mapping.Mapping
	id        string // in what is kept between runs
	fromMeter bool
	tenants   tenantproof.Policy
}

// targetSeries is what is known of a target while the program runs: what was listed, and the state as it was last read.
type targetSeries struct {
	awssource.Listing[*Client, listing]
	states stateCache
}

var (
	_ collector.HistoryPlanner = (*Source)(nil)
	_ collector.SeriesSource   = (*Source)(nil)
	_ collector.ClockSource    = (*Source)(nil)
)

// New returns a source of usage from metrics.
func New(options Options) *Source {
	options.Attempts = cmp.Or(options.Attempts, 3)
	options.Backoff = cmp.Or(options.Backoff, time.Second)
	if options.Sleep == nil {
		options.Sleep = awssource.Clock{}.Wait
	}
	if options.Random == nil {
		options.Random = rand.Float64
	}
	s := &Source{options: options, shape: mapping.Shape(options.Mappings)}
	for i, id := range mapping.IDs(options.Mappings) {
		s.mappings = append(s.mappings, mapped{options.Mappings[i], id, options.Mappings[i].FromMeter(), options.Tenants})
	}
	s.targets.Explain = options.Explain
	s.targets.Make = func(ctx context.Context, target collector.Target) (*targetSeries, error) {
		client, err := s.options.Client(ctx, target)
		return &targetSeries{Listing: awssource.Listing[*Client, listing]{Client: client}}, err
	}
	return s
}

// Name implements collector.Source.
func (s *Source) Name() string { return SourceName }

// Traits implements collector.Source.
func (s *Source) Traits() collector.Traits {
	return collector.Traits{
		Settle: settle, MaxWindow: maxWindow, FinestPeriod: finestPeriod, LinkedAccounts: s.options.LinkedAccounts,
		Shape: s.shape, ListedFor: awssource.ListedFor,
		KeepsKeys: func(shape string) bool { return mapping.KeepsKeys(s.options.Mappings, shape) },
	}
}

// Parts implements collector.HistoryPlanner: the namespaces.
func (s *Source) Parts() []string {
	var names []string
	for _, m := range s.mappings {
		if !slices.Contains(names, m.Namespace) {
			names = append(names, m.Namespace)
		}
	}
	return names
}

// finestPeriod is the shortest period that CloudWatch still has. Source: CloudWatch documentation, metrics retention:
// 60 s for 15 days, 300 s for 63 days, 3600 s for 455 days.
func finestPeriod(age time.Duration) time.Duration {
	const day = 24 * time.Hour
	switch age += margin; {
	case age <= 15*day:
		return time.Minute
	case age <= 63*day:
		return 5 * time.Minute
	case age <= 455*day:
		return time.Hour
	}
	return 0
}

// asBadReply says of what is wrong with a reply that it is CloudWatch's.
func asBadReply(err error) error {
	if err == nil {
		return nil
	}
	return badReply("%w", err)
}

func badReply(format string, args ...any) error {
	return fmt.Errorf("unexpected reply from CloudWatch: "+format, args...)
}
