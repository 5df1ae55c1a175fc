package spend_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"microspend/internal/ledgertest"
	"microspend/pricing"
	"microspend/spend"
	"microspend/usage"
)

// October by tenant, at AWS's list rates. A ledger.Reader is the source's usage; here it is three records.
func ExampleSource_Report() {
	october := time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)
	record := func(tenant, microVM string, vcpuSeconds int64) usage.Record {
		r := usage.Record{
			PeriodStart: october.Add(9 * time.Hour), PeriodSeconds: 3600, Region: "eu-west-1", Tenant: tenant,
			Resource: usage.Resource{ID: microVM}, Source: "import", Coverage: usage.CoverageComplete,
		}
		r.Amounts[pricing.VCPU] = vcpuSeconds * 1000
		return r
	}
	source := spend.Source{Usage: ledgertest.Records{
		record("acme", "mvm-1", 7200), record("borealis", "mvm-2", 3600), record("", "mvm-3", 1801),
	}}
	report, err := source.Report(context.Background(), spend.Request{
		From: october, To: october.AddDate(0, 1, 0), By: []spend.Dimension{spend.ByTenant}, Sort: spend.SortAmount,
	})
	if err != nil {
		log.Fatal(err)
	}
	cents, total := report.Cents(spend.AmountOf) // rounded so that they add up to the total
	for i, row := range report.Rows {
		fmt.Printf("%-13s %s  exactly %s, %s\n", row.Key.Tenant, cents[i].StringFixed(2), row.Amount, row.State())
	}
	fmt.Printf("%-13s %s  exactly %s\n", "total", total.StringFixed(2), report.Total.Amount)
	// Output:
	// acme          0.21  exactly 0.20993184, exact
	// borealis      0.11  exactly 0.10496592, exact
	// (unallocated) 0.05  exactly 0.0525121172, exact
	// total         0.37  exactly 0.3674098772
}
