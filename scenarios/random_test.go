package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// scenarioSource writes random scenarios that can be priced.
type scenarioSource struct{ *rapid.T }

// forRandom tries a property on random scenarios, and reports the simplest one that breaks it.
func forRandom(t *testing.T, property func(r scenarioSource)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) { property(scenarioSource{t}) })
}

func (r scenarioSource) one(of ...string) string { return rapid.SampledFrom(of).Draw(r.T, "choice") }

// upTo is a whole number from 0 to most inclusive.
func (r scenarioSource) upTo(most int) int { return rapid.IntRange(0, most).Draw(r.T, "number") }

// oneIn is true once in so many times.
func (r scenarioSource) oneIn(many int) bool { return r.upTo(many-1) == 0 }

// decimal is a number from low to high inclusive, both counted in units of its last decimal.
func (r scenarioSource) decimal(low, high int64, places int32) string {
	return decimal.New(rapid.Int64Range(low, high).Draw(r.T, "decimal"), -places).String()
}

// rates gives all five rates, now and then with a discount, or none, so that the card's are used.
func (r scenarioSource) rates() string {
	region := "region: " + r.one("us-east-1", "eu-west-1") + "\n"
	if r.oneIn(3) {
		return region
	}
	cpu := fmt.Sprintf("vcpu_second: %s, gb_second: %s", r.decimal(100_000, 500_000, 10), r.decimal(10_000, 50_000, 10))
	if r.oneIn(2) {
		cpu = fmt.Sprintf("vcpu_hour: %s, gb_hour: %s", r.decimal(5_000, 20_000, 5), r.decimal(5_000, 20_000, 6))
	}
	return region + fmt.Sprintf("rates: {%s, snapshot_read_gb: %s, snapshot_write_gb: %s, %s: %s, discount: %s}\n",
		cpu, r.decimal(10_000_000, 30_000_000, 10), r.decimal(30_000_000, 60_000_000, 10),
		r.one("storage_gb_month", "storage_gb_hour"), r.decimal(1_000_000, 1_000_000_000, 10),
		r.one("0%", "0%", "12.5%", "33.33%"))
}

// machine gives sizes, each a measured one or the default.
func (r scenarioSource) machine() string {
	text := "microvm: {memory: " + r.one("0.5GB", "1GB", "2GB", "4GB", "8GB") + "}\n"
	text += fmt.Sprintf("image: {count: %d, size: %sGB, hours: %dh}\n", r.upTo(4), r.decimal(100, 5000, 3), r.upTo(744))
	if r.oneIn(2) {
		text += "state: {size: " + r.decimal(10, 800, 2) + "GB}\n"
	}
	return text
}

// workload fills a month. Figures but the running time are per month, so that the running time can be changed alone.
func (r scenarioSource) workload() string {
	units := fmt.Sprintf("users: %d, days: 31", 1+r.upTo(40))
	if r.oneIn(3) {
		units = fmt.Sprintf("jobs: %d", 1+r.upTo(2000))
	}
	fields := []string{
		units,
		fmt.Sprintf("running: %ds/month", r.upTo(600*3600)),
		fmt.Sprintf("launches: %d/month", r.upTo(40)),
		fmt.Sprintf("cycles: %d/month", r.upTo(100)),
		fmt.Sprintf("suspended: %ds/month", r.upTo(100*3600)),
	}
	if r.oneIn(3) {
		fields = append(fields, fmt.Sprintf("burst: {share: %s%%}", r.decimal(0, 1000, 1)))
	}
	return "workload: {" + strings.Join(fields, ", ") + "}\n"
}

// compare lists one alternative of each kind.
func (r scenarioSource) compare() string {
	return "compare:\n" + strings.Join([]string{
		fmt.Sprintf("  - ec2: {type: t4g.%s, users_per_instance: %d}\n", r.one("medium", "large", "xlarge"), 1+r.upTo(5)),
		fmt.Sprintf("  - fargate: %s\n", r.one("active", "always")),
		fmt.Sprintf("  - function: {memory: 2GB, requests: %d, free_tier: %s}\n", 1+r.upTo(100), r.one("true", "false")),
		"  - lightsail: 2GB\n",
		fmt.Sprintf("  - ci: {runner: ours, per_minute: %s}\n", r.decimal(10, 500, 4)),
		fmt.Sprintf("  - sandbox: %s\n", r.one("e2b", "daytona", "fly", "modal", "agentcore")),
		fmt.Sprintf("  - fixed: {name: offer, per_month: %s, per_minute: %s}\n", r.decimal(0, 20_000, 2),
			r.decimal(0, 200, 4)),
	}, "")
}

func (r scenarioSource) scenario() string { return r.rates() + r.machine() + r.workload() }
