// Package idle finds out how long a MicroVM should wait for its next request before it is suspended, from the gaps
// that were really seen between requests.
//
// # The cost of a gap
//
// A gap of g seconds with an idle timeout of t seconds costs g·r if g ≤ t, and otherwise t·r + c + (g − t)·s: r is the
// price of a second running at the baseline, s that of a second suspended (GB of state × storage), and c that of a
// cycle, in which a suspend writes the state and a resume reads it. Summed over all gaps this is a straight line in t
// between two lengths of gaps that occur, and falls where t reaches one. So the least cost over every timeout is found
// at the least timeout allowed or at the length of a gap, and [Model.Best] looks at exactly those: the result is the
// optimum, not an estimate of it.
//
// # Units
//
// Lengths of time are whole milliseconds (names end in MS); timeouts that the service takes are whole seconds, of
// [LeastTimeout] at least, so that where gaps are finer the candidates are their lengths rounded up. Money is decimal
// and comes from package pricing alone: a policy is turned into billed quantities ([Use]), and priced as a workload.
// Where millions of policies are weighed against each other it is done in whole numbers of 128 bits or more, never in
// floats.
//
// # What is promised
//
// The same input gives the same result, to the last digit; what is drawn at random comes from a seed. The order of
// rows in a file changes nothing but for what depends on it by its nature: the lives of MicroVMs, policies that learn,
// and the choice on the first part of a trace. What could not be read is an error that names every line; what was left
// out is counted.
//
// # What is not promised
//
// Bursts are ignored: idle time is billed at the baseline. A trace is taken as it is: requests come when they came,
// however long the one before had to wait. Nothing after a MicroVM's last request is counted, as no trace tells how
// long it lasts, unless it is asked for. What a past trace saves, the next month need not.
package idle
