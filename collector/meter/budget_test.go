package meter

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/usage"
)

// knownRates are those that the figures of these tests were worked out with by hand. A baseline of 2 GB, which has one
// vCPU, costs $0.000038 a second and $0.1368 an hour.
const knownRates = "vcpu_second=0.00003,gb_second=0.000004,snapshot_read_gb=0.0016,snapshot_write_gb=0.004," +
	"storage_gb_hour=0.00013"

// budgeted is a world whose MicroVM has limits.
type budgeted struct {
	*world
	watch *watch
	fired []string // threshold and spent, in the order of firing
	lives int
	full  bool // no action can be taken
}

func newBudgeted(t testing.TB, rates string, at ...string) *budgeted {
	b := &budgeted{world: newWorld(t)}
	var all thresholds
	for _, text := range at {
		require.NoError(t, all.Set(text))
	}
	b.watch = &watch{
		thresholds: all, begin: func() { b.lives++ }, say: b.recorder.Say,
		fire: func(f firing) bool {
			if !b.full {
				b.fired = append(b.fired, f.budget.Threshold+" at "+f.budget.Spent.String()+": "+f.action.text)
			}
			return !b.full
		},
	}
	if rates != "" {
		var err error
		b.watch.rates, err = parseRates(rates)
		require.NoError(t, err)
	}
	return b
}

func (b *budgeted) limits(budget, running, life string) *budgeted {
	b.identity.Limits = limitsOf(budget, running, life, func(name string, err error) bool {
		require.NoError(b.t, err, name)
		return false
	})
	return b
}

// each looks at the budget after each tick, as the meter does.
func (b *budgeted) each(d time.Duration) *budgeted {
	for ; d > 0; d -= b.tick {
		b.runs(min(d, b.tick))
		b.watch.look(b.recorder)
	}
	return b
}

// does looks at the budget after a hook.
func (b *budgeted) does(hook func() *world) *budgeted {
	hook()
	b.watch.look(b.recorder)
	return b
}

func (b *budgeted) document() Budget { return b.watch.document(b.recorder) }

func (b *budgeted) json() string {
	text, err := json.MarshalIndent(b.document(), "", " ")
	require.NoError(b.t, err)
	return string(text)
}

// TestBudgetOfALife: a life is launched from 3 GB, runs for a minute, is suspended for an hour with 2 GB, and runs for
// half a minute.
//
//	launch      3 GB read      × 0.0016               0.0048
//	running     90 s           × 0.000038             0.00342
//	suspend     2 GB written   × 0.004                0.008
//	suspended   2 GB × 1 h     × 0.00013              0.00026
//	resume      2 GB read      × 0.0016               0.0032
//	                                                  0.01968
//
// Of 0.04 that is 0.492, and 0.02032 are left: 534.7 s at 0.1368 an hour. Of 28,800 s of life, 90 + 3,600 are over.
func TestBudgetOfALife(t *testing.T) {
	b := newBudgeted(t, knownRates).limits("0.040", "30m", "")
	b.does(b.launched)
	b.each(time.Minute)
	b.does(b.suspend)
	require.Equal(t, PhaseSuspended, b.document().Phase)
	b.frozen(time.Hour)
	b.does(b.resume)
	b.setClock()
	b.each(30 * time.Second)
	require.JSONEq(t, `{
 "schema": "microspend.meter-budget/v1", "microvm_id": "mvm-1", "tenant": "acme", "region": "eu-west-1", "arch": "arm64",
 "as_of": "2026-11-26T13:01:30Z", "phase": "running", "state": "exact", "unknown_rates": [],
 "spent": "0.01968", "budget": "0.04", "left": "0.02032", "fraction": "0.492", "burn_per_hour": "0.1368",
 "running_seconds": "90", "suspended_seconds": "3600", "max_running_seconds": "1800", "max_life_seconds": "28800",
 "seconds_to_budget": "534", "seconds_to_max_running": "1710", "seconds_to_cap": "25110",
 "exhausted": false, "threshold": "", "rates": {"card": "inline", "read_on": ""},
 "assumptions": ["burst-measure", "launch-read", "state-size", "transition-billing"], "faults": []}`, b.json())

	b.does(b.terminate)
	require.JSONEq(t, `{
 "schema": "microspend.meter-budget/v1", "microvm_id": "mvm-1", "tenant": "acme",
 "region": "eu-west-1", "arch": "arm64", "as_of": "2026-11-26T13:01:30Z", "phase": "none", "state": "not-measured", "unknown_rates": [],
 "spent": null, "budget": null, "left": null, "fraction": null, "burn_per_hour": null, "running_seconds": null,
 "suspended_seconds": null, "max_running_seconds": null, "max_life_seconds": "28800", "seconds_to_budget": null,
 "seconds_to_max_running": null, "seconds_to_cap": null, "exhausted": false, "threshold": "",
 "rates": {"card": "", "read_on": ""}, "assumptions": [], "faults": []}`, b.json(), "nothing is left to be asked about")
}

