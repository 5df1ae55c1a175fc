package view

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestVisible(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain text stays", "a – b × 10 µs 東京 🚀", "a – b × 10 µs 東京 🚀"},
		{"escape sequences show", "\x1b[2Jgone", "␛[2Jgone"},
		{"line breaks show", "a\r\nb\tc", "a␍␊b␉c"},
		{"delete and C1", "a\x7fb\u0085c\u009bd", "a␡b<U+0085>c<U+009B>d"},
		{"text that runs backwards", "\u202eevil\u2066", "<U+202E>evil<U+2066>"},
		{"text that hides", "a\u200bb\ufeff", "a<U+200B>b<U+FEFF>"},
		{"broken UTF-8", "a\xffb", "a<U+FFFD>b"},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, Visible(test.in)) })
	}
}

func TestCSVCellsAreNoFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "@x": "'@x", "-x": "'-x", "\tx": "␉x", "\rx": "␍x", "a\x1b]0;b": "a␛]0;b",
		"-1.25": "-1.25", "-0": "-0", "--1": "'--1", "-1.2.3": "'-1.2.3", "-": "'-", "": "", "a=b": "a=b",
	} {
		require.Equal(t, want, SafeCell(in), "%q", in)
	}
}

func TestCSVOfDifferentColumns(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Render(&out, Options{Format: FormatCSV},
		Document{Data: csvTable([][]string{{"name", "amount", "list"}, {"a", "1", "2"}})},
		Document{},
		Document{Data: csvTable([][]string{{"name", "amount"}, {"b", "3"}})},
		Document{Data: csvTable([][]string{{"name", "low", "amount"}, {"c", "4", "5"}})},
	))
	require.Equal(t, "name,amount,list,low\na,1,2,\nb,3,,\nc,5,,4\n", out.String(), "each cell under its own name")
}

func hostile() Document {
	name := "=cmd|'/c calc'\x1b[31m\u202e|\n<b>*x*"
	return Document{
		Title: name,
		Sections: []Section{
			{Heading: name, Table: plainTable([]Head{
				{Title: "name", Shrink: true},
				{Title: "n", Align: Decimal, Drop: 1},
				{Title: "wide"},
			}, []shownRow{
				{kind: headingRow, cells: []string{name}},
				{cells: []string{name, "1.25", strings.Repeat("長", 30)}},
				{kind: noteRow, cells: []string{name}},
				{kind: Total, cells: []string{"total"}},
			})},
			{Notes: []Note{{Tag: name, Text: name, Warn: true}}},
		},
		JSON: map[string]string{"name": name},
		Data: csvTable([][]string{{"name"}, {name}}),
	}
}

func TestOutputIsHarmless(t *testing.T) {
	for _, format := range []Format{FormatTable, FormatMarkdown} {
		var out bytes.Buffer
		require.NoError(t, Render(&out, Options{Format: format, Width: 60}, hostile()))
		text := ansi.Strip(out.String())
		require.NotContains(t, text, "\x1b")
		require.NotContains(t, text, "\u202e")
		require.NotContains(t, text, "\x00", "no mark of a spanning row is left")
		if format == FormatMarkdown {
			require.NotContains(t, text, "<b>")
			for line := range strings.SplitSeq(text, "\n") {
				if strings.HasPrefix(line, "|") {
					require.Equal(t, 4, strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"), line)
				}
			}
		}
	}
	var out bytes.Buffer
	require.NoError(t, Render(&out, Options{Format: FormatCSV}, hostile()))
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(rows[1][0], "'="))
}

func TestTablesKeepToTheWidth(t *testing.T) {
	document := Document{Sections: []Section{{Table: plainTable([]Head{
		{Title: "what", Shrink: true},
		{Title: "amount", Align: Decimal},
		{Title: "unit", Drop: 2},
		{Title: "rate", Align: Decimal, Drop: 1},
	}, []shownRow{
		{kind: Group, cells: []string{"group", "", "", "1.5"}},
		{cells: []string{strings.Repeat("long ", 12), "1,234.56", "GB-Hours", "0.0001"}},
		{cells: []string{"東京の長い名前 🚀", "7.1", "s", "12.25"}},
		{kind: noteRow, cells: []string{strings.Repeat("word ", 40)}},
	})}}}
	for width := 40; width <= 140; width++ {
		var out bytes.Buffer
		require.NoError(t, Render(&out, Options{Format: FormatTable, Width: width}, document))
		for line := range strings.SplitSeq(ansi.Strip(out.String()), "\n") {
			require.LessOrEqual(t, ansi.StringWidth(line), width, "%d: %q", width, line)
		}
	}
}

func TestDecimalPointsStandUnderEachOther(t *testing.T) {
	rows := []shownRow{
		{cells: []string{"1,234.5"}},
		{cells: []string{"~22"}},
		{cells: []string{""}},
		{cells: []string{"0.0001"}},
		{cells: []string{"2.5 %"}},
	}
	l := layout{rows: rows}
	l.alignPoints(0)
	points := map[int]bool{}
	for _, row := range rows {
		if dot := strings.IndexByte(row.cells[0], '.'); dot >= 0 {
			points[ansi.StringWidth(row.cells[0][dot:])] = true
		}
	}
	require.Len(t, points, 1)
	require.Empty(t, rows[2].cells[0])
}

func TestPlacesFor(t *testing.T) {
	for _, test := range []struct {
		name    string
		amounts []string
		want    int32
	}{
		{"cents are enough", []string{"16.79", "0.13"}, 2},
		{"nothing", nil, 2},
		{"zero says nothing", []string{"0", "1"}, 2},
		{"a tenth of a cent", []string{"16.79", "0.0012"}, 4},
		{"the smallest decides", []string{"0.05", "0.00031"}, 5},
		{"up to a limit", []string{"0.000000000012"}, 8},
		{"trailing zeros don't count", []string{"0.0500000"}, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			var amounts []decimal.Decimal
			for _, a := range test.amounts {
				amounts = append(amounts, decimal.RequireFromString(a))
			}
			require.Equal(t, test.want, PlacesFor(amounts))
		})
	}
}

