package idle

import (
	"math/rand/v2"
	"testing"
)

func randomGaps(n int) []int64 {
	source := rand.New(rand.NewPCG(1, 2))
	gaps := make([]int64, n)
	for i := range gaps {
		gaps[i] = source.Int64N(7_200_000)
	}
	return gaps
}

// BenchmarkOptimum counts and weighs gaps that are in random order, to the exact optimum.
func BenchmarkOptimum(b *testing.B) {
	m := usEast(b)
	gaps := randomGaps(1_000_000)
	scratch := make([]int64, len(gaps))
	b.ResetTimer()
	for range b.N {
		copy(scratch, gaps)
		d, err := NewDistribution(scratch)
		if err != nil {
			b.Fatal(err)
		}
		m.Best(d, LeastTimeout)
	}
	b.ReportMetric(float64(b.N)*float64(len(gaps))/b.Elapsed().Seconds()/1e6, "Mgaps/s")
}

// BenchmarkPlay takes a thousand MicroVMs through a thousand requests each.
func BenchmarkPlay(b *testing.B) {
	gaps := randomGaps(1_000_000)
	vms := make([]MicroVM, 1000)
	for i, gap := range gaps {
		vm := &vms[i%1000]
		vm.Steps = append(vm.Steps, Step{gap / 10, gap % 5000})
	}
	policy := Lifecycle{TimeoutMS: 300_000, HeldMS: hourMS, LifeMS: MaxLife}
	b.ResetTimer()
	for range b.N {
		policy.Play(vms)
	}
	b.ReportMetric(float64(b.N)*float64(len(gaps))/b.Elapsed().Seconds()/1e6, "Mrequests/s")
}

// BenchmarkReadGaps reads CSV of a million gaps.
func BenchmarkReadGaps(b *testing.B) {
	csv := csvOfGaps(1_000_000)
	b.SetBytes(int64(len(csv)))
	for range b.N {
		if _, err := ReadGaps(text("g", csv)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAnalyse is everything that the Azure Functions subset has to say.
func BenchmarkAnalyse(b *testing.B) {
	trace := azureTrace(b)
	m := usEast(b)
	for range b.N {
		if _, err := m.Analyse(trace, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
