package meter

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/emftest"
	"microspend/pricing"
	"microspend/usage"
)

// TestAnyLife draws lives of MicroVMs whose hooks are all served, and adds the truth up beside the recorder: not a
// millisecond, vCPU-millisecond or byte may be lost, whatever the moments, and every line lies within its minute.
func TestAnyLife(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.tick = time.Duration(rapid.SampledFrom([]int{100, 999, 1000, 1001, 7000}).Draw(rt, "tick")) * time.Millisecond
		w.now.Wall += rapid.Int64Range(0, int64(24*time.Hour)).Draw(rt, "begin")
		w.identity.Size = rapid.SampledFrom(pricing.Sizes()).Draw(rt, "size")
		w.identity.StateBytes = rapid.Int64Range(0, 8<<30).Draw(rt, "state")
		baseline := w.identity.Size.MiB()
		w.launched()

		truth := map[string]*big.Int{}
		add := func(what string, factors ...int64) {
			product := big.NewInt(1)
			for _, f := range factors {
				product.Mul(product, big.NewInt(f))
			}
			if truth[what] == nil {
				truth[what] = new(big.Int)
			}
			truth[what].Add(truth[what], product)
		}
		duration := func(label string, least, most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(int64(least), int64(most)).Draw(rt, label))
		}
		cycles := rapid.IntRange(0, 4).Draw(rt, "cycles")
		for cycle := range cycles + 1 {
			for range rapid.IntRange(1, 3).Draw(rt, "stretches") {
				running := duration("running", 0, 3*time.Minute)
				milli := rapid.Int64Range(0, 20_000).Draw(rt, "vCPU thousandths")
				w.load.MemoryKiB = rapid.Int64Range(0, 40<<20).Draw(rt, "KiB")
				w.busyRuns(running, milli)
				add("ns", int64(running))
				used := min(max(w.load.MemoryKiB, baseline*1024), 4*baseline*1024)
				add("KiB ns", int64(running), used)
				for left := running; left > 0; left -= w.tick {
					step := int64(min(left, w.tick))
					add("quarter vCPU ns", min(max(step/1000*milli*4, step*(baseline/512)), 4*step*(baseline/512)))
				}
			}
			if cycle == cycles {
				break
			}
			w.suspend()
			frozen := duration("frozen", time.Second, 80*time.Minute)
			w.frozen(frozen).resume()
			add("suspended ns", int64(frozen))
		}
		w.terminate()
		w.requireOrder(t)

		sum := w.sum()
		told := func(what string, units int64, got string) {
			if truth[what] == nil {
				truth[what] = new(big.Int)
			}
			whole := new(big.Int).Div(truth[what], big.NewInt(units))
			require.Equal(rt, whole.String(), got, what)
		}
		told("ns", 1e6, sum.Amounts[usage.Running].String())
		told("quarter vCPU ns", 4e6, sum.Amounts[pricing.VCPU].String())
		told("KiB ns", 1024e6, sum.Amounts[pricing.Memory].String())
		require.EqualValues(rt, cycles, sum.Amounts[usage.Suspends].Decimal().IntPart())
		require.EqualValues(rt, cycles, sum.Amounts[usage.Resumes].Decimal().IntPart())
		require.EqualValues(rt, 1, sum.Amounts[usage.Launches].Decimal().IntPart())
		state := w.identity.StateBytes
		if state == 0 {
			state = baseline << 20
		}
		require.EqualValues(rt, int64(cycles)*state, sum.Amounts[pricing.SnapshotWrite].Decimal().IntPart())
		require.EqualValues(rt, int64(cycles)*state+3<<30, sum.Amounts[pricing.SnapshotRead].Decimal().IntPart())
		// Each suspend begins and ends somewhere within a millisecond.
		suspended := new(big.Int)
		if truth["suspended ns"] != nil {
			suspended = suspended.Div(truth["suspended ns"], big.NewInt(1e6))
		}
		require.InDelta(rt, suspended.Int64(), sum.Amounts[usage.Suspended].Decimal().IntPart(), float64(cycles)+1)
		require.Equal(rt, new(big.Int).Div(new(big.Int).Mul(big.NewInt(state),
			big.NewInt(sum.Amounts[usage.Suspended].Decimal().IntPart())), big.NewInt(1000)).String(),
			sum.Amounts[pricing.SnapshotStorage].String())
	})
}

