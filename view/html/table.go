// Package html writes tables as HTML: a [view.Table] as the element that a page puts where it wants it. It is the
// program's own and promises nothing.
//
// Whatever a cell holds is made visible by [view.Visible] and escaped; markup comes only from the caller's own
// [Options.Cell]. The markup is short, as a page has tables of hundreds of rows: end tags that HTML leaves to be
// understood are left out, and how a column looks is said once, in the classes of the table: l2 sets its second column
// to the left, o5 leaves the fifth out where the screen is narrow. [Style] is the style sheet of that.
package html

import (
	"cmp"
	"html/template"
	"strconv"
	"strings"
	"time"

	"microspend/view"
)

// Options are what a table of a page takes besides its columns and rows.
type Options struct {
	Caption string
	// Find makes the table sort by the column whose heading is clicked, and labels its search field; "" is neither.
	Find   string
	Sorted string // the id of the column by which rows stand, the largest first
	Years  bool   // write days with their year
	// Cell is the markup of a cell of the column with that id or, where it has none, heading; nil columns are written as
	// text.
	Cell map[string]func(row int) template.HTML
	// Class is the class of a row; nil for none.
	Class func(row int) string
}

// Table writes a table. Totals at its end are its foot.
func Table(t *view.Table, o Options) template.HTML {
	w := writer{table: t, options: o}
	for i, head := range t.Columns {
		if head.Scope == view.Everyone || head.Scope&view.People != 0 {
			w.columns = append(w.columns, i)
		}
	}
	return template.HTML(w.write()) //nolint:gosec // every text of a cell is escaped
}

// Style is how tables stand on a page, for its style sheet: rules that hold everywhere, and those for narrow screens.
func Style() (always, narrow string) {
	for column := 2; column <= mostColumns; column++ {
		n := strconv.Itoa(column)
		always += ".l" + n + " tr>:nth-child(" + n + "){text-align:left}\n"
		narrow += ".o" + n + " tr>:nth-child(" + n + "){display:none}\n"
	}
	return always, narrow
}

// mostColumns is how many columns of a table may be other than the rest.
const mostColumns = 9

type writer struct {
	table   *view.Table
	options Options
	columns []int // the places of columns that are shown
	out     strings.Builder
}

func (w *writer) write() string {
	out := &w.out
	classes := make([]string, 0, len(w.columns))
	if w.options.Find != "" {
		classes = append(classes, "sort")
	}
	for place, i := range w.columns {
		if head := w.table.Columns[i]; place > 0 {
			if head.Align == view.Left {
				classes = append(classes, "l"+strconv.Itoa(place+1))
			}
			if head.Drop > 0 {
				classes = append(classes, "o"+strconv.Itoa(place+1))
			}
		}
	}
	out.WriteString("<table")
	if len(classes) > 0 {
		out.WriteString(` class="` + strings.Join(classes, " ") + `"`)
	}
	if w.options.Find != "" {
		out.WriteString(` data-find="` + escaped(w.options.Find) + `"`)
	}
	out.WriteString(">\n")
	if w.options.Caption != "" {
		out.WriteString("<caption>" + escaped(w.options.Caption) + "</caption>\n")
	}
	out.WriteString("<thead><tr>")
	for place, i := range w.columns {
		w.heading(place, w.table.Columns[i])
	}
	out.WriteString("</thead>\n<tbody>\n")
	rows := w.table.ForPeople()
	foot := len(rows)
	for foot > 0 && rows[foot-1].Kind == view.Total {
		foot--
	}
	for i, row := range rows {
		if i == foot {
			out.WriteString("</tbody>\n<tfoot>")
		}
		w.row(i, row)
	}
	if foot < len(rows) {
		out.WriteString("</tfoot></table>")
	} else {
		out.WriteString("</tbody></table>")
	}
	return out.String()
}

func (w *writer) heading(place int, head view.Head) {
	w.out.WriteString("<th scope=col")
	switch {
	case place == 0:
		w.out.WriteString(" class=l")
	case w.options.Sorted != "" && head.ID == w.options.Sorted:
		w.out.WriteString(" aria-sort=descending")
	}
	if head.ID == "" {
		w.out.WriteString(" data-fixed") // nothing to sort by
	}
	w.out.WriteString(">" + escaped(capital(cmp.Or(head.LongHeading(), head.Heading()))))
}

func (w *writer) row(i int, row view.Row) {
	class := ""
	if w.options.Class != nil && i < w.table.Lines() {
		class = w.options.Class(i)
	}
	w.out.WriteString("<tr")
	if class != "" {
		w.out.WriteString(" class=" + class)
	}
	w.out.WriteByte('>')
	for place, c := range w.columns {
		if place == 0 {
			w.out.WriteString("<th scope=row>")
		} else {
			w.out.WriteString("<td>")
		}
		head := w.table.Columns[c]
		name := head.ID
		if name == "" {
			name = head.Title
		}
		if markup := w.options.Cell[name]; markup != nil && i < w.table.Lines() {
			w.out.WriteString(string(markup(i)))
			continue
		}
		w.out.WriteString(w.cell(row.Cell(c)))
	}
	w.out.WriteByte('\n')
}

func (w *writer) cell(v view.Value) string {
	if day, ok := v.Calendar(); ok {
		shape := "Mon 2 Jan"
		if w.options.Years {
			shape = "Mon 2 Jan 2006"
		}
		return "<time datetime=" + day.Format(time.DateOnly) + ">" + day.Format(shape) + "</time>"
	}
	return escaped(Text(v))
}

// Text is a value as a page has it: with a minus sign before what is below zero, and "<0.01" for what is above zero and
// comes to no cent.
func Text(v view.Value) string {
	text := v.String()
	d, ok := v.Number()
	if !ok {
		return text
	}
	if d.IsPositive() && strings.HasPrefix(text, "0.") && !strings.ContainsAny(text, "123456789") {
		last := strings.LastIndexByte(text, '0')
		return "<" + text[:last] + "1" + text[last+1:]
	}
	return strings.Replace(text, "-", "−", 1)
}

// Escaped is text from outside as markup.
func Escaped(text string) template.HTML { return template.HTML(escaped(text)) } //nolint:gosec // that is what it does

func escaped(text string) string { return template.HTMLEscapeString(view.Visible(text)) }

// capital begins a heading with a capital, but for words such as vCPU.
func capital(text string) string {
	if len(text) > 1 && text[1] >= 'a' && text[1] <= 'z' || len(text) > 1 && text[1] == ' ' {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}
