package table_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/tui/table"
	"microspend/tui/theme"
	"microspend/view"
)

func number(text string) view.Value { return view.Exact(decimal.RequireFromString(text)) }

func part(text string) view.Value { return view.Percent(decimal.RequireFromString(text), 0) }

// column is a column of view package with a value for each row.
func column(id string, align view.Align, drop int, values ...view.Value) view.Column[int] {
	return view.Column[int]{
		ID: id, Title: id, Align: align, Drop: drop, Value: func(row int) view.Value { return values[row] },
	}
}

func words(words ...string) (values []view.Value) {
	for _, w := range words {
		values = append(values, view.Text(w))
	}
	return values
}

// fruit has a row of each kind: large, small, equal, negative, unknown, and one that is always last.
func fruit() *table.Content {
	names := []string{"Apple", "banana", "cherry pie", "date", "(other)"}
	unknown := view.Missing("unknown")
	return table.New([]table.Column{
		{Column: column("name", view.Left, 0, words(names...)...), Least: 6, Most: 20},
		{
			Column:    column("amount", view.Right, 0, number("10"), number("2.5"), number("10"), unknown, number("99")),
			InPercent: "share",
		},
		{
			Column: column("bar", view.Left, 9), Fixed: 5,
			Wide: func(_, width int) string { return strings.Repeat("━", width) },
		},
		{Column: column("share", view.Right, 3, part("0.5"), part("0.05"), part("-0.2"), unknown, part("0.1"))},
		{Column: column("kind", view.Left, 4, words("fruit", "fruit", "cake", "fruit", "")...)},
	}, names, func(row int) bool { return names[row] == "(other)" }, "amount")
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
	require.Equal(t, "Apple cherry pie banana date (other)", rows(s),
		"equal rows keep their order, unknown and folded ones are last")
	s.SetSort("amount", false)
	require.Equal(t, "banana Apple cherry pie date (other)", rows(s), "either way")
	s.SetSort("name", true)
	require.Equal(t, "date cherry pie banana Apple (other)", rows(s))
	s.SetSort("no such column", false)
	require.Equal(t, "Apple banana cherry pie date (other)", rows(s),
		"by the first column where there is none of that name")

	s.SetSort("name", false)
	for _, choice := range s.Content.Choices() {
		require.NotEqual(t, "bar", choice.ID, "pictures are passed over")
		if choice.ID != "name" {
			s.SortBy(choice.ID)
		}
		require.Equal(t, choice, s.Sorted())
		require.Equal(t, s.Sort == "amount" || s.Sort == "share", s.Down,
			"numbers start with the largest, texts with the first")
		down := s.Down
		s.SortBy(choice.Word)
		require.Equal(t, !down, s.Down, "the same column again sorts the other way around")
	}
	s.SortBy("bar")
	require.Equal(t, "kind", s.Sort)
}

// TestMarks keeps marks on their rows whatever else changes, and adds them up.
func TestMarks(t *testing.T) {
	s := &table.State{}
	s.SetContent(fruit())
	names := func() (names string) {
		for _, row := range s.Marks() {
			names += " " + s.Content.ID(int(row))
		}
		return names
	}
	s.Mark()
	s.Mark()
	require.Equal(t, " Apple banana", names())
	require.Equal(t, "cherry pie", s.Content.ID(s.Row()), "the cursor moves on")
	require.Equal(t, "12.5", s.MarkedTotal().String(), "10 + 2.5")
	s.SetSort("amount", false)
	require.Equal(t, " banana Apple", names(), "in the order of the table")
	s.SetFilter("pie")
	s.SetContent(fruit())
	require.Equal(t, " banana Apple", names(), "a filter and new data leave them")
	s.MarkShown()
	require.Equal(t, " banana Apple cherry pie", names())
	s.SetFilter("")
	s.Select("Apple")
	s.Mark()
	require.Equal(t, " banana cherry pie", names(), "a second time takes the mark away")
	s.SetContent(nil)
	require.Empty(t, names())
	require.False(t, s.Unmark())
	s.SetContent(fruit())
	require.Empty(t, names())
	s.SetFilter("zzz")
	s.Mark()
	require.Empty(t, names(), "there is no row")
}

