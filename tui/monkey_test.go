package tui

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"microspend/internal/racing"
	"microspend/tui/theme"
)

var monkeySeed = flag.Uint64("monkey-seed", 18, "seed of the monkey test")

// action is one thing that happens to the dashboard. What it does depends on nothing but itself and the dashboard, so
// that a sequence of them can be played again, and shortened.
type action struct {
	does          string
	text          string
	x, y          int
	width, height int
}

func (a action) String() string {
	switch a.does {
	case "resize":
		return fmt.Sprintf("resize(%d×%d)", a.width, a.height)
	case "click", "wheel":
		return fmt.Sprintf("%s(%d,%d)", a.does, a.x, a.y)
	case "work", "write":
		return fmt.Sprintf("%s(%d)", a.does, a.x)
	}
	return fmt.Sprintf("%s(%q)", a.does, a.text)
}

// monkeyTexts are typed and pasted: filters, periods, and what is neither.
var monkeyTexts = []string{
	"acme", "amount > 1", "share >= 5% -acme", "2026-11", "2026-10-01..2026-10-15", "30d", "am", "\"", "宽宽", "\u202e\x1b[2J",
	"a\nb\r\nc", strings.Repeat("long ", 90), "tomorrow", "= = =", ":", "image = base",
}

// everyKey are the names of all keys of the key map, and some more.
func everyKey() []string {
	var names []string
	bindings := reflect.ValueOf(*newKeyMap())
	for i := range bindings.NumField() {
		switch b := bindings.Field(i).Interface().(type) {
		case key.Binding:
			names = append(names, b.Keys()...)
		case []key.Binding:
			for _, b := range b {
				names = append(names, b.Keys()...)
			}
		}
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "q" || name == "ctrl+c" })
	return append(names, "a", "0", ">", "=", "%", "space", "宽", "é", "Z", "alt+x", "f12", "delete")
}

// monkeyActions makes up so many keys, and whatever happens in between.
func monkeyActions(random *rand.Rand, keys, resizes int) []action {
	var all []action
	names := everyKey()
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	for n := range keys {
		all = append(all, action{does: "key", text: pick(names)})
		if n%(keys/resizes) == 0 {
			size := action{does: "resize", width: 1 + random.IntN(300), height: 1 + random.IntN(100)}
			if n/(keys/resizes)%4 > 0 { // mostly large enough for keys to do something
				size.width, size.height = max(size.width, leastWidth), max(size.height, leastHeight)
			}
			all = append(all, size)
		}
		switch random.IntN(24) {
		case 0:
			all = append(all, action{does: "type", text: pick(monkeyTexts)})
		case 1:
			all = append(all, action{does: "paste", text: pick(monkeyTexts)})
		case 2:
			all = append(all, action{does: "click", x: random.IntN(120), y: random.IntN(50)})
		case 3:
			all = append(all, action{does: "wheel", x: random.IntN(120), y: random.IntN(50)})
		case 4:
			all = append(all, action{does: "write", x: random.IntN(4)})
		case 5:
			all = append(all, action{does: pick([]string{"damage", "fail", "mend", "mend", "mend", "tick", "theme", "blur"})})
		case 6:
			all = append(all, action{does: "back"})
		case 7:
			if random.IntN(20) == 0 {
				all = append(all, action{does: "quit"})
			}
		default:
			all = append(all, action{does: "work", x: random.IntN(16)})
		}
	}
	return all
}

// zoo is a dashboard in a monkey's hands.
type zoo struct {
	t       testing.TB
	ledger  *shifting
	judge   *judge
	clock   time.Time
	m       *Model
	pending []tea.Cmd
	quits   int
}

func newZoo(t testing.TB) *zoo {
	z := &zoo{t: t, ledger: newShifting(1), clock: evening}
	z.judge = &judge{t: t, ledger: z.ledger, right: map[any]string{}}
	z.open()
	return z
}

func (z *zoo) open() {
	options := z.ledger.options(z.t)
	options.Clock = func() time.Time { return z.clock }
	z.m, z.pending = newModel(context.Background(), options), nil
	z.send(tea.WindowSizeMsg{Width: 100, Height: 30})
	z.m.reload()
	z.later(z.m.proceed())
}

func (z *zoo) later(cmd tea.Cmd) {
	if cmd != nil {
		z.pending = append(z.pending, cmd)
	}
}

func (z *zoo) send(msg tea.Msg) {
	_, cmd := z.m.Update(msg)
	z.later(cmd)
}

// work does so much of what waits in the background.
func (z *zoo) work(steps int) {
	for ; steps > 0 && len(z.pending) > 0; steps-- {
		next := z.pending[0]
		z.pending = z.pending[1:]
		switch msg := next().(type) {
		case nil, tea.QuitMsg:
		case tea.BatchMsg:
			for _, cmd := range msg {
				z.later(cmd)
			}
			steps++
		default:
			z.send(msg)
		}
	}
}

