package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

const (
	// dashHeap is the heap below which it is not worth collecting: reading makes so much that is soon garbage that half
	// of its time would go into collecting over and over what little there is.
	dashHeap = 64 << 20
	// dashGC is by how many percent a larger heap may grow: of one that much is kept in, memory matters more than the time
	// of a collection.
	dashGC = 30
)

// boundHeap lets the heap grow to a size before it is collected, and a larger one by some percent, until it is told to
// stop. The limit that the runtime knows is another thing: what is in use may be more than that, and would be collected
// without end.
func boundHeap(size uint64, percent int) (stop func()) {
	var stopped atomic.Bool
	before := debug.SetGCPercent(growth(liveHeap(), size, percent))
	var collected func(*[16]byte)
	collected = func(again *[16]byte) { // after every collection
		if !stopped.Load() {
			debug.SetGCPercent(growth(liveHeap(), size, percent))
			runtime.SetFinalizer(again, collected)
		}
	}
	runtime.SetFinalizer(new([16]byte), collected)
	return func() {
		stopped.Store(true)
		debug.SetGCPercent(before)
	}
}

// growth is by how many percent a heap of which so much is in use may grow: to a size, or by some percent.
func growth(live, size uint64, percent int) int {
	const most = 1000
	if live == 0 {
		return most
	}
	if live >= size {
		return percent
	}
	return min(max(int((size-live)*100/live), percent), most)
}

// liveHeap is how much the last collection found to be in use, in bytes.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
