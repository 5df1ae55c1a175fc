package simulate

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"microspend/collector/watch"
	"microspend/internal/civil"
	"microspend/pricing"
)

// Live is the fleet as it is while the clock runs: the MicroVMs whose usage [Fleet.Today] has, in the middle of their
// lives. It implements [watch.Watcher].
type Live struct {
	fleet Fleet
	now   func() time.Time

	mu    sync.Mutex
	day   time.Time
	world World
}

// Live plays the fleet by a clock. The same seed and clock give the same looks.
func (f Fleet) Live(now func() time.Time) *Live { return &Live{fleet: f, now: now} }

// Look implements [watch.Watcher].
func (l *Live) Look(ctx context.Context) (watch.Look, error) {
	now := l.now().UTC()
	l.mu.Lock()
	if day := now.Truncate(24 * time.Hour); !day.Equal(l.day) {
		l.day, l.world = day, l.fleet.world(day)
	}
	world := l.world
	l.mu.Unlock()
	world.Now = func() time.Time { return now }
	return world.Look(ctx)
}

// What the demo's account may have in running and suspended MicroVMs, in MiB.
var demoQuotas = map[string]int64{"eu-west-1": 400 << 10, "us-east-1": 1024 << 10}

// world has the scripts of what was launched on a day and on the one before, which may live on.
func (f Fleet) world(day time.Time) World {
	f.End, f.Days = day.AddDate(0, 0, 1), f.days()+1
	w := World{}
	for _, region := range [...]string{"eu-west-1", "us-east-1"} {
		w.Places = append(w.Places, watch.Place{Account: account, Region: region, Quota: demoQuotas[region]})
	}
	for i, t := range f.tenants() {
		random := rand.New(rand.NewPCG(f.Seed, uint64(i)+1))
		for n := range f.days() { // all of them, as each draws on where the one before has left off
			launches := t.launches(f, f.Start().AddDate(0, 0, n), n, random)
			if n < f.days()-2 {
				continue
			}
			for _, launch := range launches {
				w.Scripts = append(w.Scripts, launch.script())
			}
		}
	}
	return w
}

// How long the states between others take, in seconds.
const (
	pendingSeconds     = 12
	suspendingSeconds  = 6
	terminatingSeconds = 4
)

// script is the launch as a look at it finds it.
func (l launch) script() Script {
	t := l.tenant
	s := Script{Used: l.used}
	s.MicroVM = watch.MicroVM{
		ID: l.id, Region: t.region, Account: account,
		Image: t.image.name, ImageVersion: strconv.Itoa(3 + int(seedOf(t.image.name))%17), Arch: t.image.arch(l.start),
		MemoryMiB: t.size.MiB(), StateBytes: t.state, ImageBytes: t.image.bytes,
		Policy: watch.Policy{
			Known: true, MaxIdle: idleTimeout * time.Second, Suspended: heldFor * time.Second, AutoResume: true,
		},
		MaxLife: pricing.MaxLifeSeconds * time.Second,
	}
	switch t.told {
	case bySource:
		s.Tenant = t.name
	case byRole:
		s.Role = t.role()
	case byImage, byNobody:
	}
	change := func(second int64, state watch.State) {
		s.Changes = append(s.Changes, Change{l.at(second), state})
	}
	change(0, watch.Pending)
	ends := int64(0)
	for i, p := range l.phases {
		switch {
		case i == 0:
			change(min(pendingSeconds, p.to), watch.Running)
		case p.suspended:
			change(p.from, watch.Suspending)
			change(min(p.from+suspendingSeconds, p.to), watch.Suspended)
		case p.resumed:
			change(p.from, watch.Running)
		}
		if !p.suspended {
			s.Busy = append(s.Busy, Span{l.at(p.from), l.at(min(p.from+p.busy, p.to))})
		}
		ends = p.to
	}
	change(ends, watch.Terminating)
	// The records have all of a life that reaches its cap, so that it ends there and not after it.
	change(min(ends+terminatingSeconds, pricing.MaxLifeSeconds), watch.Terminated)
	return s
}

func (l launch) at(second int64) time.Time { return l.start.Add(time.Duration(second) * time.Second) }

// used makes up what was in use in a minute: little while nobody asks for anything, up to the factor of a burst while
// there is one, and otherwise some part of the baseline.
func (l launch) used(minute time.Time) watch.Gauge {
	vcpu, memory := l.tenant.size.MiB()*1000/2048, l.tenant.size.MiB() // half a vCPU per GB
	noise := int64(seedOf(l.id + minute.Format(time.TimeOnly)))
	share, held := int64(2), 35+noise/7%6 // percent
	for _, p := range l.phases {
		busy := Span{l.at(p.from), l.at(p.from + p.busy)}
		if p.suspended || minute.Before(busy.From.Truncate(time.Minute)) || !minute.Before(busy.To) {
			continue
		}
		share, held = 20+noise%60, 45+noise/7%30
		if bursts := civil.Earlier(l.at(p.from+p.burst), minute.Add(time.Minute)).Sub(minute); bursts > 0 {
			share = (share*int64(time.Minute-bursts) + p.factor*100*int64(bursts)) / int64(time.Minute)
			held = min(100, held+20) * p.factor * 9 / 10
		}
	}
	peak := min(share+noise/11%40, 100*pricing.BurstFactor)
	return watch.Gauge{VCPU: vcpu * share / 100, PeakVCPU: vcpu * peak / 100, MemoryMiB: memory * held / 100}
}

// seedOf is a number that is always the same for a text.
func seedOf(text string) uint32 {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(text))
	return sum.Sum32()
}
