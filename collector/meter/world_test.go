package meter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/emftest"
	"microspend/pricing"
	"microspend/usage"
)

// world is a MicroVM with clocks that a test moves, around the real recorder and the real lines.
type world struct {
	t        testing.TB
	recorder *Recorder
	now      Instant
	load     Load
	debt     time.Duration // by which the wall clock is behind, as it is after a snapshot until it is set
	tick     time.Duration
	identity Identity
	lines    []emf.Line
	said     []string
}

// noon is when every world begins.
var noon = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

func newWorld(t testing.TB) *world {
	size, err := pricing.ParseSize("2GB")
	require.NoError(t, err)
	w := &world{
		t: t, now: Instant{Mono: time.Hour, Wall: noon.UnixNano()}, tick: time.Second,
		load: Load{CPUKnown: true, MemoryKnown: true},
		identity: Identity{
			MicroVMID: "mvm-1", Tenant: "acme", Image: "arn:aws:lambda:eu-west-1:123456789012:microvm-image:img",
			Arch: pricing.ArchARM64, Size: size, ImageBytes: 3 << 30,
		},
	}
	lives := 0
	w.recorder = &Recorder{
		Publication: emf.Publication{Namespace: emf.DefaultNamespace}, Timing: DefaultTiming(),
		Emit: func(line *emf.Line) {
			require.NoError(t, line.Check())
			text := line.AppendTo(nil)
			require.NoError(t, emftest.CheckRules(text))
			back, err := emf.Decode(text)
			require.NoError(t, err)
			w.lines = append(w.lines, back)
		},
		Say:      func(format string, args ...any) { w.said = append(w.said, fmt.Sprintf(format, args...)) },
		DrawLife: func(Instant, string) string { lives++; return fmt.Sprintf("%032x", lives) },
		Unhooked: w.identity,
	}
	w.recorder.Observe(w.now, w.load)
	return w
}

// runs lets the MicroVM run, with a look at the clocks at every tick.
func (w *world) runs(d time.Duration) *world {
	for d > 0 {
		step := min(d, w.tick)
		w.passes(step)
		w.recorder.Observe(w.now, w.load)
		d -= step
	}
	return w
}

// busyRuns lets it run with so many vCPUs used, in thousandths.
func (w *world) busyRuns(d time.Duration, milliVCPU int64) *world {
	for d > 0 {
		step := min(d, w.tick)
		w.passes(step)
		w.load.CPU += time.Duration(int64(step) / 1000 * milliVCPU)
		w.recorder.Observe(w.now, w.load)
		d -= step
	}
	return w
}

// passes lets time pass without a look at the clocks.
func (w *world) passes(d time.Duration) *world {
	w.now.Mono += d
	w.now.Wall += int64(d)
	return w
}

// frozen stops the MicroVM; when it goes on, the wall clock has been set.
func (w *world) frozen(d time.Duration) *world { w.now.Wall += int64(d); return w }

// frozenStale stops the MicroVM; when it goes on, the wall clock has not been set.
func (w *world) frozenStale(d time.Duration) *world { w.debt += d; return w }

// setClock sets the wall clock right.
func (w *world) setClock() *world { w.now.Wall += int64(w.debt); w.debt = 0; return w }

// stepClock sets the wall clock by so much.
func (w *world) stepClock(d time.Duration) *world { w.now.Wall += int64(d); return w }

func (w *world) run() *world       { w.recorder.Run(w.now, w.load, w.identity); return w }
func (w *world) suspend() *world   { w.recorder.Suspend(w.now, w.load); return w }
func (w *world) resume() *world    { w.recorder.Resume(w.now, w.load); return w }
func (w *world) terminate() *world { w.recorder.Terminate(w.now, w.load); return w }
func (w *world) stop() *world      { w.recorder.Stop(w.now, w.load); return w }

// launched is a MicroVM that was frozen as an image's snapshot and has just been launched from it, its clock set.
func (w *world) launched() *world { return w.frozen(72 * time.Hour).run() }

// sum adds the lines up as a ledger would.
func (w *world) sum() usage.Sum {
	var sum usage.Sum
	for i := range w.lines {
		sum.Add(&usage.Record{Amounts: w.lines[i].Amounts})
	}
	return sum
}

// totals is what the lines amount to, for people.
func (w *world) totals() string {
	s := w.sum()
	return fmt.Sprintf("run %s, suspended %s, %s launches, %s suspends, %s resumes",
		s.Amounts[usage.Running], s.Amounts[usage.Suspended], s.Amounts[usage.Launches], s.Amounts[usage.Suspends],
		s.Amounts[usage.Resumes])
}

// notes are those of all lines, each once, in order.
func (w *world) notes() string {
	var all []string
	for _, l := range w.lines {
		for _, note := range l.Notes {
			if !strings.Contains(strings.Join(all, " "), note) {
				all = append(all, note)
			}
		}
	}
	return strings.Join(all, " ")
}

// requireOrder checks that the lines of each life are numbered without gaps, and that no two of one kind overlap.
func (w *world) requireOrder(t testing.TB) {
	last := map[string]*emf.Line{}
	for i := range w.lines {
		l := &w.lines[i]
		if before := last[l.Life]; before != nil {
			require.Equal(t, before.Sequence+1, l.Sequence)
			require.GreaterOrEqual(t, l.PeriodStart, before.PeriodEnd)
		} else {
			require.Equal(t, int64(1), l.Sequence)
		}
		last[l.Life] = l
	}
}
