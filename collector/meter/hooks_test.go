package meter

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// movedClock is a clock that a test moves.
type movedClock struct {
	mu  sync.Mutex
	now Instant
}

func (c *movedClock) Now() Instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *movedClock) passes(mono, wall time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now.Mono += mono
	c.now.Wall += int64(wall)
}

// served is the meter's HTTP server on a clock that a test moves.
type served struct {
	*httptest.Server
	t     testing.TB
	clock *movedClock
	hooks *hooks
	text  *syncBuffer
}

type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func serve(t testing.TB, out io.Writer, application http.Handler) *served {
	w := newWorld(t)
	s := &served{t: t, clock: &movedClock{now: w.now}, text: &syncBuffer{}}
	if out == nil {
		out = s.text
	}
	s.hooks = &hooks{
		clock: s.clock, guest: systemGuest{}, out: newOutput(out, queueLines, silent), say: silent, chain: application,
		identity: w.identity, form: PayloadAuto, keys: DefaultPayloadKeys(), recorder: w.recorder,
	}
	s.hooks.identity.MicroVMID, s.hooks.identity.Tenant = "", ""
	w.recorder.Emit = s.hooks.out.put
	s.Server = httptest.NewUnstartedServer(s.hooks)
	s.Config = newServer(s.hooks)
	s.Listener = listener{s.Listener, &connections{}}
	s.Start()
	t.Cleanup(func() {
		s.Close()
		s.hooks.out.close()
	})
	return s
}

func (s *served) call(method, path, body string) (status int, text string) {
	request, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	require.NoError(s.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(read)
}

func (s *served) hook(name, body string) int {
	status, _ := s.call(http.MethodPost, HookPath+name, body)
	return status
}

func (s *served) lines() []emf.Line {
	require.True(s.t, s.hooks.out.flush(5*time.Second))
	lines, kinds := decodeAll(s.t, []byte(s.text.String()))
	require.Empty(s.t, kinds)
	return lines
}

// TestHooks follows a life through the hooks as the service calls them.
func TestHooks(t *testing.T) {
	s := serve(t, nil, nil)
	require.Equal(t, 200, s.hook("ready", ""))
	require.Equal(t, 200, s.hook("validate", "{}"))
	s.clock.passes(time.Minute, 72*time.Hour) // the snapshot sleeps, the clock is set
	require.Equal(t, 200, s.hook("run",
		`{"microvmId":"mvm-9","runHookPayload":"{\"tenant\":\"acme\",\"memory\":\"4GB\"}"}`))
	s.clock.passes(10*time.Second, 10*time.Second)
	require.Equal(t, 200, s.hook("suspend", "{}"))
	lines := s.lines()
	require.Len(t, lines, 2, "the last line before a suspend is out when the hook is answered")
	s.clock.passes(0, time.Hour)
	require.Equal(t, 200, s.hook("resume", ""))
	s.clock.passes(5*time.Second, 5*time.Second)
	require.Equal(t, 200, s.hook("terminate", ""))
	lines = s.lines()
	var running, suspended, vcpu int64
	for _, l := range lines {
		require.Equal(t, "mvm-9", l.MicroVMID)
		require.Equal(t, "acme", l.Tenant)
		running, suspended, vcpu = running+l.Amounts[usage.Running], suspended+l.Amounts[usage.Suspended], vcpu+
			l.Amounts[pricing.VCPU]
	}
	require.Equal(t, []int64{15_000, 3_600_000, 30_000}, []int64{running, suspended, vcpu})
	require.Contains(t, lines[1].Notes, emf.NoteBurstUnknown)
	require.Equal(t, emf.Terminate, lines[len(lines)-1].Event)
}

func TestRefusedRequests(t *testing.T) {
	s := serve(t, nil, nil)
	for _, tc := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", HookPath + "run", "", 405},
		{"PUT", HookPath + "suspend", "", 405},
		{"POST", HookPath, "", 404},
		{"POST", HookPath + "explode", "", 404},
		{"POST", HookPath + "run/", "", 404},
		{"POST", HookPath + "RUN", "", 404},
		{"GET", "/", "", 404},
		{"POST", "/run", "", 404},
	} {
		status, text := s.call(tc.method, tc.path, tc.body)
		require.Equal(t, tc.status, status, "%s %s", tc.method, tc.path)
		require.Contains(t, text, "microspend meter: ")
	}
	require.Empty(t, s.lines(), "nothing began")

	// A body that the meter cannot read is no reason to keep a MicroVM from running, or from being metered.
	require.Equal(t, 200, s.hook("run", "not JSON"))
	require.Equal(t, 200, s.hook("terminate", ""))
	lines := s.lines()
	require.Contains(t, lines[0].Notes, emf.NoteRunUnreadable)
	require.Contains(t, lines[0].Notes, emf.NoteTenantMissing)
}

