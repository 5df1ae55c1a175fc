// Package collectplans holds the collector against random plans: a fleet that lives on a simulated clock, fakes of AWS
// that fail in every way that is known, configurations that change, and runs that are interrupted or killed at any
// moment. An oracle of its own knows from what was published what each ledger may hold. Only tests and internal/bench
// use it.
//
// # What is checked
//
// After every run: a record is what had been published when one of the runs read it, or it is partial and something
// names why; what is missing though a run said that it read it is named by an open gap, a quarantine or a loss; no
// record is there that nobody published, and no usage is there twice; no run makes more calls than it can have use for,
// and none ends with an error that the plan gave it no reason for. At the end of a plan all is well again for some
// days: then the ledger is the truth, but for what was named as lost or quarantined.
//
// A plan is made of one seed. Where batches are read in parallel, the moment of a kill may differ between two plays of
// the same seed; everything else is the same.
package collectplans
