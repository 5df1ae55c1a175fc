package chart

import (
	"fmt"
	"io"
	"strings"
)

// How much of a heat map an SVG shows, which keeps it readable and below 60 KB.
const (
	mostHeatRows = 20
	mostHeatCols = 24
)

// shadeFills go from light to dark in even steps of lightness, on paper and on a dark screen alike.
var shadeFills = [mostShades]string{"#e9f1f8", "#bcd7ec", "#7fb2db", "#3b7fba", "#0b4a86"}

// darkShades is the first shade on which white text reads better than black.
const darkShades = 3

// SVG writes the heat map as a picture 900 units wide that needs nothing else. The numbers stand in the cells where all
// of them have room. Of more than 24 columns or 20 rows some are left out evenly, which a line below says.
func (h Heat) SVG(w io.Writer) error {
	described := h
	h.X, h.Y = h.X.apart(100, widthAt(tickSize)), h.Y.apart(180, widthAt(tickSize))
	l := h.layout()
	var d document
	d.open(l.height, clean(h.Title), described.describe(l.shades), "")
	l.titles(&d, h)
	l.cells(&d, h)
	l.below(&d, h)
	return d.close(w)
}

// heatLayout is where the parts of a heat map are, in user units.
type heatLayout struct {
	shades
	rows, cols   []int // those shown
	left, top    float64
	cell         Point // the size of a cell
	numbers      bool
	legend, note float64 // the y of the legend's first line, and of the note
	leftOut      string
	height       float64
}

const (
	cellGap  = 2.0
	noteLine = 20.0
)

func (h Heat) layout() heatLayout {
	rows, cols := h.size()
	l := heatLayout{shades: h.shades(), rows: every(rows, mostHeatRows), cols: every(cols, mostHeatCols), top: 24}
	if clean(h.Title) != "" {
		l.top += 30
	}
	if clean(h.X.Title) != "" {
		l.top += 24
	}
	l.top += 22

	labels := wide(cut(clean(h.Y.Title), textSize, 180), textSize)
	for _, row := range l.rows {
		labels = max(labels, wide(h.Y.labelled(row), tickSize))
	}
	l.left = svgMargin + labels + 12
	l.cell = Point{min((svgWidth-svgMargin-l.left)/float64(max(len(l.cols), 1)), 120), 32}
	l.numbers = h.widestCell(l) <= l.cell.X-cellGap-6

	l.legend = l.top + l.cell.Y*float64(len(l.rows)) + 24
	l.note = l.legend + noteLine*float64(l.legendLines(h)) + 18
	l.height = l.note + 4
	if l.leftOut = leftOut(l.rows, l.cols, rows, cols); l.leftOut != "" {
		l.height += noteLine
	}
	return l
}

func (h Heat) widestCell(l heatLayout) float64 {
	widest := 0.0
	for _, row := range l.rows {
		for _, col := range l.cols {
			if v, ok := h.at(row, col); ok {
				widest = max(widest, wide(h.number(v), tickSize))
			}
		}
	}
	return widest
}

func (l heatLayout) titles(d *document, h Heat) {
	d.text(l.left, l.top-32, start, quietText, cut(clean(h.X.Title), textSize, svgWidth-svgMargin-l.left))
	d.text(l.left-12, l.top-9, finish, quietText, cut(clean(h.Y.Title), textSize, 180))

	d.add(`<g font-size="`, num(tickSize), "\">\n")
	free := l.left - 12
	for i, col := range l.cols {
		label := h.X.labelled(col)
		x := l.left + (float64(i)+0.5)*l.cell.X - cellGap/2
		half := wide(label, tickSize) / 2
		if x-half < free || x+half > svgWidth {
			continue
		}
		d.text(x, l.top-9, middle, quietText, label)
		free = x + half + 8
	}
	for i, row := range l.rows {
		d.text(l.left-12, l.top+(float64(i)+0.5)*l.cell.Y+3, finish, quietText, h.Y.labelled(row))
	}
	d.add("</g>\n")
}

// cells draws the cells of each shade as one path, and the numbers over them.
func (l heatLayout) cells(d *document, h Heat) {
	shapes := make([]strings.Builder, max(l.count(), 1))
	var empty strings.Builder
	var onLight, onDark document
	for i, row := range l.rows {
		for j, col := range l.cols {
			x, y := l.left+float64(j)*l.cell.X, l.top+float64(i)*l.cell.Y
			shape := fmt.Sprintf("M%s %sh%sv%sh%sz",
				num(x), num(y), num(l.cell.X-cellGap), num(l.cell.Y-cellGap), num(cellGap-l.cell.X))
			v, ok := h.at(row, col)
			if !ok {
				empty.WriteString(shape)
				continue
			}
			class := l.of(v)
			shapes[class].WriteString(shape)
			text := &onLight
			if l.strength(class) >= darkShades {
				text = &onDark
			}
			if l.numbers {
				text.text(x+(l.cell.X-cellGap)/2, y+l.cell.Y/2+3, middle, "", h.number(v))
			}
		}
	}
	for class := range shapes {
		if shapes[class].Len() > 0 {
			d.add(`<path fill="`, shadeFills[l.strength(class)], `" d="`, shapes[class].String(), "\"/>\n")
		}
	}
	if empty.Len() > 0 {
		d.add(`<path class="axis" fill="none" stroke="`, quiet, `" stroke-width="0.5" stroke-dasharray="2 2" d="`,
			empty.String(), "\"/>\n")
	}
	d.add(`<g font-size="`, num(tickSize), `" fill="`, ink, "\">\n", onLight.out.String(), "</g>\n")
	d.add(`<g font-size="`, num(tickSize), `" fill="`, paper, "\">\n", onDark.out.String(), "</g>\n")
}

// legendKey is a patch of shade and the range it stands for.
type legendKey struct {
	class int // negative for empty cells
	words string
	x     float64
	line  int
}

func (l heatLayout) keys(h Heat) []legendKey {
	var keys []legendKey
	for class, words := range h.ranges(l.shades) {
		keys = append(keys, legendKey{class: class, words: words})
	}
	if h.incomplete(l.rows, l.cols) {
		keys = append(keys, legendKey{class: -1, words: "no value"})
	}
	x, line := l.left, 0
	for i, key := range keys {
		key.words = cut(key.words, tickSize, 300)
		width := 24 + wide(key.words, tickSize) + 14
		if x > l.left && x+width > svgWidth {
			x, line = l.left, line+1
		}
		key.x, key.line = x, line
		keys[i] = key
		x += width
	}
	return keys
}

func (l heatLayout) legendLines(h Heat) int {
	keys := l.keys(h)
	if len(keys) == 0 {
		return 0
	}
	return keys[len(keys)-1].line + 1
}

func (l heatLayout) below(d *document, h Heat) {
	d.add(`<g font-size="`, num(tickSize), "\">\n")
	for _, key := range l.keys(h) {
		y := l.legend + noteLine*float64(key.line)
		fill, outline := "none", ` class="axis" stroke="`+quiet+`" stroke-width="0.5" stroke-dasharray="2 2"`
		if key.class >= 0 {
			fill, outline = shadeFills[l.strength(key.class)], ""
		}
		d.add(`<rect x="`, num(key.x), `" y="`, num(y-11), `" width="18" height="14" fill="`, fill, `"`, outline, "/>\n")
		d.text(key.x+24, y, start, quietText, key.words)
	}
	d.text(svgMargin, l.note, start, quietText, l.leftOut)
	d.add("</g>\n")
}
