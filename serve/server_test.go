package serve_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/config"
	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/internal/sampleledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/report"
	"microspend/serve"
	"microspend/spend"
	"microspend/usage"
	"microspend/view"
)

var (
	november = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	noon     = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
)

const token = "correct-horse-battery-staple"

// demoDays are few, so that a server is ready soon also where the race detector looks on.
const demoDays = 8

// demo is the demo's ledger, made once for all tests that only read it.
var demo = sync.OnceValues(func() (config.Inputs, error) {
	dir, err := os.MkdirTemp("", "microspend-serve")
	if err != nil {
		return config.Inputs{}, err
	}
	folder = dir
	return sampleledger.Demo(dir, noon, demoDays)
})

var folder string // of the demo's ledger

func TestMain(m *testing.M) {
	code := m.Run()
	if folder != "" {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// running is a server that runs until the test ends.
type running struct {
	*serve.Server
	base string
	stop func() error // shuts it down and waits
	log  *logged
}

// logged is a log that may be read while it is written.
type logged struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func start(t testing.TB, options serve.Options) *running {
	t.Helper()
	if options.Load == nil {
		in, err := demo()
		require.NoError(t, err)
		options.Load = func(context.Context) (serve.Inputs, error) {
			return serve.Inputs{
				Source: in.Source, Budgets: in.Budgets, AnomalyRule: in.AnomalyRule, Ledger: in.Source.Usage.(*parquet.Ledger),
			}, nil
		}
	}
	log := &logged{}
	options.Logger = slog.New(slog.NewTextHandler(log, nil))
	if options.Now == nil {
		options.Now = func() time.Time { return noon }
	}
	server, err := serve.New(t.Context(), options)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	var once sync.Once
	var result error
	stop := func() error {
		once.Do(func() {
			cancel()
			result = <-ended
		})
		return result
	}
	t.Cleanup(func() { _ = stop() })
	r := &running{server, "http://" + listener.Addr().String(), stop, log}
	require.Eventually(t, func() bool {
		response, err := http.Get(r.base + "/readyz")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, 3*time.Minute, 50*time.Millisecond, "ready")
	return r
}

// get asks for an address and returns status, header and body.
func (r *running) get(t testing.TB, address string, header ...string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+address, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			request.Host = header[i+1]
			continue
		}
		request.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(body)
}

func TestPages(t *testing.T) {
	r := start(t, serve.Options{})
	status, header, body := r.get(t, "/")
	require.Equal(t, http.StatusOK, status)
	in, err := demo()
	require.NoError(t, err)
	source := in.Source
	all, err := source.Report(t.Context(), spend.Request{From: november, To: november.AddDate(0, 1, 0)})
	require.NoError(t, err)
	require.Contains(t, body, `<p class="sum">$`+figures.Fixed(all.Total.Amount, 2)+`</p>`)
	require.Contains(t, body, `<a href="/?period=2026-10">October 2026</a>`)
	require.Contains(t, body, `<a href="/?tenant=cinder">cinder</a>`)
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "private, no-cache",
	} {
		require.Equal(t, want, header.Get(name), name)
	}
	require.Contains(t, header.Get("Content-Security-Policy"), "frame-ancestors 'none'")

	_, _, alone := r.get(t, "/?tenant=cinder")
	require.Contains(t, alone, "<h1>cinder</h1>")
	require.Contains(t, alone, `<a href="/?">All tenants</a>`)
	require.NotContains(t, alone, "juniper")
	for _, october := range []string{"from=2026-10-01&to=2026-11-01", "from=2026-10&to=2026-11", "period=2026-10"} {
		_, _, before := r.get(t, "/?tz=Europe%2FBerlin&"+october)
		require.Contains(t, before, `<p class="period">October 2026`, october)
		require.Contains(t, before, `<a href="/?period=2026-11&amp;tz=Europe%2FBerlin">November 2026</a>`, "the way forward")
	}

	for path, want := range map[string]int{
		"/nowhere": 404, "/api/v1": 404, "/..%2f": 404, "/favicon.ico": 204,
		"/healthz": 200,
	} {
		status, _, _ := r.get(t, path)
		require.Equal(t, want, status, path)
	}
}

// TestUnchanged saves what a client has already.
func TestUnchanged(t *testing.T) {
	r := start(t, serve.Options{})
	_, plain, body := r.get(t, "/")
	_, packed, small := r.get(t, "/", "Accept-Encoding", "br, gzip;q=0.5")
	require.Equal(t, "gzip", packed.Get("Content-Encoding"))
	unpacked, err := gzip.NewReader(strings.NewReader(small))
	require.NoError(t, err)
	text, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	require.Equal(t, body, string(text))
	require.Less(t, len(small)*3, len(body))
	require.NotEqual(t, plain.Get("ETag"), packed.Get("ETag"), "two encodings are two things")
	for _, tag := range []string{plain.Get("ETag"), "W/" + plain.Get("ETag"), `"x", ` + plain.Get("ETag"), "*"} {
		status, _, body := r.get(t, "/", "If-None-Match", tag)
		require.Equal(t, http.StatusNotModified, status, tag)
		require.Empty(t, body)
	}
	status, _, _ := r.get(t, "/", "If-None-Match", `"other"`)
	require.Equal(t, http.StatusOK, status)
	_, header, _ := r.get(t, "/", "Accept-Encoding", "gzip;q=0")
	require.Empty(t, header.Get("Content-Encoding"), "refused by the client")
	response, err := http.Head(r.base + "/")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}

// TestSpendIsTheCommandLines compares with what the command line renders.
func TestSpendIsTheCommandLines(t *testing.T) {
	r := start(t, serve.Options{})
	in, err := demo()
	require.NoError(t, err)
	source := in.Source
	for query, asked := range map[string]spend.RawRequest{
		"":                         {By: "tenant"},
		"by=tenant,day&previous=1": {By: "tenant,day", Previous: true},
		"by=":                      {},
		"by=component&tenant=a*":   {By: "component", Names: [spend.DimensionCount][]string{spend.ByTenant: {"a*"}}},
		"by=group&unit_cost=1":     {By: "group", Counts: true},
		"by=account,arch&region=eu-west-1": {
			By: "account,arch", Names: [spend.DimensionCount][]string{spend.ByRegion: {"eu-west-1"}},
		},
		"by=group,tenant&depth=1&group=(no+group)": {
			By: "group,tenant", Depth: 1, Names: [spend.DimensionCount][]string{spend.ByGroup: {"(no group)"}},
		},
		"top=3&sort=amount&min=0.5": {By: "tenant", Top: 3, Sort: "amount", Min: "0.5"},
		"period=last-month":         {RawPeriod: spend.RawPeriod{From: "2026-10", To: "2026-11"}, By: "tenant"},
		"from=2026-10-15&to=2026-11-02&tz=Europe/Berlin&by=region,week": {
			RawPeriod: spend.RawPeriod{From: "2026-10-15", To: "2026-11-02", TimeZone: "Europe/Berlin"}, By: "region,week",
		},
	} {
		request, err := asked.Request(source, noon, func(s string) string { return s })
		require.NoError(t, err)
		result, err := source.Report(t.Context(), request)
		require.NoError(t, err)
		var want bytes.Buffer
		require.NoError(t, view.Render(&want, view.Options{Format: view.FormatJSON}, report.Spend(result)))
		status, header, got := r.get(t, "/api/v1/spend?"+query)
		require.Equal(t, http.StatusOK, status, got)
		require.Equal(t, "application/json", header.Get("Content-Type"))
		require.Equal(t, want.String(), got, query)
	}
}

// TestClosedMonths: what has changed since a month was closed is named in the JSON and on the page of the month.
func TestClosedMonths(t *testing.T) {
	write := func(records ...usage.Record) *parquet.Ledger {
		measured, err := sampleledger.Write(t.TempDir(), func(yield func([]usage.Record) bool) { yield(records) })
		require.NoError(t, err)
		return measured
	}
	late := hour(1, 2_000_000_000)
	late.Resource.ID, late.Tenant = "mvm-2", "bravo"
	was, is := write(hour(0, 1_000_000_000)), write(hour(0, 1_000_000_000), late)
	source := spend.Source{Usage: is, Rates: pricing.EmbeddedCards(), Closed: []spend.ClosedMonth{{
		Month: "2026-11", Span: civil.Between(november, november.AddDate(0, 1, 0)), At: november.AddDate(0, 1, 1),
		Usage: was, Rates: pricing.EmbeddedCards(),
		Changed: func(c spend.Cause) (bool, error) { return c == spend.UsageChanged, nil },
	}}}
	r := start(t, serve.Options{Load: func(context.Context) (serve.Inputs, error) {
		return serve.Inputs{Source: source, Ledger: is}, nil
	}})
	_, _, got := r.get(t, "/api/v1/spend?from=2026-11-01&to=2026-12-01")
	var document struct {
		Total         string
		RestatedTotal string `json:"restated_total"`
		Restatements  []struct{ Tenant, Cause, Amount string }
	}
	require.NoError(t, json.Unmarshal([]byte(got), &document))
	require.Equal(t, "27.6944", document.Total, "a million vCPU-seconds, as closed")
	require.Equal(t, "83.0832", document.RestatedTotal, "three million by now")
	require.Equal(t, []struct{ Tenant, Cause, Amount string }{{"bravo", "late-usage", "55.3888"}}, document.Restatements)
	_, _, page := r.get(t, "/?from=2026-11-01&to=2026-12-01")
	require.Contains(t, page, "What has changed since comes to &#43;$55.39, so the total is $83.08 by now.")
	require.Contains(t, page, "2026-11, late-usage: &#43;$55.39.")
}

func TestHostileQueries(t *testing.T) {
	r := start(t, serve.Options{})
	for query, says := range map[string]string{
		"from=tomorrow":                   "from: \"tomorrow\" is not a day; write today",
		"period=2026-13":                  "period: \"2026-13\" is not a period; write today",
		"period=2026-10&to=2026-11-01":    "period cannot be combined with from or to",
		"from=2026-12-01&to=2026-11-01":   "is not before to",
		"tz=../../etc/passwd":             "tz: ",
		"tz=Local":                        "tz: ",
		"tenant=a*b":                      "has a * before its end",
		"tenant=":                         "tenant: is empty",
		"tenant=%ff":                      "not valid UTF-8",
		"tenant=%00":                      "not valid UTF-8",
		"from=2026-11-01&from=2026-10-01": "from is given 2 times",
		"unknown=1":                       "unknown parameter",
		"%zz=1":                           "malformed query",
		"a;b":                             "malformed query",
		strings.Repeat("tenant=x&", 101) + "tenant=x": "tenant is given 102 times",
	} {
		for _, path := range []string{"/?", "/api/v1/spend?"} {
			status, _, body := r.get(t, path+query)
			require.Equal(t, http.StatusBadRequest, status, query)
			if path != "/?" {
				var sentence struct{ Error string }
				require.NoError(t, json.Unmarshal([]byte(body), &sentence))
				body = sentence.Error
			}
			require.Contains(t, body, says, query)
		}
	}
	for query, says := range map[string]string{
		"by=colour": `unknown dimension \"colour\"`, "by=day,day": "given twice", "sort=size": `unknown order \"size\"`,
		"top=-1":                    "not a whole number",
		"top=999999999999999999999": "not a whole number", "min=NaN": "min: ", "min=-1": "below zero",
		"strict=perhaps": "neither true nor false",
		"sort=change":    "needs the previous period",
	} {
		status, _, body := r.get(t, "/api/v1/spend?"+query)
		require.Equal(t, http.StatusBadRequest, status, "%s: %s", query, body)
		require.Contains(t, body, says, query)
	}
	status, _, body := r.get(t, "/?from=2020-01-01&to=2026-01-01")
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, body, "at most 400 days")
	status, _, body = r.get(t, "/?tenant=%3Cscript%3Ealert(1)%3C/script%3E")
	require.Equal(t, http.StatusNotFound, status, "nobody is called that")
	require.NotContains(t, body, "<script>")
	status, _, _ = r.get(t, "/?tenant="+strings.Repeat("x", 9000))
	require.Equal(t, http.StatusRequestURITooLong, status)
	require.NotContains(t, r.log.String(), "level=ERROR", "a fault of who asks is nothing for the log")
}

