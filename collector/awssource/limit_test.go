package awssource

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testClock stands still but for sleeping.
type testClock struct {
	mu    sync.Mutex
	now   time.Time
	slept time.Duration
}

func newTestClock() *testClock { return &testClock{now: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)} }

func (c *testClock) clock() Clock {
	return Clock{
		Now: func() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.now, c.slept = c.now.Add(d), c.slept+d
			return ctx.Err()
		},
	}
}

func (c *testClock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

func TestABucketGivesItsBurstAtOnceAndThenItsRate(t *testing.T) {
	clock := newTestClock()
	limit := NewLimit(Rate{PerSecond: 5, Burst: 3}, clock.clock())
	for range 3 {
		require.NoError(t, limit.Wait(t.Context()))
	}
	require.Zero(t, clock.slept, "the burst is free")
	for range 10 {
		require.NoError(t, limit.Wait(t.Context()))
	}
	require.InDelta(t, 2.0, clock.slept.Seconds(), 1e-6, "ten more at five a second")
	clock.advance(time.Hour)
	for range 3 {
		require.NoError(t, limit.Wait(t.Context()))
	}
	require.InDelta(t, 2.0, clock.slept.Seconds(), 1e-6, "a long pause fills the burst again, and no more")
	require.NoError(t, limit.Wait(t.Context()))
	require.InDelta(t, 2.2, clock.slept.Seconds(), 1e-6)
}

func TestThrottlingPausesAndHalvesTheRateAndSuccessRestoresIt(t *testing.T) {
	clock := newTestClock()
	limit := NewLimit(Rate{PerSecond: 8, Burst: 1}, clock.clock())
	require.NoError(t, limit.Wait(t.Context()))
	limit.Throttled(2 * time.Second)
	limit.Throttled(2 * time.Second) // was on its way at the same time: counts once
	require.Equal(t, 4.0, limit.rate)
	require.NoError(t, limit.Wait(t.Context()))
	require.Equal(t, 2*time.Second, clock.slept, "nothing is asked during the pause")

	for range 100 {
		clock.advance(time.Second)
		limit.Throttled(0)
	}
	require.Equal(t, 8.0/32, limit.rate, "throttled for long, it still asks now and then")
	for range 1000 {
		limit.Succeeded()
	}
	require.Equal(t, 8.0, limit.rate, "and comes back to its full rate, no further")
}

func TestAClockThatIsSetBackNeitherBlocksNorFloods(t *testing.T) {
	clock := newTestClock()
	limit := NewLimit(Rate{PerSecond: 1, Burst: 2}, clock.clock())
	require.NoError(t, limit.Wait(t.Context()))
	clock.advance(-time.Hour)
	require.NoError(t, limit.Wait(t.Context()))
	require.Zero(t, clock.slept)
	require.NoError(t, limit.Wait(t.Context()))
	require.Equal(t, time.Second, clock.slept)
}

func TestAWaitThatIsGivenUpLeavesItsTokenToOthers(t *testing.T) {
	limit := NewLimit(Rate{PerSecond: 0.001, Burst: 1}, Clock{})
	require.NoError(t, limit.Wait(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, limit.Wait(ctx), context.DeadlineExceeded)
	require.InDelta(t, 0, limit.tokens, 0.01)
	require.ErrorIs(t, limit.Wait(ctx), context.DeadlineExceeded, "one that is done takes none at all")
	require.InDelta(t, 0, limit.tokens, 0.01)
}
