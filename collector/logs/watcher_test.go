package logs

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/watch"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
	"microspend/usage"
)

// listed is a watcher that finds some MicroVMs of the place.
type listed []string

func (ids listed) Look(context.Context) (watch.Look, error) {
	look := watch.Look{Places: []watch.Place{{Account: target.Account, Region: target.Region}}}
	for _, id := range ids {
		look.MicroVMs = append(look.MicroVMs, watch.MicroVM{ID: id, Account: target.Account, Region: target.Region})
	}
	return look, nil
}

// heardBy looks until lines were read up to a moment.
func heardBy(t *testing.T, w *Watcher, until time.Time) (look watch.Look) {
	t.Helper()
	require.Eventually(t, func() bool {
		var err error
		look, err = w.Look(t.Context())
		require.NoError(t, err)
		return look.Places[0].MetersAt.Equal(until)
	}, 10*time.Second, time.Millisecond)
	return look
}

func TestWatcherHearsMeters(t *testing.T) {
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{})
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{Name: logGroupName})
	began := w.now.Add(-3*time.Minute - 30*time.Second)
	meter := meterOf("microvm-1", "acme", began)
	meter.run(90*time.Second, emf.Interval)
	meter.now = meter.now.Truncate(time.Minute)
	burst := meter.now
	meter.print(emf.Interval, burst, burst.Add(time.Minute), func(l *emf.Line) { // 3.5 of its vCPU, for 40 seconds of it
		l.Amounts[usage.Running], l.Amounts[pricing.VCPU], l.Amounts[pricing.Memory] = 40_000, 140_000, 40_000*2048
	})
	w.put(logGroupName, meter, nil)
	// A guest that says to be another is not believed: the stream is AWS's to name.
	liar := meterOf("microvm-1", "victim", began)
	liar.run(time.Minute, emf.Interval)
	for _, line := range liar.lines {
		w.fake.Put(
			place,
			logGroupName,
			"microvm-2",
			fakecloudwatch.LogEvent{At: line.at, Message: string(line.AppendTo(nil))},
		)
	}
	watcher := w.source.Over(listed{"microvm-1", "microvm-2", "microvm-3"})
	look := heardBy(t, watcher, w.now)
	m := look.MicroVMs[0]
	require.Equal(t, "acme", m.Tenant)
	require.Equal(t, watch.Gauge{
		From: began, At: began.Add(30 * time.Second), VCPU: 1000, PeakVCPU: 1000, MemoryMiB: 2048, Billed: true,
	}, m.Gauges[0])
	require.Equal(t, watch.Gauge{
		From: burst, At: burst.Add(time.Minute), VCPU: 3500, PeakVCPU: 3500, MemoryMiB: 2048, Billed: true,
	}, m.Gauges[len(m.Gauges)-1])
	require.Empty(t, look.MicroVMs[1].Gauges)
	require.Empty(t, look.MicroVMs[1].Tenant)
	require.Empty(t, look.MicroVMs[2].Gauges)

	// Lines that are read again count once, and what is older than an hour is forgotten.
	gauges := len(m.Gauges)
	w.now = w.now.Add(time.Minute)
	require.Len(t, heardBy(t, watcher, w.now).MicroVMs[0].Gauges, gauges)
	w.now = w.now.Add(2 * time.Hour)
	require.Empty(t, heardBy(t, watcher, w.now).MicroVMs[0].Gauges)
}

// Looks do not wait for lines, nor fail for want of them.
func TestWatcherWithoutLines(t *testing.T) {
	denied := func(fakecloudwatch.LogsCall) fakecloudwatch.LogsFault {
		return fakecloudwatch.LogsFault{Fault: fakecloudwatch.Denied}
	}
	w := newLogsWorld(t, fakecloudwatch.LogsOptions{Faults: denied})
	w.fake.AddGroup(place, fakecloudwatch.LogGroup{Name: logGroupName})
	watcher := w.source.Over(listed{"microvm-1"})
	require.Eventually(t, func() bool {
		look, err := watcher.Look(t.Context())
		require.NoError(t, err)
		require.Len(t, look.MicroVMs, 1)
		require.True(t, look.Places[0].MetersAt.IsZero())
		return look.Places[0].Lacks != ""
	}, 10*time.Second, time.Millisecond)
}
