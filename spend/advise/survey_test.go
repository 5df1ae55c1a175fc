package advise

import (
	"math/big"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
)

// TestAnswersDoNotDependOnTheOrderOfLives: lives are closed in the order of a map; what is said of them is the same in
// each, also where several begin or end at once.
func TestAnswersDoNotDependOnTheOrderOfLives(t *testing.T) {
	prices := pricing.GapPrices{Launch: big.NewInt(100_000), Cycle: big.NewInt(1), Suspended: big.NewInt(1)}
	rapid.Check(t, func(t *rapid.T) {
		lives := make([]life, rapid.IntRange(2, 12).Draw(t, "lives"))
		for i := range lives {
			start := rapid.Int64Range(0, 3).Draw(t, "start") * 60_000
			end := start + rapid.Int64Range(1, 3).Draw(t, "length")*60_000
			slack := rapid.Int64Range(0, 2).Draw(t, "slack") * 1000
			lives[i] = life{
				id: strconv.Itoa(i), startFrom: start, startUntil: start + slack, endFrom: end - slack, endUntil: end,
				over: true, began: true, lived: end - start, maxLife: rapid.SampledFrom([]int64{0, 60}).Draw(t, "cap"),
			}
		}
		first := answers(lives, prices)
		for range 5 {
			require.Equal(t, first, answers(rapid.Permutation(lives).Draw(t, "order"), prices))
		}
	})
}

// answers are what is said of lives whose order depends on them.
func answers(lives []life, prices pricing.GapPrices) (out struct {
	Count, Waited int64
	Capped        []string
},
) {
	all := launched{lives: lives}
	all.sort()
	out.Count, out.Waited = reused(all.lives, prices)
	for _, l := range relaunched(all.lives) {
		out.Capped = append(out.Capped, l.id)
	}
	return out
}
