package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"golang.org/x/sync/semaphore"

	"microspend/collector"
	"microspend/collector/awsconfig"
	"microspend/pricing"
)

const (
	// LogsSource is the source of the records of [Logs].
	LogsSource = "logs"

	// logsSettle is how long after a period its lines are usually there: the meter prints a line within the minute that it is
	// about is over, and CloudWatch Logs takes it in soon after.
	logsSettle = 5 * time.Minute
	// logsFinest is the shortest period of records. What is found out about a suspension comes in lines of five minutes.
	logsFinest = 5 * time.Minute

	// neighbours is how much more than the window is looked at on both sides, to see whether a line is missing at its edge: a
	// MicroVM that lives has a line every minute, and one for every five minutes of suspension.
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

// LogsAPI is the part of CloudWatch Logs that is used: [cloudwatchlogs.Client] is one.
type LogsAPI interface {
	FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
	DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
}

// NewLogsClient returns a client for logs.
func NewLogsClient(config aws.Config) *cloudwatchlogs.Client {
	return cloudwatchlogs.NewFromConfig(config, func(o *cloudwatchlogs.Options) {
		o.HTTPClient = wholeBodies{o.HTTPClient}
	})
}

// LogsOptions are what a [Logs] works with. Client and Prices are required.
type LogsOptions struct {
	// Client gives the client of a target. It is asked once per target, by one goroutine at a time.
	Client func(context.Context, collector.Target) (LogsAPI, error)
	// Groups are log groups by name, or with an asterisk at the end all that begin so; none means DefaultLogGroups.
	Groups  []string
	Prices  pricing.MeasuringPrices
	Explain func(error) error // says what an error means to a user; nil leaves it as it is
	Now     func() time.Time  // nil means time.Now
}

// Logs reads usage from the meter's lines in CloudWatch Logs. It implements collector.Source.
type Logs struct {
	options LogsOptions

	room *semaphore.Weighted // for what is read at a time, in bytes of lines

	mu      sync.Mutex
	targets map[collector.Target]*logsTarget
}

// logsTarget is what is known of a target.
type logsTarget struct {
	mu     sync.Mutex // held while log groups are listed
	client LogsAPI
	listed time.Time
	groups []logGroup
}

var _ collector.Source = (*Logs)(nil)

// NewLogs returns a source of usage from logs.
func NewLogs(options LogsOptions) (*Logs, error) {
	if len(options.Groups) == 0 {
		options.Groups = DefaultLogGroups()
	}
	if options.Explain == nil {
		options.Explain = func(err error) error { return err }
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	var faults []error
	for _, group := range options.Groups {
		faults = append(faults, CheckLogGroup(group))
	}
	return &Logs{options: options, room: semaphore.NewWeighted(roomBytes), targets: map[collector.Target]*logsTarget{}}, errors.Join(faults...)
}

// Name implements collector.Source.
func (l *Logs) Name() string { return LogsSource }

// Traits implements collector.Source. Log groups forget, and FilterLogEvents may not show a line that it showed before.
func (l *Logs) Traits() collector.Traits {
	return collector.Traits{
		Settle: logsSettle, Grows: true, Shape: LogsSource + "/v1",
		FinestPeriod: func(time.Duration) time.Duration { return logsFinest },
	}
}

// target returns what is known of a target, with a client.
func (l *Logs) target(ctx context.Context, target collector.Target) (*logsTarget, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.targets[target]
	if t == nil {
		client, err := l.options.Client(ctx, target)
		if err != nil {
			return nil, &collector.TargetError{Err: l.options.Explain(err)}
		}
		t = &logsTarget{client: client}
		l.targets[target] = t
	}
	return t, nil
}

// fail says whether an error is one of the target, and what it means.
func (l *Logs) fail(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if explained := l.options.Explain(err); awsconfig.EndsTarget(err) {
		return &collector.TargetError{Err: explained}
	} else {
		return explained
	}
}

// CheckLogGroup checks the name of a log group, which may have an asterisk at its end.
func CheckLogGroup(name string) error {
	rest := name
	if n := len(name); n > 0 && name[n-1] == '*' {
		rest = name[:n-1]
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '/', c == '.', c == '#':
		default:
			return fmt.Errorf("%.80q is not the name of a log group; one has letters, digits and _-/.#, and may end in * for all that begin so", name)
		}
	}
	if name == "" || len(rest) > 512 {
		return fmt.Errorf("%.80q is not the name of a log group; one has 1 to 512 characters", name)
	}
	return nil
}
