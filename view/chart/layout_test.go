package chart

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpread(t *testing.T) {
	for _, tc := range []struct {
		name         string
		wanted, want []float64
		reason       string
	}{
		{"apart", []float64{80, 10}, []float64{80, 10}, "nothing moves without need"},
		{"together", []float64{50, 50}, []float64{45, 55}, "both move alike"},
		{"three", []float64{50, 52, 48}, []float64{50, 60, 40}, "their order stays"},
		{"at the edge", []float64{100, 99}, []float64{100, 90}, "nothing leaves the span"},
		{"a chain", []float64{0, 5, 12}, []float64{0, 10, 20}, "blocks push others"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.InDeltaSlice(t, tc.want, spread(tc.wanted, 10, span{0, 100}), 1e-9, tc.reason)
		})
	}
}

func TestSpreadKeepsTheGap(t *testing.T) {
	wanted := make([]float64, mostSeries)
	for seed := range 200 {
		for i := range wanted {
			wanted[i] = math.Mod(float64((i*i+1)*(seed+7))*1.37, 400)
		}
		settled := spread(wanted, 16, span{0, 400})
		slices.Sort(settled)
		for i := 1; i < len(settled); i++ {
			require.GreaterOrEqual(t, settled[i]-settled[i-1], 16-1e-6)
		}
		require.GreaterOrEqual(t, settled[0], 0.0)
		require.LessOrEqual(t, settled[len(settled)-1], 400.0+1e-6)
	}
}

func TestLabelsNeverOverlap(t *testing.T) {
	for seed := range 40 {
		c := months()
		c.Marks = nil
		for i := range 1 + seed {
			x := math.Mod(float64(i*i*(seed+3))*7.7, 744)
			c.Marks = append(c.Marks, Mark{x, math.Mod(x*float64(seed+1), 100), fmt.Sprintf("%.2f h, $26.86", x)})
		}
		l := c.layout()
		boxes := l.labels(l.signs(c))
		for i, b := range boxes {
			if b == (box{}) {
				continue
			}
			require.True(t, b.inside(l.plot), "a label leaves the plot")
			for _, o := range boxes[:i] {
				require.False(t, o != box{} && b.overlaps(o), "two labels overlap")
			}
		}
	}
}

func TestEndNamesStayInThePicture(t *testing.T) {
	for _, label := range hostile {
		l := hostileLine(label).layout()
		for _, name := range l.names {
			require.LessOrEqual(t, l.plot.x1+14+wide(name, textSize), svgWidth)
		}
		require.Greater(t, l.plot.x1-l.plot.x0, svgWidth/3, "the plot keeps its room")
	}
}

func TestRuns(t *testing.T) {
	nan := math.NaN()
	w := window{span{0, 10}, span{0, 10}}
	for _, tc := range []struct {
		name   string
		series Series
		want   [][]Point
		reason string
	}{
		{"inside", Series{Points: []Point{{0, 0}, {10, 10}}}, [][]Point{{{0, 0}, {10, 10}}}, "nothing to cut"},
		{
			"stepped",
			Series{Stepped: true, Points: []Point{{0, 1}, {5, 2}, {10, 2}}},
			[][]Point{{{0, 1}, {5, 1}, {5, 2}, {10, 2}}},
			"Y holds until the next point",
		},
		{
			"a gap",
			Series{Points: []Point{{0, 0}, {1, nan}, {2, 2}, {3, 3}}},
			[][]Point{{{0, 0}}, {{2, 2}, {3, 3}}},
			"no line through what isn't known",
		},
		{"through", Series{Points: []Point{{-5, 5}, {15, 5}}}, [][]Point{{{0, 5}, {10, 5}}}, "cut on both sides"},
		{
			"out and in",
			Series{Points: []Point{{1, 5}, {1, 15}, {3, 15}, {3, 5}}},
			[][]Point{{{1, 5}, {1, 10}}, {{3, 10}, {3, 5}}},
			"a line that comes back is a new run",
		},
		{"past", Series{Points: []Point{{-5, 20}, {20, 20}}}, nil, "none of it is inside"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, tc.series.runs(w), tc.reason)
		})
	}
}

func TestSimplifyKeepsSteps(t *testing.T) {
	steps := []Point{{0, 0}, {1, 0}, {5, 0}, {5, 3}, {5, 9}, {8, 9}}
	require.Equal(t, []Point{{0, 0}, {5, 0}, {5, 9}, {8, 9}}, simplify(steps, 0.1), "corners stay, what lies between goes")
}

func TestShades(t *testing.T) {
	s := Heat{Values: [][]float64{{115, 13811}}}.shades()
	require.Equal(t, []float64{0, 3000, 6000, 9000, 12000, 15000}, s.bounds)
	require.Equal(t, 0, s.of(2999))
	require.Equal(t, 1, s.of(3000), "a bound belongs to the class above it")
	require.Equal(t, 4, s.of(15000), "the last one to the last class")
}
