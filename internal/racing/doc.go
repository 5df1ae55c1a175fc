// Package racing tells tests whether they run under the race detector, which takes many times the time and the memory,
// so that what they bound is bounded there more loosely.
package racing

// Slowdown is how much longer than on their own things may take.
const Slowdown = slowdown
