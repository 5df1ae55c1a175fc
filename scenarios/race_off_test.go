//go:build !race

package scenarios

// slowdown is how much longer than on their own things may take here: not at all.
const slowdown = 1
