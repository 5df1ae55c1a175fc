package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// watched is standard error that is read while the command writes to it.
type watched struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.text.String()
}

// command runs a command line as the program does.
func command(ctx context.Context, errs io.Writer, environ []string, args ...string) (code int, out string) {
	var stdout bytes.Buffer
	code = run(ctx, args, process{
		in: strings.NewReader(""), out: &stdout, err: errs, environ: environ, now: func() time.Time { return scriptDay },
	})
	return code, stdout.String()
}

// awaitServing waits until serve says where it serves.
func awaitServing(t *testing.T, errs *watched) string {
	t.Helper()
	address := regexp.MustCompile(`serving on (http://\S+)/`)
	require.Eventually(t, func() bool { return address.MatchString(errs.String()) }, 30*time.Second, 20*time.Millisecond)
	return address.FindStringSubmatch(errs.String())[1]
}

// TestServe runs serve beside spend: they say the same to the byte, a change of the tenants file is seen, and an
// interrupt ends it with 0.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	environ := []string{"HOME=" + dir}
	code, _ := command(t.Context(), io.Discard, environ, "demo", "--output", dir, "--days", "20", "--tenants", "10")
	require.Zero(t, code)
	finance := []string{"--ledger", filepath.Join(dir, "ledger"), "--config", filepath.Join(dir, "microspend.yaml")}
	code, want := command(t.Context(), io.Discard, environ,
		append([]string{"spend", "--by", "tenant,day", "--format", "json"}, finance...)...)
	require.Zero(t, code)

	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	errs := &watched{}
	go func() {
		code, _ := command(ctx, errs, environ, append([]string{"serve", "--listen", "127.0.0.1:0", "--refresh", "1s"},
			finance...)...)
		ended <- code
	}()
	base := awaitServing(t, errs)
	get := func(path string) string {
		response, err := http.Get(base + path)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(body)
	}
	require.Equal(t, want, get("/api/v1/spend?by=tenant,day"))
	_, page := command(t.Context(), io.Discard, environ, append([]string{"report"}, finance...)...)
	served := get("/")
	sum := regexp.MustCompile(`<p class="sum">[^<]+</p>`)
	require.Equal(t, sum.FindString(page), sum.FindString(served))
	require.NotEmpty(t, sum.FindString(page))

	section := regexp.MustCompile(`(?s)<section id="advice".*?</section>`)
	require.NotEmpty(t, section.FindString(page))
	require.Equal(t, section.FindString(page), section.FindString(served))
	require.NotContains(t, get("/?tenant=cinder"), "What to change")
	id := regexp.MustCompile(`<li>ID (\w+)</li>`).FindStringSubmatch(served)
	require.Len(t, id, 2)
	code, _ = command(t.Context(), io.Discard, environ,
		append([]string{"advise", "dismiss", id[1], "--reason", "not now"}, finance...)...)
	require.Zero(t, code)
	require.Eventually(t, func() bool { return !strings.Contains(get("/"), id[0]) }, 30*time.Second, 100*time.Millisecond)

	require.NotContains(t, served, "newcomer")
	tenants := filepath.Join(dir, "tenants.csv")
	text, err := os.ReadFile(tenants)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(tenants, append(text, ",,newcomer,,,\n"...), 0o600))
	require.Eventually(t, func() bool { return strings.Contains(get("/"), "newcomer") }, 30*time.Second,
		100*time.Millisecond)

	interrupt()
	require.Equal(t, exitDone, <-ended)
	require.Contains(t, errs.String(), "shutting down")
}

func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	environ := []string{"HOME=" + dir}
	code, _ := command(t.Context(), io.Discard, environ, "demo", "--output", dir, "--days", "1", "--tenants", "2")
	require.Zero(t, code)
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	readable := filepath.Join(dir, "readable")
	require.NoError(t, os.WriteFile(readable, []byte("0123456789abcdef0123456789abcdef\n"), 0o644))
	require.NoError(t, os.Chmod(readable, 0o644))
	for _, tc := range []struct {
		name, says string
		environ    []string
		args       []string
	}{
		{
			"elsewhere without a token", "is reachable from other machines, which requires a token", nil,
			[]string{"--listen", "0.0.0.0:0"},
		},
		{
			"every address without a token", "is reachable from other machines, which requires a token", nil,
			[]string{"--listen", ":0"},
		},
		{"a short token", "the token has 5 characters; use at least 16", nil, []string{"--token", "short"}},
		{"a short token in the environment", "the token has 5 characters", []string{"MICROSPEND_TOKEN=short"}, nil},
		{"two tokens", "give either --token or --token-file, not both", nil, []string{"--token", "x", "--token-file", "y"}},
		{"no such token file", "no such file", nil, []string{"--token-file", filepath.Join(dir, "missing")}},
		{"an empty token file", "is empty", nil, []string{"--token-file", empty}},
		{
			"a token file that others may read", "--token-file: " + readable + " is open to other users (mode 0644); run: chmod 600 " +
				readable, nil, []string{"--token-file", readable},
		},
		{"no address", "--listen: ", nil, []string{"--listen", "nowhere"}},
		{"no time", "--refresh must be at least 1s", nil, []string{"--refresh", "1ms"}},
		{"no ledger", "no ledger in", nil, []string{"--ledger", filepath.Join(dir, "none")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
			defer stop()
			errs := &watched{}
			code, _ := command(ctx, errs, append(environ, tc.environ...),
				append([]string{"serve", "--ledger", filepath.Join(dir, "ledger"), "--listen", "127.0.0.1:0"}, tc.args...)...)
			require.Equal(t, exitUsage, code)
			require.Contains(t, errs.String(), tc.says)
		})
	}
}
