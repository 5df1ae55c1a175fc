package pricing

import (
	_ "embed"
	"fmt"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"
)

// MeasuringPrices are what measuring usage costs by itself, in US dollars. They do not pass through a bill: they are
// what a collector says of its own calls, and a meter of its metrics.
type MeasuringPrices struct {
	MetricMonth              MeasuringPrice `yaml:"metric_month"`               // of a custom metric, billed by the hour
	ThousandMetricsRequested MeasuringPrice `yaml:"thousand_metrics_requested"` // GetMetricData
	ThousandListCalls        MeasuringPrice `yaml:"thousand_list_calls"`        // ListMetrics
	LogIngestGB              MeasuringPrice `yaml:"log_ingest_gb"`
	LogStorageGBMonth        MeasuringPrice `yaml:"log_storage_gb_month"`
	ThousandBucketWrites     MeasuringPrice `yaml:"thousand_bucket_writes"` // PUT and LIST
	ThousandBucketReads      MeasuringPrice `yaml:"thousand_bucket_reads"`  // GET
}

// MeasuringPrice is a price of a call, or of something metered.
type MeasuringPrice struct{ Price }

// Cost is what n of something costs at a price for each per of it, half-even at AmountPlaces: the calls of a price per
// thousand, or the hours of a price per month. It panics where per is zero.
func (p MeasuringPrice) Cost(n, per int64) decimal.Decimal { return ProrateTime(p.USD, n, per) }

// LogEventBytes is what CloudWatch Logs adds to the size of each event. Source: CloudWatch Logs quotas, PutLogEvents.
const LogEventBytes = 26

const bytesPerLogGB = 1_000_000_000

// LogIngestion is what CloudWatch Logs charges for ingesting bytes, LogEventBytes of each event among them, in
// US dollars. A GB is taken for 10^9 bytes, which is the dearer reading of the price.
func (p MeasuringPrices) LogIngestion(bytes int64) decimal.Decimal {
	return p.LogIngestGB.Cost(bytes, bytesPerLogGB)
}

// BucketRequests is what S3 charges for requests of a ledger in a bucket, in US dollars. Deleting is free.
func (p MeasuringPrices) BucketRequests(reads, writes int64) decimal.Decimal {
	return p.ThousandBucketReads.Cost(reads, 1000).Add(p.ThousandBucketWrites.Cost(writes, 1000))
}

//go:embed rates/measuring/cloudwatch.yaml
var measuringPrices []byte

const measuringFile = "cloudwatch.yaml"

// Measuring are the prices of measuring in a region: those that were fetched for it, and otherwise those built in.
func (b PriceBook) Measuring(region string) (MeasuringPrices, error) {
	book, err := b.In(region)
	return book.measuring, err
}

// EmbeddedMeasuringPrices reads the prices built into the program. An error means that rates/measuring/cloudwatch.yaml
// is broken, which the package's tests rule out.
func EmbeddedMeasuringPrices() (MeasuringPrices, error) {
	var prices MeasuringPrices
	if err := yaml.Load(measuringPrices, &prices, yaml.WithKnownFields()); err != nil {
		return prices, fmt.Errorf("rates/measuring/cloudwatch.yaml: %w", err)
	}
	for name, price := range map[string]MeasuringPrice{
		"metric_month": prices.MetricMonth, "thousand_metrics_requested": prices.ThousandMetricsRequested,
		"thousand_list_calls": prices.ThousandListCalls, "log_ingest_gb": prices.LogIngestGB,
		"log_storage_gb_month": prices.LogStorageGBMonth, "thousand_bucket_writes": prices.ThousandBucketWrites,
		"thousand_bucket_reads": prices.ThousandBucketReads,
	} {
		if !price.USD.IsPositive() {
			return prices, fmt.Errorf("rates/measuring/cloudwatch.yaml: %s is missing", name)
		}
	}
	return prices, nil
}
