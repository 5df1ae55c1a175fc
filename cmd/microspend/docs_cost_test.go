package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/collector/meter"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
)

// requestCounts are the requests that a bucket was asked, as S3 bills them.
type requestCounts struct {
	gets, puts atomic.Int64 // puts are listings, too
	changes    atomic.Int64 // of objects
}

func (r *requestCounts) reset() {
	r.gets.Store(0)
	r.puts.Store(0)
	r.changes.Store(0)
}

// countingBucket is an S3 server with an empty bucket, "usage".
func countingBucket(t *testing.T) (url string, counts *requestCounts) {
	t.Helper()
	backend, counts := s3mem.New(), &requestCounts{}
	require.NoError(t, backend.CreateBucket("usage"))
	handler := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			counts.changes.Add(1)
		}
		switch listing := r.URL.Query().Has("list-type"); {
		case r.Method == http.MethodPut, listing:
			counts.puts.Add(1)
		case r.Method == http.MethodGet:
			counts.gets.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, counts
}

// fleetOfAHundred has a CloudWatch with the metrics of 100 tenants and 3 images, of which each has been running for hours.
func fleetOfAHundred(t *testing.T, now func() time.Time) (endpoint string) {
	t.Helper()
	metrics := fakecloudwatch.NewCloudWatch(fakecloudwatch.Options{Now: now})
	place := fakecloudwatch.Place{Account: fakecloudwatch.DefaultAccount, Region: "us-east-1"}
	for series := range fleetSeries {
		dimensions := map[string]string{
			"Tenant": fmt.Sprintf("tenant-%03d", series/fleetImages), "Image": fmt.Sprintf("image-%d", series%fleetImages),
		}
		for hours := range 4 {
			for i, value := range []float64{60_000, 60_000 * 2048, 0, 0, 0} {
				metrics.Put(place, fakecloudwatch.Metric{
					Namespace: emf.DefaultNamespace, Name: emf.Metrics()[i].Name, Dimensions: dimensions,
				}, fakecloudwatch.Value(scriptDay.Add(time.Duration(hours-2)*time.Hour-20*time.Minute), value))
			}
		}
	}
	server := httptest.NewServer(metrics)
	t.Cleanup(server.Close)
	return server.URL
}

const (
	fleetTenants, fleetImages = 100, 3
	fleetSeries               = fleetTenants * fleetImages
	hoursEach                 = 4 * 25 // of each tenant and image
	fleetHours                = fleetSeries * hoursEach
	fleetRuns                 = 30 * 24
	metricHours               = 730 // of CloudWatch's month
)

