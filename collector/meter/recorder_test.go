package meter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/pricing"
)

const (
	second = time.Second
	hour   = time.Hour
)

// TestScriptedLife follows one MicroVM from its image's build to its end, and adds its lines up to the last cent.
func TestScriptedLife(t *testing.T) {
	w := newWorld(t)
	w.runs(40 * second) // the image is built: nothing counts
	w.launched()
	w.runs(90 * second)
	w.busyRuns(30*second, 3000) // three vCPUs, two more than the baseline
	w.load.MemoryKiB = 5 << 20
	w.runs(10 * second) // 5 GiB, three more than the baseline
	w.load.MemoryKiB = 0
	w.suspend()
	w.frozen(37 * time.Minute)
	w.resume()
	w.runs(20 * second)
	w.suspend()
	w.frozen(90 * second)
	w.resume()
	w.runs(10*second + 250*time.Millisecond)
	w.terminate()
	w.requireOrder(t)

	require.Equal(t, "run 160250, suspended 2310000, 1 launches, 2 suspends, 2 resumes", w.totals())
	sum := w.sum()
	require.Equal(t, "220250", sum.Amounts[pricing.VCPU].String(), "160.25 s × 1 vCPU and 30 s × 2 more")
	require.Equal(t, "358912000", sum.Amounts[pricing.Memory].String(), "160.25 s × 2048 MiB and 10 s × 3072 more")
	require.Equal(t, int64(3+2+2)<<30, sum.Amounts[pricing.SnapshotRead].Decimal().IntPart(),
		"the image once, the state twice")
	require.Equal(t, int64(2+2)<<30, sum.Amounts[pricing.SnapshotWrite].Decimal().IntPart())
	require.Equal(t, int64(2<<30)*2310, sum.Amounts[pricing.SnapshotStorage].Decimal().IntPart())

	card, err := pricing.EmbeddedCards().Card("eu-west-1")
	require.NoError(t, err)
	bill, err := sum.Measured().Bill(card)
	require.NoError(t, err)
	// 220.25 × 0.0000291572 + 350.5 × 0.0000038603 + 7 × 0.0016403088 + 4 × 0.0040636422 + 2 × 2310 / 3600 × 0.0001322222
	require.Equal(t, "0.03568132400666666667", bill.Total().String())

	for _, l := range w.lines {
		require.Equal(t, "acme", l.Tenant)
		require.Equal(t, "eu-west-1", l.Region)
		require.Equal(t, "123456789012", l.Account)
	}
	var events []string
	for _, l := range w.lines {
		events = append(events, string(l.Event))
	}
	require.Equal(t, []string{
		"launch", "interval", "interval", "suspend",
		"suspended", "suspended", "suspended", "suspended", "suspended", "suspended", "suspended", "suspended",
		"resume", "interval", "suspend", "suspended", "resume", "terminate",
	}, events)
}