// TestBudgetOfAnArchitecture: an hour of one vCPU and 2 GB after a launch from 3 GB, in eu-west-1. The launch reads 3
// GB at
// 0.0016403088 on every architecture: 0.0049209264.
func TestBudgetOfAnArchitecture(t *testing.T) {
	for _, tc := range []struct {
		reason, rates string
		arch          pricing.Arch
		burn, spent   string
	}{
		{
			"3,600 × (0.0000291572 + 2 × 0.0000038603)", "", pricing.ArchARM64,
			"0.13276008", "0.1376810064",
		},
		{
			"3,600 × (0.0000340538 + 2 × 0.0000045086)", "", pricing.ArchX86,
			"0.1550556", "0.1599765264",
		},
		{
			"of a processor that no MicroVM has it is not known, and ARM64 is assumed", "", pricing.ArchUnknown,
			"0.13276008", "0.1376810064",
		},
		{
			"plain names are rates of the architecture that runs: 3,600 × (0.00004 + 2 × 0.000005)",
			"vcpu_second=0.00004,gb_second=0.000005", pricing.ArchX86,
			"0.18", "0.1849209264",
		},
		{
			"full names say it of themselves: 3,600 × (0.00004 + 2 × 0.000005)",
			"vcpu_second_x86=0.00004,gb_second_x86=0.000005", pricing.ArchX86,
			"0.18", "0.1849209264",
		},
		{
			"rates of the other architecture's compute are never taken for this one's",
			"vcpu_second_x86=0.00004,gb_second_x86=0.000005", pricing.ArchARM64,
			"0.13276008", "0.1376810064",
		},
	} {
		b := newBudgeted(t, tc.rates)
		b.identity.Arch = tc.arch
		b.does(b.launched)
		b.each(time.Hour)
		got := b.document()
		require.Equal(t, tc.burn, got.BurnPerHour.String(), tc.reason)
		require.Equal(t, tc.spent, got.Spent.String(), tc.reason)
		require.Equal(t, "exact", got.State, tc.reason)
		require.Equal(t, string(tc.arch), got.Arch, tc.reason)
		require.Equal(t, tc.arch == pricing.ArchUnknown, slices.Contains(got.Assumptions, string(assumption.ArchAssumed)), tc.reason)
		for _, line := range b.lines {
			require.Equal(t, tc.arch, line.Arch, "each line says it: %s", tc.reason)
		}
	}
}

// TestNamesInABudget are as the run hook gave them, not as CloudWatch takes them.
func TestNamesInABudget(t *testing.T) {
	b := newBudgeted(t, knownRates)
	b.identity.Tenant, b.identity.MicroVMID = "Müller & Söhne", "vm ä"
	b.launched()
	d := b.document()
	require.Equal(t, "Müller & Söhne, vm ä", d.Tenant+", "+d.MicroVMID)
	require.Contains(t, d.environment(), "MICROSPEND_TENANT=Müller & Söhne")
}

