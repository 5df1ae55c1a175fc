package pricing_test

import (
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Four hours a day on twenty days, on a MicroVM of 4 GB that is suspended and resumed once a day.
func ExampleWorkload_Bill() {
	card, err := pricing.EmbeddedCards().Card("eu-west-1")
	if err != nil {
		log.Fatal(err)
	}
	size, err := pricing.ParseSize("4GB")
	if err != nil {
		log.Fatal(err)
	}
	bill, err := pricing.Workload{
		Size:    size,
		Running: decimal.NewFromInt(20 * 4 * 3600),
		Cycles:  decimal.NewFromInt(20),
		StateGB: size.GB(),
	}.Bill(card)
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range bill.Lines {
		fmt.Printf("%-24s %s = %s\n", line.Component, line.Formula(), line.Amount)
	}
	fmt.Println("compute", bill.Sum(pricing.Compute))
	fmt.Println("total  ", bill.Total())
	// Output:
	// compute.baseline.vcpu    288,000 s × 2 vCPU × $0.0000291572 = 16.7945472
	// compute.baseline.memory  288,000 s × 4 GB × $0.0000038603 = 4.4470656
	// snapshot.write           20 suspends × 4 GB × $0.0040636422 = 0.325091376
	// snapshot.read.resume     20 resumes × 4 GB × $0.0016403088 = 0.131224704
	// compute 21.2416128
	// total   21.69792888
}

// Quantities as they were metered, and a rate that AWS's list does not give: an error, never a zero.
func ExampleQuantities_Bill() {
	card, err := pricing.EmbeddedCards().Card("eu-central-1")
	if err != nil {
		log.Fatal(err)
	}
	used := pricing.Quantities{
		pricing.VCPU:          decimal.NewFromInt(3600),
		pricing.SnapshotWrite: decimal.RequireFromString("0.63"),
	}
	_, err = used.Bill(card)
	fmt.Println(err)

	card = card.With(pricing.SnapshotWrite, pricing.Rate{
		Figure: decimal.RequireFromString("0.0041"), Per: pricing.PerUnit, Inline: true,
	})
	bill, err := used.Bill(card)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bill.Total())
	// Output:
	// the snapshot write rate of eu-central-1 is not known
	// 0.128573
}

// How long a month must a MicroVM of 4 GB run before an instance that runs all month is cheaper?
func ExampleFindBreakEven() {
	card, err := pricing.EmbeddedCards().Card("eu-west-1")
	if err != nil {
		log.Fatal(err)
	}
	book, err := pricing.EmbeddedPrices()
	if err != nil {
		log.Fatal(err)
	}
	size, err := pricing.ParseSize("4GB")
	if err != nil {
		log.Fatal(err)
	}
	microvm, err := pricing.Workload{Size: size}.Curve(card)
	if err != nil {
		log.Fatal(err)
	}
	instance := pricing.EC2{Type: "t4g.medium"}.Price(book, pricing.Demand{
		Region: "eu-west-1", Size: size, Users: decimal.NewFromInt(1),
	})
	month := decimal.NewFromInt(31 * 24 * 3600)
	meet := pricing.FindBreakEven(microvm, instance.Curve, month).Crossings[0]
	hours := pricing.Divide(meet.Seconds, decimal.NewFromInt(pricing.SecondsPerHour), pricing.RatioPlaces)
	fmt.Printf("%s: %s = $%s a month, as much as %s hours of MicroVM\n",
		instance.Name, instance.Formula, instance.Curve.Fixed, hours)
	// Output:
	// EC2 t4g.medium: 1 instance × 730 h × $0.0368 = $26.864 a month, as much as 101.1749917596 hours of MicroVM
}
