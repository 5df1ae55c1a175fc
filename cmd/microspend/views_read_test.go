package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"
)

// grid is a table as a reader of some rendering sees it: the texts of its cells under their headings.
type grid struct {
	head []string
	rows [][]string
}

// column is where a heading is.
func (g grid) column(t *testing.T, headings ...string) int {
	t.Helper()
	for i, head := range g.head {
		if slices.Contains(headings, head) {
			return i
		}
	}
	require.Fail(t, "no such column", "%q among %q", headings, g.head)
	return -1
}

// pick is some of the columns, in order. A row that is too short has empty cells.
func (g grid) pick(columns ...int) (out [][]string) {
	for _, row := range g.rows {
		picked := make([]string, len(columns))
		for i, c := range columns {
			if c < len(row) {
				picked[i] = row[c]
			}
		}
		out = append(out, picked)
	}
	return out
}

// drawn reads a table that is aligned with blanks: columns are where every line has at least two blanks.
func drawn(lines []string) grid {
	cells := make([][]rune, len(lines))
	width := 0
	for i, line := range lines {
		cells[i] = []rune(line)
		width = max(width, len(cells[i]))
	}
	blank := func(at int) bool {
		return !slices.ContainsFunc(cells, func(line []rune) bool { return at < len(line) && line[at] != ' ' })
	}
	var starts, ends []int
	for at := 0; at < width; at++ {
		if blank(at) {
			continue
		}
		from := at
		for at < width && (!blank(at) || !blank(at+1)) {
			at++
		}
		starts, ends = append(starts, from), append(ends, at)
	}
	var out grid
	for i, line := range cells {
		row := make([]string, len(starts))
		for c := range starts {
			row[c] = strings.TrimSpace(string(line[min(starts[c], len(line)):min(ends[c], len(line))]))
		}
		if i == 0 {
			out.head = row
		} else {
			out.rows = append(out.rows, row)
		}
	}
	return out
}

// terminal reads the first table of a terminal's output: from the line above its rule to the next empty one.
func terminal(t *testing.T, text string) grid {
	t.Helper()
	lines := strings.Split(text, "\n")
	rule := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "──") })
	require.Positive(t, rule, text)
	end := slices.Index(lines[rule:], "")
	require.Positive(t, end, text)
	return drawn(append([]string{lines[rule-1]}, lines[rule+1:rule+end]...))
}

// frame reads the listing of a frame of the dashboard.
func frame(t *testing.T, text string) grid {
	t.Helper()
	lines := strings.Split(text, "\n")
	heading := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "amount $") })
	require.Positive(t, heading, text)
	lines = lines[heading:]
	end := slices.IndexFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	require.Positive(t, end, text)
	marks := strings.NewReplacer("▸", " ", " ▼", "  ", " ▲", "  ")
	for i := range end {
		lines[i] = marks.Replace(lines[i])
	}
	return drawn(lines[:end])
}

// markdown reads the first table of a Markdown document.
func markdown(t *testing.T, text string) (out grid) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			if out.rows != nil {
				break
			}
			continue
		}
		line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00")
		row := strings.Split(line, "|")
		for i := range row {
			row[i] = plainMarkdown(row[i])
		}
		if out.head == nil {
			out.head = row
		} else {
			out.rows = append(out.rows, row)
		}
	}
	require.NotEmpty(t, out.rows, text)
	out.rows = out.rows[1:] // the rule
	return out
}

// plainMarkdown is what Markdown shows of a cell.
func plainMarkdown(cell string) string {
	cell = strings.Trim(strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|")), "*")
	var out strings.Builder
	escaped := false
	for _, r := range cell {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		if escaped && !unicode.IsPunct(r) && !unicode.IsSymbol(r) {
			out.WriteRune('\\')
		}
		escaped = false
		out.WriteRune(r)
	}
	return html.UnescapeString(out.String())
}

func csvGrid(t *testing.T, text string) grid {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err, text)
	for _, row := range rows[1:] {
		for i, cell := range row {
			row[i] = strings.TrimPrefix(cell, "'") // what a spreadsheet must not take for a formula
		}
	}
	return grid{rows[0], rows[1:]}
}

// object is a JSON object.
type object map[string]any

func decode(t *testing.T, text string) (o object) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &o), text)
	return o
}

// text is a field as CSV has it: "" where it is null or not there.
func (o object) text(field string) string {
	text, _ := o[field].(string)
	return text
}

// objects is a field that is an array of objects.
func (o object) objects(t *testing.T, field string) (out []object) {
	t.Helper()
	array, ok := o[field].([]any)
	require.True(t, ok, "%s of %v", field, o)
	for _, item := range array {
		out = append(out, object(item.(map[string]any)))
	}
	return out
}

// workbook reads the sheets of a workbook.
func workbook(t *testing.T, content string) map[string]grid {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader([]byte(content)))
	require.NoError(t, err)
	defer file.Close()
	sheets := map[string]grid{}
	for _, name := range file.GetSheetList() {
		rows, err := file.GetRows(name)
		require.NoError(t, err)
		sheets[name] = grid{rows[0], rows[1:]}
	}
	return sheets
}

// page reads the tables of an HTML page by their captions' beginnings.
type page struct{ root *html.Node }

func parsePage(t *testing.T, text string) page {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	require.NoError(t, err)
	return page{root}
}

// find is the first element of a kind that a condition holds for.
func (p page) find(tag string, holds func(*html.Node) bool) *html.Node {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == tag && holds(n) {
			return n
		}
	}
	return nil
}

// table is the table whose caption begins with a text.
func (p page) table(t *testing.T, caption string) grid {
	t.Helper()
	table := p.find("table", func(n *html.Node) bool {
		found := page{n}.find("caption", func(*html.Node) bool { return true })
		return found != nil && strings.HasPrefix(shownText(found), caption)
	})
	require.NotNil(t, table, caption)
	var out grid
	for n := range table.Descendants() {
		if n.Type != html.ElementNode || n.Data != "tr" {
			continue
		}
		var row []string
		for c := range n.ChildNodes() {
			if c.Type == html.ElementNode && (c.Data == "td" || c.Data == "th") {
				row = append(row, shownText(c))
			}
		}
		if out.head == nil {
			out.head = row
		} else {
			out.rows = append(out.rows, row)
		}
	}
	return out
}

// shownText is the text of an element without its pictures, with single blanks and the minus sign that there is on
// keys.
func shownText(n *html.Node) string {
	var out strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			out.WriteString(n.Data)
		case n.Type == html.ElementNode && n.Data == "svg":
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return strings.ReplaceAll(strings.Join(strings.Fields(out.String()), " "), "−", "-")
}

// plainNumber is an amount as people read it without its commas.
func plainNumber(text string) string { return strings.ReplaceAll(text, ",", "") }

func number(t *testing.T, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(plainNumber(text))
	require.NoError(t, err)
	return d
}