func TestClocksAndHooks(t *testing.T) {
	const none = "run 0, suspended 0, 0 launches, 0 suspends, 0 resumes"
	for _, tc := range []struct {
		name, reason string
		script       func(*world)
		totals       string
		notes        string
	}{
		{
			"terminate without run", "a hook out of turn is answered and counts nothing",
			func(w *world) { w.terminate().runs(second).terminate() },
			none, "",
		},
		{
			"build", "nothing is metered before the run hook, whatever the clock does",
			func(w *world) { w.runs(hour).frozen(hour).runs(second) },
			none, "",
		},
		{
			"run twice", "the service may try a hook again",
			func(w *world) { w.launched().runs(5 * second).run().runs(5 * second).terminate() },
			"run 10000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"run of another MicroVM", "what the snapshot had of a life is not this MicroVM's",
			func(w *world) {
				w.launched().runs(30 * second)
				w.frozen(hour)
				w.identity.MicroVMID = "mvm-2"
				w.run().runs(7 * second).terminate()
				w.lines = linesOf(w.lines, "mvm-2")
			},
			"run 7000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"terminate twice", "there is one end",
			func(w *world) { w.launched().runs(second).terminate().runs(second).terminate() },
			"run 1000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"hooks after the end", "a hook that is tried again does not begin another life",
			func(w *world) {
				w.launched()
				w.recorder.AtJump = true
				w.runs(second).terminate().suspend().frozen(hour).runs(second).resume().terminate()
			},
			"run 1000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"run after the end", "a launch is a launch",
			func(w *world) { w.launched().runs(second).terminate().runs(second).run().runs(second).terminate() },
			"run 2000, suspended 0, 2 launches, 0 suspends, 0 resumes", "",
		},
		{
			"stale at the launch", "the clock of the build is set after the run hook: all lines come with the right time",
			func(w *world) {
				w.frozenStale(30 * 24 * hour).run().runs(3 * second).setClock().runs(7 * second).terminate()
				require.Equal(w.t, noon.Add(30*24*hour).UnixMilli(), w.lines[0].PeriodStart)
			},
			"run 10000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"set late after the launch", "within a minute of the launch no jump is a suspend",
			func(w *world) { w.frozenStale(hour).run().runs(20 * second).setClock().runs(10 * second).terminate() },
			"run 30000, suspended 0, 1 launches, 0 suspends, 0 resumes", "clock-stepped",
		},
		{
			"stale at the resume", "the clock is set two seconds after the hook",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(2 * second).setClock().runs(8 * second).terminate()
			},
			"run 110000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "",
		},
		{
			"set before the tick", "the suspended state and the clock in one look, before the hook",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(10 * time.Minute).runs(second).resume().runs(9 * second).terminate()
			},
			"run 109000, suspended 601000, 1 launches, 1 suspends, 1 resumes", "",
		},
		{
			"set very late after the resume", "what was told by then stays; the rest of the suspended time comes after",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(60 * second).setClock().runs(10 * second).terminate()
			},
			"run 170000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "clock-uncorrected",
		},
		{
			"set very late, then a suspend of its own", "one jump is one suspend's length",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(60 * second).setClock()
				w.runs(100 * second).frozen(5 * time.Minute).runs(10 * second).terminate()
			},
			"run 270000, suspended 900000, 1 launches, 2 suspends, 2 resumes", "clock-uncorrected unannounced",
		},
		{
			"never set before the next suspend", "a jump after that is not the first one's length",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(60 * second)
				w.suspend().frozen(5 * time.Minute).resume().runs(60 * second).frozen(2 * time.Minute).runs(10 * second).terminate()
			},
			"run 230000, suspended 420000, 1 launches, 3 suspends, 3 resumes", "clock-uncorrected unannounced",
		},
		{
			"two long suspends", "together they would be longer than a life",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(5 * hour).resume().runs(100 * second).frozen(4 * hour).runs(10 * second).terminate()
			},
			"run 210000, suspended 18000000, 1 launches, 1 suspends, 1 resumes", "clock-stepped",
		},
		{
			"a clock that is a little off", "a suspend is measured by the clock itself",
			func(w *world) {
				w.launched().runs(10 * second).stepClock(600 * time.Millisecond).runs(90 * second).suspend().frozen(10 * time.Minute).resume()
				w.runs(10 * second).terminate()
			},
			"run 110000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "",
		},
		{
			"never set", "how long it was suspended cannot be told, and is not made up",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(60 * second).terminate()
			},
			"run 160000, suspended 0, 1 launches, 1 suspends, 1 resumes", "clock-uncorrected",
		},
		{
			"terminated while waiting for the clock", "nothing waits at the end",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(second).terminate()
			},
			"run 101000, suspended 0, 1 launches, 1 suspends, 1 resumes", "clock-uncorrected",
		},
		{
			"a monotonic clock that went on", "the hooks bound the suspend, and it is not running time",
			func(w *world) {
				w.launched().runs(100 * second).suspend().passes(10 * time.Minute).resume().runs(10 * second).terminate()
			},
			"run 110000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "",
		},
		{
			"suspend twice", "the service may try a hook again",
			func(w *world) {
				w.launched().runs(100 * second).suspend().runs(second).suspend().frozen(10 * time.Minute).resume().runs(10 * second).terminate()
			},
			"run 110000, suspended 601000, 1 launches, 1 suspends, 1 resumes", "",
		},
		{
			"resume twice", "likewise",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(10 * time.Minute).resume().runs(second).resume().runs(9 * second).terminate()
			},
			"run 110000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "",
		},
		{
			"no resume hook", "the clock shows that it runs again",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(10 * time.Minute).runs(100 * second).terminate()
			},
			// The look that shows the jump comes a second after the thaw.
			"run 199000, suspended 601000, 1 launches, 1 suspends, 1 resumes", "resume-unseen",
		},
		{
			"no resume hook between two suspends", "the second suspend hook shows that it ran",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(10 * time.Minute).runs(3 * second).suspend()
				w.frozen(5 * time.Minute).resume().runs(10 * second).terminate()
			},
			"run 112000, suspended 901000, 1 launches, 2 suspends, 2 resumes", "resume-unseen",
		},
		{
			"no suspend hook", "the resume hook confirms the jump",
			func(w *world) {
				w.launched().runs(100 * second).frozen(10 * time.Minute).resume().runs(10 * second).terminate()
			},
			"run 110000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "unannounced",
		},
		{
			"no suspend hook, short", "a jump that would be no suspend by itself is one with the hook",
			func(w *world) {
				w.launched().runs(100 * second).frozen(4 * second).runs(second).resume().runs(9 * second).terminate()
			},
			"run 110000, suspended 4000, 1 launches, 1 suspends, 1 resumes", "clock-stepped unannounced",
		},
		{
			"no suspend hook, stale", "the clock tells a second after the hook",
			func(w *world) {
				w.launched().runs(100 * second).frozenStale(10 * time.Minute).resume().runs(second).setClock().runs(9 * second).terminate()
			},
			"run 110000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "unannounced",
		},
		{
			"no hooks but run", "a jump is a suspend, and says so",
			func(w *world) {
				w.launched().runs(100 * second).frozen(10 * time.Minute).runs(100 * second).frozen(time.Minute).runs(10 * second).stop()
			},
			"run 210000, suspended 660000, 1 launches, 2 suspends, 2 resumes", "unannounced meter-stopped",
		},
		{
			"suspended for longer than a life", "a jump that no MicroVM can sleep is the clock's",
			func(w *world) { w.launched().runs(100 * second).frozen(9 * hour).runs(10 * second).terminate() },
			"run 110000, suspended 0, 1 launches, 0 suspends, 0 resumes", "clock-stepped",
		},
		{
			"hooks around an impossible jump", "the suspend counts, its length is not known",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(90 * 24 * hour).resume().runs(10 * second).terminate()
			},
			"run 110000, suspended 0, 1 launches, 1 suspends, 1 resumes", "suspended-unknown",
		},
		{
			"set back while suspended", "likewise",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(-hour).resume().runs(20 * second).terminate()
			},
			"run 120000, suspended 0, 1 launches, 1 suspends, 1 resumes", "clock-uncorrected suspended-unknown",
		},
		{
			"small steps", "running time is the monotonic clock's, whatever is done to the other",
			func(w *world) {
				w.launched().runs(100 * second)
				for range 20 {
					w.stepClock(300 * time.Millisecond).runs(7 * second).stepClock(-200 * time.Millisecond).runs(3 * second)
				}
				w.terminate()
			},
			"run 300000, suspended 0, 1 launches, 0 suspends, 0 resumes", "clock-stepped",
		},
		{
			"steps forward and back", "likewise; a line ends where the clock was set",
			func(w *world) {
				w.launched().runs(100 * second).stepClock(5 * second).runs(100 * second).stepClock(-2 * hour).runs(100 * second).terminate()
			},
			"run 300000, suspended 0, 1 launches, 0 suspends, 0 resumes", "clock-stepped",
		},
		{
			"a suspend that was undone", "the MicroVM ran on",
			func(w *world) { w.launched().runs(100 * second).suspend().runs(200 * second).terminate() },
			"run 300000, suspended 0, 1 launches, 1 suspends, 0 resumes", "suspend-undone",
		},
		{
			"not undone after all", "the clock is set after that and tells that it was suspended",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(hour).runs(100 * second).setClock().runs(10 * second).terminate()
			},
			"run 210000, suspended 3600000, 1 launches, 1 suspends, 1 resumes", "suspend-undone clock-uncorrected",
		},
		{
			"terminated while suspended", "the clock had shown that it was woken up for it",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(hour).runs(second).terminate()
			},
			"run 100000, suspended 3601000, 1 launches, 1 suspends, 0 resumes", "",
		},
		{
			"suspend hook without run", "it is a MicroVM for certain; what was before is not known",
			func(w *world) { w.runs(hour).suspend().frozen(hour).resume().runs(10 * second).terminate() },
			"run 10000, suspended 3600000, 1 launches, 1 suspends, 1 resumes", "launch-unseen",
		},
		{
			"resume hook without run", "likewise",
			func(w *world) { w.runs(hour).frozen(hour).resume().runs(10 * second).terminate() },
			"run 10000, suspended 0, 1 launches, 0 suspends, 1 resumes", "launch-unseen suspended-unknown",
		},
		{
			"start at a jump", "without hooks the first jump is the launch",
			func(w *world) {
				w.recorder.AtJump = true
				w.runs(hour).frozen(72 * hour).runs(100 * second).frozen(hour).runs(100 * second).stop()
			},
			"run 199000, suspended 3600000, 1 launches, 1 suspends, 1 resumes", "launch-unseen unannounced meter-stopped",
		},
		{
			"the run hook after all", "it names what was found to be launched",
			func(w *world) {
				w.recorder.AtJump = true
				w.recorder.Unhooked.MicroVMID = ""
				w.runs(hour).frozen(72 * hour).runs(second)
				w.run().runs(100 * second).terminate()
				require.Equal(w.t, "mvm-1", w.lines[len(w.lines)-1].MicroVMID)
			},
			"run 100000, suspended 0, 1 launches, 0 suspends, 0 resumes", "launch-unseen",
		},
		{
			"a process that was held up", "the MicroVM ran all the while",
			func(w *world) { w.launched().runs(100 * second).passes(20 * time.Minute).runs(second).terminate() },
			"run 1301000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"hooks without an id", "a launch is a launch",
			func(w *world) {
				w.identity.MicroVMID = ""
				w.launched().runs(second).run().runs(second).terminate()
				require.Equal(w.t, "unnamed-"+w.lines[0].Life, w.lines[0].MicroVMID)
			},
			"run 2000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			tc.script(w)
			require.Equal(t, tc.totals, w.totals(), tc.reason)
			require.Equal(t, tc.notes, w.notes(), tc.reason)
		})
	}
}

func linesOf(lines []emf.Line, microVMID string) (kept []emf.Line) {
	for _, l := range lines {
		if l.MicroVMID == microVMID {
			kept = append(kept, l)
		}
	}
	return kept
}
