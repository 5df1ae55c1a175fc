//go:build !race

package racing

// Enabled reports whether the race detector runs.
const Enabled = false

const slowdown = 1
