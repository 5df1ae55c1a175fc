//go:build unix

package meter

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/emftest"
	"microspend/pricing"
	"microspend/usage"
)

// The test binary is the meter's program too, when this variable names a folder: its wall clock is then off by the
// nanoseconds in the folder's file "wall", which the test writes to set it, and a folder "proc" in it takes the place
// of the system's. Nothing else differs from the real program. With the argument "agent" it is an application that asks
// for its budget.
const asProcess = "METER_TEST_CLOCK"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asAgent {
		agent(os.Args[2])
		os.Exit(0)
	}
	if folder := os.Getenv(asProcess); folder != "" {
		root := "/"
		if _, err := os.Stat(filepath.Join(folder, "proc")); err == nil {
			root = folder
		}
		os.Exit(Main(os.Args[1:], Process{
			Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, Root: root,
			Clock: filedClock{SystemClock(), filepath.Join(folder, "wall")},
		}))
	}
	os.Exit(m.Run())
}

type filedClock struct {
	Clock
	path string
}

func (c filedClock) Now() Instant {
	now := c.Clock.Now()
	text, _ := os.ReadFile(c.path)
	off, _ := strconv.ParseInt(string(text), 10, 64)
	now.Wall += off
	return now
}

// process is a meter that runs as a process of its own.
type process struct {
	*exec.Cmd
	t        testing.TB
	url      string
	wallFile string
	errs     *syncBuffer
	out      *syncBuffer
}

func freePort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// startProcess starts a meter with a clock whose minute is as far on as said.
func startProcess(t testing.TB, intoMinute time.Duration, args ...string) *process {
	return startProcessInto(t, intoMinute, nil, nil, args...)
}

// startProcessInto starts one that writes to files, in place of the test's memory.
func startProcessInto(t testing.TB, intoMinute time.Duration, stdout, stderr *os.File, args ...string) *process {
	return startProcessAt(t, freePort(t), intoMinute, stdout, stderr, args...)
}

// startProcessAt starts one with a port of its own.
func startProcessAt(t testing.TB, port string, intoMinute time.Duration, stdout, stderr *os.File, args ...string) *process {
	folder := t.TempDir()
	program, err := os.Executable()
	require.NoError(t, err)
	p := &process{
		t: t, url: "http://127.0.0.1:" + port + HookPath, wallFile: filepath.Join(folder, "wall"), errs: &syncBuffer{},
		out: &syncBuffer{},
		Cmd: exec.Command(program, append([]string{
			"--port", port, "--address", "127.0.0.1", "--memory", "2GB",
			"--image-size", "3GB",
		}, args...)...),
	}
	now := time.Now()
	p.setWall(now.Truncate(time.Minute).Add(intoMinute).Sub(now))
	p.Env = append(os.Environ(), asProcess+"="+folder)
	p.Stderr = p.errs
	p.Stdout = p.out
	if stdout != nil {
		p.Stdout = stdout
	}
	if stderr != nil {
		p.Stderr = stderr
	}
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, 10*time.Second, 5*time.Millisecond, p.errs)
	return p
}

// setWall sets the process's wall clock off by so much.
func (p *process) setWall(off time.Duration) {
	require.NoError(p.t, os.WriteFile(p.wallFile+"~", []byte(strconv.FormatInt(int64(off), 10)), 0o644))
	require.NoError(p.t, os.Rename(p.wallFile+"~", p.wallFile))
}

func (p *process) jump(d time.Duration) {
	text, err := os.ReadFile(p.wallFile)
	require.NoError(p.t, err)
	off, err := strconv.ParseInt(string(text), 10, 64)
	require.NoError(p.t, err)
	p.setWall(time.Duration(off) + d)
}

// hook calls a hook and returns how long the answer took.
func (p *process) hook(name, body string) time.Duration {
	begin := time.Now()
	response, err := http.Post(p.url+name, "application/json", strings.NewReader(body))
	require.NoError(p.t, err, p.errs)
	response.Body.Close()
	require.Equal(p.t, 200, response.StatusCode)
	return time.Since(begin)
}

func (p *process) lines() []emf.Line {
	text := p.out.String()
	for line := range strings.Lines(text) {
		require.NoError(p.t, emftest.CheckRules([]byte(line)))
	}
	lines, kinds := decodeAll(p.t, []byte(text))
	require.Empty(p.t, kinds)
	return lines
}

