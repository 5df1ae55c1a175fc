package bucket

import (
	"fmt"

	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/pricing"
)

var _ ledger.Metered = (*Ledger)(nil)

// WriteCost implements [ledger.Metered] for days of one part each: docs/bucket.md has the requests that they take.
func (l *Ledger) WriteCost(days int) ([]string, error) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	if err != nil {
		return nil, err
	}
	reads, writes := writeRequests(int64(days))
	put, get := prices.ThousandBucketWrites, prices.ThousandBucketReads
	return []string{
		fmt.Sprintf("ledger: writing %s to %s takes about %s GET and %s PUT or LIST requests, $%s",
			figures.Count(days, "day"), l.Name(), figures.Int(reads), figures.Int(writes),
			prices.BucketRequests(reads, writes)),
		put.Assumption.Clause(put.USD, get.USD, put.Source).String(),
	}, nil
}

// writeRequests are those of taking records into days that have a part each, and get one and a rollup.
func writeRequests(days int64) (reads, writes int64) { return 2 + 2*days, 2 + 3*days }
