package microspend_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"microspend"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

const usageCSV = `period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours
2026-10-01T09:00:00Z,3600,eu-west-1,mvm-1,app,acme,7200,14400,2,0,0
2026-10-01T09:00:00Z,3600,eu-west-1,mvm-2,app,borealis,3600,7200,2,1,0.5
2026-10-02T09:00:00Z,3600,eu-west-1,mvm-3,app,acme,1800,3600,2,1,0.5
`

// inALedger writes usage as microspend import does, and returns the ledger's folder. The example's caller removes it.
func inALedger(text string) string {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	name := filepath.Join(folder, "ledger")
	writer, err := parquet.OpenForWriting(name, ledger.Options{Now: time.Now})
	if err != nil {
		log.Fatal(err)
	}
	batches := usage.ReadCSV(strings.NewReader(text), usage.CSVOptions{}).Batches()
	if _, err := writer.Upsert(context.Background(), batches); err != nil {
		log.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		log.Fatal(err)
	}
	return name
}

// What each tenant spent in a month, in cents that add up to the total.
func ExampleOpenSpend() {
	ctx := context.Background()
	name := inALedger(usageCSV)
	defer os.RemoveAll(filepath.Dir(name))

	opened, err := microspend.OpenSpend(ctx, "", name) // no configuration: AWS's list rates
	if err != nil {
		log.Fatal(err)
	}
	october := time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	report, err := opened.Report(ctx, spend.Request{
		From: october, To: october.AddDate(0, 1, 0), By: []spend.Dimension{spend.ByTenant},
	})
	if err != nil {
		log.Fatal(err)
	}
	cents, total := report.Cents(spend.AmountOf)
	for i, row := range report.Rows {
		fmt.Println(row.Key.Tenant, cents[i].StringFixed(2), row.Amount)
	}
	fmt.Println("total", total.StringFixed(2), report.Total.Amount)
	// Output:
	// acme 0.34 0.3425911885
	// borealis 0.14 0.1401704509
	// total 0.48 0.4827616394
}

// The records of a ledger, whatever it is kept in.
func ExampleOpenSpend_records() {
	ctx := context.Background()
	name := inALedger(usageCSV)
	defer os.RemoveAll(filepath.Dir(name))

	opened, err := microspend.OpenSpend(ctx, "", name)
	if err != nil {
		log.Fatal(err)
	}
	extent, err := opened.Ledger.Extent(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for record, err := range opened.Ledger.Records(ctx, extent.First, extent.Last.Add(1)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.PeriodStart.Format(time.DateTime), record.Resource, record.Tenant,
			record.Amounts[pricing.VCPU]/1000, "vCPU-seconds")
	}
	// Output:
	// 2026-10-01 09:00:00 mvm-1 acme 7200 vCPU-seconds
	// 2026-10-01 09:00:00 mvm-2 borealis 3600 vCPU-seconds
	// 2026-10-02 09:00:00 mvm-3 acme 1800 vCPU-seconds
}
