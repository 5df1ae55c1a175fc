package table_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/tui/table"
)

// TestUnfinishedTermHoldsTheTable types filters letter by letter: rows stay as they were until a term means something.
func TestUnfinishedTermHoldsTheTable(t *testing.T) {
	const all = "Apple banana cherry pie date (other)"
	for _, tc := range []struct{ typed, keeps, fault, reason string }{
		{"a", "Apple banana cherry pie date", "", "names contain it"},
		{"am", "Apple banana cherry pie date", "such as amount > 10", "the beginning of a column, which no name contains"},
		{"amount", "Apple banana cherry pie date", "such as amount > 10", ""},
		{"amount ", "", `no name contains "amount"`, "a blank ends a word, until a comparison follows"},
		{"amount >", all, "amount > what?", "the table is not left empty"},
		{"amount > ", all, "amount > what?", ""},
		{"amount > -", all, "a number", "the sign of a number"},
		{"amount > $", all, "a number", ""},
		{"amount > 3", "Apple cherry pie (other)", "", ""},
		{"amount > 3x", all, "3x is not a number", "no number begins like that"},
		{"apple amount <", "Apple", "amount < what?", "the terms before hold"},
		{"kind =", all, "kind = what?", ""},
		{"kind = ca", all, "cake", "the beginning of a value"},
		{"kind = cake", "cherry pie", "", ""},
		{"kind = xy", "", `no kind is "xy"`, "no value begins like that"},
		{"kind = ca ", "", `no kind is "ca"`, "a blank ends a value"},
		{`name = "cherry p`, all, "cherry pie", ""},
		{"sh", all, "such as share > 5%", ""},
		{"color >", all, "no column color", "what is wrong is said before the value is typed"},
		{"-", all, "rows without what?", ""},
		{"-a", "(other)", "", ""},
		{">", all, "> has no column before it", ""},
	} {
		s := &table.State{}
		s.SetContent(fruit())
		for end := range len(tc.typed) {
			s.TypeFilter(tc.typed[:end+1])
			s.SetContent(fruit()) // as data that is read meanwhile does
		}
		require.Equal(t, tc.typed, s.Text)
		if tc.fault == "" {
			require.NoError(t, s.Fault, tc.typed)
		} else {
			require.ErrorContains(t, s.Fault, tc.fault, tc.typed)
		}
		require.Equal(t, tc.keeps, rows(s), "%s: %s", tc.typed, tc.reason)
	}
}

// TestFinishFilter takes what is typed, unless it lacks a value: then the table stays as it is.
func TestFinishFilter(t *testing.T) {
	s := &table.State{}
	s.SetContent(fruit())
	for _, tc := range []struct{ typed, keeps, fault string }{
		{"amount >", "Apple banana cherry pie date (other)", "amount > what?"},
		{"amo", "", ""},
		{"kind = ca", "", ""},
		{"amount > 3", "Apple cherry pie (other)", ""},
	} {
		s.SetFilter("")
		s.TypeFilter(tc.typed)
		if err := s.FinishFilter(); tc.fault == "" {
			require.NoError(t, err, tc.typed)
		} else {
			require.ErrorContains(t, err, tc.fault)
		}
		require.Equal(t, tc.keeps, rows(s), tc.typed)
	}
}

// TestComplete goes on with columns, names and values, as they have to be typed.
func TestComplete(t *testing.T) {
	for _, tc := range []struct{ typed, before, words string }{
		{"", "", "name amount share kind"},
		{"a", "", "amount Apple"},
		{"apple ", "apple ", "name amount share kind"},
		{"apple ki", "apple ", "kind"},
		{"kind = ", "kind = ", "cake fruit"},
		{"kind = F", "kind = ", "fruit"},
		{"kind!=c", "kind!=", "cake"},
		{"name = ch", "name = ", `"cherry pie"`},
		{`name = "ch`, "name = ", `"cherry pie"`},
		{"-b", "-", "banana"},
		{"amount > ", "amount > ", ""},
		{"color = r", "color = r", ""},
		{"zzz", "", ""},
	} {
		before, words := fruit().Complete(tc.typed)
		require.Equal(t, tc.before, before, tc.typed)
		require.Equal(t, tc.words, strings.Join(words, " "), tc.typed)
	}
	before, words := (*table.Content)(nil).Complete("a")
	require.Equal(t, "a", before)
	require.Empty(t, words)
}
