package serve

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/shopspring/decimal"

	"microspend/internal/webserver"
	"microspend/ledger"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
	"microspend/usage"
	"microspend/view"
)

// metrics are what Prometheus scrapes. Exact decimals become floating point here and nowhere else, as its format
// requires.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	refreshes *prometheus.CounterVec

	mutex   sync.Mutex
	series  *series
	budgets budget.Report
	ledger  ledgerState
}

// ledgerState is what the gauges of the ledger show.
type ledgerState struct {
	info         ledger.Info
	unknownRates int
	updated      time.Time
	took         time.Duration
}

func newMetrics(most int, web *webserver.Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(), series: newSeries(most),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "microspend_http_requests_total", Help: "Requests answered, by handler and status code.",
		}, []string{"handler", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "microspend_http_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"handler"}),
		refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "microspend_refreshes_total", Help: "Reloads of the ledger after a change, by result.",
		}, []string{"result"}),
	}
	for _, result := range []string{"done", "failed"} {
		m.refreshes.WithLabelValues(result)
	}
	m.registry.MustRegister(
		m.requests, m.duration, m.refreshes, m, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "microspend_http_connections", Help: "Open connections."},
			func() float64 {
				open, _ := web.Connections()
				return float64(open)
			}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "microspend_http_connections_evicted_total", Help: "Idle connections closed because there were too many.",
		}, func() float64 {
			_, evicted := web.Connections()
			return float64(evicted)
		}),
	)
	return m
}

func (m *metrics) failed() { m.refreshes.WithLabelValues("failed").Inc() }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 30 * time.Second})
}

// observe counts and times requests.
func (m *metrics) observe(name string, next http.Handler) http.Handler {
	labels := prometheus.Labels{"handler": name}
	return promhttp.InstrumentHandlerDuration(m.duration.MustCurryWith(labels),
		promhttp.InstrumentHandlerCounter(m.requests.MustCurryWith(labels), next))
}

// update reads the whole ledger, from its first day on. Shared cost stays a row of its own rather than being
// allocated, so that no tenant's counter moves because others came or went.
func (m *metrics) update(ctx context.Context, in Inputs, now time.Time) error {
	start := time.Now()
	info, err := in.Ledger.Info(ctx)
	if err != nil {
		return err
	}
	state := ledgerState{info: info}
	places := map[place]*counted{}
	if info.Rows > 0 {
		source := in.Source
		source = source.WithPolicy(spend.OwnRow)
		request := spend.Request{
			From: info.First, To: info.Last.Add(usage.MaxPeriodSeconds * time.Second), Counts: true,
			By: []spend.Dimension{spend.ByTenant, spend.ByImage, spend.ByRegion},
		}
		whole, err := source.Report(ctx, request)
		if err != nil {
			return err
		}
		request.By = append(request.By, spend.ByComponent)
		byComponent, err := source.Report(ctx, request)
		if err != nil {
			return err
		}
		places = countedOf(byComponent, whole)
		state.unknownRates = len(whole.Total.Unknown)
	}
	budgets, err := budget.Evaluate(ctx, in.Source, in.Budgets, now)
	if err != nil {
		return err
	}
	state.updated, state.took = now, time.Since(start)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.series.raise(places)
	m.budgets, m.ledger = budgets, state
	m.refreshes.WithLabelValues("done").Inc()
	return nil
}

// usageMetrics has the counter of each measure. Prometheus wants base units, so scale is how many of them make one of
// the ledger's own units: a vCPU-millisecond is 0.001 vCPU-seconds.
var usageMetrics = [usage.MeasureCount]struct {
	name, help string
	scale      decimal.Decimal
}{
	pricing.VCPU:            {"microspend_vcpu_seconds_total", "vCPU-seconds billed", milli},
	pricing.Memory:          {"microspend_memory_byte_seconds_total", "Byte-seconds of memory billed", mib.Mul(milli)},
	pricing.SnapshotRead:    {"microspend_snapshot_read_bytes_total", "Snapshot bytes read by launches and resumes", one},
	pricing.SnapshotWrite:   {"microspend_snapshot_written_bytes_total", "Snapshot bytes written by suspends", one},
	pricing.SnapshotStorage: {"microspend_snapshot_storage_byte_seconds_total", "Byte-seconds of snapshots stored", one},
	usage.Running:           {"microspend_running_seconds_total", "Seconds that MicroVMs ran", milli},
	usage.Suspended:         {"microspend_suspended_seconds_total", "Seconds that MicroVMs were suspended", milli},
	usage.Launches:          {"microspend_launches_total", "Launches of MicroVMs", one},
	usage.Suspends:          {"microspend_suspends_total", "Suspends of MicroVMs", one},
	usage.Resumes:           {"microspend_resumes_total", "Resumes of MicroVMs", one},
}