// TestBurn: what running costs an hour follows the last minute of it.
func TestBurn(t *testing.T) {
	b := newBudgeted(t, knownRates)
	b.launched()
	require.Equal(t, "0.1368", b.document().BurnPerHour.String(), "the baseline, before anything is measured")
	b.busyRuns(30*time.Second, 3000)
	// 3 vCPUs × 3,600 s × 0.00003 + 2 GB × 3,600 s × 0.000004
	require.Equal(t, "0.3528", b.document().BurnPerHour.String())
	b.runs(30 * time.Second)
	// The half minute of bursts is half of what counts: 2 vCPUs.
	require.Equal(t, "0.2448", b.document().BurnPerHour.String())
	b.load.MemoryKiB = 5 << 20
	b.runs(time.Minute)
	// One vCPU, and 5 GB in use.
	require.Equal(t, "0.18", b.document().BurnPerHour.String())
	b.suspend()
	require.Equal(t, "0.1368", b.document().BurnPerHour.String(), "after a suspend it begins anew")
}

// TestUsedIsWhatLinesTell: at every moment, what has been used is what the lines would add up to if the MicroVM ended
// then, and it never falls.
func TestUsedIsWhatLinesTell(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.launched()
		before := Used{}
		check := func() {
			used, ok := w.recorder.Used()
			require.True(rt, ok)
			require.GreaterOrEqual(rt, used.Lived, before.Lived)
			for _, m := range usage.Measures() {
				require.True(rt, used.Amounts[m].Decimal().GreaterThanOrEqual(before.Amounts[m].Decimal()), "%v", m)
			}
			before = used
		}
		check()
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			length := time.Duration(rapid.Int64Range(1, int64(3*time.Minute)).Draw(rt, "length"))
			switch rapid.SampledFrom([]string{"idle", "busy", "suspend", "stale"}).Draw(rt, "step") {
			case "idle":
				w.runs(length)
			case "busy":
				w.load.MemoryKiB = rapid.Int64Range(0, 9<<20).Draw(rt, "memory")
				w.busyRuns(length, rapid.Int64Range(0, 5000).Draw(rt, "vcpu"))
			case "suspend":
				w.suspend()
				check()
				w.frozen(length + 20*time.Second).resume()
			case "stale":
				w.suspend().frozenStale(length + 20*time.Second).resume()
				check()
				w.setClock().runs(2 * time.Second)
			}
			check()
		}
		w.runs(11 * time.Second) // a wait for the clock is over
		check()
		used := before
		w.terminate()
		require.Equal(rt, w.sum().Amounts, used.Amounts)
	})
}