// slack is what a busy machine may take for an answer besides.
const slack = 2 * time.Second

// TestHooksDoNotWait: with a reader that never reads, and a queue that is full, each hook is answered within the
// patience.
func TestHooksDoNotWait(t *testing.T) {
	read, write := io.Pipe()
	defer read.Close()
	s := serve(t, write, nil)
	for _, hook := range []string{"run", "suspend", "resume", "suspend", "resume", "terminate"} {
		begin := time.Now()
		require.Equal(t, 200, s.hook(hook, `{"microvmId":"m"}`))
		require.Less(t, time.Since(begin), flushPatience+slack, hook)
		s.clock.passes(time.Second, 2*time.Hour/10)
	}
}

// application is an application with hooks of its own.
type application struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string
	answers func(w http.ResponseWriter, r *http.Request)
}

func newApplication(t testing.TB) *application {
	a := &application{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.asked = append(a.asked, r.Method+" "+r.URL.RequestURI()+" "+string(body)+" "+r.Header.Get("X-Test"))
		answers := a.answers
		a.mu.Unlock()
		if answers != nil {
			answers(w, r)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *application) chain(t testing.TB, timeout time.Duration) http.Handler {
	base, err := parseChain(a.URL)
	require.NoError(t, err)
	return newChain(base, timeout, silent)
}

func TestChain(t *testing.T) {
	app := newApplication(t)
	s := serve(t, nil, app.chain(t, time.Second))
	app.answers = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-App", "yes")
		w.Header().Set("Retry-After", "3")
		if strings.HasSuffix(r.URL.Path, "/ready") {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, "from the application")
	}
	request, err := http.NewRequest(http.MethodPost, s.URL+HookPath+"ready?x=1", strings.NewReader("{}"))
	require.NoError(t, err)
	request.Header.Set("X-Test", "passed on")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, 503, response.StatusCode, "a ready that is not yet is passed on")
	require.Equal(t, "from the application", string(text))
	require.Equal(t, "yes 3", response.Header.Get("X-App")+" "+response.Header.Get("Retry-After"))
	require.Equal(t, []string{"POST " + HookPath + "ready?x=1 {} passed on"}, app.asked)

	// The order on a suspend is application, last line; on a resume meter, application.
	var during []string
	app.answers = func(_ http.ResponseWriter, r *http.Request) {
		s.clock.passes(3*time.Second, 3*time.Second) // the application works
		s.hooks.mu.Lock()
		defer s.hooks.mu.Unlock()
		state := "nothing"
		if l := s.hooks.recorder.life; l != nil && l.suspended != nil {
			state = "suspended"
		} else if l != nil {
			state = "running"
		}
		during = append(during, strings.TrimPrefix(r.URL.Path, HookPath)+" "+state)
	}
	s.clock.passes(time.Minute, 72*time.Hour)
	for _, hook := range []string{"run", "suspend", "resume", "terminate"} {
		require.Equal(t, 200, s.hook(hook, `{"microvmId":"m"}`))
		s.clock.passes(0, time.Hour)
	}
	require.Equal(t, []string{"run running", "suspend running", "resume running", "terminate running"}, during)
	var running int64
	for _, l := range s.lines() {
		running += l.Amounts[usage.Running]
	}
	require.Equal(t, int64(12_000), running, "what the application does in its hooks is running time")

	// A hook that this version does not know is the application's alone.
	status, _ := s.call(http.MethodPost, HookPath+"hibernate", "")
	require.Equal(t, 200, status)
	status, _ = s.call(http.MethodPost, "/elsewhere", "")
	require.Equal(t, 404, status)
}

