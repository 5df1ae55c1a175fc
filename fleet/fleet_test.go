package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/simulate"
	"microspend/internal/spendtest"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

const (
	region = "eu-west-1"
	gb     = 1 << 30
)

var noon = time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)

// vm is a MicroVM of 4 GB, with 2 vCPU, whose snapshots have 4 GB and whose image has 2 GB.
func vm(id string, changes ...simulate.Change) simulate.Script {
	return simulate.Script{MicroVM: watch.MicroVM{
		ID: id, Region: region, Image: "app", Arch: usage.ArchARM64, MemoryMiB: 4096, StateBytes: 4 * gb, ImageBytes: 2 * gb,
		MaxLife: 8 * time.Hour, Policy: watch.Policy{Known: true, MaxIdle: 5 * time.Minute, Suspended: time.Hour},
	}, Changes: changes}
}

// ago is a change so long before noon.
func ago(before time.Duration, state watch.State) simulate.Change {
	return simulate.Change{At: noon.Add(-before), State: state}
}

type scene struct {
	*fleet.Fleet
	world  *simulate.World
	ledger *spendtest.Ledger
	now    time.Time
}

// dollars is a fleet whose rates are a dollar for every unit: vCPU-second, GB-second, GB read or written, GB-hour
// stored.
func dollars(records []usage.Record, scripts ...simulate.Script) *scene {
	s := &scene{ledger: spendtest.Of(records...), now: noon}
	s.world = &simulate.World{
		Now: func() time.Time { return s.now }, Places: []watch.Place{{Region: region, Quota: 400 << 10}}, Scripts: scripts,
	}
	s.Fleet = fleet.New(fleet.Options{
		Watcher: s.world, Source: spend.Source{Usage: s.ledger, Rates: spendtest.DollarRates{}},
	})
	return s
}

func (s *scene) look(t *testing.T) *fleet.Snapshot {
	t.Helper()
	snapshot, err := s.Refresh(t.Context())
	require.NoError(t, err)
	return snapshot
}

// text is an amount as a test writes it: ? for unknown, ≥ for a lower bound, + for rates that are not known.
func text(a fleet.Amount) string {
	if !a.Known {
		return "?"
	}
	return map[pricing.State]string{pricing.AtLeast: "≥", pricing.UnknownRates: "+"}[a.State] + a.USD.String()
}

// measured is what a source has recorded of a MicroVM of 4 GB in [from, to): running seconds, and what a launch reads.
func measured(id string, from, to time.Duration, runs int64, launched bool) usage.Record {
	r := usage.Record{
		PeriodStart: noon.Add(-from), PeriodSeconds: int64((from - to) / time.Second), Region: region,
		Resource: usage.Resource{ID: id}, Image: "app", Tenant: "acme", Source: "test", Arch: usage.ArchARM64,
		Coverage: usage.CoverageComplete,
		Amounts: usage.Amounts{
			pricing.VCPU: runs * 2000, pricing.Memory: runs * 4096 * 1000, usage.Running: runs * 1000,
			usage.Suspended: (int64((from-to)/time.Second) - runs) * 1000,
		},
	}
	if launched {
		r.Amounts[usage.Launches], r.Amounts[pricing.SnapshotRead] = 1, 2*gb
	}
	return r
}