var (
	one   = decimal.NewFromInt(1)
	milli = decimal.New(1, -3)
	mib   = decimal.NewFromInt(1 << 20)
)

// The metrics that come from the ledger.
var (
	placeLabels = []string{"tenant", "image", "region"}

	spendDesc = prometheus.NewDesc("microspend_spend_dollars_total",
		"US dollars of all usage in the ledger, by billed component; never decreases while the process lives.",
		append(placeLabels[:3:3], "component"), nil)

	completeDesc = prometheus.NewDesc("microspend_spend_complete",
		"1 if the dollars of all usage in the ledger lack nothing, 0 if coverage is partial, a file is damaged or a rate is "+
			"unknown.", placeLabels, nil)

	usageDescs = func() (descs [usage.MeasureCount]*prometheus.Desc) {
		for i, metric := range usageMetrics {
			descs[i] = prometheus.NewDesc(metric.name,
				metric.help+", of all usage in the ledger; never decreases while the process lives.", placeLabels, nil)
		}
		return descs
	}()
)

// Describe implements prometheus.Collector. It describes nothing, which prometheus permits: what there is to collect is
// said once, in Collect.
func (m *metrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for at, value := range m.series.values {
		at.tenant, at.image, at.region = view.Escape(at.tenant), view.Escape(at.image), view.Escape(at.region)
		out <- prometheus.MustNewConstMetric(completeDesc, prometheus.GaugeValue, complete(value.state), at.tenant, at.image,
			at.region)
		for _, q := range pricing.BilledQuantities() {
			if amount := value.dollars[q]; !amount.IsZero() {
				out <- prometheus.MustNewConstMetric(spendDesc, prometheus.CounterValue, amount.InexactFloat64(), at.tenant,
					at.image, at.region, q.String())
			}
		}
		for i, amount := range value.usage {
			if !amount.IsZero() {
				out <- prometheus.MustNewConstMetric(usageDescs[i], prometheus.CounterValue, amount.InexactFloat64(), at.tenant,
					at.image, at.region)
			}
		}
	}
	gauge := func(name, help string, labels ...string) sendFunc {
		desc := prometheus.NewDesc(name, help, labels, nil)
		return func(value float64, values ...string) {
			for i := range values { // of budgets, tenants and images
				values[i] = view.Escape(values[i])
			}
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, values...)
		}
	}
	m.collectBudgets(gauge)
	m.collectMonths(gauge)
	info := m.ledger.info
	gauge("microspend_ledger_partitions", "Days in the ledger.")(float64(len(info.Days)))
	gauge("microspend_ledger_records", "Records in the ledger.")(float64(info.Rows))
	gauge("microspend_ledger_size_bytes", "Size of the ledger's files.")(float64(info.Bytes))
	gauge("microspend_ledger_parts", "Files that usage lies in; a database's parts.")(float64(info.Parts))
	gauge("microspend_ledger_unmerged_parts",
		"Parts beyond one a day, which a database has yet to merge; 0 for files.")(float64(info.Unmerged))
	gauge("microspend_ledger_replica_lag_seconds",
		"How far the slowest replica of a database is behind; 0 for files.")(info.Lag.Seconds())
	gauge("microspend_ledger_damaged_files",
		"Files of the ledger that are damaged and excluded from all figures.")(float64(len(info.Damaged)))
	gauge("microspend_unknown_rates",
		"Unknown rates of usage in the ledger; dollar metrics lack what they would add.")(float64(m.ledger.unknownRates))
	gauge("microspend_folded_series",
		"Combinations of tenant, image and region counted under (other).")(float64(len(m.series.folded)))
	if !m.budgets.AsOf.IsZero() {
		gauge("microspend_data_until_timestamp_seconds",
			"End of the latest period in the ledger, as Unix time.")(float64(m.budgets.AsOf.Unix()))
	}
	if !m.ledger.updated.IsZero() {
		gauge("microspend_refresh_timestamp_seconds",
			"When the ledger was last read, as Unix time.")(float64(m.ledger.updated.Unix()))
		gauge("microspend_refresh_duration_seconds", "How long the last read took.")(m.ledger.took.Seconds())
	}
}

