package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

func TestFunction(t *testing.T) {
	pdf := inJobs(t, 10_000, "8")
	half := inJobs(t, 3_000_000, "0.2")
	half.Size = size(t, "0.5GB")
	uneven := inJobs(t, 3, "0")
	uneven.Running = dec("1.0001")
	requireAlternatives(t, pricing.KindFunction, []alternativeCase{
		// 80,000 s × 2 GB = 160,000 GB-s × 0.0000133334 = 2.133344; 10,000 × 0.20 / 1,000,000 = 0.002.
		{
			name: "arm64", reason: "a request for each job", candidate: pricing.Function{}, demand: pdf,
			shown: "Lambda function 2 GB", monthly: "2.135344",
			formula: "80,000 s × 2 GB × $0.0000133334 + 10,000 requests × $0.2 / 1,000,000",
		},
		// 160,000 × 0.0000166667 = 2.666672; + 0.002.
		{
			name: "x86", reason: "dearer", candidate: pricing.Function{Arch: "x86"}, demand: pdf,
			shown: "Lambda function 2 GB x86", monthly: "2.668672",
			formula: "80,000 s × 2 GB × $0.0000166667 + 10,000 requests × $0.2 / 1,000,000",
		},
		{
			name: "another architecture", reason: "no price is known", candidate: pricing.Function{Arch: "riscv"},
			demand: pdf, shown: "Lambda function 2 GB riscv",
			unknown: "the price of Lambda functions on riscv is not known; use arm64 or x86",
		},
		// 80,000 × 0.5 = 40,000 × 0.0000133334 = 0.533336; + 0.002.
		{
			name: "less memory", reason: "what the user asks for", candidate: pricing.Function{GB: dec("0.5")},
			demand: pdf, shown: "Lambda function 0.5 GB", monthly: "0.535336",
		},
		// 1.0001 s / 3 = 333.366… ms, up to 334; 3 × 0.334 = 1.002 s × 2 × 0.0000133334 = 0.0000267201336; + 3 × 0.0000002.
		{
			name: "a millisecond's step", reason: "each request is rounded up", candidate: pricing.Function{},
			demand: uneven, shown: "Lambda function 2 GB", monthly: "0.0000273201336",
			formula: "1.002 s × 2 GB × $0.0000133334 + 3 requests × $0.2 / 1,000,000",
		},
		// The same seconds in 1,000,000 requests of 80 ms: 2.133344 + 0.20.
		{
			name: "requests given", reason: "not the number of jobs",
			candidate: pricing.Function{Requests: whole(1_000_000)}, demand: pdf, shown: "Lambda function 2 GB",
			monthly: "2.333344",
		},
		// (10,000 below 1,000,000; 160,000 GB-s below 400,000.)
		{
			name: "within the free tier", reason: "nothing is left to pay",
			candidate: pricing.Function{FreeTier: true}, demand: pdf, shown: "Lambda function 2 GB, free tier",
			monthly: "0", formula: "0 s × 2 GB × $0.0000133334 + 0 requests × $0.2 / 1,000,000",
		},
		// 600,000 s × 2 = 1,200,000 − 400,000 = 800,000 GB-s × 0.0000133334 = 10.66672; 2,000,000 × 0.20 / 1,000,000 = 0.4.
		{
			name: "beyond the free tier", reason: "only what is beyond is paid",
			candidate: pricing.Function{FreeTier: true}, demand: inJobs(t, 3_000_000, "0.2"),
			shown: "Lambda function 2 GB, free tier", monthly: "11.06672",
			formula: "400,000 s × 2 GB × $0.0000133334 + 2,000,000 requests × $0.2 / 1,000,000",
		},
		// 600,000 s × 0.5 = 300,000 GB-s, all free; requests 0.4.
		{
			name: "free seconds, paid requests", reason: "the two parts of the free tier are apart",
			candidate: pricing.Function{FreeTier: true}, demand: half, shown: "Lambda function 0.5 GB, free tier",
			monthly: "0.4",
		},
		// 10 × 900 s × 2 GB = 18,000 × 0.0000133334 = 0.2400012; + 10 × 0.0000002 = 0.000002.
		{
			name: "fifteen minutes", reason: "the longest a function may run", candidate: pricing.Function{},
			demand: inJobs(t, 10, "900"), shown: "Lambda function 2 GB", monthly: "0.2400032",
		},
		// 10 × 901 × 2 = 18,020 × 0.0000133334 = 0.240267868; + 0.000002.
		{
			name: "a second longer", reason: "priced, with a note that it cannot run as it is",
			candidate: pricing.Function{}, demand: inJobs(t, 10, "901"), shown: "Lambda function 2 GB",
			monthly: "0.240269868",
		},
	})
	x86 := pricing.Function{Arch: "x86"}.Price(prices(t), pdf)
	require.Equal(t, "2026-09-19", x86.Sources[0].ReadOn)
}
