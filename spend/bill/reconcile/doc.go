// Package reconcile sets AWS's bill beside what the ledger and the rates say, line by line, with the likely reasons for
// what differs; and keeps bills beside the ledger, so that spend can be worked out from them. It is the program's own
// and promises nothing.
//
// # What is promised
//
// Every line of the bill and every measured quantity is in the comparison once. A line's difference is theirs minus
// ours, and is split without a rest into what a different rate makes and what a different quantity makes, so the
// reasons add up to the difference exactly.
//
// # What is not promised
//
// A reason is the likeliest that the figures themselves point at, not a proof. What each looks at is said in [Reason].
package reconcile