// complete is 1 for a figure that lacks nothing and 0 for others.
func complete(state pricing.State) float64 { return truth(state == pricing.Exact) }

func truth(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

// sendFunc sends a value of a gauge, with the values of its labels.
type sendFunc func(value float64, values ...string)

// otherwise says what figures of a period may lack.
const otherwise = ", 0 if coverage is partial, a day is damaged or not measured, or a rate is unknown."

// totalLabel is the tenant label of the budget of everything.
const totalLabel = "(total)"

// collectBudgets has each budget under what it is for: several scopes may have the same name, and one name several
// periods.
func (m *metrics) collectBudgets(gauge func(name, help string, labels ...string) sendFunc) {
	labels := []string{"scope", "name", "period"}
	amount := gauge("microspend_budget_amount_dollars", "Budget in US dollars; scope total is everything.", labels...)
	spent := gauge("microspend_budget_spent_dollars", "US dollars spent in the budget's period so far.", labels...)
	whole := gauge("microspend_budget_spent_complete", "1 if the dollars spent lack nothing"+otherwise, labels...)
	forecast := gauge("microspend_budget_forecast_dollars",
		"US dollars that the budget's period is forecast to come to, and the ends of the forecast's range.",
		append(labels[:3:3], "percentile")...)
	status := gauge("microspend_budget_status", "1 for the status that the budget has.", append(labels[:3:3], "status")...)
	for _, line := range m.budgets.Lines {
		if line.Budget == nil {
			continue
		}
		scope, period := line.Scope.String(), line.Period.String()
		amount(line.Budget.Amount.InexactFloat64(), scope, line.Name, period)
		whole(complete(line.State), scope, line.Name, period)
		if line.Spent.Known() && line.State != pricing.NotMeasured {
			spent(line.Spent.Amount.InexactFloat64(), scope, line.Name, period)
		}
		for percentile, end := range map[string]*decimal.Decimal{"10": line.Low, "50": line.Forecast, "90": line.High} {
			if end != nil {
				forecast(end.InexactFloat64(), scope, line.Name, period, percentile)
			}
		}
		status(1, scope, line.Name, period, line.Status.String())
	}
}

// collectMonths has the months of tenants and of everything, with a budget or without.
func (m *metrics) collectMonths(gauge func(name, help string, labels ...string) sendFunc) {
	budgeted := gauge("microspend_budget_dollars",
		"Budget of this calendar month in US dollars; tenant (total) is everything.", "tenant")
	spent := gauge("microspend_month_spend_dollars",
		"US dollars spent in this calendar month by tenants with a budget; tenant (total) is everything.", "tenant")
	whole := gauge("microspend_month_spend_complete",
		"1 if the dollars spent in this calendar month lack nothing"+otherwise, "tenant")
	forecast := gauge("microspend_month_forecast_dollars", "US dollars forecast for this calendar month.", "tenant")
	exceeded := gauge("microspend_budget_exceeded", "1 if the budget's threshold is exceeded.", "tenant")
	seen := map[string]bool{}
	for _, line := range m.budgets.Lines {
		name, monthly := line.Name, line.Period == budget.Month
		switch {
		case !monthly:
			continue
		case line.Scope == budget.Everything:
			name = totalLabel
		case line.Scope != budget.Tenant:
			continue
		case name == totalLabel:
			name = "tenant " + totalLabel
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		whole(complete(line.State), name)
		if line.Spent.Known() && line.State != pricing.NotMeasured {
			spent(line.Spent.Amount.InexactFloat64(), name)
		}
		if line.Forecast != nil {
			forecast(line.Forecast.InexactFloat64(), name)
		}
		if line.Budget != nil {
			budgeted(line.Budget.Amount.InexactFloat64(), name)
			exceeded(truth(line.Exceeded), name)
		}
	}
}
