//go:build race

package scenarios

// slowdown is how much longer the race detector may make things take.
const slowdown = 15
