package serve

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/budget"
)

// metrics are what Prometheus is told. Exact decimals become floating point here and nowhere else, as its format wants.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	refreshs *prometheus.CounterVec

	mutex   sync.Mutex
	series  *series
	budgets budget.Report
	ledger  ledgerState
}

// ledgerState are the gauges of the ledger.
type ledgerState struct {
	days, records, bytes, damaged, unknownRates float64
	updated                                     time.Time
	took                                        time.Duration
}

func newMetrics(most int, connections *connections) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(), series: newSeries(most),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "microspend_http_requests_total", Help: "Requests answered, by what was asked for and status.",
		}, []string{"handler", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "microspend_http_request_duration_seconds", Help: "How long answers took.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"handler"}),
		refreshs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "microspend_refreshes_total", Help: "How often the ledger was read after a change, by result.",
		}, []string{"result"}),
	}
	for _, result := range []string{"done", "failed"} {
		m.refreshs.WithLabelValues(result)
	}
	m.registry.MustRegister(
		m.requests, m.duration, m.refreshs, m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "microspend_http_connections", Help: "Open connections."}, func() float64 {
			open, _ := connections.count()
			return float64(open)
		}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "microspend_http_connections_evicted_total", Help: "Connections closed because there were too many and they did nothing.",
		}, func() float64 {
			_, evicted := connections.count()
			return float64(evicted)
		}),
	)
	return m
}

func (m *metrics) failed() { m.refreshs.WithLabelValues("failed").Inc() }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 30 * time.Second})
}

// observe counts requests and measures how long they take.
func (m *metrics) observe(name string, next http.Handler) http.Handler {
	labels := prometheus.Labels{"handler": name}
	return promhttp.InstrumentHandlerDuration(m.duration.MustCurryWith(labels),
		promhttp.InstrumentHandlerCounter(m.requests.MustCurryWith(labels), next))
}

// update takes the state of the ledger: all that it has, from its first day on, each tenant's own and shared cost apart, so
// that no counter moves because others came or went.
func (m *metrics) update(ctx context.Context, in Inputs, now time.Time) error {
	start := time.Now()
	info, err := in.Ledger.Info()
	if err != nil {
		return err
	}
	state := ledgerState{
		days: float64(len(info.Days)), records: float64(info.Rows), bytes: float64(info.Bytes), damaged: float64(len(info.Damaged)),
	}
	places := map[place]*counted{}
	if info.Rows > 0 {
		source := in.Source
		source.Sharing.Policy = spend.OwnRow
		request := spend.Request{
			From: info.First, To: info.Last.Add(time.Second), By: []spend.Dimension{spend.ByTenant, spend.ByImage, spend.ByRegion}, Counts: true,
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
		state.unknownRates = float64(len(whole.Total.Unknown))
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
	m.refreshs.WithLabelValues("done").Inc()
	return nil
}

// described are the metrics that come from the ledger.
var (
	placeLabels = []string{"tenant", "image", "region"}

	spendDesc = prometheus.NewDesc("microspend_spend_dollars_total",
		"US dollars of all usage in the ledger, by billed component; never lower than it was since the start of the process.",
		append(placeLabels[:3:3], "component"), nil)

	usageDescs = [usageCount]*prometheus.Desc{
		vcpuSeconds:       usageDesc("microspend_vcpu_seconds_total", "vCPU-seconds billed"),
		memoryByteSeconds: usageDesc("microspend_memory_byte_seconds_total", "Byte-seconds of memory billed"),
		readBytes:         usageDesc("microspend_snapshot_read_bytes_total", "Bytes of snapshots read by launches and resumes"),
		writtenBytes:      usageDesc("microspend_snapshot_written_bytes_total", "Bytes of snapshots written by suspends"),
		storedByteSeconds: usageDesc("microspend_snapshot_storage_byte_seconds_total", "Byte-seconds of snapshots stored"),
		runningSeconds:    usageDesc("microspend_running_seconds_total", "Seconds that MicroVMs ran"),
		suspendedSeconds:  usageDesc("microspend_suspended_seconds_total", "Seconds that MicroVMs were suspended"),
		launches:          usageDesc("microspend_launches_total", "Launches of MicroVMs"),
		suspends:          usageDesc("microspend_suspends_total", "Suspends of MicroVMs"),
		resumes:           usageDesc("microspend_resumes_total", "Resumes of MicroVMs"),
	}

	budgetDesc   = budgetGauge("microspend_budget_dollars", "Budget of this calendar month in US dollars; tenant (total) is everything.")
	spentDesc    = budgetGauge("microspend_month_spend_dollars", "US dollars spent in this calendar month by whom a budget is set for; tenant (total) is everything.")
	forecastDesc = budgetGauge("microspend_month_forecast_dollars", "US dollars forecast for this calendar month.")
	exceededDesc = budgetGauge("microspend_budget_exceeded", "1 where the budget's threshold is exceeded.")

	daysDesc    = gauge("microspend_ledger_partitions", "Days that the ledger has.")
	recordsDesc = gauge("microspend_ledger_records", "Records in the ledger.")
	bytesDesc   = gauge("microspend_ledger_size_bytes", "Size of the ledger's Parquet files.")
	damagedDesc = gauge("microspend_ledger_damaged_files", "Files of the ledger that are damaged and left out of all figures.")
	unknownDesc = gauge("microspend_unknown_rates", "Rates that usage needs and that are not known; dollars lack what they would add.")
	asOfDesc    = gauge("microspend_data_until_timestamp_seconds", "End of the latest period that the ledger has, as Unix time.")
	updatedDesc = gauge("microspend_refresh_timestamp_seconds", "When the ledger was last read, as Unix time.")
	tookDesc    = gauge("microspend_refresh_duration_seconds", "How long reading it took.")
	foldedDesc  = gauge("microspend_folded_series", "Combinations of tenant, image and region that are counted in the series of (other).")
)

func usageDesc(name, what string) *prometheus.Desc {
	return prometheus.NewDesc(name, what+", of all usage in the ledger; never lower than it was since the start of the process.", placeLabels, nil)
}

func budgetGauge(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"tenant"}, nil)
}

