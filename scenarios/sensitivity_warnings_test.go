package scenarios

import (
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// TestSensitivityWarnings: 200 days of 7 hours need 200 launches. Moved by 20 % these are 8.4 hours, two lives a day, so
// 200 launches are missing, at 2 × 0.0015467699 each; of 0.8 launches a day 40 are missing. More users or days bring
// their launches with them, so nothing is said of those.
func TestSensitivityWarnings(t *testing.T) {
	at := func(s *Sensitivity, end int, input string) int {
		i := slices.IndexFunc(s.Inputs, func(in Influence) bool { return in.Input == input })
		require.GreaterOrEqual(t, i, 0, input)
		return 2*i + end
	}
	sensitivity := func(text string) *Sensitivity {
		s, err := market(t).Sensitivity(estimate(t, text), decimal.New(2, -1))
		require.NoError(t, err)
		return s
	}

	s := sensitivity(strings.Replace(agents, "9h", "7h", 1))
	require.Len(t, s.Warnings(), 1)
	w := s.Warnings()[0]
	require.Equal(t, "life-cap", w.ID)
	require.ElementsMatch(t, []int{at(s, 1, "workload.running"), at(s, 0, "workload.launches")}, w.Points)
	require.False(t, w.Alike)
	running := s.Inputs[at(s, 1, "workload.running")/2].Warnings[1]
	require.Contains(t, running[0].Text,
		"at least 400 launches, not 200; the launch reads that are missing here would cost $0.61870796.")
	launches := s.Inputs[at(s, 0, "workload.launches")/2].Warnings[0]
	require.Contains(t, launches[0].Text,
		"at least 200 launches, not 160; the launch reads that are missing here would cost $0.123741592.")

	// Over the file's own range the upper end is the workload as it is.
	s = sensitivity(strings.Replace(agents, "9h", "7h..9h", 1))
	w = s.Warnings()[0]
	require.NotContains(t, w.Points, at(s, 0, "workload.running"))
	require.Contains(t, w.Points, at(s, 1, "workload.running"))
	require.Contains(t, w.Points, 2*len(s.Inputs), "the workload as it is")
	require.Contains(t, w.Text, "at least 400 launches, not 200")
}