func FuzzRender(f *testing.F) {
	f.Add("name", "1.25", 80)
	f.Add("\x00\x1b", "~7", 40)
	f.Fuzz(func(t *testing.T, name, number string, width int) {
		width = 40 + (width&0x7fffffff)%200
		document := Document{Title: name, Sections: []Section{{
			Heading: name,
			Table: plainTable([]Head{{Title: "a", Shrink: true}, {Title: "b", Align: Decimal}},
				[]shownRow{{cells: []string{name, number}}, {kind: noteRow, cells: []string{name}}}),
			Notes: []Note{{Tag: name, Text: number}},
		}}}
		for _, format := range []Format{FormatTable, FormatMarkdown} {
			var out bytes.Buffer
			require.NoError(t, Render(&out, Options{Format: format, Width: width}, document))
			for _, r := range ansi.Strip(out.String()) {
				require.False(t, r != '\n' && deceptive(r) && r != 0xfffd, "%U", r)
			}
		}
	})
}

// A column that is not shown must not take room from one that may shrink.
func TestHiddenColumnsTakeNoRoom(t *testing.T) {
	name := strings.Repeat("n", 40)
	var out bytes.Buffer
	require.NoError(t, Render(&out, Options{Format: FormatTable, Width: 80},
		Document{Sections: []Section{{Table: plainTable([]Head{
			{Title: "name", Shrink: true},
			{Title: "words", MinWidth: 130},
		}, []shownRow{{cells: []string{name, strings.Repeat("w", 90)}}})}}}))
	require.Contains(t, out.String(), name)
}

func TestWrap(t *testing.T) {
	for _, tc := range []struct {
		name, reason, text, want string
		width                    int
	}{
		{"words", "", "one two three", "one two\nthree", 10},
		{"hyphen", "the name of a region is one word", "rates of us-east-1", "rates of\nus-east-1", 14},
		{"long", "what does not fit is broken all the same", "AWS-Lambda-MicroVM", "AWS-Lambda\n-MicroVM", 10},
		{"held already", "what is written as such a hyphen stays one", "a\u2011b c-d efgh", "a\u2011b c-d\nefgh", 10},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, wrap(tc.text, tc.width), tc.reason) })
	}
}

// plainTable is a table of words.
func plainTable(columns []Head, rows []shownRow) *Table {
	t := &Table{Columns: columns}
	for _, row := range rows {
		t.Add(Row{Look: Look{Kind: row.kind, Warn: row.warn}, Cells: texts(row.cells)})
	}
	return t
}

// csvTable is a table of data, its header first.
func csvTable(rows [][]string) *Table {
	var columns []Column[[]string]
	for i, id := range rows[0] {
		columns = append(columns, Column[[]string]{ID: id, Value: func(row []string) Value { return Text(row[i]) }})
	}
	return NewTable(columns, rows[1:], nil)
}

func texts(words []string) []Value {
	values := make([]Value, len(words))
	for i, word := range words {
		values[i] = Text(word)
	}
	return values
}

// TestNamesAreNeverCutAlike: names that start, or end, with the same words stay apart, at any width.
func TestNamesAreNeverCutAlike(t *testing.T) {
	const same = "EC2 t4g.medium shared by four users of the same team"
	long := strings.Repeat("the very same words ", 20)
	names := []string{
		same + ", equal at h/day, 20 d", same + ", equal at h/day, 22 d", "20 d: " + same, "22 d: " + same,
		strings.Repeat("x", 150) + "1", strings.Repeat("x", 150) + "2", long + "1 " + long, long + "2 " + long,
	}
	var rows []shownRow
	for _, name := range names {
		rows = append(rows, shownRow{cells: []string{name, "1.00", "✓ follows"}})
	}
	for width := 40; width <= 140; width += 5 {
		var out bytes.Buffer
		table := plainTable([]Head{{Title: "what", Shrink: true}, {Title: "n", Align: Decimal}, {Title: "verdict"}}, rows)
		require.NoError(t, Render(&out, Options{Format: FormatTable, Width: width}, Document{Sections: []Section{{Table: table}}}))
		shown := map[string]bool{}
		for row := range strings.SplitSeq(strings.ReplaceAll(out.String(), "\n  ", " "), "\n") {
			require.False(t, row != "" && shown[row], "%d: two rows read %q", width, row)
			shown[row] = true
		}
	}
}

func TestFold(t *testing.T) {
	for _, test := range []struct{ name, reason, cell, want string }{
		{"fits", "as it is", "  baseline vCPU", "  baseline vCPU"},
		{"between words", "and what follows hangs", "EC2 t4g.medium, equal at h/day", "EC2 t4g.medium,\n  equal at h/day"},
		{"indented", "as a line of a group is", "  EC2 t4g.medium, equal at h/day", "  EC2 t4g.medium,\n    equal at h/day"},
		{"a word too long", "it is broken within", "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqr\n  stuvwxyz"},
		{
			"many lines", "the start and the end say most", "one two three four five six seven eight nine ten eleven twelve thirteen",
			"one two three four\n  five six seven\n  …n twelve thirteen",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, fold(test.cell, 20, foldedLines), test.reason)
			for line := range strings.SplitSeq(fold(test.cell, 20, foldedLines), "\n") {
				require.LessOrEqual(t, ansi.StringWidth(line), 20)
			}
		})
	}
}
