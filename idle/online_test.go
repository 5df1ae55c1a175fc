package idle

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The randomised rule's expectation for a single gap, against the integral over its density by Simpson's rule.
func TestRandomisedExpectation(t *testing.T) {
	m := usEast(t)
	r, s, c := 0.0000276944+2*0.0000036667, 2*0.0001111111/3600, 2*(0.0037977138+0.0015467699)
	b := c / (r - s)
	for _, gap := range []int64{1, 60, 200, 305, 306, 1000, 100_000} {
		g := float64(gap)
		cost := func(x float64) float64 {
			if g <= x {
				return g * r
			}
			return x*r + c + (g-x)*s
		}
		// The cost jumps where the wait reaches the gap, so each side is integrated by itself.
		integral := func(from, to float64) float64 {
			const n = 2000
			sum, h := 0.0, (to-from)/n
			for i := range n {
				x := from + float64(i)*h
				f := func(x float64) float64 {
					return cost(math.Min(math.Max(x, from+1e-9), to-1e-9)) * math.Exp(x/b) / (b * (math.E - 1))
				}
				sum += h / 6 * (f(x) + 4*f(x+h/2) + f(x+h))
			}
			return sum
		}
		want := integral(0, math.Min(g, b))
		if g < b {
			want += integral(g, b)
		}
		a, err := m.Analyse(&Trace{All: gapsOf(t, gap), Count: 1}, Options{})
		require.NoError(t, err)
		got, _ := a.Online[1].Cost.Float64()
		require.InEpsilon(t, want, got, 1e-8, "%d s", gap)
	}
}

// The drawn waits are distributed as the density says, and the same seed draws the same.
func TestDrawnWaits(t *testing.T) {
	const b = 305_695
	drawn := drawnWaits(b)
	require.Len(t, drawn, drawnCount)
	for i, wait := range drawn {
		u := (float64(i) + 0.5) / drawnCount
		require.InDelta(t, b*math.Log(1+u*(math.E-1)), float64(wait), 1)
	}
	d := gapsOf(t, 100, 200, 200, 400)
	require.Equal(t, drawn.play(d, 7), drawn.play(d, 7))
	long := make([]int64, 20_000)
	for i := range long {
		long[i] = int64(i%900) * 1000
	}
	many, err := NewDistribution(long)
	require.NoError(t, err)
	m := usEast(t)
	a, err := m.Analyse(&Trace{All: many, Count: 1}, Options{Seed: 3})
	require.NoError(t, err)
	mean, _ := a.Online[1].Cost.Float64()
	one, _ := a.Online[2].Cost.Float64()
	require.InEpsilon(t, mean, one, 0.01)
	require.Nil(t, drawnWaits(0), "where cycles cost nothing there is nothing to draw")
}

// slowHistogram is the policy of a single MicroVM, with every gap before looked at again for each decision, in floats
// as the paper's formulas have it.
func slowHistogram(gaps []int64, breakEven int64) learned {
	var sum learned
	for i, gap := range gaps {
		bins := make([]float64, histogramBins)
		within, beyond := 0.0, 0.0
		for _, g := range gaps[:i] {
			if g/60_000 < histogramBins {
				bins[g/60_000]++
				within++
			} else {
				beyond++
			}
		}
		mean, variance := within/histogramBins, 0.0
		for _, n := range bins {
			variance += (n - mean) * (n - mean) / histogramBins
		}
		w := window{0, breakEven}
		if within+beyond >= 10 && within > beyond && math.Sqrt(variance)/mean >= 2-1e-12 {
			head, tail := -1, -1
			count := 0.0
			for bin, n := range bins {
				count += n
				if head < 0 && count > 0 && count >= 0.05*within {
					head = bin
				}
				if tail < 0 && count >= 0.99*within {
					tail = bin
				}
			}
			w = window{int64(head) * 54_000, (int64(tail) + 1) * 66_000}
			if w.prewarmMS <= breakEven {
				w.prewarmMS = 0
			}
		}
		// Moment by moment: suspended before prewarm, running until, suspended after.
		at := int64(0)
		suspended := w.prewarmMS > 0
		if !suspended {
			run := min(gap, w.untilMS)
			sum.use.RunningMS += run
			at = run
		} else {
			held := min(gap, w.prewarmMS)
			sum.use.SuspendedMS += held
			sum.use.Resumes++
			at = held
			if gap <= w.prewarmMS {
				sum.waits++
				continue
			}
			run := min(gap, w.untilMS) - at
			sum.use.RunningMS += run
			at += run
		}
		if gap > at {
			sum.use.SuspendedMS += gap - at
			sum.use.Resumes++
			sum.waits++
		}
	}
	return sum
}

func TestHistogramAgainstASlowOne(t *testing.T) {
	m := usEast(t)
	rapid.Check(t, func(t *rapid.T) {
		around := rapid.Int64Range(0, 300).Draw(t, "around")
		gaps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) int64 {
			if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				return rapid.Int64Range(1, 20_000_000).Draw(t, "gap")
			}
			return around*60_000 + rapid.Int64Range(1, 120_000).Draw(t, "gap")
		}), 1, 60).Draw(t, "gaps")
		vm := MicroVM{}
		for _, g := range gaps {
			vm.Steps = append(vm.Steps, Step{GapMS: g})
		}
		trace := &Trace{MicroVMs: []MicroVM{vm}, Count: 1, Dated: rapid.Bool().Draw(t, "dated")}
		require.Equal(t, slowHistogram(gaps, 305_695), m.histogram(trace, 305_695))
	})
}

// What a tenant's other MicroVM has shown by the start of a gap is known then, and not what it shows later.
func TestHistogramLearnsFromThePastOnly(t *testing.T) {
	m := usEast(t)
	steady := MicroVM{Tenant: "a", ID: "1"}
	for range 20 {
		steady.Steps = append(steady.Steps, Step{GapMS: 600_000})
	}
	late := MicroVM{Tenant: "a", ID: "2", StartMS: 20 * 600_000, Steps: []Step{{GapMS: 600_000}}}
	early := late
	early.StartMS = 0
	alone := m.histogram(&Trace{MicroVMs: []MicroVM{steady}, Dated: true}, 305_695)
	after := m.histogram(&Trace{MicroVMs: []MicroVM{steady, late}, Dated: true}, 305_695)
	before := m.histogram(&Trace{MicroVMs: []MicroVM{steady, early}, Dated: true}, 305_695)
	require.Equal(t, alone.waits, after.waits, "a gap of 10 minutes is expected by then, and waited for")
	require.EqualValues(t, 10, alone.waits, "the first ten are not expected")
	require.EqualValues(t, 10, before.waits, "at first it is not either, but it tells the other's a gap sooner")
}
