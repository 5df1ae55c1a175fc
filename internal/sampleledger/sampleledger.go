// Package sampleledger writes made-up ledgers for tests and benchmarks of what is made of statements: the demo's
// fleet, and one as large as what the product promises its speed for. The same arguments give the same ledger.
package sampleledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"microspend/config"
	"microspend/internal/simulate"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// Demo writes the demo's fleet of 40 tenants into a folder: so many days up to the UTC day of end.
func Demo(dir string, end time.Time, days int) (config.Inputs, error) {
	fleet := simulate.Fleet{Seed: 1, End: end, Days: days}
	read, err := config.Load(config.Name, fleet.ConfigFile())
	if err != nil {
		return config.Inputs{}, err
	}
	in, err := read.Inputs(pricing.EmbeddedCards(), func(string, int64) ([]byte, error) { return fleet.TenantsFile(), nil })
	if err != nil {
		return config.Inputs{}, err
	}
	measured, err := Write(dir, fleet.Batches())
	in.Source.Usage = measured
	return in, err
}

// Fleet is a plain fleet of any size: each tenant has one MicroVM at a time, three a day, and a record for each hour.
type Fleet struct {
	Tenants, Days int
	Start         time.Time // midnight UTC
}

// Source writes the fleet into a folder.
func (f Fleet) Source(dir string) (spend.Source, error) {
	measured, err := Write(dir, f.Batches())
	return spend.Source{Usage: measured, Rates: pricing.EmbeddedCards()}, err
}

// Batches yields the records of one day after the other.
func (f Fleet) Batches() iter.Seq[[]usage.Record] {
	return func(yield func([]usage.Record) bool) {
		for day := range f.Days {
			var batch []usage.Record
			for tenant := range f.Tenants {
				for hour := range 24 {
					batch = append(batch, f.record(tenant, day, hour))
				}
			}
			if !yield(batch) {
				return
			}
		}
	}
}

// record is an hour of a tenant: how much differs from tenant to tenant, from day to day and over the hours.
func (f Fleet) record(tenant, day, hour int) usage.Record {
	running := int64(200+tenant*7%1700+(tenant*31+day*97)%13*100+hour*20) * 1000
	if weekday := f.Start.AddDate(0, 0, day).Weekday(); weekday == time.Saturday || weekday == time.Sunday {
		running /= 4
	}
	gb := int64(1 << (tenant % 4))
	return usage.Record{
		PeriodStart: f.Start.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour), PeriodSeconds: 3600,
		Region: []string{"us-east-1", "eu-west-1"}[tenant%2], Account: "111122223333",
		Resource: usage.Resource{ID: fmt.Sprintf("mvm-%04d-%02d-%d", tenant, day, hour/8)},
		Image:    fmt.Sprintf("image-%02d", tenant%40),
		Tenant:   fmt.Sprintf("tenant-%04d", tenant), Source: "sample", Coverage: usage.CoverageComplete,
		Amounts: usage.Amounts{
			pricing.VCPU: running * gb / 2, pricing.Memory: running * gb * 1024, pricing.SnapshotRead: gb << 29,
			pricing.SnapshotWrite:   gb << 28,
			pricing.SnapshotStorage: gb << 40,
			usage.Running:           running, usage.Launches: int64(1 - min(hour%8, 1)),
		},
	}
}

// Write puts records into a ledger in a folder and opens it.
func Write(dir string, batches iter.Seq[[]usage.Record]) (*parquet.Ledger, error) {
	writer, err := parquet.OpenForWriting(dir, ledger.Options{})
	if err != nil {
		return nil, err
	}
	_, err = writer.Upsert(context.Background(), func(yield func([]usage.Record, error) bool) {
		for batch := range batches {
			if !yield(batch, nil) {
				return
			}
		}
	})
	if err := errors.Join(err, writer.Close()); err != nil {
		return nil, err
	}
	return parquet.Open(dir, ledger.Options{})
}
