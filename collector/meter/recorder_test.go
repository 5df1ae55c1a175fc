package meter

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

const (
	second = time.Second
	hour   = time.Hour
)

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
			"run of another MicroVM", "whoever runs in a MicroVM can call the hook: the first one holds, also after a suspend",
			func(w *world) {
				w.launched().runs(90 * second)
				w.identity.MicroVMID = "mvm-2"
				require.Equal(w.t, Refused, w.recorder.Run(w.now, w.load, w.identity))
				w.frozen(hour)
				require.Equal(w.t, Refused, w.recorder.Run(w.now, w.load, w.identity))
				w.runs(7 * second).terminate()
				require.Equal(w.t, w.lines, linesOf(w.lines, "mvm-1"))
			},
			"run 97000, suspended 3600000, 1 launches, 1 suspends, 1 resumes", "run-refused unannounced",
		},
		{
			"run of another tenant", "likewise, of the same MicroVM",
			func(w *world) {
				w.launched().runs(2 * second)
				w.identity.Tenant = "bravo"
				require.Equal(w.t, Refused, w.recorder.Run(w.now, w.load, w.identity))
				w.runs(7 * second).terminate()
				require.Equal(w.t, "acme", w.lines[1].Tenant)
			},
			"run 9000, suspended 0, 1 launches, 0 suspends, 0 resumes", "run-refused",
		},
		{
			"run with another budget", "likewise, also after a terminate hook that was not one, and with the clock set late",
			func(w *world) {
				dollars := decimal.RequireFromString("1")
				w.identity.Limits.Dollars = &dollars
				w.frozenStale(72 * hour).run().runs(2 * second)
				more := w.identity
				raised := decimal.RequireFromString("1000")
				more.Limits.Dollars = &raised
				require.Equal(w.t, Refused, w.recorder.Run(w.now, w.load, more))
				w.terminate().runs(second).setClock().runs(second)
				require.Equal(w.t, Refused, w.recorder.Run(w.now, w.load, more))
				w.runs(9 * second)
				require.Equal(w.t, Refused, w.recorder.Run(w.now, w.load, more))
				used, ok := w.recorder.Used()
				require.True(w.t, ok)
				require.Equal(w.t, "1", used.Limits.Dollars.String())
				w.stop()
			},
			"run 13000, suspended 0, 1 launches, 0 suspends, 0 resumes", "run-refused terminate-undone clock-stepped",
		},
		{
			"run of a MicroVM whose image was tried out", "no MicroVM is suspended for that long: it is a snapshot's",
			func(w *world) {
				w.launched().runs(90 * second)
				w.frozen(9 * hour)
				w.identity.MicroVMID = "mvm-2"
				require.Equal(w.t, Launched, w.recorder.Run(w.now, w.load, w.identity))
				w.runs(7 * second).terminate()
				w.lines = linesOf(w.lines, "mvm-2")
			},
			"run 7000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"run of a MicroVM whose image was tried out to the end", "a terminated MicroVM does not sleep, its image does",
			func(w *world) {
				w.launched().runs(90 * second).terminate().runs(second)
				w.frozen(hour)
				w.identity.MicroVMID = "mvm-2"
				require.Equal(w.t, Launched, w.recorder.Run(w.now, w.load, w.identity))
				w.runs(7 * second).terminate()
				w.lines = linesOf(w.lines, "mvm-2")
			},
			"run 7000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"run that could not be read, and again", "a hook that did not tell the id leaves it to the next one",
			func(w *world) {
				told := w.identity
				w.identity.MicroVMID, w.identity.Tenant, w.identity.untold = "", "", true
				w.launched().runs(second)
				require.Equal(w.t, Launched, w.recorder.Run(w.now, w.load, told))
				require.Equal(w.t, Repeated, w.recorder.Run(w.now, w.load, told))
				w.runs(second).terminate()
				require.Equal(w.t, "mvm-1 acme", w.lines[1].MicroVMID+" "+w.lines[1].Tenant)
			},
			"run 2000, suspended 0, 1 launches, 0 suspends, 0 resumes", "tenant-missing",
		},
		{
			"terminate, and it runs on", "the clocks are believed over the hooks: not a second is lost, nor the second launch won",
			func(w *world) {
				w.launched().runs(100 * second).terminate().runs(9 * second)
				require.False(w.t, w.recorder.Metering())
				w.runs(91 * second).terminate()
			},
			"run 200000, suspended 0, 1 launches, 0 suspends, 0 resumes", "terminate-undone",
		},
		{
			"terminate before a suspend", "likewise: it slept as no terminated MicroVM does",
			func(w *world) {
				w.launched().runs(100 * second).terminate().runs(3 * second).frozen(hour).runs(20 * second).terminate()
			},
			"run 123000, suspended 3600000, 1 launches, 1 suspends, 1 resumes", "terminate-undone unannounced",
		},
		{
			"terminate twice", "there is one end",
			func(w *world) { w.launched().runs(second).terminate().runs(second).terminate() },
			"run 1000, suspended 0, 1 launches, 0 suspends, 0 resumes", "",
		},
		{
			"hooks after the end", "a terminated MicroVM has no hooks any more: this one ran on, and was suspended",
			func(w *world) {
				w.launched()
				w.recorder.AtJump = true
				w.runs(second).terminate().suspend().frozen(hour).runs(second).resume().terminate()
			},
			"run 2000, suspended 3600000, 1 launches, 1 suspends, 1 resumes", "terminate-undone",
		},
		{
			"run after the end", "the same MicroVM runs on, by its clocks: it was not launched twice",
			func(w *world) { w.launched().runs(second).terminate().runs(second).run().runs(second).terminate() },
			"run 3000, suspended 0, 1 launches, 0 suspends, 0 resumes", "terminate-undone",
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
			"set before the tick", "the suspended state and the clock in one look, before the hook; the second since is running time",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(10 * time.Minute).runs(second).resume().runs(9 * second).terminate()
			},
			"run 110000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "",
		},
		{
			"set very late after the resume", "what was told by then stays; the rest of the suspended time comes after",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(60 * second).setClock().runs(10 * second).terminate()
			},
			"run 170000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "suspend-undone clock-uncorrected",
		},
		{
			"set very late, then a suspend of its own", "one jump is one suspend's length",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(60 * second).setClock()
				w.runs(100 * second).frozen(5 * time.Minute).runs(10 * second).terminate()
			},
			"run 270000, suspended 900000, 1 launches, 2 suspends, 2 resumes", "suspend-undone clock-uncorrected unannounced",
		},
		{
			"never set before the next suspend", "a jump after that is not the first one's length, and no clock shows that there was a first one",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(60 * second)
				w.suspend().frozen(5 * time.Minute).resume().runs(60 * second).frozen(2 * time.Minute).runs(10 * second).terminate()
			},
			"run 230000, suspended 420000, 1 launches, 2 suspends, 2 resumes", "suspend-undone clock-uncorrected unannounced",
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
			"never set", "no clock shows that it was suspended, which the note says",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(60 * second).terminate()
			},
			"run 160000, suspended 0, 1 launches, 1 suspends, 0 resumes", "suspend-undone clock-uncorrected",
		},
		{
			"terminated while waiting for the clock", "nothing waits at the end",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozenStale(10 * time.Minute).resume().runs(second).terminate()
			},
			"run 101000, suspended 0, 1 launches, 1 suspends, 0 resumes", "suspend-undone clock-uncorrected",
		},
		{
			"a monotonic clock that went on", "the clocks are believed over the hooks: it ran",
			func(w *world) {
				w.launched().runs(100 * second).suspend().passes(10 * time.Minute).resume().runs(10 * second).terminate()
			},
			"run 710000, suspended 0, 1 launches, 1 suspends, 0 resumes", "suspend-undone clock-uncorrected",
		},
		{
			"suspend twice", "the service may try a hook again; it ran on meanwhile, and one suspend counts",
			func(w *world) {
				w.launched().runs(100 * second).suspend().runs(second).suspend().frozen(10 * time.Minute).resume().runs(10 * second).terminate()
			},
			"run 111000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "suspend-undone",
		},
		{
			"suspend and resume in a loop", "whoever calls hooks does not make a MicroVM sleep: one suspend at most is too many",
			func(w *world) {
				w.launched()
				for range 7350 {
					w.suspend().passes(5 * time.Millisecond).resume().passes(5 * time.Millisecond)
				}
				w.terminate()
				require.Less(w.t, len(w.lines), 150, "the loop does not fill the log")
				card, err := pricing.EmbeddedCards().Card("eu-west-1")
				require.NoError(w.t, err)
				sum := w.sum()
				bill, err := sum.Measured().Bill(card)
				require.NoError(w.t, err)
				// 73.5 × 0.0000291572 + 147 × 0.0000038603 + 3 × 0.0016403088 + 2 × 0.0040636422
				require.Equal(w.t, "0.0157587291", bill.Total().String())
			},
			"run 73500, suspended 0, 1 launches, 1 suspends, 0 resumes", "suspend-undone clock-uncorrected",
		},
		{
			"a suspend that was invented before one that was not", "its count is that of the next, also where nothing comes after",
			func(w *world) {
				w.launched().runs(100 * second).suspend().runs(20 * second).suspend().runs(30 * second).suspend().frozen(hour)
				sum := w.sum()
				require.Equal(w.t, "1", sum.Amounts[usage.Suspends].String(), "whether it ever wakes up or not")
				require.Equal(w.t, "150000", sum.Amounts[usage.Running].String())
				w.resume().runs(10 * second).suspend().frozen(hour).resume().terminate()
			},
			"run 160000, suspended 7200000, 1 launches, 2 suspends, 2 resumes", "suspend-undone",
		},
		{
			"a resume that was invented", "nothing shows a suspend, so none counts",
			func(w *world) { w.launched().runs(100 * second).resume().runs(100 * second).terminate() },
			"run 200000, suspended 0, 1 launches, 0 suspends, 0 resumes", "clock-uncorrected",
		},
		{
			"a short suspend", "at hooks, a tenth of a second is one",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(700 * time.Millisecond).resume().runs(20 * second).terminate()
			},
			"run 120000, suspended 700, 1 launches, 1 suspends, 1 resumes", "",
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
			"run 200000, suspended 600000, 1 launches, 1 suspends, 1 resumes", "resume-unseen",
		},
		{
			"no resume hook between two suspends", "the second suspend hook shows that it ran",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(10 * time.Minute).runs(3 * second).suspend()
				w.frozen(5 * time.Minute).resume().runs(10 * second).terminate()
			},
			"run 113000, suspended 900000, 1 launches, 2 suspends, 2 resumes", "resume-unseen",
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
			"set back while suspended", "a clock that was set back shows no suspend, nor that there was none",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(-hour).resume().runs(20 * second).terminate()
			},
			"run 120000, suspended 0, 1 launches, 1 suspends, 0 resumes", "suspend-undone clock-uncorrected suspended-unknown clock-stepped",
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
			"terminated while suspended", "the clocks show that it was woken up for it, and ran",
			func(w *world) {
				w.launched().runs(100 * second).suspend().frozen(hour).runs(second).terminate()
			},
			"run 101000, suspended 3600000, 1 launches, 1 suspends, 1 resumes", "resume-unseen",
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
				w.identity.MicroVMID, w.identity.untold = "", true
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