// A running MicroVM of 4 GB burns 2 vCPU-seconds and 4 GB-seconds a second, 6 × 3,600 = 21,600 dollars an hour; one
// that is suspended 4 GB-hours, 4 dollars.
func TestBurnByState(t *testing.T) {
	unsized := vm("unsized", ago(time.Hour, watch.Running))
	unsized.MemoryMiB, unsized.StateBytes = 0, 0
	burst := vm("burst", ago(time.Hour, watch.Running))
	burst.Used = func(time.Time) watch.Gauge { return watch.Gauge{VCPU: 5000, MemoryMiB: 1024} }
	for _, test := range []struct {
		name                  string
		script                simulate.Script
		burn, saves, resuming string
		reason                string
	}{
		{"running", vm("a", ago(time.Hour, watch.Running)), "21600", "21596", "8", "the baseline is billed, idle or not"},
		{"suspended", vm("a", ago(time.Hour, watch.Suspended)), "4", "?", "8", "its state is stored"},
		{"pending", vm("a", ago(time.Minute, watch.Pending)), "0", "?", "8", "not billed, by an assumption"},
		{"suspending", vm("a", ago(time.Minute, watch.Suspending)), "0", "?", "8", "likewise"},
		{"terminating", vm("a", ago(time.Minute, watch.Terminating)), "0", "?", "8", "likewise"},
		{"a state of next year", vm("a", ago(time.Minute, "HIBERNATED")), "?", "?", "8", "unknown is not zero"},
		{"without sizes", unsized, "?", "?", "?", "nobody knows what it costs"},
		{"bursting", burst, "32400", "32396", "8", "5 vCPU in place of 2, and no less memory than the baseline"},
	} {
		s := dollars(nil, test.script).look(t)
		require.Len(t, s.MicroVMs, 1)
		m := s.MicroVMs[0]
		require.Equal(t, test.burn, text(m.BurnPerHour), "%s: %s", test.name, test.reason)
		require.Equal(t, test.saves, text(m.SuspendSaves), test.name)
		require.Equal(t, test.resuming, text(m.ResumeCosts), test.name)
		require.Equal(t, test.burn, text(s.Burn), test.name)
	}
}

// What the ledger has is exact; what came after it is worked out from states.
func TestSpentAndNewer(t *testing.T) {
	const h, m = time.Hour, time.Minute
	for _, test := range []struct {
		name         string
		records      []usage.Record
		script       simulate.Script
		spent, newer string
		run, susp    time.Duration
		reason       string
	}{
		{
			"nothing recorded", nil, vm("a", ago(10*time.Second, watch.Running)), "0", "62", 10 * time.Second, 0,
			"10 s at 6 dollars, and a launch that reads 2 GB",
		},
		{
			"recorded up to 10 minutes ago",
			[]usage.Record{measured("a", h, 10*m, 3000, true)},
			vm("a", ago(h, watch.Running)), "18002", "3600", h, 0, "600 s at 6 dollars",
		},
		{
			"suspended since",
			[]usage.Record{measured("a", h, 30*m, 1800, true)},
			vm("a", ago(h, watch.Running), ago(20*m, watch.Suspending), ago(19*m, watch.Suspended), ago(m, watch.Running)),
			"10802",
			"3969.2", // (10 + 1) min × 6 dollars, 4 GB × 18 min = 1.2 GB-hours, 4 GB written and 4 read
			41 * m, 18 * m, "SUSPENDING is not billed",
		},
		{
			"its own source is late",
			[]usage.Record{measured("a", h, 30*m, 1800, true), measured("b", h, 0, 3600, true)},
			vm("a", ago(h, watch.Running)), "10802", "10800", h, 0, "the ledger reaches to now, but not of this one",
		},
		{
			"ended within what is recorded",
			[]usage.Record{measured("a", h, 30*m, 1790, true), measured("b", h, 0, 3600, true)},
			vm("a", ago(h, watch.Running), ago(30*m+10*time.Second, watch.Terminating), ago(30*m, watch.Terminated)),
			"10742", "0", 1790 * time.Second, 10 * time.Second, "there is nothing to come",
		},
	} {
		scene := dollars(test.records, test.script)
		found := scene.look(t).MicroVMs[0]
		require.Equal(t, test.spent, text(found.Spent), "%s: %s", test.name, test.reason)
		require.Equal(t, test.newer, text(found.Newer), "%s: %s", test.name, test.reason)
		require.Equal(t, test.run, found.Running, test.name)
		require.Equal(t, test.susp, found.Suspended, test.name)
		sum := fleet.Amount{}
		for _, of := range found.Quantities {
			sum = sum.Plus(of)
		}
		require.True(t, sum.USD.Equal(found.Spent.USD.Add(found.Newer.USD)), "%s: parts are the whole", test.name)
	}
}