func gauge(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

// Describe implements prometheus.Collector.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	out <- spendDesc
	for _, d := range usageDescs {
		out <- d
	}
	for _, d := range []*prometheus.Desc{
		budgetDesc, spentDesc, forecastDesc, exceededDesc, daysDesc, recordsDesc, bytesDesc, damagedDesc, unknownDesc, asOfDesc, updatedDesc,
		tookDesc, foldedDesc,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for at, value := range m.series.values {
		for _, q := range pricing.BilledQuantities() {
			if amount := value.dollars[q]; !amount.IsZero() {
				out <- prometheus.MustNewConstMetric(spendDesc, prometheus.CounterValue, amount.InexactFloat64(), at.tenant, at.image, at.region, q.String())
			}
		}
		for i, amount := range value.usage {
			if !amount.IsZero() {
				out <- prometheus.MustNewConstMetric(usageDescs[i], prometheus.CounterValue, amount.InexactFloat64(), at.tenant, at.image, at.region)
			}
		}
	}
	send := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	m.collectBudgets(send)
	send(daysDesc, m.ledger.days)
	send(recordsDesc, m.ledger.records)
	send(bytesDesc, m.ledger.bytes)
	send(damagedDesc, m.ledger.damaged)
	send(unknownDesc, m.ledger.unknownRates)
	send(foldedDesc, float64(len(m.series.folded)))
	if !m.budgets.AsOf.IsZero() {
		send(asOfDesc, float64(m.budgets.AsOf.Unix()))
	}
	if !m.ledger.updated.IsZero() {
		send(updatedDesc, float64(m.ledger.updated.Unix()))
		send(tookDesc, m.ledger.took.Seconds())
	}
}

// totalLabel is the tenant of the budget of everything.
const totalLabel = "(total)"

func (m *metrics) collectBudgets(send func(*prometheus.Desc, float64, ...string)) {
	seen := map[string]bool{}
	for _, line := range m.budgets.Lines {
		name := line.Tenant
		if line.Total {
			name = totalLabel
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if line.Spent.Known() {
			send(spentDesc, line.Spent.Amount.InexactFloat64(), name)
		}
		if line.Forecast != nil {
			send(forecastDesc, line.Forecast.InexactFloat64(), name)
		}
		if line.Budget != nil {
			exceeded := 0.0
			if line.Exceeded {
				exceeded = 1
			}
			send(budgetDesc, line.Budget.Monthly.InexactFloat64(), name)
			send(exceededDesc, exceeded, name)
		}
	}
}
