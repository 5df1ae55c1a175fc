package scenarios

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// What the file gives as a range is moved over it, all else at its expensive end. By hand: a second costs 2 × 1 + 4 × 1
// = 6 and nothing else is billed, so 4 users for 20 days of 6 h are 4 × 20 × 21,600 × 6 = 10,368,000; 2 users are half
// of that, and days of 2 h a third. Days are moved by 20 %.
func TestSensitivityUsesTheRangesOfTheFile(t *testing.T) {
	e := estimate(t, "region: us-east-1\nmicrovm: 4GB\nrates: {vcpu_second: 1, gb_second: 1, snapshot_read_gb: 1, "+
		"snapshot_write_gb: 1, storage_gb_month: 1}\nimage: {count: 0}\n"+
		"workload: {users: 2..4, days: 20, running: 2h..6h, launches: 0}\n")
	s, err := market(t).Sensitivity(e, decimal.New(2, -1))
	require.NoError(t, err)
	found := map[string]Influence{}
	for _, in := range s.Inputs {
		require.NotContains(t, found, in.Input, "each input is moved once")
		found[in.Input] = in
	}
	for _, tc := range []struct{ input, from, to, low, high, note string }{
		{"workload.users", "2", "4", "5184000", "10368000", "the range that the file gives"},
		{"workload.running", "7200", "21600", "3456000", "10368000", "the range that the file gives"},
		{"workload.days", "16", "24", "8294400", "12441600", ""},
	} {
		in := found[tc.input]
		require.Equal(t, tc.from+" "+tc.to, in.Ends[0].String()+" "+in.Ends[1].String(), tc.input)
		require.Equal(t, tc.low+" "+tc.high, in.Low.String()+" "+in.High.String(), tc.input)
		require.Equal(t, tc.note, in.Note, tc.input)
	}
}
