package chart

import "cmp"

// braille is a grid of terminal cells with two by four dots each. The dot (0, 0) is at the top left.
type braille struct {
	cols, rows int
	bits       []rune
}

func newBraille(cols, rows int) braille {
	return braille{cols, rows, make([]rune, cols*rows)}
}

// dotBits are the bits of a braille character above U+2800, by row and column of the dot.
var dotBits = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

func (g braille) set(x, y int) {
	if x < 0 || y < 0 || x >= 2*g.cols || y >= 4*g.rows {
		return
	}
	i := y/4*g.cols + x/2
	g.bits[i] |= dotBits[y%4][x%2]
}

// pen draws one line of dots with a dash pattern that runs on from segment to segment.
type pen struct {
	grid  braille
	dash  []int // dots drawn, dots left out, in turn; nil for a solid line
	moved int
}

func (p *pen) dot(x, y int) { p.mark(x, y, p.inked()) }

func (p *pen) mark(x, y int, inked bool) {
	if inked {
		p.grid.set(x, y)
	}
	p.moved++
}

func (p *pen) inked() bool {
	cycle := 0
	for _, n := range p.dash {
		cycle += n
	}
	if cycle == 0 {
		return true
	}
	at := p.moved % cycle
	for i, n := range p.dash {
		if at < n {
			return i%2 == 0
		}
		at -= n
	}
	return true
}

// segment draws from one dot to another, after Bresenham, without the first. A jump straight up or down is solid, as
// all of its few dots could fall between dashes.
func (p *pen) segment(x0, y0, x1, y1 int) {
	dx, dy := abs(x1-x0), -abs(y1-y0)
	jump := x0 == x1
	sx, sy := cmp.Compare(x1, x0), cmp.Compare(y1, y0)
	for rest := dx + dy; x0 != x1 || y0 != y1; {
		twice := 2 * rest
		if twice >= dy {
			rest += dy
			x0 += sx
		}
		if twice <= dx {
			rest += dx
			y0 += sy
		}
		p.mark(x0, y0, jump || p.inked())
	}
}

func abs(n int) int { return max(n, -n) }
