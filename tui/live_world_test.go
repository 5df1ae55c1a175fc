package tui

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/simulate"
	"microspend/usage"
)

// liveOptions are those of the demo with a scripted fleet that was looked at for a quarter of an hour: MicroVMs in every
// state, one near its cap, one idle, one with a meter, and a region that is throttled.
func liveOptions(t testing.TB) Options {
	t.Helper()
	options := demoOptions(t)
	now := evening
	world := &simulate.World{
		Now:     func() time.Time { return now },
		Scripts: scriptedFleet(),
		Places: []watch.Place{
			{Account: "123456789012", Region: "ap-southeast-2", Quota: 64 << 10},
			{Account: "123456789012", Region: "eu-west-1", Quota: 64 << 10},
		},
		Troubles: []simulate.Trouble{{
			Account: "123456789012", Region: "ap-southeast-2", From: evening.Add(-20 * time.Second), To: evening.Add(time.Hour),
			Fault: "rate exceeded", Throttled: true,
		}},
	}
	looked := fleet.New(fleet.Options{Watcher: world, Source: options.Reader.Source})
	for now = evening.Add(-15 * time.Minute); now.Before(evening); now = now.Add(10 * time.Second) {
		_, err := looked.Refresh(context.Background())
		require.NoError(t, err)
	}
	now = evening
	options.Clock, options.Live, options.LiveEvery = fixed(evening), looked, LiveEvery
	return options
}

func scriptedFleet() []simulate.Script {
	script := func(id, tenant, image string, gb int64, age time.Duration, later ...simulate.Change) simulate.Script {
		s := vm("mvm-"+id, gb, later...)
		s.Account, s.Tenant, s.Image, s.ImageVersion = "123456789012", tenant, image, "3"
		s.Policy.AutoResume = true
		s.Changes[0].At = evening.Add(-age)
		return s
	}
	fleet := []simulate.Script{
		script("0a1b2c3d4e", "acme", "agent-runtime", 8, 7*time.Hour+40*time.Minute),
		script("1b2c3d4e5f", "acme", "agent-runtime", 4, 2*time.Hour, in(-30*time.Minute, watch.Suspended)),
		script("2c3d4e5f60", "borealis", "notebook", 2, 50*time.Minute),
		script("3d4e5f6071", "borealis", "notebook", 2, 40*time.Minute, in(-4*time.Second, watch.Suspending)),
		script("4e5f607182", "cinder", "ci-runner", 1, 20*time.Minute, in(-3*time.Second, watch.Terminating)),
		script("5f60718293", "cinder", "ci-runner", 1, 30*time.Minute, in(-130*time.Second, watch.Terminating),
			in(-2*time.Minute, watch.Terminated)),
		script("60718293a4", "", "scratch", 1, 6*time.Second),
		script("718293a4b5", "宽宽宽", "notebook", 2, 3*time.Hour, in(-2*time.Hour, watch.Suspended)),
	}
	fleet[0].Arch = usage.ArchX86
	fleet[0].Used = func(minute time.Time) watch.Gauge {
		n := int64(minute.Minute())
		return watch.Gauge{VCPU: 400 + 50*(n%20), PeakVCPU: 5000, MemoryMiB: 3000 + 40*n}
	}
	fleet[2].Busy = []simulate.Span{{From: evening.Add(-50 * time.Minute), To: evening.Add(-3 * time.Minute)}}
	fleet[6].Changes[0].State = watch.Pending
	fleet[7].Region = "ap-southeast-2"
	return fleet
}
