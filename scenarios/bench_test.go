package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchScenario is a team's workload with everything that a bill can have.
const benchScenario = `region: eu-west-1
microvm: {memory: 4GB}
image: {size: 2GB, count: 3}
state: {size: 1.2GB}
workload: {users: 25, days: 20, running: 3h, burst: {share: 25%, memory: 8GB, vcpu: 4}, suspended: 2h, launches: 1, cycles: 4}
`

const benchAlternatives = `compare:
  - ec2: t4g.medium
  - ec2: {type: t4g.xlarge, users_per_instance: 4, ebs_gb: 20}
  - fargate: active
  - lightsail: 4GB
  - sandbox: e2b
`

// BenchmarkLoad reads a scenario from its text.
func BenchmarkLoad(b *testing.B) {
	text := []byte(benchScenario + benchAlternatives)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load("bench.yaml", text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEstimate prices a scenario that has been read.
func BenchmarkEstimate(b *testing.B) {
	m := market(b)
	for name, text := range map[string]string{
		"no comparisons":   benchScenario,
		"5 comparisons":    benchScenario + benchAlternatives,
		"inline rates":     strings.Replace(benchScenario, "region: eu-west-1\n", strings.TrimPrefix(postRates, "\n"), 1),
		"a stepped runner": benchScenario + "compare: [ci: github-linux-2-core]\n",
	} {
		b.Run(name, func(b *testing.B) {
			s, err := Load("bench.yaml", []byte(text))
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Estimate(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
