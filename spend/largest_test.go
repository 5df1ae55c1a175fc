package spend

import (
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestLargestIsWhatSortingKeeps: the largest amounts are those that come first when all are sorted, ties by place.
func TestLargestIsWhatSortingKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(-3, 9), 1, 60).Draw(t, "amounts")
		n := rapid.IntRange(1, len(amounts)).Draw(t, "n")
		rows, order := make([]*Row, len(amounts)), make([]int, len(amounts))
		for i, amount := range amounts {
			rows[i], order[i] = &Row{}, i
			rows[i].Amount = decimal.New(amount, -1)
		}
		slices.SortStableFunc(order, func(a, b int) int { return largerAmount(rows[a], rows[b]) })
		require.ElementsMatch(t, order[:n], largest(rows, n))
	})
}
