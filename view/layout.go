package view

import (
	"math"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// layout is a table being laid out in the width that there is.
type layout struct {
	columns []Head
	rows    []shownRow
	widths  []int
	keep    []int // the columns that are shown
	gap     int
	width   int
}

// terminalTable lays a table out in the width there is, leaving columns away where it is narrow.
func terminalTable(t *Table, width int) string {
	l := layout{gap: 2, width: width}
	if t.Tight {
		l.gap = 1
	}
	l.columns, l.rows = t.shown()
	l.widths = make([]int, len(l.columns))
	for i, column := range l.columns {
		if column.Align == Decimal {
			l.alignPoints(i)
		}
		l.widths[i] = l.columnWidth(i)
	}
	l.shrinkColumns()
	l.keep = l.fittingColumns()

	var out strings.Builder
	headings, titled := make([]string, len(l.columns)), false
	for _, c := range l.keep {
		headings[c] = l.columns[c].Heading()
		titled = titled || headings[c] != ""
	}
	if titled {
		l.writeRow(&out, headings, faintStyle)
		out.WriteString(faintStyle.Render(strings.Repeat("─", l.tableWidth(l.keep))) + "\n")
	}
	for i, row := range l.rows {
		if row.spans() {
			l.writeSpan(&out, row, i == 0)
			continue
		}
		l.writeRow(&out, row.cells, row.style())
	}
	return out.String() + l.droppedNote()
}

// spans reports whether a row's first cell goes across the whole table.
func (r shownRow) spans() bool { return r.kind == headingRow || r.kind == noteRow }

func (r shownRow) style() lipgloss.Style {
	style := plainStyle
	if r.kind == Group || r.kind == Total {
		style = style.Bold(true)
	}
	if r.warn {
		style = style.Foreground(lipgloss.Yellow)
	}
	return style
}

// writeRow writes the cells of the columns that are kept: as one line, or as many as the cell with the most lines has.
func (l *layout) writeRow(out *strings.Builder, cells []string, style lipgloss.Style) {
	for more := true; more; {
		more = false
		line := make([]string, len(cells))
		rest := make([]string, len(cells))
		for _, c := range l.keep {
			folded := false
			line[c], rest[c], folded = strings.Cut(cells[c], "\n")
			more = more || folded
		}
		l.writeLine(out, line, style)
		cells = rest
	}
}

// writeLine writes one line of a row. Blanks are not styled, and left away at the end of the line.
func (l *layout) writeLine(out *strings.Builder, cells []string, style lipgloss.Style) {
	blanks := 0
	for i, c := range l.keep {
		if i > 0 {
			blanks += l.gap
		}
		text := strings.TrimRight(cells[c], " ")
		after := l.widths[c] - ansi.StringWidth(text)
		if l.columns[c].Align != Left {
			trimmed := len(cells[c]) - len(text) // blanks that line up decimal points
			blanks += after - trimmed
			after = trimmed
		}
		if text == "" {
			blanks += after
			continue
		}
		out.WriteString(strings.Repeat(" ", blanks))
		out.WriteString(style.Render(text))
		blanks = after
	}
	out.WriteByte('\n')
}

// writeSpan writes a row that spans the table.
func (l *layout) writeSpan(out *strings.Builder, row shownRow, first bool) {
	indent, style := "    ", faintStyle
	if row.kind == headingRow {
		indent, style = "", titleStyle
		if !first {
			out.WriteString("\n")
		}
	}
	for line := range strings.SplitSeq(wrap(row.cells[0], l.width-len(indent)-2), "\n") {
		out.WriteString(indent + style.Render(line) + "\n")
	}
}

// droppedNote names the columns that the width had no room for.
func (l *layout) droppedNote() string {
	var dropped []string
	for i, column := range l.columns {
		if !slices.Contains(l.keep, i) && column.MinWidth <= l.width && column.Heading() != "" {
			dropped = append(dropped, column.Heading())
		}
	}
	if len(dropped) == 0 {
		return ""
	}
	return styled(faintStyle, "(no room for: "+strings.Join(dropped, ", ")+")", l.width)
}

// alignPoints pads the cells of a column on the right so that their decimal points stand under each other.
func (l *layout) alignPoints(column int) {
	most := 0
	for _, row := range l.rows {
		most = max(most, afterPoint(row.cells[column]))
	}
	for _, row := range l.rows {
		if cell := row.cells[column]; cell != "" {
			row.cells[column] += strings.Repeat(" ", most-afterPoint(cell))
		}
	}
}

// afterPoint is the number of places from the decimal point to the end, the point included.
func afterPoint(cell string) int {
	if dot := strings.LastIndexByte(cell, '.'); dot >= 0 {
		return ansi.StringWidth(cell[dot:])
	}
	return 0
}

const leastShrunk = 20

// shrinkColumns folds the cells of columns that may shrink into the width that the others leave, and sets their widths.
func (l *layout) shrinkColumns() {
	all := l.wideEnough()
	for i, column := range l.columns {
		over := l.tableWidth(all) - l.width
		if !column.Shrink || over <= 0 {
			continue
		}
		room := max(l.widths[i]-over, leastShrunk)
		l.foldColumn(i, room)
		l.widths[i] = l.columnWidth(i)
	}
}

// foldColumn breaks the cells of a column between words. One that takes more than a few lines loses its middle, as
// names differ at their ends, unless another would then read the same.
func (l *layout) foldColumn(column, room int) {
	of := make(map[string]string, len(l.rows)) // what is shown, and the one cell that it stands for
	alike := make(map[string]bool)
	for _, row := range l.rows {
		cell := row.cells[column]
		short := fold(cell, room, foldedLines)
		if other, seen := of[short]; seen && other != cell {
			alike[short] = true
		}
		of[short] = cell
	}
	for _, row := range l.rows {
		if row.spans() {
			continue
		}
		short := fold(row.cells[column], room, foldedLines)
		if alike[short] {
			short = fold(row.cells[column], room, math.MaxInt)
		}
		row.cells[column] = short
	}
}

const foldedLines = 3

// fold breaks a cell into lines of a width, the second and later ones indented by two more, and into a limited number:
// then the end of the last is that of the cell.
func fold(cell string, room, most int) string {
	if ansi.StringWidth(cell) <= room {
		return cell
	}
	text := strings.TrimLeft(cell, " ")
	indent := min(len(cell)-len(text), room/4)
	lines := strings.Split(wrap(text, room-indent-hanging), "\n")
	if len(lines) > most {
		tail := lines[len(lines)-1]
		if width := ansi.StringWidth(tail); width < room/2 { // a last word or two alone would say little
			tail = lines[len(lines)-2] + " " + tail
		}
		over := ansi.StringWidth(tail) + 1 - (room - indent - hanging)
		lines = append(lines[:most-1], "…"+ansi.TruncateLeft(tail, max(over, 0), ""))
	}
	for i := range lines {
		lines[i] = strings.Repeat(" ", indent) + lines[i]
		if i > 0 {
			lines[i] = strings.Repeat(" ", hanging) + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

const hanging = 2

// wideEnough are the columns that a terminal of this width may show. Those that have a long title alone are for pages
// and workbooks; those without any, as numbers of rows and bars, need none.
func (l *layout) wideEnough() (columns []int) {
	for i, column := range l.columns {
		if column.MinWidth <= l.width && (column.Heading() != "" || column.Long == "") {
			columns = append(columns, i)
		}
	}
	return columns
}

// fittingColumns chooses the columns that fit into the width, dropping those with the largest Drop first.
func (l *layout) fittingColumns() []int {
	keep := l.wideEnough()
	for l.tableWidth(keep) > l.width {
		worst := -1
		for at, c := range keep {
			if drop := l.columns[c].Drop; drop > 0 && (worst < 0 || drop > l.columns[keep[worst]].Drop) {
				worst = at
			}
		}
		if worst < 0 {
			break
		}
		keep = slices.Delete(keep, worst, worst+1)
	}
	return keep
}

func (l *layout) columnWidth(c int) int {
	widest := ansi.StringWidth(l.columns[c].Heading())
	for _, row := range l.rows {
		if row.spans() || len(row.cells[c]) <= widest { // a text is never wider than its bytes
			continue
		}
		for line := range strings.SplitSeq(row.cells[c], "\n") {
			widest = max(widest, ansi.StringWidth(line))
		}
	}
	return widest
}

func (l *layout) tableWidth(columns []int) int {
	total := 0
	for _, c := range columns {
		total += l.widths[c] + l.gap
	}
	return total - l.gap
}
