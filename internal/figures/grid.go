package figures

import (
	"slices"

	"github.com/shopspring/decimal"
)

// GridCell is a figure of a table that is added up in two directions. What has no cell is zero.
type GridCell struct {
	Row, Column int // from 0
	Exact       decimal.Decimal
}

// Grid is a table in two directions as it is shown. Cells are beside those that it was made of; rows add up to Rows,
// columns to Columns, and each of these to the total.
type Grid struct {
	Cells, Rows, Columns []decimal.Decimal
	Total                decimal.Decimal
}

// SettleGrid rounds a table in two directions to a number of places so that it adds up along its rows, down its columns
// and over all, to the exact sum rounded half-even. Every figure, sums included, is less than one unit of the last
// place away from the exact one, and what has no more places than that stays as it is, so that zero stays zero.
//
// Sums of rows, and sums of columns, are what [Settle] makes of them alone, so that a table of rows alone shows the
// same; only where no table has both are there sums of columns, or of rows, that differ from that by a unit. That there
// always is such a table is the theorem of controlled rounding (Cox 1987, "A constructive procedure for unbiased
// controlled rounding"): the table is a flow from rows to columns whose bounds are whole, so there is a flow of whole
// units. The same table gives the same result.
func SettleGrid(cells []GridCell, rows, columns int, places int32) Grid {
	total := decimal.Decimal{}
	for i := range cells {
		total = total.Add(cells[i].Exact)
	}
	return SettleGridTo(cells, rows, columns, total.RoundBank(places), places)
}

// SettleGridTo is [SettleGrid] for a total that is rounded already, which must be the exact one rounded either way.
func SettleGridTo(cells []GridCell, rows, columns int, total decimal.Decimal, places int32) Grid {
	g := newGrid(cells, rows, columns, settling{places})
	units := g.units(total)
	for side := range g.sums {
		all := make([]int, len(g.sums[side]))
		for i := range all {
			all[i] = i
		}
		g.meet(g.sums[side], all, units)
	}
	for i, row := range g.lines[rowSide] {
		g.meet(g.cells, row, g.sums[rowSide][i].units)
	}
	g.settleColumns()
	return g.shown(total)
}

// The two sides of a grid.
const (
	rowSide = iota
	columnSide
)

// grid is a table being settled. Its rows always add up; its columns do once it is done.
type grid struct {
	settling
	cells []settled
	at    []GridCell
	lines [2][][]int   // the places of cells of each row and column
	sums  [2][]settled // of each row and column
	have  []int64      // what each column adds up to as it is
	work  int          // cells looked at in search of moves
	search
}

// mostWork bounds the search for sums of columns that are as they would be shown alone: a table of a million cells, in
// which each column belongs to one row, may have no such sums and a hundred thousand columns to find that out for.
const mostWork = 10_000_000

func newGrid(cells []GridCell, rows, columns int, s settling) *grid {
	g := &grid{settling: s, at: cells, cells: make([]settled, len(cells)), have: make([]int64, columns)}
	for side, n := range []int{rows, columns} {
		g.lines[side], g.sums[side] = make([][]int, n), make([]settled, n)
	}
	exact := [2][]decimal.Decimal{make([]decimal.Decimal, rows), make([]decimal.Decimal, columns)}
	for c, cell := range cells {
		g.cells[c] = s.down(cell.Exact)
		for side, line := range []int{cell.Row, cell.Column} {
			g.lines[side][line] = append(g.lines[side][line], c)
			exact[side][line] = exact[side][line].Add(cell.Exact)
		}
	}
	for side := range exact {
		for i, sum := range exact[side] {
			g.sums[side][i] = s.down(sum)
		}
	}
	return g
}

func (g *grid) shown(total decimal.Decimal) Grid {
	figures := func(from []settled) []decimal.Decimal {
		out := make([]decimal.Decimal, len(from))
		for i := range from {
			out[i] = g.figure(from[i].units)
		}
		return out
	}
	out := Grid{figures(g.cells), figures(g.sums[rowSide]), make([]decimal.Decimal, len(g.have)), total}
	for i, sum := range g.have {
		out.Columns[i] = g.figure(sum)
	}
	return out
}

// settleColumns moves units along rows until columns add up to what they are to. Each move is a path from a column that
// has too much, by a cell that was rounded up, to another cell of its row that was rounded down, and so on to a column
// that has too little, which leaves the sums of all rows, and of columns on the way, as they are.
func (g *grid) settleColumns() {
	for j, column := range g.lines[columnSide] {
		for _, c := range column {
			g.have[j] += g.cells[c].units
		}
	}
	sums := g.sums[columnSide]
	over := func(j int) bool { return g.have[j] > sums[j].units }
	under := func(j int) bool { return g.have[j] < sums[j].units }
	for g.work < mostWork && g.move(over, under, false) {
	}
	// What is left over are columns whose sums alone would be shown otherwise. They may stay as long as they are less than
	// a unit away from the exact ones; otherwise rows give way.
	above := func(j int) bool { return g.have[j] > sums[j].ceiling() }
	below := func(j int) bool { return g.have[j] < sums[j].floor }
	hasRoom := func(j int) bool { return g.have[j] < sums[j].ceiling() }
	hasMore := func(j int) bool { return g.have[j] > sums[j].floor }
	for g.move(above, hasRoom, true) {
	}
	for g.move(hasMore, below, true) {
	}
}

