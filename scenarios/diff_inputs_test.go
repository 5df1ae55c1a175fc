package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// change is that of a value that is no range.
func change(path, before, after string) InputChange {
	return InputChange{path, before, after, before, after}
}

// TestDiffOfEqualInputs: what means the same is no difference, however it is written.
func TestDiffOfEqualInputs(t *testing.T) {
	const before = "region: us-east-1\nmicrovm: 2GB\nimage: {size: 2GB}\n" +
		"workload: {users: 10, days: 20, running: 1h, cycles: 3}\n"
	for _, tc := range []struct {
		name, after string
		changes     []InputChange
	}{
		{
			"defaults, and 60m", "region: us-east-1\nmicrovm: {memory: 2GB}\nimage: {size: 2GB, count: 1}\n" +
				"workload: {users: 10, days: 20, running: 60m, launches: 1, cycles: 3}\n", nil,
		},
		{
			"the size of the image", "region: us-east-1\nmicrovm: {memory: 2048MiB, arch: arm64}\nstate: 2GB\n" +
				"workload: {users: 10, days: 20, running: 3600s, suspended: 0s, cycles: 3}\n", nil,
		},
		{
			"another default", "region: us-east-1\nmicrovm: 2GB\nimage: {size: 2GB, count: 2}\n" +
				"workload: {users: 10, days: 20, running: 61m, cycles: 3}\n",
			[]InputChange{change("image.count", "", "2"), change("workload.running", "1h", "61m")},
		},
		{
			"one that was given", "region: us-east-1\nmicrovm: 2GB\nimage: 2GB\nworkload: {users: 10, days: 20, running: 1h}\n",
			[]InputChange{change("workload.cycles", "3", "")},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := Compare(estimate(t, before), estimate(t, tc.after))
			require.Equal(t, tc.changes, d.Inputs)
			require.Equal(t, tc.changes == nil, d.Equal())
		})
	}
}
