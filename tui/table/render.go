package table

import (
	"slices"
	"strings"

	"microspend/tui/draw"
	"microspend/tui/theme"
)

const (
	gap  = 2
	mark = 2 // cells before each row, for the cursor
)

// Layout is which columns are shown, and how wide.
type layout struct {
	columns []int
	widths  []int
	left    bool // columns are scrolled away on the left
	right   bool // columns are not in sight on the right
}

// lay chooses the columns for a width: the first always, then those from the scrolled one on. Columns give way in the order
// of their Give, as wide as the rows and the footer need; once scrolled, what does not fit at the right is cut off instead, as more scrolling brings it into sight.
func (s *State) lay(width int, footer *Footer) layout {
	c := s.Content
	room := width - mark
	keep := []int{0}
	for i := 1; i < len(c.Columns); i++ {
		if i > s.Column {
			keep = append(keep, i)
		}
	}
	natural := slices.Clone(c.widths)
	if footer != nil {
		for i := range c.Columns {
			natural[i] = max(natural[i], draw.Width(footer.Cells[c.Columns[i].Word]))
		}
	}
	widths := slices.Clone(natural)
	total := func() int {
		sum := -gap
		for _, i := range keep {
			sum += widths[i] + gap
		}
		return sum
	}
	shrink := func() {
		for _, i := range keep {
			if least := c.Columns[i].Least; least > 0 {
				if over := total() - room; over > 0 {
					widths[i] = max(min(widths[i], least), widths[i]-over)
				}
			}
		}
	}
	out := layout{left: s.Column > 0}
	for shrink(); total() > room && len(keep) > 1; shrink() {
		worst := len(keep) - 1
		if s.Column == 0 {
			for at := 1; at < len(keep); at++ {
				column, so := &c.Columns[keep[at]], &c.Columns[keep[worst]]
				// What the rows are sorted by stays as long as anything.
				if give(column, s.Sort) > give(so, s.Sort) {
					worst = at
				}
			}
		}
		keep = append(keep[:worst], keep[worst+1:]...)
		copy(widths, natural)
		out.right = true
	}
	if over := total() - room; over > 0 {
		widths[keep[0]] = max(1, widths[keep[0]]-over)
	} else if first := &c.Columns[keep[0]]; first.Least > 0 && widths[keep[0]] < natural[keep[0]] {
		widths[keep[0]] = min(natural[keep[0]], widths[keep[0]]-over)
	}
	out.columns, out.widths = keep, widths
	return out
}

func give(column *Column, sorted string) int {
	if column.Word == sorted {
		return 1
	}
	return column.Give
}

// Footer is the line below the rows.
type Footer struct {
	Label string
	Cells map[string]string // by the word of the column
}

// Render draws the table in so many cells: the headings, the rows in sight, and the footer where there is room. Offset is
// where it starts; [State.Follow] keeps it around the cursor.
func (s *State) Render(t *theme.Theme, footer *Footer, width, height int) []string {
	if s.Content.Len() == 0 || height < 1 || width < 1 {
		return nil
	}
	l := s.lay(width, footer)
	lines := []string{s.heading(t, l, width)}
	rows := s.pageRows(footer != nil, height)
	offset := s.offset(rows)
	var out strings.Builder
	for i := offset; i < min(offset+rows, len(s.shown)); i++ {
		out.Reset()
		s.line(&out, t, l, int(s.shown[i]), i == s.Cursor, width)
		lines = append(lines, out.String())
	}
	if footer != nil && height > footerHeight {
		for len(lines) < min(rows, len(s.shown))+1 {
			lines = append(lines, "")
		}
		lines = append(lines, s.footerLine(t, l, footer, width))
	}
	return lines
}

// footerHeight is the height from which on there is a footer.
const footerHeight = 4

func (s *State) pageRows(footer bool, height int) int {
	rows := height - 1
	if footer && height > footerHeight {
		rows--
	}
	return max(rows, 0)
}

