package microvmapi_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
	"microspend/usage"
)

const longestGap = 3 * time.Minute

// drawLife draws a life of which every state that is billed lasts longer than the longest gap that is filled in, so
// that no two polls miss a cycle: what the source says it cannot see.
func drawLife(t *rapid.T, id string) fakemicrovms.MicroVM {
	millis := func(from, to time.Duration, label string) time.Duration {
		return time.Duration(rapid.Int64Range(from.Milliseconds(), to.Milliseconds()).Draw(t, label)) * time.Millisecond
	}
	now := millis(-20*time.Minute, 40*time.Minute, "started")
	m := life(id, now)
	now += millis(0, 40*time.Second, "pending")
	state := microvmapi.StateRunning
	for range rapid.IntRange(1, 6).Draw(t, "states") {
		m.Changes = append(m.Changes, at(now, state))
		now += millis(longestGap+time.Minute, 12*time.Minute, "lasts")
		switch state {
		case running:
			if rapid.Bool().Draw(t, "suspending is seen") {
				m.Changes = append(m.Changes, at(now, microvmapi.StateSuspending))
				now += millis(0, 20*time.Second, "suspending")
			}
			state = suspended
		default:
			state = running
		}
	}
	switch rapid.IntRange(0, 2).Draw(t, "end") {
	case 0: // lives on
	case 1:
		m.Changes = append(m.Changes, at(now, terminated))
	case 2: // at any moment
		end := start.Add(millis(m.StartedAt.Sub(start), now, "ended"))
		m.Changes = slices.DeleteFunc(m.Changes, func(c fakemicrovms.Change) bool { return !c.At.Before(end) })
		if rapid.Bool().Draw(t, "terminating is seen") {
			m.Changes = append(m.Changes, fakemicrovms.Change{At: end, State: microvmapi.StateTerminating})
			end = end.Add(millis(0, 30*time.Second, "terminating"))
		}
		m.Changes = append(m.Changes, fakemicrovms.Change{At: end, State: terminated})
	}
	return m
}

// TestTheTruthLiesWithinTheBounds polls random lives at random times, with calls that take time and fail, polls that
// are killed before what they saw is kept, and times without polls.
func TestTheTruthLiesWithinTheBounds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		slow := rapid.Bool().Draw(rt, "slow")
		failing := rapid.IntRange(0, 4).Draw(rt, "failing")
		w := newWorld(t, func(o *microvmapi.Options, f *fakemicrovms.Options) {
			o.MaxGap, o.ImagesEvery, f.PageItems = longestGap, -1, rapid.IntRange(1, 5).Draw(rt, "page")
		})
		w.addImage(start.Add(-time.Hour))
		var ids []string
		for i := range rapid.IntRange(1, 6).Draw(rt, "MicroVMs") {
			ids = append(ids, fmt.Sprint("mvm-", i))
			w.service.Add(drawLife(rt, ids[i]))
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "faults"), 0))
		faults := []fakemicrovms.Fault{
			fakemicrovms.Throttled, fakemicrovms.Internal,
			{Drop: true},
			{Garbage: []byte("<")},
			{Repeat: true},
			{Empty: true},
		}
		w.service.SetFaults(func(fakemicrovms.Call) fakemicrovms.Fault {
			if slow {
				w.advance(time.Duration(random.IntN(900)) * time.Millisecond)
			}
			if random.IntN(10) < failing {
				return faults[random.IntN(len(faults))]
			}
			return fakemicrovms.Fault{}
		})
		// A poll takes time, and sees each MicroVM at some moment of it: what it says lies between what is true of the
		// time within the first and the last poll, and of the time with them.
		before := w.time()
		for ; w.fetch() != nil; before = w.time() {
			w.advance(time.Second)
		}
		after := w.time()
		for w.time().Sub(start) < 80*time.Minute {
			step := time.Duration(rapid.Int64Range(2000, 150_000).Draw(rt, "step")) * time.Millisecond
			if rapid.IntRange(0, 60).Draw(rt, "down") == 0 {
				step += 20 * time.Minute
			}
			w.advance(step)
			if rapid.IntRange(0, 9).Draw(rt, "killed") == 0 {
				state, records := w.state, len(w.records)
				w.killed()
				require.Equal(rt, string(state), string(w.state))
				require.Len(rt, w.records, records)
				continue
			}
			_ = w.fetch()
		}
		begun := w.time()
		random = rand.New(rand.NewPCG(0, 0))
		failing = 0
		require.NoError(rt, w.fetch())
		least, most := w.service.Truth(after, begun), w.service.Truth(before, w.time())

		for _, c := range []struct {
			what     string
			from, to time.Duration
		}{
			{"milliseconds of running", least.Running, most.Running},
			{"milliseconds of suspension", least.Suspended, most.Suspended},
		} {
			require.LessOrEqual(rt, w.counts[c.what+", at least"], c.to.Milliseconds(), "the least %s", c.what)
			require.GreaterOrEqual(rt, w.counts[c.what+", at most"], c.from.Milliseconds(), "the most %s", c.what)
			require.LessOrEqual(rt, w.counts[c.what+", at least"], w.counts[c.what])
			require.GreaterOrEqual(rt, w.counts[c.what+", at most"], w.counts[c.what])
		}
		for _, r := range w.records {
			from, to := r.PeriodStart, r.PeriodStart.Add(time.Duration(r.PeriodSeconds)*time.Second)
			if r.Coverage != usage.CoverageComplete || slow {
				continue
			}
			truth := w.service.Truth(from, to, r.Resource.ID)
			require.Equal(rt, truth.Running.Milliseconds(), r.Amounts[usage.Running], "a complete record is exact: %v", r)
			require.Equal(rt, truth.Suspended.Milliseconds(), r.Amounts[usage.Suspended], "a complete record is exact: %v", r)
			require.Zero(rt, r.Amounts[usage.Suspends]+r.Amounts[usage.Resumes])
		}
		require.GreaterOrEqual(rt, w.counts["launches"], least.Launches, "startedAt tells every launch")
		require.LessOrEqual(rt, w.counts["launches"], most.Launches)
	})
}
