package draw

import (
	"math"
	"strings"

	"microspend/pricing"
	"microspend/tui/theme"
)

// eighths fill a cell from the bottom, by eighths.
var eighths = []rune(" ▁▂▃▄▅▆▇█")

// Bar draws a part of a whole, from 0 to 1 and full beyond, as a line of width cells: heavy where it is filled, light
// elsewhere. It is exact to half a cell; what is above zero shows.
func Bar(part float64, width int, fill, track theme.Paint) string {
	if width <= 0 {
		return ""
	}
	if !(part > 0) { // NaN too
		part = 0
	}
	halves := int(math.Round(min(part, 1) * float64(width) * 2))
	if part > 0 {
		halves = max(halves, 1)
	}
	bar := strings.Repeat("━", halves/2)
	if halves%2 == 1 {
		bar += "╸"
	}
	return fill.Text(bar) + track.Text(strings.Repeat("─", width-(halves+1)/2))
}

// Length is a bar without the track.
func Length(part float64, width int) string {
	return strings.TrimRight(Bar(part, width, theme.Paint{}, theme.Paint{}), "─")
}

// Missing is a value of which there is no data, in a series.
func Missing() float32 { return float32(math.NaN()) }

// Unknown is a value of which there is data and that cannot be told, as no rate is known.
func Unknown() float32 { return float32(math.Inf(-1)) }

// Spark draws a series as one line of width cells. Neighbours share a cell where there are more values than cells,
// and the latest are always there. What is missing is a dot, what is unknown a question mark, zero the lowest stroke.
func Spark(values []float32, width int) string {
	if width <= 0 || len(values) == 0 {
		return Blank(width)
	}
	per := sharing(len(values), width)
	top := float32(0)
	cells := make([]float32, 0, width)
	for end := len(values); end > 0; end -= per {
		cell := Missing()
		for _, v := range values[max(0, end-per):end] {
			if v == v && (cell != cell || v > cell) { // NaN differs from itself
				cell = v
			}
		}
		cells = append(cells, cell)
		if cell > top {
			top = cell
		}
	}
	var out strings.Builder
	out.WriteString(Blank(width - len(cells)))
	for i := len(cells) - 1; i >= 0; i-- {
		switch v := cells[i]; {
		case v != v:
			out.WriteRune('·')
		case v < 0:
			out.WriteRune('?')
		case top == 0:
			out.WriteRune('▁')
		default:
			out.WriteRune(eighths[1+int(math.Round(float64(v/top)*6))]) // never the whole cell: lines stay apart
		}
	}
	return out.String()
}

// SparkCells is how many of width cells [Spark] fills with the values.
func SparkCells(values, width int) int {
	if values <= 0 || width <= 0 {
		return 0
	}
	per := sharing(values, width)
	return (values + per - 1) / per
}

// sharing is how many values share a cell.
func sharing(values, width int) int { return (values + width - 1) / width }

// Stack is one column of a chart: its parts from the bottom up.
type Stack struct {
	Parts   [pricing.QuantityCount]float64
	Missing bool   // there is no data
	Mark    string // stands above the column where more belongs to it than is drawn
}

func (s Stack) total() (sum float64) {
	for _, part := range s.Parts {
		sum += part
	}
	return sum
}

// partGlyphs tell the parts of a stack apart without colour. Of the shades only the
// darkest is among them, as many terminals mix a shade with the background until little is left of its contrast.
var partGlyphs = [pricing.QuantityCount]rune{'█', '▓', '▌', '▞', '▖'}

// PartGlyph is the pattern of a part.
func PartGlyph(part int) string { return string(partGlyphs[part]) }

// Stacks draws columns, each of a height and a width in cells with a gap after it, up to top. The upper edge is exact
// to an eighth of a cell; below it a cell shows the part that most of it belongs to.
func Stacks(stacks []Stack, top float64, rows, width, gap int, t *theme.Theme) []string {
	lines := make([]string, rows)
	for row := range rows {
		var out strings.Builder
		level := rows - 1 - row // from the bottom
		for i, s := range stacks {
			if i > 0 {
				out.WriteString(Blank(gap))
			}
			out.WriteString(stackCell(s, top, rows, level, width, t))
		}
		lines[row] = out.String()
	}
	return lines
}

func stackCell(s Stack, top float64, rows, level, width int, t *theme.Theme) string {
	total := s.total()
	switch {
	case level == 0 && s.Missing:
		return t.Muted.Text(strings.Repeat("·", width))
	case s.Missing:
		return Blank(width)
	case s.Mark != "" && level == markLevel(total, top, rows):
		return t.Warn.Text(Left(s.Mark, width))
	case !(total > 0) || !(top > 0):
		if level == 0 {
			return t.Muted.Text(strings.Repeat("▁", width))
		}
		return Blank(width)
	}
	scale := float64(rows) / top
	from, to := float64(level), min(max(total*scale, 0.125), float64(level)+1)
	if to <= from {
		return Blank(width)
	}
	best := largest(overlaps(s, scale, from, to))
	glyph := partGlyphs[best]
	if filled := int(math.Round((to - from) * 8)); filled < 8 { // the uppermost cell
		glyph = eighths[max(1, filled)]
	}
	return t.Components[best].Text(strings.Repeat(string(glyph), width))
}

// markLevel is the first row above a column, or its uppermost where it reaches the top.
func markLevel(total, top float64, rows int) int {
	if !(total > 0) || !(top > 0) {
		return 0
	}
	return min(int(math.Ceil(total*float64(rows)/top)), rows-1)
}

// overlaps is how much of a stretch each part fills.
func overlaps(s Stack, scale, from, to float64) (parts [pricing.QuantityCount]float64) {
	below := 0.0
	for i, part := range s.Parts {
		above := below + part*scale
		parts[i] = max(0, min(above, to)-max(below, from))
		below = above
	}
	return parts
}

// largest is the part that fills most.
func largest(parts [pricing.QuantityCount]float64) (best int) {
	for i, part := range parts {
		if part > parts[best] {
			best = i
		}
	}
	return best
}
