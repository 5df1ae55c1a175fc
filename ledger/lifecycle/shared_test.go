package lifecycle_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/ledger/lifecycle"
)

// Machines that write to one ledger at once, which is in no folder, lose none of each other's MicroVMs.
func TestSeveralWriteToTheSameHour(t *testing.T) {
	var m ledgertest.Memory
	const writers = 4
	var wait sync.WaitGroup
	faults := make([]error, writers)
	for i := range writers {
		l, err := m.OpenForWriting(t.Context(), ledger.Options{})
		require.NoError(t, err)
		wait.Go(func() {
			for n := range 5 {
				one := microvm(fmt.Sprintf("mvm-%d-%d", i, n), noon, int64(60*(i+1)))
				if err := lifecycle.Write(t.Context(), l, []lifecycle.MicroVM{one}); err != nil {
					faults[i] = err
				}
			}
		})
	}
	wait.Wait()
	for _, err := range faults {
		require.NoError(t, err)
	}
	require.Equal(t, []string{"microvms/dt=2026-11-20/123456789012.eu-west-1.12.jsonl"}, m.Documents())
	l, err := m.Open(t.Context(), ledger.Options{})
	require.NoError(t, err)
	table, err := lifecycle.Read(t.Context(), l, noon, noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 5*writers, table.Len())
	got, found := table.Of(record("mvm-3-4"))
	require.True(t, found)
	require.Equal(t, microvm("mvm-3-4", noon, 240), got)
}
