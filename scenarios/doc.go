// Package scenarios prices workloads: what somebody plans to run on AWS Lambda MicroVMs, written down in a YAML file or
// made in a program, becomes billed quantities, a bill, and comparisons with EC2, Fargate and others.
//
// # A scenario
//
// [New] makes one in a program, [Load] reads one from a file; both check it alike. A [Scenario] is a size, an image, a
// state, and a month's workload: users with active days, jobs, or a trace of requests that is played. What it leaves
// open is settled by an assumption, which [Scenario].Notes has, or is an error.
//
// # A market
//
// A [Market] prices it. Its zero value has AWS's list rates and the prices of alternatives that are built into package
// pricing. [Market.Estimate] gives the bill with its assumptions and warnings, [Market.Compare] sets it against
// alternatives with the running time at which both cost the same, [Market.Sweep] varies fields over ranges,
// [Market.Sensitivity] says which input moves the total most, and [Market.Regions] prices it in other regions.
//
// # Units and rounding
//
// As in package pricing: US dollars, GB of 2^30 bytes, seconds, months of 720 hours for snapshot storage and of 730 for
// instances. Amounts are exact; ratios and break-evens are rounded half-even to 10 decimals.
//
// # The worked examples
//
// [Examples] are workloads that AWS and others have published figures of, with the exact figure beside each that is
// printed, and whether the two agree.
package scenarios
