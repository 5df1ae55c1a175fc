package ledger_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"microspend/ledger"
	"microspend/ledger/stores"
	"microspend/pricing"
	"microspend/usage"
)

// A ledger in a folder: records are written, once more with a correction, and what each tenant used in October is
// added up.
func ExampleReader() {
	folder, err := os.MkdirTemp("", "ledger")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	ctx, october := context.Background(), time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)

	writer, err := stores.OpenForWriting(ctx, folder, ledger.Options{})
	if err != nil {
		log.Fatal(err)
	}
	record := func(tenant, microVM string, vcpuSeconds int64) usage.Record {
		r := usage.Record{
			PeriodStart: october.Add(9 * time.Hour), PeriodSeconds: 3600, Region: "eu-west-1", Tenant: tenant,
			Resource: usage.Resource{ID: microVM}, Source: "import", Coverage: usage.CoverageComplete,
		}
		r.Amounts[pricing.VCPU] = vcpuSeconds * 1000
		return r
	}
	for _, records := range [][]usage.Record{
		{record("acme", "mvm-1", 7200), record("borealis", "mvm-2", 3600), record("acme", "mvm-3", 1800)},
		{record("acme", "mvm-3", 2400)}, // the same key: it takes the place of the one before
	} {
		changes, err := writer.Upsert(ctx, func(yield func([]usage.Record, error) bool) { yield(records, nil) })
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(changes.Added, "added,", changes.Replaced, "replaced")
	}
	if err := writer.Close(); err != nil {
		log.Fatal(err)
	}

	reader, err := stores.Open(ctx, folder, ledger.Options{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := reader.Aggregate(ctx, ledger.Query{
		From: october, To: october.AddDate(0, 1, 0), By: []ledger.Field{ledger.FieldTenant},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, group := range result.Groups {
		fmt.Println(group.Tenant, group.Sum.Amounts[pricing.VCPU], "vCPU-ms in", group.Sum.Records, "records")
	}
	// Output:
	// 3 added, 0 replaced
	// 0 added, 1 replaced
	// acme 9600000 vCPU-ms in 2 records
	// borealis 3600000 vCPU-ms in 1 records
}