// TestHiddenColumns leaves columns out, but never the first, and what the rows are sorted by.
func TestHiddenColumns(t *testing.T) {
	s := &table.State{}
	s.SetContent(fruit())
	s.SetSort("amount", true)
	heading := func() string { return ansi.Strip(s.Render(theme.New(true, theme.None), nil, 80, 9)[0]) }
	s.ToggleColumn("share")
	s.ToggleColumn("amount")
	s.ToggleColumn("name")
	require.NotContains(t, heading(), "share")
	require.Contains(t, heading(), "amount ▼")
	require.Contains(t, heading(), "name")
	require.True(t, s.Hides("share"))
	s.SetSort("kind", true)
	require.NotContains(t, heading(), "amount")
	s.ToggleColumn("share")
	require.Contains(t, heading(), "share")
}

// TestHeldOrder takes new data while somebody reads: rows stay where they are, and so does the cursor on the screen.
func TestHeldOrder(t *testing.T) {
	of := func(names string, amounts ...string) *table.Content {
		ids := strings.Fields(names)
		var values []view.Value
		for _, amount := range amounts {
			values = append(values, number(amount))
		}
		return table.New([]table.Column{
			{Column: column("name", view.Left, 0, words(ids...)...)}, {Column: column("amount", view.Right, 0, values...)},
		}, ids, nil, "amount")
	}
	s := &table.State{}
	s.Hold()
	require.False(t, s.Held(), "nothing stands in any order yet")
	s.SetSort("amount", true)
	s.SetContent(of("a b c d e", "5", "4", "3", "2", "1"))
	s.Cursor, s.Offset = 3, 1 // on d, in the third line of the screen
	s.Hold()
	s.SetContent(of("a b c d e f", "1", "2", "3", "4", "5", "9"))
	require.Equal(t, "a b c d e f", rows(s), "in the order held, the new one last")
	s.SetContent(of("f e d c b", "9", "5", "4", "3", "2"))
	require.Equal(t, "b c d e f", rows(s), "one that is gone leaves")
	require.Equal(t, "d", s.Content.ID(s.Row()), "the cursor is on its row")
	require.Equal(t, 0, s.Offset, "in the same line of the screen")
	require.Equal(t, "23", s.Total().String())

	s.SetFilter("amount > 2")
	require.Equal(t, "c d e f", rows(s), "a filter chooses of them and leaves their order alone")
	s.SetFilter("")
	s.Select("d")
	s.Release()
	require.Equal(t, "f e d c b", rows(s), "sorted again")
	require.Equal(t, "d", s.Content.ID(s.Row()))
	s.Hold()
	s.SetSort("name", false)
	require.False(t, s.Held(), "who sorts wants another order")
	s.Hold()
	s.SetContent(nil)
	require.False(t, s.Held(), "there is nothing left to hold")
}

// TestLengthsOfTime filters a column of lengths of time, which compare as such and not as the text that they show.
func TestLengthsOfTime(t *testing.T) {
	ages := []time.Duration{9 * time.Minute, 7*time.Hour + 30*time.Second, 7 * time.Hour, 49 * time.Hour}
	c := table.New([]table.Column{
		{Column: column("name", view.Left, 0, words("a", "b", "c", "d", "e")...)},
		{Column: view.Column[int]{ID: "age", Title: "age", Align: view.Right, Value: func(row int) view.Value {
			if row == len(ages) {
				return view.Missing("–")
			}
			return view.Duration(ages[row])
		}}},
	}, []string{"a", "b", "c", "d", "e"}, nil, "")
	for _, row := range []struct{ filter, keeps, fault string }{
		{"age>7h", "b d", ""},
		{"age >= 7h", "b c d", ""},
		{"age<1h", "a", ""},
		{"age=420m", "c", ""},
		{"age>2d", "d", ""},
		{"age<2d1h", "a b c", ""},
		{"age>=7h0m30s age<=7h0.5m", "b", ""},
		{"age>-1s", "a b c d", ""},
		{"age>7", "a b c d e", "7 is not a length of time such as 90s, 5m, 1h30m or 2d"},
		{"age>d", "a b c d e", "d is not a length of time"},
		{"age>7x b", "b", "7x is not a length of time"},
		{"age>99999d", "a b c d e", "is not a length of time"},
		{"age>5%", "a b c d e", "5% is not a length of time"},
	} {
		s := &table.State{}
		s.SetContent(c)
		s.SetFilter(row.filter)
		require.Equal(t, row.keeps, rows(s), row.filter)
		if row.fault == "" {
			require.NoError(t, s.Fault, row.filter)
		} else {
			require.ErrorContains(t, s.Fault, row.fault, row.filter)
		}
	}
	s := &table.State{}
	s.SetContent(c)
	s.SetSort("age", true)
	require.Equal(t, "d b c a e", rows(s), "by what it is, not by what it reads")
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
	s.SortBy("name")
	require.Empty(t, s.Render(theme.New(true, theme.None), nil, 80, 10))
}