// TestInventedHooks: whatever hooks somebody in the MicroVM invents, beside those of its suspends, running time is what
// the monotonic clock passed since the launch, suspended time is the rest of what the wall clock did, one suspend at
// most is too many, and nobody else is billed.
func TestInventedHooks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.tick = time.Duration(rapid.SampledFrom([]int{100, 1000, 7000}).Draw(rt, "tick")) * time.Millisecond
		w.launched()
		begin := w.now
		forged := w.identity
		forged.MicroVMID = "mvm-2"
		invent := func(most int) {
			for range rapid.IntRange(0, most).Draw(rt, "hooks") {
				switch rapid.SampledFrom([]string{"run", "again", "suspend", "resume", "terminate"}).Draw(rt, "hook") {
				case "run":
					require.Equal(rt, Refused, w.recorder.Run(w.now, w.load, forged))
				case "again":
					require.Equal(rt, Repeated, w.recorder.Run(w.now, w.load, w.identity))
				case "suspend":
					w.suspend()
				case "resume":
					w.resume()
				case "terminate":
					w.terminate()
				}
				w.runs(time.Duration(rapid.Int64Range(0, int64(15*time.Second)).Draw(rt, "pause")))
			}
		}
		invent(8)
		w.runs(DefaultTiming().Repeat + 30*time.Second)
		var freezes int64
		for range rapid.IntRange(0, 4).Draw(rt, "suspends") {
			invent(8)
			hooks := rapid.SampledFrom([]string{"both", "suspend", "resume", "none"}).Draw(rt, "hooks of a suspend")
			if hooks == "both" || hooks == "suspend" {
				w.suspend()
			} else if w.recorder.ended != nil {
				w.runs(DefaultTiming().UndoneWait) // or it would be a snapshot of the image after it was tried out
			}
			w.frozen(time.Duration(rapid.Int64Range(int64(10*time.Second), int64(90*time.Minute)).Draw(rt, "frozen")))
			freezes++
			if hooks == "both" || hooks == "resume" {
				w.resume()
			}
			invent(8)
			w.runs(20 * time.Second) // each suspend is known by then
		}
		w.resume().terminate()
		w.requireOrder(t)
		require.Empty(rt, linesOf(w.lines, "mvm-2"))
		sum := w.sum()
		of := func(m usage.Measure) int64 { return sum.Amounts[m].Decimal().IntPart() }
		require.Equal(rt, (w.now.Mono - begin.Mono).Milliseconds(), of(usage.Running))
		require.InDelta(rt, (w.now.Wall-begin.Wall)/nsPerMS, of(usage.Running)+of(usage.Suspended), float64(freezes)+1)
		require.EqualValues(rt, 1, of(usage.Launches))
		require.Equal(rt, freezes, of(usage.Resumes))
		require.GreaterOrEqual(rt, of(usage.Suspends), freezes)
		require.LessOrEqual(rt, of(usage.Suspends), freezes+1)
	})
}

// TestAnything: whatever hooks come at whatever moments, with whatever the clocks do, time that the monotonic clock
// did not see is never running time, lines are sound and in order, and the recorder does not grow.
func TestAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		begin := w.now.Mono
		w.recorder.AtJump = rapid.Bool().Draw(rt, "start at a jump")
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			d := time.Duration(rapid.Int64Range(0, int64(3*time.Minute)).Draw(rt, "length"))
			switch rapid.SampledFrom([]string{
				"run", "suspend", "resume", "terminate", "time", "time", "time", "freeze", "stale",
				"set", "step", "other",
			}).Draw(rt, "what") {
			case "run":
				w.run()
			case "suspend":
				w.suspend()
			case "resume":
				w.resume()
			case "terminate":
				w.terminate()
			case "time":
				w.load.CPUKnown = rapid.Bool().Draw(rt, "CPU known")
				w.runs(d)
			case "freeze":
				w.frozen(10 * d)
			case "stale":
				w.frozenStale(10 * d)
			case "set":
				w.setClock()
			case "step":
				w.stepClock(d - time.Minute)
			case "other":
				w.identity.MicroVMID = rapid.SampledFrom([]string{"mvm-1", "mvm-2", ""}).Draw(rt, "id")
			}
		}
		w.stop()
		var running int64
		sequences := emftest.Sequences{}
		for i := range w.lines {
			running += w.lines[i].Amounts[usage.Running]
			require.True(rt, sequences.Add(w.lines[i].Life, w.lines[i].Sequence), "a line came twice")
		}
		require.Zero(rt, sequences.Missing(true))
		require.LessOrEqual(rt, running, (w.now.Mono-begin).Milliseconds()+1)
	})
}