// TestStates: what is not known is not shown as known.
func TestStates(t *testing.T) {
	t.Run("no card", func(t *testing.T) {
		b := newBudgeted(t, "").limits("1", "", "")
		b.identity.Image = "arn:aws:lambda:eu-west-9:123456789012:microvm-image:img"
		b.launched()
		b.each(time.Second)
		d := b.document()
		require.Equal(t, "unknown-rates", d.State)
		require.Nil(t, d.Spent, "nothing of it can be priced")
		require.Nil(t, d.Left)
		require.Nil(t, d.BurnPerHour)
		require.Equal(t, []string{"vcpu", "memory", "snapshot.read"}, d.UnknownRates)
		require.Equal(t, "1", d.Running.String())
		require.Contains(t, strings.Join(b.said, "\n"), `the rates of eu-west-9 are not known`)
	})
	t.Run("no card, and no budget that needs one", func(t *testing.T) {
		b := newBudgeted(t, "").limits("", "30m", "")
		b.identity.Image = "arn:aws:lambda:eu-west-9:123456789012:microvm-image:img"
		b.launched()
		b.each(time.Second)
		require.Equal(t, "unknown-rates", b.document().State)
		require.NotContains(t, strings.Join(b.said, "\n"), "no rates", "nobody has asked what it costs")
	})
	t.Run("one rate missing", func(t *testing.T) {
		b := newBudgeted(t, "vcpu_second=0.00003,gb_second=0.000004").limits("1", "", "")
		b.identity.Image, b.identity.Region = "", "eu-west-9"
		b.launched()
		b.each(10 * time.Second)
		d := b.document()
		require.Equal(t, "unknown-rates", d.State)
		require.Equal(t, "0.00038", d.Spent.String(), "what could be priced")
		require.Equal(t, []string{"snapshot.read"}, d.UnknownRates, "storage was not used")
		require.Equal(t, "inline", d.Rates.Card)
	})
	t.Run("built in", func(t *testing.T) {
		b := newBudgeted(t, "")
		b.launched()
		b.each(10 * time.Second)
		d := b.document()
		require.Equal(t, "exact aws-list", d.State+" "+d.Rates.Card)
		require.NotEmpty(t, d.Rates.ReadOn)
		card, err := pricing.EmbeddedCards().Card("eu-west-1")
		require.NoError(t, err)
		bill, err := pricing.Quantities{
			decimal.NewFromInt(10), decimal.NewFromInt(20), decimal.NewFromInt(3),
		}.Bill(card)
		require.NoError(t, err)
		require.Equal(t, bill.Total().String(), d.Spent.String())
		require.Nil(t, d.Budget)
		require.Nil(t, d.ToBudget)
		require.False(t, d.Exhausted, "what has no limit is not exhausted")
	})
	for _, tc := range []struct {
		name, reason, state string
		life                func(b *budgeted)
	}{
		{"seen whole", "from the run hook on", "exact", func(b *budgeted) { b.launched() }},
		{"launch unseen", "what was before is not known", "at-least", func(b *budgeted) { b.recorder.beginUnhooked() }},
		{"image size unknown", "the launch's read is missing", "at-least", func(b *budgeted) {
			b.identity.ImageBytes = 0
			b.launched()
		}},
		{"load unknown", "bursts are missing", "at-least", func(b *budgeted) {
			b.launched()
			b.load.CPUKnown = false
			b.runs(time.Second)
			b.load.CPUKnown = true
			b.runs(2 * time.Minute)
		}},
		{"while suspended", "how long is found at the resume", "at-least", func(b *budgeted) { b.launched().suspend() }},
		{"clock not set yet", "likewise", "at-least", func(b *budgeted) {
			b.launched().suspend().frozenStale(time.Hour).resume()
		}},
		{"clock set", "likewise, and then it is known", "exact", func(b *budgeted) {
			b.launched().suspend().frozenStale(time.Hour).resume().setClock().runs(time.Second)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBudgeted(t, knownRates)
			tc.life(b)
			require.Equal(t, tc.state, b.document().State, tc.reason)
		})
	}
}

// TestRatesFile: rates can be those of a card's file.
func TestRatesFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "card.yaml")
	text := "card: agreed\nregion: eu-west-9\nlocation: Somewhere\ncurrency: USD\nrates:\n"
	for pair := range strings.SplitSeq(knownRates, ",") {
		key, figure, _ := strings.Cut(pair, "=")
		text += fmt.Sprintf("  %s: {figure: %s, source: contract, read_on: 2026-11-01}\n", key, figure)
	}
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	for _, tc := range []struct{ name, reason, region, card, readOn, says string }{
		{"its region", "it holds", "eu-west-9", "agreed", "2026-11-01", ""},
		{"no region known", "it is the only one there is", "", "agreed", "2026-11-01", ""},
		{"another region", "what was agreed there holds only there", "eu-west-1", "aws-list", "2026-09-19", "not used"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBudgeted(t, file)
			b.identity.Image, b.identity.Region = "", tc.region
			b.launched()
			require.Equal(t, BudgetRates{tc.card, tc.readOn}, b.document().Rates, tc.reason)
			require.Contains(t, strings.Join(b.said, "\n"), tc.says)
		})
	}
	for bad, want := range map[string]string{
		"no-such-file":                          "no such file",
		"vcpu_minute=1":                         "unknown rate",
		"vcpu_second=1,vcpu_hour=2":             "is given beside vcpu_second",
		"vcpu_second=-1":                        "below zero",
		"vcpu_second=1e3":                       "not a plain decimal",
		filepath.Dir(file):                      "is a directory",
		filepath.Join(t.TempDir(), "card.yaml"): "no such file",
	} {
		_, err := parseRates(bad)
		require.ErrorContains(t, err, want, bad)
	}
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("#", 70_000)), 0o600))
	_, err := parseRates(file)
	require.ErrorContains(t, err, "64 KiB")
}

