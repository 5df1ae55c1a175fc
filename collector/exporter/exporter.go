// Package exporter serves what a collector that runs on and on has to say: metrics for Prometheus, and whether it is
// healthy. It is the program's own and promises nothing.
//
// Labels are the source, the account and the region, and words of a fixed list: nothing that comes from a MicroVM or a
// tenant becomes a label, so that nobody can make up series. Counters count from the start of the process; what lasts
// longer, microspend collect status tells. Exact decimals become floating point here and nowhere else, as Prometheus
// requires.
package exporter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"microspend/collector"
	"microspend/collector/status"
	"microspend/internal/webserver"
	"microspend/ledger"
)

// Options configure an exporter. All but Logger are required.
type Options struct {
	Source   string
	Open     func(context.Context, ledger.Options) (ledger.Reader, error) // the ledger
	Interval time.Duration
	Version  string // of the program
	Now      func() time.Time
	Logger   *slog.Logger // nil logs nothing
}

// Exporter has what runs came to. Its methods may be called by several goroutines.
type Exporter struct {
	options Options
	started time.Time

	mu      sync.Mutex
	runs    map[collector.RunResult]int64
	spent   collector.Cost
	changes ledger.Changes
	last    *lastRun
	state   status.Source // as the last run left it
	success time.Time     // when a run last got through with some target
	damaged int           // days of the ledger
	backlog ledger.Backlog
}

type lastRun struct {
	ended  time.Time
	took   time.Duration
	result collector.RunResult
}

// New returns an exporter of a process that starts now. What runs of earlier processes have left is read, so that a
// restart forgets neither gaps nor when something was read last.
func New(options Options) *Exporter {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Exporter{options: options, started: options.Now(), runs: map[collector.RunResult]int64{}}
	e.read()
	return e
}

// Done takes up what a run came to.
func (e *Exporter) Done(s collector.Summary, err error) {
	now := e.options.Now()
	e.mu.Lock()
	result := s.Result(err)
	e.runs[result]++
	e.spent = e.spent.Add(s.Spent)
	e.changes.Added += s.Changes.Added
	e.changes.Replaced += s.Changes.Replaced
	e.changes.Unchanged += s.Changes.Unchanged
	e.last = &lastRun{now, s.Took, result}
	e.mu.Unlock()
	e.read()
}

// read takes over what runs have left. Where that cannot be read, what was known stays.
func (e *Exporter) read() {
	state, err := e.status()
	if errors.Is(err, fs.ErrNotExist) {
		return // nothing was ever written to it
	}
	if err != nil {
		e.options.Logger.Warn("metrics: the state of the collector cannot be read", "error", err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.damaged = len(state.Damaged)
	for _, of := range state.Sources {
		if of.Name == e.options.Source {
			e.state, e.success = of, of.Success()
		}
	}
}

// readsWithin is how long a ledger may take to tell how collecting stands: the next run waits for it.
const readsWithin = time.Minute

func (e *Exporter) status() (status.Status, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readsWithin)
	defer cancel()
	opened, err := e.options.Open(ctx, ledger.Options{Now: e.options.Now})
	if err != nil {
		return status.Status{}, err
	}
	if busy, can := opened.(ledger.Backlogger); can {
		backlog, err := busy.Backlog(ctx)
		if err != nil {
			return status.Status{}, err
		}
		e.mu.Lock()
		e.backlog = backlog
		e.mu.Unlock()
	}
	return status.Read(ctx, opened, e.options.Now(), 0)
}

// leastPatience is how long nothing need have been read at least before the collector counts as unhealthy: with runs a
// minute apart, three of them are not long.
const leastPatience = 15 * time.Minute

// Healthy reports whether some target was read through within the last three intervals, or 15 minutes where that is
// more. A process that has just started is healthy for as long.
func (e *Exporter) Healthy() (ok bool, since time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	since = e.started
	if e.success.After(since) {
		since = e.success
	}
	return e.options.Now().Sub(since) <= max(3*e.options.Interval, leastPatience), since
}

// Handler answers /metrics and /healthz.
func (e *Exporter) Handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		e,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry,
		promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 30 * time.Second}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if ok, since := e.Healthy(); !ok {
			webserver.PlainText(w, http.StatusServiceUnavailable,
				fmt.Sprintf("nothing was read through since %s", since.UTC().Format(time.RFC3339)))
			return
		}
		webserver.PlainText(w, http.StatusOK, "ok")
	})
	return mux
}

