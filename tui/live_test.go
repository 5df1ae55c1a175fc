package tui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/simulate"
	"microspend/internal/spendtest"
	"microspend/spend"
	"microspend/usage"
)

// stage is a dashboard on a scripted fleet whose clock a test turns.
type stage struct {
	*screen
	world *simulate.World
	now   time.Time
	fault error // of the next looks
	looks int
}

// onStage opens the live view on a fleet. A running MicroVM of 4 GB burns $21,600 an hour at a dollar for every unit.
func onStage(t testing.TB, width, height int, scripts ...simulate.Script) *stage {
	t.Helper()
	s := &stage{now: evening}
	s.world = &simulate.World{
		Now: func() time.Time { return s.now }, Scripts: scripts,
		Places: []watch.Place{{Region: "eu-west-1", Quota: 64 << 10}, {Region: "us-east-1", Quota: 64 << 10}},
	}
	source := spend.Source{Usage: spendtest.Of(), Rates: spendtest.DollarRates{}}
	looked := fleet.New(fleet.Options{Watcher: s.world, Source: source})
	options := Options{
		Reader: readerOf(t, source, func(context.Context) (string, error) { return "1", nil }),
		Now:    fixed(evening), Clock: func() time.Time { return s.now }, View: "live", LiveEvery: LiveEvery,
		Live: liveFunc(func(ctx context.Context) (*fleet.Snapshot, error) {
			s.looks++
			if s.fault != nil {
				return nil, s.fault
			}
			return looked.Refresh(ctx)
		}),
	}
	s.screen = open(t, options, width, height)
	return s
}

// TestLiveOpensWithAFilter: it is in force from the first look on, whatever is remembered, and Esc takes it away. One
// that means nothing says so, and what it says cannot control the terminal.
func TestLiveOpensWithAFilter(t *testing.T) {
	s := onStage(t, 120, 40, vm("mvm-a", 4), vm("mvm-b", 2))
	options := s.m.options
	options.Filter, options.StateFile = "mvm-b", filepath.Join(t.TempDir(), "dash.json")
	reopen := func(width, height int) *stage {
		return &stage{screen: open(t, options, width, height), now: evening}
	}
	look := func(s *stage) *stage {
		s.settle(s.m.lookAtFleet(true))
		return s
	}
	s = look(reopen(80, 24))
	require.Equal(t, "▸b", s.rows())
	s.has("/ mvm-b", "1 of 2")
	require.Equal(t, "▸a b", s.press("esc").rows())

	s.press("/").write("mvm-a").press("enter", "b")
	require.Positive(t, s.m.livePage().at, "it is remembered that groups were shown")
	s = look(reopen(120, 40))
	require.Equal(t, "▸b", s.rows(), "of MicroVMs")
	options.Filter = ""
	require.Empty(t, look(reopen(120, 40)).rows(), "groups, as they were left")

	for filter, says := range map[string]string{
		"age>5":      "/ age>5  1/2 of 2  5 is not a length of time such as 90s",
		"colour=red": "no column colour; columns are id, tenant,",
		"\x1b[2J":    "/ ␛[2J  0 of 2",
	} {
		options.Filter = filter
		look(reopen(120, 40)).has(says)
	}
	for _, refused := range []string{strings.Repeat("x", longest+1), "\xff"} {
		options.Filter = refused
		require.ErrorContains(t, Run(t.Context(), options), "is longer than 500 bytes or not UTF-8")
	}
}

type liveFunc func(context.Context) (*fleet.Snapshot, error)

func (f liveFunc) Refresh(ctx context.Context) (*fleet.Snapshot, error) { return f(ctx) }

func (s *stage) press(keys ...string) *stage {
	s.screen.press(keys...)
	return s
}

func (s *stage) write(text string) *stage {
	s.screen.write(text)
	return s
}

// pass lets time pass, a second at a time, as the dashboard's ticks come.
func (s *stage) pass(d time.Duration) *stage {
	for end := s.now.Add(d); s.now.Before(end); {
		s.now = s.now.Add(time.Second)
		s.settle(s.m.ticked())
		s.settle(s.m.lookAtFleet(false))
	}
	return s
}

