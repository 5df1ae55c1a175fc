package logs

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/usage"
)

// TestWhateverGoesWrongWithLogs: calls fail at random, pages are empty or repeat, lines arrive late, twice, or not at
// all. The ledger ends equal to what the lines come to, or says of a period that it is not complete; a complete one
// is never wrong.
func TestWhateverGoesWrongWithLogs(t *testing.T) {
	throttled := fakecloudwatch.LogsFault{Fault: fakecloudwatch.Fault{
		Status: http.StatusBadRequest,
		Code:   "ThrottlingException", Message: "Rate exceeded",
	}}
	faults := []fakecloudwatch.LogsFault{
		throttled,
		{Fault: fakecloudwatch.Internal},
		{Fault: fakecloudwatch.Down},
		{Fault: fakecloudwatch.Fault{Drop: fakecloudwatch.DropBefore}},
		{Fault: fakecloudwatch.Fault{Drop: fakecloudwatch.DropMidway}},
		{Fault: fakecloudwatch.Fault{Garbage: []byte("<html>")}},
		{Empty: true},
		{Twice: true},
	}
	seeds := uint64(24)
	if testing.Short() {
		seeds = 6
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 0))
		failing, losing, late := random.IntN(6), random.IntN(4), random.IntN(2) == 0
		w := newLogsWorld(t, fakecloudwatch.LogsOptions{
			Scan: 20 + random.IntN(1000), PageEvents: 5 + random.IntN(1000),
			Faults: func(fakecloudwatch.LogsCall) fakecloudwatch.LogsFault {
				if random.IntN(10) < failing {
					return faults[random.IntN(len(faults))]
				}
				return fakecloudwatch.LogsFault{}
			},
		})
		w.options.Timing.Reread = time.Duration(seed%3) * 3 * time.Hour
		lost := map[usage.Key]bool{}
		for i := range 1 + random.IntN(3) {
			m := meterOf(fmt.Sprint("mvm-", i), "acme",
				monday.Add(time.Duration(random.Int64N(int64(48*time.Hour)))).Truncate(time.Millisecond))
			for range 1 + random.IntN(3) {
				m.run(time.Duration(1+random.Int64N(int64(40*time.Minute))).Round(time.Millisecond)+time.Millisecond, emf.Suspend)
				m.sleep(time.Duration(1+random.Int64N(int64(100*time.Minute))).Round(time.Millisecond) + time.Millisecond)
			}
			m.run(10*time.Minute, emf.Terminate)
			w.know(m)
			for _, line := range m.lines {
				key := usage.Key{
					Source: SourceName, Region: target.Region, Account: target.Account,
					Resource: usage.Resource{ID: m.line.MicroVMID}, PeriodStart: line.Start().Truncate(5 * time.Minute).Unix(),
				}
				event := fakecloudwatch.LogEvent{At: line.at, Message: string(line.AppendTo(nil))}
				if late && random.IntN(4) == 0 {
					event.Arrives = line.at.Add(time.Duration(random.Int64N(int64(20 * time.Hour))))
				}
				if random.IntN(100) < losing {
					lost[key] = true
					continue
				}
				w.fake.Put(place, logGroupName, "s", event)
				if random.IntN(50) == 0 {
					w.fake.Put(place, logGroupName, "s", event)
				}
			}
		}
		for range 4 {
			w.run()
			w.now = w.now.Add(time.Duration(random.Int64N(int64(5 * time.Hour))))
		}
		w.fake.SetFaults(nil)
		w.now = w.now.Add(24 * time.Hour)
		for gaps := 1; gaps > 0; w.now = w.now.Add(25 * time.Hour) {
			gaps = len(w.run().Gaps)
		}
		got := w.inLedger()
		for key, want := range w.truth {
			r, there := got[key]
			switch {
			case lost[key]:
				require.True(t, !there || r.Coverage != usage.CoverageComplete, "seed %d: a period that lacks a line says so: %+v",
					seed, r)
			default:
				require.True(t, there, "seed %d: %+v is lacking", seed, key)
				if r.Coverage == usage.CoverageComplete || len(lost) == 0 {
					require.Equal(t, want, r, "seed %d", seed)
				}
			}
		}
		for key := range got {
			require.Contains(t, w.truth, key)
		}
	}
}