// TestChainKeepsToItself: what is about the connection to the meter is not passed on, nor what is about the
// application's; a redirect is the service's to read, and headers without end are no answer.
func TestChainKeepsToItself(t *testing.T) {
	app := newApplication(t)
	s := serve(t, nil, app.chain(t, time.Second))
	var got http.Header
	app.answers = func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		w.Header().Set("Keep-Alive", "timeout=99")
		w.Header().Set("Location", app.URL+"/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func() *http.Response {
		request, err := http.NewRequest(http.MethodPost, s.URL+HookPath+"ready", strings.NewReader("{}"))
		require.NoError(t, err)
		for name, value := range map[string]string{
			"Connection": "X-Outer", "X-Outer": "1", "Keep-Alive": "1", "Proxy-Authorization": "Basic x", "Upgrade": "h2c",
			"X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "X-Kept": "1",
		} {
			request.Header.Set(name, value)
		}
		response, err := client.Do(request)
		require.NoError(t, err)
		response.Body.Close()
		return response
	}
	response := ask()
	require.Equal(t, http.StatusTemporaryRedirect, response.StatusCode)
	require.Empty(t, response.Header.Get("Keep-Alive"))
	require.Len(t, app.asked, 1, "the redirect is not followed")
	require.Equal(t, "1", got.Get("X-Kept"))
	for _, name := range []string{
		"X-Outer", "Keep-Alive", "Proxy-Authorization", "Upgrade", "X-Forwarded-For", "Forwarded",
	} {
		require.Empty(t, got.Values(name), name)
	}
	app.answers = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 2*maxHeaderBytes))
	}
	require.Equal(t, http.StatusBadGateway, ask().StatusCode)
}

// TestChainThatFails: metering happens whatever becomes of the application.
func TestChainThatFails(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	base, err := parseChain("http://" + gone.Addr().String())
	require.NoError(t, err)
	gone.Close()
	app := newApplication(t)
	app.answers = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/run"):
			<-r.Context().Done() // never answers
		case strings.HasSuffix(r.URL.Path, "/suspend"):
			panic(http.ErrAbortHandler) // hangs up
		case strings.HasSuffix(r.URL.Path, "/resume"):
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		default:
			_, _ = w.Write(make([]byte, maxChainAnswer+1))
		}
	}
	for _, tc := range []struct {
		name   string
		chain  http.Handler
		status map[string]int
	}{
		{
			"nobody listens", newChain(base, time.Second, silent),
			map[string]int{"ready": 503, "validate": 502, "run": 502, "suspend": 502, "resume": 502, "terminate": 502},
		},
		{
			"misbehaves", app.chain(t, 100*time.Millisecond),
			map[string]int{"run": 504, "suspend": 502, "resume": 302, "terminate": 502},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, nil, tc.chain)
			http.DefaultClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			defer func() { http.DefaultClient.CheckRedirect = nil }()
			s.clock.passes(time.Minute, 72*time.Hour)
			for _, hook := range []string{"ready", "validate", "run", "suspend", "resume", "terminate"} {
				if want, ok := tc.status[hook]; ok {
					require.Equal(t, want, s.hook(hook, `{"microvmId":"m"}`), hook)
					s.clock.passes(time.Second, time.Hour)
				}
			}
			lines := s.lines()
			require.Equal(t, emf.Terminate, lines[len(lines)-1].Event)
		})
	}

	// A chain that leads back ends at once.
	s := serve(t, nil, nil)
	base, err = parseChain(s.URL)
	require.NoError(t, err)
	s.hooks.chain = newChain(base, time.Second, silent)
	require.Equal(t, http.StatusLoopDetected, s.hook("ready", ""))
}

func TestParseChain(t *testing.T) {
	for text, want := range map[string]string{
		"9001": "http://127.0.0.1:9001", "http://app:80/hooks/": "http://app:80/hooks",
		"http://127.0.0.1:9001": "http://127.0.0.1:9001",
	} {
		base, err := parseChain(text)
		require.NoError(t, err)
		require.Equal(t, want, base.String())
	}
	for _, bad := range []string{
		"0", "65536", "-1", "", "app", "https://app", "http://", "http://a?b", "http://u:p@a",
		"ftp://a", "http://a#b", "\x00",
	} {
		_, err := parseChain(bad)
		require.Error(t, err, bad)
	}
}

// TestCallerThatHangsUp: the service gives up on a suspend hook; the application's answer is not waited for any
// longer, and the last line comes nevertheless.
func TestCallerThatHangsUp(t *testing.T) {
	app := newApplication(t)
	s := serve(t, nil, app.chain(t, time.Minute))
	require.Equal(t, 200, s.hook("run", `{"microvmId":"m"}`))
	app.answers = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	s.clock.passes(time.Second, time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+HookPath+"suspend", nil)
	require.NoError(t, err)
	_, err = http.DefaultClient.Do(request)
	require.Error(t, err)
	require.Eventually(t, func() bool { return strings.Contains(s.text.String(), `"Event":"suspend"`) }, 5*time.Second,
		5*time.Millisecond)
}