func exitOf(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// TestProcessLife follows a life in the real program: over the end of a minute, through a suspend, to the end.
func TestProcessLife(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 57*time.Second, "--per-microvm", "--metrics", "all")
	p.hook("ready", "")
	p.hook("validate", "")
	time.Sleep(1100 * time.Millisecond) // a look at the clocks before the snapshot
	p.jump(72 * time.Hour)
	// Each hook takes effect somewhere between its call and its answer.
	var called, answered [4]time.Time
	for i, hook := range []string{"run", "suspend", "resume", "terminate"} {
		called[i] = time.Now()
		p.hook(hook, `{"microvmId":"mvm-7","runHookPayload":"acme"}`)
		answered[i] = time.Now()
		switch hook {
		case "run":
			require.Eventually(t, func() bool { return strings.Contains(p.out.String(), `"Event":"interval"`) }, 20*time.Second,
				20*time.Millisecond)
		case "suspend":
			p.jump(31 * time.Minute)
		case "resume":
			time.Sleep(300 * time.Millisecond)
		}
	}
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.Wait())

	var running, suspended, vcpu int64
	var events []string
	for i, l := range p.lines() {
		require.Equal(t, int64(i+1), l.Sequence)
		require.Equal(t, "mvm-7 acme", l.MicroVMID+" "+l.Tenant)
		require.True(t, l.PerMicroVM && l.Metrics == emf.AllMetrics)
		running, suspended, vcpu = running+l.Amounts[usage.Running], suspended+l.Amounts[usage.Suspended], vcpu+
			l.Amounts[pricing.VCPU]
		if l.Event != emf.Suspended {
			events = append(events, string(l.Event))
		}
		if l.Event == emf.Interval {
			require.Zero(t, l.PeriodEnd%60_000, "the minute's end")
		}
	}
	require.Equal(t, []string{"launch", "interval", "suspend", "resume", "terminate"}, events)
	between := func(least, most time.Duration, got int64) {
		require.GreaterOrEqual(t, got, least.Milliseconds()-5)
		require.LessOrEqual(t, got, most.Milliseconds()+5)
	}
	// Where the process looks at the clocks after the jump and before the resume hook, it has run since the jump.
	awake := called[2].Sub(answered[1])
	between(called[1].Sub(answered[0])+called[3].Sub(answered[2]),
		answered[1].Sub(called[0])+answered[3].Sub(called[2])+awake, running)
	between(31*time.Minute, 31*time.Minute+answered[2].Sub(called[1]), suspended)
	require.GreaterOrEqual(t, vcpu, running, "the baseline is one vCPU")
	require.Contains(t, p.errs.String(), "10 metrics at $0.30 a month each cost $3.00 a month")
}

// TestProcessStops: a signal ends the meter with a last line.
func TestProcessStops(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0, "--start", "now", "--microvm-id", "m")
	time.Sleep(200 * time.Millisecond)
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.Wait())
	lines := p.lines()
	require.Len(t, lines, 2)
	require.Contains(t, lines[1].Notes, emf.NoteMeterStopped)
}

// TestProcessKilled: what was printed before a kill is whole.
func TestProcessKilled(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 58*time.Second, "--start", "now")
	require.Eventually(t, func() bool { return strings.Contains(p.out.String(), `"Event":"interval"`) }, 10*time.Second,
		10*time.Millisecond)
	require.NoError(t, p.Process.Kill())
	_ = p.Wait()
	require.GreaterOrEqual(t, len(p.lines()), 2)
}

// TestProcessOutputs: whatever standard output is, the meter lives and answers at once.
func TestProcessOutputs(t *testing.T) {
	t.Parallel()
	closed, write, err := os.Pipe()
	require.NoError(t, err)
	closed.Close()
	neverRead, full, err := os.Pipe()
	require.NoError(t, err)
	defer neverRead.Close()
	fill := bytes.Repeat([]byte{'\n'}, 1<<10)
	require.NoError(t, full.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	for err == nil {
		_, err = full.Write(fill)
	}
	outputs := map[string]*os.File{"closed pipe": write, "full pipe": full}
	if device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		outputs["full disk"] = device
	}
	for name, file := range outputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var messages *os.File
			if name == "full pipe" {
				messages = file // standard error goes the same way
			}
			p := startProcessInto(t, 0, file, messages)
			for _, hook := range []string{"run", "suspend", "resume", "suspend", "terminate"} {
				require.Less(t, p.hook(hook, `{"microvmId":"m"}`), flushPatience+slack, hook)
			}
			require.NoError(t, p.Process.Signal(syscall.SIGTERM))
			require.NoError(t, p.Wait(), p.errs)
			if messages == nil {
				require.Contains(t, p.errs.String(), "lines could not be written and are lost")
			}
		})
	}
}