// ceiling is the exact figure, rounded up.
func (s *settled) ceiling() int64 {
	if s.whole {
		return s.floor
	}
	return s.floor + 1
}

// move finds the path from a column to another along which a unit is moved at the least loss, and reports whether there
// is one. With rowsToo a row may take the other of the two sums that are near it, where another row makes up for it.
//
// The loss is the square of what figures are off, so that units come to lie where they are least wrong. The table
// begins with the least loss that there is, so no circle of moves lowers it, and labels settle (successive shortest
// paths). In a table that is too large for that any path will do.
func (g *grid) move(from, to func(column int) bool, rowsToo bool) bool {
	columns := len(g.have)
	hub := columns + len(g.sums[rowSide]) // where what one row gives is taken by another
	s := &g.search
	s.start(hub+1, g.work < carefulWork)
	for j := range columns {
		if from(j) {
			s.begin(j)
		}
	}
	for n := 0; n < len(s.queue) && (s.careful || s.end < 0); n++ {
		at := s.queue[n]
		s.came[at].queued = false
		switch {
		case at < columns:
			g.work += len(g.lines[columnSide][at])
			for _, c := range g.lines[columnSide][at] {
				if g.cells[c].canFall() {
					s.visit(columns+g.at[c].Row, step{node: at, cell: c, loss: -g.cells[c].gain}, false)
				}
			}
		case at < hub:
			row := at - columns
			g.work += len(g.lines[rowSide][row])
			for _, c := range g.lines[rowSide][row] {
				if g.cells[c].canRise() {
					column := g.at[c].Column
					s.visit(column, step{node: at, cell: c, loss: g.cells[c].gain}, to(column))
				}
			}
			if rowsToo && g.sums[rowSide][row].canFall() {
				s.visit(hub, step{node: at, loss: rowGivesWay}, false)
			}
		default:
			for row := range g.sums[rowSide] {
				if g.sums[rowSide][row].canRise() {
					s.visit(columns+row, step{node: at, loss: rowGivesWay}, false)
				}
			}
		}
	}
	if s.end >= 0 {
		g.along(s.came, s.end, hub)
	}
	return s.end >= 0
}

// carefulWork is how many cells are looked at for moves of least loss, enough for 100 tenants on the days of a month;
// after that any move will do.
const carefulWork = 1_000_000

// rowGivesWay is the loss where a row takes the other sum, which is worse than whatever its cells lose.
const rowGivesWay = 1_000 * lossScale

// search looks for a path through columns, which come first, rows, and the hub.
type search struct {
	came    []step
	queue   []int
	careful bool // look for the least loss
	end     int  // the best end so far, -1 for none
}

// step is how a search came to a node: from which, by which cell, and at what loss from the start.
type step struct {
	seen, queued bool
	node, cell   int
	loss         int
}

// start makes the search anew, in the memory of the one before.
func (s *search) start(nodes int, careful bool) {
	clear(s.came)
	s.came = slices.Grow(s.came[:0], nodes)[:nodes]
	s.queue, s.careful, s.end = s.queue[:0], careful, -1
}

func (s *search) begin(at int) {
	s.came[at] = step{seen: true, queued: true, node: -1}
	s.queue = append(s.queue, at)
}

// visit comes to a node by a step whose loss is that of the step alone.
func (s *search) visit(node int, by step, isEnd bool) {
	by.loss += s.came[by.node].loss
	before := &s.came[node]
	if before.seen && (!s.careful || by.loss >= before.loss) {
		return
	}
	by.seen, by.queued = true, true
	if !before.queued {
		s.queue = append(s.queue, node)
	}
	*before = by
	if isEnd && (s.end < 0 || by.loss < s.came[s.end].loss) {
		s.end = node
	}
}

// along moves a unit along a path that ends in a column.
func (g *grid) along(came []step, end, hub int) {
	columns := len(g.have)
	for at := end; came[at].node >= 0; at = came[at].node {
		before, cell := came[at].node, came[at].cell
		switch {
		case at < columns: // a row gave it
			g.cells[cell].units++
			g.have[at]++
		case at == hub:
			g.sums[rowSide][before-columns].units--
		case before == hub:
			g.sums[rowSide][at-columns].units++
		default: // a column gave it
			g.cells[cell].units--
			g.have[before]--
		}
	}
}
