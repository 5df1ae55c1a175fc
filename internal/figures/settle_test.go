package figures_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/figures"
)

func decs(texts ...string) []decimal.Decimal {
	out := make([]decimal.Decimal, len(texts))
	for i, text := range texts {
		out[i] = dec(text)
	}
	return out
}

func sumOf(of []decimal.Decimal) (sum decimal.Decimal) {
	for _, d := range of {
		sum = sum.Add(d)
	}
	return sum
}

func TestSettle(t *testing.T) {
	for _, tc := range []struct {
		reason      string
		exact       []decimal.Decimal
		total, want string
	}{
		{"nothing to do", decs("1.10", "2.20"), "3.30", "[1.1 2.2]"},
		{"the cent left over goes to the one that lost most", decs("0.333", "0.334", "0.333"), "1.00", "[0.33 0.34 0.33]"},
		{"the earlier where they lost the same", decs("0.335", "0.335", "0.33"), "1.00", "[0.34 0.33 0.33]"},
		{"what is whole stays, zero above all", decs("0", "0.004", "1", "0.006"), "1.01", "[0 0 1 0.01]"},
		{"amounts below zero", decs("-0.005", "0.015"), "0.01", "[0 0.01]"},
		{"a total that is not near is met in several rounds", decs("0.001", "0.001"), "0.05", "[0.03 0.02]"},
		{"also from above", decs("0.001", "0.001"), "-0.01", "[0 -0.01]"},
		{"nothing", nil, "0", "[]"},
	} {
		require.Equal(t, tc.want, fmt.Sprint(figures.Settle(tc.exact, dec(tc.total), 2)), tc.reason)
	}
	require.Equal(t, "[33.4 33.3 33.3]",
		fmt.Sprint(figures.Settle(decs("33.3333", "33.3333", "33.3333"), dec("100"), 1)), "percentages to tenths")
}

// grid makes the cells of a table from its rows.
func grid(rows ...[]decimal.Decimal) (cells []figures.GridCell) {
	for i, row := range rows {
		for j, exact := range row {
			cells = append(cells, figures.GridCell{Row: i, Column: j, Exact: exact})
		}
	}
	return cells
}

func TestSettleGrid(t *testing.T) {
	for _, tc := range []struct {
		reason                      string
		rows                        [][]decimal.Decimal
		cells, sums, columns, total string
	}{
		{
			"storage of two cents and a bit on each of five days comes to twelve cents: two days have a cent more",
			[][]decimal.Decimal{
				decs("1.00", "0.0238"), decs("1.00", "0.0238"), decs("1.00", "0.0238"), decs("1.00", "0.0238"),
				decs("1.00", "0.0238"),
			},
			"[1 0.03 1 0.03 1 0.02 1 0.02 1 0.02]", "[1.03 1.03 1.02 1.02 1.02]", "[5 0.12]", "5.12",
		},
		{
			"a sum of a column gives way where rows and columns alone would put a cent where nothing was spent",
			[][]decimal.Decimal{decs("0", "0.005"), decs("0.005", "0")},
			"[0 0.01 0 0]", "[0.01 0]", "[0 0.01]", "0.01",
		},
		{"nothing", nil, "[]", "[]", "[]", "0"},
	} {
		columns := 0
		if len(tc.rows) > 0 {
			columns = len(tc.rows[0])
		}
		g := figures.SettleGrid(grid(tc.rows...), len(tc.rows), columns, 2)
		require.Equal(t, []string{tc.cells, tc.sums, tc.columns, tc.total},
			[]string{fmt.Sprint(g.Cells), fmt.Sprint(g.Rows), fmt.Sprint(g.Columns), g.Total.String()}, tc.reason)
	}
}

