package awssource

import (
	"context"
	"sync"
	"time"
)

// Rate is how often an account and region may be asked.
type Rate struct {
	PerSecond float64 // calls a second in the long run; above zero
	Burst     int     // calls that may be made at once after a pause; at least 1
}

const (
	slowest  = 1.0 / 32 // of the full rate: a bucket that is throttled for long does not come to a stop
	recovery = 1.0 / 50 // of the full rate, per call that succeeds
)

// Limit is the token bucket of one account and region. It may be used by several goroutines.
type Limit struct {
	clock Clock
	full  Rate

	mu     sync.Mutex
	rate   float64   // calls a second, lower than the full rate after throttling
	tokens float64   // of which each call takes one; below zero when callers wait
	at     time.Time // when tokens was right
	pause  time.Time // no call is made before
	halved time.Time // when the rate was lowered last
}

// NewLimit returns a full bucket.
func NewLimit(rate Rate, clock Clock) *Limit {
	return &Limit{clock: clock, full: rate, rate: rate.PerSecond, tokens: float64(rate.Burst), at: clock.Time()}
}

// Wait takes a token, and waits until there is one. It returns the context's error when that is done first.
func (l *Limit) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	delay := l.take()
	if delay <= 0 {
		return nil
	}
	if err := l.clock.Wait(ctx, delay); err != nil {
		l.mu.Lock()
		l.tokens++ // another may have it
		l.mu.Unlock()
		return err
	}
	return nil
}

// take takes a token and returns how long it is until it may be used.
func (l *Limit) take() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Time()
	if elapsed := now.Sub(l.at); elapsed > 0 { // a clock that was set back gives nothing
		l.tokens = min(l.tokens+elapsed.Seconds()*l.rate, float64(l.full.Burst))
	}
	l.at = now
	l.tokens--
	var delay time.Duration
	if l.tokens < 0 {
		delay = time.Duration(-l.tokens / l.rate * float64(time.Second))
	}
	return max(delay, l.pause.Sub(now))
}

// Throttled says that a call was refused for being one too many: all calls pause, and the rate is halved. Refusals
// within one pause count once, as they come from calls that were on their way together.
func (l *Limit) Throttled(pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Time()
	if until := now.Add(pause); until.After(l.pause) {
		l.pause = until
	}
	if now.Before(l.halved.Add(time.Second)) {
		return
	}
	l.halved = now
	l.rate = max(l.rate/2, l.full.PerSecond*slowest)
}

// Succeeded says that a call was answered: the rate recovers by a little.
func (l *Limit) Succeeded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = min(l.rate+l.full.PerSecond*recovery, l.full.PerSecond)
}