// vm is a MicroVM of so many GB that was launched an hour ago, with what happens to it afterwards.
func vm(id string, gb int64, later ...simulate.Change) simulate.Script {
	return simulate.Script{MicroVM: watch.MicroVM{
		ID: id, Region: "eu-west-1", Tenant: "acme", Image: "app", Arch: usage.ArchARM64, MemoryMiB: gb << 10,
		StateBytes: gb << 30, ImageBytes: 1 << 30, MaxLife: 8 * time.Hour,
		Policy: watch.Policy{Known: true, MaxIdle: 5 * time.Minute, Suspended: time.Hour},
	}, Changes: append([]simulate.Change{{At: evening.Add(-time.Hour), State: watch.Running}}, later...)}
}

// in is a change so long after the test began.
func in(d time.Duration, state watch.State) simulate.Change {
	return simulate.Change{At: evening.Add(d), State: state}
}

// rows are the ids of the rows in sight, with ▸ before the one under the cursor.
func (s *stage) rows() string {
	var ids []string
	for line := range strings.Lines(ansi.Strip(s.frame())) {
		cursor, id, found := strings.Cut(line, " mvm-")
		if cursor = strings.TrimSpace(cursor); found && (cursor == "" || cursor == "▸") {
			id, _, _ = strings.Cut(id, " ")
			ids = append(ids, cursor+id)
		}
	}
	return strings.Join(ids, " ")
}

func (s *stage) text() string { return trimmed(ansi.Strip(s.frame())) }

// TestLiveSaysWhatHappens plays a suspension and an end: the figures, the row, the events and the details follow.
func TestLiveSaysWhatHappens(t *testing.T) {
	s := onStage(t, 120, 40,
		vm("mvm-a", 4, in(30*time.Second, watch.Suspending), in(33*time.Second, watch.Suspended)),
		vm("mvm-b", 2, in(40*time.Second, watch.Terminating), in(42*time.Second, watch.Terminated)))
	text := s.text()
	require.Contains(t, text, "● running 2")
	require.Contains(t, text, "≈ $32,400.00 /h", "6 GB of them: 3 vCPU and 6 GB a second")
	require.Contains(t, text, "memory 6 of 128 GB")
	require.Contains(t, text, "nothing has changed since the first look")
	require.Contains(t, text, "● live")

	text = s.pass(50 * time.Second).text()
	require.Contains(t, text, "● running 0")
	require.Contains(t, text, "○ suspended 1")
	require.Contains(t, text, "ended today 1")
	require.Contains(t, text, "≈ $4.00 /h", "4 GB-hours are stored")
	require.Regexp(t, `mvm-a +running → suspend`, text)
	require.Contains(t, text, "mvm-b")
	require.Contains(t, text, "terminated")
	require.Contains(t, text, "it is suspended, at $4.0000 /h; resuming costs $8.0000")

	s.pass(6 * time.Minute)
	require.Equal(t, "▸a", s.rows(), "what has ended is gone after a while")
	require.Equal(t, "▸b", s.press("/").write("state=terminated").press("enter").rows(), "but for who asks for it")
	require.Equal(t, "▸a", s.press("esc").rows())
}

// TestLiveHoldsStill makes sure that rows stay where they are while somebody reads, and the cursor on its MicroVM.
func TestLiveHoldsStill(t *testing.T) {
	s := onStage(t, 120, 20, vm("mvm-a", 8), vm("mvm-b", 4), vm("mvm-c", 2),
		vm("mvm-d", 1, in(20*time.Second, watch.Suspended)))
	late := vm("mvm-new", 16)
	late.Changes[0].At = evening.Add(8 * time.Second)
	s.world.Scripts = append(s.world.Scripts, late)
	require.Equal(t, "▸a b c d", s.rows(), "by burn")
	require.Equal(t, "a ▸b c d", s.pass(6*time.Second).press("down").rows())
	require.Contains(t, s.text(), "order held while you read")
	require.Equal(t, "a ▸b c d new", s.pass(7*time.Second).rows(), "the new one comes last, although it burns most")
	s.press("down", "up")
	require.Equal(t, "a ▸b c d new", s.pass(9*time.Second).rows())
	require.Equal(t, "new a ▸b c d", s.pass(2*time.Second).rows(), "sorted again once nobody reads, on the same MicroVM")
	require.NotContains(t, s.text(), "order held")
	require.Equal(t, "▸b c", s.press("/").write("burn>10000 burn<30000").press("enter").rows())
}

