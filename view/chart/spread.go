package chart

import "slices"

// spread moves places apart until neighbours are at least a gap from each other, each as little as can be, in the order
// of where they would like to be, and within the span if they fit into it.
func spread(wanted []float64, gap float64, within span) []float64 {
	order := make([]int, len(wanted))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case wanted[a] < wanted[b]:
			return -1
		case wanted[a] > wanted[b]:
			return 1
		}
		return 0
	})

	// Places that touch form a block, which settles around the mean of what its members want.
	type block struct {
		sum  float64 // of what its members want of its first place
		size int
	}
	first := func(b block) float64 {
		room := max(within.hi-gap*float64(b.size-1), within.lo)
		return min(max(b.sum/float64(b.size), within.lo), room)
	}
	var blocks []block
	for _, i := range order {
		b := block{wanted[i], 1}
		for len(blocks) > 0 {
			above := blocks[len(blocks)-1]
			if first(above)+gap*float64(above.size) <= first(b) {
				break
			}
			b = block{above.sum + b.sum - gap*float64(above.size*b.size), above.size + b.size}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	settled := make([]float64, len(wanted))
	next := 0
	for _, b := range blocks {
		for n := range b.size {
			settled[order[next]] = first(b) + gap*float64(n)
			next++
		}
	}
	return settled
}
