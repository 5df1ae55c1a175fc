package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/aws/smithy-go"
	"github.com/shopspring/decimal"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/pricing"
)

// Limits of GetMetricData, CloudWatch API reference, read 2026.
const (
	maxQueries    = 500
	maxDatapoints = 100_800 // of a page
)

const (
	// MetricsSource is the source of the records of [Metrics].
	MetricsSource = "cloudwatch"

	// maxWindow is a week, so that the overlap of two days and what has come since are mostly one window: a metric that is
	// requested costs the same for an hour as for days.
	maxWindow = 7 * 24 * time.Hour
	// settle is how long after a period its data is usually there.
	settle = 10 * time.Minute
	// listedFor is how long a list of series is used for. New metrics take 15 minutes to be listed anyway.
	listedFor = 10 * time.Minute
	// margin is how much sooner than CloudWatch forgets a period it is no longer asked for: a run takes a while.
	margin = time.Hour
)

// MetricsOptions are what a [Metrics] works with.
type MetricsOptions struct {
	// Client gives the client of a target. It is asked once per target, by one goroutine at a time.
	Client   func(context.Context, collector.Target) (MetricsAPI, error)
	Mappings []mapping.Mapping // at least one
	Prices   pricing.MeasuringPrices
	Explain  func(error) error // says what an error means to a user; nil leaves it as it is

	Attempts int                                        // how often a series that fails is asked for; 0 means 3
	Backoff  time.Duration                              // before the second attempt, doubled before each further one; 0 means 1 s
	Now      func() time.Time                           // nil means time.Now
	Sleep    func(context.Context, time.Duration) error // nil means a timer
	Random   func() float64                             // in [0, 1); nil means math/rand
}

// Metrics reads usage from CloudWatch metrics.
type Metrics struct {
	options MetricsOptions
	shape   string
	rooms   sync.Pool // of *[]usage.Record, to be used again

	mu      sync.Mutex
	targets map[collector.Target]*metricsTarget
}

// metricsTarget is what is known of a target.
type metricsTarget struct {
	mu     sync.Mutex // held while series are listed
	client MetricsAPI
	listed time.Time
	series [][]subjectSeries // by mapping
}

// subjectSeries is a subject with its metrics: bit i is metric i of the mapping.
type subjectSeries struct {
	mapping.Subject
	metrics uint16
}

var _ collector.Source = (*Metrics)(nil)

// NewMetrics returns a source of usage from metrics.
func NewMetrics(options MetricsOptions) *Metrics {
	if options.Attempts == 0 {
		options.Attempts = 3
	}
	if options.Backoff == 0 {
		options.Backoff = time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Sleep == nil {
		options.Sleep = sleep
	}
	if options.Random == nil {
		options.Random = rand.Float64
	}
	if options.Explain == nil {
		options.Explain = func(err error) error { return err }
	}
	return &Metrics{
		options: options, shape: mapping.Shape(options.Mappings), targets: map[collector.Target]*metricsTarget{},
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Name implements collector.Source.
func (m *Metrics) Name() string { return MetricsSource }

// Traits implements collector.Source.
func (m *Metrics) Traits() collector.Traits {
	return collector.Traits{Settle: settle, MaxWindow: maxWindow, FinestPeriod: finestPeriod, Shape: m.shape}
}

// finestPeriod is the shortest period that CloudWatch still has. Source: CloudWatch documentation, metrics retention: 60 s
// for 15 days, 300 s for 63 days, 3600 s for 455 days.
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

// target returns what is known of a target, with a client.
func (m *Metrics) target(ctx context.Context, target collector.Target) (*metricsTarget, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.targets[target]
	if t == nil {
		client, err := m.options.Client(ctx, target)
		if err != nil {
			return nil, &collector.TargetError{Err: m.options.Explain(err)}
		}
		t = &metricsTarget{client: client}
		m.targets[target] = t
	}
	return t, nil
}

// price is what so many metrics requested, or calls, cost at a price per thousand.
func price(thousand pricing.MeasuringPrice, n int64) decimal.Decimal {
	return thousand.Cost(n, 1000)
}

// refusals are the codes of errors with which nothing can be read of a target.
var refusals = []string{
	"AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature",
	"InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken", "NotAuthorized", "OptInRequired",
	"RequestExpired", "SignatureDoesNotMatch", "UnauthorizedOperation", "UnrecognizedClientException",
}

// fail says whether an error is one of the target, and what it means. A reply that makes no sense is neither's.
func (m *Metrics) fail(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var (
		api  smithy.APIError
		none *noCredentialsError
	)
	explained := m.options.Explain(err)
	if errors.As(err, &none) || errors.As(err, &api) && slices.Contains(refusals, api.ErrorCode()) {
		return &collector.TargetError{Err: explained}
	}
	return explained
}

// errNonsense is a reply that is not what was asked for.
type errNonsense struct{ text string }

func (e *errNonsense) Error() string { return "CloudWatch's reply makes no sense: " + e.text }

func nonsense(format string, args ...any) error { return &errNonsense{fmt.Sprintf(format, args...)} }