// TestLivePauses makes sure that nothing is looked at, and nothing changes, while the dashboard is paused.
func TestLivePauses(t *testing.T) {
	s := onStage(t, 120, 30, vm("mvm-a", 4, in(10*time.Second, watch.Suspended)))
	s.press("p")
	looks := s.looks
	require.Contains(t, s.pass(time.Minute).text(), "● running 1")
	require.Equal(t, looks, s.looks)
	require.Contains(t, s.text(), "paused")
	require.Contains(t, s.press("p").text(), "○ suspended 1", "it goes on at once")
	require.Equal(t, looks+1, s.looks)
}

// TestLiveBehind makes sure that looking costs calls only where it is worth them.
func TestLiveBehind(t *testing.T) {
	s := onStage(t, 120, 30, vm("mvm-a", 4))
	require.Equal(t, 1, s.looks)
	s.pass(time.Minute)
	require.Equal(t, 13, s.looks, "every five seconds")
	s.press("1").pass(time.Minute)
	require.Equal(t, 15, s.looks, "every half a minute behind another view")
	s.pass(10 * time.Second).press("6")
	require.Equal(t, 16, s.looks, "at once when it is looked at again")

	other := onStage(t, 120, 30, vm("mvm-a", 4))
	other.m.fleet, other.m.view = looking{}, viewTenants
	other.looks = 0
	other.pass(time.Minute)
	require.Zero(t, other.looks, "never before the view was shown")
}

// TestLiveFaults plays a place that is throttled, one without permission, and looks that fail: what is known stays, says
// how old it is, and is new again afterwards.
func TestLiveFaults(t *testing.T) {
	east := vm("mvm-east", 2)
	east.Region = "us-east-1"
	s := onStage(t, 120, 30, vm("mvm-a", 4), east)
	s.world.Troubles = []simulate.Trouble{
		{
			Region: "us-east-1", From: evening.Add(10 * time.Second), To: evening.Add(time.Minute), Fault: "rate exceeded",
			Throttled: true,
		},
		{
			Region: "eu-west-1", From: evening.Add(20 * time.Second), To: evening.Add(time.Minute),
			Fault: "lambda:ListMicrovms is not allowed", Denied: true,
		},
	}
	s.pass(30 * time.Second)
	text := s.text()
	require.Contains(t, text, "! us-east-1: rate exceeded; shown as it was")
	require.Contains(t, text, "✗ eu-west-1: lambda:ListMicrovms is not allowed; shown as it was")
	require.Equal(t, "▸a east", s.rows(), "what was known of them stays")
	s.pass(time.Minute)
	require.NotContains(t, s.text(), "shown as it was", "both are back")

	s.fault = errors.New("no credentials")
	s.pass(10 * time.Second)
	require.Contains(t, s.text(), "✗ the fleet could not be listed: no credentials")
	require.Equal(t, "▸a east", s.rows())
	require.Contains(t, s.pass(time.Minute).text(), "○ stale, 1 min ago")
	s.fault = nil
	require.Contains(t, s.pass(10*time.Second).text(), "● live, just now")
}

// TestLiveWithoutAnything opens the view where there is nothing to look with, and where the first look fails.
func TestLiveWithoutAnything(t *testing.T) {
	s := open(t, over(t, fewRecords(), nil), 80, 24)
	text := ansi.Strip(s.press("6").frame())
	require.Contains(t, text, "Nothing tells what runs now.")
	require.Contains(t, text, "microspend demo --live")
	require.NotContains(t, text, "live,")
	s.press("down", "enter", "x", "w", "s", "S", "b", "/", "esc")

	failing := onStage(t, 80, 24)
	failing.m.fleet = looking{}
	failing.m.livePage().state.Snapshot = nil
	failing.fault = errors.New("no credentials")
	failing.settle(failing.m.lookAtFleet(true))
	require.Contains(t, failing.text(), "✗ the fleet could not be listed")
	require.Contains(t, failing.text(), "no credentials")

	none := onStage(t, 80, 24)
	require.Contains(t, none.text(), "No MicroVM lives now.")
}

