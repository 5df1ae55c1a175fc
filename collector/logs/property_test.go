package logs

import (
	"bytes"
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
// all, and one MicroVM prints lines that are changed at random. The ledger ends equal to what the lines come to, or
// says of a period that it is not complete; a complete one is never wrong.
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
		{Fault: fakecloudwatch.Fault{Garbage: []byte("{}")}},
		{Fault: fakecloudwatch.Fault{Garbage: []byte(`{"events":null,"logGroups":null}`)}},
		{Fault: fakecloudwatch.Fault{Garbage: []byte(`{"events":[{}],"logGroups":[{}],"nextToken":"A"}`)}},
		{Fault: fakecloudwatch.Fault{Garbage: bytes.Repeat([]byte("["), 1<<20)}},
		{Fault: fakecloudwatch.Fault{Garbage: bytes.Repeat([]byte(" "), maxReply+1)}},
		{Token: "A"},
		{Token: "B"},
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
			w.know(logGroupName, m)
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
				w.fake.Put(place, logGroupName, m.line.MicroVMID, event)
				if random.IntN(50) == 0 {
					w.fake.Put(place, logGroupName, m.line.MicroVMID, event)
				}
			}
		}
		w.putHostile(random)
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
		for key, r := range got {
			if r.Resource.ID != hostileMicroVM {
				require.Contains(t, w.truth, key)
			}
			require.NoError(t, r.Check())
		}
	}
}

const hostileMicroVM = "evil"

// putHostile prints the lines of a MicroVM whose texts are changed at random. It names none but itself.
func (w *logsWorld) putHostile(random *rand.Rand) {
	m := aDay(hostileMicroVM, "mallory", monday.Add(time.Duration(random.Int64N(int64(40*time.Hour)))).Truncate(time.Millisecond))
	for _, line := range m.lines {
		text := line.AppendTo(nil)
		switch random.IntN(8) {
		case 0: // some bytes are others; its name stays, so that it poses as nobody else
			for range 1 + random.IntN(3) {
				// Behind the schema: a line of a newer meter is a gap until a newer program reads it.
				if at := 40 + random.IntN(len(text)-40); !bytes.Contains(text[max(at-40, 0):min(at+40, len(text))], []byte(hostileMicroVM)) {
					text[at] = byte(random.UintN(256))
				}
			}
		case 1:
			text = text[:random.IntN(len(text))]
		case 2:
			text = text[random.IntN(len(text)):]
		case 3:
			text = append(text, text...)
		case 4:
			text = bytes.ReplaceAll(text, []byte("60000"), []byte("9007199254740991"))
		case 5:
			line.at = line.at.Add(time.Duration(random.Int64N(int64(48*time.Hour))) - 24*time.Hour)
		}
		w.fake.Put(place, logGroupName, hostileMicroVM, fakecloudwatch.LogEvent{At: line.at, Message: string(text)})
	}
}