// TestRefresh sees that a change of the ledger is served, and that a broken configuration is not.
func TestRefresh(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	require.NoError(t, os.WriteFile(config, []byte("good"), 0o600))
	measured, err := sampleledger.Write(filepath.Join(dir, "ledger"),
		func(yield func([]usage.Record) bool) { yield([]usage.Record{hour(0, 1<<40)}) })
	require.NoError(t, err)
	r := start(t, serve.Options{Refresh: 50 * time.Millisecond, Load: func(context.Context) (serve.Inputs, error) {
		in := serve.Inputs{
			Source: spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}, Ledger: measured,
			Files: []string{config},
		}
		text, err := os.ReadFile(config)
		if err == nil && string(text) != "good" {
			err = fmt.Errorf("config: %s", text)
		}
		return in, err
	}})
	_, _, before := r.get(t, "/api/v1/spend")
	_, err = sampleledger.Write(filepath.Join(dir, "ledger"),
		func(yield func([]usage.Record) bool) { yield([]usage.Record{hour(1, 1<<41)}) })
	require.NoError(t, err)
	require.Eventually(t, func() bool { _, _, now := r.get(t, "/api/v1/spend"); return now != before }, 10*time.Second,
		20*time.Millisecond)
	require.NoError(t, os.WriteFile(config, []byte("broken"), 0o600))
	require.Eventually(t, func() bool { return strings.Contains(r.log.String(), "config: broken") }, 10*time.Second,
		20*time.Millisecond)
	status, _, _ := r.get(t, "/")
	require.Equal(t, http.StatusOK, status, "what was read before is served on")
	_, _, text := r.get(t, "/metrics")
	require.Contains(t, text, `microspend_refreshes_total{result="failed"} 1`)
}