// TestLiveOpens goes into a MicroVM, its bill and its tenant's what-if, and into a group.
func TestLiveOpens(t *testing.T) {
	other := vm("mvm-z", 1)
	other.Tenant = "zebra"
	s := onStage(t, 100, 30, vm("mvm-a", 4), vm("mvm-b", 2), other)
	text := s.press("down", "enter").text()
	require.Contains(t, text, "live › mvm-b")
	require.Contains(t, text, "launched 20:30:00, ends by 24 Nov 04:30, in 7h00m")
	require.Contains(t, text, "suspending now saves ≈ $10,798.0000 /h; resuming costs $4.0000")
	require.Contains(t, s.press("x").text(), "explain")
	require.Contains(t, s.press("esc", "w").text(), "what if")
	s.press("esc", "esc")
	require.Equal(t, "a ▸b z", s.rows())

	text = s.press("b").text()
	require.Contains(t, text, "2 tenants")
	require.Regexp(t, `▸ acme +2 +2 +0 +0 +0 +32,400\.00`, text)
	require.Equal(t, "▸a b", s.press("enter").rows(), "the MicroVMs of the group")
	require.Contains(t, s.text(), `tenant="acme"`)
}

// TestLiveCommands sorts, filters and groups by typed commands, and goes to a row.
func TestLiveCommands(t *testing.T) {
	other := vm("mvm-z", 1)
	other.Tenant = "zebra"
	s := onStage(t, 120, 30, vm("mvm-a", 4), vm("mvm-b", 2), other)
	command := func(text string) *stage { return s.press(":").write(text).press("enter") }
	require.Equal(t, "▸z b a", command("sort burn asc").rows())
	require.Equal(t, "z b ▸a", command("3").rows())
	require.Equal(t, "▸b a", command("filter tenant=acme").rows())
	require.Contains(t, command("group nothing").text(), "live groups by MicroVMs, tenants, images, regions, states")
	s.press("esc")
	require.Contains(t, command("group tenants").text(), "2 tenants")
	require.Equal(t, "▸a b z", command("group microvms").rows(), "as the key does, all of them")
	require.Contains(t, s.press(":").write("sort bu").press("tab").text(), "sort burn")

	none := onStage(t, 120, 30)
	none.press(":").write("sort burn").press("enter").has("there are no columns to sort by yet").press("esc")
	none.press(":").write("columns").press("enter").has("there are no columns yet")
}

// TestLiveClicks puts the cursor on the row that is clicked, opens it, and sorts by the heading.
func TestLiveClicks(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		s := onStage(t, size[0], size[1], vm("mvm-a", 4), vm("mvm-b", 2), vm("mvm-c", 1))
		later := func() *screen { s.now = s.now.Add(time.Second); return s.screen }
		later().clickOn("mvm-b ")
		require.Equal(t, "a ▸b c", s.rows())
		require.Contains(t, s.text(), "order held while you read")
		later().clickOn("so far").has("so far $ ▼")
		later().clickOn("so far").has("so far $ ▲")
		require.Equal(t, "▸c b a", s.rows())
		later().clickOn("$/h").has("$/h ▼")
		later().clickOn("mvm-c ").clickOn("mvm-c ").has("live › mvm-c")
	}
}

// TestLiveBigFleet lists ten thousand MicroVMs: a frame takes less than 50 ms, and a key far less than a look.
func TestLiveBigFleet(t *testing.T) {
	var scripts []simulate.Script
	for i := range 10_000 {
		scripts = append(scripts, vm(fmt.Sprintf("mvm-%05d", i), int64(1+i%8)))
	}
	s := onStage(t, 200, 60, scripts...)
	require.Contains(t, s.text(), "10,000 MicroVMs")
	best := time.Hour
	for range 5 {
		began := time.Now()
		s.m.changed = true
		s.press("down").frame()
		best = min(best, time.Since(began))
	}
	require.Less(t, best, 50*time.Millisecond, "to move the cursor and draw a frame")
}