// TestSettleGridAddsUp draws tables as full or as empty as may be, with amounts that often lose the same.
func TestSettleGridAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, columns := rapid.IntRange(1, 12).Draw(t, "rows"), rapid.IntRange(1, 8).Draw(t, "columns")
		finest := rapid.SampledFrom([]int32{2, 3, 5, 20}).Draw(t, "finest")
		least := rapid.SampledFrom([]int64{0, 0, -2000}).Draw(t, "least")
		var cells []figures.GridCell
		var exact []decimal.Decimal
		for i := range rows {
			for j := range columns {
				if rapid.IntRange(0, 3).Draw(t, "there") > 0 {
					amount := decimal.New(rapid.Int64Range(least, 20_000).Draw(t, "amount"), -finest)
					cells, exact = append(cells, figures.GridCell{Row: i, Column: j, Exact: amount}), append(exact, amount)
				}
			}
		}
		g := figures.SettleGrid(cells, rows, columns, 2)
		require.Equal(t, g, figures.SettleGrid(cells, rows, columns, 2), "the same table gives the same result")
		total := sumOf(exact).RoundBank(2)
		require.True(t, g.Total.Equal(total))

		near := func(what string, exact, shown decimal.Decimal) {
			require.True(t, shown.Equal(shown.Truncate(2)), "%s is in cents", what)
			require.True(t, shown.Sub(exact).Abs().LessThan(dec("0.01")), "%s %s is shown as %s", what, exact, shown)
			require.True(t, shown.Equal(exact) || !exact.Equal(exact.Truncate(2)), "what is in cents stays")
		}
		for side, sums := range map[string][]decimal.Decimal{"row": g.Rows, "column": g.Columns} {
			require.True(t, sumOf(sums).Equal(total), "sums of %ss add up to the total", side)
			for n, sum := range sums {
				of, shown := decimal.Decimal{}, decimal.Decimal{}
				for c, cell := range cells {
					if side == "row" && cell.Row == n || side == "column" && cell.Column == n {
						of, shown = of.Add(cell.Exact), shown.Add(g.Cells[c])
					}
				}
				require.True(t, shown.Equal(sum), "cells of %s %d add up", side, n)
				near("the sum of a "+side, of, sum)
			}
		}
		for c, cell := range cells {
			near("a cell", cell.Exact, g.Cells[c])
		}
	})
}

// TestSettleGridSumsStandAlone has as many days and components, all of which cost something on each day, as a report.
func TestSettleGridSumsStandAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows [][]decimal.Decimal
		byRow, byColumn := make([]decimal.Decimal, 31), make([]decimal.Decimal, 5)
		for i := range 31 {
			row := make([]decimal.Decimal, 5)
			for j := range row {
				row[j] = decimal.New(rapid.Int64Range(1, 2_000_000).Draw(t, "amount"), -6)
				byRow[i], byColumn[j] = byRow[i].Add(row[j]), byColumn[j].Add(row[j])
			}
			rows = append(rows, row)
		}
		g := figures.SettleGrid(grid(rows...), 31, 5, 2)
		require.Equal(t, fmt.Sprint(figures.Settle(byRow, g.Total, 2)), fmt.Sprint(g.Rows), "as days alone")
		require.Equal(t, fmt.Sprint(figures.Settle(byColumn, g.Total, 2)), fmt.Sprint(g.Columns), "as components alone")
	})
}

func BenchmarkSettleGrid(b *testing.B) {
	for _, size := range []struct{ rows, columns, each int }{{500, 31, 31}, {10_000, 31, 31}, {50, 100_000, 2}} {
		b.Run(fmt.Sprintf("%d×%d", size.rows, size.columns), func(b *testing.B) {
			var cells []figures.GridCell
			for i := range max(size.rows, size.columns) * min(size.rows, size.each) {
				cells = append(cells, figures.GridCell{
					Row: i * 7919 % size.rows, Column: i / min(size.rows, size.each) % size.columns,
					Exact: decimal.New(int64(i)*104_729%1_000_003, -5),
				})
			}
			for b.Loop() {
				figures.SettleGrid(cells, size.rows, size.columns, 2)
			}
		})
	}
}
