package fleet_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/simulate"
)

func lines(events []fleet.Event) (out []string) {
	for _, e := range events {
		line := fmt.Sprintf("%s %s %s → %s", e.At.Format(time.TimeOnly), e.MicroVM, e.From, e.To)
		if e.Reason != "" {
			line += ", " + e.Reason
		}
		out = append(out, line)
	}
	return out
}

func in(after time.Duration, state watch.State) simulate.Change {
	return simulate.Change{At: noon.Add(after), State: state}
}

func TestEvents(t *testing.T) {
	const s, m = time.Second, time.Minute
	idle := vm("idle", ago(10*m, watch.Running), in(10*s, watch.Suspending), in(15*s, watch.Suspended))
	idle.Busy = []simulate.Span{{From: noon.Add(-10 * m), To: noon.Add(-4*m - 51*s)}}
	scene := dollars(nil, idle,
		vm("capped", ago(8*time.Hour-20*s, watch.Running), in(20*s, watch.Terminated)),
		vm("forgotten", ago(2*time.Hour, watch.Running), ago(time.Hour-30*s, watch.Suspended), in(30*s, watch.Terminated)),
		vm("new", in(5*s, watch.Pending), in(8*s, watch.Running)),
		vm("stopped", ago(5*m, watch.Running), in(25*s, watch.Terminated)),
		vm("old", ago(7*time.Hour, watch.Running)),
	)
	require.Equal(t, []string{
		"11:55:00 stopped  → RUNNING",
		"11:50:00 idle  → RUNNING",
		"11:00:30 forgotten RUNNING → SUSPENDED",
	}, lines(scene.look(t).Events), "the first look tells of the last hour what lives show")
	scene.now = noon.Add(time.Minute)
	after := []string{
		"12:00:30 forgotten SUSPENDED → TERMINATED, suspended for 1h0m0s",
		"12:00:25 stopped RUNNING → TERMINATED",
		"12:00:20 capped RUNNING → TERMINATED, maximum duration reached, 8h0m0s",
		"12:00:15 idle SUSPENDING → SUSPENDED",
		"12:00:10 idle RUNNING → SUSPENDING, idle for 5m1s",
		"12:00:08 new PENDING → RUNNING",
		"12:00:05 new  → PENDING",
	}
	require.Equal(t, after, lines(scene.look(t).Events)[:7])
	scene.now = noon.Add(2 * time.Minute)
	require.Equal(t, after, lines(scene.look(t).Events)[:7], "nothing happened since")
}

func TestEventsAreBounded(t *testing.T) {
	var scripts []simulate.Script
	for i := range 3 * fleet.MostEvents {
		scripts = append(scripts, vm(fmt.Sprint(i), in(time.Duration(i)*time.Millisecond, watch.Running)))
	}
	scene := dollars(nil, scripts...)
	scene.look(t)
	scene.now = noon.Add(time.Minute)
	s := scene.look(t)
	require.Len(t, s.Events, fleet.MostEvents)
	require.Equal(t, "1499", s.Events[0].MicroVM, "the newest are kept")
}

// A place that is in trouble is shown as it was, and when it comes back nothing has happened twice.
func TestNoEventsOfAPlaceInTrouble(t *testing.T) {
	scene := dollars(nil, vm("a", ago(time.Hour, watch.Running), in(90*time.Second, watch.Suspended)))
	scene.world.Troubles = []simulate.Trouble{{
		Region: region, From: noon.Add(time.Minute), To: noon.Add(3 * time.Minute), Fault: "throttled", Throttled: true,
	}}
	scene.look(t)
	for _, step := range []struct {
		at     time.Duration
		events int
	}{{30 * time.Second, 0}, {2 * time.Minute, 0}, {150 * time.Second, 0}, {4 * time.Minute, 1}, {5 * time.Minute, 1}} {
		scene.now = noon.Add(step.at)
		require.Len(t, scene.look(t).Events, step.events, step.at)
	}
}

// The clock may jump, and a look may be told as of before the last one.
func TestEventsWhenTheClockIsSetBack(t *testing.T) {
	scene := dollars(nil, vm("a", ago(2*time.Hour, watch.Running), ago(time.Minute, watch.Suspended)))
	before := lines(scene.look(t).Events)
	for _, at := range []time.Duration{-30 * time.Minute, 0, time.Minute} {
		scene.now = noon.Add(at)
		require.Equal(t, before, lines(scene.look(t).Events), at)
	}
}
