package idle

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRead: whatever the bytes, there is a trace that adds up, or an error.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"gap_seconds\n60\n300.5\n", "time,tenant,duration_seconds\n2026-10-01T06:00:00Z,a,5\n2026-10-01T07:00:00Z,a,\n",
		"HashOwner,HashApp,HashFunction,Trigger,1,2,3,4\no,a,f,http,1,0,0,5\n", "gap_seconds,microvm_id\n\"1\n",
		"time\n5\n5\n9\n", "\x1f\x8b",
	} {
		f.Add([]byte(seed))
	}
	m := usEast(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		trace, err := Read(Named{"f", bytes.NewReader(content)})
		if err != nil {
			require.Nil(t, trace)
			return
		}
		gaps, total := int64(0), int64(0)
		for _, vm := range trace.MicroVMs {
			require.GreaterOrEqual(t, vm.StartMS, int64(0))
			for _, s := range vm.Steps {
				gaps++
				total += s.GapMS
				require.GreaterOrEqual(t, s.GapMS, int64(0))
				require.GreaterOrEqual(t, s.BusyMS, int64(0))
			}
		}
		require.Equal(t, trace.All.Gaps(), gaps)
		require.Equal(t, trace.All.TotalMS(), total)
		a, err := m.Analyse(trace, Options{})
		require.NoError(t, err)
		require.False(t, a.Best.Cost.GreaterThan(a.Current.Cost))
		require.False(t, a.Hindsight.Cost.GreaterThan(a.Best.Cost))
		require.NotEmpty(t, a.Recommendation())
	})
}
