package chart

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// mostTextRows bounds the height of a heat map in a terminal.
const mostTextRows = 60

// shadeSigns are the shades of a terminal, the weakest first.
var shadeSigns = [mostShades]string{"·", "░", "▒", "▓", "█"}

// Text draws the heat map in lines of a limited width in cells, without a line break at its end. Each cell shows its
// shade and its number, or the shade alone where the width has no room for the numbers of all columns. Columns and
// rows that don't fit even so are left out evenly, which a line says. Below 40 cells there is no picture but one line
// that says so.
func (h Heat) Text(width int) string {
	if width < leastWidth {
		return tooSmall(width, fmt.Sprintf("(no room for a heat map: it needs %d cells)", leastWidth))
	}
	width = min(width, mostWidth)
	cells := func(text string) float64 { return float64(ansi.StringWidth(text)) }
	h.X, h.Y = h.X.apart(16, cells), h.Y.apart(float64(width/3), cells)
	g := h.grid(width)

	var lines []string
	if title := clean(h.Title); title != "" {
		lines = append(lines, wrapped(title, width)...)
	}
	lines = append(lines, "")
	if x := clean(h.X.Title); x != "" {
		lines = append(lines, strings.Repeat(" ", g.margin+1)+"→ "+x)
	}
	corner := ""
	if y := clean(h.Y.Title); y != "" {
		corner = "↓ " + y
	}
	if ansi.StringWidth(corner) > g.margin {
		lines = append(lines, corner)
		corner = ""
	}
	lines = append(lines, g.columns(h, corner, width))
	for _, row := range g.rows {
		lines = append(lines, g.line(h, row))
	}
	lines = append(lines, "")
	lines = append(lines, flow(g.legend(h), width)...)
	rows, cols := h.size()
	lines = append(lines, wrapped(leftOut(g.rows, g.cols, rows, cols), width)...)
	return finished(slices.Compact(lines), width)
}

// heatGrid is how a heat map is laid out in a terminal.
type heatGrid struct {
	shades
	rows, cols []int // those shown
	margin     int   // the width of the rows' labels
	cell       int   // the width of a cell
	gap        int   // between two cells
	swatch     int   // how much of a cell is shade, the rest being its number
}

func (h Heat) grid(width int) heatGrid {
	rows, cols := h.size()
	g := heatGrid{shades: h.shades(), rows: every(rows, mostTextRows)}
	for _, row := range g.rows {
		g.margin = max(g.margin, ansi.StringWidth(h.Y.labelled(row)))
	}
	g.margin = min(max(g.margin, min(ansi.StringWidth("↓ "+clean(h.Y.Title)), 10)), width/3)
	room := width - g.margin - 1

	// From the most generous layout to the narrowest, the first that has room for all columns.
	number := h.widestNumber(g.rows, cols)
	for _, try := range []struct{ cell, gap, swatch int }{
		{2 + 1 + number, 2, 2},
		{1 + number, 2, 1},
		{6, 1, 6},
		{5, 1, 5},
		{4, 1, 4},
		{3, 1, 3},
		{2, 1, 2},
		{2, 0, 2},
	} {
		g.cell, g.gap, g.swatch = try.cell, try.gap, try.swatch
		if cols*(g.cell+g.gap)-g.gap <= room {
			break
		}
	}
	g.cols = every(cols, (room+g.gap)/(g.cell+g.gap))
	if g.swatch == g.cell {
		g.widen(room)
	}
	return g
}

// widen gives cells without a number the room that columns left out have made.
func (g *heatGrid) widen(room int) {
	if each := room / max(len(g.cols), 1); each > g.cell+g.gap {
		g.gap = 1
		g.cell = min(each-g.gap, 6)
		g.swatch = g.cell
	}
}

func (h Heat) widestNumber(rows []int, cols int) int {
	width := 1
	for _, row := range rows {
		for col := range cols {
			if v, ok := h.at(row, col); ok {
				width = max(width, ansi.StringWidth(h.number(v)))
			}
		}
	}
	return width
}

// columns are the labels above the columns, as many as don't run into each other.
func (g heatGrid) columns(h Heat, corner string, width int) string {
	line := padRight(corner, g.margin)
	for i, col := range g.cols {
		from := g.margin + 1 + i*(g.cell+g.gap)
		label := h.X.labelled(col)
		wide := ansi.StringWidth(label)
		if g.swatch < g.cell {
			// Above numbers, labels end where these do.
			from += g.cell - wide
		}
		if from > ansi.StringWidth(line) && from+wide <= width {
			line = padRight(line, from) + label
		}
	}
	return line
}

func (g heatGrid) line(h Heat, row int) string {
	line := padLeft(h.Y.labelled(row), g.margin)
	for i, col := range g.cols {
		line = padRight(line, g.margin+1+i*(g.cell+g.gap))
		v, ok := h.at(row, col)
		switch numbers := g.swatch < g.cell; {
		case ok && numbers:
			line += g.sign(v, g.swatch) + padLeft(h.number(v), g.cell-g.swatch)
		case ok:
			line += g.sign(v, g.swatch)
		case numbers:
			line += padLeft("–", g.cell)
		}
	}
	return line
}

func (g heatGrid) sign(v float64, width int) string {
	return strings.Repeat(shadeSigns[g.strength(g.of(v))], width)
}

func (g heatGrid) legend(h Heat) []string {
	var items []string
	for class, words := range h.ranges(g.shades) {
		items = append(items, strings.Repeat(shadeSigns[g.strength(class)], 2)+" "+words)
	}
	switch gap := h.incomplete(g.rows, g.cols); {
	case g.count() == 0:
		items = append(items, "(no values)")
	case gap && g.swatch < g.cell:
		items = append(items, "– no value")
	case gap:
		items = append(items, "(blank) no value")
	}
	return items
}
