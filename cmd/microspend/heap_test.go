package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGrowth(t *testing.T) {
	for _, test := range []struct {
		reason string
		live   uint64
		want   int
	}{
		{"nothing was collected yet", 0, 1000},
		{"4 MB may grow to 44 at most, so that a first guess cannot be far off", 4 << 20, 1000},
		{"16 MB grow by three times as much to 64", 16 << 20, 300},
		{"60 MB would grow by 6 %, which is less than any heap may", 60 << 20, 30},
		{"more than is given grows by the least", 200 << 20, 30},
	} {
		require.Equal(t, test.want, growth(test.live, 64<<20, 30), test.reason)
	}
}

// TestBoundHeapFollowsWhatIsInUse: with much in use a heap grows by less, and afterwards all is as it was.
func TestBoundHeapFollowsWhatIsInUse(t *testing.T) {
	was := debug.SetGCPercent(100)
	defer debug.SetGCPercent(was)
	now := func() int {
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return percent
	}
	runtime.GC()
	stop := boundHeap(liveHeap()+64<<20, 30) // above what other tests of the process still hold
	much := make([]byte, 80<<20)
	require.Eventually(t, func() bool { runtime.GC(); return now() == 30 }, 10*time.Second, time.Millisecond)
	runtime.KeepAlive(much)
	much = nil
	require.Eventually(t, func() bool { runtime.GC(); return now() > 30 }, 10*time.Second, time.Millisecond)
	stop()
	runtime.GC()
	time.Sleep(10 * time.Millisecond)
	require.Equal(t, 100, now())
}