func TestColumnsGiveWay(t *testing.T) {
	s := &table.State{}
	s.SetSort("amount", true)
	s.SetContent(fruit())
	heading := func(width int) string {
		return strings.Join(strings.Fields(strings.NewReplacer("▼", "", "▲", "", "›", "", "‹",
			"").Replace(ansi.Strip(s.Render(theme.New(true, theme.None), nil, width, 9)[0]))), " ")
	}
	require.Equal(t, "name amount bar share kind", heading(80))
	require.Equal(t, "name amount share kind", heading(41), "the picture goes first")
	require.Equal(t, "name amount share", heading(34))
	require.Equal(t, "name amount", heading(24), "what the rows are sorted by stays")
	s.Scroll(1)
	require.Equal(t, "name amount bar share kind", heading(60), "what the rows are sorted by stays")
	s.Scroll(1)
	require.Equal(t, "name amount share kind", heading(60), "as does the first column, while others are scrolled away")
	s.Scroll(100)
	require.Equal(t, "name amount kind", heading(60))
	s.SetSort("kind", false)
	s.Scroll(-100)
	s.Scroll(1)
	require.Equal(t, "name bar share kind", heading(60))
	require.Equal(t, "name kind", heading(20), "at the right, too")
	s.SetSort("amount", true)
	s.Scroll(-100)
	require.Equal(t, "name amount bar share kind", heading(80))
}

// TestRenderFits draws tables of random content at random sizes.
func TestRenderFits(t *testing.T) {
	looks := theme.New(false, theme.Many)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "rows")
		ids, names, numbers := make([]string, n), make([]string, n), make([]view.Value, n)
		for i := range n {
			ids[i] = fmt.Sprint(i)
			names[i] = rapid.SampledFrom([]string{"a", "宽宽宽", "a long name of many words", ""}).Draw(t, "name")
			numbers[i] = view.Exact(decimal.New(rapid.Int64().Draw(t, "digits"), -4)).Or("unknown",
				rapid.Bool().Draw(t, "known"))
		}
		s := &table.State{}
		s.SetContent(table.New([]table.Column{
			{Column: column("name", view.Left, 0, words(names...)...), Least: 8, Most: 30},
			{Column: column("amount", view.Decimal, 1, numbers...)},
			{
				Column: column("bar", view.Left, 2), Fixed: 10,
				Wide: func(_, width int) string { return strings.Repeat("▇", width) },
			},
			{Column: column("more", view.Right, 3, numbers...)},
		}, ids, nil, "amount"))
		width, height := rapid.IntRange(1, 120).Draw(t, "width"), rapid.IntRange(1, 30).Draw(t, "height")
		s.SetSort(rapid.SampledFrom([]string{"name", "amount", "more"}).Draw(t, "sort"), rapid.Bool().Draw(t, "down"))
		s.SetFilter(rapid.SampledFrom([]string{"", "a", "amount > 0", "zzz"}).Draw(t, "filter"))
		s.Move(rapid.IntRange(0, 40).Draw(t, "move"))
		s.Scroll(rapid.IntRange(0, 5).Draw(t, "scroll"))
		s.Follow(height)
		lines := s.Render(looks, &table.Footer{Label: "total", Cells: map[string]string{"amount": "1"}}, width, height)
		require.LessOrEqual(t, len(lines), max(height, 1))
		if s.Shown() > 0 && height > 1 && width >= 2 {
			require.True(t, slices.ContainsFunc(lines, func(line string) bool {
				return strings.Contains(ansi.Strip(line),
					"▸")
			}), "the cursor is in sight")
		}
		for _, line := range lines[min(1, len(lines)):] {
			require.LessOrEqual(t, ansi.StringWidth(line), max(width, 40), "%q", ansi.Strip(line))
		}
	})
}

