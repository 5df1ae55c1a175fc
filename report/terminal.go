package report

import (
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// The looks of the terminal. Nothing rests on colour alone: what is bold or coloured also has its own place or sign.
var (
	plainStyle = lipgloss.NewStyle()
	titleStyle = lipgloss.NewStyle().Bold(true)
	faintStyle = lipgloss.NewStyle().Faint(true)
	warnStyle  = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
)

func (t Table) gap() int {
	if t.Tight {
		return 1
	}
	return 2
}

func renderTerminal(w io.Writer, options Options, documents []Document) error {
	width := options.Width
	if width <= 0 {
		width = DefaultWidth
	}
	var out strings.Builder
	for i, d := range documents {
		if i > 0 {
			out.WriteString("\n" + faintStyle.Render(strings.Repeat("─", min(width, DefaultWidth))) + "\n\n")
		}
		if d.Title != "" {
			out.WriteString(styled(titleStyle, Visible(d.Title), width))
		}
		if d.Subtitle != "" {
			for line := range strings.SplitSeq(d.Subtitle, "\n") {
				out.WriteString(styled(plainStyle, Visible(line), width))
			}
		}
		for j, section := range d.Sections {
			if j > 0 || d.Title != "" || d.Subtitle != "" {
				out.WriteString("\n")
			}
			terminalSection(&out, section, width)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func terminalSection(out *strings.Builder, section Section, width int) {
	if section.Heading != "" {
		out.WriteString(styled(titleStyle, Visible(section.Heading), width))
	}
	if section.Table != nil {
		out.WriteString(terminalTable(*section.Table, width))
	}
	if section.Picture != nil {
		out.WriteString(strings.TrimRight(section.Picture(width), "\n") + "\n")
	}
	for _, note := range section.Notes {
		out.WriteString(terminalNote(note, width))
	}
}

// terminalNote hangs the sentence under its tag.
func terminalNote(note Note, width int) string {
	tag, style := "  ", plainStyle
	if note.Warn {
		tag, style = "! ", warnStyle
	}
	if note.Tag != "" {
		tag += Visible(note.Tag) + ": "
	}
	lines := strings.Split(wrap(tag+Visible(note.Text), width-2), "\n")
	for i, line := range lines {
		if i > 0 {
			line = "  " + line
		}
		lines[i] = style.Render(line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// styled wraps text and styles each line by itself; lipgloss would pad lines to the same width.
func styled(style lipgloss.Style, text string, width int) string {
	var out strings.Builder
	for line := range strings.SplitSeq(wrap(text, width), "\n") {
		out.WriteString(style.Render(line) + "\n")
	}
	return out.String()
}

// wrap breaks text between words; a word longer than the width is broken within. The library would break words after their
// hyphens too, as in us-east-1, so those are held together meanwhile.
func wrap(text string, width int) string {
	const held = "\u2011" // a hyphen as wide as the other, after which nothing is broken
	holds := !strings.Contains(text, held)
	if holds {
		text = strings.ReplaceAll(text, "-", held)
	}
	lines := strings.Split(ansi.Wrap(text, max(width, 10), " "), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	text = strings.Join(lines, "\n")
	if holds {
		text = strings.ReplaceAll(text, held, "-")
	}
	return text
}

// terminalTable lays a table out in the width there is, leaving columns away where it is narrow.
func terminalTable(t Table, width int) string {
	rows := make([][]string, 0, len(t.Rows))
	for _, row := range t.Rows {
		cells := make([]string, len(t.Columns))
		for i := range cells {
			if i < len(row.Cells) {
				cells[i] = Visible(row.Cells[i])
			}
		}
		rows = append(rows, cells)
	}
	for i, column := range t.Columns {
		if column.Align == Decimal {
			alignPoints(rows, i)
		}
	}
	widths := make([]int, len(t.Columns))
	for i := range t.Columns {
		widths[i] = columnWidth(t, rows, i)
	}
	shrinkColumns(t, rows, widths, width)
	keep := fittingColumns(t, widths, width)

	var out strings.Builder
	headers, titled := make([]string, len(t.Columns)), false
	for _, c := range keep {
		headers[c] = t.Columns[c].Title
		titled = titled || headers[c] != ""
	}
	if titled {
		writeRow(&out, t, keep, widths, headers, faintStyle)
		out.WriteString(faintStyle.Render(strings.Repeat("─", tableWidth(t, widths, keep))) + "\n")
	}
	for i, cells := range rows {
		if spans(t.Rows[i].Kind) {
			writeSpan(&out, t.Rows[i].Kind, cells[0], i == 0, width)
			continue
		}
		writeRow(&out, t, keep, widths, cells, rowStyle(t.Rows[i]))
	}
	return out.String() + droppedNote(t, keep, width)
}

// writeRow writes the cells of the columns that are kept. Blanks are not styled, and left away at the end of the line.
func writeRow(out *strings.Builder, t Table, keep, widths []int, cells []string, style lipgloss.Style) {
	blanks := 0
	for i, c := range keep {
		if i > 0 {
			blanks += t.gap()
		}
		text := strings.TrimRight(cells[c], " ")
		after := widths[c] - ansi.StringWidth(text)
		if t.Columns[c].Align != Left {
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

// droppedNote names the columns that the width had no room for.
func droppedNote(t Table, keep []int, width int) string {
	var dropped []string
	for i, column := range t.Columns {
		if !slices.Contains(keep, i) && column.MinWidth <= width {
			dropped = append(dropped, column.Title)
		}
	}
	if len(dropped) == 0 {
		return ""
	}
	return styled(faintStyle, "(no room for: "+strings.Join(dropped, ", ")+")", width)
}

func spans(kind RowKind) bool { return kind == Heading || kind == Footnote }

// writeSpan writes a row that spans the table.
func writeSpan(out *strings.Builder, kind RowKind, text string, first bool, width int) {
	indent, style := "    ", faintStyle
	if kind == Heading {
		indent, style = "", titleStyle
		if !first {
			out.WriteString("\n")
		}
	}
	for line := range strings.SplitSeq(wrap(text, width-len(indent)-2), "\n") {
		out.WriteString(indent + style.Render(line) + "\n")
	}
}

func rowStyle(row Row) lipgloss.Style {
	style := plainStyle
	if row.Kind == Group || row.Kind == Total {
		style = style.Bold(true)
	}
	if row.Warn {
		style = style.Foreground(lipgloss.Yellow)
	}
	return style
}

// alignPoints pads the cells of a column on the right so that their decimal points stand under each other.
func alignPoints(rows [][]string, column int) {
	most := 0
	for _, cells := range rows {
		most = max(most, afterPoint(cells[column]))
	}
	for _, cells := range rows {
		if cells[column] != "" {
			cells[column] += strings.Repeat(" ", most-afterPoint(cells[column]))
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

// shrinkColumns cuts the cells of columns that may shrink to the width that the others leave, and sets their widths.
func shrinkColumns(t Table, rows [][]string, widths []int, width int) {
	var all []int
	for i, column := range t.Columns {
		if column.MinWidth <= width {
			all = append(all, i)
		}
	}
	for i, column := range t.Columns {
		over := tableWidth(t, widths, all) - width
		if !column.Shrink || over <= 0 {
			continue
		}
		room := max(widths[i]-over, leastShrunk)
		for r, cells := range rows {
			if !spans(t.Rows[r].Kind) {
				cells[i] = ansi.Truncate(cells[i], room, "…")
			}
		}
		widths[i] = columnWidth(t, rows, i)
	}
}

// fittingColumns chooses the columns that fit into the width, dropping those with the largest Drop first.
func fittingColumns(t Table, widths []int, width int) []int {
	var keep []int
	for i, column := range t.Columns {
		if column.MinWidth <= width {
			keep = append(keep, i)
		}
	}
	for tableWidth(t, widths, keep) > width {
		worst := -1
		for at, c := range keep {
			if drop := t.Columns[c].Drop; drop > 0 && (worst < 0 || drop > t.Columns[keep[worst]].Drop) {
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

func columnWidth(t Table, rows [][]string, c int) int {
	widest := ansi.StringWidth(t.Columns[c].Title)
	for i, cells := range rows {
		if !spans(t.Rows[i].Kind) && len(cells[c]) > widest { // a text is never wider than its bytes
			widest = max(widest, ansi.StringWidth(cells[c]))
		}
	}
	return widest
}

func tableWidth(t Table, widths []int, keep []int) int {
	total := 0
	for _, c := range keep {
		total += widths[c] + t.gap()
	}
	return total - t.gap()
}