// TestTwoAtOnce: the port is taken, which is said, and the first goes on.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0)
	port := strings.TrimSuffix(strings.TrimPrefix(p.url, "http://127.0.0.1:"), HookPath)
	second := exec.Command(p.Path, "--port", port, "--address", "127.0.0.1")
	second.Env = p.Env
	said, err := second.CombinedOutput()
	require.Equal(t, 2, exitOf(err))
	require.Contains(t, string(said), "microspend meter: listening for hooks: listen tcp")
	p.hook("ready", "")

	wrong := exec.Command(p.Path, "--port", "x", "--metrics", "y")
	wrong.Env = p.Env
	said, err = wrong.CombinedOutput()
	require.Equal(t, 2, exitOf(err))
	require.Equal(t, "microspend meter: --port: \"x\" is not a whole number; see microspend-meter --help\n"+
		"microspend meter: --metrics: unknown value \"y\"; valid values: billed, all, none\n", string(said), "all that is wrong")

	help := exec.Command(p.Path, "--help")
	help.Env = p.Env
	said, err = help.Output()
	require.NoError(t, err)
	require.Contains(t, string(said), "--per-microvm ")
	require.Contains(t, string(said), "microspend-meter [flags] [-- COMMAND ARGUMENT…]")
}

// TestCommands: an image's first process runs the application, ends as it does, and hides nothing from it.
func TestCommands(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, reason string
		command      []string
		signal       syscall.Signal
		exit         int
		prints       string
	}{
		{"exit code", "is the command's", []string{"sh", "-c", "exit 7"}, 0, 7, ""},
		{"success", "is the command's", []string{"true"}, 0, 0, ""},
		{
			"arguments", "come through as they are",
			[]string{"printf", "%s|", "a b", "--port", "$x", ""},
			0, 0,
			"a b|--port|$x||",
		},
		{"killed by a signal", "as a shell would say it", []string{"sh", "-c", "kill -9 $$"}, 0, 128 + 9, ""},
		{
			"signals", "go to the command, which ends as it likes",
			[]string{"sh", "-c", `trap 'exit 42' TERM; echo up; while :; do sleep 0.05; done`},
			syscall.SIGTERM, 42, "up\n",
		},
		{
			"other signals", "likewise",
			[]string{"sh", "-c", `trap 'exit 43' USR1; echo up; while :; do sleep 0.05; done`},
			syscall.SIGUSR1, 43, "up\n",
		},
		{"no such command", "as a shell would say it", []string{"no-such-command-anywhere"}, 0, 127, ""},
		{"no program", "as a shell would say it", []string{"/"}, 0, 126, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			program, err := os.Executable()
			require.NoError(t, err)
			cmd := exec.Command(program, append([]string{"--port", freePort(t), "--address", "127.0.0.1", "--"},
				tc.command...)...)
			cmd.Env = append(os.Environ(), asProcess+"="+t.TempDir())
			var out, errs syncBuffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			require.NoError(t, cmd.Start())
			if tc.signal != 0 {
				require.Eventually(t, func() bool { return out.String() == tc.prints }, 10*time.Second, 5*time.Millisecond)
				require.NoError(t, cmd.Process.Signal(tc.signal))
			}
			require.Equal(t, tc.exit, exitOf(cmd.Wait()), "%s: %s", tc.reason, errs.String())
			require.Equal(t, tc.prints, out.String())
		})
	}
}

// TestCommandIsMetered: the last line of a command's life is out when the meter ends with it.
func TestCommandIsMetered(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 0, "--start", "now", "--", "sleep", "0.3")
	require.NoError(t, p.Wait())
	lines := p.lines()
	require.Len(t, lines, 2)
	require.GreaterOrEqual(t, lines[1].Amounts[usage.Running], int64(290))
	require.Contains(t, lines[1].Notes, emf.NoteMeterStopped)
	require.Contains(t, fmt.Sprint(p.errs), "metering begins now")
}
