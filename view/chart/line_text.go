package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The sizes between which a text chart is drawn. Beyond the largest there is nothing more to see.
const (
	leastWidth, leastHeight = 40, 10
	mostWidth, mostHeight   = 400, 200
)

const markSign = "◆"

// Text draws the chart in at most width × height cells, its title, axes and legend included, without a line break at
// its end. Each line has a letter where it ends, and the legend says which is which; marks are numbered ◆. Below 40 ×
// 10 there is no picture but one line that says so.
func (c Line) Text(width, height int) string {
	if width < leastWidth || height < leastHeight {
		return tooSmall(width, fmt.Sprintf("(no room for a chart: it needs %d × %d cells)", leastWidth, leastHeight))
	}
	width, height = min(width, mostWidth), min(height, mostHeight)
	head, foot := c.titles(height, width)
	// Two lines are the axis and its labels.
	legend := c.legend(width, height-len(head)-len(foot)-2-max(3, height/3))
	plot := c.plot(width, height-len(head)-len(foot)-2-len(legend))
	return finished(slices.Concat(head, plot, foot, legend), width)
}

func tooSmall(width int, message string) string { return fit(message, width) }

// titles are the lines above and below the plot. A low picture names both axes in one line.
func (c Line) titles(height, width int) (head, foot []string) {
	x, y := clean(c.X.Title), clean(c.Y.Title)
	if title := clean(c.Title); title != "" {
		head = append(head, title)
	}
	if height < 16 && x != "" && y != "" {
		return append(head, "↑ "+y+"   → "+x), nil
	}
	if y != "" {
		head = append(head, "↑ "+y)
	}
	if x != "" {
		x = "→ " + x
		foot = append(foot, padLeft(x, width-1))
	}
	return head, foot
}

// legend tells what the letters and numbers stand for, in a limited number of lines.
func (c Line) legend(width, most int) []string {
	lines := flowWithin(c.seriesKeys(width), width, most)
	return append(lines, flowWithin(c.markKeys(), width, most-len(lines))...)
}

func (c Line) seriesKeys(width int) []string {
	var keys []string
	for i, s := range c.drawn() {
		sample := ""
		if width >= 60 {
			sample = dashSample(i)
		}
		keys = append(keys, letter(i)+sample+" "+clean(s.Name))
	}
	if more := len(c.Series) - mostSeries; more > 0 {
		keys = append(keys, fmt.Sprintf("(%d more not drawn)", more))
	}
	return keys
}

func (c Line) markKeys() []string {
	var keys []string
	w := c.window()
	for i, m := range c.marked() {
		key := fmt.Sprintf("%s%d %s", markSign, i+1, clean(m.Label))
		if !w.contains(Point{m.X, m.Y}) {
			key += " (outside the picture)"
		}
		keys = append(keys, key)
	}
	if more := len(c.Marks) - mostMarks; more > 0 {
		keys = append(keys, fmt.Sprintf("(%d more not marked)", more))
	}
	return keys
}

// letter names a series in its place; mostSeries is below the number of letters.
func letter(series int) string { return string(rune('A' + series)) }

// dashSample is a piece of a series' line, long enough for each dash to show.
func dashSample(series int) string {
	g := newBraille(8, 1)
	p := pen{grid: g, dash: dashOf(series).dots}
	for x := range 2 * g.cols {
		p.dot(x, 2)
	}
	return " " + string(cellsOf(g).glyphs)
}

// plot draws rows of picture, the axis under them and its labels.
func (c Line) plot(width, rows int) []string {
	w := c.window()
	yTicks := fittingTicks(w.y, min(rows/2, 10), formatOr(c.Y.Format), func(ticks []tick) bool {
		return len(ticks) <= max(rows/2, 2)
	})
	margin := 0
	for _, t := range yTicks {
		margin = max(margin, ansi.StringWidth(t.label))
	}
	margin = min(margin, width/4)

	runs := make([][][]Point, len(c.drawn()))
	for i, s := range c.drawn() {
		runs[i] = s.runs(w)
	}
	ends := gutter{cols: width - margin - 1, rows: rows}
	ends.cols -= ends.widest(w, runs)
	grid := c.draw(w, ends.cols, rows, runs)
	ends.letters(grid, w, runs)
	c.drawMarks(grid, w)

	labels := make(map[int]string)
	for _, t := range yTicks {
		labels[rowOf(w.y.share(t.at), rows)] = fit(t.label, margin)
	}
	var lines []string
	for row := range rows {
		label, labelled := labels[row]
		side := "│"
		if labelled {
			side = "┤"
		}
		lines = append(lines, padLeft(label, margin)+side+grid.line(row)+ends.line(row))
	}
	return append(lines, c.xAxis(w.x, margin, ends.cols, width)...)
}

// rowOf and columnOf put a share of an axis into a cell, as the dots of lines are put.
func rowOf(share float64, rows int) int { return dotAt(1-share, 4*rows) / 4 }

func columnOf(share float64, cols int) int { return dotAt(share, 2*cols) / 2 }

func dotAt(share float64, dots int) int {
	return int(math.Round(min(max(share, 0), 1) * float64(dots-1)))
}

func (c Line) draw(w window, cols, rows int, runs [][][]Point) cells {
	g := newBraille(cols, rows)
	for i := range runs {
		p := pen{grid: g, dash: dashOf(i).dots}
		for _, run := range runs[i] {
			var x0, y0 int
			for j, point := range run {
				x, y := dotAt(w.x.share(point.X), 2*cols), dotAt(1-w.y.share(point.Y), 4*rows)
				if j == 0 {
					p.moved = 0
					p.dot(x, y)
				} else {
					p.segment(x0, y0, x, y)
				}
				x0, y0 = x, y
			}
		}
	}
	grid := cellsOf(g)
	if w.y.lo < 0 && w.y.hi > 0 {
		zero := rowOf(w.y.share(0), rows)
		for col := range cols {
			if grid.room(col, zero, 1, false) {
				grid.glyphs[zero*cols+col] = '╌'
			}
		}
	}
	return grid
}

func (c Line) drawMarks(grid cells, w window) {
	type place struct{ col, row, number int }
	var places []place
	for i, m := range c.marked() {
		if p := (Point{m.X, m.Y}); w.contains(p) {
			at := place{columnOf(w.x.share(p.X), grid.cols), rowOf(w.y.share(p.Y), grid.rows), i + 1}
			grid.put(at.col, at.row, markSign)
			places = append(places, at)
		}
	}
	for _, at := range places {
		grid.putBeside(at.col, at.row, strconv.Itoa(at.number))
	}
}

// xAxis is the line under the plot and the labels of its ticks.
func (c Line) xAxis(s span, margin, cols, width int) []string {
	place := func(t tick) (from, at int) {
		at = margin + 1 + columnOf(s.share(t.at), cols)
		wide := ansi.StringWidth(t.label)
		return max(min(at-wide/2, width-wide), 0), at
	}
	ticks := fittingTicks(s, min(cols/5, 15), formatOr(c.X.Format), func(ticks []tick) bool {
		free := 0
		for _, t := range ticks {
			from, _ := place(t)
			if from < free {
				return false
			}
			free = from + ansi.StringWidth(t.label) + 2
		}
		return true
	})
	axis := []rune(strings.Repeat(" ", margin) + "└" + strings.Repeat("─", cols))
	labels := ""
	for _, t := range ticks {
		t.label = fit(t.label, width)
		from, at := place(t)
		axis[at] = '┬'
		labels = padRight(labels, from) + t.label
	}
	return []string{string(axis), labels}
}
