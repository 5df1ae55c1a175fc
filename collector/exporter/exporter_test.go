package exporter

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"microspend/collector"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// source reads nothing, or fails, as it is told.
type source struct {
	err  error
	read collector.Result
}

func (source) Name() string             { return "cloudwatch" }
func (source) Traits() collector.Traits { return collector.Traits{Settle: 10 * time.Minute} }

func (source) Plan(_ context.Context, _ collector.Target, w collector.Window) (collector.Plan, error) {
	return collector.Plan{Batches: []collector.Batch{{ID: "a", Window: w, Cost: collector.Cost{
		Calls: 1, Metrics: 10, APIPrice: decimal.RequireFromString("0.0001"),
	}}}}, nil
}

func (s source) Fetch(context.Context, collector.Target, collector.Batch) (collector.Result, error) {
	s.read.Calls = 1
	return s.read, s.err
}

type world struct {
	t        *testing.T
	now      time.Time
	source   *source
	exporter *Exporter
	options  collector.Options
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: noon, source: &source{}}
	clock := func() time.Time { return w.now }
	dir := filepath.Join(t.TempDir(), "ledger")
	w.options = collector.Options{
		Source: w.source, Ledger: collector.In(dir, ""), Now: clock, Interval: 5 * time.Minute,
		Timing: collector.Timing{Lookback: 2 * time.Hour, Overlap: -1},
		Targets: func(context.Context) ([]collector.Target, []collector.Gap) {
			return []collector.Target{{Account: "123456789012", Region: "eu-west-1"}}, nil
		},
	}
	w.exporter = New(Options{
		Source: "cloudwatch", Open: collector.In(dir, "").Open, Interval: 5 * time.Minute, Version: "test", Now: clock,
	})
	return w
}

func (w *world) run(after time.Duration) {
	w.t.Helper()
	w.now = w.now.Add(after)
	r, err := collector.New(w.options)
	require.NoError(w.t, err)
	w.exporter.Done(r.Run(w.t.Context()))
}

func (w *world) get(path string) (int, string) {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.exporter.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer.Code, answer.Body.String()
}

// values are all metrics of ours, as Prometheus's own parser reads them.
func (w *world) values() map[string]float64 {
	w.t.Helper()
	status, text := w.get("/metrics")
	require.Equal(w.t, http.StatusOK, status)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(w.t, err)
	values := map[string]float64{}
	for name, family := range families {
		if !strings.HasPrefix(name, "microspend_collect_") {
			continue
		}
		require.NotEmpty(w.t, family.GetHelp(), name)
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() != "source" && l.GetName() != "account" && l.GetName() != "region" {
					name = family.GetName() + "/" + l.GetValue()
				}
			}
			values[strings.TrimPrefix(name, "microspend_collect_")] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	assert.Equal(t, []string{
		"api_calls_total", "api_cost_dollars_total", "api_metrics_total", "interval_seconds", "ledger_damage",
		"records_total/added", "records_total/replaced", "records_total/unchanged", "runs_total/done", "runs_total/failed",
		"runs_total/gaps", "runs_total/interrupted", "runs_total/stopped",
	}, slices.Sorted(maps.Keys(w.values())), "counters are there from the start, and nothing of runs that never were")

	w.run(0)
	w.source.err = errors.New("no")
	w.run(time.Hour)
	w.now = w.now.Add(time.Minute)
	got := w.values()
	for name, want := range map[string]float64{
		"runs_total/done": 1, "runs_total/gaps": 1, "last_run_result/gaps": 1, "last_run_result/done": 0,
		"api_calls_total": 2, "api_metrics_total": 20, "api_cost_dollars_total": 0.0002, "interval_seconds": 300,
		"last_success_timestamp_seconds": float64(noon.Add(time.Hour).Unix()),
		"read_through_timestamp_seconds": float64(noon.Add(50 * time.Minute).Unix()),
		"lag_seconds":                    11 * 60, "open_gaps": 1, "open_gap_seconds": 3600, "quarantined": 0,
		"pending_batches": 0, "failing": 0, "last_run_timestamp_seconds": float64(noon.Add(time.Hour).Unix()),
	} {
		value, there := got[name]
		assert.True(t, there, name)
		assert.Equal(t, want, value, name)
	}
	assert.Zero(t, got["ledger_damage"])
	day := filepath.Join(w.options.Ledger.Folder, "usage", "dt=2026-10-01")
	require.NoError(t, os.MkdirAll(day, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(day, "_manifest.json"), []byte("{"), 0o600))
	w.run(time.Hour)
	assert.Equal(t, 1.0, w.values()["ledger_damage"])
	_, text := w.get("/metrics")
	faults, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	assert.Empty(t, faults)
}

// What tenants and MicroVMs are called becomes no label, however much of it is quarantined.
func TestLabelsAreBounded(t *testing.T) {
	w := newWorld(t)
	for i := range 300 {
		w.source.read.Quarantined = append(w.source.read.Quarantined, collector.Quarantine{
			What: "evil tenant " + strings.Repeat("x", i), Reason: "its name is too long",
		})
	}
	before := len(w.values())
	w.run(0)
	_, text := w.get("/metrics")
	assert.NotContains(t, text, "evil")
	assert.Equal(t, 300.0, w.values()["quarantined"])
	assert.Less(t, len(w.values()), before+20)
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	healthy := func(want int, reason string) {
		t.Helper()
		status, _ := w.get("/healthz")
		assert.Equal(t, want, status, reason)
	}
	healthy(200, "it has just started")
	w.source.err = &collector.TargetError{Err: errors.New("expired")}
	w.run(0)
	w.run(15 * time.Minute)
	healthy(200, "it may take 15 minutes")
	w.run(time.Second)
	healthy(503, "nothing was ever read")
	_, text := w.get("/healthz")
	assert.Equal(t, "nothing was read through since 2026-11-20T12:00:00Z\n", text)
	w.source.err = nil
	w.run(time.Minute)
	healthy(200, "it was read")
	w.now = w.now.Add(16 * time.Minute)
	healthy(503, "and no longer is")

	again := New(w.exporter.options)
	ok, since := again.Healthy()
	assert.True(t, ok, "a process that has just started")
	assert.Equal(t, w.now, since)
}
