package chart

import "math"

// box is a rectangle, its corner with the smallest coordinates first.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) overlaps(o box) bool { return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 }

func (b box) inside(o box) bool { return b.x0 >= o.x0 && b.x1 <= o.x1 && b.y0 >= o.y0 && b.y1 <= o.y1 }

// nearest is the point of the box next to another point.
func (b box) nearest(p Point) Point {
	return Point{min(max(p.X, b.x0), b.x1), min(max(p.Y, b.y0), b.y1)}
}

func (b box) window() window { return window{span{b.x0, b.x1}, span{b.y0, b.y1}} }

func around(p Point, reach float64) box {
	return box{p.X - reach, p.Y - reach, p.X + reach, p.Y + reach}
}

// callouts finds places for labels near the points that they name.
type callouts struct {
	area   box       // which no label leaves
	lines  [][]Point // which labels had better not cover
	signs  []box     // which they must not
	placed []box
}

// place finds room for a label of a size, and false where there is none.
func (c *callouts) place(at Point, width, height float64) (box, bool) {
	best, cost, found := box{}, math.Inf(1), false
	for _, reach := range [...]float64{16, 28, 44, 64, 90, 125, 170, 230} {
		// Counted clockwise from the top left, where a label of the lowest line hides least.
		for turn := range 16 {
			angle := -3*math.Pi/4 + float64(turn)*math.Pi/8
			b := beside(at, angle, reach, width, height)
			if !b.inside(c.area) || c.hits(b) {
				continue
			}
			if now := reach/20 + c.crossings(at, b); now < cost {
				best, cost, found = b, now, true
			}
		}
	}
	if found {
		c.placed = append(c.placed, best)
	}
	return best, found
}

// beside is a box whose side or corner nearest to a point is so far from it in a direction.
func beside(at Point, angle, reach, width, height float64) box {
	x, y := at.X+reach*math.Cos(angle), at.Y+reach*math.Sin(angle)
	x0 := x - width*(1-math.Cos(angle))/2
	y0 := y - height*(1-math.Sin(angle))/2
	return box{x0, y0, x0 + width, y0 + height}
}

func (c *callouts) hits(b box) bool {
	for _, o := range c.placed {
		if b.overlaps(o) {
			return true
		}
	}
	for _, o := range c.signs {
		if b.overlaps(o) {
			return true
		}
	}
	return false
}

// crossings weighs what a label would cover and what its leader would cross.
func (c *callouts) crossings(at Point, b box) float64 {
	cost := 0.0
	roomy := box{b.x0 - 2, b.y0 - 2, b.x1 + 2, b.y1 + 2}.window()
	to := b.nearest(at)
	leader := box{min(at.X, to.X), min(at.Y, to.Y), max(at.X, to.X), max(at.Y, to.Y)}.window()
	for _, line := range c.lines {
		covered, crossed := false, false
		for i := 1; i < len(line) && !covered; i++ {
			_, _, covered = roomy.clip(line[i-1], line[i])
			// That the leader's surroundings are touched is near enough, and a line through the mark itself is not.
			_, _, near := leader.clip(line[i-1], line[i])
			crossed = crossed || near && distance(at, line[i-1], line[i]) > 2
		}
		if covered {
			cost += 12
		} else if crossed {
			cost++
		}
	}
	for _, o := range c.placed {
		if _, _, ok := o.window().clip(at, to); ok {
			cost += 12
		}
		if b.overlaps(box{o.x0 - 14, o.y0 - 14, o.x1 + 14, o.y1 + 14}) {
			cost += 6
		}
	}
	for _, o := range c.signs {
		if _, _, ok := o.window().clip(at, to); ok && !o.window().contains(at) {
			cost += 12
		}
	}
	return cost
}
