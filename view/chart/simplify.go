package chart

import (
	"math"
	"slices"
)

// mostPoints bounds the points of all lines of an SVG together, which keeps it below 60 KB.
const mostPoints = 2400

// lighten leaves out points that make no visible difference, and where too many are left also those that make little.
// It reuses the runs.
func lighten(runs [][]Point, most int) [][]Point {
	if len(runs) > most/2 {
		thinned := make([][]Point, 0, most/2)
		for _, i := range spaced(len(runs), most/2) {
			thinned = append(thinned, runs[i])
		}
		runs = thinned
	}
	for i, run := range runs {
		runs[i] = perColumn(run)
	}
	for tolerance := 0.1; ; tolerance *= 2 {
		total := 0
		lighter := make([][]Point, len(runs))
		for i, run := range runs {
			lighter[i] = simplify(run, tolerance)
			total += len(lighter[i])
		}
		if total <= most || tolerance > 4*svgWidth {
			return lighter
		}
		runs = lighter
	}
}

// perColumn keeps the first, the lowest, the highest and the last of neighbouring points in the same half of a unit,
// which is what can be seen of them.
func perColumn(run []Point) []Point {
	kept := run[:0:0]
	for from := 0; from < len(run); {
		low, high, to := from, from, from+1
		for to < len(run) && math.Floor(2*run[to].X) == math.Floor(2*run[from].X) {
			if run[to].Y < run[low].Y {
				low = to
			}
			if run[to].Y > run[high].Y {
				high = to
			}
			to++
		}
		seen := []int{from, min(low, high), max(low, high), to - 1}
		for _, i := range slices.Compact(seen) {
			kept = append(kept, run[i])
		}
		from = to
	}
	return kept
}

// spaced are n indexes below total, evenly spaced from the first to the last; all of them where n is not less.
func spaced(total, n int) []int {
	if n <= 0 {
		return nil
	}
	if n >= total {
		n = total
	}
	indexes := make([]int, n)
	for i := range indexes {
		if n > 1 {
			indexes[i] = i * (total - 1) / (n - 1)
		}
	}
	return indexes
}

// simplify keeps the points of a line from which it would otherwise be further away than the tolerance, after Douglas
// and Peucker.
func simplify(run []Point, tolerance float64) []Point {
	if len(run) < 3 {
		return run
	}
	keep := make([]bool, len(run))
	keep[0], keep[len(run)-1] = true, true
	open := [][2]int{{0, len(run) - 1}}
	for len(open) > 0 {
		first, last := open[len(open)-1][0], open[len(open)-1][1]
		open = open[:len(open)-1]
		furthest, at := tolerance, -1
		for i := first + 1; i < last; i++ {
			if d := distance(run[i], run[first], run[last]); d > furthest {
				furthest, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			open = append(open, [2]int{first, at}, [2]int{at, last})
		}
	}
	var kept []Point
	for i, p := range run {
		if keep[i] {
			kept = append(kept, p)
		}
	}
	return kept
}

// distance is how far a point lies from the segment between two others.
func distance(p, a, b Point) float64 {
	dx, dy := b.X-a.X, b.Y-a.Y
	along := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		along = min(max(((p.X-a.X)*dx+(p.Y-a.Y)*dy)/length, 0), 1)
	}
	return math.Hypot(p.X-a.X-along*dx, p.Y-a.Y-along*dy)
}
