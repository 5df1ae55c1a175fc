package usage_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"microspend/pricing"
	"microspend/usage"
)

const export = `period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours
2026-10-01T09:00:00Z,3600,eu-west-1,mvm-1,app,acme,7200,14400,2,0,0
2026-10-01T09:00:00Z,3600,eu-west-1,mvm-2,app,borealis,3600,7200,2,1,0.5
2026-10-02T09:00:00Z,3600,eu-west-1,mvm-3,app,acme,lots,3600,2,1,0.5
`

// A file whose third row cannot be read: the others are, the error names it, and the two are priced together.
func ExampleReadCSV() {
	var (
		sum    usage.Sum
		broken *usage.RowsError
	)
	for batch, err := range usage.ReadCSV(strings.NewReader(export), usage.CSVOptions{}).Batches() {
		if errors.As(err, &broken) {
			fmt.Println(broken.Rows, "good rows;", broken.Faults[0])
		} else if err != nil {
			log.Fatal(err)
		}
		for _, record := range batch {
			fmt.Println(record.Tenant, record.Resource, record.Amounts[pricing.VCPU], "vCPU-ms")
			sum.Add(&record)
		}
	}
	card, err := pricing.EmbeddedCards().Card("eu-west-1")
	if err != nil {
		log.Fatal(err)
	}
	bill, err := sum.Measured().Bill(card)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("total", bill.Total())
	// Output:
	// acme mvm-1 7200000 vCPU-ms
	// borealis mvm-2 3600000 vCPU-ms
	// 2 good rows; line 4: vcpu_seconds: "lots" is not a number such as 12.5 or 7.2e-05
	// total 0.4089712285
}
