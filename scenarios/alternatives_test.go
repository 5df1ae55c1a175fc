package scenarios

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAlternatives prices testdata/good/compare.yaml, in which every key of every alternative is used, against figures
// worked out by hand: 12 users run 12 × 22 × 10,800 s = 2,851,200 s = 792 h in 264 launches and 792 resumes, 1,056
// stretches of 45 minutes.
func TestAlternatives(t *testing.T) {
	text, err := os.ReadFile("testdata/good/compare.yaml")
	require.NoError(t, err)
	want := []struct{ name, monthly string }{
		{"EC2 t4g.medium", "294.336"},                            // 12 × 730 × 0.0336
		{"shared", "150.6012"},                                   // 3 × (730 × 0.0672 × 0.9 + 30 × 0.08 + 730 × 0.005)
		{"EC2 x8g.medium", "438"},                                // 12 × 730 × 0.05
		{"EC2 t4g.small spot", "44.1504"},                        // 12 × 730 × 0.0168 × 0.3
		{"EC2 t4g.small savings-plan", "96.36"},                  // 12 × 730 × 0.011
		{"Fargate arm64 1 vCPU 2 GB, always on", "346.02"},       // 12 × 730 × (0.03238 + 2 × 0.00356)
		{"Fargate x86 0.5 vCPU 1 GB, active", "22.18788"},        // 792 × (0.5 × 0.04048 + 0.004445 + 30 × 0.000111)
		{"Fargate Spot arm64 1 vCPU 2 GB, active", "9.96072264"}, // 792 × (0.01030969 + 2 × 0.00113349)
		{"Lambda function 1 GB", "38.01640128"},                  // 2,851,200 × 0.0000133334 + 1,056 × 0.0000002
		// (2,852,000 × 10 − 400,000) × 0.0000166667: a million times 2.852 s
		{"Lambda function 10 GB x86, free tier", "468.667604"},
		{"Lightsail 2 GB", "144"},                 // 12 × 12
		{"Lightsail 4 GB, IPv6 only", "240"},      // 12 × 20
		{"GitHub Actions Linux 2-core", "285.12"}, // 1,056 × 45 × 0.006
		{"our own runner", "142.56"},              // 1,056 × 45 × 0.003
		{"Daytona", "65.5776"},                    // 792 × (0.0504 + 2 × 0.0162)
		// 2,851,200 × (0.00003942 + 4 × 0.00000667): 2 vCPU are a core
		{"Modal Sandbox", "188.46432"},
		{"a contract", "99"},       //
		{"by the minute", "52.52"}, // 5 + 47,520 × 0.001
	}
	comparisons := estimate(t, string(text)).Comparisons
	require.Len(t, comparisons, len(want))
	for i, w := range want {
		t.Run(w.name, func(t *testing.T) {
			require.Equal(t, w.name, comparisons[i].Name)
			requireDecimal(t, w.monthly, comparisons[i].Monthly)
		})
	}
}

// TestStretches: a task is billed for a minute at least, and somebody starts one on each active day, however few
// launches are priced.
func TestStretches(t *testing.T) {
	for _, tc := range []struct{ name, reason, workload, monthly string }{
		{"no launches priced", "20 days, 20 tasks", "{users: 1, days: 20, running: 30s, launches: 0}", "20"},
		{"launches", "3 a day", "{users: 1, days: 20, running: 30s, launches: 3}", "60"},
		{"cycles", "a resume starts a task as well", "{users: 2, days: 20, running: 30s, launches: 1, cycles: 2}", "120"},
		{"jobs", "one task each", "{jobs: 7, running: 30s, launches: 0}", "7"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := estimate(t, atPostRates("workload: "+tc.workload, "compare: [fargate: active]"))
			// A minute of 2 vCPU and 4 GB costs (2 × 0.03238 + 4 × 0.00356) / 60 = $0.0790 / 60.
			requireDecimal(t, dec(t, tc.monthly).Mul(dec(t, "0.079")).Div(dec(t, "60")).Round(12).String(),
				e.Comparisons[0].Monthly.Round(12), tc.reason)
		})
	}
}
