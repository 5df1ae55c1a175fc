//go:build unix

package meter

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/usage"
)

// TestCollectedProcess follows what the real process prints through CloudWatch into the ledger.
func TestCollectedProcess(t *testing.T) {
	t.Parallel()
	p := startProcess(t, 58*time.Second, "--per-microvm")
	p.hook("run", `{"microvmId":"mvm-7","runHookPayload":"{\"tenant\":\"Müller & Söhne\"}"}`)
	time.Sleep(2500 * time.Millisecond) // over the end of a minute
	p.hook("suspend", "")
	p.jump(23 * time.Minute)
	p.hook("resume", "")
	time.Sleep(300 * time.Millisecond)
	p.hook("terminate", "")
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.Wait())
	lines := p.lines()
	var printed usage.Sum
	for i := range lines {
		printed.Add(&usage.Record{Amounts: lines[i].Amounts})
	}
	records, sum := collected(t, lines, true, lines[len(lines)-1].End().Add(time.Hour))
	require.Equal(t, printed.Measured(), sum.Measured())
	for _, r := range records {
		require.Equal(t, "mvm-7", r.Resource.ID)
		require.Equal(t, "Müller & Söhne", r.Tenant)
	}
}
