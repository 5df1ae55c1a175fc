package main

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// What collect bounds memory by ends with it.
func TestCollectLetsItsBoundsGo(t *testing.T) {
	a := &app{}
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	limit := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(limit)
	inForce := func() (int, int64) {
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return percent, debug.SetMemoryLimit(-1)
	}

	release := a.boundMemory()
	bounded, bytes := inForce()
	require.Equal(t, 400, bounded)
	require.LessOrEqual(t, bytes, int64(220<<20))
	release()
	now, bytes := inForce()
	require.Equal(t, percent, now)
	require.Equal(t, int64(math.MaxInt64), bytes)

	for _, said := range []string{"GOGC=50", "GOMEMLIMIT=50MiB"} { // what the user says stays in force
		a.environ = []string{said}
		release = a.boundMemory()
		now, bytes = inForce()
		require.Equal(t, percent, now, said)
		require.Equal(t, int64(math.MaxInt64), bytes, said)
		release()
	}
}
