package awssource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"
)

func answered(status int, code string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: http.Header{}}},
		Err:      &smithy.GenericAPIError{Code: code},
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	for _, tc := range []struct {
		name     string
		err      error
		again    bool
		throttle bool
		reason   string
	}{
		{"throttling", answered(400, "ThrottlingException"), true, true, "CloudWatch Logs throttles with status 400"},
		{"too many requests", answered(429, "TooManyRequestsException"), true, true, "Lambda's form"},
		{"429 without a code", answered(429, ""), true, true, "a proxy's form"},
		{"rate exceeded", answered(400, "RequestLimitExceeded"), true, true, ""},
		{"500", answered(500, "InternalFailure"), true, false, ""},
		{"503", answered(503, "ServiceUnavailable"), true, false, ""},
		{"server's fault with status 400", answered(400, "InternalServiceFault"), true, false, "what counts is the code"},
		{"a quota", answered(402, "ServiceQuotaExceededException"), false, false, "waiting raises no quota"},
		{
			"another quota", answered(400, "LimitExceededException"), false, false,
			"likewise, though the SDK takes it for throttling",
		},
		{"not allowed", answered(403, "AccessDeniedException"), false, false, ""},
		{"bad request", answered(400, "InvalidParameterException"), false, false, ""},
		{"not there", answered(404, "ResourceNotFoundException"), false, false, ""},
		{
			"garbage", &smithy.DeserializationError{Err: errors.New("invalid character")}, true, false,
			"only reads are made: asking again does no harm",
		},
		{"cut off", fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), true, false, ""},
		{"canceled", fmt.Errorf("sending: %w", context.Canceled), false, false, "the user asked for an end"},
		{"anything else", errors.New("no idea"), false, false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := NewRetryer(Retry{Random: func() float64 { return 1 }}, nil)
			require.Equal(t, tc.again, r.IsErrorRetryable(tc.err), tc.reason)
			require.Equal(t, tc.throttle, IsThrottled(tc.err), tc.reason)
		})
	}
}

func TestDelaysDoubleUpToTheLongestAndAreRandomFromZero(t *testing.T) {
	random := 1.0
	r := NewRetryer(Retry{Base: 100 * time.Millisecond, Longest: time.Second, Random: func() float64 { return random }},
		nil)
	delay := func(attempt int, err error) time.Duration {
		d, e := r.RetryDelay(attempt, err)
		require.NoError(t, e)
		return d
	}
	server, throttled := answered(500, "InternalFailure"), answered(429, "TooManyRequestsException")
	var delays []time.Duration
	for attempt := range 8 {
		delays = append(delays, delay(attempt, server))
	}
	ms := time.Millisecond
	require.Equal(t, []time.Duration{
		100 * ms, 100 * ms, 200 * ms, 400 * ms, 800 * ms, time.Second, time.Second,
		time.Second,
	}, delays,
		"the SDK counts attempts from one, and from zero with its newer retries")
	require.Equal(t, 200*ms, delay(1, throttled), "throttling waits twice as long")
	require.Equal(t, time.Second, delay(1_000_000, server), "no overflow")
	random = 0
	require.Zero(t, delay(5, server), "full jitter begins at zero")
	random = 0.5
	require.Equal(t, 400*ms, delay(4, server))
}

func TestTheServiceMayAskForALongerWait(t *testing.T) {
	err := answered(429, "TooManyRequestsException").(*smithyhttp.ResponseError)
	r := NewRetryer(Retry{Random: func() float64 { return 0 }}, nil)
	for text, want := range map[string]time.Duration{
		"3": 3 * time.Second, "900": 20 * time.Second, "soon": 0, "-1": 0, "99999": 0, "": 0,
	} {
		err.Response.Header.Set("Retry-After", text)
		d, e := r.RetryDelay(1, err)
		require.NoError(t, e)
		require.Equal(t, want, d, "Retry-After: %s", text)
	}
}

func TestAThrottledAttemptSlowsTheBucketDown(t *testing.T) {
	clock := newTestClock()
	limit := NewLimit(Rate{PerSecond: 10, Burst: 1}, clock.clock())
	r := NewRetryer(Retry{Base: time.Second, Random: func() float64 { return 1 }}, limit)
	release, err := r.GetAttemptToken(t.Context())
	require.NoError(t, err)
	throttled := answered(429, "TooManyRequestsException")
	require.NoError(t, release(throttled))
	_, err = r.GetRetryToken(t.Context(), throttled)
	require.NoError(t, err)
	require.Equal(t, 5.0, limit.rate)
	release, err = r.GetAttemptToken(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2*time.Second, clock.slept, "the other clients of the target wait as well")
	require.NoError(t, release(nil))
	require.Greater(t, limit.rate, 5.0)
	_, err = r.GetRetryToken(t.Context(), answered(500, "InternalFailure"))
	require.NoError(t, err)
	require.Greater(t, limit.rate, 5.0, "a fault of the service says nothing of the rate")
}