func TestOneQueryHoweverManyMicroVMs(t *testing.T) {
	var scripts []simulate.Script
	var records []usage.Record
	for i := range 200 {
		id := fmt.Sprintf("mvm-%03d", i)
		scripts = append(scripts, vm(id, ago(time.Hour, watch.Running)))
		records = append(records, measured(id, time.Hour, 0, 3600, true))
	}
	scene := dollars(records, scripts...)
	version := "1"
	scene.Fleet = fleet.New(fleet.Options{
		Watcher: scene.world, Source: spend.Source{Usage: scene.ledger, Rates: spendtest.DollarRates{}},
		Fingerprint: func(context.Context) (string, error) { return version, nil },
	})
	s := scene.look(t)
	require.Equal(t, "4320400", text(s.Today), "200 × (3,600 × 6 + 2)")
	asked := len(scene.ledger.Queries)
	require.LessOrEqual(t, asked, 8)
	scene.now = noon.Add(time.Minute)
	scene.look(t)
	require.Len(t, scene.ledger.Queries, asked, "the ledger is as it was")
	version = "2"
	scene.look(t)
	require.Greater(t, len(scene.ledger.Queries), asked)
}

// An id tells MicroVMs of one region apart, and no more.
func TestTheSameIDInTwoRegions(t *testing.T) {
	there := vm("a", ago(time.Hour, watch.Running))
	there.Region = "us-east-1"
	scene := dollars(
		[]usage.Record{measured("a", time.Hour, 0, 3600, true)},
		vm("a", ago(time.Hour, watch.Running)),
		there,
	)
	scene.world.Places = append(scene.world.Places, watch.Place{Region: "us-east-1"})
	s := scene.look(t)
	require.Len(t, s.MicroVMs, 2)
	require.Equal(t, "21602", text(s.MicroVMs[0].Spent))
	require.Equal(t, "0", text(s.MicroVMs[1].Spent))
	require.Equal(t, "21602", text(s.MicroVMs[1].Newer))
	require.Zero(t, s.MemoryQuota, "the quota of one place is not known")
	require.EqualValues(t, 8192, s.MemoryInUse)
}

func TestCounts(t *testing.T) {
	idle := vm("idle", ago(time.Hour, watch.Running))
	idle.Busy = []simulate.Span{{From: noon.Add(-time.Hour), To: noon.Add(-4 * time.Minute)}}
	s := dollars(nil,
		vm("old", ago(8*time.Hour-time.Minute, watch.Running)), idle,
		vm("asleep", ago(time.Hour, watch.Running), ago(time.Minute, watch.Suspended)),
		vm("over", ago(2*time.Hour, watch.Running), ago(time.Hour, watch.Terminated)),
		vm("yesterday", ago(14*time.Hour, watch.Running), ago(13*time.Hour, watch.Terminated)),
		vm("new", ago(time.Second, watch.Pending))).look(t)
	require.Equal(t, map[watch.State]int{
		watch.Running: 2, watch.Suspended: 1, watch.Pending: 1, watch.Terminated: 2,
	}, s.Counts)
	require.Equal(t, 1, s.EndedToday)
	require.Equal(t, 1, s.NearCap)
	require.Equal(t, 1, s.Idle)
	require.EqualValues(t, 4*4096, s.MemoryInUse, "running, suspended and pending")
	require.EqualValues(t, 400<<10, s.MemoryQuota)
	require.Equal(t, "43204", text(s.Burn), "two at 21,600, and 4 GB stored")
	require.Equal(t, "31538920", text(s.Month), "730 hours of it")
}

func TestUnknownRatesAreNotZero(t *testing.T) {
	script := vm("a", ago(time.Hour, watch.Suspended))
	script.Region = "eu-central-1" // whose snapshot rates AWS's list does not have
	running := vm("b", ago(time.Hour, watch.Running))
	running.Region = "eu-central-1"
	scene := dollars(nil, script, running)
	scene.world.Places = []watch.Place{{Region: "eu-central-1"}}
	scene.Fleet = fleet.New(fleet.Options{
		Watcher: scene.world, Source: spend.Source{Usage: scene.ledger, Rates: pricing.EmbeddedCards()},
	})
	s := scene.look(t)
	require.Equal(t, "?", text(s.MicroVMs[0].BurnPerHour))
	require.Equal(t, pricing.UnknownRates, s.MicroVMs[0].BurnPerHour.State)
	require.Equal(t, "?", text(s.MicroVMs[1].SuspendSaves), "what storing it would cost is not known")
	require.Equal(t, "?", text(s.MicroVMs[1].ResumeCosts))
	require.Equal(t, "+", text(s.Burn)[:1])
	require.Equal(t, "+", text(s.TodayNewer)[:1])
}

