package logs

import (
	"fmt"

	"github.com/shopspring/decimal"

	"microspend/internal/emf"
	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/pricing/assumption"
)

// monthHours is the month that CloudWatch's price of a metric is divided by here: see the note metric-month.
const monthHours = 730

// perHour is what the lines of a MicroVM that runs an hour take: their bytes, and what taking them in costs.
func perHour(prices pricing.MeasuringPrices, publication emf.Publication) (bytes int64, cost decimal.Decimal) {
	bytes = emf.HourBytes(publication)
	return bytes, prices.LogIngestion(bytes)
}

// prices sets the price of usage per MicroVM from logs beside that of metrics per MicroVM.
func (s *Source) prices(groups []logGroup) []string {
	p := s.options.Prices
	metrics := emf.Publication{Namespace: emf.DefaultNamespace, PerMicroVM: true}
	_, lineWithMetrics := perHour(p, metrics)
	metric := p.MetricMonth.Cost(int64(metrics.Metrics.Count()), monthHours)
	byMetrics := metric.Add(lineWithMetrics)
	bytes, byLogs := perHour(p, emf.Publication{Namespace: emf.DefaultNamespace, Metrics: emf.NoMetrics})
	ratio := pricing.Divide(byMetrics, byLogs, pricing.AmountPlaces)
	notes := []string{
		assumption.LogReadFree.Clause().String(),
		fmt.Sprintf("%s: ingesting lines costs $%s per GB of 10^9 bytes (%s)", named(p.LogIngestGB, "log-ingestion"),
			figures.Cents(p.LogIngestGB.USD), sourceOf(p.LogIngestGB)),
		fmt.Sprintf("logs-or-metrics: usage per MicroVM costs, for each hour that a MicroVM runs, $%s from logs "+
			"(%d lines, %s bytes, meter --metrics none) "+
			"and $%s from metrics (%d with a MicrovmId dimension at $%s a month of %d hours, and their lines), %s times as much",
			short(byLogs), emf.HourLines, figures.Int(bytes), short(byMetrics), metrics.Metrics.Count(), figures.Cents(p.MetricMonth.USD),
			monthHours, ratio.StringFixed(0)),
	}
	var stored, hourly int64
	for _, g := range groups {
		stored += g.stored
		hourly += max(g.hourly, 0)
	}
	if hourly > 0 {
		notes = append(notes, fmt.Sprintf("log-groups: %s with about %s bytes an hour, of all programs: $%s a "+
			"month of %d hours; keeping it costs $%s per GB-month (%s)",
			figures.Count(len(groups), "group"), figures.Int(hourly), short(p.LogIngestion(hourly*monthHours)), monthHours,
			figures.Cents(p.LogStorageGBMonth.USD), sourceOf(p.LogStorageGBMonth)))
	}
	return notes
}

// named is the name of a price's assumption, or of the note where a source gives the price.
func named(p pricing.MeasuringPrice, note string) string {
	if p.Assumption != "" {
		return string(p.Assumption)
	}
	return note
}

func sourceOf(p pricing.MeasuringPrice) string {
	if p.ReadOn == "" {
		return p.Source
	}
	return p.Source + ", read " + p.ReadOn
}

// short shows an amount to four figures that count.
func short(amount decimal.Decimal) string {
	if amount.IsZero() {
		return "0"
	}
	places := int32(3) - int32(amount.NumDigits()) - amount.Exponent() + 1
	return amount.Round(max(places, 2)).String()
}
