package scenarios

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestDiffOfRanges: an hour more a day at both ends of 2h..6h. By hand, at the high end 40 users × 20 days × 3,600 s are
// 2,880,000 s, × 2 vCPU × 0.0000291572 and × 4 GB × 0.0000038603; at the low end there are 20 users, half of it.
func TestDiffOfRanges(t *testing.T) {
	file := "../../shared/cases/architect/range.yaml"
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skipf("%s is not here", file)
	}
	require.NoError(t, err)
	before := string(text)

	d := Compare(estimate(t, before), estimate(t, replace(before, "running: 2h..6h", "running: 3h..7h")))
	requireExplained(t, d)
	requireExplained(t, *d.Low)
	require.Equal(t, [2]string{"167.945472", "0"}, effects(d)[pricing.BaselineVCPU])
	require.Equal(t, [2]string{"44.470656", "0"}, effects(d)[pricing.BaselineMemory])
	require.Equal(t, [2]string{"83.972736", "0"}, effects(*d.Low)[pricing.BaselineVCPU])
	require.Equal(t, [2]string{"22.235328", "0"}, effects(*d.Low)[pricing.BaselineMemory])
	require.Equal(t, []InputChange{{"workload.running", "6h", "7h", "2h", "3h"}}, d.Inputs)
	require.True(t, d.Inputs[0].Ranged())
}

// TestDiffOfOneEnd: ranges that differ at their cheap ends alone are a difference too, and against a file without ranges
// both ends are set against its one value.
func TestDiffOfOneEnd(t *testing.T) {
	const before = "region: us-east-1\nmicrovm: 2GB\nworkload: {users: 10, days: 20, running: 2h..6h}\n"
	at := func(running string) *Estimate { return estimate(t, replace(before, "2h..6h", running)) }

	d := Compare(at("2h..6h"), at("3h..6h"))
	require.Equal(t, []InputChange{{"workload.running", "6h", "6h", "2h", "3h"}}, d.Inputs)
	require.False(t, d.Equal(), "at the low end")
	require.True(t, Compare(at("2h..6h"), at("120m..360m")).Equal())

	d = Compare(at("2h..6h"), at("6h"))
	require.Equal(t, []InputChange{{"workload.running", "6h", "6h", "2h", "6h"}}, d.Inputs)
	requireDecimal(t, d.Before.Bill.Total().String(), d.Low.After.Bill.Total(), "its one bill")

	require.Nil(t, Compare(at("2h"), at("6h")).Low)
}
