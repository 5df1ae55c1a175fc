package view

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// numbers is a table of the numbers below n.
func numbers(n int) *Table {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return NewTable([]Column[int]{{ID: "n", Title: "n", Align: Right, Value: func(n int) Value { return Count(n) }}}, rows,
		nil)
}

func csvOf(t require.TestingT, tables ...*Table) [][]string {
	documents := make([]Document, len(tables))
	for i, table := range tables {
		documents[i].Data = table
	}
	var out bytes.Buffer
	require.NoError(t, Render(&out, Options{Format: FormatCSV}, documents...))
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	return rows
}

func TestFirstAndPick(t *testing.T) {
	columns := []Column[int]{{ID: "a"}, {ID: "b"}, {Title: "bar"}, {ID: "c"}}
	ids := func(columns []Column[int]) string {
		var list []string
		for _, c := range columns {
			list = append(list, c.ID+c.Title)
		}
		return strings.Join(list, " ")
	}
	require.Equal(t, "c a b bar", ids(First(columns, "c", "a")))
	require.Equal(t, "b a bar c", ids(First(columns, "b", "unheard of")))
	require.Equal(t, "a b bar c", ids(First(columns)))
	require.Equal(t, "c b", ids(Pick(columns, "c", "b")))
	require.Equal(t, "a b bar c", ids(columns), "the columns given stay as they were")
}

func TestWhatFollowsFromAColumn(t *testing.T) {
	for _, tc := range []struct {
		name   string
		column Column[int]
		align  Align
		scope  Scope
	}{
		{"text", Column[int]{ID: "a", Title: "a"}, Left, Everyone},
		{"money lines up", Column[int]{ID: "a", Title: "a", Unit: "$"}, Decimal, Everyone},
		{"unless it says otherwise", Column[int]{ID: "a", Title: "a", Unit: "$", Align: Right}, Right, Everyone},
		{"a unit is a heading", Column[int]{ID: "a", Unit: "$"}, Decimal, Everyone},
		{"other units are words", Column[int]{ID: "a", Title: "from", Unit: "(UTC)"}, Left, Everyone},
		{"no heading, no people", Column[int]{ID: "a"}, Left, Data},
		{"unless it says otherwise", Column[int]{ID: "a", Scope: People | Data}, Left, People | Data},
		{"a picture", Column[int]{}, Left, Everyone},
	} {
		head := NewTable([]Column[int]{tc.column}, nil, nil).Columns[0]
		require.Equal(t, tc.align, head.Align, tc.name)
		require.Equal(t, tc.scope, head.Scope, tc.name)
	}
}

func TestHeadings(t *testing.T) {
	require.Equal(t, "amount $", Head{Title: "amount", Unit: "$"}.Heading())
	require.Equal(t, "$", Head{Unit: "$"}.Heading())
	require.Equal(t, "amount", Head{Title: "amount"}.Heading())
}

func TestScopes(t *testing.T) {
	for _, tc := range []struct {
		scope             Scope
		people, json, csv bool
	}{
		{Everyone, true, true, true},
		{People, true, false, false},
		{Data, false, true, true},
		{JSONOnly, false, true, false},
		{CSVOnly, false, false, true},
		{People | CSVOnly, true, false, true},
		{Nobody, false, false, false},
		{When(false, Everyone), false, false, false},
		{When(true, Everyone), true, true, true},
		{JSONOnly | When(false, People), false, true, false},
	} {
		head := Head{ID: "a", Scope: tc.scope}
		require.Equal(t, []bool{tc.people, tc.json, tc.csv}, []bool{head.forPeople(), head.inJSON(), head.inCSV()}, "%b",
			tc.scope)
	}
}

func TestRowsAreMadeInOrderWhateverTheBlocks(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, n := range []int{0, 1, 255, 256, 257, 2047, 2048, 2049, 5000} {
		next := int64(0)
		require.NoError(t, EachLine(numbers(n), func(batch *[]Value, row Row) {
			*batch = append(*batch, row.Cell(0)) // a row is lent
		}, func(batch *[]Value) error {
			for _, v := range *batch {
				number, _ := v.Number()
				require.Equal(t, next, number.IntPart())
				next++
			}
			return nil
		}))
		require.Equal(t, int64(n), next)
	}
}