// Describe implements prometheus.Collector. It describes nothing, which prometheus permits: what there is to collect is
// said once, in Collect.
func (e *Exporter) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (e *Exporter) Collect(out chan<- prometheus.Metric) {
	e.mu.Lock()
	defer e.mu.Unlock()
	send := func(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
		var names, values []string
		for i := 0; i < len(labels); i += 2 {
			names, values = append(names, labels[i]), append(values, labels[i+1])
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, values...)
	}
	source := []string{"source", e.options.Source}
	gauge := func(name, help string, value float64, labels ...string) {
		send(prometheus.GaugeValue, name, help, value, labels...)
	}
	counter := func(name, help string, value float64, labels ...string) {
		send(prometheus.CounterValue, name, help, value, append(source[:2:2], labels...)...)
	}
	gauge("microspend_build_info", "1, with the version of the program.", 1,
		"version", e.options.Version, "go_version", runtime.Version())
	gauge("microspend_collect_interval_seconds", "Time between the starts of two runs.",
		e.options.Interval.Seconds(), source...)
	for _, result := range results {
		counter(
			"microspend_collect_runs_total",
			"Runs, by how they ended.",
			float64(e.runs[result]),
			"result",
			string(result),
		)
	}
	counter("microspend_collect_api_calls_total", "API calls made, each try of them.", float64(e.spent.Calls))
	counter("microspend_collect_api_metrics_total", "Metrics requested of CloudWatch.", float64(e.spent.Metrics))
	counter("microspend_collect_api_cost_dollars_total", "US dollars that the API calls cost at list prices.",
		e.spent.APIPrice.InexactFloat64())
	for change, n := range map[string]int64{
		"added": e.changes.Added, "replaced": e.changes.Replaced, "unchanged": e.changes.Unchanged,
	} {
		counter("microspend_collect_records_total", "Records read, by what they changed in the ledger.", float64(n),
			"change", change)
	}
	if e.last != nil {
		gauge("microspend_collect_last_run_timestamp_seconds", "When the last run ended, as Unix time.",
			float64(e.last.ended.Unix()), source...)
		gauge("microspend_collect_last_run_duration_seconds", "How long the last run took.", e.last.took.Seconds(), source...)
		for _, result := range results {
			gauge("microspend_collect_last_run_result", "1 for how the last run ended.", truth(result == e.last.result),
				append(source[:2:2], "result", string(result))...)
		}
	}
	gauge("microspend_collect_ledger_damage", "Days of the ledger that nothing can be written into.", float64(e.damaged))
	gauge("microspend_ledger_unmerged_parts", "Parts beyond one a day, which a database has yet to merge; 0 for files.",
		float64(e.backlog.Unmerged))
	gauge("microspend_ledger_replica_lag_seconds", "How far the slowest replica of a database is behind; 0 for files.",
		e.backlog.Lag.Seconds())
	e.collectTargets(gauge)
}

// results are the words for how a run ends.
var results = []collector.RunResult{
	collector.RunDone, collector.RunGaps, collector.RunInterrupted, collector.RunStopped, collector.RunFailed,
}

func truth(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

func (e *Exporter) collectTargets(gauge func(name, help string, value float64, labels ...string)) {
	for _, t := range e.state.Targets {
		if !t.Configured {
			continue
		}
		labels := []string{"source", e.options.Source, "account", t.Target.Account, "region", t.Target.Region}
		if !t.Success.IsZero() {
			gauge("microspend_collect_last_success_timestamp_seconds",
				"When a run last read all that it wanted to, but for gaps, as Unix time.", float64(t.Success.Unix()), labels...)
		}
		if !t.Through.IsZero() {
			gauge("microspend_collect_read_through_timestamp_seconds",
				"Everything before has been read, but for gaps, as Unix time.", float64(t.Through.Unix()), labels...)
			gauge("microspend_collect_lag_seconds", "How far what is read lies behind now.",
				max(0, e.options.Now().Sub(t.Through).Seconds()), labels...)
		}
		gauge("microspend_collect_failing", "1 if the last run could not read the account and region.",
			truth(t.Trouble != "" || t.Fault != ""), labels...)
		gauge("microspend_collect_open_gaps", "Gaps that are asked for again, but for those that were accepted.",
			float64(len(t.Open)), labels...)
		gauge("microspend_collect_open_gap_seconds", "Time that the open gaps are about, added up over series.",
			float64(t.OpenSeconds()), labels...)
		gauge("microspend_collect_pending_batches", "Batches that were planned and have yet to be read.",
			float64(len(t.Pending)), labels...)
		gauge("microspend_collect_quarantined", "What is left out for what it is, but for what was accepted.",
			float64(int64(len(t.Unaccepted))+t.QuarantinedBeyond), labels...)
	}
}
