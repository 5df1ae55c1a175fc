package chart

// cells is the plot of a text chart: one character of width one in each cell.
type cells struct {
	cols, rows int
	glyphs     []rune
	taken      []bool // holds a sign that nothing may cover
}

// cellsOf turns dots into characters.
func cellsOf(g braille) cells {
	c := cells{g.cols, g.rows, make([]rune, g.cols*g.rows), make([]bool, g.cols*g.rows)}
	for i, bits := range g.bits {
		c.glyphs[i] = ' '
		if bits != 0 {
			c.glyphs[i] = 0x2800 + bits
		}
	}
	return c
}

func (c cells) put(col, row int, text string) {
	for _, r := range text {
		if i := row*c.cols + col; c.within(col, row) {
			c.glyphs[i], c.taken[i] = r, true
		}
		col++
	}
}

func (c cells) within(col, row int) bool { return col >= 0 && row >= 0 && col < c.cols && row < c.rows }

// room reports whether a text of a number of cells can be put there: over nothing, or if need be over lines.
func (c cells) room(col, row, width int, overLines bool) bool {
	for ; width > 0; width-- {
		i := row*c.cols + col
		if !c.within(col, row) || c.taken[i] || !overLines && c.glyphs[i] != ' ' {
			return false
		}
		col++
	}
	return true
}

// putBeside puts text next to a cell, where it covers as little as possible. Without any room it is left out.
func (c cells) putBeside(col, row int, text string) {
	width := len(text)
	places := [...][2]int{
		{col + 1, row},
		{col - width, row},
		{col + 1, row - 1},
		{col + 1, row + 1},
		{col - width, row - 1},
		{col - width, row + 1},
		{col, row - 1},
		{col, row + 1},
	}
	for _, overLines := range [...]bool{false, true} {
		for _, at := range places {
			if c.room(at[0], at[1], width, overLines) {
				c.put(at[0], at[1], text)
				return
			}
		}
	}
}

// line is a row of cells as text.
func (c cells) line(row int) string { return string(c.glyphs[row*c.cols : (row+1)*c.cols]) }
