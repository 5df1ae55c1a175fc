package table_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/tui/table"
	"microspend/view"
)

func TestFilters(t *testing.T) {
	for _, row := range []struct{ filter, keeps, fault string }{
		{"", "Apple banana cherry pie date (other)", ""},
		{"app", "Apple", ""},
		{"APP", "Apple", ""},
		{"cake", "cherry pie", ""},
		{`"cherry pie"`, "cherry pie", ""},
		{`"cherry`, "cherry pie", ""},
		{"-a", "(other)", ""},
		{"!a", "(other)", ""},
		{`-"cherry pie" c`, "", ""},
		{`!"cherry pie" e`, "Apple date (other)", ""},
		{"-amount > 5", "Apple banana cherry pie date (other)", "no column -amount"},
		{"-", "", `no name contains "-"`},
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
		{"!", "", `no name contains "!"`},
		{"appel", "", `no name contains "appel"`},
		{"apple appel", "", `no name contains "appel"`},
		{"kind = cak", "", `no kind is "cak"`},
		{"kind = cake apple", "", ""}, // both are there, and not together
		{"kind != cak appel", "", `no name contains "appel"`},
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

// FuzzFilter parses anything.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"", "a", "amount > 10", `"a b" -c share>=5%`, "> > >", "name = \"", "!= =",
		"amount > 1e9", "am<=-$1,000",
	} {
		f.Add(seed)
	}
	content := fruit()
	f.Fuzz(func(t *testing.T, text string) {
		s := &table.State{}
		s.SetContent(content)
		s.SetFilter(text)
		s.TypeFilter(text + "a")
		s.TypeFilter(text)
		if s.Shown() > content.Len() {
			t.Fatal("a filter made rows")
		}
		before, words := content.Complete(text)
		for _, word := range words {
			s.TypeFilter(before + word)
		}
		_ = s.FinishFilter()
	})
}

// TestFilterValues reads figures as they are shown, of columns named in any way that is clear.
func TestFilterValues(t *testing.T) {
	content := table.New([]table.Column{
		{Column: column("tenant", view.Left, 0, words("a", "b", "c", "d", "z$5")...)},
		{
			Column: column("change", view.Right, 0, number("-7"), number("-5"), number("0"), number("1234.5"),
				view.Missing("–")),
			Word: "delta", InPercent: "change_percent",
		},
		{
			Column: column("change_percent", view.Right, 0, view.SignedPercent(decimal.NewFromInt(-70), 1),
				view.SignedPercent(decimal.NewFromInt(5), 1), view.Missing("–"), view.Missing("new"), view.Missing("–")),
			Word: "percent",
		},
		{Column: column("perch", view.Right, 0, number("1"), number("2"), number("3"), number("4"), number("5"))},
	}, []string{"a", "b", "c", "d", "e"}, nil, "")
	for _, row := range []struct{ reason, filter, keeps, fault string }{
		{"a minus stands before the dollar sign", "delta < -$5", "a", ""},
		{"and is not taken for plus", "delta >= -$5", "b c d", ""},
		{"nor is it dropped", "delta = -5", "b", ""},
		{"a plus may stand there as it is shown", "delta > +$1,234", "d", ""},
		{"so may commas", "delta = 1,234.5", "d", ""},
		{"the id works beside the word", "change = 0", "c", ""},
		{"in any case", "DELTA = 0", "c", ""},
		{"a figure already in percent is not shifted", "percent = 5%", "b", ""},
		{"nor without the sign", "percent < -69", "a", ""},
		{"the amount's column stands for the one in percent", "delta <= -70%", "a", ""},
		{"what is missing meets no comparison", "delta != 0", "a b d", ""},
		{"a beginning that two columns share is none's", "per = 5", "a b c d e", "per is ambiguous: percent or perch"},
		{"but one that is a whole word is", "perch = 5", "e", ""},
		{"a beginning of one alone is enough", "perce = 5", "b", ""},
		{"a percentage of what is none", "perch > 5%", "a b c d e", "perch is not a percentage"},
		{"a text that looks like a value is a text", `tenant = z$5`, "e", ""},
		{"and what is excluded may look like one", "-$5", "a b c d", ""},
		{"and is no operator unless quoted", "tenant = a and delta = -7", "a", ""},
		{"a quoted and is looked for", `"and"`, "", `no name contains "and"`},
		{"a quoted minus too", `"-a"`, "", `no name contains "-a"`},
		{"a lone minus is a text", "-", "", `no name contains "-"`},
		{"the terms beside a fault still hold", "> 5 tenant = b", "b", "> has no column before it"},
	} {
		s := &table.State{}
		s.SetContent(content)
		s.SetFilter(row.filter)
		require.Equal(t, row.keeps, rows(s), "%s: %s", row.filter, row.reason)
		if row.fault == "" {
			require.NoError(t, s.Fault, row.filter)
		} else {
			require.EqualError(t, s.Fault, row.fault, row.filter)
		}
	}
}