// TestBudgetOfNothing: who has no money left has used it up before the launch.
func TestBudgetOfNothing(t *testing.T) {
	for _, none := range []string{"0", "-1.50"} {
		b := newBudgeted(t, knownRates, "100%=signal:TERM", "75%=exec:true")
		require.NoError(t, b.identity.Limits.set("budget", none))
		b.does(b.launched)
		d := b.document()
		require.True(t, d.Exhausted)
		require.Nil(t, d.Fraction, "there is no part of nothing")
		require.Equal(t, "0", d.ToBudget.String())
		require.Len(t, b.fired, 2)
	}
}

// TestRunningTimeIsUsedUp: and so is a life that is shorter than the service's.
func TestRunningTimeIsUsedUp(t *testing.T) {
	b := newBudgeted(t, knownRates, "running:100%=signal:TERM", "75%=exec:true").limits("", "90", "")
	b.does(b.launched)
	b.each(89 * time.Second)
	require.Equal(t, "1 s", b.document().ToMaxRunning.String()+" s")
	require.False(t, b.document().Exhausted)
	b.each(time.Second)
	require.True(t, b.document().Exhausted)
	require.Equal(t, []string{"running:100% at 0.00822: signal:TERM"}, b.fired, "a share of no budget is never reached")

	b = newBudgeted(t, knownRates, "life:90%=exec:save").limits("", "", "100s")
	b.does(b.launched)
	b.each(90 * time.Second)
	require.Equal(t, []string{"life:90% at 0.00822: exec:save"}, b.fired)
	require.Equal(t, "10", b.document().ToCap.String())
	b.each(20 * time.Second)
	require.True(t, b.document().Exhausted)
	require.Equal(t, "0", b.document().ToCap.String())
}

// TestBudgetOutlivesFaults: a panic of the meter's own gives no budget anew and fires nothing twice, and one in the
// watching of the budget does not end the metering.
func TestBudgetOutlivesFaults(t *testing.T) {
	s := serve(t, nil, nil)
	b := newBudgeted(t, knownRates, "20s=exec:true", "50s=exec:true")
	s.hooks.watch = b.watch
	require.Equal(t, 200, s.hook("run", `{"microvmId":"m","runHookPayload":"{\"tenant\":\"acme\",\"budget\":\"1\"}"}`))
	ticks := func(n int) {
		for range n {
			s.clock.passes(time.Second, time.Second)
			s.hooks.look(func(r *Recorder, at Instant, load Load) { r.Observe(at, load) })
		}
	}
	ticks(120) // a line at 12:01:00 and at 12:02:00, at which everything was told
	require.Equal(t, []string{"20s at 0.00556: exec:true", "50s at 0.0067: exec:true"}, b.fired)
	require.Equal(t, "120", s.hooks.budget().Running.String())
	s.hooks.look(func(*Recorder, Instant, Load) { panic("out of its depth") })
	ticks(31) // of which one finds out where to begin
	d := s.hooks.budget()
	require.Equal(t, "150", d.Running.String())
	require.Equal(t, "at-least", d.State)
	require.Equal(t, "28650", d.ToCap.String())
	require.Len(t, b.fired, 2, "nothing is fired twice")

	lines := len(s.lines())
	s.hooks.watch.fire = nil
	s.hooks.watch.thresholds = append(s.hooks.watch.thresholds, threshold{measure: ofRunning, time: time.Second})
	ticks(60)
	require.Greater(t, len(s.lines()), lines, "metering goes on")
}