func TestEachLineStopsAtAnError(t *testing.T) {
	stop, seen := errors.New("enough"), 0
	require.ErrorIs(t, EachLine(numbers(10_000), func(*int, Row) {}, func(*int) error {
		if seen++; seen == 3 {
			return stop
		}
		return nil
	}), stop)
	require.Equal(t, 3, seen)
}

// The same document is the same text however many processors make its rows.
func TestOutputDoesNotDependOnProcessors(t *testing.T) {
	document := Document{Sections: []Section{{Table: numbers(3000)}}, JSON: Records{numbers(3000)}}
	for _, format := range Formats() {
		var outputs []string
		for _, processors := range []int{1, 3, 8} {
			before := runtime.GOMAXPROCS(processors)
			var out bytes.Buffer
			require.NoError(t, Render(&out, Options{Format: format}, document))
			runtime.GOMAXPROCS(before)
			outputs = append(outputs, out.String())
		}
		require.Equal(t, outputs[0], outputs[1], format)
		require.Equal(t, outputs[0], outputs[2], format)
	}
}

func TestHeadingsAndNotesAroundRows(t *testing.T) {
	columns := []Column[string]{
		{ID: "name", Title: "name", Value: func(s string) Value { return Text(s) }},
		{ID: "n", Title: "n", Align: Right, Value: func(s string) Value { return Count(len(s)) }},
	}
	table := NewTable(columns, []string{"a", "bb"}, func(s string) Look {
		return Look{Heading: "About " + s, Notes: []string{s + " is explained.", "twice"}}
	})
	table.Add(Row{Look: Look{Kind: Total, Notes: []string{"all"}}, Cells: []Value{Text("total")}})
	document := Document{Sections: []Section{{Table: table}}}
	var out bytes.Buffer
	require.NoError(t, Render(&out, Options{Format: FormatTable}, document))
	require.Equal(t, `name   n
────────
About a
a      1
    a is explained.
    twice

About bb
bb     2
    bb is explained.
    twice
total
    all
`, ansi.Strip(out.String()))
	out.Reset()
	require.NoError(t, Render(&out, Options{Format: FormatMarkdown}, document))
	require.Equal(t, `| name | n |
| --- | ---: |
| **About a** |  |
| a | 1 |
| **About bb** |  |
| bb | 2 |
| **total** |  |
`, out.String(), "Markdown has no room for explanations within a table")
	require.Equal(t, [][]string{{"name", "n"}, {"a", "1"}, {"bb", "2"}}, csvOf(t, table))
}

func TestMarkdownEscapes(t *testing.T) {
	nasty := "|a|*b*_c_`d`<e>[f](g)#h~i~\\j\nk"
	var out bytes.Buffer
	require.NoError(t, Render(&out, Options{Format: FormatMarkdown}, Document{
		Title: nasty, Subtitle: "one\ntwo", Sections: []Section{{
			Heading: nasty, Notes: []Note{{Tag: nasty, Text: nasty}},
			Table: NewTable([]Column[string]{{ID: "a", Title: nasty, Value: func(s string) Value { return Text(s) }}},
				[]string{nasty}, nil),
			Picture: func(width int) string { return fmt.Sprintf("%d\n\n", width) },
		}},
	}))
	text := `\|a\|\*b\*\_c\_` + "\\`d\\`" + `&lt;e&gt;\[f\](g)\#h\~i\~\\j␊k`
	require.Equal(t, "## "+text+"\n\none; two\n\n### "+text+"\n\n| "+text+" |\n| --- |\n| "+text+
		" |\n\n```text\n80\n```\n\n- **"+text+"** "+text+"\n",
		out.String())
}

