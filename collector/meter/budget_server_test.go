package meter

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestBudgetServer(t *testing.T) {
	s := serve(t, nil, nil)
	b := newBudgeted(t, knownRates)
	s.hooks.watch = b.watch
	server := httptest.NewServer(budgetServer{s.hooks.budget})
	defer server.Close()
	for _, tc := range []struct {
		name, reason, method, path, host string
		status                           int
		text                             string
	}{
		{"asked", "is answered", "GET", BudgetPath, "", 200, `{"schema":"microspend.meter-budget/v1"`},
		{"by name", "of this machine", "GET", BudgetPath, "localhost:9471", 200, `"phase":"none"`},
		{"by IPv6", "of this machine", "GET", BudgetPath, "[::1]:9471", 200, `"spent":null`},
		{"head", "has no body", "HEAD", BudgetPath, "", 200, ""},
		{"a name that leads here", "is another site's", "GET", BudgetPath, "evil.example:9471", 403, "only localhost"},
		{"an address of the network", "is not loopback", "GET", BudgetPath, "169.254.1.1", 403, "only localhost"},
		{"posted", "changes nothing", "POST", BudgetPath, "", 405, "with GET"},
		{"elsewhere", "is nothing", "GET", "/v1/budgets", "", 404, "not /v1/budget"},
		{"a hook", "is served on another port", "POST", HookPath + "run", "", 404, "not /v1/budget"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			request, err := http.NewRequest(tc.method, server.URL+tc.path, nil)
			require.NoError(t, err)
			request.Host = tc.host
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Equal(t, tc.status, response.StatusCode, tc.reason)
			require.Contains(t, string(text), tc.text)
			if tc.status == 200 {
				require.Equal(t, "application/json no-store",
					response.Header.Get("Content-Type")+" "+response.Header.Get("Cache-Control"))
			}
		})
	}
}

// TestBudgetIsOfNow: who asks gets figures that are no older than a second, and asking changes none.
func TestBudgetIsOfNow(t *testing.T) {
	s := serve(t, nil, nil)
	s.hooks.watch = newBudgeted(t, knownRates).watch
	require.Equal(t, 200, s.hook("run", `{"microvmId":"m","runHookPayload":"{\"budget\":\"0.5\"}"}`))
	s.clock.passes(900*time.Millisecond, 900*time.Millisecond)
	require.Equal(t, "0", s.hooks.budget().Running.String(), "of the last look")
	s.clock.passes(100*time.Millisecond, 100*time.Millisecond)
	for range 100 {
		require.Equal(t, "1", s.hooks.budget().Running.String())
	}
	require.Equal(t, "0.5", s.hooks.budget().Budget.String())
}

// TestBudgetAddressIsTaken: the application goes on, and can ask as soon as the address is left.
func TestBudgetAddressIsTaken(t *testing.T) {
	t.Parallel()
	squatter, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer squatter.Close()
	address := squatter.Addr().String()
	var said syncBuffer
	m := newMeter(Process{
		Out: &syncBuffer{}, Err: &said, Clock: SystemClock(), Env: func(string) string { return "" }, Root: t.TempDir(),
	}, Options{
		Address: "127.0.0.1:0", Timing: DefaultTiming(), Sample: time.Second,
		Budget: BudgetOptions{Address: address},
	}, nil)
	require.NoError(t, m.start(t.Context(), true))
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "the budget cannot be asked for") },
		10*time.Second, 5*time.Millisecond)
	squatter.Close()
	var out bytes.Buffer
	require.Eventually(t, func() bool {
		code, err := ask(t.Context(), &out, address, decimal.Decimal{})
		return err == nil && code == 0
	}, 10*time.Second, 50*time.Millisecond)
	begin := time.Now()
	m.stop()
	require.Less(t, time.Since(begin), stopPatience+slack)
	require.Contains(t, said.String(), "the budget can be asked for at "+address)
}

// TestAsk: one line for people, and a code for programs.
func TestAsk(t *testing.T) {
	amount := func(text string) *decimal.Decimal { d := decimal.RequireFromString(text); return &d }
	for _, tc := range []struct {
		name, reason, more string
		budget             Budget
		code               int
		says               string
	}{
		{
			"enough", "is left", "0.25",
			Budget{State: "exact", Spent: amount("0.5"), Budget: amount("1"), Left: amount("0.5")},
			0, "$0.5 spent of $1\n",
		},
		{"just enough", "is enough", "0.5", Budget{State: "exact", Spent: amount("0.5"), Budget: amount("1"), Left: amount("0.5")}, 0, ""},
		{"too little", "is left", "0.51", Budget{State: "exact", Spent: amount("0.5"), Budget: amount("1"), Left: amount("0.5")}, 1, ""},
		{"exhausted", "is over whatever is left", "0", Budget{State: "exact", Exhausted: true}, 1, "an unknown amount spent\n"},
		{"no budget", "limits nothing", "5", Budget{State: "exact", Spent: amount("0.5")}, 0, "$0.5 spent\n"},
		{
			"a lower bound", "is said", "0",
			Budget{State: "at-least", Spent: amount("0.1234567"), Running: amount("90.2")},
			0,
			"$0.123457 spent (at-least), 90 s running\n",
		},
		{"no rates", "cannot be told", "0", Budget{State: "unknown-rates", Budget: amount("1")}, 3, ""},
		{"unread budget", "cannot be told", "0", Budget{State: "exact", Faults: []string{"x"}}, 3, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(budgetServer{func() Budget { return tc.budget }})
			defer server.Close()
			var out bytes.Buffer
			code, err := ask(t.Context(), &out, strings.TrimPrefix(server.URL, "http://"), decimal.RequireFromString(tc.more))
			require.Equal(t, tc.code, code, tc.reason)
			require.Equal(t, tc.code == 3, err != nil)
			require.Contains(t, out.String(), tc.says)
		})
	}
	var out bytes.Buffer
	code, err := ask(t.Context(), &out, "127.0.0.1:1", decimal.Decimal{})
	require.Equal(t, 3, code)
	require.ErrorContains(t, err, "asking the meter")
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	_, err = ask(t.Context(), &out, strings.TrimPrefix(refusing.URL, "http://"), decimal.Decimal{})
	require.ErrorContains(t, err, "it answered 404")
	require.Empty(t, out.String())
}

