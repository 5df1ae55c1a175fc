package table

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/view"
)

const (
	gap  = 2
	mark = 2 // cells before each row, for the cursor
)

// layout is which columns are shown, and how wide.
type layout struct {
	columns []int
	widths  []int
	left    bool // columns are scrolled away on the left
	right   bool // columns are not in sight on the right
}

// leastFigure is how narrow a column of figures may become once there is nothing left that could give way: enough for
// three digits with all that may stand around them, as in "≥ 20.5 M" or "-20.5 M +?".
const leastFigure = 10

// lay chooses the columns for a width, as wide as the rows and the footer need: the first and the one that the rows are
// sorted by always, then those from the scrolled one on. Columns give way in the order of their Drop; once scrolled,
// what does not fit at the right is cut off instead, as more scrolling brings it into sight.
func (s *State) lay(width int, footer *Footer) layout {
	c, sorted := s.Content, s.sorted()
	room := width - mark
	keep := []int{0}
	for i := 1; i < len(c.Columns); i++ {
		if i == sorted || i > s.Column && !c.Columns[i].Hidden && !slices.Contains(s.Hidden, c.Columns[i].ID) {
			keep = append(keep, i)
		}
	}
	natural := slices.Clone(c.widths)
	if footer != nil {
		for i := range c.Columns {
			natural[i] = max(natural[i], draw.Width(footer.Cells[c.Columns[i].ID]))
		}
	}
	widths := slices.Clone(natural)
	over := func() int {
		sum := -gap
		for _, i := range keep {
			sum += widths[i] + gap
		}
		return sum - room
	}
	shrink := func() {
		for _, i := range keep {
			if least := c.Columns[i].Least; least > 0 {
				if over := over(); over > 0 {
					widths[i] = max(min(widths[i], least), widths[i]-over)
				}
			}
		}
	}
	out := layout{left: s.Column > 0}
	for shrink(); over() > 0; shrink() {
		worst := s.worst(keep)
		if worst < 0 {
			break
		}
		keep = slices.Delete(keep, worst, worst+1)
		copy(widths, natural)
		out.right = true
	}
	for _, i := range keep { // the last resort
		if over := over(); over > 0 && c.texts[i] == nil {
			widths[i] = max(min(widths[i], leastFigure), widths[i]-over)
		}
	}
	if over := over(); over > 0 {
		widths[keep[0]] = max(1, widths[keep[0]]-over)
	} else if first := &c.Columns[keep[0]]; first.Least > 0 && widths[keep[0]] < natural[keep[0]] {
		widths[keep[0]] = min(natural[keep[0]], widths[keep[0]]-over)
	}
	out.columns, out.widths = keep, widths
	return out
}

// worst is the place of the column that gives way next, -1 where none does.
func (s *State) worst(keep []int) int {
	worst := -1
	for at := len(keep) - 1; at > 0; at-- {
		switch {
		case keep[at] == s.sorted():
		case worst < 0, s.Column == 0 && s.Content.Columns[keep[at]].Drop > s.Content.Columns[keep[worst]].Drop:
			worst = at
		}
	}
	return worst
}

// ColumnAt is the id of the column whose heading is drawn at a cell of the first line, "" where that is none with
// values.
func (s *State) ColumnAt(x, width int, footer *Footer) string {
	if s.Content.Len() == 0 {
		return ""
	}
	l := s.lay(width, footer)
	from := mark
	for _, i := range l.columns {
		if to := from + l.widths[i]; x >= from && x < to+gap/2 && s.Content.Columns[i].Wide == nil {
			return s.Content.Columns[i].ID
		}
		from += l.widths[i] + gap
	}
	return ""
}

// Footer is the line below the rows.
type Footer struct {
	Label string
	Cells map[string]string // by the id of the column
}

// Render draws the table within a width and a height: the headings, the rows in sight, and the footer where there is
// room. Offset is where it starts; [State.Follow] keeps it around the cursor.
func (s *State) Render(t *theme.Theme, footer *Footer, width, height int) []string {
	if s.Content.Len() == 0 || height < 1 || width < 1 {
		return nil
	}
	l := s.lay(width, footer)
	lines := []string{s.heading(t, l, width)}
	rows := visibleRows(footer != nil, height)
	offset := s.offset(rows)
	for i := offset; i < min(offset+rows, len(s.shown)); i++ {
		line, marked := s.line(t, l, int(s.shown[i])), " "
		if s.marked[s.Content.ids[s.shown[i]]] {
			marked = "*"
		}
		switch {
		case i == s.Cursor:
			lines = append(lines, t.Marked.Text(draw.Left("▸"+marked+ansi.Strip(line), width)))
		case marked == "*":
			lines = append(lines, " "+t.Strong.Text(marked)+line)
		default:
			lines = append(lines, "  "+line)
		}
	}
	if footer != nil && height > footerHeight {
		lines = append(lines, s.footerLine(t, l, footer, width))
	}
	return lines
}

// footerHeight is the height above which there is a footer.
const footerHeight = 4

func visibleRows(footer bool, height int) int {
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

// Follow remembers where the rows in sight begin, for a height of the table with a footer.
func (s *State) Follow(height int) { s.Offset = s.offset(visibleRows(true, height)) }

// Page is how many rows are in sight in the given lines, less the footer.
func (s *State) Page(height int) int { return max(1, visibleRows(true, height)) }

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
		title, paint := column.title(), t.Muted
		if i == s.sorted() {
			glyph := "▲"
			if s.Down {
				glyph = "▼"
			}
			paint = t.Sorted
			if title = draw.Cut(title, l.widths[i]-2); title != "" {
				title += " "
			}
			title += glyph
		}
		title = draw.Cut(title, l.widths[i])
		blank := draw.Blank(l.widths[i] - draw.Width(title))
		if column.Align == view.Left {
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

func (s *State) line(t *theme.Theme, l layout, row int) string {
	var out strings.Builder
	for at, i := range l.columns {
		if at > 0 {
			out.WriteString(draw.Blank(gap))
		}
		column, width := &s.Content.Columns[i], l.widths[i]
		var text, before, after string
		switch {
		case column.Wide != nil:
			text = draw.Left(column.Wide(row, width), width)
		case column.Align == view.Left:
			text = draw.Cut(s.Content.text(i, row), width)
			after = draw.Blank(width - draw.Width(text))
		default:
			text = draw.Fit(s.Content.text(i, row), width)
			before = draw.Blank(width - draw.Width(text))
		}
		if column.Tone != nil {
			text = column.Tone(row, t).Text(text)
		}
		out.WriteString(before + text)
		if at < len(l.columns)-1 {
			out.WriteString(after)
		}
	}
	return out.String()
}

func (s *State) footerLine(t *theme.Theme, l layout, footer *Footer, width int) string {
	var out strings.Builder
	out.WriteString(draw.Blank(mark))
	for at, i := range l.columns {
		column := &s.Content.Columns[i]
		text := footer.Cells[column.ID]
		if at == 0 {
			text = footer.Label
		} else {
			out.WriteString(draw.Blank(gap))
		}
		if column.Align == view.Left {
			out.WriteString(draw.Left(text, l.widths[i]))
		} else {
			out.WriteString(draw.FitRight(text, l.widths[i]))
		}
	}
	return t.Strong.Text(draw.Cut(strings.TrimRight(out.String(), " "), width))
}