// What docs/aws-setup.md says that running microspend costs is what the code's own prices and estimates come to.
func TestWhatRunningItCosts(t *testing.T) {
	setup := docPage(t, "docs/aws-setup.md")
	prices, err := pricing.EmbeddedMeasuringPrices()
	require.NoError(t, err)
	rows := map[string][]string{}
	for line := range strings.Lines(section(t, setup, "## What running microspend costs")) {
		if cells, ok := strings.CutPrefix(strings.TrimSpace(line), "| "); ok {
			all := strings.Split(strings.TrimSuffix(cells, " |"), " | ")
			rows[strings.Trim(all[0], "*")] = all[1:]
		}
	}
	for name, p := range map[string]pricing.MeasuringPrice{
		"custom metric": prices.MetricMonth, "GetMetricData": prices.ThousandMetricsRequested,
		"ListMetrics": prices.ThousandListCalls, "log ingestion": prices.LogIngestGB, "log storage": prices.LogStorageGBMonth,
		"S3 PUT and LIST": prices.ThousandBucketWrites, "S3 GET": prices.ThousandBucketReads,
	} {
		row := rows[name]
		require.Len(t, row, 4, name)
		require.Equal(t, p.USD.String(), decimal.RequireFromString(row[0]).String(), name)
		require.Equal(t, []string{p.ReadOn, p.Source}, row[2:], name)
	}

	now := scriptDay
	endpoint := fleetOfAHundred(t, func() time.Time { return now })
	server, requests := countingBucket(t)
	bucket := "s3://usage/ledger?endpoint=" + server + "&path-style=true&region=us-east-1"
	microspend := func(arguments ...string) string {
		var out, errs bytes.Buffer
		if arguments[0] == "collect" {
			arguments = append(arguments, "--endpoint-url", endpoint)
		}
		code := run(t.Context(), append(arguments, "--ledger", bucket), process{
			in: strings.NewReader(""), out: &out, err: &errs, now: func() time.Time { return now },
			environ: os.Environ(),
		})
		require.Zero(t, code, errs.String())
		return out.String()
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ACCOUNT_ID": fakecloudwatch.DefaultAccount,
		"AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none",
		"AWS_EC2_METADATA_DISABLED": "true", "XDG_STATE_HOME": t.TempDir(),
	} {
		t.Setenv(name, value)
	}
	microspend("collect", "--lookback", "4h")
	month := func(every string) decimal.Decimal {
		var plan struct {
			Every struct {
				Month struct {
					APIPrice decimal.Decimal `json:"api_price"`
				} `json:"month_of_30_days"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(microspend("collect", "--dry-run", "--every", every, "--format", "json")), &plan))
		return plan.Every.Month.APIPrice
	}
	calls, often := month("1h"), month("5m")
	requests.reset()
	now = now.Add(time.Hour)
	microspend("collect")
	gets, puts := requests.gets.Load(), requests.puts.Load()
	require.Positive(t, requests.changes.Load())
	requests.reset()
	require.Contains(t, microspend("spend", "--format", "csv"), "tenant-099")
	require.Positive(t, requests.gets.Load())
	require.Zero(t, requests.changes.Load(), "readers need no right to write")

	kept := func(p emf.Publication) decimal.Decimal { // lines, taken in and stored for a month
		p.Namespace = emf.DefaultNamespace
		in := meter.CostOf(p, prices).ThousandHours.Mul(decimal.NewFromInt(fleetHours / 1000))
		return in.Add(pricing.Divide(in.Mul(prices.LogStorageGBMonth.USD), prices.LogIngestGB.USD, 20)) // as many GB
	}
	metrics := prices.MetricMonth.Cost(fleetSeries*5*hoursEach, metricHours)
	byMetrics, byLogs := kept(emf.Publication{}), kept(emf.Publication{Metrics: emf.NoMetrics})
	compute := decimal.RequireFromString("0.0000350278").Mul(decimal.NewFromInt(fleetHours * 3600)) // 1 vCPU and 2 GB a second
	require.Equal(t, "3783.0024", compute.String())
	totals := []decimal.Decimal{
		decimal.Sum(metrics, byMetrics, calls), byLogs, {},
	}
	cents := func(d decimal.Decimal) string { return d.StringFixed(2) }
	part := func(d decimal.Decimal) string {
		return pricing.Divide(d.Mul(decimal.NewFromInt(100)), compute, 20).StringFixed(2) + " %"
	}
	for name, want := range map[string][]string{
		"custom metrics: 5 for each tenant and image, 100 hours each of 730": {cents(metrics), "–", "–"},
		"logs: a line a minute, taken in and kept for a month":               {cents(byMetrics), cents(byLogs), "–"},
		"API calls": {cents(calls), "0.00", "0.00"},
		"total":     {"**" + cents(totals[0]) + "**", "**" + cents(totals[1]) + "**", "**0.00**"},
		"part of the MicroVMs' compute, $3,783.00": {part(totals[0]), part(totals[1]), part(totals[2])},
	} {
		require.Equal(t, want, rows[name], name)
	}
	require.Contains(t, setup, "makes $"+cents(often)+" of API calls")
	require.Equal(t, cents(prices.BucketRequests(gets*fleetRuns, puts*fleetRuns)), rows["bucket"][0])
	require.Contains(t, rows["bucket"][1], fmt.Sprintf("720 runs of %d GET and %d PUT or LIST requests each", gets, puts))
}
