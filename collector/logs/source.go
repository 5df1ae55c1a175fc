package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"golang.org/x/sync/semaphore"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/internal/lazyregexp"
	"microspend/internal/tenantproof"
	"microspend/pricing"
)

const (
	// settle is how long after a period its lines are usually there: the meter prints a line within the minute that it is
	// about is over, and CloudWatch Logs takes it in soon after.
	settle = 5 * time.Minute
	// finestPeriod is the shortest period of records. What is found out about a suspension comes in lines of five minutes.
	finestPeriod = 5 * time.Minute

	// neighbours is how much more than the window is looked at on both sides, to see whether a line is missing at its
	// edge: a MicroVM that lives has a line every minute, and one for every five minutes of suspension.
	neighbours = 6 * time.Minute
	// printed is how long after the end of its period a line is looked for among all lines. Later ones are looked for by
	// their PeriodStart alone.
	printed = 7 * time.Minute
	// backdated is how long after its period a line can be printed: at the resume, when a suspension is found. A MicroVM
	// lives 8 hours at most. Source: AWS Lambda MicroVMs, maximum duration.
	backdated = 9 * time.Hour
)

// DefaultLogGroups are where the service writes what MicroVMs print, unless an image or a launch says otherwise. AWS's
// documentation has the first in some languages and the second in others; practitioners find the first.
func DefaultLogGroups() []string { return []string{"/aws/lambda-microvms/*", "/aws/lambda/microvms/*"} }

// Client is the SDK's client of the service.
type Client = cloudwatchlogs.Client

// maxReply is the largest reply. A page of FilterLogEvents has a megabyte of lines, of which each byte may take six in
// JSON, and 10,000 events with their streams' names: 14 MB at the very most.
const maxReply = 24 << 20

// NewClient returns a client for logs.
func NewClient(config aws.Config) *Client {
	return cloudwatchlogs.NewFromConfig(config, func(o *cloudwatchlogs.Options) {
		o.HTTPClient = awssource.HTTPClient{Client: o.HTTPClient, MaxReply: maxReply}
	})
}

// Options are what a [Source] works with. Client, Prices, Explain and Now are required.
type Options struct {
	// Client gives the client of a target. It is asked once per target, by one goroutine at a time.
	Client func(context.Context, collector.Target) (*Client, error)
	// Groups are log groups by name, or with an asterisk at the end all that begin so; none means DefaultLogGroups.
	Groups []string
	// Rules say what log groups are of whose names do not tell: those outside of DefaultLogGroups.
	Rules   []GroupRule
	Streams StreamRule // which MicroVM a log stream is of
	Prices  pricing.MeasuringPrices
	Explain func(error) error // says what an error means to a user
	Tenants tenantproof.Policy
	Now     func() time.Time
}

// Source reads usage from the meter's lines in CloudWatch Logs. It implements collector.Source.
type Source struct {
	options Options

	room    *semaphore.Weighted // for what is read at a time, in bytes of lines
	crowded int64               // see crowdedBytes

	targets awssource.PerTarget[*targetGroups]
}

// targetGroups is what is known of a target.
type targetGroups = awssource.Listing[*Client, []logGroup]

var _ collector.Source = (*Source)(nil)

// New returns a source of usage from logs.
func New(options Options) (*Source, error) {
	if len(options.Groups) == 0 {
		options.Groups = DefaultLogGroups()
	}
	var faults []error
	for _, group := range options.Groups {
		faults = append(faults, CheckLogGroup(group))
	}
	for _, rule := range options.Rules {
		faults = append(faults, rule.check())
	}
	s := &Source{options: options, room: semaphore.NewWeighted(roomBytes), crowded: crowdedBytes}
	s.targets.Explain = options.Explain
	s.targets.Make = func(ctx context.Context, target collector.Target) (*targetGroups, error) {
		client, err := options.Client(ctx, target)
		return &targetGroups{Client: client}, err
	}
	return s, errors.Join(faults...)
}

// Name implements collector.Source.
func (s *Source) Name() string { return SourceName }

// Traits implements collector.Source. Log groups forget, and FilterLogEvents may not show a line that it showed before.
func (s *Source) Traits() collector.Traits {
	return collector.Traits{
		ListedFor: awssource.ListedFor,
		Settle:    settle, Grows: true, Origins: true, Shape: SourceName + "/v1",
		FinestPeriod: func(time.Duration) time.Duration { return finestPeriod },
	}
}

// CheckLogGroup checks the name of a log group, which may have an asterisk at its end.
func CheckLogGroup(name string) error {
	if !groupNames.MatchString(name) {
		return fmt.Errorf("%.80q is not the name of a log group; one has 1 to 512 letters, digits and _-/.#, "+
			"and may end in * for all that begin so", name)
	}
	return nil
}

var groupNames = lazyregexp.New(`^([a-zA-Z0-9_/.#-]{1,512}\*?|\*)$`)

func badReply(format string, args ...any) error {
	return fmt.Errorf("unexpected reply from CloudWatch: "+format, args...)
}
