package collector

import (
	"fmt"
	"time"
)

// Target is an account and a region that usage is collected from. It identifies what the checkpoint keeps.
type Target struct {
	Account string // AWS account id; "" where it is not known
	Region  string
}

// String names a target in messages: 123456789012 eu-west-1.
func (t Target) String() string {
	if t.Account == "" {
		return t.Region
	}
	return t.Account + " " + t.Region
}

// Window is the time [From, To) in UTC, divided into periods of one length. Both ends are whole periods since
// midnight UTC, and the period divides a day. A window of a live source has no period.
type Window struct {
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to"`
	Period time.Duration `json:"period"`
}

// Periods is the number of periods of a window.
func (w Window) Periods() int64 {
	if w.Period <= 0 {
		return 0
	}
	return int64(w.To.Sub(w.From) / w.Period)
}

// Contains reports whether a moment lies in the window.
func (w Window) Contains(at time.Time) bool { return !at.Before(w.From) && at.Before(w.To) }

func (w Window) overlaps(other Window) bool {
	return w.From.Before(other.To) && other.From.Before(w.To)
}

// String names a window in messages: 2026-10-01T00:00:00Z to 2026-10-02T00:00:00Z.
func (w Window) String() string {
	return fmt.Sprintf("%s to %s", w.From.UTC().Format(time.RFC3339), w.To.UTC().Format(time.RFC3339))
}
