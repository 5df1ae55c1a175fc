package terminal_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/terminal"
)

const patience = 30 * time.Second

// microspend is the program, built once for all tests.
var microspend = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "microspend-terminal-*")
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, "program"), builds(filepath.Join(folder, "program"), "microspend/cmd/microspend")
})

func builds(program, pkg string) error {
	build := exec.Command("go", "build", "-o", program, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as other tests have compiled it, under the race detector as well
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

func TestMain(m *testing.M) {
	code := m.Run()
	if terminal.Available() {
		if program, err := microspend(); err == nil {
			_ = os.RemoveAll(filepath.Dir(program))
		}
	}
	os.Exit(code)
}

func built(t *testing.T) string {
	t.Helper()
	if !terminal.Available() {
		t.Skip("there is no tmux")
	}
	program, err := microspend()
	require.NoError(t, err)
	return program
}

// session is a program in a terminal.
type session struct {
	*terminal.Terminal
	t *testing.T
}

func start(t *testing.T, width, height int, command string) session {
	t.Helper()
	if !terminal.Available() {
		t.Skip("there is no tmux")
	}
	term, err := terminal.Start(width, height, nil, command)
	require.NoError(t, err)
	t.Cleanup(term.Close)
	return session{term, t}
}

func (s session) press(keys ...string) session {
	s.t.Helper()
	for _, key := range keys {
		require.NoError(s.t, s.Press(key))
		time.Sleep(150 * time.Millisecond) // an escape just before another key would be a chord
	}
	return s
}

func (s session) write(text string) session {
	s.t.Helper()
	require.NoError(s.t, s.Type(text))
	return s
}

func (s session) shows(texts ...string) string {
	s.t.Helper()
	screen := ""
	for _, text := range texts {
		var err error
		screen, err = s.Wait(text, patience)
		require.NoError(s.t, err)
	}
	return screen
}

func (s session) value(name string) string {
	s.t.Helper()
	value, err := s.Value(name)
	require.NoError(s.t, err)
	return value
}

// TestTopOpensFiltered: a filter does not keep top from opening the dashboard, which has it in force; what is about
// printing does.
func TestTopOpensFiltered(t *testing.T) {
	top := "HOME=" + t.TempDir() + " " + built(t) + " top --demo --as-of 2026-11-26 "
	s := start(t, 120, 40, top+"state=suspended --filter tenant=harbor")
	screen := s.shows("/ tenant=harbor state=suspended", "○  suspended")
	require.NotContains(t, screen, "●  running")
	s.press("Escape").shows("●  running")
	s.press("q")
	printed := start(t, 120, 40, top+"--sort age --limit 3 tenant=harbor")
	require.NotContains(t, printed.shows("of 527 MicroVMs"), "? help")
}

// TestRealKeys goes through the dashboard of the demo with real keys in a real terminal.
func TestRealKeys(t *testing.T) {
	folder := t.TempDir()
	program := built(t)
	state := filepath.Join(folder, "state")
	made := exec.Command(program, "demo", "--no-dash", "--output", folder, "--as-of", "2026-11-24")
	out, err := made.CombinedOutput()
	require.NoError(t, err, "%s", out)

	dash := "XDG_STATE_HOME=" + state + " " + program + " dash --as-of 2026-11-24 --ledger " + folder +
		"/ledger --config " + folder + "/microspend.yaml"
	s := start(t, 120, 40, dash+"; echo ended with $?; sleep 100")
	s.shows("November so far", "top tenants", "umber", "✗ over 20 Nov", "stands out", "EC2 kept busy")
	require.Equal(t, "1", s.value("alternate_on"), "it has a screen of its own")

	s.press("2").shows("42 tenants", "▸ umber")
	s.press("j", "Down", "k").shows("▸ juniper")
	s.press("s", "Down", "Enter").shows("share ▼")
	s.press("/").write("amount > 400").shows("3 of 42")
	require.NoError(t, s.Resize(60, 15))
	s.shows("3 of 42", "3 shown")
	require.NoError(t, s.Resize(30, 8))
	s.shows("is too small")
	require.NoError(t, s.Resize(120, 40))
	s.shows("3 of 42")
	s.press("Enter", "Enter").shows("tenants › umber", "MicroVMs of umber")
	s.press("Enter").shows("› explain", "× $0.0000291572", "assumptions")
	s.press("Escape").shows("MicroVMs of umber")
	s.press("Escape").shows("3 shown")
	s.press("w").shows("what if: umber")
	s.press("Right").shows("costs $", "worked out from 248 pauses", "idle-cheapest")
	s.press("Escape", "5").shows("23 days", "2026-11-23 Mon")
	s.press("t").shows("today")
	s.press("t").shows("7 days")
	s.press("?").shows("pause: stop refreshing and collecting")
	s.press("Escape", "1").shows("top tenants")
	s.press("q").shows("ended with 0")
	require.Equal(t, "0", s.value("alternate_on"), "the terminal is as it was")
	require.Equal(t, "1", s.value("cursor_flag"), "the cursor is back")

	remembered, err := os.ReadFile(filepath.Join(state, "microspend", "dash.json"))
	require.NoError(t, err)
	require.Contains(t, string(remembered), `"sort": "share"`)
	again := start(t, 100, 30, dash)
	again.shows("top tenants")
	again.press("2").shows("share ▼", "/ amount > 400")
	again.press("C-c")
}

// TestNewUsageShowsByItself imports usage while the dashboard is open.
func TestNewUsageShowsByItself(t *testing.T) {
	folder := t.TempDir()
	program := built(t)
	require.NoError(t, os.Mkdir(filepath.Join(folder, "ledger"), 0o755))
	header := "period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours\n"
	usage := filepath.Join(folder, "usage.csv")
	require.NoError(t, os.WriteFile(usage, []byte(header+
		"2026-11-23T10:00:00Z,3600,eu-west-1,mvm-1,base,newcomer,3600,7200,1,1,1\n"), 0o600))

	s := start(t, 100, 30, "XDG_STATE_HOME="+folder+" "+program+" dash --as-of 2026-11-24 --refresh 200ms --ledger "+folder+
		"/ledger")
	s.shows("has no usage of the last eight weeks")
	out, err := exec.Command(program, "import", usage, "--ledger", folder+"/ledger").CombinedOutput()
	require.NoError(t, err, "%s", out)
	s.shows("November so far", "newcomer")
	s.press("q")
}

// TestDemoOpensTheDashboard makes up a fleet on a terminal, and goes on with the hours of today.
func TestDemoOpensTheDashboard(t *testing.T) {
	folder := t.TempDir()
	program := built(t)
	s := start(t, 120, 40, program+" demo --output "+folder+"; echo ended with $?; sleep 100")
	s.shows("last 30 days", "top tenants", "stands out")
	s.press("q").shows("ended with 0")

	s = start(t, 120, 40, program+" demo --no-dash --output "+folder+"; echo ended with $?; sleep 100")
	screen := s.shows("ended with 0")
	require.NotContains(t, screen, "top tenants")
}

// TestTerminalIsGivenBackAfterAPanic makes the program panic while it reads.
func TestTerminalIsGivenBackAfterAPanic(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	require.NoError(t, builds(program, "microspend/internal/terminal/testdata/panic"))
	s := start(t, 100, 30, "stty -a > /dev/null; "+program+
		" 2>/dev/null; echo code $?; stty -a | grep -o -- '-\\?echo ' | head -1; stty -a | grep -o -- '-\\?icanon'; sleep 60")
	s.shows("has no usage")
	s.press("r")
	screen := s.shows("ended with: the dashboard crashed", "code 1")
	s.shows("icanon")
	require.NotContains(t, strings.ReplaceAll(screen, "code 1", ""), "-echo", "keys are echoed again")
	screen = s.shows("icanon")
	require.NotContains(t, screen, "-icanon", "lines are edited again")
	require.Equal(t, "0", s.value("alternate_on"))
	require.Equal(t, "1", s.value("cursor_flag"))
	require.Equal(t, "0", s.value("mouse_any_flag"))
}