// offset is the first row in sight, so that the cursor is among the rows.
func (s *State) offset(rows int) int {
	offset := clamp(s.Offset, s.Cursor-rows+1, s.Cursor)
	return clamp(offset, 0, max(0, len(s.shown)-rows))
}

// Follow remembers where the rows in sight begin, for a height of the table.
func (s *State) Follow(footer bool, height int) { s.Offset = s.offset(s.pageRows(footer, height)) }

// Page is how many rows are in sight in so many lines.
func (s *State) Page(footer bool, height int) int { return max(1, s.pageRows(footer, height)) }

func (s *State) heading(t *theme.Theme, l layout, width int) string {
	var out strings.Builder
	out.WriteString(draw.Blank(mark))
	used := mark
	for at, i := range l.columns {
		if at > 0 {
			sep := draw.Blank(gap)
			if at == 1 && l.left {
				sep = t.Muted.Text("‹") + " "
			}
			out.WriteString(sep)
			used += gap
		}
		column := &s.Content.Columns[i]
		title, paint := column.Title, t.Muted
		if column.Word == s.Sort && !column.Unsorted {
			glyph := "▲"
			if s.Down {
				glyph = "▼"
			}
			paint = t.Sorted
			if title = draw.Cut(title, l.widths[i]-2); title != "" {
				title += " "
			}
			title = draw.Cut(title+glyph, l.widths[i])
		} else {
			title = draw.Cut(title, l.widths[i])
		}
		blank := draw.Blank(l.widths[i] - draw.Width(title))
		if column.left() {
			out.WriteString(paint.Text(title) + blank)
		} else {
			out.WriteString(blank + paint.Text(title))
		}
		used += l.widths[i]
	}
	if l.right && used+2 <= width {
		out.WriteString(" " + t.Muted.Text("›"))
	}
	return out.String()
}

func (column *Column) left() bool { return column.Left || column.Number == nil }

func (s *State) line(out *strings.Builder, t *theme.Theme, l layout, row int, marked bool, width int) {
	if marked {
		var plain strings.Builder
		plain.WriteString("▸ ")
		s.cells(&plain, t, l, row, true)
		out.WriteString(t.Marked.Text(draw.Left(plain.String(), width)))
		return
	}
	out.WriteString("  ")
	s.cells(out, t, l, row, false)
}

func (s *State) cells(out *strings.Builder, t *theme.Theme, l layout, row int, bare bool) {
	for at, i := range l.columns {
		if at > 0 {
			out.WriteString(draw.Blank(gap))
		}
		column := &s.Content.Columns[i]
		if column.Wide != nil {
			text := draw.Left(column.Wide(row, l.widths[i]), l.widths[i])
			s.paint(out, column, row, text, t, bare)
			continue
		}
		text := draw.Cut(column.text(row), l.widths[i])
		blank := draw.Blank(l.widths[i] - draw.Width(text))
		if !column.left() {
			out.WriteString(blank)
		}
		s.paint(out, column, row, text, t, bare)
		if column.left() && at < len(l.columns)-1 {
			out.WriteString(blank)
		}
	}
}

func (s *State) paint(out *strings.Builder, column *Column, row int, text string, t *theme.Theme, bare bool) {
	if column.Tone != nil && !bare {
		text = column.Tone(row, t).Text(text)
	}
	out.WriteString(text)
}

func (s *State) footerLine(t *theme.Theme, l layout, footer *Footer, width int) string {
	var out strings.Builder
	out.WriteString(draw.Blank(mark))
	for at, i := range l.columns {
		column := &s.Content.Columns[i]
		text := footer.Cells[column.Word]
		if at == 0 {
			text = footer.Label
		} else {
			out.WriteString(draw.Blank(gap))
		}
		if column.left() {
			out.WriteString(draw.Left(text, l.widths[i]))
		} else {
			out.WriteString(draw.Right(text, l.widths[i]))
		}
	}
	return t.Strong.Text(draw.Cut(strings.TrimRight(out.String(), " "), width))
}
