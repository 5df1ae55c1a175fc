package meter

import "time"

// Instant is one moment as two clocks show it.
type Instant struct {
	Mono time.Duration // since some moment; it never goes back, and stands still while the MicroVM is suspended
	Wall int64         // Unix nanoseconds; it can be set, and may be stale after a snapshot was restored
}

// Clock tells the time.
type Clock interface {
	Now() Instant
}

// systemClock reads CLOCK_MONOTONIC and CLOCK_REALTIME. CLOCK_BOOTTIME would tell nothing more: it goes on only while a
// kernel suspends itself, where the kernel sets the wall clock too; in a snapshot it stands still like the other.
type systemClock struct{ since time.Time }

// SystemClock is the clock of the machine.
func SystemClock() Clock { return systemClock{time.Now()} }

func (c systemClock) Now() Instant {
	now := time.Now()
	return Instant{Mono: now.Sub(c.since), Wall: now.UnixNano()}
}
