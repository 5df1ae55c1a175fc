package fleet

import (
	"strings"
	"time"

	"microspend/collector/watch"
	"microspend/internal/arn"
)

// nearCap is how much of its life must be left at least for a MicroVM not to be near its end: long enough to save what
// it holds, short enough not to be said of half the fleet.
const nearCap = 30 * time.Minute

// ImageName is the image as people call it: the last part of its ARN.
func (m *MicroVM) ImageName() string {
	parsed, _ := arn.Parse(m.Image)
	if name, found := strings.CutPrefix(parsed.Resource, "microvm-image:"); found {
		return name
	}
	return m.Image
}

// Age is for how long it has lived by a moment; 0 where its start is not known.
func (m *MicroVM) Age(at time.Time) time.Duration {
	if m.StartedAt.IsZero() {
		return 0
	}
	if !m.EndedAt.IsZero() {
		at = m.EndedAt
	}
	return max(at.Sub(m.StartedAt), 0)
}

// EndsBy is when the service ends it at the latest; zero where that is not known.
func (m *MicroVM) EndsBy() time.Time {
	if m.MaxLife == 0 || m.StartedAt.IsZero() {
		return time.Time{}
	}
	return m.StartedAt.Add(m.MaxLife)
}

// NearCap reports whether the service ends it within half an hour.
func (m *MicroVM) NearCap(at time.Time) bool {
	end := m.EndsBy()
	return m.Lives() && !end.IsZero() && end.Sub(at) < nearCap
}

// Lives reports whether it has not ended, nor is about to.
func (m *MicroVM) Lives() bool { return m.State != watch.Terminated && m.State != watch.Terminating }

// IdleFor is for how long nothing has been asked of it; 0 where that is not known, or it does not run.
func (m *MicroVM) IdleFor(at time.Time) time.Duration {
	if m.State != watch.Running || m.LastActivity.IsZero() {
		return 0
	}
	return max(at.Sub(m.LastActivity), 0)
}

// IdleRemaining is how long it may idle from now on before the service suspends it. It reports whether that is known.
func (m *MicroVM) IdleRemaining(at time.Time) (time.Duration, bool) {
	if m.State != watch.Running || !m.Policy.Known || m.Policy.MaxIdle == 0 || m.LastActivity.IsZero() {
		return 0, false
	}
	return max(m.Policy.MaxIdle-m.IdleFor(at), 0), true
}

// Idles reports whether it has run for a minute or more without being asked for anything: a minute is the shortest idle
// timeout that the service has.
func (m *MicroVM) Idles(at time.Time) bool { return m.IdleFor(at) >= time.Minute }
