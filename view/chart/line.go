package chart

// Point is a place in the units of the axes. A point whose X or Y can't be drawn leaves a gap in its line.
type Point struct{ X, Y float64 }

// Series is one line of a chart, its points in order of X. A stepped one keeps its Y until the next point.
type Series struct {
	Name    string
	Points  []Point
	Stepped bool
}

// Mark is a labelled place, such as a break-even point.
type Mark struct {
	X, Y  float64
	Label string
}

// Axis says what is measured along one side. The unit belongs into its title. Format writes the labels of the ticks,
// which stand at multiples of 1, 2 or 5 times a power of ten; nil writes up to six digits. Where Min equals Max, or
// either can't be drawn, the bounds come from the data: X from its first to its last, Y rounded outwards and from
// zero on unless the data is far off. The two may come in either order.
type Axis struct {
	Title    string
	Min, Max float64
	Format   func(float64) string
}

// Line is a line chart. Its first series is the subject and stands out; the others are what it is set against.
// What lies outside the bounds of the axes is cut off.
type Line struct {
	Title  string
	X, Y   Axis
	Series []Series // the first mostSeries are drawn
	Marks  []Mark   // the first mostMarks are drawn
}

const (
	mostSeries = 24
	mostMarks  = 40
)

// steps is how finely the bounds of the Y axis are rounded.
const steps = 6

func (c Line) drawn() []Series { return c.Series[:min(len(c.Series), mostSeries)] }

func (c Line) marked() []Mark { return c.Marks[:min(len(c.Marks), mostMarks)] }

// window is the part of the plane that a chart shows.
type window struct{ x, y span }

func (w window) contains(p Point) bool { return w.x.contains(p.X) && w.y.contains(p.Y) }

func (c Line) window() window {
	w, fixed := window{}, false
	if w.x, fixed = c.X.fixed(); !fixed {
		var e extent
		c.eachPoint(func(p Point) { e.add(p.X) })
		w.x = e.some()
	}
	if w.y, fixed = c.Y.fixed(); !fixed {
		var e extent
		c.eachPoint(func(p Point) {
			if w.x.contains(p.X) {
				e.add(p.Y)
			}
		})
		w.y = e.round(steps)
	}
	return w
}

func (a Axis) fixed() (span, bool) {
	s := span{min(a.Min, a.Max), max(a.Min, a.Max)}
	return s, drawable(s.lo) && drawable(s.hi) && s.wide()
}

func (c Line) eachPoint(visit func(Point)) {
	for _, s := range c.drawn() {
		for _, p := range s.Points {
			if p.drawable() {
				visit(p)
			}
		}
	}
	for _, m := range c.marked() {
		if p := (Point{m.X, m.Y}); p.drawable() {
			visit(p)
		}
	}
}

func (p Point) drawable() bool { return drawable(p.X) && drawable(p.Y) }

// runs are the unbroken stretches of a series that lie in the window. A run of one point is a dot.
func (s Series) runs(w window) [][]Point {
	var runs [][]Point
	var last Point
	joined := false // last is a point of the series from which the line goes on
	open := false   // the last run ends at last
	to := func(p Point) {
		from, until, ok := w.clip(last, p)
		switch {
		case !ok:
			open = false
			return
		case open:
			runs[len(runs)-1] = append(runs[len(runs)-1], until)
		default:
			runs = append(runs, []Point{from, until})
		}
		open = until == p
	}
	for _, p := range s.Points {
		switch {
		case !p.drawable():
			joined, open = false, false
			continue
		case !joined:
			if open = w.contains(p); open {
				runs = append(runs, []Point{p})
			}
		case s.Stepped && p.Y != last.Y:
			corner := Point{p.X, last.Y}
			to(corner)
			last = corner
			to(p)
		default:
			to(p)
		}
		last, joined = p, true
	}
	return runs
}

// clip cuts a segment to the window, after Liang and Barsky.
func (w window) clip(a, b Point) (Point, Point, bool) {
	enter, leave := 0.0, 1.0
	dx, dy := b.X-a.X, b.Y-a.Y
	for _, side := range [4]struct{ towards, room float64 }{
		{-dx, a.X - w.x.lo}, {dx, w.x.hi - a.X}, {-dy, a.Y - w.y.lo}, {dy, w.y.hi - a.Y},
	} {
		switch {
		case side.towards == 0 && side.room < 0:
			return a, b, false
		case side.towards < 0:
			enter = max(enter, side.room/side.towards)
		case side.towards > 0:
			leave = min(leave, side.room/side.towards)
		}
	}
	if enter > leave {
		return a, b, false
	}
	from, until := a, b
	if enter > 0 {
		from = w.clamp(Point{a.X + enter*dx, a.Y + enter*dy})
	}
	if leave < 1 {
		until = w.clamp(Point{a.X + leave*dx, a.Y + leave*dy})
	}
	return from, until, true
}

// clamp undoes what rounding has put beyond the edge.
func (w window) clamp(p Point) Point {
	return Point{min(max(p.X, w.x.lo), w.x.hi), min(max(p.Y, w.y.lo), w.y.hi)}
}

// end is where a series leaves the picture, and false where none of it is in the picture.
func end(runs [][]Point) (Point, bool) {
	if len(runs) == 0 {
		return Point{}, false
	}
	run := runs[len(runs)-1]
	return run[len(run)-1], true
}