// TestBudgetSettings: all that is wrong is said, and has its default for an application that starts all the same.
func TestBudgetSettings(t *testing.T) {
	o, err := options(nil, nil)
	require.NoError(t, err)
	require.Equal(t, BudgetOptions{
		Address: DefaultBudgetAddress, Actions: actionOptions{timeout: DefaultActionTimeout},
	}, o.Budget)

	o, err = options([]string{"--at", "100%=signal:TERM", "--max-running=30m", "--allow-aws-actions"}, map[string]string{
		"MICROSPEND_METER_BUDGET": "2.00", "MICROSPEND_METER_AT": "75%=exec:save; 95%=aws:suspend",
		"MICROSPEND_METER_BUDGET_ADDRESS": "none", "MICROSPEND_METER_RATES": "vcpu_second=1",
	})
	require.NoError(t, err)
	require.Equal(t, "2 30m0s", o.Identity.Limits.Dollars.String()+" "+o.Identity.Limits.Running.String())
	require.Empty(t, o.Budget.Address)
	require.Len(t, o.Budget.Thresholds, 3, "the flag's are added to the environment's")

	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"budget", []string{"--budget", "two"}, "--budget: \"two\": not a plain decimal number"},
		{"negative budget", []string{"--budget=-1"}, "--budget: a budget is not below zero"},
		{"running", []string{"--max-running", "9h"}, "--max-running: 9h is longer than a MicroVM lives, which is 8h0m0s"},
		{"life", []string{"--max-life", "0"}, "--max-life: 0 is not above zero"},
		{"open address", []string{"--budget-address", "0.0.0.0:9471"}, "can be reached from outside"},
		{"every address", []string{"--budget-address", ":9471"}, "can be reached from outside"},
		{"hooks' port", []string{"--budget-address", "127.0.0.1:9000"}, "port 9000 is that of the hooks"},
		{"no address", []string{"--budget-address", "9471"}, "neither an address such as 127.0.0.1:9471 nor none"},
		{"rates", []string{"--rates", "no-such-file"}, "--rates: open no-such-file"},
		{"AWS", []string{"--at", "95%=aws:suspend"}, "--at: aws:suspend takes --allow-aws-actions"},
		{"remote", []string{"--at", "95%=http://192.0.2.1/"}, "--at: http://192.0.2.1/ is not a URL of this machine"},
		{"patience", []string{"--at-timeout", "0s"}, "--at-timeout: 0s is not from"},
		{"ask", []string{"--ask", "-1"}, "--ask: \"-1\": below zero"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, err := options(tc.args, nil)
			require.ErrorContains(t, err, tc.want)
			require.Nil(t, o.Identity.Limits.Dollars)
			require.NotEmpty(t, o.Budget.Address)
			require.Empty(t, o.Budget.Thresholds)
			require.Equal(t, DefaultActionTimeout, o.Budget.Actions.timeout)
			limit := strings.HasPrefix(tc.want, "--budget:") || strings.HasPrefix(tc.want, "--max-")
			require.Equal(t, limit, len(o.Identity.Limits.Faults) == 1, "who asks is told that there may be a limit")
		})
	}
	o, err = options([]string{"--allow-remote-urls", "--at", "95%=https://example.com/x"}, nil)
	require.NoError(t, err)
	require.Len(t, o.Budget.Thresholds, 1)
	_, err = options([]string{"--at", "95%=exec:a", "--at", "soon=exec:a"}, nil)
	require.ErrorContains(t, err, `"soon" is none of 75%`)
}

func FuzzThreshold(f *testing.F) {
	for _, text := range []string{"75%=http://127.0.0.1/x", "1.5usd=exec:a b", "life:7h=aws:suspend", "running:5%=signal:TERM"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all thresholds
		if all.Set(text) != nil {
			require.Empty(t, all)
			return
		}
		var again thresholds
		require.NoError(t, again.Set(all.String()))
		require.Equal(t, all.String(), again.String())
		b := newBudgeted(t, knownRates).limits("1", "1m", "")
		b.watch.thresholds = all
		b.does(b.launched)
		b.tick = 10 * time.Second
		b.each(2 * time.Minute)
		_, err := json.Marshal(b.document())
		require.NoError(t, err)
	})
}
