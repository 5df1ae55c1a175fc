package emftest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSequences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Sequences
		seen := map[int64]bool{}
		for _, n := range rapid.SliceOfN(rapid.Int64Range(1, 30), 1, 60).Draw(t, "sequence") {
			require.Equal(t, !seen[n], s.Add("a", n))
			seen[n] = true
		}
		first, last := int64(31), int64(0)
		for n := range seen {
			first, last = min(first, n), max(last, n)
		}
		require.Equal(t, last-int64(len(seen)), s.Missing(true))
		require.Equal(t, last-first+1-int64(len(seen)), s.Missing(false))
		require.Equal(t, 1, s.Lives())
	})
}
