package awssource

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"microspend/collector"
)

// Retry says how often and how patiently a call is tried. The zero value is the default.
type Retry struct {
	Attempts int // tries in all; 0 means 8
	// bound of the first delay, which doubles with each; 0 means 250 ms, twice that after throttling
	Base    time.Duration
	Longest time.Duration // bound of every delay; 0 means 20 s
	// no further try begins so long after the first one, however many are left; 0 means 5 min
	Patience time.Duration
	Random   func() float64 // from [0, 1): where between zero and its bound a delay lies; nil means math/rand
}

func (r Retry) withDefaults() Retry {
	r.Attempts = cmp.Or(r.Attempts, 8)
	r.Base = cmp.Or(r.Base, 250*time.Millisecond)
	r.Longest = cmp.Or(r.Longest, 20*time.Second)
	r.Patience = cmp.Or(r.Patience, 5*time.Minute)
	if r.Random == nil {
		r.Random = rand.Float64
	}
	return r
}

// Retryer is the aws.RetryerV2 of one target. Each attempt takes a token of the target's [Limit]; a throttled attempt
// slows all of the target's clients down.
type Retryer struct {
	retry     Retry
	limit     *Limit
	retryable retry.IsErrorRetryables
	ended     func(error) // told how each try ended; may be nil
}

var _ aws.RetryerV2 = (*Retryer)(nil)

// NewRetryer returns a retryer over a bucket. Without a bucket nothing is limited.
func NewRetryer(options Retry, limit *Limit) *Retryer {
	return &Retryer{retry: options.withDefaults(), limit: limit, retryable: retry.IsErrorRetryables{
		retry.NoRetryCanceledError{},
		retry.IsErrorRetryableFunc(canceled),
		retry.RetryableError{},
		retry.RetryableConnectionError{},
		retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{408: {}, 429: {}, 500: {}, 502: {}, 503: {}, 504: {}}},
		retry.RetryableErrorCode{Codes: retry.DefaultRetryableErrorCodes},
		retry.RetryableErrorCode{Codes: throttleCodes},
		retry.RetryableErrorCode{Codes: serverCodes},
		retry.IsErrorRetryableFunc(broken),
	}}
}

// The error codes of throttling: the SDK's, but for LimitExceededException, which these services use for quotas that
// waiting does not raise.
var throttleCodes = func() map[string]struct{} {
	codes := maps.Clone(retry.DefaultThrottleErrorCodes)
	delete(codes, "LimitExceededException")
	return codes
}()

// The error codes of faults of the service, for answers whose status does not say so.
var serverCodes = map[string]struct{}{
	"InternalFailure": {}, "InternalError": {}, "InternalServerError": {}, "InternalServerException": {},
	"InternalServiceFault": {}, "InternalServiceException": {}, "ServiceUnavailable": {},
	"ServiceUnavailableException": {},
}

// canceled knows a context that is done, which no further try can help.
func canceled(err error) aws.Ternary {
	if errors.Is(err, context.Canceled) {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// broken knows answers that came cut off or that are not what they should be: what only reads may ask again.
func broken(err error) aws.Ternary {
	var undecodable *smithy.DeserializationError
	switch {
	case errors.As(err, &undecodable), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// IsThrottled reports whether an error means that calls came too fast.
func IsThrottled(err error) bool {
	var status interface{ HTTPStatusCode() int }
	if errors.As(err, &status) && status.HTTPStatusCode() == http.StatusTooManyRequests {
		return true
	}
	var api interface{ ErrorCode() string }
	if !errors.As(err, &api) {
		return false
	}
	_, ok := throttleCodes[api.ErrorCode()]
	return ok
}

// IsErrorRetryable reports whether another try may succeed.
func (r *Retryer) IsErrorRetryable(err error) bool { return r.retryable.IsErrorRetryable(err).Bool() }

// MaxAttempts is the number of tries in all.
func (r *Retryer) MaxAttempts() int { return r.retry.Attempts }

// RetryDelay is the time to wait before the next try: a random part of a bound that doubles with each attempt, but no
// less than what the service asked for. It never exceeds the longest delay.
func (r *Retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	bound := r.retry.Base
	if IsThrottled(err) {
		bound *= 2
	}
	for range attempt - 1 {
		if bound >= r.retry.Longest {
			break
		}
		bound *= 2
	}
	bound = min(bound, r.retry.Longest)
	delay := time.Duration(r.retry.Random() * float64(bound))
	return min(max(delay, retryAfter(err)), r.retry.Longest), nil
}

// retryAfter is what the answer's header asks for, in seconds, or zero.
func retryAfter(err error) time.Duration {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil {
		return 0
	}
	seconds, parseErr := strconv.Atoi(strings.TrimSpace(answer.Response.Header.Get("Retry-After")))
	if parseErr != nil || seconds < 0 || seconds > 3600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// GetRetryToken is asked before each further try. It slows the target down after throttling, and ends a call that has
// taken too long.
func (r *Retryer) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	if c, ok := ctx.Value(callKey{}).(*call); ok && r.clock().Time().Sub(c.began) > r.retry.Patience {
		return nil, &impatientError{r.retry.Patience}
	}
	if r.limit != nil && IsThrottled(err) {
		pause, _ := r.RetryDelay(1, err)
		r.limit.Throttled(pause)
	}
	return released, nil
}

// GetInitialToken is the older form of GetAttemptToken, which cannot wait.
func (r *Retryer) GetInitialToken() func(error) error { return released }

// GetAttemptToken waits for the target's turn, and accounts for the call.
func (r *Retryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if r.limit != nil {
		if err := r.limit.Wait(ctx); err != nil {
			return nil, &aws.RequestCanceledError{Err: err}
		}
		if err := collector.Charge(ctx); err != nil {
			return nil, err
		}
	}
	if c, ok := ctx.Value(callKey{}).(*call); ok && c.began.IsZero() {
		c.began = r.clock().Time() // waiting for its turn is not the service's fault
	}
	return func(err error) error {
		if err == nil && r.limit != nil {
			r.limit.Succeeded()
		}
		if r.ended != nil {
			r.ended(err)
		}
		return nil
	}, nil
}

func (r *Retryer) clock() Clock {
	if r.limit != nil {
		return r.limit.clock
	}
	return Clock{}
}

func released(error) error { return nil }

// call is a call with its tries, which follow each other.
type call struct{ began time.Time } // its first try

type callKey struct{}

// BeginCall returns a context for one call, whose tries the [Retryer] then bounds in time.
func BeginCall(ctx context.Context) context.Context {
	return context.WithValue(ctx, callKey{}, &call{})
}

// boundedCalls begins each call of the SDK's clients.
func boundedCalls(stack *middleware.Stack) error {
	begin := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		middleware.InitializeOutput, middleware.Metadata, error,
	) {
		return next.HandleInitialize(BeginCall(ctx), in)
	}
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("BoundedCalls", begin), middleware.Before)
}

// impatientError ends a call of which no try was answered in time.
type impatientError struct{ patience time.Duration }

func (e *impatientError) Error() string { return "the call was tried for " + e.patience.String() }
