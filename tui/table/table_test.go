package table_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/tui/table"
	"microspend/tui/theme"
)

func known(text string) table.Number { return table.Known(decimal.RequireFromString(text)) }

// fruit has a row of each kind: large, small, equal, negative, unknown, and one that is always last.
func fruit() *table.Content {
	names := []string{"Apple", "banana", "cherry pie", "date", "(other)"}
	amounts := []table.Number{known("10"), known("2.5"), known("10"), {}, known("99")}
	shares := []table.Number{known("0.5"), known("0.05"), known("-0.2"), {}, known("0.1")}
	of := func(numbers []table.Number) func(int) table.Number {
		return func(row int) table.Number { return numbers[row] }
	}
	cell := func(numbers []table.Number) func(int) string {
		return func(row int) string {
			if !numbers[row].Known {
				return "unknown"
			}
			return numbers[row].Value.String()
		}
	}
	return table.New([]table.Column{
		{Title: "name", Word: "name", Texts: names, Least: 6, Most: 20},
		{Title: "amount", Word: "amount", PercentWord: "share", Number: of(amounts), Cell: cell(amounts)},
		{Title: "bar", Word: "bar", Unsorted: true, Fixed: 5, Give: 9, Wide: func(_, width int) string { return strings.Repeat("━", width) }},
		{Title: "share", Word: "share", Percent: true, Number: of(shares), Cell: cell(shares), Give: 3},
		{Title: "kind", Word: "kind", Texts: []string{"fruit", "fruit", "cake", "fruit", ""}, Give: 4},
	}, names, func(row int) bool { return names[row] == "(other)" }, 1)
}

func rows(s *table.State) string {
	var names []string
	for _, row := range s.Rows() {
		names = append(names, s.Content.ID(int(row)))
	}
	return strings.Join(names, " ")
}

func TestOrders(t *testing.T) {
	s := &table.State{}
	s.SetSort("amount", true)
	s.SetContent(fruit())
	require.Equal(t, "Apple cherry pie banana date (other)", rows(s), "equal rows keep their order, unknown and folded ones are last")
	s.SetSort("amount", false)
	require.Equal(t, "banana Apple cherry pie date (other)", rows(s), "either way")
	s.SetSort("name", true)
	require.Equal(t, "date cherry pie banana Apple (other)", rows(s))
	s.SetSort("no such column", false)
	require.Equal(t, "Apple banana cherry pie date (other)", rows(s), "by the first column where there is none of that name")

	s.SetSort("name", false)
	var sorted []string
	for range 4 {
		sorted = append(sorted, s.Sort)
		s.NextSort(1)
	}
	require.Equal(t, []string{"name", "amount", "share", "kind"}, sorted, "pictures are passed over")
	require.Equal(t, "name", s.Sort)
	s.NextSort(-1)
	require.Equal(t, "kind", s.Sort)
}

func TestFilters(t *testing.T) {
	for _, row := range []struct{ filter, keeps, fault string }{
		{"", "Apple banana cherry pie date (other)", ""},
		{"app", "Apple", ""},
		{"APP", "Apple", ""},
		{"cake", "cherry pie", ""},
		{`"cherry pie"`, "cherry pie", ""},
		{`"cherry`, "cherry pie", ""},
		{"-a", "(other)", ""},
		{"an na", "banana", ""},
		{"amount > 2.5", "Apple cherry pie (other)", ""},
		{"amount>=2.5", "Apple banana cherry pie (other)", ""},
		{"amount < 10", "banana", ""},
		{"amount = 10", "Apple cherry pie", ""},
		{"amount == 10 and apple", "Apple", ""},
		{"amount != 10", "banana (other)", ""},
		{"amount > $9,9.5", "", ""},
		{"am > 50", "(other)", ""},
		{"share >= 5%", "Apple banana (other)", ""},
		{"share >= 5", "Apple banana (other)", ""},
		{"share < 0", "cherry pie", ""},
		{"share > -25%", "Apple banana cherry pie (other)", ""},
		{"amount > 20%", "Apple", ""},
		{"name = APPLE", "Apple", ""},
		{"kind != cake", "Apple banana date (other)", ""},
		{`name = "cherry pie"`, "cherry pie", ""},
		{"apple amount > 100", "", ""},
		{"amount >", "Apple banana cherry pie date (other)", "amount > what?"},
		{"amount > x apple", "Apple", "x is not a number"},
		{"> 5", "Apple banana cherry pie date (other)", "no column before it"},
		{"color > 5", "Apple banana cherry pie date (other)", "no column color; columns are name, amount, share, kind"},
		{"name > 5", "Apple banana cherry pie date (other)", "is text"},
		{"bar > 5", "Apple banana cherry pie date (other)", "no column bar"},
		{"!", "", ""},
	} {
		s := &table.State{}
		s.SetContent(fruit())
		s.SetFilter(row.filter)
		require.Equal(t, row.keeps, rows(s), row.filter)
		if row.fault == "" {
			require.NoError(t, s.Fault, row.filter)
		} else {
			require.ErrorContains(t, s.Fault, row.fault, row.filter)
		}
	}
	s := &table.State{}
	s.SetContent(fruit())
	s.SetFilter("apple")
	require.Equal(t, "10", s.Total().String(), "the rows shown are added up")
}