// tables are random: of any shape, with hostile text, missing cells and every kind of row.
func tables(t *rapid.T) *Table {
	n := rapid.IntRange(1, 6).Draw(t, "columns")
	columns := make([]Column[[]string], n)
	for i := range columns {
		columns[i] = Column[[]string]{
			ID: fmt.Sprintf("c%d", i), Title: rapid.SampledFrom([]string{"", "a", "a long title", "長い"}).Draw(t, "title"),
			Unit:  rapid.SampledFrom([]string{"", "", "$"}).Draw(t, "unit"),
			Align: rapid.SampledFrom([]Align{Left, Right, Decimal}).Draw(t, "align"), Drop: rapid.IntRange(0, 3).Draw(t, "drop"),
			Shrink: rapid.Bool().Draw(t, "shrink"), MinWidth: rapid.SampledFrom([]int{0, 0, 0, 100}).Draw(t, "least"),
			Scope: rapid.SampledFrom([]Scope{Everyone, Everyone, People, Data, JSONOnly, CSVOnly, Nobody}).Draw(t, "scope"),
			Value: func(cells []string) Value { return Text(cells[i]) },
		}
	}
	columns[0].Drop, columns[0].MinWidth = 0, 0
	columns = append(columns, Column[[]string]{ // without it, CSV could have empty lines, which readers skip
		ID: "last", Scope: CSVOnly, Value: func([]string) Value { return Text("end") },
	})
	cell := rapid.SampledFrom([]string{
		"", "x", "12.5", "~7", "-1,234.5678", "東京 🚀", "\x1b[2J\n",
		strings.Repeat("word ", 12), "=A1",
	})
	rows := rapid.SliceOfN(rapid.SliceOfN(cell, n, n), 0, 12).Draw(t, "rows")
	table := NewTable(columns, rows, func(cells []string) Look {
		return Look{Kind: RowKind(len(cells[0]) % 3), Notes: []string{cells[0]}}
	})
	if rapid.Bool().Draw(t, "total") {
		table.Add(Row{Look: Look{Kind: Total}, Cells: []Value{Text("total")}})
	}
	return table
}

// CSV and JSON of a table have the same data, field by field.
func TestCSVHasWhatJSONHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables(t)
		rows := csvOf(t, table)
		at := 1
		for n := range table.Lines() {
			row := table.Row(n)
			if row.Kind == Group {
				continue
			}
			for i, head := range table.Columns {
				if head.inCSV() {
					place := indexOf(rows[0], head.ID)
					require.Equal(t, SafeCell(row.Cell(i).Exact()), rows[at][place])
				}
			}
			at++
		}
		if len(rows) > 0 {
			require.Len(t, rows, at)
		}
	})
}

func indexOf(list []string, want string) int {
	for i, s := range list {
		if s == want {
			return i
		}
	}
	return -1
}

// No terminal ever gets a line wider than its width from a table whose columns can all give way.
func TestLinesKeepToAnyWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables(t)
		for i := range table.Columns {
			if i > 0 {
				table.Columns[i].Drop = max(table.Columns[i].Drop, 1)
			}
		}
		table.Columns[0].Shrink = true
		width := rapid.IntRange(40, 200).Draw(t, "width")
		var out bytes.Buffer
		require.NoError(t, Render(&out, Options{Format: FormatTable, Width: width},
			Document{Sections: []Section{{Table: table}}}))
		for line := range strings.SplitSeq(ansi.Strip(out.String()), "\n") {
			require.LessOrEqual(t, ansi.StringWidth(line), width, "%q", line)
			require.Equal(t, strings.TrimRight(line, " "), line, "no blanks at the end of lines")
		}
	})
}

func TestUnits(t *testing.T) {
	column := Column[decimal.Decimal]{ID: "amount", Title: "amount", Unit: "$", Value: Dollars}
	table := NewTable([]Column[decimal.Decimal]{column}, []decimal.Decimal{dec("1.005"), dec("1234.5")}, nil)
	var out bytes.Buffer
	require.NoError(t, Render(&out, Options{Format: FormatTable}, Document{Sections: []Section{{Table: table}}}))
	require.Equal(t, "amount $\n────────\n    1.00\n1,234.50\n", ansi.Strip(out.String()))
}
