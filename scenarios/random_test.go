package scenarios

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// runs is how many random scenarios a property is tried on. The seed of a run is its number, and names the subtest: a
// failure is repeated by running that subtest alone.
const runs = 120

// forRandom tries a property on random scenarios, the same ones each time.
func forRandom(t *testing.T, property func(t *testing.T, r scenarioSource)) {
	t.Helper()
	count := runs
	if testing.Short() {
		count /= 10
	}
	for seed := range count {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			property(t, scenarioSource{rand.New(rand.NewPCG(uint64(seed), 0))})
		})
	}
}

// scenarioSource writes random scenarios that can be priced.
type scenarioSource struct{ *rand.Rand }

func (r scenarioSource) one(of ...string) string { return of[r.IntN(len(of))] }

// decimal is a number from low to high with so many decimals.
func (r scenarioSource) decimal(low, high float64, places int) string {
	return fmt.Sprintf("%.*f", places, low+r.Float64()*(high-low))
}

// rates gives all five rates, now and then with a discount, or none, so that the card's are used.
func (r scenarioSource) rates() string {
	region := "region: " + r.one("us-east-1", "eu-west-1") + "\n"
	if r.IntN(3) == 0 {
		return region
	}
	cpu := fmt.Sprintf("vcpu_second: %s, gb_second: %s", r.decimal(1e-5, 5e-5, 10), r.decimal(1e-6, 5e-6, 10))
	if r.IntN(2) == 0 {
		cpu = fmt.Sprintf("vcpu_hour: %s, gb_hour: %s", r.decimal(0.05, 0.2, 5), r.decimal(0.005, 0.02, 6))
	}
	return region + fmt.Sprintf("rates: {%s, snapshot_read_gb: %s, snapshot_write_gb: %s, %s: %s, discount: %s}\n",
		cpu, r.decimal(0.001, 0.003, 10), r.decimal(0.003, 0.006, 10),
		r.one("storage_gb_month", "storage_gb_hour"), r.decimal(0.0001, 0.1, 10), r.one("0%", "0%", "12.5%", "33.33%"))
}

// machine gives sizes, each a measured one or the default.
func (r scenarioSource) machine() string {
	text := "microvm: {memory: " + r.one("0.5GB", "1GB", "2GB", "4GB", "8GB") + "}\n"
	text += fmt.Sprintf("image: {count: %d, size: %sGB, hours: %dh}\n", r.IntN(4), r.decimal(0.1, 5, 3), r.IntN(744))
	if r.IntN(2) == 0 {
		text += "state: {size: " + r.decimal(0.1, 8, 2) + "GB}\n"
	}
	return text
}

// workload fills a month. Figures but the running time are per month, so that the running time can be changed alone.
func (r scenarioSource) workload() string {
	units := fmt.Sprintf("users: %d, days: 31", 1+r.IntN(40))
	if r.IntN(3) == 0 {
		units = fmt.Sprintf("jobs: %d", 1+r.IntN(2000))
	}
	fields := []string{
		units,
		fmt.Sprintf("running: %ds/month", r.IntN(600*3600)),
		fmt.Sprintf("launches: %d/month", r.IntN(40)),
		fmt.Sprintf("cycles: %d/month", r.IntN(100)),
		fmt.Sprintf("suspended: %ds/month", r.IntN(100*3600)),
	}
	if r.IntN(3) == 0 {
		fields = append(fields, fmt.Sprintf("burst: {share: %s%%}", r.decimal(0, 100, 1)))
	}
	return "workload: {" + strings.Join(fields, ", ") + "}\n"
}

// compare lists one alternative of each kind.
func (r scenarioSource) compare() string {
	return "compare:\n" + strings.Join([]string{
		fmt.Sprintf("  - ec2: {type: t4g.%s, users_per_instance: %d}\n", r.one("medium", "large", "xlarge"), 1+r.IntN(5)),
		fmt.Sprintf("  - fargate: %s\n", r.one("active", "always")),
		fmt.Sprintf("  - function: {memory: 2GB, requests: %d, free_tier: %s}\n", 1+r.IntN(100), r.one("true", "false")),
		"  - lightsail: 2GB\n",
		fmt.Sprintf("  - ci: {runner: ours, per_minute: %s}\n", r.decimal(0.001, 0.05, 4)),
		fmt.Sprintf("  - sandbox: %s\n", r.one("e2b", "daytona", "fly", "modal", "agentcore")),
		fmt.Sprintf("  - fixed: {name: offer, per_month: %s, per_minute: %s}\n", r.decimal(0, 200, 2), r.decimal(0, 0.02, 4)),
	}, "")
}

func (r scenarioSource) scenario() string { return r.rates() + r.machine() + r.workload() }
