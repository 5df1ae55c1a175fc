package meter

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/emf"
	"microspend/internal/figures"
	"microspend/pricing"
)

// Cost is what a meter's metrics cost by CloudWatch's list price, in US dollars for a month. A metric is billed for
// the hours in which it gets data.
type Cost struct {
	Metrics    int // per set of dimension values
	PerMetric  pricing.MeasuringPrice
	PerTenant  decimal.Decimal // for each tenant and image that has usage all month
	PerMicroVM decimal.Decimal // for each MicroVM that runs all month besides; 0 where it has no metrics of its own
	LogIngest  pricing.MeasuringPrice
	// ThousandHours is what CloudWatch Logs charges for the lines of so much running time.
	ThousandHours decimal.Decimal
}

// CostOf works out what a publication costs.
func CostOf(p emf.Publication, prices pricing.MeasuringPrices) Cost {
	cost := Cost{Metrics: p.Metrics.Count(), PerMetric: prices.MetricMonth, LogIngest: prices.LogIngestGB}
	perSet := prices.MetricMonth.Cost(int64(cost.Metrics), 1)
	if p.Sets() > 0 {
		cost.PerTenant = perSet
	}
	if p.Sets() > 1 {
		cost.PerMicroVM = perSet
	}
	cost.ThousandHours = prices.LogIngestion(1000 * emf.HourBytes(p))
	return cost
}

// Sentences say it in words.
func (c Cost) Sentences() (sentences []string) {
	say := func(format string, args ...any) { sentences = append(sentences, fmt.Sprintf(format, args...)) }
	switch {
	case c.Metrics == 0:
		say("no metrics: CloudWatch bills none; read the lines with microspend collect --source logs")
	default:
		say("%d metrics at $%s a month each cost $%s a month for each tenant and image with usage, by the hour (%s, read %s)",
			c.Metrics, figures.Cents(c.PerMetric.USD), figures.Cents(c.PerTenant), c.PerMetric.Source, c.PerMetric.ReadOn)
	}
	if c.PerMicroVM.IsPositive() {
		say("and $%s a month for each MicroVM that runs, by the hour", figures.Cents(c.PerMicroVM))
	}
	assumption := ""
	if c.LogIngest.Assumption != "" {
		assumption = fmt.Sprintf(" (assumption %s: $%s per GB)", c.LogIngest.Assumption, figures.Cents(c.LogIngest.USD))
	}
	say("its lines cost about $%s per 1,000 hours of running MicroVMs in log ingestion%s",
		figures.Fixed(c.ThousandHours, 4), assumption)
	return sentences
}