func hour(n int, vcpu int64) usage.Record {
	return usage.Record{
		PeriodStart: november.Add(time.Duration(n) * time.Hour), PeriodSeconds: 3600, Region: "us-east-1",
		Resource: usage.Resource{ID: "mvm-1"},
		Image:    "base", Tenant: "acme",
		Source: "test", Coverage: usage.CoverageComplete, Amounts: usage.Amounts{pricing.VCPU: vcpu},
	}
}

// TestWhileTheLedgerIsWritten asks while days are switched: every answer adds up, and is one of the states that were.
func TestWhileTheLedgerIsWritten(t *testing.T) {
	dir := t.TempDir()
	batch := func(size int64) []usage.Record {
		var out []usage.Record
		for day := range 5 {
			for n := range 3 {
				r := hour(day*24+n, size<<30)
				r.Tenant, r.Resource.ID = fmt.Sprintf("tenant-%d", n), fmt.Sprintf("mvm-%d", n)
				out = append(out, r)
			}
		}
		return out
	}
	measured, err := sampleledger.Write(dir, func(yield func([]usage.Record) bool) { yield(batch(1)) })
	require.NoError(t, err)
	r := start(t, serve.Options{Refresh: 20 * time.Millisecond, Load: func(context.Context) (serve.Inputs, error) {
		return serve.Inputs{Source: spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}, Ledger: measured}, nil
	}})
	writing := make(chan error, 1)
	go func() {
		for size := int64(2); size < 12; size++ {
			if _, err := sampleledger.Write(dir, func(yield func([]usage.Record) bool) { yield(batch(size)) }); err != nil {
				writing <- err
				return
			}
		}
		writing <- nil
	}()
	asked := 0
	for done := false; !done || asked < 20; asked++ {
		status, _, body := r.get(t, "/api/v1/spend?by=tenant,day")
		require.Equal(t, http.StatusOK, status, body)
		status, _, page := r.get(t, "/")
		require.Equal(t, http.StatusOK, status)
		require.NotContains(t, page, "is damaged")
		require.NotContains(t, body, "damaged")
		select {
		case err := <-writing:
			require.NoError(t, err)
			done = true
		default:
		}
	}
	require.Eventually(t, func() bool {
		_, _, page := r.get(t, "/")
		return strings.Count(page, "<tr><th scope=row><a href=") == 3 && strings.Contains(page, "$")
	}, 10*time.Second, 50*time.Millisecond)
}