func TestCursorStaysOnItsRow(t *testing.T) {
	s := &table.State{}
	s.SetContent(fruit())
	s.Select("cherry pie")
	s.SetContent(fruit())
	require.Equal(t, "cherry pie", s.Content.ID(s.Row()))
	s.Move(100)
	require.Equal(t, "(other)", s.Content.ID(s.Row()))
	s.SetFilter("zzz")
	require.Equal(t, -1, s.Row())
	s.SetContent(nil)
	require.Equal(t, -1, s.Row())
	require.Zero(t, s.Shown())
	s.Scroll(1)
	s.NextSort(1)
	require.Empty(t, s.Render(theme.New(true, theme.None), nil, 80, 10))
}

func TestColumnsGiveWay(t *testing.T) {
	s := &table.State{}
	s.SetSort("amount", true)
	s.SetContent(fruit())
	heading := func(width int) string {
		return strings.Join(strings.Fields(strings.NewReplacer("▼", "", "›", "", "‹", "").Replace(ansi.Strip(s.Render(theme.New(true, theme.None), nil, width, 9)[0]))), " ")
	}
	require.Equal(t, "name amount bar share kind", heading(80))
	require.Equal(t, "name amount share kind", heading(41), "the picture goes first")
	require.Equal(t, "name amount share", heading(34))
	require.Equal(t, "name amount", heading(24), "what the rows are sorted by stays")
	s.Scroll(1)
	require.Equal(t, "name bar share kind", heading(60), "the first column stays while others are scrolled away")
	s.Scroll(100)
	require.Equal(t, "name kind", heading(60))
	s.Scroll(-100)
	require.Equal(t, "name amount bar share kind", heading(80))
}

// TestRenderFits draws tables of random content at random sizes.
func TestRenderFits(t *testing.T) {
	looks := theme.New(false, theme.Many)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "rows")
		ids, names, numbers := make([]string, n), make([]string, n), make([]table.Number, n)
		for i := range n {
			ids[i] = fmt.Sprint(i)
			names[i] = rapid.SampledFrom([]string{"a", "宽宽宽", "a long name of many words", ""}).Draw(t, "name")
			numbers[i] = table.Number{Value: decimal.New(rapid.Int64().Draw(t, "digits"), -4), Known: rapid.Bool().Draw(t, "known")}
		}
		s := &table.State{}
		s.SetContent(table.New([]table.Column{
			{Title: "name", Word: "name", Texts: names, Least: 8, Most: 30},
			{Title: "amount $", Word: "amount", Number: func(row int) table.Number { return numbers[row] }, Cell: func(row int) string { return numbers[row].Value.String() }, Give: 1},
			{Title: "", Word: "bar", Unsorted: true, Fixed: 10, Give: 2, Wide: func(_, width int) string { return strings.Repeat("▇", width) }},
			{Title: "more", Word: "more", Number: func(row int) table.Number { return numbers[row] }, Cell: func(row int) string { return numbers[row].Value.StringFixed(1) }, Give: 3},
		}, ids, nil, 1))
		width, height := rapid.IntRange(1, 120).Draw(t, "width"), rapid.IntRange(1, 30).Draw(t, "height")
		s.SetSort(rapid.SampledFrom([]string{"name", "amount", "more"}).Draw(t, "sort"), rapid.Bool().Draw(t, "down"))
		s.SetFilter(rapid.SampledFrom([]string{"", "a", "amount > 0", "zzz"}).Draw(t, "filter"))
		s.Move(rapid.IntRange(0, 40).Draw(t, "move"))
		s.Scroll(rapid.IntRange(0, 5).Draw(t, "scroll"))
		s.Follow(true, height)
		lines := s.Render(looks, &table.Footer{Label: "total", Cells: map[string]string{"amount": "1"}}, width, height)
		require.LessOrEqual(t, len(lines), max(height, 1))
		if s.Shown() > 0 && height > 1 && width >= 2 {
			require.True(t, slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(ansi.Strip(line), "▸") }), "the cursor is in sight")
		}
		for _, line := range lines[min(1, len(lines)):] {
			require.LessOrEqual(t, ansi.StringWidth(line), max(width, 40), "%q", ansi.Strip(line))
		}
	})
}

// FuzzFilter parses anything.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"", "a", "amount > 10", `"a b" -c share>=5%`, "> > >", "name = \"", "!= =", "amount > 1e9", "am<=-$1,000"} {
		f.Add(seed)
	}
	content := fruit()
	f.Fuzz(func(t *testing.T, text string) {
		s := &table.State{}
		s.SetContent(content)
		s.SetFilter(text)
		if s.Shown() > content.Len() {
			t.Fatal("a filter made rows")
		}
	})
}
