package meter

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/internal/fakemicrovms"
)

// acting is what does things at thresholds, and what it said.
type acting struct {
	*actions
	t    testing.TB
	once sync.Once
	mu   sync.Mutex
	said []string
}

func (a *acting) close() { a.once.Do(a.actions.close) }

func newActing(t testing.TB, o actionOptions) *acting {
	a := &acting{t: t}
	if o.timeout == 0 {
		o.timeout = 5 * time.Second
	}
	a.actions = newActions(o, &children{}, os.Getenv, func(_ string, f func()) bool { f(); return true }, func(format string, args ...any) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.said = append(a.said, strings.TrimSpace(messageLine(fmt.Sprintf(format, args...))))
	})
	t.Cleanup(a.close)
	return a
}

func (a *acting) saying() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.said, "\n")
}

// at fires an action, with a budget of which half is spent.
func (a *acting) at(when, what string) {
	act, err := parseAction(what)
	require.NoError(a.t, err)
	half, one := decimal.RequireFromString("0.5"), decimal.RequireFromString("1")
	require.True(a.t, a.fire(firing{action: act, budget: Budget{
		Schema: BudgetSchema, Threshold: when, MicroVMID: "mvm-1", Tenant: "acme", Region: "eu-west-1", State: "exact",
		Spent: &half, Budget: &one, Left: &half, Fraction: &half,
	}}))
}

// TestPost: a URL is sent the budget, again where it does not take it, and no other machine is.
func TestPost(t *testing.T) {
	t.Parallel()
	var got atomic.Int32
	var body, kind atomic.Value
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		body.Store(string(text))
		kind.Store(r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type"))
		if got.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer application.Close()
	a := newActing(t, actionOptions{})
	a.at("75%", application.URL+"/slow-down")
	require.Eventually(t, func() bool { return got.Load() == 2 }, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, "POST /slow-down application/json", kind.Load())
	var b Budget
	require.NoError(t, json.Unmarshal([]byte(body.Load().(string)), &b))
	require.Equal(t, "75% 0.5 1 0.5", strings.Join([]string{
		b.Threshold, b.Spent.String(), b.Budget.String(),
		b.Fraction.String(),
	}, " "))

	elsewhere := httptest.NewServer(http.RedirectHandler("http://192.0.2.1/", http.StatusTemporaryRedirect))
	defer elsewhere.Close()
	for url, want := range map[string]string{
		elsewhere.URL:       "answered 307",
		"http://192.0.2.1/": "192.0.2.1 is not on this machine; --allow-remote-urls allows it",
	} {
		act, err := parseAction(url)
		require.NoError(t, err)
		require.ErrorContains(t, a.postOnce(t.Context(), act.url, nil), want)
	}
}

// TestHangingActions: what hangs holds up neither what meters nor what else is to be done.
func TestHangingActions(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hanging.Close()
	defer close(release)
	a := newActing(t, actionOptions{hasTarget: true})
	begin := time.Now()
	a.at("50%", hanging.URL)
	a.at("75%", "exec:sleep 60")
	a.at("100%", "signal:TERM")
	require.Less(t, time.Since(begin), slack)
	select {
	case s := <-a.signals:
		require.Equal(t, "terminated", s.String())
	case <-time.After(5 * time.Second):
		require.Fail(t, "the signal waits for what hangs")
	}
	require.Less(t, time.Since(begin), 2*orderPatience+2*time.Second)
	// Another life begins: what the one before began is ended.
	a.begin()
	begin = time.Now()
	a.close()
	require.Less(t, time.Since(begin), exitPatience, "actions of a life that is over do not go on")
}

// TestExec: a command has the budget in its environment, its failure is told, and it ends in time.
func TestExec(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a := newActing(t, actionOptions{timeout: 300 * time.Millisecond})
	run := func(command ...string) error {
		ctx, cancel := context.WithTimeout(t.Context(), a.timeout)
		defer cancel()
		one := decimal.RequireFromString("1.50")
		b := Budget{Threshold: "30m", Tenant: "acme", Spent: &one}
		return a.children.run(ctx, command, append([]string{"PATH=/bin:/usr/bin", "F=" + folder}, b.environment()...))
	}
	require.NoError(t, run("sh", "-c", `test "$MICROSPEND_SPENT,$MICROSPEND_THRESHOLD,$MICROSPEND_TENANT,`+
		`$MICROSPEND_LEFT" = 1.5,30m,acme,`))
	require.ErrorContains(t, run("sh", "-c", "exit 3"), "ended with exit code 3")
	require.ErrorContains(t, run("sh", "-c", "kill -9 $$"), "ended by signal 9")
	require.ErrorContains(t, run("no-such-command-anywhere"), "not found")
	begin := time.Now()
	require.ErrorContains(t, run("sh", "-c", "(sleep 1.2; touch $F/left) & sleep 60"), "killed")
	require.Less(t, time.Since(begin), 5*time.Second)
	time.Sleep(1500 * time.Millisecond)
	require.NoFileExists(t, folder+"/left", "what a command has started is killed with it")
}

// TestSignalNeedsCommand, and AWS its permission.
func TestSignalNeedsCommand(t *testing.T) {
	t.Parallel()
	a := newActing(t, actionOptions{})
	a.at("100%", "signal:TERM")
	require.Eventually(t, func() bool { return strings.Contains(a.saying(), "runs no command") }, 5*time.Second,
		5*time.Millisecond)
	require.Equal(t, "microspend meter: at 100%, signal:TERM: the meter runs no command that could be sent a signal",
		a.saying())
}

// TestQueueIsBounded: a flood of firings is refused, not kept.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	a := newActing(t, actionOptions{timeout: time.Second})
	act, err := parseAction("exec:sleep 60")
	require.NoError(t, err)
	taken := 0
	for range 10 * maxThresholds {
		if a.fire(firing{action: act}) {
			taken++
		}
	}
	require.Less(t, taken, 4*maxThresholds)
	a.begin()
}

// TestAWSActions: the MicroVM that the meter runs in is suspended and terminated, signed by its execution role.
func TestAWSActions(t *testing.T) {
	t.Parallel()
	service := fakemicrovms.New(fakemicrovms.Options{Keys: map[string]string{"AKID": "secret"}, Region: "eu-west-1"})
	service.Add(fakemicrovms.MicroVM{
		ID: "mvm-1", StartedAt: time.Now().Add(-time.Hour),
		Changes: []fakemicrovms.Change{{At: time.Now().Add(-time.Minute), State: "RUNNING"}},
	})
	server := httptest.NewServer(service)
	defer server.Close()
	a := newActing(t, actionOptions{})
	a.env = func(name string) string {
		return map[string]string{
			"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret",
		}[name]
	}
	a.at("95%", "aws:suspend")
	a.at("100%", "aws:terminate")
	require.Eventually(t, func() bool { return len(service.Calls()) == 2 }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, []string{"SuspendMicrovm", "TerminateMicrovm"},
		[]string{service.Calls()[0].Operation, service.Calls()[1].Operation})
	a.at("100%", "aws:terminate")
	require.Eventually(t, func() bool { return strings.Contains(a.saying(), "MicroVM mvm-1 is TERMINATED") }, 10*time.Second,
		5*time.Millisecond)
	require.ErrorContains(t, a.control(t.Context(), "suspend", "eu-west-1", "unnamed-0"), "are not known")
	require.ErrorContains(t, a.control(t.Context(), "suspend", "", "mvm-1"), "are not known")
}
