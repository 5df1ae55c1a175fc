//go:build unix

package meter

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// asAgent makes the test binary an agent: the one of docs/agent-budget.md.
const asAgent = "agent"

// agent works in steps of half a second, asks before each whether it may spend two cents, and stops when it may not. A
// figure that is not known stops it, too.
func agent(url string) {
	mayGoOn := func(price string) bool {
		response, err := http.Get(url)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		var budget struct {
			State     string
			Left      *decimal.Decimal
			Exhausted bool
		}
		if json.NewDecoder(response.Body).Decode(&budget) != nil || budget.Exhausted || budget.Left == nil {
			return false
		}
		return budget.Left.GreaterThanOrEqual(decimal.RequireFromString(price))
	}
	fmt.Println("up")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // begin when told to
	steps := 0
	for mayGoOn("0.02") {
		time.Sleep(500 * time.Millisecond) // the expensive step
		steps++
	}
	fmt.Printf("stopped after %d steps\n", steps)
}

// spender is a meter with an application, on a guest that uses nothing above its baseline, at rates by which a MicroVM
// of 2 GB costs half a cent for each second that it runs, and nothing else.
type spender struct {
	*process
	budget string
}

const halfACent = "vcpu_second=0,gb_second=0.0025,snapshot_read_gb=0,snapshot_write_gb=0,storage_gb_hour=0"

func startSpender(t *testing.T, args, command []string) *spender {
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "proc"), 0o755))
	for name, text := range map[string]string{
		"stat":    "cpu  100 0 100 1000 0 0 0 0 0 0\n",
		"meminfo": "MemTotal:        8388608 kB\nMemFree:         8000000 kB\nMemAvailable:    8000000 kB\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "proc", name), []byte(text), 0o600))
	}
	program, err := os.Executable()
	require.NoError(t, err)
	port, budgetPort := freePort(t), freePort(t)
	s := &spender{budget: "http://127.0.0.1:" + budgetPort + BudgetPath}
	for i := range command {
		command[i] = strings.NewReplacer("$URL", s.budget, "$METER", program, "$ADDRESS", "127.0.0.1:"+budgetPort).
			Replace(command[i])
	}
	all := append([]string{
		"--port", port, "--address", "127.0.0.1", "--memory", "2GB", "--image-size", "3GB", "--region", "eu-west-1", "--arch", "x86_64",
		"--budget-address", "127.0.0.1:" + budgetPort, "--rates", halfACent,
	}, args...)
	s.process = &process{
		t: t, url: "http://127.0.0.1:" + port + HookPath, wallFile: filepath.Join(folder, "wall"), errs: &syncBuffer{},
		out: &syncBuffer{}, Cmd: exec.Command(program, append(append(all, "--"), command...)...),
	}
	s.setWall(0)
	s.Env = append(os.Environ(), asProcess+"="+folder, "OUT="+folder)
	s.Stdout, s.Stderr = s.out, s.errs
	stdin, err := s.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, s.Start())
	t.Cleanup(func() {
		_ = s.Process.Kill()
		_ = s.Wait()
	})
	require.Eventually(t, func() bool { return strings.Contains(s.out.String(), "up\n") }, 20*time.Second,
		10*time.Millisecond, s.errs)
	s.hook("run", `{"microvmId":"mvm-1","runHookPayload":"{\"tenant\":\"acme\",\"budget\":\"0.04\"}"}`)
	_, err = stdin.Write([]byte("go\n"))
	require.NoError(t, err)
	return s
}

// spent is what the lines of the life add up to, priced as the ledger would.
func (s *spender) spent() (dollars decimal.Decimal, running time.Duration, notes string) {
	var sum usage.Sum
	var said []string
	var printed []string
	for line := range strings.Lines(s.out.String()) {
		if !strings.HasPrefix(line, `{"Schema":"microspend.meter`) {
			continue
		}
		printed = append(printed, line)
	}
	lines, kinds := decodeAll(s.t, []byte(strings.Join(printed, "")))
	require.Empty(s.t, kinds)
	for i := range lines {
		sum.Add(&usage.Record{Amounts: lines[i].Amounts})
		said = append(said, lines[i].Notes...)
	}
	rates, err := inlineRates(halfACent)
	require.NoError(s.t, err)
	card := pricing.RateCard{Region: "eu-west-1"}.WithOwn(rates, pricing.ArchX86)
	bill, err := sum.Measured().Bill(card)
	require.NoError(s.t, err)
	return bill.Total(), time.Duration(sum.Amounts[usage.Running].Lo) * time.Millisecond, strings.Join(said, " ")
}