// ranked has the rows a, b, … with these amounts.
func ranked(amounts ...string) *table.Content {
	var ids []string
	var values []view.Value
	for i, amount := range amounts {
		ids, values = append(ids, string(rune('a'+i))), append(values, number(amount))
	}
	return table.New([]table.Column{
		{Column: column("name", view.Left, 0, words(ids...)...)}, {Column: column("amount", view.Right, 0, values...)},
	}, ids, nil, "amount")
}

// TestCursorFollowsItsRow reloads a table in which the row under the cursor has another rank.
func TestCursorFollowsItsRow(t *testing.T) {
	s := &table.State{}
	s.SetSort("amount", true)
	s.SetContent(ranked("3", "2", "1"))
	s.Select("b")
	require.Equal(t, 1, s.Cursor)
	s.SetContent(ranked("3", "9", "1"))
	require.Equal(t, "b a c", rows(s))
	require.Equal(t, 0, s.Cursor, "b is first now, and under the cursor still")
	s.SetContent(ranked("3", "0", "1", "8"))
	require.Equal(t, "d a c b", rows(s))
	require.Equal(t, 3, s.Cursor, "and last then")
	s.SetContent(ranked("3"))
	require.Equal(t, 0, s.Cursor, "where it is gone, the cursor stays in bounds")
	require.Equal(t, "a", s.Content.ID(s.Row()))

	s.SetContent(ranked("3", "2", "1"))
	s.Select("c")
	s.SetSort("name", false)
	require.Equal(t, 0, s.Cursor, "another order begins at its top")
	s.Move(2)
	s.SetFilter("amount > 0")
	require.Equal(t, 0, s.Cursor, "so does a filter")
	s.SetFilter("a")
	require.Equal(t, "3", s.Total().String(), "of which the rows shown are added up")
	s.SetFilter("")
	require.Equal(t, "6", s.Total().String())
}

// TestScrollingKeepsTheCursorInSight moves through more rows than there is room for.
func TestScrollingKeepsTheCursorInSight(t *testing.T) {
	s := &table.State{}
	s.SetContent(ranked("1", "2", "3", "4", "5", "6", "7", "8"))
	sight := func() string {
		var names []string
		for _, line := range s.Render(theme.New(true, theme.None), &table.Footer{Label: "total"}, 40, 6)[1:] {
			names = append(names, strings.Fields(strings.TrimLeft(ansi.Strip(line), "▸ "))[0])
		}
		return strings.Join(names, " ")
	}
	require.Equal(t, 4, s.Page(6), "six lines less headings and footer")
	require.Equal(t, "a b c d total", sight())
	s.Move(3)
	s.Follow(6)
	require.Equal(t, "a b c d total", sight(), "the last row in sight is in sight")
	s.Move(1)
	s.Follow(6)
	require.Equal(t, "b c d e total", sight())
	s.Move(-3)
	s.Follow(6)
	require.Equal(t, "b c d e total", sight(), "going up scrolls only at the top")
	s.Move(100)
	s.Follow(6)
	require.Equal(t, "e f g h total", sight(), "and never beyond the end")
	require.Equal(t, 3, s.Page(4), "four lines have no footer")
	require.Len(t, s.Render(theme.New(true, theme.None), &table.Footer{Label: "total"}, 40, 4), 4)
}
