package chart

// gutter is the strip right of a text plot, where the letters stand of the lines that reach the right edge. Lines that
// end at the same height share a row.
type gutter struct {
	cols, rows int // of the plot beside it
	letter     map[int][]int
}

// mostLetters bounds the gutter's width.
const mostLetters = 8

// widest is the width that the letters need.
func (g gutter) widest(w window, runs [][][]Point) int {
	wide, count := 1, make(map[int]int)
	for _, r := range runs {
		if at, ok := end(r); ok {
			row := rowOf(w.y.share(at.Y), g.rows)
			count[row]++
			wide = max(wide, count[row])
		}
	}
	return min(wide, mostLetters)
}

// letters puts each series' letter at the end of its line: into the gutter, or beside an end amid the plot.
func (g *gutter) letters(grid cells, w window, runs [][][]Point) {
	g.letter = make(map[int][]int)
	for i, r := range runs {
		at, ok := end(r)
		if !ok {
			continue
		}
		col, row := columnOf(w.x.share(at.X), grid.cols), rowOf(w.y.share(at.Y), grid.rows)
		if col >= grid.cols-1 {
			g.letter[row] = append(g.letter[row], i)
			continue
		}
		for col++; col < grid.cols-1 && !grid.room(col, row, 1, true); {
			col++
		}
		grid.put(col, row, letter(i))
	}
}

func (g gutter) line(row int) string {
	text := ""
	for n, i := range g.letter[row] {
		if n == mostLetters-1 && len(g.letter[row]) > mostLetters {
			return text + "…"
		}
		text += letter(i)
	}
	return text
}
