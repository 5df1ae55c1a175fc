package meter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// TestScriptedLife follows one MicroVM from its image's build to its end, and adds its lines up to the last cent.
func TestScriptedLife(t *testing.T) {
	w := newWorld(t)
	w.runs(40 * second) // the image is built: nothing counts
	w.launched()
	w.runs(90 * second)
	w.busyRuns(30*second, 3000) // three vCPUs, two more than the baseline
	w.load.MemoryKiB = 5 << 20
	w.runs(10 * second) // 5 GiB, three more than the baseline
	w.load.MemoryKiB = 0
	w.suspend()
	w.frozen(37 * time.Minute)
	w.resume()
	w.runs(20 * second)
	w.suspend()
	w.frozen(90 * second)
	w.resume()
	w.runs(10*second + 250*time.Millisecond)
	w.terminate()
	w.requireOrder(t)

	require.Equal(t, "run 160250, suspended 2310000, 1 launches, 2 suspends, 2 resumes", w.totals())
	sum := w.sum()
	require.Equal(t, "220250", sum.Amounts[pricing.VCPU].String(), "160.25 s × 1 vCPU and 30 s × 2 more")
	require.Equal(t, "358912000", sum.Amounts[pricing.Memory].String(), "160.25 s × 2048 MiB and 10 s × 3072 more")
	require.Equal(t, int64(3+2+2)<<30, sum.Amounts[pricing.SnapshotRead].Decimal().IntPart(),
		"the image once, the state twice")
	require.Equal(t, int64(2+2)<<30, sum.Amounts[pricing.SnapshotWrite].Decimal().IntPart())
	require.Equal(t, int64(2<<30)*2310, sum.Amounts[pricing.SnapshotStorage].Decimal().IntPart())

	card, err := pricing.EmbeddedCards().Card("eu-west-1")
	require.NoError(t, err)
	bill, err := sum.Measured().Bill(card)
	require.NoError(t, err)
	// 220.25 × 0.0000291572 + 350.5 × 0.0000038603 + 7 × 0.0016403088 + 4 × 0.0040636422 + 2 × 2310 / 3600 × 0.0001322222
	require.Equal(t, "0.03568132400666666667", bill.Total().String())

	for _, l := range w.lines {
		require.Equal(t, "acme", l.Tenant)
		require.Equal(t, "eu-west-1", l.Region)
		require.Equal(t, "123456789012", l.Account)
	}
	var events []string
	for _, l := range w.lines {
		events = append(events, string(l.Event))
	}
	require.Equal(t, []string{
		"launch", "interval", "interval", "suspend",
		"suspended", "suspended", "suspended", "suspended", "suspended", "suspended", "suspended", "suspended",
		"resume", "interval", "suspend", "suspended", "resume", "terminate",
	}, events)
}