func TestALedgerThatCannotBeReadLeavesTheRest(t *testing.T) {
	scene := dollars(nil, vm("a", ago(time.Hour, watch.Running)))
	fault := errors.New("the disk is gone")
	scene.Fleet = fleet.New(fleet.Options{
		Watcher: scene.world, Source: spend.Source{Usage: broken{fault}, Rates: spendtest.DollarRates{}},
	})
	s := scene.look(t)
	require.Contains(t, s.LedgerFault, fault.Error())
	require.Equal(t, "21600", text(s.Burn))
	require.Equal(t, "?", text(s.MicroVMs[0].Spent))
	require.Equal(t, "?", text(s.MicroVMs[0].Newer))
	require.Equal(t, "?", text(s.Today))
}

type broken struct{ err error }

func (b broken) Aggregate(context.Context, ledger.Query) (ledger.Result, error) {
	return ledger.Result{}, b.err
}

func (b broken) Extent(context.Context) (ledger.Extent, error) { return ledger.Extent{}, b.err }

func TestAWatcherThatFailsIsTheError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := dollars(nil).Refresh(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// What has not changed is not worked out again, and what has is.
func TestALookThatFindsNothingNewIsTheSnapshotBefore(t *testing.T) {
	scene := dollars(nil, vm("a", ago(time.Hour, watch.Running)))
	version := "1"
	scene.Fleet = fleet.New(fleet.Options{
		Watcher: scene.world, Source: spend.Source{Usage: scene.ledger, Rates: spendtest.DollarRates{}},
		Fingerprint: func(context.Context) (string, error) { return version, nil },
	})
	first := scene.look(t)
	require.Same(t, first, scene.look(t))
	version = "2"
	second := scene.look(t)
	require.NotSame(t, first, second, "the ledger has changed")
	scene.now = noon.Add(time.Second)
	require.NotSame(t, second, scene.look(t))
}

// 10,000 MicroVMs are joined in a fraction of the time between two looks.
func BenchmarkRefresh(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var scripts []simulate.Script
			var records []usage.Record
			for i := range n {
				id := fmt.Sprintf("mvm-%05d", i)
				scripts = append(scripts, vm(id, ago(time.Hour, watch.Running), ago(20*time.Minute, watch.Suspended)))
				records = append(records, measured(id, time.Hour, 30*time.Minute, 1800, true))
			}
			scene := dollars(records, scripts...)
			scene.Fleet = fleet.New(fleet.Options{
				Watcher: scene.world, Source: spend.Source{Usage: scene.ledger, Rates: spendtest.DollarRates{}},
				Fingerprint: func(context.Context) (string, error) { return "1", nil },
			})
			for b.Loop() {
				scene.now = scene.now.Add(time.Second)
				if _, err := scene.Refresh(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Where nobody saw how long it ran before, what is known is a lower bound, unless the ledger has it.
func TestSuspendedBeforeAnybodyLooked(t *testing.T) {
	found := vm("a", ago(time.Hour, watch.Suspended))
	unsure := changed{change: func(m *watch.MicroVM) { m.Life[0].Sure = false }}
	for _, test := range []struct {
		records []usage.Record
		newer   string
	}{
		{nil, "≥10"}, // a launch read 2 GB, a suspend wrote 4 GB, which were stored for an hour
		{[]usage.Record{measured("a", time.Hour, 30*time.Minute, 600, true)}, "2"},
	} {
		scene := dollars(test.records, found)
		unsure.World = scene.world
		scene.Fleet = fleet.New(fleet.Options{
			Watcher: unsure, Source: spend.Source{Usage: scene.ledger, Rates: spendtest.DollarRates{}},
		})
		require.Equal(t, test.newer, text(scene.look(t).MicroVMs[0].Newer))
	}
}

// changed is a world of which looks find something else.
type changed struct {
	*simulate.World
	change func(*watch.MicroVM)
}

func (c changed) Look(ctx context.Context) (watch.Look, error) {
	look, err := c.World.Look(ctx)
	for i := range look.MicroVMs {
		c.change(&look.MicroVMs[i])
	}
	return look, err
}
