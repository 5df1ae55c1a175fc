package scenarios_test

import (
	"fmt"
	"log"

	"microspend/pricing"
	"microspend/scenarios"
)

// A team of 20 with a sandbox each, four hours on 20 days a month.
func team() scenarios.Fields {
	return scenarios.Fields{
		"region": "eu-west-1", "microvm.memory": "4GB", "image.size": "2GB",
		"workload.users": "20", "workload.days": "20", "workload.running": "4h",
	}
}

func ExampleMarket_Estimate() {
	scenario, err := scenarios.New("team", team())
	if err != nil {
		log.Fatal(err)
	}
	var market scenarios.Market // AWS's list rates
	estimate, err := market.Estimate(scenario)
	if err != nil {
		log.Fatal(err)
	}
	cents, total := estimate.Bill.Cents()
	for i, line := range estimate.Bill.Lines {
		fmt.Printf("%-24s %9s\n", line.Component, cents[i].StringFixed(2))
	}
	fmt.Printf("%-24s %9s\n", "total", total.StringFixed(2))
	// Output:
	// compute.baseline.vcpu       335.89
	// compute.baseline.memory      88.94
	// snapshot.read.launch          1.31
	// storage.image                 0.19
	// total                       426.33
}

// A workload file, read and compared with two alternatives; one name is misspelt.
func ExampleLoad() {
	scenario, err := scenarios.Load("team.yaml", []byte(`
region: eu-west-1
microvm: {memory: 4GB}
image: {size: 2GB}
workload: {users: 20, days: 20, running: 4h}
compare:
  - ec2: t4g.medium
  - ec2: t4g.medum
`))
	if err != nil {
		log.Fatal(err) // every fault, each with its line and column
	}
	var market scenarios.Market
	estimate, err := market.Estimate(scenario)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(estimate.Scenario.Name, estimate.Bill.Total().StringFixed(2))
	for _, other := range estimate.Comparisons {
		if other.Err != nil {
			fmt.Println(other.Err)
			continue
		}
		fmt.Println(other.Name, other.Monthly.StringFixed(2), other.Ratio.StringFixed(2))
	}
	// Output:
	// team 426.33
	// EC2 t4g.medium 537.28 0.79
	// the price of EC2 t4g.medum in eu-west-1 is not known; give it as hourly (did you mean t4g.medium?)
}

func ExampleMarket_Compare() {
	scenario, err := scenarios.New("team", team())
	if err != nil {
		log.Fatal(err)
	}
	scenario.Candidates = []pricing.Candidate{pricing.EC2{Type: "t4g.medium"}}
	var market scenarios.Market
	estimate, err := market.Estimate(scenario)
	if err != nil {
		log.Fatal(err)
	}
	for _, other := range estimate.Comparisons {
		if other.Err != nil {
			fmt.Println(other.Name, other.Err)
			continue
		}
		fmt.Printf("%s: $%s a month, break-even at %s running hours\n",
			other.Name, other.Monthly.StringFixed(2), other.BreakEven.HoursPerMonth.StringFixed(2))
	}
	// Output:
	// EC2 t4g.medium: $537.28 a month, break-even at 100.89 running hours
}

func ExampleScenario_With() {
	scenario, err := scenarios.New("team", team())
	if err != nil {
		log.Fatal(err)
	}
	var market scenarios.Market
	for _, size := range []string{"2GB", "4GB", "8GB"} {
		variant, err := scenario.With(scenarios.Fields{"microvm.memory": size})
		if err != nil {
			log.Fatal(err)
		}
		estimate, err := market.Estimate(variant)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(size, estimate.Bill.Total().StringFixed(2))
	}
	// Output:
	// 2GB 213.92
	// 4GB 426.33
	// 8GB 851.17
}

func ExampleNew_faults() {
	_, err := scenarios.New(
		"team",
		scenarios.Fields{"region": "eu-west-1", "microvm.memory": "3GB", "workload.users": "20"},
	)
	fmt.Println(err)
	// Output:
	// team: microvm.memory: 3GB is not a MicroVM size; sizes are 0.5GB, 1GB, 2GB, 4GB and 8GB
	// team: workload.days: is missing beside users
	// team: workload.running: is missing
}