// requireObeyed checks that the application has stopped before its budget of four cents was spent, and not long before.
func (s *spender) requireObeyed(t *testing.T) {
	dollars, running, notes := s.spent()
	require.True(t, dollars.LessThanOrEqual(decimal.RequireFromString("0.04")), "spent %s", dollars)
	require.True(t, dollars.GreaterThan(decimal.RequireFromString("0.015")), "spent %s: it gave up early", dollars)
	rest := dollars.Sub(decimal.NewFromInt(5 * running.Milliseconds()).Shift(-6))
	require.True(t, rest.Abs().LessThan(decimal.RequireFromString("0.00001")), "%s: half a cent for each second", rest)
	require.NotContains(t, notes, emf.NoteBudgetExhausted)
}

// TestAgentObeys: an agent that asks before each step stops before its budget of four cents is spent, which lasts eight
// seconds. It asks for two cents: a quarter of a cent is for its step, half a cent for the second that the meter may
// not have seen yet, and the rest for a machine that is busy.
func TestAgentObeys(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{
		"Go": {"$METER", asAgent, "$URL"},
		"shell": {"sh", "-c", `echo up; read go
			while "$METER" --budget-address "$ADDRESS" --ask 0.02 >&2 || ! code=$?; do sleep 0.5; done
			test $code = 1 && echo stopped after its budget`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSpender(t, nil, command)
			require.NoError(t, s.Wait(), s.errs)
			require.Contains(t, s.out.String(), "stopped after ")
			s.requireObeyed(t)
		})
	}
}

// TestAgentIsStopped: one that does not ask is told on the way, and ended when its budget of four cents is spent, after
// eight seconds. What hangs meanwhile changes nothing.
func TestAgentIsStopped(t *testing.T) {
	t.Parallel()
	var told atomic.Value
	slowDown := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var b Budget
		if json.NewDecoder(r.Body).Decode(&b) == nil {
			told.Store(b)
		}
	}))
	defer slowDown.Close()
	hanging := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hanging }))
	defer hangs.Close()
	defer close(hanging)
	begin := time.Now()
	s := startSpender(t, []string{
		"--at", "20%=" + hangs.URL, "--at", "40%=" + slowDown.URL, "--at", "3s=exec:" + writeScript(t), "--at", "100%=signal:TERM",
	}, []string{"sh", "-c", `trap 'echo told to stop; exit 5' TERM; echo up; while :; do sleep 0.05; done`})
	require.Equal(t, 5, exitOf(s.Wait()), s.errs)
	require.Contains(t, s.out.String(), "told to stop\n")
	dollars, running, notes := s.spent()
	require.GreaterOrEqual(t, running, 8*time.Second)
	require.Less(t, running, 9*time.Second+slack, "a second for the meter to look, and what a busy machine takes")
	require.True(t, dollars.GreaterThanOrEqual(decimal.RequireFromString("0.04")))
	require.Contains(t, notes, emf.NoteBudgetThreshold)
	require.Contains(t, notes, emf.NoteBudgetExhausted)
	require.Less(t, time.Since(begin), 9*time.Second+stopPatience+3*slack)

	b := told.Load().(Budget)
	require.Equal(t, "40% acme mvm-1 exact", b.Threshold+" "+b.Tenant+" "+b.MicroVMID+" "+b.State)
	require.Equal(t, "0.04 18", b.Budget.String()+" "+b.BurnPerHour.String())
	require.True(t, b.Spent.GreaterThanOrEqual(decimal.RequireFromString("0.016")), b.Spent)
	require.Contains(t, s.errs.String(), "saving for acme at 3s, 0.04 in all", "a command's output is a message")
	require.Contains(t, s.errs.String(), "100% is reached, $0.04")
}

// writeScript writes a command that says what it is told.
func writeScript(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "save")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+
		`echo "saving for $MICROSPEND_TENANT at $MICROSPEND_THRESHOLD, $MICROSPEND_BUDGET in all" >&2`), 0o755))
	return path
}