// do does one thing.
func (z *zoo) do(a action) error {
	z.clock = z.clock.Add(50 * time.Millisecond)
	switch a.does {
	case "key":
		z.send(keyOf(a.text))
	case "type":
		for _, r := range a.text {
			z.send(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	case "paste":
		z.send(tea.PasteMsg{Content: a.text})
	case "click":
		z.send(tea.MouseClickMsg{Button: tea.MouseLeft, X: a.x, Y: a.y})
		z.send(tea.MouseReleaseMsg{Button: tea.MouseLeft, X: a.x, Y: a.y})
	case "wheel":
		z.send(tea.MouseWheelMsg{Button: []tea.MouseButton{tea.MouseWheelUp, tea.MouseWheelDown}[a.x%2], X: a.x, Y: a.y})
	case "resize":
		z.send(tea.WindowSizeMsg{Width: a.width, Height: a.height})
	case "write":
		z.ledger.before = append(z.ledger.before, a.x)
	case "damage":
		z.ledger.damage()
	case "fail":
		z.ledger.fault = errors.New("the disk is \x1b[31mgone")
	case "mend":
		z.ledger.fault = nil
	case "tick":
		z.clock = z.clock.Add(3 * time.Second)
		z.later(z.m.ticked())
		z.later(z.m.proceed())
	case "theme":
		z.m.setTheme(z.clock.UnixMilli()%100 == 0, theme.Colors(z.clock.UnixMilli()%3))
	case "blur":
		z.send(tea.BlurMsg{})
		z.send(tea.FocusMsg{})
	case "work":
		z.work(a.x)
	case "back":
		return z.back()
	case "quit":
		return z.quit()
	}
	return nil
}

// back presses Esc until there is nothing left to go back from.
func (z *zoo) back() error {
	if z.m.tooSmall() {
		return nil
	}
	for range 12 {
		z.send(keyOf("esc"))
	}
	if z.m.prompt != nil || len(z.m.pages[z.m.view]) != 1 {
		return fmt.Errorf("Esc does not lead back from %s", z.m.shown().name())
	}
	return nil
}

// quit presses q, and opens another dashboard.
func (z *zoo) quit() error {
	if err := z.back(); err != nil {
		return err
	}
	z.send(keyOf("q"))
	if !z.m.quitting || z.m.frame() != "" {
		return errors.New("q does not quit")
	}
	z.quits++
	z.open()
	return nil
}

// look checks what has to hold after everything that happens.
func (z *zoo) look() (err error) {
	m := z.m
	frame := m.View().Content
	lines := strings.Split(frame, "\n")
	if m.width > 0 && m.height > 0 && len(lines) != m.height {
		return fmt.Errorf("the frame has %d lines of %d", len(lines), m.height)
	}
	for i, line := range lines {
		if width := max(ansi.StringWidth(line), ansi.StringWidthWc(ansi.Strip(line))); width > m.width {
			return fmt.Errorf("line %d has %d cells of %d: %q", i, width, m.width, line)
		}
	}
	if !m.tooSmall() {
		if head := ansi.Strip(lines[0]); !strings.Contains(head, fmt.Sprint(m.view+1)) {
			return fmt.Errorf("the head does not name view %d: %q", m.view+1, head)
		}
		if strings.TrimSpace(ansi.Strip(lines[len(lines)-1])) == "" {
			return errors.New("there is no foot")
		}
	}
	return z.judge.figures(m)
}

// inUse is how much memory is in use.
func inUse() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// play plays actions until one leads to a fault. It returns how many it took, and how many figures were judged.
func play(t testing.TB, actions []action) (taken, judged int, err error) {
	z := newZoo(t)
	defer func() {
		if panicked := recover(); panicked != nil {
			stack := make([]byte, 4096)
			err = fmt.Errorf("panic: %v\n%s", panicked, stack[:runtime.Stack(stack, false)])
		}
	}()
	early := uint64(0) // how much memory was in use after a quarter
	for i, a := range actions {
		taken = i + 1
		if err := errors.Join(z.do(a), z.look()); err != nil {
			return taken, z.judge.judged, err
		}
		if taken == len(actions)/4 {
			early = inUse()
		}
	}
	if late := inUse(); late > early+early/2+(8<<20) {
		return taken, z.judge.judged, fmt.Errorf("memory has grown from %d to %d KiB", early>>10, late>>10)
	}
	z.ledger.fault, z.ledger.before = nil, nil
	z.clock = z.clock.Add(time.Minute)
	z.later(z.m.look(true))
	z.work(1 << 20)
	switch m := z.m; {
	case m.running != nil || len(m.queue) > 0 || m.target != nil:
		return taken, z.judge.judged, errors.New("reading does not come to an end")
	case m.status == nil || m.status.Fingerprint != fmt.Sprint(len(z.ledger.versions)-1):
		return taken, z.judge.judged, errors.New("what is shown is not the ledger as it is in the end")
	}
	return taken, z.judge.judged, z.look()
}

// shorten leaves out of actions that lead to a fault what is not needed for it, for a while.
func shorten(t testing.TB, actions []action, most time.Duration) []action {
	deadline := time.Now().Add(most)
	for size := len(actions) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(actions) && time.Now().Before(deadline); {
			without := slices.Delete(slices.Clone(actions), at, at+size)
			if taken, _, err := play(t, without); err != nil {
				actions = without[:min(taken, len(without))]
			} else {
				at += size
			}
		}
	}
	return actions
}

// TestMonkey lets a monkey at the keys, the mouse, the window and the ledger. Nothing that it does may break a frame,
// show a figure that is not of the ledger, block the way back, or use up memory.
func TestMonkey(t *testing.T) {
	keys, resizes := 20_000, 200
	if racing.Enabled || testing.Short() {
		keys, resizes = 1500, 50
	}
	actions := monkeyActions(rand.New(rand.NewPCG(*monkeySeed, 0)), keys, resizes)
	goroutines := runtime.NumGoroutine()
	taken, judged, err := play(t, actions)
	if err != nil {
		short := shorten(t, actions[:taken], 20*time.Second)
		t.Fatalf("seed %d, after %d actions: %v\n%d of them are enough: %v", *monkeySeed, taken, err, len(short), short)
	}
	require.Greater(t, judged, keys/50, "figures are seldom shown")
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines+2, "goroutines are left")
}
